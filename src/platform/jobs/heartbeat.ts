import { sql, type Kysely } from 'kysely'

/** How often a worker says that it lives. */
export const HEARTBEAT_SECONDS = 10

/** Says that the worker of that name lives. */
export async function beat(db: Pick<Kysely<unknown>, 'getExecutor'>, id: string): Promise<void> {
  await sql`insert into platform_worker (id, started_at, seen_at) values (${id}, now(), now())
    on conflict (id) do update set seen_at = now()`.execute(db)
}

/** Takes the worker off the list, and whoever has not been seen for a day. */
export async function sayGoodbye(db: Pick<Kysely<unknown>, 'getExecutor'>, id: string): Promise<void> {
  await sql`delete from platform_worker where id = ${id} or seen_at < now() - interval '1 day'`.execute(db)
}

/** Whether any worker has shown life lately: three silences in a row count as dead. */
export async function areWorkersAlive(db: Pick<Kysely<unknown>, 'getExecutor'>): Promise<boolean> {
  const { rows } = await sql<{
    alive: boolean
  }>`select exists (select from platform_worker where seen_at > now() - make_interval(secs => ${HEARTBEAT_SECONDS * 3})) as alive`.execute(db)
  return rows[0]?.alive === true
}
