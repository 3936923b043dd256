import type { Id } from '../../../kernel/id.ts'
import type { Instant, LocalDate } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { owesAnswer } from '../scope.ts'
import type { Visible } from '../tables.ts'
import { isResponseState, RESPONSE_CHOICES, RESPONSE_STATES, seenField, standing, type GivenAnswer, type ResponseState } from './model.ts'
import { questionsFrom, type AskedQuestion } from './path.ts'
import { progressTotalOf, type ProgressTotal } from './progress/queries.ts'
import { reasonLabels } from './queries/reasons.ts'
import { sharesDetail } from './sharing/queries.ts'
import { signaturesOf, type Signature } from './signing/queries.ts'

/** Every answer of one organisation to one bulletin, newest first. */
export async function answersOf(db: Reader<Visible>, bulletinId: string, organisationId: string): Promise<readonly GivenAnswer[]> {
  const rows = await answers(db)
    .where('answer.bulletin_id', '=', bulletinId)
    .where('answer.organisation_id', '=', organisationId)
    .orderBy('answer.at', 'desc')
    .orderBy('answer.id', 'desc')
    .limit(200)
    .execute()
  const labels = await reasonLabels(db)
  return rows.map(row => givenAnswer(row, labels))
}

/** The newest answer as it was given, as far as the reader may know it; `undefined` without one. */
export async function newestDetail(db: Reader<Visible>, bulletinId: string, organisationId: string) {
  const [newest] = await answersOf(db, bulletinId, organisationId)
  // A date of the database has the form of one.
  return newest === undefined
    ? undefined
    : { ...newest, nextDate: newest.nextDate as LocalDate | null, reviewOn: newest.reviewOn as LocalDate | null }
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
  /** Whether it gave its newest answer before everybody was asked to answer again. */
  readonly isAskedAgain: boolean
}

export async function recipientOf(db: Reader<Visible>, bulletinId: string, organisationId: string): Promise<Recipient | undefined> {
  const row = await db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
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
    .select(owesAnswer('recipient', 'bulletin').as('owes'))
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
    isAskedAgain: row.response !== null && Boolean(row.owes),
  }
}

/** The number of the bulletin by which one was replaced, where the reader got that too. */
export async function successorNumber(db: Reader<Visible>, supersededBy: string | null): Promise<string | null> {
  if (supersededBy === null) return null
  const row = await db.selectFrom('broadcast_bulletin').where('id', '=', supersededBy).select('number').executeTakeFirst()
  return row === undefined ? null : bulletinNumber(row.number)
}

/** Locks an organisation's place in an audience: nobody answers, signs or counts for it meanwhile. Whether it is there, in the actor's scope. */
export async function holdRecipient(
  db: Reader<Visible>,
  { bulletinId, organisationId }: { readonly bulletinId: string; readonly organisationId: string },
): Promise<boolean> {
  const held = await db
    .selectFrom('broadcast_recipient')
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', '=', organisationId)
    .select('organisation_id')
    .forUpdate()
    .executeTakeFirst()
  return held !== undefined
}

/** The model of `responses/views/answer-panel.njk`. */
export interface AnswerPanel {
  readonly number: string
  readonly action: string
  /** What its form sends besides what is pressed. */
  readonly values: Readonly<Record<string, string>>
  readonly organisationCode: string
  readonly organisationName: string
  readonly current: GivenAnswer | null
  readonly standing: string
  readonly respondBy: Instant | null
  readonly questions: ReturnType<typeof questionViews>
  readonly history: readonly GivenAnswer[]
  /** Whether the reader may answer; otherwise the panel only shows. */
  readonly mayAnswer: boolean
  /** Whether the organisation shares the detail of its answers, unless it says otherwise for one. */
  readonly sharesDetail: boolean
  readonly signatures: readonly Signature[]
  readonly progress: ProgressTotal | null
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
    values: { organisation: recipient.organisationCode, ...seenField(recipient) },
    organisationCode: recipient.organisationCode,
    organisationName: recipient.organisationName,
    current: history[0] ?? null,
    standing: standing(recipient),
    respondBy: input.respondBy,
    questions: questionViews(recipient),
    history,
    mayAnswer: input.mayAnswer,
    sharesDetail: await sharesDetail(db, input.organisationId),
    signatures: await signaturesOf(db, input, input.now),
    progress: await progressTotalOf(db, input.bulletinId, input.organisationId),
  }
}

/** An answer as a button. */
export interface AnswerChoice {
  readonly state: ResponseState
  readonly label: string
  readonly says: string
  readonly needs: string
  readonly isCurrent: boolean
}

/** The answers as buttons. */
export function answerChoices(current: ResponseState | null): readonly AnswerChoice[] {
  return RESPONSE_CHOICES.map(choice(current))
}

/** The questions of the path from where the organisation stands, each with its buttons; all of them where it is asked to answer again. */
export function questionViews({ response: current, isAskedAgain }: Pick<Recipient, 'response' | 'isAskedAgain'>) {
  const { next, before } = questionsFrom(isAskedAgain ? null : current)
  const view = ({ step, question, states }: AskedQuestion) => ({ step, question, choices: states.map(choice(current)) })
  return { next: next.map(view), before: before.map(view) }
}

function choice(current: ResponseState | null): (state: ResponseState) => AnswerChoice {
  return state => ({ state, ...RESPONSE_STATES[state], isCurrent: state === current })
}

/** The answers with all that the reader may know of them. */
export function answers(db: Reader<Visible>) {
  return (
    db
      .selectFrom('broadcast_response as answer')
      // Hidden by row-level security from those who may not read it: then the words of the answer itself are all there is.
      .leftJoin('broadcast_response_detail as detail', 'detail.response_id', 'answer.id')
      .leftJoin('directory_person as person', join => join.onRef('person.id', '=', 'answer.by_id').on('answer.by_kind', '=', 'person'))
      .leftJoin('directory_contact as contact', join => join.onRef('contact.id', '=', 'answer.by_id').on('answer.by_kind', '=', 'contact'))
      .select(eb => [
        'answer.id',
        'answer.state',
        'answer.at',
        'answer.by_kind',
        'person.name as person',
        'contact.name as contact',
        'answer.via',
        'answer.next_date',
        'answer.reason_code',
        'answer.review_on',
        'answer.keeps_detail',
        eb.fn.coalesce('detail.note', 'answer.note').as('note'),
        eb.fn.coalesce('detail.reason', 'answer.reason').as('reason'),
        'detail.owner',
        'detail.evidence',
        'detail.evidence_sha256',
        'detail.window_from',
        'detail.window_to',
        'detail.window_stops',
        'detail.window_agreed_by',
      ])
  )
}

type AnswerRow = Awaited<ReturnType<ReturnType<typeof answers>['executeTakeFirstOrThrow']>>

function givenAnswer(row: AnswerRow, labels: ReadonlyMap<string, string>): GivenAnswer {
  const { window_from: from, window_to: to, window_stops: stops } = row
  return {
    id: row.id,
    // Written by `respond` alone, from the type that is asserted here.
    state: row.state as ResponseState,
    at: row.at,
    by: row.person ?? row.contact,
    via: row.via,
    note: row.note,
    reason: row.reason,
    reasonCode: row.reason_code,
    reasonLabel: row.reason_code === null ? null : (labels.get(row.reason_code) ?? row.reason_code),
    nextDate: row.next_date,
    reviewOn: row.review_on,
    isShared: !row.keeps_detail,
    owner: row.owner,
    evidence: row.evidence,
    evidenceSha256: row.evidence_sha256,
    window: from === null || to === null ? null : { from, to, stops: stops ?? '', agreedBy: row.window_agreed_by },
  }
}
