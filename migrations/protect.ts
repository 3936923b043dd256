import { sql, type Kysely, type RawBuilder } from 'kysely'

/**
 * Opens a table to the application's role through row-level security: `visible` says which rows may be read, `writable`
 * which may be written or made. Without `writable`, what may be read may be written.
 */
export async function protect(
  db: Kysely<unknown>,
  table: string,
  visible: RawBuilder<unknown>,
  writable: RawBuilder<unknown> = visible,
): Promise<void> {
  await sql`grant select, insert, update, delete on ${sql.table(table)} to carecert_app`.execute(db)
  await sql`alter table ${sql.table(table)} enable row level security`.execute(db)
  await sql`create policy ${sql.ref(`${table}_read`)} on ${sql.table(table)} for select using (${visible})`.execute(db)
  // One for each kind of write. A policy for all of them would be asked on every read as well, beside the one above.
  await sql`create policy ${sql.ref(`${table}_insert`)} on ${sql.table(table)} for insert with check (${writable})`.execute(db)
  await sql`create policy ${sql.ref(`${table}_update`)} on ${sql.table(table)} for update using (${writable})`.execute(db)
  await sql`create policy ${sql.ref(`${table}_delete`)} on ${sql.table(table)} for delete using (${writable})`.execute(db)
}
