import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/**
 * The bytes of a large document, in pieces, each under the SHA-256 of the whole and its number: none is ever held whole. The document has its own
 * row once all of them are there. Nobody changes or removes them through the application.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table watch_document_piece (
      hash text not null,
      number integer not null check (number >= 0),
      gzip bytea not null,
      primary key (hash, number)
    )`.execute(db)
  // It is compressed already: the database should not try again.
  await sql`alter table watch_document_piece alter column gzip set storage external`.execute(db)
  const centre = sql`(select carecert_sees_all())`
  await protect(db, 'watch_document_piece', centre)
  await sql`revoke update, delete on watch_document_piece from carecert_app`.execute(db)
  await sql`alter table watch_document alter column gzip drop not null`.execute(db)
}
