import { sql, type Kysely } from 'kysely'

/**
 * The second lock, narrowed to what the first one lets through: roles are given by the centre or at one's own organisation; a product that
 * others list too is named once and then left alone; settings are the operator's.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const mayKeepRoles = sql`(select carecert_sees_all()) or organisation_id = (select carecert_scope_id())`
  await sql`alter policy directory_assignment_insert on directory_assignment with check (${mayKeepRoles})`.execute(db)
  await sql`alter policy directory_assignment_update on directory_assignment using (${mayKeepRoles})`.execute(db)
  await sql`alter policy directory_assignment_delete on directory_assignment using (${mayKeepRoles})`.execute(db)
  await sql`alter policy directory_product_update on directory_product using ((select carecert_sees_all()))`.execute(db)
  await sql`alter policy directory_product_delete on directory_product using ((select carecert_sees_all()))`.execute(db)
  await sql`revoke insert, update, delete on platform_setting from carecert_app`.execute(db)
}
