import { sql } from 'kysely'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { isShared, type Which } from '../matching/queries.ts'
import type { TypeReach } from '../model.ts'

/**
 * Who runs what a threat is about, read from the matches that `threats/matching` keeps: which product that organisations run is the one (`runs`),
 * which may be (`may-run`) and which is not, for each version told where a source says which versions are affected.
 *
 * Only what is shared with the centre is counted, so that a figure and the list behind it agree, and nothing that an organisation keeps to
 * itself shows in a figure.
 */

export interface Reach {
  readonly threatId: string
  readonly types: readonly TypeReach[]
}

/** How many open organisations run, and how many more may run, what each threat is about, by type. Threats that nobody runs are left out. */
export async function countReach(db: Pick<Reader<Visible>, 'getExecutor'>, which: Which): Promise<readonly Reach[]> {
  const { threats, members } = await distinctSets(db, which)
  if (members.length === 0) return []
  const [whole, narrow] = [members.filter(member => member.version === null), members.filter(member => member.version !== null)]
  const column = <K extends keyof Member>(rows: readonly Member[], key: K) => rows.map(row => row[key])
  // A popular product has hundreds of thousands of lines: they are looked up in what is asked for, not sorted beside it.
  await sql`select set_config('enable_mergejoin', 'off', true), set_config('work_mem', '64MB', true)`.execute(db)
  // What is asked for goes over as values: the planner then knows how many they are, which it cannot of rows that were just written.
  const { rows } = await sql<{ set_id: number; types: TypeReach[] }>`
    with holders as (
      select set_id, organisation_id, bool_or(exact) as exact
      from (
        select member.set_id, technology.organisation_id, member.exact
        from unnest(${column(whole, 'set')}::integer[], ${column(whole, 'productId')}::integer[], ${column(whole, 'exact')}::boolean[]) member (set_id, product_id, exact)
        join directory_technology technology on technology.product_id = member.product_id and technology.shared
        union all
        select member.set_id, told.organisation_id, member.exact
        from unnest(${column(narrow, 'set')}::integer[], ${column(narrow, 'productId')}::integer[], ${column(narrow, 'version')}::text[], ${column(narrow, 'exact')}::boolean[])
          member (set_id, product_id, version, exact)
        join (
          select technology.organisation_id, technology.product_id, technology.version from directory_technology technology
          where technology.product_id = any(${[...new Set(column(narrow, 'productId'))]}::integer[]) and technology.shared
          offset 0 -- read once by the product, and not again for each version
        ) told on told.product_id = member.product_id and told.version = member.version
      ) line
      group by set_id, organisation_id
    ),
    counts as (
      select holders.set_id, organisation.type, count(*) filter (where holders.exact) as runs, count(*) filter (where not holders.exact) as may_run
      from holders join directory_organisation organisation on organisation.id = holders.organisation_id and organisation.status = 'open'
      group by holders.set_id, organisation.type
    )
    select counts.set_id, jsonb_agg(jsonb_build_object('type', counts.type, 'runs', counts.runs, 'mayRun', counts.may_run) order by type.position) as types
    from counts join directory_organisation_type type on type.code = counts.type group by counts.set_id`.execute(db)
  await sql`select set_config('enable_mergejoin', 'on', true)`.execute(db)
  const typesOf = new Map(rows.map(row => [row.set_id, row.types]))
  return threats.flatMap(({ threatId, set }) => {
    const types = typesOf.get(set)
    return types === undefined ? [] : [{ threatId, types }]
  })
}

interface Member extends MatchedLine {
  readonly set: number
}

/** What counts of each threat, each distinct set of products and versions once. */
async function distinctSets(
  db: Pick<Reader<Visible>, 'getExecutor'>,
  which: Which,
): Promise<{ readonly threats: readonly { threatId: string; set: number }[]; readonly members: readonly Member[] }> {
  const chosen = which === 'all' ? sql`true` : sql`matched.threat_id = any(${which}::text[])`
  const { rows } = await sql<MatchedLine & { threatId: string }>`
    select threat_id as "threatId", product_id as "productId", version, outcome = 'runs' as exact from watch_match matched
    where ${chosen} and outcome <> 'does-not' order by threat_id, product_id, version`.execute(db)
  const sets = new Map<string, readonly MatchedLine[]>()
  const numbers = new Map<string, number>()
  const threats = [...Map.groupBy(rows, row => row.threatId)].map(([threatId, own]) => {
    const key = JSON.stringify(own.map(({ productId, version, exact }) => [productId, version, exact]))
    if (!sets.has(key)) numbers.set(key, sets.size)
    sets.set(key, own)
    return { threatId, set: numbers.get(key) ?? 0 }
  })
  return { threats, members: [...sets].flatMap(([key, own]) => own.map(line => ({ ...line, set: numbers.get(key) ?? 0 }))) }
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

/** The products that organisations share, and that a threat is, or may be, about: as of the latest recount. */
export async function matchedProducts(db: Pick<Reader<Visible>, 'getExecutor'>, threatId: string): Promise<readonly MatchedProduct[]> {
  const { rows } = await sql<{ product_id: number; maker: string; product: string; exact: boolean; why: string }>`
    select matched.product_id, product.maker, product.product, matched.exact, matched.why
    from (
      select product_id, bool_or(outcome = 'runs') as exact, (array_agg(why order by outcome = 'runs' desc, version nulls first))[1] as why
      from watch_match where threat_id = ${threatId} and outcome <> 'does-not' group by product_id
    ) matched
    join directory_product product on product.id = matched.product_id
    where ${isShared}
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
