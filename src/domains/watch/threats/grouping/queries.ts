import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { addHours } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { RegroupedItem, Visible } from '../../tables.ts'
import { TITLE_DAYS } from './evidence.ts'
import type { KnownThreat } from './placement.ts'
import { MOST_PRODUCTS, traitsOf, type ItemTraits } from './traits.ts'

/** The traits of items, in the order of their ids. */
export async function traitsOfItems(db: Reader<Visible>, ids: readonly string[]): Promise<ReadonlyMap<string, ItemTraits>> {
  const rows = await db
    .selectFrom('watch_item')
    .select(['id', 'external_id', 'title', 'url', 'published_at', 'content'])
    .where('id', '=', sql<string>`any(${ids}::text[])`)
    .execute()
  return new Map(
    rows.map(({ id, external_id: externalId, title, url, published_at: publishedAt, content }) => {
      const { cves, references, products } = content
      return [id, traitsOf(id, publishedAt, { externalId, title, url, cves, references, products })]
    }),
  )
}

/** Of these items, those that open no threats: what only enriches, and single indicators of compromise, of which a feed has thousands. */
export async function enrichingAmong(db: Reader<Visible>, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('watch_item as item')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .where('item.id', '=', sql<string>`any(${ids}::text[])`)
    .where(eb => eb.or([eb('source.opens_threats', '=', false), isSingleIndicator]))
    .select('item.id')
    .execute()
  return new Set(rows.map(row => row.id))
}

const isSingleIndicator = sql<boolean>`(source.format = 'stix' and item.content -> 'details' ->> 'type' = 'indicator')`

/** The items that wait for a threat about one of these CVEs. */
export async function waitingFor(db: Reader<Visible>, cves: readonly string[]): Promise<readonly string[]> {
  if (cves.length === 0) return []
  const rows = await db
    .selectFrom('watch_item as item')
    .where(sql<boolean>`item.content -> 'cves' ?| ${cves}::text[]`)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('watch_threat_item as link').whereRef('link.item_id', '=', 'item.id').select('link.item_id'))),
    )
    .orderBy('item.first_gathered_at')
    .orderBy('item.id')
    .select('item.id')
    .execute()
  return rows.map(row => row.id)
}

/**
 * The threats, oldest first, with those of their items that might be tied to these: by a CVE, by a page or id, or by the time at which they
 * were published. `evidence.ts` decides.
 */
export async function neighbours(db: Reader<Visible>, items: readonly ItemTraits[]): Promise<readonly KnownThreat[]> {
  const ids = new Set([...(await sharingCve(db, items)), ...(await sharingKey(db, items)), ...(await publishedNear(db, items))])
  for (const { id } of items) ids.delete(id)
  if (ids.size === 0) return []
  const rows = await db
    .selectFrom('watch_item as item')
    .innerJoin('watch_threat_item as link', 'link.item_id', 'item.id')
    .innerJoin('watch_threat as threat', 'threat.id', 'link.threat_id')
    .where('item.id', '=', sql<string>`any(${[...ids]}::text[])`)
    .orderBy('threat.created_at')
    .orderBy('threat.id')
    .orderBy('item.first_gathered_at')
    .orderBy('item.id')
    .select([
      'link.threat_id as threatId',
      'item.id',
      'item.title',
      'item.published_at as publishedAt',
      sql<string[]>`item.content -> 'cves'`.as('cves'),
      sql<
        { maker: string; product: string }[]
      >`jsonb_path_query_array(item.content, '$.products[*] ? (@.affected != false)[0 to ${sql.lit(MOST_PRODUCTS - 1)}]')`.as('products'),
      sql<string[]>`array(select key from watch_item_key own where own.item_id = item.id and own.is_identity)`.as('identities'),
      sql<string[]>`array(select key from watch_item_key own where own.item_id = item.id and not own.is_identity)`.as('references'),
    ])
    .execute()
  return [...Map.groupBy(rows, row => row.threatId)].map(([id, own]) => ({ id, items: own }))
}

async function sharingCve(db: Reader<Visible>, items: readonly ItemTraits[]): Promise<readonly string[]> {
  const cves = [...new Set(items.flatMap(item => item.cves))]
  if (cves.length === 0) return []
  const rows = await db
    .selectFrom('watch_threat as threat')
    .innerJoin('watch_threat_item as link', 'link.threat_id', 'threat.id')
    .where('threat.cves', '&&', sql<string[]>`${cves}::text[]`)
    .select('link.item_id')
    .execute()
  return rows.map(row => row.item_id)
}

async function sharingKey(db: Reader<Visible>, items: readonly ItemTraits[]): Promise<readonly string[]> {
  const identities = [...new Set(items.flatMap(item => item.identities))]
  const references = [...new Set(items.flatMap(item => item.references))]
  const rows = await db
    .selectFrom('watch_item_key')
    .where(eb =>
      eb.or([
        eb('key', '=', sql<string>`any(${identities}::text[])`),
        eb.and([eb('key', '=', sql<string>`any(${references}::text[])`), eb('is_identity', '=', true)]),
      ]),
    )
    .select('item_id')
    .distinct()
    .execute()
  return rows.map(row => row.item_id)
}

/** Words tie nothing where both name CVEs: beside an item that names some, only those that name none are looked at. */
async function publishedNear(db: Reader<Visible>, items: readonly ItemTraits[]): Promise<readonly string[]> {
  const found = new Set<string>()
  const withCves = items.filter(item => item.cves.length > 0)
  for (const [asked, isBare] of [
    [withCves, true],
    [items.filter(item => item.cves.length === 0), false],
  ] as const) {
    const windows = windowsOf(asked)
    if (windows.length === 0) continue
    const rows = await db
      .selectFrom('watch_item as item')
      .where(eb => eb.or(windows.map(([from, to]) => eb.and([eb('item.published_at', '>=', from), eb('item.published_at', '<=', to)]))))
      .$if(isBare, query => query.where(sql<boolean>`item.content -> 'cves' = '[]'::jsonb`))
      .select('item.id')
      .execute()
    for (const { id } of rows) found.add(id)
  }
  return [...found]
}

/** The times around the items, overlapping ones made one. */
function windowsOf(items: readonly ItemTraits[]): readonly (readonly [Instant, Instant])[] {
  const times = items.flatMap(({ publishedAt }) => (publishedAt === null ? [] : [publishedAt])).toSorted((a, b) => a.getTime() - b.getTime())
  const windows: [Instant, Instant][] = []
  for (const at of times) {
    const [from, to] = [addHours(at, -TITLE_DAYS * 24), addHours(at, TITLE_DAYS * 24)]
    const last = windows.at(-1)
    if (last !== undefined && from <= last[1]) last[1] = to
    else windows.push([from, to])
  }
  return windows
}

export interface Regrouping {
  readonly id: string
  readonly kind: 'merged' | 'split'
  readonly at: Instant
  readonly actorName: string | null
  readonly actorId: string
  readonly reason: string
  readonly fromThreatId: string
  readonly fromTitle: string
  readonly toThreatId: string
  readonly toTitle: string
  readonly items: readonly RegroupedItem[]
  readonly undoneAt: Instant | null
}

/** What people merged into a threat or split from it, newest first. */
export function regroupingsOf(db: Reader<Visible>, threatId: string): Promise<readonly Regrouping[]> {
  return regroupings(db)
    .where(eb => eb.or([eb('regrouping.from_threat_id', '=', threatId), eb('regrouping.to_threat_id', '=', threatId)]))
    .orderBy('regrouping.at', 'desc')
    .orderBy('regrouping.id', 'desc')
    .execute()
}

export function regroupingById(db: Reader<Visible>, id: string): Promise<Regrouping | undefined> {
  return regroupings(db).where('regrouping.id', '=', id).executeTakeFirst()
}

function regroupings(db: Reader<Visible>) {
  return db
    .selectFrom('watch_threat_regrouping as regrouping')
    .innerJoin('watch_threat as origin', 'origin.id', 'regrouping.from_threat_id')
    .innerJoin('watch_threat as goal', 'goal.id', 'regrouping.to_threat_id')
    .leftJoin('directory_person as person', 'person.id', 'regrouping.actor_id')
    .select([
      'regrouping.id',
      'regrouping.kind',
      'regrouping.at',
      'person.name as actorName',
      'regrouping.actor_id as actorId',
      'regrouping.reason',
      'regrouping.from_threat_id as fromThreatId',
      'origin.title as fromTitle',
      'regrouping.to_threat_id as toThreatId',
      'goal.title as toTitle',
      'regrouping.items',
      'regrouping.undone_at as undoneAt',
    ])
}

/** Locks threats in one order, so that two people who regroup them cannot wait for each other. */
export async function lockThreats(db: Reader<Visible>, ids: readonly string[]) {
  const rows = await db
    .selectFrom('watch_threat')
    .select(['id', 'title', 'merged_into'])
    .where('id', 'in', [...ids])
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Map(rows.map(row => [row.id, row]))
}

/** The items of a threat with why each is there. */
export async function linksOf(db: Reader<Visible>, threatId: string): Promise<readonly RegroupedItem[]> {
  const rows = await db
    .selectFrom('watch_threat_item')
    .select(['item_id as id', 'why'])
    .where('threat_id', '=', threatId)
    .orderBy('item_id')
    .execute()
  return rows
}

export interface MergeCandidate {
  readonly id: string
  readonly title: string
  readonly reason: string
  readonly cves: readonly string[]
  readonly items: number
}

const MOST_CANDIDATES = 20

/** The threats that another may be merged into, by words; without words those about the same CVEs or products. */
export function mergeCandidates(db: Reader<Visible>, threatId: string, words: string): Promise<readonly MergeCandidate[]> {
  const pattern = `%${words.toLowerCase().replace(/[\\%_]/g, match => `\\${match}`)}%`
  return db
    .selectFrom('watch_threat as threat')
    .where('threat.id', '<>', threatId)
    .where('threat.merged_into', 'is', null)
    .$if(words !== '', query => query.where('threat.search', 'like', pattern))
    .$if(words === '', query => query.where(sql<boolean>`threat.id in (${aboutTheSame(threatId)})`))
    .orderBy('threat.priority')
    .orderBy('threat.published_at', order => order.desc().nullsLast())
    .orderBy('threat.id')
    .limit(MOST_CANDIDATES)
    .select(eb => [
      'threat.id',
      'threat.title',
      'threat.reason',
      'threat.cves',
      eb
        .selectFrom('watch_threat_item as link')
        .whereRef('link.threat_id', '=', 'threat.id')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('items'),
    ])
    .$narrowType<{ items: number }>()
    .execute()
}

/** Each half by its own index: "or" between them would walk every threat there is. */
function aboutTheSame(threatId: string) {
  return sql`select other.id from watch_threat own join watch_threat other on other.cves && own.cves where own.id = ${threatId} and own.cves <> '{}'
    union
    select theirs.threat_id from watch_threat_product mine join watch_threat_product theirs using (maker_key, product_key) where mine.threat_id = ${threatId}`
}
