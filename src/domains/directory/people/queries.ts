import { sql } from 'kysely'
import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import { isRole, type Role } from '../../../kernel/role.ts'
import { hasMeans, signInMeans } from '../../../platform/auth/accounts.ts'
import { openLink } from '../../../platform/auth/links.ts'
import type { Scope } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { isInScope } from '../scope.ts'
import type { DirectoryTables, SignInTables } from '../tables.ts'
import type { PeopleFilter, PeopleSort, PersonDetail, PersonRow, RoleOf } from './model.ts'

type Asks = Pick<Reader<DirectoryTables>, 'selectFrom'>

function filtered(db: Asks, scope: Scope, filter: PeopleFilter) {
  let query = db.selectFrom('directory_person as person').where('person.left_at', filter.status === 'here' ? 'is' : 'is not', null)
  for (const word of filter.search
    .toLowerCase()
    .split(/\s+/)
    .filter(part => part !== '')) {
    query = query.where('person.search_key', 'like', `%${word.replace(/[\\%_]/g, '\\$&')}%`)
  }
  const seesAll = scope.kind === 'centre' || scope.kind === 'system'
  if (seesAll && filter.role === '' && filter.organisation === '') return query
  return query.where('person.id', 'in', eb => {
    let roles = eb
      .selectFrom('directory_assignment as assignment')
      .select('assignment.person_id')
      .where(isInScope(scope, 'assignment.organisation_id'))
    if (filter.status === 'here') roles = roles.where('assignment.until', 'is', null)
    if (filter.role !== '') roles = roles.where('assignment.role', '=', filter.role)
    if (filter.organisation !== '') {
      roles = roles.where('assignment.organisation_id', 'in', eb2 =>
        eb2
          .selectFrom('directory_organisation')
          .select('directory_organisation.id')
          .where('directory_organisation.code', '=', filter.organisation.toUpperCase()),
      )
    }
    return roles
  })
}

/** One page of the people that the actor looks after, with the true count. Those of one name stand by their ids. */
export async function listPeople(
  db: Asks,
  scope: Scope,
  filter: PeopleFilter,
  request: PageRequest,
  sort: PeopleSort = 'name',
): Promise<Page<PersonRow>> {
  const { total } = await filtered(db, scope, filter)
    .select(eb => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const isDown = sort.startsWith('-')
  const direction = isDown ? 'desc' : 'asc'
  // An address is one whatever its case, as its index has it.
  const key = sort.endsWith('email') ? sql<string>`lower(person.email)` : sql<string>`person.name`
  const [value, id] = decodeCursor(request.cursor, 2) ?? []
  const isAfter = typeof value === 'string' && typeof id === 'string'
  const found = await filtered(db, scope, filter)
    .$if(isAfter, query => query.where(sql<boolean>`(${key}, person.id) ${sql.raw(isDown ? '<' : '>')} (${value}, ${id})`))
    .orderBy(key, direction)
    .orderBy('person.id', direction)
    .limit(request.limit + 1)
    .select(['person.id', 'person.name', 'person.email', 'person.left_at', key.as('key')])
    .execute()
  const rows = found.slice(0, request.limit)
  const roles = await rolesOf(
    db,
    rows.map(row => row.id),
  )
  const last = rows.at(-1)
  return {
    rows: rows.map(row => ({ id: row.id as Id<'person'>, name: row.name, email: row.email, leftAt: row.left_at, roles: roles.get(row.id) ?? [] })),
    next: found.length > request.limit && last !== undefined ? encodeCursor([last.key, last.id]) : null,
    total,
  }
}

/** The roles that people hold now, by person; of those that the actor may see. */
async function rolesOf(db: Asks, personIds: readonly string[]): Promise<ReadonlyMap<string, readonly RoleOf[]>> {
  if (personIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('directory_assignment as assignment')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'assignment.organisation_id')
    .select([
      'assignment.id',
      'assignment.person_id',
      'assignment.role',
      'assignment.since',
      'organisation.id as organisation_id',
      'organisation.code',
      'organisation.name',
      'organisation.type',
    ])
    .where('assignment.person_id', 'in', personIds)
    .where('assignment.until', 'is', null)
    .orderBy('organisation.name')
    .orderBy('assignment.role')
    .execute()
  const all = rows.flatMap(row => (isRole(row.role) ? [{ personId: row.person_id, ...asRole(row, row.role) }] : []))
  return Map.groupBy(all, role => role.personId)
}

function asRole(row: { id: string; organisation_id: string; code: string; name: string; type: string; since: Instant }, role: Role): RoleOf {
  return {
    assignmentId: row.id as Id<'assignment'>,
    role,
    organisationId: row.organisation_id as Id<'organisation'>,
    organisationCode: row.code,
    organisationName: row.name,
    organisationType: row.type,
    since: row.since,
  }
}

/** One person with the roles that the actor may see. `null` for somebody whom they do not look after. */
export async function personInScope(db: Asks, scope: Scope, id: string): Promise<PersonDetail | null> {
  const here = await onePerson(db, scope, id, 'here')
  return here ?? onePerson(db, scope, id, 'left')
}

async function onePerson(db: Asks, scope: Scope, id: string, status: PeopleFilter['status']): Promise<PersonDetail | null> {
  const row = await filtered(db, scope, { search: '', role: '', organisation: '', status })
    .selectAll('person')
    .where('person.id', '=', id)
    .executeTakeFirst()
  if (row === undefined) return null
  const roles = await rolesOf(db, [row.id])
  return {
    id: row.id as Id<'person'>,
    name: row.name,
    email: row.email,
    phone: row.phone,
    outOfHoursPhone: row.out_of_hours_phone,
    createdAt: row.created_at,
    leftAt: row.left_at,
    roles: roles.get(row.id) ?? [],
  }
}

/** What decides whether a link may be made for the person, and whether one is under way. Asked with the system's sight: a role elsewhere must count. */
export interface Standing {
  readonly canSignIn: boolean
  readonly organisationIds: readonly string[]
  readonly linkExpiresAt: Instant | null
}

export async function standingOf(db: Pick<Reader<SignInTables>, 'selectFrom'>, personId: string, now: Instant): Promise<Standing> {
  const assignments = await db
    .selectFrom('directory_assignment')
    .select('organisation_id')
    .where('person_id', '=', personId)
    .where('until', 'is', null)
    .execute()
  return {
    canSignIn: hasMeans(await signInMeans(db, personId)),
    organisationIds: assignments.map(row => row.organisation_id),
    linkExpiresAt: await openLink(db, personId, now),
  }
}

/** Whether the person has a current role anywhere but there. */
export async function holdsRoleElsewhere(db: Asks, personId: string, organisationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('directory_assignment')
    .select('id')
    .where('person_id', '=', personId)
    .where('organisation_id', '<>', organisationId)
    .where('until', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Makes units that would end a role wait for each other, in one order: each then counts who is left after the one before. */
export async function lockHolders(db: Asks, role: Role): Promise<void> {
  await db.selectFrom('directory_assignment').select('id').where('role', '=', role).where('until', 'is', null).orderBy('id').forUpdate().execute()
}

/** Whether anybody else holds that role anywhere: the last administrator must stay. */
export async function somebodyElseHolds(db: Asks, role: Role, assignmentId: string): Promise<boolean> {
  const row = await db
    .selectFrom('directory_assignment')
    .select('id')
    .where('role', '=', role)
    .where('until', 'is', null)
    .where('id', '<>', assignmentId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}
