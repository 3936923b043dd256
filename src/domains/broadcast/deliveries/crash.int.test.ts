import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import { sleep } from '../../../platform/clock/clock.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { deliverMailing } from './jobs.ts'
import { BATCH_SIZE, LEASE_SECONDS, MOST_IN_DOUBT } from './model.ts'
import { deliveryCounts } from './queries.ts'

const sink = await startSmtpSink(() => ({ waitMillis: 4 }))
const platform = await createTestPlatform({ smtpUrl: sink.url })
const WORKER = fileURLToPath(new URL('../../../../test/support/deliver-worker.ts', import.meta.url))
const SIZE = 350

/** A worker in a process of its own, reaching the same database and mail server. */
function startWorker(bulletin: ReleasedBulletin): ChildProcess {
  const { url, dataFolder } = platform.testDatabase.address
  return spawn(process.execPath, [WORKER, bulletin.mailingId], {
    env: {
      ...process.env,
      LOG_LEVEL: 'fatal',
      SMTP_URL: sink.url,
      CARECERT_DATA: dataFolder,
      CARECERT_SECRET: 'a secret for tests only, of no worth',
      BASE_URL: 'http://localhost:8080',
      ...(url === null ? {} : { DATABASE_URL: url }),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

function sentIds(bulletin: ReleasedBulletin): Promise<readonly string[]> {
  return readAs<Visible, readonly string[]>(platform, SYSTEM, async db =>
    (
      await db
        .selectFrom('broadcast_delivery')
        .where('bulletin_id', '=', bulletin.bulletinId)
        .where('state', '=', 'sent')
        .select('message_id')
        .execute()
    ).map(row => row.message_id),
  )
}

async function killedMidway(bulletin: ReleasedBulletin, after: number): Promise<void> {
  const before = sink.messages.length
  const worker = startWorker(bulletin)
  const ended = once(worker, 'exit')
  for (let waited = 0; sink.messages.length - before < after; waited += 5) {
    assert.ok(waited < 60_000 && worker.exitCode === null, 'the worker got nowhere')
    await sleep(5)
  }
  worker.kill('SIGKILL')
  await ended
}

test('a worker killed by kill -9 in the middle, and again, loses no message and doubles none but those in the one window', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: SIZE, prefix: 'A' })
  // Before the first batch is through: what was sent of it is written down as it goes.
  await killedMidway(bulletin, BATCH_SIZE - 10)
  const recordedFirst = new Set(await sentIds(bulletin))
  assert.ok(recordedFirst.size > 0 && recordedFirst.size < SIZE, `killed in the middle: ${recordedFirst.size} recorded`)
  await killedMidway(bulletin, 60)
  const recorded = new Set(await sentIds(bulletin))
  assert.ok([...recordedFirst].every(id => recorded.has(id)))

  const atKill = sink.messages.length
  const inDoubt = new Set(sink.messages.map(({ messageId }) => messageId).filter(id => !recorded.has(id)))
  platform.clock.set(new Date(Date.now() + LEASE_SECONDS * 1_000 + 60_000).toISOString())
  sink.manner = () => 'take'
  await deliverMailing(platform, bulletin.mailingId, new AbortController().signal)

  const counts = await readAs<Visible, Awaited<ReturnType<typeof deliveryCounts>>>(platform, SYSTEM, db => deliveryCounts(db, bulletin.bulletinId))
  assert.deepEqual([counts.sent, counts.total], [SIZE, SIZE], 'the ledger is whole')
  const times = Map.groupBy(sink.messages, ({ to }) => to)
  assert.equal(times.size, SIZE, 'nobody was left out')
  const again = sink.messages.slice(atKill)
  assert.ok(
    again.every(({ messageId }) => !recorded.has(messageId)),
    'nothing that was written down as sent was sent again',
  )
  const doubled = [...times.values()].filter(list => list.length > 1)
  assert.ok(doubled.length <= 2 * MOST_IN_DOUBT, `${doubled.length} doubled by two kills`)
  assert.ok(
    doubled.every(list => list.length === 2 && new Set(list.map(({ messageId }) => messageId)).size === 1),
    'a repeat carries the same Message-ID',
  )
  assert.ok(doubled.every(list => inDoubt.has(list[0]?.messageId ?? '')))
})

test('workers in processes of their own share a release and double nothing', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: SIZE, prefix: 'B' })
  const workers = [startWorker(bulletin), startWorker(bulletin)]
  const codes = await Promise.all(workers.map(async worker => (await once(worker, 'exit'))[0] as number))
  assert.deepEqual(codes, [0, 0])
  const sent = sink.messages.filter(({ to }) => /@b\d+\.example$/.test(to))
  assert.deepEqual([sent.length, new Set(sent.map(({ to }) => to)).size], [SIZE, SIZE])
})
