import { sql, type Kysely } from 'kysely'

/** Whether a contact got bulletins when it stopped our messages: only then does taking that back turn them on again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table directory_contact_repair add column had_bulletins boolean not null default true`.execute(db)
}
