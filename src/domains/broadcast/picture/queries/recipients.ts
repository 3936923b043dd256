import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { DeliveryState } from '../../deliveries/model.ts'
import { standing, type ResponseState } from '../../responses/model.ts'
import type { Visible } from '../../tables.ts'
import type { Stage } from '../model.ts'

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
  readonly type: string
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
  readonly contacts: number
  /** The best of its deliveries: one that arrived counts for the organisation. `null` when there was nobody to send to. */
  readonly delivery: DeliveryState | null
  /** The server's words for it. */
  readonly words: string | null
}

const BEST_FIRST: readonly DeliveryState[] = ['sent', 'sending', 'waiting', 'failed', 'given-up']

/** The organisations behind a figure, by code. */
export async function recipients(db: Reader<Visible>, bulletinId: string, filter: RecipientsFilter, request: PageRequest): Promise<Page<RecipientRow>> {
  const cursor = decodeCursor(request.cursor, 1)
  const { count } = await matching(db, bulletinId, filter).select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  const found = await matching(db, bulletinId, filter)
    .$if(cursor !== null, query => query.where('organisation.code', '>', String(cursor?.[0])))
    .orderBy('organisation.code')
    .limit(request.limit + 1)
    .select([
      'organisation.id as organisationId', 'organisation.code', 'organisation.name', 'organisation.type', 'organisation.region_code as region', 'organisation.board_code as board',
      'recipient.response', 'recipient.is_reachable as isReachable', 'recipient.response_at as answeredAt', 'recipient.next_date as nextDate',
    ])
    .execute()
  const shown = found.slice(0, request.limit)
  const ids = shown.map(({ organisationId }) => organisationId)
  const [deliveries, answers] = [await bestDeliveries(db, bulletinId, ids), await newestAnswers(db, bulletinId, ids)]
  const last = shown.at(-1)
  return {
    rows: shown.map(({ response, isReachable, ...row }) => ({ ...row, standing: standing({ response, isReachable }), ...NO_ANSWER, ...answers.get(row.organisationId), ...NO_DELIVERY, ...deliveries.get(row.organisationId) })),
    total: count,
    next: found.length > request.limit && last !== undefined ? encodeCursor([last.code]) : null,
  }
}

const NO_ANSWER = { by: null, via: null, note: null, reason: null }
const NO_DELIVERY = { contacts: 0, delivery: null, words: null }

function matching(db: Reader<Visible>, bulletinId: string, filter: RecipientsFilter) {
  const words = `%${filter.search.replace(/[\\%_]/g, match => `\\${match}`)}%`
  return db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .$if(filter.stage !== null, query => query.where(stageCondition(filter.stage ?? 'sent')))
    .$if(filter.answer !== null, query => query.where('recipient.response', 'in', answerStates(filter.answer ?? 'done')))
    .$if(filter.type !== '', query => query.where('organisation.type', '=', filter.type))
    .$if(filter.region !== '', query => query.where('organisation.region_code', filter.region === 'none' ? 'is' : '=', filter.region === 'none' ? null : filter.region))
    .$if(filter.board !== '', query => query.where('organisation.board_code', filter.board === 'none' ? 'is' : '=', filter.board === 'none' ? null : filter.board))
    .$if(filter.partner !== '', query => query.where(partnerCondition(filter.partner)))
    .$if(filter.search !== '', query => query.where(eb => eb.or([eb('organisation.name', 'ilike', words), eb('organisation.code', '=', filter.search.toUpperCase())])))
}

/** The same conditions as the columns that `funnel` counts: the list behind a figure has as many rows as the figure says. */
function stageCondition(stage: Stage) {
  switch (stage) {
    case 'sent':
      return sql<boolean>`(recipient.is_reachable or recipient.delivered_at is not null)`
    case 'delivered':
      return sql<boolean>`recipient.delivered_at is not null`
    case 'acknowledged':
      return sql<boolean>`recipient.acknowledged_at is not null`
    case 'decided':
      return sql<boolean>`recipient.decided_at is not null`
    case 'done':
      return sql<boolean>`recipient.done_at is not null`
    case 'silent':
      return sql<boolean>`(recipient.response is null and recipient.is_reachable)`
    case 'unreachable':
      return sql<boolean>`(recipient.response is null and not recipient.is_reachable)`
  }
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
  const rows = ids.length === 0 ? [] : await db.selectFrom('broadcast_delivery').where('bulletin_id', '=', bulletinId).where('organisation_id', 'in', [...ids]).select(['organisation_id', 'state', 'words']).execute()
  const byOrganisation = Map.groupBy(rows, row => row.organisation_id)
  return new Map(
    [...byOrganisation].map(([id, list]) => {
      const best = list.toSorted((a, b) => BEST_FIRST.indexOf(a.state) - BEST_FIRST.indexOf(b.state))[0]
      return [id, { contacts: list.length, delivery: best?.state ?? null, words: best?.words ?? null }]
    }),
  )
}

async function newestAnswers(db: Reader<Visible>, bulletinId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, { by: string | null; via: string; note: string | null; reason: string | null }>()
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
    .select(['answer.organisation_id', 'person.name as person', 'contact.name as contact', 'answer.via', 'answer.note', 'answer.reason'])
    .execute()
  return new Map(rows.map(row => [row.organisation_id, { by: row.person ?? row.contact, via: row.via, note: row.note, reason: row.reason }]))
}

/** What the list of a bulletin's recipients may be narrowed by: only what is there. */
export async function recipientChoices(db: Reader<Visible>, bulletinId: string): Promise<{ readonly types: readonly Choice[]; readonly regions: readonly Choice[]; readonly boards: readonly Choice[] }> {
  const { rows } = await sql<{ kind: 'type' | 'region' | 'board'; code: string }>`
    select distinct case when grouping(organisation.type) = 0 then 'type' when grouping(organisation.region_code) = 0 then 'region' else 'board' end as kind,
      coalesce(organisation.type, organisation.region_code, organisation.board_code) as code
    from broadcast_recipient recipient join directory_organisation organisation on organisation.id = recipient.organisation_id
    where recipient.bulletin_id = ${bulletinId}
    group by grouping sets ((organisation.type), (organisation.region_code), (organisation.board_code))`.execute(db)
  const codes = rows.filter(({ code }) => code !== null)
  const types = await db.selectFrom('directory_organisation_type').orderBy('position').select(['code', 'plural as name']).execute()
  const areaCodes = codes.filter(({ kind }) => kind !== 'type').map(({ code }) => code)
  const areas = areaCodes.length === 0 ? [] : await db.selectFrom('directory_organisation').where('code', 'in', areaCodes).select(['code', 'name']).execute()
  const nameOf = new Map(areas.map(({ code, name }) => [code, name]))
  const of = (kind: 'region' | 'board') => codes.filter(row => row.kind === kind).map(({ code }) => ({ code, name: nameOf.get(code) ?? code })).toSorted((a, b) => a.name.localeCompare(b.name))
  const present = new Set(codes.filter(({ kind }) => kind === 'type').map(({ code }) => code))
  return { types: types.filter(({ code }) => present.has(code)), regions: of('region'), boards: of('board') }
}

interface Choice {
  readonly code: string
  readonly name: string
}
