import { sql, type Kysely } from 'kysely'

/** The newest answer to a bulletin, at a glance: what was counted of its answers holds until there is another. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index broadcast_response_newest on broadcast_response (bulletin_id, id desc)`.execute(db)
}
