import { sql, type Kysely } from 'kysely'

/** The queue of threats is read in its order, whichever a person chose, without sorting it whole. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index watch_threat_newest on watch_threat (published_at desc nulls last, id)`.execute(db)
  await sql`create index watch_threat_runs on watch_threat ((-runs), published_at desc nulls last, id)`.execute(db)
  await sql`create index watch_threat_due on watch_threat ((coalesce(look_again_on, 'infinity'::date)), priority)`.execute(db)
  await sql`create index watch_threat_new on watch_threat (priority, published_at desc nulls last, id) where state = 'new' and merged_into is null`.execute(
    db,
  )
  // How many there are is counted from this alone.
  await sql`create index watch_threat_states on watch_threat (state) where merged_into is null`.execute(db)
}
