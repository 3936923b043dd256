import { sql, type Kysely, type RawBuilder } from 'kysely'

/**
 * Opens a table to the application's role through row-level security: `visible` says which rows may be read, `writable`
 * which may be written or made. Without `writable`, what may be read may be written.
 */
export async function protect(db: Kysely<unknown>, table: string, visible: RawBuilder<unknown>, writable: RawBuilder<unknown> = visible): Promise<void> {
  await sql`grant select, insert, update, delete on ${sql.table(table)} to carecert_app`.execute(db)
  await sql`alter table ${sql.table(table)} enable row level security`.execute(db)
  await sql`create policy ${sql.ref(`${table}_read`)} on ${sql.table(table)} for select using (${visible})`.execute(db)
  await sql`create policy ${sql.ref(`${table}_write`)} on ${sql.table(table)} using (${writable})`.execute(db)
}
