import type { Kysely } from 'kysely'
import { PgBoss, fromKysely, type Job, type JobResult } from 'pg-boss'
import { Bug } from '../../kernel/errors.ts'
import type { Database } from '../db/database.ts'
import type { Log } from '../log/log.ts'
import type { JobHandler, QueuedJob } from './job.ts'

/** The queue: jobs are rows of the same database, so they are committed with the work that asked for them. */
export interface Jobs {
  /** Stores jobs inside a transaction. */
  store(transaction: Kysely<unknown>, jobs: readonly QueuedJob[]): Promise<void>
  /** Takes jobs up until `stop`. Any number of processes may do so at once; no job is taken by two. */
  work<Context>(context: Context, handlers: readonly JobHandler<Context>[]): Promise<void>
  /** Runs what is waiting, one job after another, until nothing is left: for commands and tests that must not return before. */
  drain<Context>(context: Context, handlers: readonly JobHandler<Context>[]): Promise<void>
  /** Puts a failed job back. Gives false when it is not there or not failed. */
  retry(queue: string, id: string): Promise<boolean>
  stop(): Promise<void>
}

/** How soon a waiting job is noticed. Each kind is asked for by itself, so what nobody waits for is asked for more rarely. */
const POLL_SECONDS = { urgent: 0.5, ordinary: 2 }

/** Opens the queue, making or migrating its tables, and one queue for each handler. */
export async function openJobs(
  database: Database,
  log: Log,
  handlers: readonly Omit<JobHandler<never>, 'handle'>[],
  options: { migrate: boolean },
): Promise<Jobs> {
  const boss = new PgBoss({
    db: { executeSql: async (text, values) => database.pool.query(text, values) },
    backend: 'postgres',
    migrate: options.migrate,
    createSchema: options.migrate,
    schedule: true,
    supervise: true,
    monitorVacuum: false,
    reindex: false,
  })
  boss.on('error', error => log.error({ err: error }, 'jobs: the queue reports an error'))
  boss.on('warning', warning => log.warn({ warning: warning.message }, 'jobs: the queue warns'))
  await boss.start()
  await createQueues(boss, handlers)

  const stopping = new AbortController()
  return {
    async store(transaction, jobs) {
      for (const [name, same] of Map.groupBy(jobs, job => job.name)) {
        const rows = same.map(job => ({
          data: job.payload,
          startAfter: job.delaySeconds,
          ...(job.onceKey === null ? {} : { singletonKey: job.onceKey }),
        }))
        await boss.insert(name, rows, { db: fromKysely(transaction) })
      }
    },
    async work(context, taken) {
      for (const handler of taken) await takeUp(boss, log, context, handler, stopping.signal)
    },
    async drain(context, handlers) {
      for (let ran = true; ran;) {
        ran = false
        for (const handler of handlers) {
          for (const job of await boss.fetch<object>(handler.kind.name, { batchSize: 10 })) {
            ran = true
            try {
              await attempt(context, handler, job.data, stopping.signal)
              await boss.complete(handler.kind.name, job.id)
            } catch (error) {
              await boss.fail(handler.kind.name, job.id, { message: error instanceof Error ? error.message : 'failed' })
            }
          }
        }
      }
    },
    async retry(queue, id) {
      const [job] = await boss.findJobs(queue, { id })
      if (job?.state !== 'failed') return false
      await boss.retry(queue, id)
      return true
    },
    async stop() {
      stopping.abort()
      await boss.stop({ graceful: true, timeout: 20_000, close: false })
    },
  }
}

async function createQueues(boss: PgBoss, handlers: readonly Omit<JobHandler<never>, 'handle'>[]): Promise<void> {
  const wanted = handlers.map(handler => ({
    name: handler.kind.name,
    isOnce: handler.kind.atMostOneWaiting === true,
    retryLimit: handler.retries,
    retryDelay: handler.retryAfterSeconds,
    retryBackoff: true,
    retryDelayMax: 3_600,
    expireInSeconds: handler.expireAfterSeconds,
  }))
  const existing = new Map((await boss.getQueues()).map(queue => [queue.name, queue]))
  for (const { name, isOnce, ...settings } of wanted) {
    const found = existing.get(name)
    if (found === undefined) await boss.createQueue(name, { ...settings, policy: isOnce ? 'short' : 'standard' })
    else if (
      found.retryLimit !== settings.retryLimit ||
      found.retryDelay !== settings.retryDelay ||
      found.expireInSeconds !== settings.expireInSeconds
    )
      await boss.updateQueue(name, settings)
    // An insert of nothing puts the queue into pg-boss's cache: looking it up later, inside a transaction, would take a second
    // connection, for which the embedded database would wait for ever.
    await boss.insert(name, [])
  }
  for (const handler of handlers) {
    if (handler.cron !== undefined) await boss.schedule(handler.kind.name, handler.cron, {}, { tz: 'Europe/London' })
  }
}

/** Two at once, because a worker that found its batch full looks again without a pause only where a batch is more than one. */
const JOBS_AT_ONCE = 2

async function takeUp<Context>(boss: PgBoss, log: Log, context: Context, handler: JobHandler<Context>, stopping: AbortSignal): Promise<void> {
  const options = {
    batchSize: JOBS_AT_ONCE,
    pollingIntervalSeconds: handler.isUrgent === true ? POLL_SECONDS.urgent : POLL_SECONDS.ordinary,
    burstWhenBatchFull: true,
    perJobResults: true,
    localConcurrency: handler.loops ?? 1,
  } as const
  const run = async (job: Job): Promise<JobResult> => {
    try {
      await attempt(context, handler, job.data, AbortSignal.any([stopping, job.signal]))
      return { id: job.id, status: 'completed' }
    } catch (error) {
      log.warn({ err: error, job: handler.kind.name, jobId: job.id }, 'jobs: an attempt failed')
      return { id: job.id, status: 'failed', output: { message: error instanceof Error ? error.message : 'It failed without a reason.' } }
    }
  }
  await boss.work<object, unknown, typeof options>(handler.kind.name, options, jobs => Promise.all(jobs.map(run)))
}

async function attempt<Context>(context: Context, handler: JobHandler<Context>, data: unknown, signal: AbortSignal): Promise<void> {
  const payload = handler.kind.payload.safeParse(data ?? {})
  if (!payload.success) throw new Bug('platform.jobs.payload', `The payload of ${handler.kind.name} does not fit its schema`, payload.error.message)
  await handler.handle(context, payload.data, signal)
}
