import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { parseLocalDate } from '../../../kernel/instant.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { respond } from '../responses/commands.ts'
import type { ResponseState } from '../responses/model.ts'
import type { Visible } from '../tables.ts'
import { mergeTally } from './commands.ts'
import { funnel, SUM_KEYS } from './queries.ts'
import { timesOfAll } from './queries/times.ts'
import { TIME_EVENTS, type TimeEvent, type Times } from './times.ts'

const platform = await createTestPlatform()
const read = <R>(body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, SYSTEM, body)

function timesNow(bulletinId: string): Promise<Times> {
  return read(async db => timesOfAll(db, SYSTEM.scope, { bulletinId, now: platform.clock.now() }, await funnel(db, SYSTEM.scope, bulletinId)))
}

function didIn(times: Times, event: TimeEvent): number {
  return times.curves[event].reduce((sum, { did }) => sum + did, 0)
}

function answer(bulletin: ReleasedBulletin, index: number, state: ResponseState): Promise<void> {
  const organisationId = bulletin.organisationIds[index]
  if (organisationId === undefined) throw new Error('There is no such organisation.')
  return runWork<Visible, void>(platform, SYSTEM, work =>
    respond(work, {
      bulletinId: bulletin.bulletinId,
      organisationId,
      state,
      note: null,
      reason: state === 'not-acting' ? 'Another way.' : null,
      nextDate: state === 'in-progress' ? (parseLocalDate('2027-01-01') ?? null) : null,
      via: 'portal',
    }),
  )
}

test('the curves hold an answer as soon as it is given, and one that is taken back no more, merged or not', async () => {
  const other = await releasedBulletin(platform, { organisations: 6, reachable: 6, prefix: 'C' })
  const did = async () => {
    const times = await timesNow(other.bulletinId)
    return TIME_EVENTS.map(event => didIn(times, event))
  }
  assert.deepEqual(await did(), [0, 0, 0])
  await answer(other, 0, 'acknowledged')
  assert.deepEqual(await did(), [1, 0, 0])
  platform.clock.advanceHours(2)
  await answer(other, 0, 'done')
  await answer(other, 1, 'done')
  assert.deepEqual(await did(), [2, 2, 2])
  await answer(other, 1, 'in-progress')
  assert.deepEqual(await did(), [2, 2, 1])
  await runWork<Visible, void>(platform, SYSTEM, work => mergeTally(work, other.bulletinId))
  assert.deepEqual(await did(), [2, 2, 1])
  const rows = await read(db => db.selectFrom('broadcast_answer_time').where('bulletin_id', '=', other.bulletinId).selectAll().execute())
  assert.equal(new Set(rows.map(row => JSON.stringify(SUM_KEYS.broadcast_answer_time.map(key => row[key])))).size, rows.length, 'one row a key')
  assert.ok(rows.every(({ change }) => change > 0))
  const { done } = (await timesNow(other.bulletinId)).curves
  assert.deepEqual(
    done.map(({ hours, atRisk, did: count }) => [hours, atRisk, count]),
    [[2, 6, 1]],
    'two hours later, and all six were still to fix it',
  )
  await answer(other, 2, 'not-applicable')
  platform.clock.advanceHours(2)
  await answer(other, 3, 'done')
  assert.deepEqual(
    (await timesNow(other.bulletinId)).curves.done.map(({ hours, atRisk }) => [hours, atRisk]),
    [
      [2, 6],
      [4, 4],
    ],
    'whoever it does not concern has nothing to fix from then on',
  )
})

test('who was caught up later is timed from then, and watched no longer than since then', async () => {
  const other = await releasedBulletin(platform, { organisations: 4, reachable: 4, prefix: 'L' })
  platform.clock.advanceHours(10)
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    await work.db
      .updateTable('broadcast_recipient')
      .where('bulletin_id', '=', other.bulletinId)
      .where('organisation_id', 'in', other.organisationIds.slice(2))
      .set({ joined_at: work.now })
      .execute()
    work.record({ verb: 'test.joined', subject: { kind: 'bulletin', id: other.bulletinId } })
  })
  platform.clock.advanceHours(1)
  await answer(other, 2, 'acknowledged')
  platform.clock.advanceHours(4)
  await answer(other, 0, 'acknowledged')
  assert.deepEqual(
    (await timesNow(other.bulletinId)).curves.acknowledged.map(({ hours, atRisk, share }) => [hours, atRisk, share]),
    [
      [1, 4, 0.25],
      [15, 2, 0.625],
    ],
    'at 15 hours the fourth is no longer watched: it was told 5 hours ago',
  )
})

test('a step of time ends no earlier than what happened in it, and is round', async () => {
  const ends = await read(async db => {
    const { rows } = await sql<{ end: number }>`
      select broadcast_step_end('2026-01-01T00:00Z', '2026-01-01T00:00Z'::timestamptz + make_interval(secs => seconds)) as end
      from unnest(array[-5, 0, 1, 300, 301, 3600, 3601, 14400, 14401, 43200, 43201, 259200, 259201, 1209600, 1209601, 5184000, 5184001]) with ordinality as given (seconds, place) order by place`.execute(
      db,
    )
    return rows.map(row => row.end)
  })
  assert.deepEqual(ends, [5, 5, 5, 5, 10, 60, 75, 240, 270, 720, 780, 4_320, 4_680, 20_160, 21_600, 86_400, 90_720])
})
