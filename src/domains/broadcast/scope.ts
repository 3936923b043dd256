import { sql, type RawBuilder, type SqlBool } from 'kysely'
import type { Scope } from '../../platform/work/actor.ts'

/** Whether the actor's figures are the whole sector's, which are kept as sums (`broadcast_tally`). Others count their own rows. */
export function seesWholeSector(scope: Scope): boolean {
  return scope.kind === 'centre' || scope.kind === 'system'
}

/**
 * Whether the recipient in that column is one of the actor's own organisations. Row-level security says the same; this says it
 * so that PostgreSQL can use the index by organisation: the array is made once a query.
 */
export function isOwnRecipient(scope: Scope, organisationIdColumn: string): RawBuilder<SqlBool> {
  if (seesWholeSector(scope)) return sql<SqlBool>`true`
  if (scope.kind === 'organisation') return sql<SqlBool>`${sql.ref(organisationIdColumn)} = ${scope.organisationId}`
  return sql<SqlBool>`${sql.ref(organisationIdColumn)} = any (array(select carecert_organisations()))`
}
