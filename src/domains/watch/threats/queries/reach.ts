import { sql } from 'kysely'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { Which } from '../matching/queries.ts'
import type { TypeReach } from '../model.ts'

/**
 * Who runs what a threat is about, read from the matches that `threats/matching` keeps: which product that organisations run is the one (`runs`),
 * which may be (`may-run`) and which is not, for each version told where a source says which versions are affected.
 *
 * Only what is shared with the centre is counted, so that a figure and the list behind it agree, and nothing that an organisation keeps to
 * itself shows in a figure. Each distinct set of products and versions is counted once, however many threats share it.
 */

export interface Reach {
  readonly threatId: string
  readonly types: readonly TypeReach[]
}

/** How many open organisations run, and how many more may run, what each threat is about, by type. Threats that nobody runs are left out. */
export async function countReach(db: Pick<Reader<Visible>, 'getExecutor'>, which: Which): Promise<readonly Reach[]> {
  const chosen = which === 'all' ? sql`true` : sql`matched.threat_id = any(${which}::text[])`
  const { rows } = await sql<{ threat_id: string; types: TypeReach[] }>`
    with matched as materialized (
      select threat_id, product_id, version, outcome = 'runs' as exact from watch_match matched where ${chosen} and outcome <> 'does-not'
    ),
    chosen as materialized (
      select threat_id, md5(string_agg(concat_ws(chr(31), product_id, exact, version), chr(30) order by product_id, version)) as set_id from matched group by threat_id
    ),
    members as materialized (
      select sets.set_id, matched.product_id, matched.version, matched.exact
      from (select set_id, min(threat_id) as threat_id from chosen group by set_id) sets join matched on matched.threat_id = sets.threat_id
    ),
    lines as (
      select members.set_id, technology.organisation_id, members.exact
      from members join directory_technology technology on technology.product_id = members.product_id and technology.shared
      where members.version is null
      union all
      select members.set_id, technology.organisation_id, members.exact
      from members join directory_technology technology on technology.product_id = members.product_id and technology.version = members.version and technology.shared
      where members.version is not null
    ),
    holders as (
      select set_id, organisation_id, bool_or(exact) as exact from lines group by set_id, organisation_id
    ),
    counts as (
      select holders.set_id, organisation.type, count(*) filter (where holders.exact) as runs, count(*) filter (where not holders.exact) as may_run
      from holders join directory_organisation organisation on organisation.id = holders.organisation_id and organisation.status = 'open'
      group by holders.set_id, organisation.type
    ),
    reaches as (
      select counts.set_id, jsonb_agg(jsonb_build_object('type', counts.type, 'runs', counts.runs, 'mayRun', counts.may_run) order by type.position) as types
      from counts join directory_organisation_type type on type.code = counts.type group by counts.set_id
    )
    select chosen.threat_id, reaches.types from chosen join reaches on reaches.set_id = chosen.set_id`.execute(db)
  return rows.map(row => ({ threatId: row.threat_id, types: row.types }))
}

export interface MatchedProduct {
  readonly productId: number
  readonly maker: string
  readonly product: string
  /** Whether it is the product in some version that is run, or only may be. */
  readonly exact: boolean
  /** The sentence that says why. */
  readonly why: string
}

/** The products of the directory that a threat is, or may be, about: as of the latest recount. */
export async function matchedProducts(db: Pick<Reader<Visible>, 'getExecutor'>, threatId: string): Promise<readonly MatchedProduct[]> {
  const { rows } = await sql<{ product_id: number; maker: string; product: string; exact: boolean; why: string }>`
    select matched.product_id, product.maker, product.product, matched.exact, matched.why
    from (
      select product_id, bool_or(outcome = 'runs') as exact, (array_agg(why order by outcome = 'runs' desc, version nulls first))[1] as why
      from watch_match where threat_id = ${threatId} and outcome <> 'does-not' group by product_id
    ) matched
    join directory_product product on product.id = matched.product_id
    order by matched.exact desc, product.maker_key, product.product_key`.execute(db)
  return rows.map(row => ({ productId: row.product_id, maker: row.maker, product: row.product, exact: row.exact, why: row.why }))
}

/** What of an organisation's technology counts: a product, in one version that is told (empty: none told) or in whatever version (`null`). */
export interface MatchedLine {
  readonly productId: number
  readonly version: string | null
  /** Whether who tells it runs what the threat is about, or only may. */
  readonly exact: boolean
}

/** All that makes an organisation one that runs what a threat is about, or may. */
export async function matchedLines(db: Pick<Reader<Visible>, 'getExecutor'>, threatId: string): Promise<readonly MatchedLine[]> {
  const { rows } = await sql<MatchedLine>`
    select product_id as "productId", version, outcome = 'runs' as exact from watch_match where threat_id = ${threatId} and outcome <> 'does-not'`.execute(
    db,
  )
  return rows
}
