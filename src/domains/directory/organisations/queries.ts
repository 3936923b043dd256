import { sql } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import type { Instant, LocalDate } from '../../../kernel/instant.ts'
import { nameKey } from '../../../kernel/name-key.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Scope } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { isInScope } from '../scope.ts'
import type { DirectoryTables } from '../tables.ts'
import type { Area, OrganisationChange, OrganisationSummary, OrganisationType } from './model.ts'

type Db = Reader<Pick<DirectoryTables, 'directory_organisation' | 'directory_organisation_type'>>

const SUMMARY = [
  'directory_organisation.id',
  'directory_organisation.code',
  'directory_organisation.name',
  'directory_organisation.type',
  'directory_organisation.country',
  'directory_organisation.region_code as regionCode',
  'directory_organisation.board_code as boardCode',
  'directory_organisation.postcode',
  'directory_organisation.status',
] as const

/** The organisation with that code, whoever asks: who exists is public. Pages use `organisationInScope`. */
export async function organisationByCode(db: Db, code: string): Promise<OrganisationSummary | undefined> {
  const row = await db
    .selectFrom('directory_organisation')
    .select(SUMMARY)
    .where('directory_organisation.code', '=', code.trim().toUpperCase())
    .executeTakeFirst()
  return row as OrganisationSummary | undefined
}

/** The organisation with that code, when the actor looks after it. */
export async function organisationInScope(db: Db, scope: Scope, code: string): Promise<OrganisationSummary | undefined> {
  const row = await db
    .selectFrom('directory_organisation')
    .select(SUMMARY)
    .where('directory_organisation.code', '=', code.trim().toUpperCase())
    .where(isInScope(scope, 'directory_organisation.id'))
    .executeTakeFirst()
  return row as OrganisationSummary | undefined
}

/** As `organisationInScope`. Throws `NotFound` when there is none. */
export async function requireOrganisation(db: Db, scope: Scope, code: string): Promise<OrganisationSummary> {
  const organisation = await organisationInScope(db, scope, code)
  if (organisation !== undefined) return organisation
  throw new NotFound(
    'directory.organisation.unknown',
    `There is no organisation "${code.slice(0, 20)}" among those that you look after. Check the code, or search.`,
  )
}

/** Whether the actor looks after it. */
export async function isOrganisationInScope(db: Db, scope: Scope, id: Id<'organisation'>): Promise<boolean> {
  const row = await db
    .selectFrom('directory_organisation')
    .select('id')
    .where('id', '=', id)
    .where(isInScope(scope, 'directory_organisation.id'))
    .executeTakeFirst()
  return row !== undefined
}

export async function organisationById(db: Db, id: Id<'organisation'>): Promise<OrganisationSummary | undefined> {
  const row = await db.selectFrom('directory_organisation').select(SUMMARY).where('directory_organisation.id', '=', id).executeTakeFirst()
  return row as OrganisationSummary | undefined
}

/** Every type, in the order of lists. */
export async function organisationTypes(db: Db): Promise<readonly OrganisationType[]> {
  return db.selectFrom('directory_organisation_type').select(['code', 'name', 'plural']).orderBy('position').orderBy('code').execute()
}

/** Every region that is known or that an open organisation names, by name. */
export async function regions(db: Db): Promise<readonly Area[]> {
  return areas(db, 'region', 'region_code')
}

/** Every board that is known or that an open organisation names, by name. */
export async function boards(db: Db): Promise<readonly Area[]> {
  return areas(db, 'board', 'board_code')
}

async function areas(db: Db, type: 'region' | 'board', column: 'region_code' | 'board_code'): Promise<readonly Area[]> {
  // A loose index scan: the codes are few, the organisations many, so it steps from one code to the next.
  const { rows } = await sql<Area>`
    with recursive named (code) as (
      (select min(${sql.ref(column)}) from directory_organisation where ${sql.ref(column)} is not null and status = 'open')
      union all
      select (select min(${sql.ref(column)}) from directory_organisation where ${sql.ref(column)} > named.code and status = 'open') from named where named.code is not null
    ),
    known (code, name) as (select code, name from directory_organisation where type = ${type} and status = 'open')
    select coalesce(known.code, named.code) as code, coalesce(known.name, named.code) as name
    from known full join (select code from named where code is not null) named on named.code = known.code
    order by 2, 1`.execute(db)
  return rows
}

/** Those of the codes that the actor looks after, with their ids. */
export async function organisationsInScope(db: Db, scope: Scope, codes: readonly string[]): Promise<ReadonlyMap<string, Id<'organisation'>>> {
  const rows = await db
    .selectFrom('directory_organisation')
    .select(['code', 'id'])
    .where('code', '=', sql<string>`any(${codes}::text[])`)
    .where(isInScope(scope, 'directory_organisation.id'))
    .execute()
  return new Map(rows.map(row => [row.code, row.id as Id<'organisation'>]))
}

/** What the list of organisations is asked for. */
export interface OrganisationFilter {
  readonly search: string
  readonly type: string
  readonly region: string
  readonly board: string
  readonly status: 'open' | 'closed' | 'all'
  /** Only what changed then or later; `null` for all. */
  readonly changedSince: Instant | null
}

export const EVERY_OPEN_ORGANISATION: OrganisationFilter = { search: '', type: '', region: '', board: '', status: 'open', changedSince: null }

export type OrganisationSort = 'name' | '-name' | 'code' | '-code'

function filtered(db: Db, scope: Scope, filter: OrganisationFilter) {
  let query = db.selectFrom('directory_organisation').where(isInScope(scope, 'directory_organisation.id'))
  if (filter.status !== 'all') query = query.where('directory_organisation.status', '=', filter.status)
  if (filter.type !== '') query = query.where('directory_organisation.type', '=', filter.type)
  if (filter.region !== '') query = query.where('directory_organisation.region_code', '=', filter.region)
  if (filter.board !== '') query = query.where('directory_organisation.board_code', '=', filter.board)
  if (filter.changedSince !== null) query = query.where('directory_organisation.updated_at', '>=', filter.changedSince)
  const words = nameKey(filter.search)
  if (filter.search.trim() !== '') {
    const compact = filter.search.replace(/\s+/g, '').toUpperCase()
    query = query.where(eb =>
      eb.or([
        eb('directory_organisation.code', 'like', `${escapeLike(compact)}%`),
        eb(sql<string>`replace(directory_organisation.postcode, ' ', '')`, 'like', `${escapeLike(compact)}%`),
        ...(words === '' ? [] : [eb.and(words.split(' ').map(word => eb('directory_organisation.name_key', 'like', `%${escapeLike(word)}%`)))]),
      ]),
    )
  }
  return query
}

/** One page of the organisations that the actor looks after, with the true count. */
export async function listOrganisations(
  db: Db,
  scope: Scope,
  filter: OrganisationFilter,
  sort: OrganisationSort,
  request: PageRequest,
): Promise<Page<OrganisationSummary>> {
  const column = sort.endsWith('name') ? 'directory_organisation.name_key' : 'directory_organisation.code'
  const isDown = sort.startsWith('-')
  const after = decodeCursor(request.cursor, 2)
  let query = filtered(db, scope, filter).select(SUMMARY).select('directory_organisation.name_key as nameKey')
  if (after !== null) {
    query = query.where(eb => eb(eb.refTuple(column, 'directory_organisation.id'), isDown ? '<' : '>', eb.tuple(String(after[0]), String(after[1]))))
  }
  const rows = await query
    .orderBy(column, isDown ? 'desc' : 'asc')
    .orderBy('directory_organisation.id', isDown ? 'desc' : 'asc')
    .limit(request.limit + 1)
    .execute()
  const { total } = await filtered(db, scope, filter)
    .select(eb => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  const next = rows.length > request.limit && last !== undefined ? encodeCursor([sort.endsWith('name') ? last.nameKey : last.code, last.id]) : null
  return { rows: shown.map(({ nameKey: _, ...row }) => row as OrganisationSummary), next, total }
}

/** The names behind codes, for showing. A code that nobody named is absent. */
export async function namesOfCodes(db: Db, codes: readonly (string | null)[]): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(codes.filter(code => code !== null))]
  if (wanted.length === 0) return new Map()
  const rows = await db.selectFrom('directory_organisation').select(['code', 'name']).where('code', 'in', wanted).execute()
  return new Map(rows.map(row => [row.code, row.name]))
}

export interface OrganisationDetail extends OrganisationSummary {
  readonly typeName: string
  readonly parentCode: string | null
  readonly address: readonly string[]
  readonly phone: string | null
  readonly openedOn: LocalDate | null
  readonly closedOn: LocalDate | null
  readonly source: string
  readonly updatedAt: Date
}

/** All that the directory holds of the organisation itself, when the actor looks after it. */
export async function organisationDetail(db: Db, scope: Scope, code: string): Promise<OrganisationDetail | undefined> {
  const row = await db
    .selectFrom('directory_organisation')
    .innerJoin('directory_organisation_type as type', 'type.code', 'directory_organisation.type')
    .select(SUMMARY)
    .select([
      'type.name as typeName',
      'directory_organisation.parent_code as parentCode',
      'directory_organisation.address',
      'directory_organisation.phone',
      'directory_organisation.opened_on as openedOn',
      'directory_organisation.closed_on as closedOn',
      'directory_organisation.source',
      'directory_organisation.updated_at as updatedAt',
    ])
    .where('directory_organisation.code', '=', code.trim().toUpperCase())
    .where(isInScope(scope, 'directory_organisation.id'))
    .executeTakeFirst()
  return row as OrganisationDetail | undefined
}

export interface Successor {
  readonly code: string
  readonly direction: 'to' | 'from'
  readonly effectiveOn: string | null
}

/** Who took over from this organisation (`to`), and from whom it took over (`from`). */
export async function successorsOf(db: Reader<Pick<DirectoryTables, 'directory_successor'>>, code: string): Promise<readonly Successor[]> {
  const rows = await db
    .selectFrom('directory_successor')
    .select(['from_code', 'to_code', 'effective_on'])
    .where(eb => eb.or([eb('from_code', '=', code), eb('to_code', '=', code)]))
    .orderBy('effective_on')
    .execute()
  return rows.map(row =>
    row.from_code === code
      ? { code: row.to_code, direction: 'to', effectiveOn: row.effective_on }
      : { code: row.from_code, direction: 'from', effectiveOn: row.effective_on },
  )
}

const CHANGES_SHOWN = 50

/** The latest changes to the organisation, newest first. */
export async function changesOf(
  db: Reader<Pick<DirectoryTables, 'directory_organisation_change'>>,
  organisationId: Id<'organisation'>,
): Promise<readonly OrganisationChange[]> {
  return db
    .selectFrom('directory_organisation_change')
    .select(['at', 'kind', 'field', 'before', 'after', 'source'])
    .where('organisation_id', '=', organisationId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(CHANGES_SHOWN)
    .execute()
}

/** Held by an import until it commits, so that two at once do not add the same organisation. Any number that nothing else here uses. */
const IMPORT_LOCK = 7_305_002

export async function lockImports(db: Reader<DirectoryTables>): Promise<void> {
  await db.selectNoFrom(sql`pg_advisory_xact_lock(${IMPORT_LOCK})`.as('locked')).execute()
}

/** Text as it stands, for the right side of `like`. */
function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
