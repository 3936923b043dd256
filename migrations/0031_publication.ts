import { sql, type Kysely } from 'kysely'

/** What is published of bulletins to machines, and the CSAF provider's files. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Published bulletins are read newest change first.
  await sql`create index broadcast_bulletin_changed on broadcast_bulletin (updated_at desc, number desc) where released_at is not null`.execute(db)
}
