import { sql, type SqlBool } from 'kysely'
import { parseInstant, type Instant, type LocalDate } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, integerIn, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Tlp } from '../../../../kernel/tlp.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { ThreatState } from '../model.ts'
import { nameOf } from './show.ts'

export interface ThreatFilter {
  /** Words, each of which must occur in a title, CVE, maker, product or source's id. */
  readonly search: string
  /** `open` is what is not dismissed and not closed. */
  readonly state: ThreatState | 'open' | 'all'
  /** Who has it: a person's id, or `NOBODY`. */
  readonly holder: string | null
  readonly priority: string | null
  /** A source's code. */
  readonly source: string | null
  readonly kev: boolean
  readonly ransomware: boolean
  /** Only what at least one organisation runs. */
  readonly run: boolean
  /** Only what is in the queue since then. */
  readonly since: Instant | null
  /** Only what changed then or later. */
  readonly changedSince: Instant | null
}

export const NOBODY = 'nobody'

export const NO_FILTER: ThreatFilter = {
  search: '',
  state: 'open',
  holder: null,
  priority: null,
  source: null,
  kev: false,
  ransomware: false,
  run: false,
  since: null,
  changedSince: null,
}

/** Each orders by its own number first, then the newest, then the id. What is watched and due comes before all else that is pressing. */
export const THREAT_SORTS = ['pressing', 'newest', 'runs'] as const
export type ThreatSort = (typeof THREAT_SORTS)[number]

export interface ThreatRow {
  readonly id: string
  readonly title: string
  readonly cves: readonly string[]
  readonly state: ThreatState
  readonly priority: string
  readonly reason: string
  readonly runs: number
  readonly mayRun: number
  readonly tlp: Tlp
  readonly publishedAt: Instant | null
  readonly createdAt: Instant
  readonly isWithdrawn: boolean
  readonly holder: string | null
  /** When a watched one is looked at again. */
  readonly lookAgainOn: LocalDate | null
  /** The sources that speak of it, by name. */
  readonly sources: readonly { readonly code: string; readonly name: string }[]
}

/** How many threats the filter lets through. */
export async function countThreats(db: Reader<Visible>, filter: ThreatFilter): Promise<number> {
  const { total } = await filtered(db, filter)
    .select(eb => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return total
}

/** The first threat that the filter lets through and that waits for this person, in the order of the list: nobody has it, or they watch it and it is due. */
export async function firstWaiting(
  db: Reader<Visible>,
  filter: ThreatFilter,
  sort: ThreatSort,
  { person, today }: { readonly person: string; readonly today: LocalDate },
): Promise<string | null> {
  const due = () => filtered(db, filter).where('threat.holder_id', '=', person).where(isDueOn(today))
  const waiting = filtered(db, filter).where(eb =>
    eb.or([eb('threat.state', '=', 'new'), eb.and([eb('threat.holder_id', '=', person), isDueOn(today)])]),
  )
  for (const query of sort === 'pressing' ? [due(), filtered(db, filter).where('threat.state', '=', 'new')] : [waiting]) {
    const row = await inOrder(query, sort).select('threat.id').limit(1).executeTakeFirst()
    if (row !== undefined) return row.id
  }
  return null
}

/** The queue: most pressing first, and of those the newest. With `today`, those that are watched and due come before. */
export async function listThreats(
  db: Reader<Visible>,
  filter: ThreatFilter,
  sort: ThreatSort,
  request: PageRequest,
  today: LocalDate | null = null,
): Promise<Page<ThreatRow>> {
  const total = await countThreats(db, filter)
  const after = readCursor(request.cursor)
  const wanted = request.limit + 1
  // What is due is read apart from the rest, so that an index gives each of the two in its order.
  const isSplit = sort === 'pressing' && today !== null
  const isPastDue = after !== null && after.key >= 0
  const lead = isSplit && !isPastDue ? await rowsOf(db, filter, sort, after, wanted, { isDue: true, today }) : []
  const rest =
    lead.length === wanted
      ? []
      : await rowsOf(db, filter, sort, isSplit && !isPastDue ? null : after, wanted - lead.length, isSplit ? { isDue: false, today } : null)
  const rows = [...lead, ...rest]
  const shown = rows.slice(0, request.limit)
  const sources = await sourcesOf(
    db,
    shown.map(row => row.id),
  )
  const last = shown.at(-1)
  return {
    rows: shown.map(row => ({
      id: row.id,
      title: row.title,
      cves: row.cves,
      state: row.state,
      priority: row.priority_word,
      reason: row.reason,
      runs: row.runs,
      mayRun: row.may_run,
      tlp: row.tlp,
      publishedAt: row.published_at,
      createdAt: row.created_at,
      isWithdrawn: row.withdrawn_at !== null,
      holder: row.holder_id === null ? null : (row.holder_name ?? nameOf(row.holder_id)),
      lookAgainOn: row.look_again_on,
      sources: sources.get(row.id) ?? [],
    })),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.key, last.published_at?.toISOString() ?? null, last.id]) : null,
    total,
  }
}

/** Rows of the list in their order, behind a place. With `part`, only those that are watched and due, or only the others. */
function rowsOf(
  db: Reader<Visible>,
  filter: ThreatFilter,
  sort: ThreatSort,
  after: Position | null,
  limit: number,
  part: { readonly isDue: boolean; readonly today: LocalDate } | null,
) {
  const lead = part?.isDue === true ? DUE_LEAD : 0
  const key = keyOf(sort)
  let query = filtered(db, filter)
  if (part !== null) query = query.where(part.isDue ? isDueOn(part.today) : sql<SqlBool>`not ${isDueOn(part.today)}`)
  if (after !== null) query = query.where(isAfter(key, { ...after, key: after.key + lead }))
  return inOrder(query, sort)
    .leftJoin('directory_person as holder', 'holder.id', 'threat.holder_id')
    .select([
      'threat.id',
      'threat.title',
      'threat.cves',
      'threat.state',
      'threat.priority_word',
      'threat.reason',
      'threat.runs',
      'threat.may_run',
      'threat.tlp',
      'threat.published_at',
      'threat.created_at',
      'threat.withdrawn_at',
      'threat.holder_id',
      'threat.look_again_on',
      'holder.name as holder_name',
      sql<number>`${key ?? sql.lit(0)} - ${sql.lit(lead)}`.as('key'),
    ])
    .limit(limit)
    .execute()
}

/** The cursor for the rows after a threat, or `undefined` when there is none of that id. */
export async function cursorAt(db: Reader<Visible>, id: string, sort: ThreatSort, today: LocalDate): Promise<string | undefined> {
  const row = await db
    .selectFrom('watch_threat as threat')
    .select(['threat.id', 'threat.published_at', leadingKey(sort, today).as('key')])
    .where('threat.id', '=', id)
    .executeTakeFirst()
  return row === undefined ? undefined : encodeCursor([row.key, row.published_at?.toISOString() ?? null, row.id])
}

function filtered(db: Reader<Visible>, filter: ThreatFilter) {
  let query = db.selectFrom('watch_threat as threat').where('threat.merged_into', 'is', null)
  if (filter.state === 'open') query = query.where('threat.state', 'not in', ['dismissed', 'closed'])
  else if (filter.state !== 'all') query = query.where('threat.state', '=', filter.state)
  if (filter.holder !== null)
    query = query.where('threat.holder_id', filter.holder === NOBODY ? 'is' : '=', filter.holder === NOBODY ? null : filter.holder)
  if (filter.priority !== null) query = query.where('threat.priority_word', '=', filter.priority)
  if (filter.kev) query = query.where('threat.kev_since', 'is not', null)
  if (filter.ransomware) query = query.where('threat.ransomware', '=', true)
  if (filter.run) query = query.where('threat.runs', '>', 0)
  if (filter.since !== null) query = query.where('threat.created_at', '>', filter.since)
  if (filter.changedSince !== null) query = query.where('threat.updated_at', '>=', filter.changedSince)
  const { source } = filter
  if (source !== null) {
    query = query.where(eb =>
      eb.exists(
        eb
          .selectFrom('watch_threat_item as link')
          .innerJoin('watch_item as item', 'item.id', 'link.item_id')
          .innerJoin('watch_source as source', 'source.id', 'item.source_id')
          .select('link.item_id')
          .whereRef('link.threat_id', '=', 'threat.id')
          .where('source.code', '=', source),
      ),
    )
  }
  for (const word of filter.search.toLowerCase().split(/\s+/).slice(0, 10)) {
    if (word !== '') query = query.where('threat.search', 'like', `%${word.replace(/[\\%_]/g, '\\$&')}%`)
  }
  return query
}

/** Farther in front than any priority is behind. */
const DUE_LEAD = 10_000

/** What orders first; `null` where nothing does before the date. */
function keyOf(sort: ThreatSort) {
  if (sort === 'newest') return null
  return sort === 'runs' ? sql<number>`(-threat.runs)` : sql<number>`threat.priority`
}

function leadingKey(sort: ThreatSort, today: LocalDate) {
  const key = keyOf(sort) ?? sql.lit(0)
  return sort === 'pressing' ? sql<number>`(${key} - case when ${isDueOn(today)} then ${sql.lit(DUE_LEAD)} else 0 end)` : sql<number>`${key}`
}

function inOrder(query: ReturnType<typeof filtered>, sort: ThreatSort) {
  const key = keyOf(sort)
  return (key === null ? query : query.orderBy(key)).orderBy('threat.published_at', order => order.desc().nullsLast()).orderBy('threat.id')
}

function isDueOn(today: LocalDate) {
  // No other state has a day.
  return sql<SqlBool>`(coalesce(threat.look_again_on, 'infinity'::date) <= ${today}::date)`
}

interface Position {
  readonly key: number
  readonly published: Instant | null
  readonly id: string
}

function readCursor(cursor: string | null): Position | null {
  const [from, published, id] = decodeCursor(cursor, 3) ?? []
  const key = integerIn(from)
  if (key === null || typeof id !== 'string') return null
  return { key, id, published: typeof published === 'string' ? (parseInstant(published) ?? null) : null }
}

/** Rows without a date stand last among those of one key. */
function isAfter(key: ReturnType<typeof keyOf>, { key: at, published, id }: Position) {
  const sameKey =
    published === null
      ? sql<SqlBool>`threat.published_at is null and threat.id > ${id}`
      : sql<SqlBool>`threat.published_at < ${published} or threat.published_at is null or (threat.published_at = ${published} and threat.id > ${id})`
  return key === null ? sql<SqlBool>`(${sameKey})` : sql<SqlBool>`(${key} >= ${at} and (${key} > ${at} or (${sameKey})))`
}

async function sourcesOf(db: Reader<Visible>, threatIds: readonly string[]) {
  const rows = await db
    .selectFrom('watch_threat_item as link')
    .innerJoin('watch_item as item', 'item.id', 'link.item_id')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .select(['link.threat_id', 'source.code', 'source.name'])
    .distinct()
    .where('link.threat_id', '=', sql<string>`any(${threatIds}::text[])`)
    .orderBy('source.name')
    .execute()
  return Map.groupBy(rows, row => row.threat_id)
}
