import { sql, type RawBuilder } from 'kysely'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/**
 * Who runs what a threat is about. Names are compared by their keys (kernel/name-key.ts), which leave out case, punctuation and
 * company suffixes. Of each product the bare key is its name without the maker in front, the full key its name with it.
 *
 * - It **is** the product when the bare keys are equal and the makers alike (equal, or one begins with the other, or one is not
 *   named, or a list gave the product's name for the maker), or when the full keys are equal.
 * - It **may be** the product when the makers are alike and one bare key begins with the other ("windows", "windows server 2019"); when
 *   one side names no maker and one full key begins with the other; or when the threat is about "multiple products" of that maker.
 *
 * "Begins with" is always by whole words. Versions are not compared. Only what is shared with the centre is counted, so that a figure
 * and the list behind it agree, and nothing that an organisation keeps to itself shows in a figure.
 *
 * Names are matched first, each pair once; then each distinct set of products is counted once, however many threats share it.
 */

/** The threats asked about: all of them, or those with these ids. */
export type Which = 'all' | readonly string[]

const bareOf = (row: string) => sql.raw(`case when ${row}.maker_key <> '' and starts_with(${row}.product_key, ${row}.maker_key || ' ')
  then substr(${row}.product_key, length(${row}.maker_key) + 2) else ${row}.product_key end`)

const fullOf = (row: string) => sql.raw(`case when ${row}.maker_key = '' or ${row}.product_key = ${row}.maker_key or starts_with(${row}.product_key, ${row}.maker_key || ' ')
  then ${row}.product_key else ${row}.maker_key || ' ' || ${row}.product_key end`)

const beginsAlike = (a: string, b: string) => sql.raw(`(starts_with(${a} || ' ', ${b} || ' ') or starts_with(${b} || ' ', ${a} || ' '))`)

/** Common table expressions that end in `matched (threat_id, product_id, exact)`, each pair once. */
function matched(which: Which): RawBuilder<unknown> {
  const chosen = which === 'all' ? sql`true` : sql`affected.threat_id = any(${which}::text[])`
  return sql`
    affected as materialized (
      select affected.threat_id, affected.maker_key, affected.product_key from watch_threat_product affected where ${chosen}
    ),
    wanted as materialized (
      select name.*, split_part(name.whole, ' ', 1) as first_word from (
        select distinct affected.maker_key, affected.product_key, ${bareOf('affected')} as bare, ${fullOf('affected')} as whole from affected
      ) name
    ),
    known as materialized (
      select name.*, split_part(name.whole, ' ', 1) as first_word from (
        select product.id, product.maker_key, product.product_key, ${bareOf('product')} as bare, ${fullOf('product')} as whole from directory_product product
      ) name
    ),
    names as (
      select wanted.maker_key, wanted.product_key, known.id as product_id, true as exact
      from wanted join known on known.bare = wanted.bare
      where known.maker_key = '' or wanted.maker_key = '' or known.maker_key = known.product_key or wanted.maker_key = wanted.product_key
        or ${beginsAlike('known.maker_key', 'wanted.maker_key')}
      union all
      select wanted.maker_key, wanted.product_key, known.id, true from wanted join known on known.whole = wanted.whole
      union all
      select wanted.maker_key, wanted.product_key, known.id, false
      from wanted join known on known.first_word = wanted.first_word
      where (known.maker_key <> '' and wanted.maker_key <> '' and ${beginsAlike('known.maker_key', 'wanted.maker_key')}
          and (${beginsAlike('known.bare', 'wanted.bare')} or wanted.bare ~ '^(various|multiple|all) '))
        or ((known.maker_key = '' or wanted.maker_key = '') and ${beginsAlike('known.whole', 'wanted.whole')})
    ),
    matched as materialized (
      select affected.threat_id, names.product_id, bool_or(names.exact) as exact
      from affected join names on names.maker_key = affected.maker_key and names.product_key = affected.product_key
      group by affected.threat_id, names.product_id
    )`
}

export interface Reach {
  readonly threatId: string
  readonly runs: number
  readonly mayRun: number
}

/** How many open organisations run, and how many more may run, what each threat is about. Threats that nobody runs are left out. */
export async function countReach(db: Pick<Reader<Visible>, 'getExecutor'>, which: Which): Promise<readonly Reach[]> {
  const { rows } = await sql<{ threat_id: string; runs: number; may_run: number }>`
    with ${matched(which)},
    chosen as (
      select threat_id,
        array_agg(product_id || case when exact then '' else '?' end order by product_id) as products
      from matched group by threat_id
    ),
    sets as materialized (select row_number() over () as id, products from (select distinct products from chosen) one),
    members as materialized (
      select sets.id, rtrim(product, '?')::integer as product_id, right(product, 1) <> '?' as exact from sets cross join unnest(sets.products) product
    ),
    holders as (
      select members.id, technology.organisation_id, bool_or(members.exact) as exact
      from members
      join directory_technology technology on technology.product_id = members.product_id and technology.shared
      join directory_organisation organisation on organisation.id = technology.organisation_id and organisation.status = 'open'
      group by members.id, technology.organisation_id
    ),
    counts as (
      select id, count(*) filter (where exact) as runs, count(*) filter (where not exact) as may_run from holders group by id
    )
    select chosen.threat_id, counts.runs, counts.may_run
    from chosen join sets on sets.products = chosen.products join counts on counts.id = sets.id`.execute(db)
  return rows.map(row => ({ threatId: row.threat_id, runs: Number(row.runs), mayRun: Number(row.may_run) }))
}

export interface MatchedProduct {
  readonly productId: number
  readonly maker: string
  readonly product: string
  /** Whether it is the product, or only may be. */
  readonly exact: boolean
}

/** The products of the directory that a threat is, or may be, about. */
export async function matchedProducts(db: Pick<Reader<Visible>, 'getExecutor'>, threatId: string): Promise<readonly MatchedProduct[]> {
  const { rows } = await sql<{ product_id: number; maker: string; product: string; exact: boolean }>`
    with ${matched([threatId])}
    select matched.product_id, product.maker, product.product, matched.exact
    from matched join directory_product product on product.id = matched.product_id
    order by matched.exact desc, product.maker_key, product.product_key`.execute(db)
  return rows.map(row => ({ productId: row.product_id, maker: row.maker, product: row.product, exact: row.exact }))
}

export interface ReachByType {
  readonly type: string
  readonly plural: string
  readonly runs: number
  readonly mayRun: number
}

/** Who runs these products, by type of organisation, in the order of types. */
export async function reachByType(db: Pick<Reader<Visible>, 'getExecutor'>, products: readonly MatchedProduct[]): Promise<readonly ReachByType[]> {
  const { rows } = await sql<{ type: string; plural: string; runs: number; may_run: number }>`
    with ${holdersOf(products)}
    select type.code as type, type.plural, count(*) filter (where holders.exact) as runs, count(*) filter (where not holders.exact) as may_run
    from holders
    join directory_organisation organisation on organisation.id = holders.organisation_id and organisation.status = 'open'
    join directory_organisation_type type on type.code = organisation.type
    group by type.code, type.plural, type.position order by type.position`.execute(db)
  return rows.map(row => ({ type: row.type, plural: row.plural, runs: Number(row.runs), mayRun: Number(row.may_run) }))
}

/** A common table expression `holders (organisation_id, exact)`, each organisation once. */
function holdersOf(products: readonly MatchedProduct[]): RawBuilder<unknown> {
  return sql`
    members as materialized (select * from unnest(${products.map(product => product.productId)}::integer[], ${products.map(product => product.exact)}::boolean[]) as member (product_id, exact)),
    holders as (
      select technology.organisation_id, bool_or(members.exact) as exact
      from members join directory_technology technology on technology.product_id = members.product_id and technology.shared
      group by technology.organisation_id
    )`
}

export interface Holder {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly type: string
  readonly typeName: string
  readonly region: string | null
  readonly exact: boolean
  /** What it told us that it runs: `2 × Acme Gateway 9.1`. */
  readonly products: readonly string[]
}

export interface HolderFilter {
  readonly match: 'runs' | 'may-run' | 'all'
  /** A type of organisation; `null` for all. */
  readonly type: string | null
}

/** The open organisations behind the figures, by name. */
export async function listHolders(db: Pick<Reader<Visible>, 'getExecutor'>, products: readonly MatchedProduct[], filter: HolderFilter, request: PageRequest): Promise<Page<Holder>> {
  const cursor = decodeCursor(request.cursor, 2)
  const isMatch = filter.match === 'all' ? sql`true` : sql`holders.exact = ${filter.match === 'runs'}`
  const isType = filter.type === null ? sql`true` : sql`organisation.type = ${filter.type}`
  const from = sql`from holders
    join directory_organisation organisation on organisation.id = holders.organisation_id and organisation.status = 'open'
    join directory_organisation_type type on type.code = organisation.type
    where ${isMatch} and ${isType}`
  const isAfter = cursor === null ? sql`true` : sql`(organisation.name_key, organisation.id) > (${String(cursor[0])}::text, ${String(cursor[1])}::text)`
  const counted = await sql<{ total: number }>`with ${holdersOf(products)} select count(*) as total ${from}`.execute(db)
  const { rows } = await sql<{ id: string; code: string; name: string; name_key: string; type: string; type_name: string; region: string | null; exact: boolean; products: string[] }>`
    with ${holdersOf(products)},
    page as (
      select organisation.id, organisation.code, organisation.name, organisation.name_key, organisation.type, type.name as type_name, organisation.region_code, holders.exact
      ${from} and ${isAfter} order by organisation.name_key, organisation.id limit ${request.limit + 1}
    )
    select page.id, page.code, page.name, page.name_key, page.type, page.type_name, page.exact,
      coalesce((select region.name from directory_organisation region where region.code = page.region_code), page.region_code) as region,
      array(
        select concat_ws(' ', technology.count::text || ' ×', nullif(product.maker, ''), product.product, nullif(technology.version, ''))
        from directory_technology technology
        join members on members.product_id = technology.product_id
        join directory_product product on product.id = technology.product_id
        where technology.organisation_id = page.id and technology.shared
        order by product.maker_key, product.product_key, technology.version limit 5
      ) as products
    from page order by page.name_key, page.id`.execute(db)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ name_key: _, type_name: typeName, ...row }) => ({ ...row, typeName })),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.name_key, last.id]) : null,
    total: Number(counted.rows[0]?.total ?? 0),
  }
}
