import { sql, type Kysely } from 'kysely'

/** Whether a document was read before is asked for each file of a folder. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index watch_gathering_bytes on watch_gathering (bytes_hash) where outcome <> 'failed'`.execute(db)
}
