import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * The bytes that were gathered, once each, under their SHA-256: every fact on a page can be followed to what its source wrote. Nobody
 * changes or removes them through the application.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table watch_document (
      hash text primary key,
      gzip bytea not null,
      bytes integer not null,
      first_gathered_at timestamptz not null
    )`.execute(db)
  // It is compressed already: the database should not try again.
  await sql`alter table watch_document alter column gzip set storage external`.execute(db)
  const centre = sql`(select carecert_sees_all())`
  await protect(db, 'watch_document', centre)
  await sql`revoke update, delete on watch_document from carecert_app`.execute(db)
}
