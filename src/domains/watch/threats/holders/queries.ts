import { sql, type RawBuilder } from 'kysely'
import { nameKey } from '../../../../kernel/name-key.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { holding } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { TypeReach } from '../model.ts'
import type { MatchedLine } from '../queries/reach.ts'

export interface Holder {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly type: string
  readonly typeName: string
  readonly region: string | null
  readonly exact: boolean
  /** The sentence that says why it runs it, or only may. */
  readonly why: string
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

/** A threat with what makes an organisation one of those that run what it is about, or may. */
export interface HeldThreat {
  readonly id: string
  readonly lines: readonly MatchedLine[]
  /** The threat's own figures. */
  readonly reach: readonly TypeReach[]
}

/** By type and by region is by their codes: what belongs together stands together, and inside it by name. */
export const HOLDER_SORTS = ['name', '-name', 'type', '-type', 'region', '-region'] as const
export type HolderSort = (typeof HOLDER_SORTS)[number]

/** Up to so many, by the threat's own figures, are looked for by what they run; more are met soon enough while the sector is walked in order. */
const FEW = 1_500

/** Up to so many are counted for each page. Beyond, the figure of the latest recount stands for them. */
const COUNTED_UP_TO = 10_000

/**
 * A page of the open organisations behind the figures, with how many there are. A list that ends on its first page is counted by what it
 * shows, and one of up to ten thousand by a query; for more than that, and nothing searched for, the total is the threat's own figure
 * (`reach`), which a job counts anew whenever what organisations run has changed: counting fifty thousand takes a tenth of a second.
 */
export async function listHolders(
  db: Pick<Reader<Visible>, 'getExecutor'>,
  threat: HeldThreat,
  filter: HolderFilter,
  sort: HolderSort,
  request: PageRequest,
): Promise<Page<Holder>> {
  const { rows, next } = await holdersAfter(db, threat, filter, sort, request)
  if (request.cursor === null && next === null) return { rows, next, total: rows.length }
  const kept = filter.search === '' ? keptFigure(threat.reach, filter) : 0
  return { rows, next, total: kept > COUNTED_UP_TO ? kept : await countHolders(db, threat.lines, filter) }
}

function keptFigure(reach: readonly TypeReach[], { match, type }: Pick<HolderFilter, 'match' | 'type'>): number {
  return reach
    .filter(row => type === null || row.type === type)
    .reduce((sum, { runs, mayRun }) => sum + (match === 'may-run' ? 0 : runs) + (match === 'runs' ? 0 : mayRun), 0)
}

async function countHolders(db: Pick<Reader<Visible>, 'getExecutor'>, lines: readonly MatchedLine[], filter: HolderFilter): Promise<number> {
  // Without more to ask of an organisation than that it is open, the lines of technology alone are read, and of organisations those that have closed.
  const isPlain = filter.type === null && filter.search === ''
  const { rows } = await sql<{ total: number }>`
    select count(*) as total ${
      isPlain
        ? sql`from (${holdersOf(lines, filter)}) holder where not exists (
      select from directory_organisation closed where closed.id = holder.organisation_id and closed.status = 'closed')`
        : matching(lines, filter)
    }`.execute(db)
  return rows[0]?.total ?? 0
}

/** The organisations, closed ones too, that hold what the filter asks for. */
function holdersOf(lines: readonly MatchedLine[], { match }: HolderFilter): RawBuilder<unknown> {
  const { all, exact, alike } = sortedOut(lines)
  const holders = (some: readonly MatchedLine[]) =>
    sql`select distinct technology.organisation_id from directory_technology technology where ${isOneOf(some)}`
  if (match !== 'may-run') return holders(match === 'runs' ? exact : all)
  return sql`select candidate.organisation_id from (${holders(alike)}) candidate where not ${holdsAny('candidate.organisation_id', exact)}`
}

function matching(lines: readonly MatchedLine[], filter: HolderFilter, isFew = false): RawBuilder<unknown> {
  const { all, exact, alike } = sortedOut(lines)
  const holds = (some: readonly MatchedLine[]) => (isFew ? isAmongHolders(some) : holdsAny('organisation.id', some))
  const isMatch = { runs: holds(exact), all: holds(all), 'may-run': sql`${holds(alike)} and not ${holds(exact)}` }[filter.match]
  const isType = filter.type === null ? sql`` : sql`and organisation.type = ${filter.type}`
  const isNamed = filter.search === '' ? sql`` : sql`and ${named(filter.search)}`
  return sql`from directory_organisation organisation where organisation.status = 'open' ${isType} ${isNamed} and ${isMatch}`
}

function holdsAny(organisation: string, lines: readonly MatchedLine[]): RawBuilder<unknown> {
  // A value and no `exists`, which the planner would turn into a join that collects thousands before it shows fifty.
  return sql`coalesce((select true from directory_technology technology where technology.organisation_id = ${sql.ref(organisation)} and ${isOneOf(lines)} limit 1), false)`
}

/** The same, with those who hold any collected once. */
function isAmongHolders(lines: readonly MatchedLine[]): RawBuilder<unknown> {
  return sql`organisation.id = any(array(select distinct technology.organisation_id from directory_technology technology where ${isOneOf(lines)}))`
}

/** Whether `technology` is a shared line of these. Most products count in whatever version: those are found by the product alone. */
function isOneOf(lines: readonly MatchedLine[]): RawBuilder<unknown> {
  const whole = lines.filter(line => line.version === null).map(line => line.productId)
  const narrow = lines.filter(line => line.version !== null)
  const isWhole = sql`technology.product_id = any(${whole}::integer[])`
  if (narrow.length === 0) return sql`${isWhole} and technology.shared`
  const [ids, versions] = [narrow.map(line => line.productId), narrow.map(line => line.version)]
  return sql`technology.product_id = any(${[...new Set([...whole, ...ids])]}::integer[]) and technology.shared
    and (${isWhole} or (technology.product_id, technology.version) in (select * from unnest(${ids}::integer[], ${versions}::text[])))`
}

/** Those that make an organisation run it, those by which it only may, and all. */
function sortedOut(lines: readonly MatchedLine[]): Readonly<Record<'all' | 'exact' | 'alike', readonly MatchedLine[]>> {
  return { all: lines, exact: lines.filter(line => line.exact), alike: lines.filter(line => !line.exact) }
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
  threat: HeldThreat,
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
  const held = keptFigure(threat.reach, { match: 'all', type: null })
  const isFew = held > 0 && held <= FEW
  // To look something up costs hardly more than to read on; told so, the planner walks an index rather than the whole sector.
  await sql`select set_config('random_page_cost', '1.1', true)`.execute(db)
  const { rows } = await sql<HolderRow>`
    select page.*, type.name as "typeName", coalesce(region.name, page.region_code) as region, runs.products, runs.exact, runs.why
    from (
      select organisation.id, organisation.code, organisation.name, organisation.type, organisation.region_code,
        array[${key}] as key
      ${matching(threat.lines, filter, isFew)} ${isAfter} order by ${order} limit ${request.limit + 1}
    ) page
    join directory_organisation_type type on type.code = page.type
    left join directory_organisation region on region.code = page.region_code
    cross join lateral (
      select bool_or(matched.outcome = 'runs') as exact, (array_agg(matched.why order by matched.outcome = 'runs' desc, product.product_key, technology.version))[1] as why,
        (array_agg(concat_ws(' ', technology.count::text || ' ×', nullif(product.maker, ''), product.product, nullif(technology.version, ''))
          order by product.maker_key, product.product_key, technology.version))[1:5] as products
      from watch_match matched
      join directory_technology technology on technology.organisation_id = page.id and technology.product_id = matched.product_id and technology.shared
        and (matched.version is null or technology.version = matched.version)
      join directory_product product on product.id = technology.product_id
      where matched.threat_id = ${threat.id} and matched.outcome <> 'does-not'
    ) runs
    order by page.key ${sql.raw(isDown ? 'desc' : 'asc')}`.execute(db)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ id, code, name, type, typeName, region, exact, why, products }) => ({
      id,
      code,
      name,
      type,
      typeName,
      region,
      exact,
      why,
      products,
    })),
    next: rows.length > request.limit && last !== undefined ? encodeCursor(last.key) : null,
  }
}

interface HolderRow extends Holder {
  readonly key: readonly string[]
}
