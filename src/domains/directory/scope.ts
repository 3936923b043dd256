import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { may, type Actor, type Scope } from '../../platform/work/actor.ts'

/**
 * Whether the organisation in that column is one that the actor looks after: all of them for the centre, a region's or a
 * partner's for those, one's own for the rest.
 *
 * The column is a reference to organisations, or `<table>.id` of the table of organisations itself.
 * It is the filter of lists and of single pages. Row-level security stands behind it, but is wider for names and addresses:
 * who exists is public, so that anyone can be named as a successor or a partner.
 */
export function isInScope(scope: Scope, organisationIdColumn: string): RawBuilder<SqlBool> {
  if (scope.kind === 'centre' || scope.kind === 'system') return sql<SqlBool>`true`
  if (scope.kind === 'none') return sql<SqlBool>`false`
  const column = sql.ref(organisationIdColumn)
  if (scope.kind === 'region') {
    // A region is thousands of organisations: said in full, the database can walk them by index instead of collecting them all first.
    const code = sql`(select region.code from directory_organisation region where region.id = ${scope.organisationId})`
    if (organisationIdColumn.endsWith('.id'))
      return sql<SqlBool>`(${column} = ${scope.organisationId} or ${sql.ref(organisationIdColumn.replace(/id$/, 'region_code'))} = ${code})`
    return sql<SqlBool>`${column} in (select reached.id from directory_organisation reached where reached.id = ${scope.organisationId}
      or reached.region_code = ${code})`
  }
  return sql<SqlBool>`${column} in (select carecert_organisations())`
}

/** Whether the actor sees the organisation as their own, on its own page, rather than as one that they look after. */
export function isOwnOrganisation(actor: Actor, organisation: { readonly id: string }): boolean {
  return actor.organisationId === organisation.id && may(actor, 'directory.own-organisation.view')
}
