import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** When each CSAF document was written last, which dates the lists that name it; and when documents were issued anew though their bulletin had not changed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table interop_csaf_document add column written_at timestamptz`.execute(db)
  await sql`update interop_csaf_document set written_at = updated_at`.execute(db)
  await sql`alter table interop_csaf_document alter column written_at set not null`.execute(db)

  await sql`
    create table interop_csaf_reissue (
      bulletin_id text not null references broadcast_bulletin (id),
      at timestamptz not null,
      primary key (bulletin_id, at)
    )`.execute(db)
  await protect(db, 'interop_csaf_reissue', sql`(select carecert_sees_all())`)
}
