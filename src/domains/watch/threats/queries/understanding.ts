import { sql } from 'kysely'
import type { LocalDate } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { ThreatTable, Visible } from '../../tables.ts'
import type { Which } from '../matching/queries.ts'
import type { TypeReach } from '../model.ts'
import type { PriorityFacts, SsvcPoints } from '../priority.ts'
import type { ThreatItem } from '../understanding.ts'

/** The threats to which these items belong. */
export async function threatsOfItems(db: Reader<Visible>, itemIds: readonly string[]): Promise<readonly { itemId: string; threatId: string }[]> {
  return db
    .selectFrom('watch_threat_item')
    .select(['item_id as itemId', 'threat_id as threatId'])
    .where('item_id', '=', sql<string>`any(${itemIds}::text[])`)
    .execute()
}

/** The items of each threat, those gathered first in front. */
export async function itemsOfThreats(db: Reader<Visible>, threatIds: readonly string[]): Promise<ReadonlyMap<string, readonly ThreatItem[]>> {
  const rows = await db
    .selectFrom('watch_threat_item as link')
    .innerJoin('watch_item as item', 'item.id', 'link.item_id')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .select(['link.threat_id', 'item.external_id', 'source.format', 'item.withdrawn_at', 'item.content'])
    .where('link.threat_id', '=', sql<string>`any(${threatIds}::text[])`)
    // What opened the threat names it, not what was known of its CVEs before.
    .orderBy('source.opens_threats', 'desc')
    .orderBy('item.first_gathered_at')
    .orderBy('item.id')
    .execute()
  const items = Map.groupBy(rows, row => row.threat_id)
  return new Map(
    [...items].map(([id, own]) => [
      id,
      own.map(row => ({ externalId: row.external_id, format: row.format, isWithdrawn: row.withdrawn_at !== null, content: row.content })),
    ]),
  )
}

/** What is kept of each threat that a new text does not replace. */
export async function keptOfThreats(db: Reader<Visible>, threatIds: readonly string[]) {
  const rows = await db
    .selectFrom('watch_threat')
    .select(['id', 'runs', 'may_run', 'withdrawn_at', 'epss_step', 'clinical_safety'])
    .where('id', '=', sql<string>`any(${threatIds}::text[])`)
    .execute()
  return new Map(rows.map(row => [row.id, row]))
}

/** Of these threats, those that somebody dismissed or closed. */
export async function putAwayAmong(db: Reader<Visible>, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('watch_threat')
    .where('id', '=', sql<string>`any(${ids}::text[])`)
    .where('state', 'in', ['dismissed', 'closed'])
    .select('id')
    .execute()
  return new Set(rows.map(row => row.id))
}

/** Of these threats, those that are watched and not due yet. */
export async function watchedAmong(db: Reader<Visible>, ids: readonly string[], today: LocalDate): Promise<Set<string>> {
  const rows = await db
    .selectFrom('watch_threat')
    .where('id', '=', sql<string>`any(${ids}::text[])`)
    .where('state', '=', 'watching')
    .where('look_again_on', '>', today)
    .select('id')
    .execute()
  return new Set(rows.map(row => row.id))
}

/** What the rules of priority look at, of each threat. */
export async function priorityFacts(
  db: Reader<Visible>,
  which: Which,
): Promise<readonly (PriorityFacts & { id: string; order: number; reason: string; types: readonly TypeReach[] })[]> {
  let query = db
    .selectFrom('watch_threat')
    .select([
      'id',
      'kev_since',
      'ransomware',
      'cvss_tenths',
      'severity',
      'care_affected',
      'exploitation',
      'automatable',
      'technical_impact',
      'epss_millionths',
      'clinical_safety',
      'runs',
      'may_run',
      'withdrawn_at',
      'priority',
      'reason',
      'reach',
    ])
  if (which !== 'all') query = query.where('id', '=', sql<string>`any(${which}::text[])`)
  const rows = await query.execute()
  return rows.map(row => ({
    id: row.id,
    kevSince: row.kev_since,
    ransomware: row.ransomware,
    cvssTenths: row.cvss_tenths,
    ssvc: ssvcOf(row),
    epssMillionths: row.epss_millionths,
    clinicalSafety: row.clinical_safety,
    severity: row.severity,
    reportedCareAffected: row.care_affected,
    runs: row.runs,
    mayRun: row.may_run,
    isWithdrawn: row.withdrawn_at !== null,
    order: row.priority,
    reason: row.reason,
    types: row.reach,
  }))
}

/** The decision as the rules of priority look at it; `null` when none is kept. */
function ssvcOf(row: Pick<ThreatTable, 'exploitation' | 'automatable' | 'technical_impact'>): SsvcPoints | null {
  const { exploitation, automatable, technical_impact: technicalImpact } = row
  return exploitation === null || automatable === null || technicalImpact === null ? null : { exploitation, automatable, technicalImpact }
}

export interface Reckoning {
  readonly id: string
  readonly runs: number
  readonly may_run: number
  readonly reach: readonly TypeReach[]
  readonly priority: number
  readonly priority_word: string
  readonly reason: string
}

/** Rows handed over as one parameter, to update many threats by one statement. */
export function reckonings(rows: readonly Reckoning[]) {
  // `reach` goes from one jsonb into another, and a jsonb column is written as text to the compiler.
  return sql<Omit<Reckoning, 'reach'> & { reach: string }>`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`.as<'reckoning'>(
    sql`reckoning (id text, runs integer, may_run integer, reach jsonb, priority integer, priority_word text, reason text)`,
  )
}

/** Some items in the order of their ids, behind one. */
export async function itemIdsAfter(db: Reader<Visible>, after: string | null, limit: number): Promise<readonly string[]> {
  const query = db.selectFrom('watch_item').select('id').orderBy('id').limit(limit)
  const rows = await (after === null ? query : query.where('id', '>', after)).execute()
  return rows.map(({ id }) => id)
}
