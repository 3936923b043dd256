import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { z } from 'zod'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { sleep } from '../clock/clock.ts'
import { openDatabase } from '../db/database.ts'
import { SYSTEM } from '../work/actor.ts'
import { runWork } from '../work/work.ts'
import { handles, type JobHandler, type JobKind } from './job.ts'
import { openJobs, type Jobs } from './jobs.ts'
import { listJobs, queueOverview, type JobFilter } from './overview.ts'

const platform = await createTestPlatform()
const COUNT: JobKind<{ number: number }> = { name: 'test.count', payload: z.object({ number: z.number() }) }
const BREAK: JobKind<object> = { name: 'test.break', payload: z.object({}) }
const SWEEP: JobKind<object> = { name: 'test.sweep', payload: z.object({}), atMostOneWaiting: true }

const taken = new Map<number, number>()
let breaks = 0
let sweeps = 0

const settings = { purpose: 'A test', retries: 1, retryAfterSeconds: 1, expireAfterSeconds: 60 }
const handlers: readonly JobHandler<object>[] = [
  handles(COUNT, { ...settings, handle: async (_context: object, { number }) => void taken.set(number, (taken.get(number) ?? 0) + 1) }),
  handles(BREAK, {
    ...settings,
    handle: async () => {
      breaks += 1
      throw new Error('The other side gave no answer')
    },
  }),
  handles(SWEEP, { ...settings, handle: async () => void (sweeps += 1) }),
]

const running: { jobs: Jobs; close(): Promise<void> }[] = []
after(async () => {
  for (const { jobs, close } of running) {
    await jobs.stop()
    await close()
  }
})

/** Another process of the same installation, as far as the queue can tell. */
async function anotherWorker(): Promise<Jobs> {
  const database = await openDatabase(platform.testDatabase.address)
  const jobs = await openJobs(database, platform.log, handlers, { migrate: true })
  running.push({ jobs, close: () => database.close() })
  return jobs
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 30_000; waited += 50) {
    if (await condition()) return
    await sleep(50)
  }
  assert.fail('It did not come to pass within half a minute.')
}

function failedJobs() {
  const filter: JobFilter = { state: 'failed', kind: null, search: '' }
  return listJobs(platform.database.kysely, filter, '-asked', { limit: 10, cursor: null })
}

const jobs = await anotherWorker()
const own = { ...platform, jobs }

test('the very first job of a new queue can be asked for inside a unit of work', { timeout: 20_000 }, async () => {
  await runWork<object, void>(own, SYSTEM, async work => work.enqueue(COUNT, { number: -1 }))
  await jobs.drain({}, handlers)
  assert.equal(taken.get(-1), 1)
  taken.clear()
})

test('a job whose unit of work is rolled back does not exist', async () => {
  await assert.rejects(
    runWork<object, void>(own, SYSTEM, async work => {
      work.enqueue(COUNT, { number: 666 })
      work.record({ verb: 'test.asked', subject: { kind: 'test', id: 'x' } })
      throw new Error('no')
    }),
    /no/,
  )
  await jobs.drain({}, handlers)
  assert.equal(taken.has(666), false)
})

test('asking again while one waits adds nothing, for a kind that says so; asking after it ran does', async () => {
  const ask = () => runWork<object, void>(own, SYSTEM, async work => work.enqueue(SWEEP, {}, { onceKey: 'all' }))
  await ask()
  await ask()
  await jobs.drain({}, handlers)
  assert.equal(sweeps, 1)
  await ask()
  await jobs.drain({}, handlers)
  assert.equal(sweeps, 2)
})

test('several workers take every job, and none twice', async () => {
  await runWork<object, void>(own, SYSTEM, async work => {
    for (let number = 0; number < 120; number += 1) work.enqueue(COUNT, { number })
  })
  const workers = [jobs, await anotherWorker(), await anotherWorker()]
  await Promise.all(workers.map(worker => worker.work({}, handlers)))
  await until(() => taken.size === 120)
  await sleep(300)
  assert.deepEqual([...new Set(taken.values())], [1])
})

test('a job that fails is tried again after a pause; then it is kept, with the reason, until an operator tries it again', async () => {
  await runWork<object, void>(own, SYSTEM, async work => work.enqueue(BREAK, {}))
  await until(async () => (await failedJobs()).total === 1)
  assert.equal(breaks, 2, 'once, and once again')
  const [failed] = (await failedJobs()).rows
  assert.ok(failed)
  assert.match(failed.why ?? '', /gave no answer/)
  const queue = (await queueOverview(platform.database.kysely)).find(({ name }) => name === BREAK.name)
  assert.equal(queue?.failed, 1)

  assert.equal(await jobs.retry(BREAK.name, failed.id), true)
  await until(() => breaks > 2)
  assert.equal(await jobs.retry(BREAK.name, '00000000-0000-4000-8000-000000000000'), false)
})
