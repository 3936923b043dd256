import { sql, type RawBuilder } from 'kysely'
import { nameKey } from '../../../../kernel/name-key.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { holding } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { TypeReach } from '../model.ts'
import type { MatchedProduct } from '../queries/reach.ts'

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
  /** Part of a name, or a code. */
  readonly search: string
}

export const ALL_HOLDERS: HolderFilter = { match: 'all', type: null, search: '' }

/** By type and by region is by their codes: what belongs together stands together, and inside it by name. */
export const HOLDER_SORTS = ['name', '-name', 'type', '-type', 'region', '-region'] as const
export type HolderSort = (typeof HOLDER_SORTS)[number]

/** Up to so many are counted for each page. Beyond, the figure of the latest recount stands for them. */
const COUNTED_UP_TO = 10_000

/**
 * A page of the open organisations behind the figures, with how many there are. A list that ends on its first page is counted by what it
 * shows, and one of up to ten thousand by a query; for more than that, and nothing searched for, the total is the threat's own figure
 * (`reach`), which a job counts anew whenever what organisations run has changed: counting fifty thousand takes a tenth of a second.
 */
export async function listHolders(
  db: Pick<Reader<Visible>, 'getExecutor'>,
  threat: { readonly products: readonly MatchedProduct[]; readonly reach: readonly TypeReach[] },
  filter: HolderFilter,
  sort: HolderSort,
  request: PageRequest,
): Promise<Page<Holder>> {
  const { rows, next } = await holdersAfter(db, threat.products, filter, sort, request)
  if (request.cursor === null && next === null) return { rows, next, total: rows.length }
  const kept = filter.search === '' ? keptFigure(threat.reach, filter) : 0
  return { rows, next, total: kept > COUNTED_UP_TO ? kept : await countHolders(db, threat.products, filter) }
}

function keptFigure(reach: readonly TypeReach[], { match, type }: HolderFilter): number {
  return reach
    .filter(row => type === null || row.type === type)
    .reduce((sum, { runs, mayRun }) => sum + (match === 'may-run' ? 0 : runs) + (match === 'runs' ? 0 : mayRun), 0)
}

async function countHolders(db: Pick<Reader<Visible>, 'getExecutor'>, products: readonly MatchedProduct[], filter: HolderFilter): Promise<number> {
  // Without more to ask of an organisation than that it is open, the lines of technology alone are read, and of organisations those that have closed.
  const isPlain = filter.type === null && filter.search === ''
  const { rows } = await sql<{ total: number }>`
    select count(*) as total ${
      isPlain
        ? sql`from (${holdersOf(products, filter)}) holder where not exists (
      select from directory_organisation closed where closed.id = holder.organisation_id and closed.status = 'closed')`
        : matching(products, filter)
    }`.execute(db)
  return rows[0]?.total ?? 0
}

/** The organisations, closed ones too, that hold what the filter asks for. */
function holdersOf(products: readonly MatchedProduct[], { match }: HolderFilter): RawBuilder<unknown> {
  const { all, exact, alike } = idsOf(products)
  const holders = (ids: readonly number[]) => sql`select distinct technology.organisation_id from directory_technology technology
    where technology.product_id = any(${ids}::integer[]) and technology.shared`
  if (match !== 'may-run') return holders(match === 'runs' ? exact : all)
  return sql`select candidate.organisation_id from (${holders(alike)}) candidate where not ${holdsAny('candidate.organisation_id', exact)}`
}

function matching(products: readonly MatchedProduct[], filter: HolderFilter): RawBuilder<unknown> {
  const { all, exact, alike } = idsOf(products)
  const holds = (ids: readonly number[]) => holdsAny('organisation.id', ids)
  const isMatch = { runs: holds(exact), all: holds(all), 'may-run': sql`${holds(alike)} and not ${holds(exact)}` }[filter.match]
  const isType = filter.type === null ? sql`` : sql`and organisation.type = ${filter.type}`
  const isNamed = filter.search === '' ? sql`` : sql`and ${named(filter.search)}`
  return sql`from directory_organisation organisation where organisation.status = 'open' ${isType} ${isNamed} and ${isMatch}`
}

function holdsAny(organisation: string, ids: readonly number[]): RawBuilder<unknown> {
  return sql`exists (select from directory_technology technology
    where technology.organisation_id = ${sql.ref(organisation)} and technology.product_id = any(${ids}::integer[]) and technology.shared)`
}

/** Of each product its id: those that it is, those that it only may be, and all. */
function idsOf(products: readonly MatchedProduct[]): Readonly<Record<'all' | 'exact' | 'alike', readonly number[]>> {
  const ids = (some: readonly MatchedProduct[]) => some.map(product => product.productId)
  return { all: ids(products), exact: ids(products.filter(product => product.exact)), alike: ids(products.filter(product => !product.exact)) }
}

/** By code, or by part of the name as the directory compares names. Signs alone name nobody. */
function named(search: string): RawBuilder<unknown> {
  const key = nameKey(search)
  const isCode = sql`organisation.code = ${search.toUpperCase()}`
  return key === '' ? isCode : sql`(${isCode} or organisation.name_key like ${holding(key)})`
}

/** A region is none for some, and a comparison of rows needs a value. */
const SORT_KEYS = {
  name: ['organisation.name_key', 'organisation.id'],
  type: ['organisation.type', 'organisation.name_key', 'organisation.id'],
  region: [`coalesce(organisation.region_code, '')`, 'organisation.name_key', 'organisation.id'],
} as const

/** The organisations after a cursor, without a count: for a download, part by part. */
export async function holdersAfter(
  db: Pick<Reader<Visible>, 'getExecutor'>,
  products: readonly MatchedProduct[],
  filter: HolderFilter,
  sort: HolderSort,
  request: PageRequest,
): Promise<Omit<Page<Holder>, 'total'>> {
  const isDown = sort.startsWith('-')
  const keys = SORT_KEYS[sort.replace('-', '') as keyof typeof SORT_KEYS]
  const cursor = decodeCursor(request.cursor, keys.length)
  const key = sql.raw(keys.join(', '))
  const order = sql.raw(keys.map(one => `${one} ${isDown ? 'desc' : 'asc'}`).join(', '))
  const isAfter =
    cursor === null ? sql`` : sql`and (${key}) ${sql.raw(isDown ? '<' : '>')} (${sql.join(cursor.map(value => sql`${String(value)}::text`))})`
  const { all, exact } = idsOf(products)
  // To look something up costs hardly more than to read on; told so, the planner walks an index rather than the whole sector.
  await sql`select set_config('random_page_cost', '1.1', true)`.execute(db)
  const { rows } = await sql<HolderRow>`
    select page.*, type.name as "typeName", coalesce(region.name, page.region_code) as region, runs.products, runs.exact
    from (
      select organisation.id, organisation.code, organisation.name, organisation.type, organisation.region_code,
        array[${key}] as key
      ${matching(products, filter)} ${isAfter} order by ${order} limit ${request.limit + 1}
    ) page
    join directory_organisation_type type on type.code = page.type
    left join directory_organisation region on region.code = page.region_code
    cross join lateral (
      select bool_or(technology.product_id = any(${exact}::integer[])) as exact,
        (array_agg(concat_ws(' ', technology.count::text || ' ×', nullif(product.maker, ''), product.product, nullif(technology.version, ''))
          order by product.maker_key, product.product_key, technology.version))[1:5] as products
      from directory_technology technology join directory_product product on product.id = technology.product_id
      where technology.organisation_id = page.id and technology.product_id = any(${all}::integer[]) and technology.shared
    ) runs
    order by page.key ${sql.raw(isDown ? 'desc' : 'asc')}`.execute(db)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ id, code, name, type, typeName, region, exact: isExact, products: held }) => ({
      id,
      code,
      name,
      type,
      typeName,
      region,
      exact: isExact,
      products: held,
    })),
    next: rows.length > request.limit && last !== undefined ? encodeCursor(last.key) : null,
  }
}

interface HolderRow extends Holder {
  readonly key: readonly string[]
}
