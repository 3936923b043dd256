import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type PageRequest } from '../../../kernel/page.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { isResponseState, nextDateChoices, RESPONSE_CHOICES, RESPONSE_STATES, standing, type ResponseState } from './model.ts'

/** One answer as it was given. */
export interface GivenAnswer {
  readonly state: ResponseState
  readonly at: Instant
  /** `null` when the reader may not know the name. */
  readonly by: string | null
  readonly via: string
  readonly note: string | null
  readonly reason: string | null
  readonly nextDate: string | null
}

/** Every answer of one organisation to one bulletin, newest first. */
export async function answersOf(db: Reader<Visible>, bulletinId: string, organisationId: string): Promise<readonly GivenAnswer[]> {
  const rows = await answers(db)
    .where('answer.bulletin_id', '=', bulletinId)
    .where('answer.organisation_id', '=', organisationId)
    .orderBy('answer.at', 'desc')
    .orderBy('answer.id', 'desc')
    .limit(200)
    .execute()
  return rows.map(givenAnswer)
}

/** Where one organisation stands on one bulletin; `undefined` when it is not in the audience or out of the reader's scope. */
export interface Recipient {
  readonly organisationId: Id<'organisation'>
  readonly organisationCode: string
  readonly organisationName: string
  readonly isReachable: boolean
  readonly response: ResponseState | null
  readonly responseAt: Instant | null
  readonly nextDate: string | null
}

export async function recipientOf(db: Reader<Visible>, bulletinId: string, organisationId: string): Promise<Recipient | undefined> {
  const row = await db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where('recipient.organisation_id', '=', organisationId)
    .select([
      'organisation.code',
      'organisation.name',
      'recipient.is_reachable',
      'recipient.response',
      'recipient.response_at',
      'recipient.next_date',
    ])
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    organisationId: organisationId as Id<'organisation'>,
    organisationCode: row.code,
    organisationName: row.name,
    isReachable: row.is_reachable,
    response: row.response !== null && isResponseState(row.response) ? row.response : null,
    responseAt: row.response_at,
    nextDate: row.next_date,
  }
}

/** The model of `responses/views/answer-panel.njk`. */
export interface AnswerPanel {
  readonly number: string
  readonly action: string
  readonly organisationCode: string
  readonly organisationName: string
  readonly current: GivenAnswer | null
  readonly standing: string
  readonly respondBy: Instant | null
  readonly choices: readonly {
    readonly state: ResponseState
    readonly label: string
    readonly says: string
    readonly needs: string
    readonly isCurrent: boolean
  }[]
  readonly dates: readonly string[]
  readonly history: readonly GivenAnswer[]
  /** Whether the reader may answer; otherwise the panel only shows. */
  readonly mayAnswer: boolean
}

/**
 * What the answer panel of a bulletin's page shows to a member of an organisation. `null` when the bulletin did not go to that
 * organisation. Include the partial `broadcast/responses/views/answer-panel.njk` with the result as `panel`.
 */
export async function readAnswerPanel(
  db: Reader<Visible>,
  input: {
    readonly bulletinId: string
    readonly number: number
    readonly respondBy: Instant | null
    readonly organisationId: string
    readonly mayAnswer: boolean
    readonly now: Instant
  },
): Promise<AnswerPanel | null> {
  const recipient = await recipientOf(db, input.bulletinId, input.organisationId)
  if (recipient === undefined) return null
  const history = await answersOf(db, input.bulletinId, input.organisationId)
  const number = bulletinNumber(input.number)
  return {
    number,
    action: `/bulletins/${number}/answer`,
    organisationCode: recipient.organisationCode,
    organisationName: recipient.organisationName,
    current: history[0] ?? null,
    standing: standing(recipient),
    respondBy: input.respondBy,
    choices: answerChoices(recipient.response),
    dates: nextDateChoices(input.now),
    history,
    mayAnswer: input.mayAnswer,
  }
}

/** The answers as buttons. */
export function answerChoices(current: ResponseState | null): AnswerPanel['choices'] {
  return RESPONSE_CHOICES.map(state => ({ state, ...RESPONSE_STATES[state], isCurrent: state === current }))
}

/** A line of `carecert responses list`. */
export interface ResponseLine {
  readonly organisation: string
  readonly state: string
  readonly at: Instant
  readonly by: string | null
  readonly note: string | null
}

/** The answers to a bulletin by organisation code: the newest of each organisation, or with `history` every one. */
export async function responseLines(
  db: Reader<Visible>,
  bulletinId: string,
  history: boolean,
  request: PageRequest,
): Promise<{ readonly lines: readonly ResponseLine[]; readonly next: string | null }> {
  const cursor = decodeCursor(request.cursor, 2)
  const rows = await answers(db)
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'answer.organisation_id')
    .where('answer.bulletin_id', '=', bulletinId)
    .$if(!history, query =>
      query.where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('broadcast_response as newer')
              .whereRef('newer.bulletin_id', '=', 'answer.bulletin_id')
              .whereRef('newer.organisation_id', '=', 'answer.organisation_id')
              .whereRef('newer.id', '>', 'answer.id')
              .select('newer.id'),
          ),
        ),
      ),
    )
    .$if(cursor !== null, query =>
      query.where(eb =>
        eb.or([
          eb('organisation.code', '>', String(cursor?.[0])),
          eb.and([eb('organisation.code', '=', String(cursor?.[0])), eb('answer.id', '>', String(cursor?.[1]))]),
        ]),
      ),
    )
    .orderBy('organisation.code')
    .orderBy('answer.id')
    .limit(request.limit + 1)
    .select(['organisation.code', 'answer.id'])
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    lines: shown.map(row => ({
      organisation: row.code,
      state: row.state,
      at: row.at,
      by: row.person ?? row.contact ?? (row.by_kind === 'operator' ? 'operator' : null),
      note: row.note,
    })),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.code, last.id]) : null,
  }
}

function answers(db: Reader<Visible>) {
  return db
    .selectFrom('broadcast_response as answer')
    .leftJoin('directory_person as person', join => join.onRef('person.id', '=', 'answer.by_id').on('answer.by_kind', '=', 'person'))
    .leftJoin('directory_contact as contact', join => join.onRef('contact.id', '=', 'answer.by_id').on('answer.by_kind', '=', 'contact'))
    .select([
      'answer.state',
      'answer.at',
      'answer.by_kind',
      'person.name as person',
      'contact.name as contact',
      'answer.via',
      'answer.note',
      'answer.reason',
      'answer.next_date',
    ])
}

type AnswerRow = Awaited<ReturnType<ReturnType<typeof answers>['executeTakeFirstOrThrow']>>

function givenAnswer(row: AnswerRow): GivenAnswer {
  // Written by `respond` alone, from the type that is asserted here.
  return {
    state: row.state as ResponseState,
    at: row.at,
    by: row.person ?? row.contact,
    via: row.via,
    note: row.note,
    reason: row.reason,
    nextDate: row.next_date,
  }
}
