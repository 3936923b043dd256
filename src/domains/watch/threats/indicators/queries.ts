import { sql, type RawBuilder } from 'kysely'
import { refang } from '../../../../kernel/indicator.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { IndicatorType } from '../../../../kernel/intelligence.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { narrowestTlp, type Tlp } from '../../../../kernel/tlp.ts'
import { holdsWords } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { PROSE_FORMATS } from './model.ts'

/** One indicator of a threat, of all the items that name it. */
export interface ThreatIndicator {
  readonly type: IndicatorType
  /** In its plain form: defang it before anybody sees it. */
  readonly value: string
  /** The narrowest label under which an item names it. */
  readonly tlp: Tlp
  /** When a source saw it first; where none says, when the first item that names it was published or gathered. */
  readonly firstSeen: Instant
  readonly lastSeen: Instant
  /** The last day that any source gives it; `null` when none says. */
  readonly validUntil: Instant | null
  readonly isExpired: boolean
  /** The sources that name it, by name. */
  readonly sources: readonly string[]
  readonly note: string | null
}

export interface IndicatorFilter {
  /** Words that occur in the value, defanged or not, or in what sources say about it. */
  readonly search: string
  readonly type: IndicatorType | null
  readonly expiry: 'current' | 'expired' | 'all'
}

export const CURRENT: IndicatorFilter = { search: '', type: null, expiry: 'current' }

/** The items that may name indicators, of these: what only rates CVEs names none. */
export function itemsWithIndicators(db: Reader<Visible>, ids: readonly string[]) {
  return db
    .selectFrom('watch_item as item')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .select(['item.id', 'source.format', 'item.content'])
    .where('item.id', '=', sql<string>`any(${ids}::text[])`)
    .where(eb => eb.or([eb('source.format', 'in', PROSE_FORMATS), sql<boolean>`item.content ? 'indicators'`]))
    .execute()
}

/** The types of which a threat has indicators, expired ones too. */
export async function indicatorTypesOf(db: Reader<Visible>, threatId: string): Promise<readonly IndicatorType[]> {
  const rows = await db
    .selectFrom('watch_threat_item as link')
    .innerJoin('watch_indicator as indicator', 'indicator.item_id', 'link.item_id')
    .select('indicator.type')
    .distinct()
    .where('link.threat_id', '=', threatId)
    .orderBy('indicator.type')
    .execute()
  return rows.map(row => row.type)
}

/** A page of a threat's indicators by type and value, with how many there are. Those of withdrawn items are left out. */
export async function listIndicators(
  db: Pick<Reader<Visible>, 'getExecutor'>,
  threatId: string,
  filter: IndicatorFilter,
  request: PageRequest,
  now: Instant,
): Promise<Page<ThreatIndicator>> {
  const { rows: counts } = await sql<{ total: number }>`${indicators(threatId, filter, now)} select count(*) as total from shown`.execute(db)
  return { ...(await indicatorsAfter(db, threatId, filter, request, now)), total: counts[0]?.total ?? 0 }
}

/** The indicators after a cursor, without a count: for a download, part by part. */
export async function indicatorsAfter(
  db: Pick<Reader<Visible>, 'getExecutor'>,
  threatId: string,
  filter: IndicatorFilter,
  { limit, cursor }: PageRequest,
  now: Instant,
): Promise<Omit<Page<ThreatIndicator>, 'total'>> {
  const after = decodeCursor(cursor, 2)
  const isAfter = after === null ? sql`` : sql`where (shown.type, shown.value) > (${String(after[0])}::text, ${String(after[1])}::text)`
  const { rows } = await sql<FoundRow>`
    ${indicators(threatId, filter, now)} select * from shown ${isAfter} order by shown.type, shown.value limit ${limit + 1}`.execute(db)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page.map(row => ({
      type: row.type,
      value: row.value,
      tlp: narrowestTlp(row.labels),
      firstSeen: row.first_seen,
      lastSeen: row.last_seen,
      validUntil: row.valid_until,
      isExpired: row.is_expired,
      sources: row.sources,
      note: row.note,
    })),
    next: rows.length > limit && last !== undefined ? encodeCursor([last.type, last.value]) : null,
  }
}

interface FoundRow {
  readonly type: IndicatorType
  readonly value: string
  readonly labels: readonly Tlp[]
  readonly first_seen: Instant
  readonly last_seen: Instant
  readonly valid_until: Instant | null
  readonly is_expired: boolean
  readonly sources: readonly string[]
  readonly note: string | null
}

/** Common table expressions that end in `shown`: each indicator once, over all items that name it. */
function indicators(threatId: string, { search, type, expiry }: IndicatorFilter, now: Instant): RawBuilder<unknown> {
  const isAsked = { all: sql`true`, current: sql`not merged.is_expired`, expired: sql`merged.is_expired` }[expiry]
  return sql`
    with merged as (
      select indicator.type, indicator.value, array_agg(distinct indicator.tlp) as labels,
        min(coalesce(indicator.first_seen, indicator.last_seen, item.published_at, item.first_gathered_at)) as first_seen,
        max(coalesce(indicator.last_seen, indicator.first_seen, item.published_at, item.first_gathered_at)) as last_seen,
        max(indicator.valid_until) as valid_until,
        coalesce(max(indicator.valid_until) <= ${now}::timestamptz, false) as is_expired,
        array_agg(distinct source.name) as sources, string_agg(distinct indicator.note, '; ') as note
      from watch_threat_item link
      join watch_indicator indicator on indicator.item_id = link.item_id
      join watch_item item on item.id = link.item_id and item.withdrawn_at is null
      join watch_source source on source.id = item.source_id
      where link.threat_id = ${threatId} and ${type === null ? sql`true` : sql`indicator.type = ${type}`}
      group by indicator.type, indicator.value
    ),
    shown as (
      select merged.* from merged where ${isAsked} and ${holdsWords(sql`merged.value || ' ' || coalesce(merged.note, '')`, refang(search))}
    )`
}
