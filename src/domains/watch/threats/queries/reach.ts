import { sql, type RawBuilder } from 'kysely'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { TypeReach } from '../model.ts'

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
 * The keys of the products that organisations run are columns, so that a few threats are matched by index.
 * Names are matched first, each pair once; then each distinct set of products is counted once, however many threats share it.
 */

/** The threats asked about: all of them, or those with these ids. */
export type Which = 'all' | readonly string[]

/** The keys of a product that a threat is about, as directory_product has them of those that organisations run. */
const BARE = sql.raw(`case when affected.maker_key <> '' and starts_with(affected.product_key, affected.maker_key || ' ')
  then substr(affected.product_key, length(affected.maker_key) + 2) else affected.product_key end`)
const FULL =
  sql.raw(`case when affected.maker_key = '' or affected.product_key = affected.maker_key or starts_with(affected.product_key, affected.maker_key || ' ')
  then affected.product_key else affected.maker_key || ' ' || affected.product_key end`)

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
        select distinct affected.maker_key, affected.product_key, ${BARE} as bare, ${FULL} as whole from affected
      ) name
    ),
    known as not materialized (
      select product.id, product.maker_key, product.product_key, product.bare_key as bare, product.full_key as whole, product.first_word from directory_product product
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
  readonly types: readonly TypeReach[]
}

/** How many open organisations run, and how many more may run, what each threat is about, by type. Threats that nobody runs are left out. */
export async function countReach(db: Pick<Reader<Visible>, 'getExecutor'>, which: Which): Promise<readonly Reach[]> {
  const { rows } = await sql<{ threat_id: string; types: TypeReach[] }>`
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
      from members join directory_technology technology on technology.product_id = members.product_id and technology.shared
      group by members.id, technology.organisation_id
    ),
    counts as (
      select holders.id, organisation.type, count(*) filter (where holders.exact) as runs, count(*) filter (where not holders.exact) as may_run
      from holders join directory_organisation organisation on organisation.id = holders.organisation_id and organisation.status = 'open'
      group by holders.id, organisation.type
    ),
    reaches as (
      select counts.id, jsonb_agg(jsonb_build_object('type', counts.type, 'runs', counts.runs, 'mayRun', counts.may_run) order by type.position) as types
      from counts join directory_organisation_type type on type.code = counts.type group by counts.id
    )
    select chosen.threat_id, reaches.types
    from chosen join sets on sets.products = chosen.products join reaches on reaches.id = sets.id`.execute(db)
  return rows.map(row => ({ threatId: row.threat_id, types: row.types }))
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
