import { sql } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import { ROLES, isRole } from '../../../kernel/role.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { isServiceState, type ServiceStatement } from './model.ts'

/** A service, with what stands of it; `null` when nothing was said yet. */
export interface StandingService {
  readonly code: string
  readonly name: string
  readonly purpose: string
  readonly standing: ServiceStatement | null
}

interface StatementRow {
  code: string
  name: string
  state: string | null
  words: string | null
  moreBy: Instant | null
  at: Instant | null
  person: string | null
  role: string | null
  bulletin: number | null
}

/** Every service on the page, by name, with what stands of it. */
export async function standingServices(db: Reader<Visible>): Promise<readonly StandingService[]> {
  const { rows } = await sql<StatementRow & { purpose: string }>`
    select service.code, service.name, service.purpose, said.state, said.words, said.more_by as "moreBy", said.at, person.name as person,
      said.by_role as role, bulletin.number as bulletin
    from broadcast_service as service
    left join lateral (
      select * from broadcast_service_statement as statement where statement.service_code = service.code and not statement.is_exercise and statement.at >= service.added_at
      order by statement.id desc limit 1
    ) as said on true
    left join directory_person as person on person.id = said.by_id
    left join broadcast_bulletin as bulletin on bulletin.id = said.bulletin_id
    where service.ended_at is null
    order by service.name, service.code`.execute(db)
  return rows.map(row => ({ code: row.code, name: row.name, purpose: row.purpose, standing: statementFrom(row) }))
}

const MOST_STATEMENTS = 100

/** What was said of one service, newest first; `undefined` when it is not on the page. */
export async function serviceHistory(
  db: Reader<Visible>,
  code: string,
): Promise<{ readonly name: string; readonly purpose: string; readonly statements: readonly ServiceStatement[] } | undefined> {
  const service = await db
    .selectFrom('broadcast_service')
    .where('code', '=', code)
    .where('ended_at', 'is', null)
    .select(['name', 'purpose'])
    .executeTakeFirst()
  if (service === undefined) return undefined
  return {
    ...service,
    statements: await statements(
      db,
      sql`statement.service_code = ${code} and not statement.is_exercise and statement.at >= service.added_at`,
      MOST_STATEMENTS,
    ),
  }
}

/**
 * What stands now of each service of which something was said with that bulletin, also when it was said since without it: nobody is to read there
 * what no longer holds. Of an exercise, what was said within it.
 */
export async function statementsOfBulletin(db: Reader<Visible>, bulletinId: string): Promise<readonly ServiceStatement[]> {
  const isOfService = sql`exists (
    select from broadcast_service_statement as own where own.bulletin_id = ${bulletinId} and own.service_code = statement.service_code and not own.is_exercise)`
  const said = await statements(
    db,
    sql`service.ended_at is null and statement.at >= service.added_at
      and case when statement.is_exercise then statement.bulletin_id = ${bulletinId} else ${isOfService} end`,
    MOST_STATEMENTS,
  )
  const newest = new Map(said.toReversed().map(statement => [statement.code, statement]))
  return [...newest.values()].toSorted((a, b) => a.name.localeCompare(b.name))
}

async function statements(db: Reader<Visible>, condition: ReturnType<typeof sql>, limit: number): Promise<readonly ServiceStatement[]> {
  const { rows } = await sql<StatementRow>`
    select service.code, service.name, statement.state, statement.words, statement.more_by as "moreBy", statement.at, person.name as person,
      statement.by_role as role, bulletin.number as bulletin
    from broadcast_service_statement as statement
    join broadcast_service as service on service.code = statement.service_code
    left join directory_person as person on person.id = statement.by_id
    left join broadcast_bulletin as bulletin on bulletin.id = statement.bulletin_id
    where ${condition} order by statement.id desc limit ${limit}`.execute(db)
  return rows.flatMap(row => statementFrom(row) ?? [])
}

function statementFrom({ code, name, state, words, moreBy, at, person, role, bulletin }: StatementRow): ServiceStatement | null {
  if (state === null || words === null || at === null || !isServiceState(state)) return null
  return { code, name, state, words, moreBy, at, bulletin, by: person ?? (role !== null && isRole(role) ? ROLES[role].label : 'The centre') }
}
