import { sql, type RawBuilder } from 'kysely'
import { parseVersionRange } from '../../../../codecs/version-range/parse.ts'
import { containsVersion } from '../../../../codecs/version-range/range.ts'
import { parseVersion } from '../../../../codecs/version-range/version.ts'
import { nameKey } from '../../../../kernel/name-key.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { matchedLines } from '../../../watch/contract.ts'
import type { Visible } from '../../tables.ts'
import { technologyText } from '../model.ts'
import type { Condition } from '../rule.ts'
import type { Asks } from './asks.ts'

/** A product that is run, in one version as it is told (empty: none told), or in whatever version (`null`). */
export type Line = readonly [productId: number, version: string | null]
export type Lines = readonly Line[]

type Technology = Extract<Condition, { is: 'technology' }>

/** What each condition on technology or on a threat means in lines of technology that are shared, and a sentence for each that means nothing. */
export async function linesOf(
  db: Asks,
  conditions: readonly Condition[],
): Promise<{ readonly lines: ReadonlyMap<Condition, Lines>; readonly problems: readonly string[] }> {
  const lines = new Map<Condition, Lines>()
  const problems: string[] = []
  const technology = conditions.filter(condition => condition.is === 'technology')
  const products = await productsOf(db, technology)
  const told = await versionsTold(
    db,
    technology.flatMap(({ version }, at) => (version === null ? [] : (products[at] ?? []))),
  )
  for (const [at, condition] of technology.entries()) {
    const ids = products[at] ?? []
    if (ids.length === 0)
      problems.push(`Nobody is known to run ${technologyText(condition)}: no product or maker of that name is listed. Correct it or take it out.`)
    const own = condition.version === null ? ids.map((id): Line => [id, null]) : inVersion(condition, condition.version, told, new Set(ids))
    if (own === undefined)
      problems.push(`The version “${condition.version ?? ''}” of ${condition.product} cannot be read. Write it as 3.2, < 3.2, or >= 2.0, < 3.2.`)
    lines.set(condition, own ?? [])
  }
  for (const condition of conditions) {
    if (condition.is !== 'threat') continue
    // Matches are the centre's to read. The narrower reader asks no more than the wider one could.
    const matched = await matchedLines(db as unknown as Reader<Visible>, condition.threat)
    const own = matched.filter(({ exact }) => exact || condition.includes === 'may-run').map(({ productId, version }): Line => [productId, version])
    if (own.length === 0)
      problems.push('Nobody is known to run what that threat is about. Name what they run, or choose by type or region, or take it out.')
    lines.set(condition, own)
  }
  return { lines, problems }
}

/** The ids of the products that each condition names. */
async function productsOf(db: Asks, technology: readonly Technology[]): Promise<readonly (readonly number[])[]> {
  if (technology.length === 0) return []
  const conditions = sql`unnest(${technology.map(({ maker }) => (maker === null ? null : nameKey(maker)))}::text[], ${technology.map(({ product }) => nameKey(product))}::text[]) with ordinality as condition(maker_key, product_key, position)`
  const { rows } = await sql<{ position: number; ids: number[] }>`
    select found.position::int, array_agg(distinct found.id) as ids from (
      select condition.position, product.id from ${conditions} join directory_product as product on product.maker_key = condition.maker_key and product.product_key = condition.product_key
      union all select condition.position, product.id from ${conditions} join directory_product as product on product.product_key = condition.product_key where condition.maker_key is null
      union all select condition.position, product.id from ${conditions} join directory_product as product on product.maker_key = condition.product_key where condition.maker_key is null
    ) as found group by found.position`.execute(db)
  const found = new Map(rows.map(({ position, ids }) => [position, ids]))
  return technology.map((_, at) => found.get(at + 1) ?? [])
}

interface ToldVersion {
  readonly productId: number
  readonly version: string
}

async function versionsTold(db: Asks, productIds: readonly number[]): Promise<readonly ToldVersion[]> {
  if (productIds.length === 0) return []
  const { rows } = await sql<ToldVersion>`
    select distinct product_id as "productId", version from directory_technology
    where shared and product_id = any(${[...new Set(productIds)]}::integer[])`.execute(db)
  return rows
}

/** The lines of which the version is one that is meant; with `unsaid` also those of which it cannot be told. `undefined` when nothing can be made of the text. */
function inVersion(condition: Technology, text: string, told: readonly ToldVersion[], ids: ReadonlySet<number>): Lines | undefined {
  const range = parseVersionRange(text)
  const own = told.filter(({ productId }) => ids.has(productId))
  const isSame = (version: string) => version.toLowerCase() === text.toLowerCase()
  if (range.kind === 'unread' && !own.some(({ version }) => isSame(version))) return undefined
  return own
    .filter(({ version }) => {
      if (isSame(version)) return true
      const parsed = parseVersion(version)
      const answer = parsed === undefined || range.kind === 'unread' ? 'unknown' : containsVersion(range, parsed)
      // Beside a text that is no version, another text is another version.
      return answer === 'yes' || (answer === 'unknown' && condition.unsaid && (range.kind !== 'unread' || version === ''))
    })
    .map(({ productId, version }): Line => [productId, version])
}

/** Whether a row of `technology` is on one of the lines. */
export function isOnLine(lines: Lines): RawBuilder<unknown> {
  const whole = lines.filter(([, version]) => version === null).map(([productId]) => productId)
  const narrow = lines.filter(([, version]) => version !== null)
  const parts = [
    ...(whole.length > 0 ? [sql`technology.product_id = any(${whole}::int[])`] : []),
    ...(narrow.length > 0
      ? [
          // Both in one text, so that PostgreSQL looks each line up in a hash of what is meant.
          sql`(technology.product_id = any(${[...new Set(narrow.map(([productId]) => productId))]}::int[])
            and (technology.product_id || ' ' || technology.version) = any(${narrow.map(([productId, version]) => `${productId} ${version ?? ''}`)}::text[]))`,
        ]
      : []),
  ]
  return parts.length === 0 ? sql`false` : sql`(${sql.join(parts, sql` or `)})`
}

/** The organisations on any of the lines, with repeats. `shared` is asked for here too, so that the answer is the same whoever asks. */
export function runners(lines: Lines): RawBuilder<unknown> {
  const search = (some: Lines) =>
    sql`select technology.organisation_id from directory_technology as technology where technology.shared and ${isOnLine(some)}`
  const parts = [lines.filter(([, version]) => version === null), lines.filter(([, version]) => version !== null)].filter(some => some.length > 0)
  // Two plain searches: under one OR, PostgreSQL would read every line of either.
  return parts.length === 0 ? sql`select null::text as organisation_id where false` : sql.join(parts.map(search), sql` union all `)
}
