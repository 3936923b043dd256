import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { nameKey } from '../../kernel/name-key.ts'
import type { Scope } from '../../platform/work/actor.ts'

/** Whether the actor's figures are the whole sector's. */
function seesWholeSector(scope: Scope): boolean {
  return scope.kind === 'centre' || scope.kind === 'system'
}

/** Whether the actor's figures are kept as sums (`broadcast_tally`): the whole sector's, and each region's. Others count their own rows. */
export function hasSums(scope: Scope): boolean {
  return seesWholeSector(scope) || scope.kind === 'region'
}

/** Whether sums in a table of that name are of the actor's own organisations. */
export function isOwnSum(scope: Scope, table: string): RawBuilder<SqlBool> {
  return seesWholeSector(scope) ? sql<SqlBool>`true` : isInRegion(table)
}

/**
 * Whether the recipients in a table of that name are the actor's own organisations. Row-level security says the same; this says it
 * so that PostgreSQL can use its indexes: the region, or the array of organisations, is made once a query.
 */
export function isOwnRecipient(scope: Scope, table: string): RawBuilder<SqlBool> {
  if (seesWholeSector(scope)) return sql<SqlBool>`true`
  if (scope.kind === 'region') return isInRegion(table)
  const organisationId = sql.ref(`${table}.organisation_id`)
  if (scope.kind === 'organisation') return sql<SqlBool>`${organisationId} = ${scope.organisationId}`
  return sql<SqlBool>`${organisationId} = any (array(select carecert_organisations()))`
}

function isInRegion(table: string): RawBuilder<SqlBool> {
  return sql<SqlBool>`${sql.ref(`${table}.looked_after_by`)} = (select carecert_region())`
}

/**
 * Whether a recipient, in tables of those names, owes an answer: it gave none, or gave its newest before an update asked everybody to answer
 * again. What it said before stands until then.
 */
export function owesAnswer(recipient: string, bulletin: string): RawBuilder<SqlBool> {
  const [answered, asked] = [sql.ref(`${recipient}.response_at`), sql.ref(`${bulletin}.answer_again_at`)]
  return sql<SqlBool>`(${sql.ref(`${recipient}.response`)} is null or ${answered} < ${asked})`
}

/**
 * Whether an organisation, by the code and name of that table or alias, is the one looked for: by its code, or by words that its name holds, as
 * the directory compares names. Signs alone name nobody.
 */
export function isOrganisationNamed(search: string, table: string): RawBuilder<SqlBool> {
  const words = nameKey(search)
    .split(' ')
    .filter(word => word !== '')
  const isCode = sql`${sql.ref(`${table}.code`)} = ${search.trim().toUpperCase()}`
  if (words.length === 0) return sql<SqlBool>`${isCode}`
  const hasWords = sql.join(
    words.map(word => sql`${sql.ref(`${table}.name_key`)} like ${`%${word.replace(/[\\%_]/g, '\\$&')}%`}`),
    sql` and `,
  )
  return sql<SqlBool>`(${isCode} or (${hasWords}))`
}
