import { sql, type RawBuilder } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, integerIn, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { holdsWords } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { isShared } from '../matching/queries.ts'
import { nameOf } from '../queries/show.ts'

type Db = Pick<Reader<Visible>, 'getExecutor'>

export const MATCH_OUTCOMES = ['runs', 'may-run', 'does-not'] as const
export type MatchOutcome = (typeof MATCH_OUTCOMES)[number]

/** What an organisation calls what it runs, and what a threat means for who runs it. */
export interface MatchRow {
  readonly productId: number
  readonly maker: string
  readonly product: string
  /** The gravest over the versions told. `null`: no match. */
  readonly outcome: MatchOutcome | null
  readonly why: string | null
}

export interface MatchFilter {
  /** `matched`: whoever is, or may be. `unmatched`: the rest of what organisations run, by words searched for. */
  readonly show: MatchOutcome | 'matched' | 'unmatched'
  readonly search: string
}

/** What organisations call what the threat is about, by name, with how many such names there are. */
export async function listMatches(db: Db, threatId: string, filter: MatchFilter, request: PageRequest): Promise<Page<MatchRow>> {
  const { rows: counts } = await sql<{ total: number }>`select count(*) as total from (${shown(threatId, filter)}) shown`.execute(db)
  return { ...(await matchesAfter(db, threatId, filter, request)), total: counts[0]?.total ?? 0 }
}

/** The same after a cursor, without a count: for a download, part by part. */
export async function matchesAfter(
  db: Db,
  threatId: string,
  filter: MatchFilter,
  { limit, cursor }: PageRequest,
): Promise<Omit<Page<MatchRow>, 'total'>> {
  const after = decodeCursor(cursor, 2)
  const isAfter =
    after === null ? sql`` : sql`where (shown.full_key, shown."productId") > (${String(after[0])}::text, ${integerIn(after[1]) ?? 0}::integer)`
  const { rows } = await sql<MatchRow & { readonly full_key: string }>`
    select * from (${shown(threatId, filter)}) shown ${isAfter} order by shown.full_key, shown."productId" limit ${limit + 1}`.execute(db)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page.map(({ productId, maker, product, outcome, why }) => ({ productId, maker, product, outcome, why })),
    next: rows.length > limit && last !== undefined ? encodeCursor([last.full_key, String(last.productId)]) : null,
  }
}

/** The gravest first. */
const GRAVITY = sql.raw(`case outcome when 'runs' then 0 when 'may-run' then 1 else 2 end`)

function shown(threatId: string, { show, search }: MatchFilter): RawBuilder<unknown> {
  const named = holdsWords(sql`product.full_key || ' ' || product.maker || ' ' || product.product`, search)
  if (show === 'unmatched')
    return sql`
      select product.id as "productId", product.maker, product.product, product.full_key, null as outcome, null as why from directory_product product
      where ${search === '' ? sql`false` : named} and ${isShared} and not exists (select from watch_match matched where matched.threat_id = ${threatId} and matched.product_id = product.id)`
  const isAsked = show === 'matched' ? sql`matched.outcome <> 'does-not'` : sql`matched.outcome = ${show}`
  return sql`
    select product.id as "productId", product.maker, product.product, product.full_key, matched.outcome, matched.why
    from (
      select distinct on (product_id) product_id, outcome, why from watch_match where threat_id = ${threatId} order by product_id, ${GRAVITY}, version nulls first
    ) matched
    join directory_product product on product.id = matched.product_id
    where ${isAsked} and ${named} and ${isShared}`
}

/** A product that organisations share that they run, or `undefined`. */
export async function productById(
  db: Db,
  id: number,
): Promise<{ readonly id: number; readonly maker: string; readonly product: string } | undefined> {
  const { rows } = await sql<{ id: number; maker: string; product: string }>`
    select product.id, product.maker, product.product from directory_product product where product.id = ${id} and ${isShared}`.execute(db)
  return rows[0]
}

export interface VersionOutcome {
  /** Empty for those that tell none; `null` for whatever version. */
  readonly version: string | null
  readonly outcome: MatchOutcome
  readonly why: string
}

/** What the threat means for those who run the product, version by version, the gravest first. */
export async function outcomesOfProduct(db: Db, threatId: string, productId: number): Promise<readonly VersionOutcome[]> {
  const { rows } = await sql<VersionOutcome>`
    select version, outcome, why from watch_match where threat_id = ${threatId} and product_id = ${productId} order by ${GRAVITY}, version limit 100`.execute(
    db,
  )
  return rows
}

/** A product as the threat's sources name it. */
export interface NamedProduct {
  readonly maker: string
  readonly product: string
  readonly makerKey: string
  readonly productKey: string
  readonly versions: readonly string[]
  /** Whether the matching takes the product that is asked about for it, or says that it may be. */
  readonly isMatched: boolean
}

/** The products of a threat, those first that the product asked about matches. */
export async function namedProducts(db: Db, threatId: string, productId: number): Promise<readonly NamedProduct[]> {
  const { rows } = await sql<NamedProduct>`
    select affected.maker, affected.product, affected.maker_key as "makerKey", affected.product_key as "productKey", affected.versions,
      exists (select from watch_affected_name name join watch_name_match matched on matched.name_id = name.id where name.match_key = affected.match_key and matched.product_id = ${productId}) as "isMatched"
    from watch_threat_product affected where affected.threat_id = ${threatId}
    order by "isMatched" desc, affected.maker_key, affected.product_key`.execute(db)
  return rows
}

export interface StoredVerdict {
  readonly id: number
  readonly maker: string
  readonly product: string
  readonly isSame: boolean
  readonly reason: string
  readonly saidBy: string
  readonly saidAt: Instant
  readonly undoneAt: Instant | null
}

/** What analysts said of a product and those of a threat, the latest first. */
export async function verdictsOf(db: Reader<Visible>, threatId: string, productId: number): Promise<readonly StoredVerdict[]> {
  const rows = await db
    .selectFrom('watch_product_verdict as verdict')
    .innerJoin('watch_threat_product as affected', join =>
      join.onRef('affected.maker_key', '=', 'verdict.maker_key').onRef('affected.product_key', '=', 'verdict.product_key'),
    )
    .leftJoin('directory_person as person', 'person.id', 'verdict.said_by')
    .where('affected.threat_id', '=', threatId)
    .where('verdict.product_id', '=', productId)
    .select([
      'verdict.id',
      'verdict.maker',
      'verdict.product',
      'verdict.is_same',
      'verdict.reason',
      'verdict.said_by',
      'verdict.said_at',
      'verdict.undone_at',
      'person.name',
    ])
    .orderBy('verdict.id', 'desc')
    .limit(50)
    .execute()
  return rows.map(row => ({
    id: row.id,
    maker: row.maker,
    product: row.product,
    isSame: row.is_same,
    reason: row.reason,
    saidBy: row.name ?? nameOf(row.said_by),
    saidAt: row.said_at,
    undoneAt: row.undone_at,
  }))
}

/** A verdict that stands, held until the end of the unit of work; `undefined` when there is none. */
export function standingVerdict(db: Reader<Visible>, id: number) {
  return db
    .selectFrom('watch_product_verdict')
    .select(['id', 'maker', 'product', 'maker_key', 'product_key', 'product_id', 'is_same'])
    .where('id', '=', id)
    .where('undone_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

/** The threats that name such a product. */
export async function threatsNaming(db: Reader<Visible>, makerKey: string, productKey: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('watch_threat_product')
    .select('threat_id')
    .where('maker_key', '=', makerKey)
    .where('product_key', '=', productKey)
    .orderBy('threat_id')
    .execute()
  return rows.map(row => row.threat_id)
}
