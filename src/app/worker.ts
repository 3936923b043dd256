import { hostname } from 'node:os'
import { sql } from 'kysely'
import type { Platform } from '../platform/platform.ts'
import { JOB_HANDLERS } from './modules.ts'

export interface RunningWorker {
  stop(): Promise<void>
}

/** How often a worker says that it lives. `/readyz` calls workers dead after three silences. */
export const HEARTBEAT_SECONDS = 10

/** Takes up jobs until stopped. Any number of workers may run, on any number of machines. */
export async function startWorker(platform: Platform): Promise<RunningWorker> {
  const id = `${hostname()}:${process.pid}`
  const beat = async () => {
    await sql`insert into platform_worker (id, started_at, seen_at) values (${id}, now(), now())
      on conflict (id) do update set seen_at = now()`.execute(platform.database.kysely)
  }
  await beat()
  const timer = setInterval(() => {
    beat().catch((error: unknown) => platform.log.warn({ err: error }, 'worker: no sign of life could be given'))
  }, HEARTBEAT_SECONDS * 1000)
  await platform.jobs.work(platform, JOB_HANDLERS)
  return {
    async stop() {
      clearInterval(timer)
      await sql`delete from platform_worker where id = ${id} or seen_at < now() - interval '1 day'`.execute(platform.database.kysely)
    },
  }
}
