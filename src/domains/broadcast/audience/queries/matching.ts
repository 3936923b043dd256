import { sql, type RawBuilder } from 'kysely'
import { nameKey } from '../../../../kernel/name-key.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { hasConditions, isEmptyRule, technologyText, type AudienceRule } from '../model.ts'

export type Asks = Pick<Reader<Visible>, 'selectFrom' | 'getExecutor'>

/** A rule that was held against the directory: what its technology means there, and every part of it that names nothing there is. */
export interface CheckedRule {
  readonly rule: AudienceRule
  /** One sentence for each part that is empty or not understood. With any, the rule reaches nobody. */
  readonly problems: readonly string[]
  /** The products of each technology condition. */
  readonly products: readonly ProductSet[]
}

interface ProductSet {
  readonly ids: readonly number[]
  readonly version: string | null
}

export async function checkRule(db: Asks, rule: AudienceRule): Promise<CheckedRule> {
  if (isEmptyRule(rule)) return { rule, problems: ['The rule is empty, so it reaches nobody. Choose who should get this.'], products: [] }
  const { rows } = await sql<{ part: string; code: string }>`
    select 'type' as part, code from unnest(${[...rule.types, ...rule.excluding.types]}::text[]) as code
      where not exists (select from directory_organisation_type as type where type.code = code.code)
    union all select 'region', code from unnest(${[...rule.regions, ...rule.excluding.regions]}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.region_code = code.code)
        and not exists (select from directory_organisation as area where area.code = code.code and area.type = 'region')
    union all select 'board', code from unnest(${[...rule.boards, ...rule.excluding.boards]}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.board_code = code.code)
        and not exists (select from directory_organisation as area where area.code = code.code and area.type = 'board')
    union all select 'organisation', code from unnest(${[...rule.organisations, ...rule.excluding.organisations]}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.code = code.code)`.execute(db)
  const products = await productsOf(db, rule)
  const unknown = rows.map(({ part, code }) => `There is no ${part} ${code} in the directory. Correct it or take it out.`)
  const unmatched = rule.technology
    .filter((_, at) => products[at]?.ids.length === 0)
    .map(condition => `Nobody is known to run ${technologyText(condition)}: no product or maker of that name is listed. Correct it or take it out.`)
  return { rule, problems: [...new Set([...unknown, ...unmatched])], products }
}

export async function productsOf(db: Asks, rule: AudienceRule): Promise<readonly ProductSet[]> {
  if (rule.technology.length === 0) return []
  const conditions = sql`unnest(${rule.technology.map(({ maker }) => (maker === null ? null : nameKey(maker)))}::text[], ${rule.technology.map(({ product }) => nameKey(product))}::text[]) with ordinality as condition(maker_key, product_key, position)`
  const { rows } = await sql<{ position: number; ids: number[] }>`
    select found.position::int, array_agg(distinct found.id) as ids from (
      select condition.position, product.id from ${conditions} join directory_product as product on product.maker_key = condition.maker_key and product.product_key = condition.product_key
      union all select condition.position, product.id from ${conditions} join directory_product as product on product.product_key = condition.product_key where condition.maker_key is null
      union all select condition.position, product.id from ${conditions} join directory_product as product on product.maker_key = condition.product_key where condition.maker_key is null
    ) as found group by found.position`.execute(db)
  const found = new Map(rows.map(({ position, ids }) => [position, ids]))
  return rule.technology.map(({ version }, at) => ({ ids: found.get(at + 1) ?? [], version }))
}

/**
 * `candidate`, for a `with`: every organisation that the rule describes or names, before exclusions, closed ones too. Where it asks for
 * technology the answer is kept, because it is dear and all that follows is read from it; otherwise each reader goes its own quickest way.
 */
export function candidates({ rule, products }: CheckedRule): RawBuilder<unknown> {
  return sql`candidate as ${products.length > 0 ? sql`materialized` : sql`not materialized`} (${described(rule, products)})`
}

/** Those of `candidate` whom the rule reaches: the open ones, less the excluded. */
export function reached({ excluding }: AudienceRule): RawBuilder<unknown> {
  const { types, regions, boards, organisations } = excluding
  const without = [
    ...(types.length > 0 ? [sql`and type <> all(${types}::text[])`] : []),
    // A missing region or board is not an excluded one.
    ...(regions.length > 0 ? [sql`and (region_code is null or region_code <> all(${regions}::text[]))`] : []),
    ...(boards.length > 0 ? [sql`and (board_code is null or board_code <> all(${boards}::text[]))`] : []),
    ...(organisations.length > 0 ? [sql`and code <> all(${organisations}::text[])`] : []),
  ]
  return sql`select * from candidate where status = 'open' ${sql.join(without, sql` `)}`
}

/**
 * Those of `candidate` whom it would reach but for an exclusion, and the closed ones that it names or whose technology it names, each with
 * why. `null` when the rule can leave nobody out: then nobody need be looked at.
 */
export function leftOut({ excluding, technology, organisations }: AudienceRule): RawBuilder<unknown> | null {
  const isClosed = technology.length > 0 ? sql`status = 'closed'` : sql`(status = 'closed' and code = any(${organisations}::text[]))`
  const reasons = [
    ...(excluding.organisations.length > 0 ? [sql`when code = any(${excluding.organisations}::text[]) then 'named'`] : []),
    ...(excluding.types.length > 0 ? [sql`when type = any(${excluding.types}::text[]) then 'type'`] : []),
    ...(excluding.regions.length > 0 ? [sql`when region_code = any(${excluding.regions}::text[]) then 'region'`] : []),
    ...(excluding.boards.length > 0 ? [sql`when board_code = any(${excluding.boards}::text[]) then 'board'`] : []),
    ...(technology.length + organisations.length > 0 ? [sql`when ${isClosed} then 'closed'`] : []),
  ]
  if (reasons.length === 0) return null
  return sql`select * from (
    select *, case ${sql.join(reasons, sql` `)} end as why from candidate where status = 'open' or ${isClosed}) as judged where why is not null`
}

function described(rule: AudienceRule, products: readonly ProductSet[]): RawBuilder<unknown> {
  const columns = sql`select id, code, name, name_key, type, region_code, board_code, status, mailable_contacts from directory_organisation`
  const isNamed = sql`code = any(${rule.organisations}::text[])`
  if (!hasConditions(rule)) return sql`${columns} where ${isNamed}`
  const conditions = sql.join(
    [
      ...(rule.countries.length > 0 ? [sql`country = any(${rule.countries}::text[])`] : []),
      ...(rule.types.length > 0 ? [sql`type = any(${rule.types}::text[])`] : []),
      ...(rule.regions.length > 0 ? [sql`region_code = any(${rule.regions}::text[])`] : []),
      ...(rule.boards.length > 0 ? [sql`board_code = any(${rule.boards}::text[])`] : []),
      ...(products.length > 0 ? [sql`id in (${runners(products)})`] : []),
    ],
    sql` and `,
  )
  if (rule.organisations.length === 0) return sql`${columns} where ${conditions}`
  // With technology two plain searches: under one OR, PostgreSQL would try the technology for each organisation in turn.
  return products.length > 0
    ? sql`${columns} where ${conditions} union ${columns} where ${isNamed}`
    : sql`${columns} where (${conditions}) or ${isNamed}`
}

/** The organisations that run any of the products. `shared` is asked for here too, so that the answer is the same whoever asks. */
function runners(products: readonly ProductSet[]): RawBuilder<unknown> {
  const anyVersion = products.filter(({ version }) => version === null).flatMap(({ ids }) => ids)
  const searches = [
    ...(anyVersion.length > 0
      ? [
          sql`select technology.organisation_id from directory_technology as technology where technology.shared and technology.product_id = any(${anyVersion}::int[])`,
        ]
      : []),
    ...products
      .filter(({ version }) => version !== null)
      .map(
        ({ ids, version }) =>
          sql`select technology.organisation_id from directory_technology as technology where technology.shared and technology.product_id = any(${ids}::int[]) and (technology.version = '' or lower(technology.version) = lower(${version}))`,
      ),
  ]
  return sql`${sql.join(searches, sql` union all `)}`
}
