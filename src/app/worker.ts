import { hostname } from 'node:os'
import { beat, HEARTBEAT_SECONDS, sayGoodbye } from '../platform/jobs/heartbeat.ts'
import type { Platform } from '../platform/platform.ts'
import { JOB_HANDLERS, SERVICES } from './modules.ts'

export interface RunningWorker {
  stop(): Promise<void>
}

/** Takes up jobs until stopped. Any number of workers may run, on any number of machines. */
export async function startWorker(platform: Platform): Promise<RunningWorker> {
  const id = `${hostname()}:${process.pid}`
  const db = platform.database.kysely
  await beat(db, id)
  const timer = setInterval(() => {
    beat(db, id).catch((error: unknown) => platform.log.warn({ err: error }, 'worker: no sign of life could be given'))
  }, HEARTBEAT_SECONDS * 1000)
  await platform.jobs.work(platform, JOB_HANDLERS)
  const services = await Promise.all(SERVICES.map(service => service.start(platform)))
  return {
    async stop() {
      clearInterval(timer)
      for (const service of services) await service?.stop()
      await sayGoodbye(db, id)
    },
  }
}
