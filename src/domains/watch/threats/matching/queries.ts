import { sql, type RawBuilder } from 'kysely'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { IdentifiedName } from './decide.ts'
import type { MakerAlias } from './makers.ts'
import type { NameMatch } from './names.ts'
import type { Outcome, Verdict } from './outcomes.ts'

/** The threats asked about: all of them, or those with these ids. */
export type Which = 'all' | readonly string[]

const MATCHING_LOCK = 7_205_113

/** Lets one at a time work out which names are one, until the end of its unit of work. */
export async function lockMatching(db: Reader<Visible>): Promise<void> {
  await db.selectNoFrom(sql`pg_advisory_xact_lock(${MATCHING_LOCK})`.as('locked')).execute()
}

/** The names of makers that are in force. */
export function aliasesInForce(db: Reader<Visible>): Promise<readonly MakerAlias[]> {
  return db.selectFrom('watch_maker_alias').select(['alias', 'maker']).where('ended_at', 'is', null).orderBy('id').execute()
}

/** Under which rules the matches were worked out. */
export async function rulesOfMatches(db: Reader<Visible>): Promise<string | undefined> {
  const row = await db.selectFrom('watch_matching').select('rules').executeTakeFirst()
  return row?.rules
}

/** Whether any organisation shares with the centre that it runs this `product`. What nobody shares must not show, not even its name. */
export const isShared = sql`exists (select from directory_technology technology where technology.product_id = product.id and technology.shared)`

export interface ProductName extends IdentifiedName {
  readonly id: number
}

/**
 * The products that organisations share that they run, of which the matching does not know yet; `all`: also those that come with other
 * identifiers than it knows, for which every line that has one is read. What nobody shares is not looked at.
 */
export async function unknownProducts(db: Reader<Visible>, which: 'new' | 'all'): Promise<readonly ProductName[]> {
  const isAsked = which === 'all' ? sql`true` : sql`not exists (select from watch_known_product known where known.product_id = product.id)`
  // Versions stand behind the product in a CPE name, and behind the last @ in a package URL.
  const { rows } = await sql<ProductName>`
    with asked as materialized (select product.id, product.maker, product.product from directory_product product where ${isAsked} and ${isShared}),
    line as (
      select distinct product_id, cpe, purl from directory_technology
      where shared and (cpe is not null or purl is not null) and ${which === 'all' ? sql`true` : sql`product_id = any(array(select id from asked))`}
    ),
    identified as (
      select product_id, array_agg(distinct identifier order by identifier) as identifiers
      from (
        select product_id, lower(coalesce(substring(cpe from '^cpe:2[.]3:[^:]*:[^:]*:[^:]*'), substring(cpe from '^cpe:/[^:]*:[^:]*:[^:]*'))) as identifier from line
        union all
        select product_id, regexp_replace(purl, '(@[^/@]*)?([?#].*)?$', '') from line
      ) found where identifier is not null group by product_id
    )
    select asked.id, asked.maker, asked.product, coalesce(identified.identifiers, '{}') as identifiers
    from asked left join identified on identified.product_id = asked.id left join watch_known_product known on known.product_id = asked.id
    where known.product_id is null or known.identifiers <> coalesce(identified.identifiers, '{}')
    order by asked.id`.execute(db)
  return rows
}

export interface UnknownName extends IdentifiedName {
  readonly matchKey: string
  readonly hasVersions: boolean
}

/** The products of threats for which the matching has not looked yet. */
export async function unknownNames(db: Reader<Visible>): Promise<readonly UnknownName[]> {
  const { rows } = await sql<UnknownName>`
    select distinct on (affected.match_key) affected.match_key as "matchKey", affected.maker, affected.product, affected.identifiers, affected.versions <> '[]'::jsonb as "hasVersions"
    from watch_threat_product affected where not exists (select from watch_affected_name name where name.match_key = affected.match_key)
    order by affected.match_key, affected.threat_id`.execute(db)
  return rows
}

export interface Candidate {
  readonly nameId: number
  readonly productId: number
}

/** The pairs that share a key, of which one side at least is new. */
export async function candidatesOf(db: Reader<Visible>, names: readonly number[], products: readonly number[]): Promise<readonly Candidate[]> {
  if (names.length + products.length === 0) return []
  // The planner cannot know how rare a key is, and must not read every name for each product instead of the index.
  await sql`select set_config('enable_seqscan', 'off', true)`.execute(db)
  const pairs = (side: RawBuilder<unknown>) =>
    sql`select name.id as "nameId", known.product_id as "productId" from watch_affected_name name join watch_known_product known on known.keys && name.keys where ${side}`
  const { rows } = await sql<Candidate>`
    ${pairs(sql`name.id = any(${names}::integer[])`)} union ${pairs(sql`known.product_id = any(${products}::integer[])`)}`.execute(db)
  await sql`select set_config('enable_seqscan', 'on', true)`.execute(db)
  return rows
}

/** What is compared of these names. */
export async function affectedNames(
  db: Reader<Visible>,
  ids: readonly number[],
): Promise<ReadonlyMap<number, IdentifiedName & { readonly hasVersions: boolean }>> {
  const { rows } = await sql<{ id: number; maker: string; product: string; identifiers: string[]; hasVersions: boolean }>`
    select id, maker, product, identifiers, has_versions as "hasVersions" from watch_affected_name where id = any(${ids}::integer[])`.execute(db)
  return new Map(rows.map(row => [row.id, row]))
}

/** What is compared of these products. */
export async function knownProducts(db: Reader<Visible>, ids: readonly number[]): Promise<ReadonlyMap<number, IdentifiedName>> {
  const { rows } = await sql<ProductName>`
    select product.id, product.maker, product.product, known.identifiers from directory_product product join watch_known_product known on known.product_id = product.id
    where product.id = any(${ids}::integer[])`.execute(db)
  return new Map(rows.map(row => [row.id, row]))
}

export interface ThreatPairing {
  readonly threatId: string
  readonly makerKey: string
  readonly productKey: string
  readonly versions: readonly string[]
  readonly productId: number
  readonly match: NameMatch | undefined
  readonly verdict: Verdict | undefined
}

/** The products of the directory that each product of the threats is or may be, by name or because an analyst said so. */
export async function threatPairings(db: Reader<Visible>, which: Which): Promise<readonly ThreatPairing[]> {
  const chosen = which === 'all' ? sql`true` : sql`affected.threat_id = any(${which}::text[])`
  const { rows } = await sql<{
    threat_id: string
    maker_key: string
    product_key: string
    versions: string[]
    product_id: number
    outcome: NameMatch['outcome'] | null
    why: string
    version: string | null
    is_same: boolean | null
    reason: string
  }>`
    select affected.threat_id, affected.maker_key, affected.product_key, affected.versions, paired.*
    from watch_threat_product affected
    cross join lateral (
      select coalesce(found.product_id, verdict.product_id) as product_id, found.outcome, found.why, found.version, verdict.is_same, verdict.reason
      from (
        select matched.* from watch_affected_name name join watch_name_match matched on matched.name_id = name.id where name.match_key = affected.match_key
      ) found
      full join (
        select product_id, is_same, reason from watch_product_verdict said
        where said.maker_key = affected.maker_key and said.product_key = affected.product_key and said.undone_at is null
      ) verdict on verdict.product_id = found.product_id
    ) paired
    where ${chosen}
    order by affected.threat_id, paired.product_id, affected.maker_key, affected.product_key`.execute(db)
  return rows.map(row => ({
    threatId: row.threat_id,
    makerKey: row.maker_key,
    productKey: row.product_key,
    versions: row.versions,
    productId: row.product_id,
    match: row.outcome === null ? undefined : { outcome: row.outcome, why: row.why, version: row.version },
    verdict: row.is_same === null ? undefined : { isSame: row.is_same, reason: row.reason },
  }))
}

/** The versions of these products that organisations share that they run; empty for those that tell none. */
export async function versionsTold(db: Reader<Visible>, products: readonly number[]): Promise<ReadonlyMap<number, readonly string[]>> {
  if (products.length === 0) return new Map()
  const { rows } = await sql<{ product_id: number; versions: string[] }>`
    select told.product_id, array_agg(told.version) as versions
    from (
      select distinct technology.product_id, technology.version from directory_technology technology
      where technology.product_id = any(${products}::integer[]) and technology.shared
    ) told
    group by told.product_id`.execute(db)
  return new Map(rows.map(row => [row.product_id, row.versions]))
}

/** Which of these threats' matches are stored, by their fingerprints. */
export async function fingerprints(db: Reader<Visible>, which: Which): Promise<ReadonlyMap<string, string>> {
  const query = db.selectFrom('watch_matched_threat').select(['threat_id', 'fingerprint'])
  const rows = await (which === 'all' ? query : query.where('threat_id', '=', sql<string>`any(${which}::text[])`)).execute()
  return new Map(rows.map(row => [row.threat_id, row.fingerprint]))
}

/* Rows handed over as one parameter, to write many by one statement. */

export function knownProductRows(rows: readonly { id: number; identifiers: readonly string[]; keys: readonly string[] }[]) {
  return sql`select id, array(select jsonb_array_elements_text(identifiers)), array(select jsonb_array_elements_text(keys))
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row(id integer, identifiers jsonb, keys jsonb)`
}

export function affectedNameRows(rows: readonly (UnknownName & { keys: readonly string[] })[]) {
  return sql`select "matchKey", maker, product, array(select jsonb_array_elements_text(identifiers)), "hasVersions", array(select jsonb_array_elements_text(keys))
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row("matchKey" text, maker text, product text, identifiers jsonb, "hasVersions" boolean, keys jsonb)`
}

export function nameMatchRows(rows: readonly (Candidate & NameMatch)[]) {
  return sql`select "nameId", "productId", outcome, why, version
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row("nameId" integer, "productId" integer, outcome text, why text, version text)`
}

export function matchRows(rows: readonly (Outcome & { threatId: string })[]) {
  return sql`select "threatId", "productId", version, outcome, why
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row("threatId" text, "productId" integer, version text, outcome text, why text)`
}
