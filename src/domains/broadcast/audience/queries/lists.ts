import { sql, type RawBuilder } from 'kysely'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { isOrganisationNamed } from '../../scope.ts'
import type { Doubt, Exclusion, Unreachable } from '../model.ts'
import { nobody, summary, type AudienceSummary } from '../queries.ts'
import type { Asks } from './asks.ts'
import type { CheckedRule } from './checking.ts'
import { candidates, leftOut, reached } from './matching.ts'
import { isInDoubt, WHY_IN_DOUBT, WHY_UNREACHABLE } from './reachability.ts'

/** Who will be mailed, of those whom it is in doubt whether they get it, whom nobody can mail, and whom the rule leaves out; `everyone` is the reached and the unreachable. */
export type AudienceListName = 'reached' | 'doubtful' | 'unreachable' | 'excluded' | 'everyone'

export const AUDIENCE_SORTS = ['code', '-code', 'name', '-name', 'contacts', '-contacts', 'why', '-why'] as const
export type AudienceSort = (typeof AUDIENCE_SORTS)[number]

/** One of the lists as it is asked for. Empty texts narrow nothing. */
export interface AudienceListQuery {
  readonly list: AudienceListName
  /** Words of a name, or a code. */
  readonly search: string
  readonly type: string
  /** A region's code. */
  readonly region: string
  readonly sort: AudienceSort
}

export interface ListedOrganisation {
  readonly code: string
  readonly name: string
  readonly type: string
  readonly region: string | null
  /** `null` when nobody has told the directory the name of that code. */
  readonly regionName: string | null
  readonly board: string | null
  readonly boardName: string | null
  /** How many can be mailed. */
  readonly contacts: number
  /** Why nobody can be mailed, or why it is left out. `null` for who is reached. */
  readonly why: Unreachable | Doubt | Exclusion | null
}

export interface AudienceView {
  readonly summary: AudienceSummary
  /** How many the rule leaves out. */
  readonly excluded: number
  readonly found: Page<ListedOrganisation>
}

/** An audience as its page shows it: the figures and one page of one of its lists, from one resolution of the rule. */
export async function viewAudience(db: Asks, checked: CheckedRule, query: AudienceListQuery, request: PageRequest): Promise<AudienceView> {
  if (checked.problems.length > 0) return { summary: nobody(checked), excluded: 0, found: { rows: [], next: null, total: 0 } }
  const out = leftOut(checked)
  const { rows } = await sql<{ summary: Omit<AudienceSummary, 'problems'>; excluded: number; matching: number | null; rows: KeyedRow[] }>`
    with ${candidates(checked)}
    select (select to_json(figures) from (${summary(checked)}) as figures) as summary,
      ${out === null ? sql`0` : sql`(select count(*)::int from (${out}) as excluded)`} as excluded,
      ${isCounted(query) ? sql`(select count(*)::int from (${listed(checked, query)}) as listed)` : sql`null::int`} as matching,
      (select coalesce(json_agg(shown), '[]') from (${shown(checked, query, request)}) as shown) as rows`.execute(db)
  const [view] = rows
  if (view === undefined) throw new Error('A query of figures gave no row.')
  const figures = { ...view.summary, problems: [] }
  const total = view.matching ?? totals(figures, view.excluded)[query.list]
  return { summary: figures, excluded: view.excluded, found: { ...paged(view.rows, request.limit), total } }
}

/** The rows of one list after a cursor, for a file. */
export async function listAudience(
  db: Asks,
  checked: CheckedRule,
  query: AudienceListQuery,
  request: PageRequest,
): Promise<Pick<Page<ListedOrganisation>, 'rows' | 'next'>> {
  if (checked.problems.length > 0) return { rows: [], next: null }
  const { rows } = await sql<KeyedRow>`with ${candidates(checked)} ${shown(checked, query, request)}`.execute(db)
  return paged(rows, request.limit)
}

function totals({ organisations, unreachable }: AudienceSummary, excluded: number): Readonly<Record<AudienceListName, number>> {
  // Those in doubt are counted when they are asked for.
  return { reached: organisations - unreachable, doubtful: 0, unreachable, excluded, everyone: organisations }
}

function isCounted({ list, search, type, region }: AudienceListQuery): boolean {
  return list === 'doubtful' || search !== '' || type !== '' || region !== ''
}

/** One of the lists, narrowed: organisations with `why`, in no order. */
function listed(checked: CheckedRule, { list, search, type, region }: AudienceListQuery): RawBuilder<unknown> {
  const narrowed = [
    ...(search === '' ? [] : [sql`and ${isOrganisationNamed(search, 'organisation')}`]),
    ...(type === '' ? [] : [sql`and organisation.type = ${type}`]),
    ...(region === '' ? [] : [sql`and organisation.region_code = ${region}`]),
  ]
  return sql`select organisation.* from (${source(checked, list)}) as organisation where true ${sql.join(narrowed, sql` `)}`
}

function source(checked: CheckedRule, list: AudienceListName): RawBuilder<unknown> {
  switch (list) {
    case 'reached':
      return sql`select *, null as why from (${reached(checked)}) as audience where mailable_contacts > 0`
    case 'doubtful':
      return sql`select *, ${WHY_IN_DOUBT} as why from (${reached(checked)}) as audience where mailable_contacts > 0 and ${isInDoubt}`
    case 'unreachable':
      return sql`select *, ${WHY_UNREACHABLE} as why from (${reached(checked)}) as audience where mailable_contacts = 0`
    case 'everyone':
      return sql`select *, case when mailable_contacts = 0 then ${WHY_UNREACHABLE} end as why from (${reached(checked)}) as audience`
    case 'excluded':
      return leftOut(checked) ?? sql`select *, null as why from candidate where false`
  }
}

interface KeyedRow extends ListedOrganisation {
  /** What it is sorted by, before the code. */
  readonly key: string | number
}

/** In this order codes stand in their index, and no locale changes it. */
const CODE = sql`organisation.code collate "C"`

/** What each list can be sorted by, and of what type a cursor holds it. Those of one key stand by their codes. */
const KEYS = {
  code: { column: CODE, type: sql`text` },
  name: { column: sql`organisation.name_key`, type: sql`text` },
  contacts: { column: sql`organisation.mailable_contacts`, type: sql`bigint` },
  why: { column: sql`coalesce(organisation.why, '')`, type: sql`text` },
}

function shown(checked: CheckedRule, query: AudienceListQuery, request: PageRequest): RawBuilder<unknown> {
  const isDown = query.sort.startsWith('-')
  const direction = isDown ? sql`desc` : sql`asc`
  // The sorts are the keys with or without a minus.
  const name = query.sort.replace('-', '') as keyof typeof KEYS
  const { column, type } = KEYS[name]
  const cursor = readCursor(request.cursor, name)
  const place = name === 'code' ? CODE : sql`${column}, ${CODE}`
  const before = name === 'code' ? sql`${cursor?.code}::text` : sql`${cursor?.key}::${type}, ${cursor?.code}::text`
  const order = name === 'code' ? sql`${CODE} ${direction}` : sql`${column} ${direction}, ${CODE} ${direction}`
  return sql`
    select cut.key, cut.code, cut.name, cut.type, cut.region_code as region, region.name as "regionName", cut.board_code as board, board.name as "boardName",
      cut.mailable_contacts as contacts, cut.why
    from (
      select organisation.*, ${column} as key from (${listed(checked, query)}) as organisation
      where ${cursor === null ? sql`true` : sql`(${place}) ${isDown ? sql`<` : sql`>`} (${before})`} order by ${order} limit ${request.limit + 1}
    ) as cut
    left join directory_organisation as region on region.code = cut.region_code
    left join directory_organisation as board on board.code = cut.board_code
    order by cut.key ${direction}, cut.code collate "C" ${direction}`
}

function readCursor(cursor: string | null, name: keyof typeof KEYS): { readonly key: string | number; readonly code: string } | null {
  const [key, code] = decodeCursor(cursor, 2) ?? []
  const isKey = name === 'contacts' ? Number.isSafeInteger(key) : typeof key === 'string'
  return typeof code === 'string' && isKey ? { key: key ?? '', code } : null
}

function paged(rows: readonly KeyedRow[], limit: number): { readonly rows: readonly ListedOrganisation[]; readonly next: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ key: _, ...row }) => row),
    next: rows.length > limit && last !== undefined ? encodeCursor([last.key, last.code]) : null,
  }
}
