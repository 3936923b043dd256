import { sql, type Kysely } from 'kysely'

/** Questions about good practice were never offered: nothing writes or reads their table, nor asks the function that would have handed one over. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop table assure_practice_question`.execute(db)
  await sql`drop function assure_practice_asked(text)`.execute(db)
}
