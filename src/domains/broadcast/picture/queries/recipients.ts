import { sql, type RawBuilder } from 'kysely'
import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import { nameKey } from '../../../../kernel/name-key.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { DeliveryState } from '../../deliveries/model.ts'
import { RESPONSE_CHOICES, RESPONSE_STATES, standing, type ResponseState } from '../../responses/model.ts'
import { reasonLabels } from '../../responses/queries/reasons.ts'
import { hasSums, isOwnRecipient, isOwnSum } from '../../scope.ts'
import type { Visible } from '../../tables.ts'
import type { Dimension, Stage } from '../model.ts'
import { groups } from '../queries.ts'

/** What the list behind a figure is narrowed by. Empty texts and `null` narrow nothing. */
export interface RecipientsFilter {
  readonly stage: Stage | null
  /** One newest answer, or a part of the bar: `seen` (acknowledged, assessing), `declined` (not applicable, chose not to act). */
  readonly answer: ResponseState | 'seen' | 'declined' | null
  readonly type: string
  readonly region: string
  readonly board: string
  /** A partner's code, or `none`. */
  readonly partner: string
  /** Part of a name, or a code. */
  readonly search: string
}

export const NO_RECIPIENTS_FILTER: RecipientsFilter = { stage: null, answer: null, type: '', region: '', board: '', partner: '', search: '' }

export interface RecipientRow {
  readonly organisationId: string
  readonly code: string
  readonly name: string
  readonly type: string | null
  readonly region: string | null
  readonly board: string | null
  readonly standing: ReturnType<typeof standing>
  readonly answeredAt: Instant | null
  readonly nextDate: string | null
  /** The newest answer's. `null` while there is none, or when the reader may not know. */
  readonly by: string | null
  readonly via: string | null
  readonly note: string | null
  readonly reason: string | null
  /** Why it does not act, as the reason that it chose is called. */
  readonly reasonLabel: string | null
  readonly contacts: number
  /** The best of its deliveries: one that arrived counts for the organisation. `null` when there was nobody to send to. */
  readonly delivery: DeliveryState | null
  /** The server's words for it. */
  readonly words: string | null
}

const BEST_FIRST: readonly DeliveryState[] = ['delivered', 'sent', 'sending', 'queued', 'failed', 'bounced', 'given-up']

/** When they answered who never did, so that the order is whole. */
const NEVER = '-infinity'

export const RECIPIENT_SORTS = ['code', '-code', 'answered', '-answered'] as const
export type RecipientSort = (typeof RECIPIENT_SORTS)[number]

/** The organisations behind a figure, by code or by when they answered last; who never did counts as before everybody. */
export async function recipients(
  db: Reader<Visible>,
  scope: Scope,
  bulletinId: string,
  filter: RecipientsFilter,
  request: PageRequest,
  sort: RecipientSort = 'code',
): Promise<Page<RecipientRow>> {
  const direction = sort.startsWith('-') ? 'desc' : 'asc'
  const isByTime = sort.endsWith('answered')
  const answered = sql<Instant>`coalesce(recipient.response_at, ${NEVER}::timestamptz)`
  const given = decodeCursor(request.cursor, isByTime ? 2 : 1)
  const cursor = isByTime && given?.[0] !== NEVER && parseInstant(String(given?.[0])) === undefined ? null : given
  const count = await countOf(db, scope, bulletinId, filter)
  const found = await matching(db, scope, bulletinId, filter)
    .$if(cursor !== null && !isByTime, query => query.where('organisation.code', direction === 'asc' ? '>' : '<', String(cursor?.[0])))
    .$if(cursor !== null && isByTime, query =>
      query.where(
        sql<boolean>`(${answered}, organisation.code) ${sql.raw(direction === 'asc' ? '>' : '<')} (${String(cursor?.[0])}::timestamptz, ${String(cursor?.[1])})`,
      ),
    )
    .$if(isByTime, query => query.orderBy(answered, direction))
    .orderBy('organisation.code', direction)
    .limit(request.limit + 1)
    .select([
      'organisation.id as organisationId',
      'organisation.code',
      'organisation.name',
      'recipient.type',
      'recipient.region_code as region',
      'recipient.board_code as board',
      'recipient.response',
      'recipient.is_reachable as isReachable',
      'recipient.response_at as answeredAt',
      'recipient.next_date as nextDate',
    ])
    .execute()
  const shown = found.slice(0, request.limit)
  const ids = shown.map(({ organisationId }) => organisationId)
  const [deliveries, answers] = [await bestDeliveries(db, bulletinId, ids), await newestAnswers(db, bulletinId, ids)]
  const last = shown.at(-1)
  return {
    rows: shown.map(({ response, isReachable, ...row }) => ({
      ...row,
      standing: standing({ response, isReachable }),
      ...NO_ANSWER,
      ...answers.get(row.organisationId),
      ...NO_DELIVERY,
      ...deliveries.get(row.organisationId),
    })),
    total: count,
    next:
      found.length > request.limit && last !== undefined
        ? encodeCursor(isByTime ? [last.answeredAt?.toISOString() ?? NEVER, last.code] : [last.code])
        : null,
  }
}

const NO_ANSWER = { by: null, via: null, note: null, reason: null, reasonLabel: null }
const NO_DELIVERY = { contacts: 0, delivery: null, words: null }

/** From the sums where they can say it. */
async function countOf(db: Reader<Visible>, scope: Scope, bulletinId: string, filter: RecipientsFilter): Promise<number> {
  const { search, partner } = filter
  if (!hasSums(scope) || search !== '' || partner !== '') {
    const { count } = await matching(db, scope, bulletinId, filter)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    return count
  }
  const { count } = await db
    .selectFrom('broadcast_tally as recipient')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where(isOwnSum(scope, 'recipient'))
    .where(conditions(filter, sql`recipient.is_delivered`))
    .select(sql<number>`coalesce(sum(recipient.change), 0)::integer`.as('count'))
    .executeTakeFirstOrThrow()
  return count
}

function matching(db: Reader<Visible>, scope: Scope, bulletinId: string, filter: RecipientsFilter) {
  return db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where(isOwnRecipient(scope, 'recipient'))
    .where(conditions(filter, sql`recipient.delivered_at is not null`))
    .$if(filter.partner !== '', query => query.where(partnerCondition(filter.partner)))
    .$if(filter.search !== '', query => query.where(named(filter.search)))
}

/** By code, or by part of the name as the directory compares names. Signs alone name nobody. */
function named(search: string): RawBuilder<boolean> {
  const key = nameKey(search)
  const isCode = sql`organisation.code = ${search.toUpperCase()}`
  return key === ''
    ? sql<boolean>`${isCode}`
    : sql<boolean>`(${isCode} or organisation.name_key like ${`%${key.replace(/[\\%_]/g, match => `\\${match}`)}%`})`
}

/** What recipients and their sums can both be narrowed by: the list behind a figure has as many rows as the figure says. */
function conditions(filter: RecipientsFilter, isDelivered: RawBuilder<unknown>): RawBuilder<boolean> {
  const area = (column: string, code: string) =>
    code === '' ? [] : [code === 'none' ? sql`${sql.ref(column)} is null` : sql`${sql.ref(column)} = ${code}`]
  const parts = [
    ...(filter.stage === null ? [] : [stageCondition(filter.stage, isDelivered)]),
    ...(filter.answer === null ? [] : [answeredAs(answerStates(filter.answer))]),
    ...area('recipient.type', filter.type),
    ...area('recipient.region_code', filter.region),
    ...area('recipient.board_code', filter.board),
  ]
  return parts.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join(parts, sql` and `)})`
}

function stageCondition(stage: Stage, isDelivered: RawBuilder<unknown>): RawBuilder<unknown> {
  switch (stage) {
    case 'sent':
      return sql`(recipient.is_reachable or ${isDelivered})`
    case 'delivered':
      return isDelivered
    case 'acknowledged':
      return sql`recipient.response is not null`
    case 'decided':
      return answeredAs(RESPONSE_CHOICES.filter(state => RESPONSE_STATES[state].isDecided))
    case 'done':
      return answeredAs(RESPONSE_CHOICES.filter(state => RESPONSE_STATES[state].isDone))
    case 'silent':
      return sql`(recipient.response is null and recipient.is_reachable)`
    case 'unreachable':
      return sql`(recipient.response is null and not recipient.is_reachable)`
  }
}

function answeredAs(states: readonly ResponseState[]): RawBuilder<unknown> {
  return sql`recipient.response in (${sql.join(states)})`
}

function answerStates(answer: ResponseState | 'seen' | 'declined'): readonly ResponseState[] {
  if (answer === 'seen') return ['acknowledged', 'assessing']
  return answer === 'declined' ? ['not-applicable', 'not-acting'] : [answer]
}

function partnerCondition(code: string) {
  const partnership = sql`select from directory_partnership partnership join directory_organisation partner on partner.id = partnership.partner_id
    where partnership.organisation_id = recipient.organisation_id and partnership.until is null`
  return code === 'none' ? sql<boolean>`not exists (${partnership})` : sql<boolean>`exists (${partnership} and partner.code = ${code})`
}

async function bestDeliveries(db: Reader<Visible>, bulletinId: string, ids: readonly string[]) {
  const rows =
    ids.length === 0
      ? []
      : await db
          .selectFrom('broadcast_delivery')
          .where('bulletin_id', '=', bulletinId)
          .where('organisation_id', 'in', [...ids])
          .select(['organisation_id', 'state', 'words'])
          .execute()
  const byOrganisation = Map.groupBy(rows, row => row.organisation_id)
  return new Map(
    [...byOrganisation].map(([id, list]) => {
      const best = list.toSorted((a, b) => BEST_FIRST.indexOf(a.state) - BEST_FIRST.indexOf(b.state))[0]
      return [id, { contacts: list.length, delivery: best?.state ?? null, words: best?.words ?? null }]
    }),
  )
}

async function newestAnswers(db: Reader<Visible>, bulletinId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, Pick<RecipientRow, 'by' | 'via' | 'note' | 'reason' | 'reasonLabel'>>()
  const rows = await db
    .selectFrom('broadcast_response as answer')
    .leftJoin('directory_person as person', join => join.onRef('person.id', '=', 'answer.by_id').on('answer.by_kind', '=', 'person'))
    .leftJoin('directory_contact as contact', join => join.onRef('contact.id', '=', 'answer.by_id').on('answer.by_kind', '=', 'contact'))
    .where('answer.bulletin_id', '=', bulletinId)
    .where('answer.organisation_id', 'in', [...ids])
    .distinctOn('answer.organisation_id')
    .orderBy('answer.organisation_id')
    .orderBy('answer.at', 'desc')
    .orderBy('answer.id', 'desc')
    .select([
      'answer.organisation_id',
      'person.name as person',
      'contact.name as contact',
      'answer.via',
      'answer.note',
      'answer.reason',
      'answer.reason_code as code',
    ])
    .execute()
  const labels = await reasonLabels(db)
  return new Map(
    rows.map(({ organisation_id: id, person, contact, code, ...row }) => [
      id,
      { ...row, by: person ?? contact, reasonLabel: code === null ? null : (labels.get(code) ?? code) },
    ]),
  )
}

/** What the list of a bulletin's recipients may be narrowed by: the groups that are there. */
export async function recipientChoices(
  db: Reader<Visible>,
  scope: Scope,
  bulletinId: string,
): Promise<{ readonly types: readonly Choice[]; readonly regions: readonly Choice[]; readonly boards: readonly Choice[] }> {
  const of = async (dimension: Dimension) =>
    (await groups(db, scope, bulletinId, dimension))
      .flatMap(({ code, name }) => (code === null ? [] : [{ code, name }]))
      .toSorted((a, b) => a.name.localeCompare(b.name))
  return { types: await of('type'), regions: await of('region'), boards: await of('board') }
}

interface Choice {
  readonly code: string
  readonly name: string
}
