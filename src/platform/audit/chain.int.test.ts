import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { monotonicMillis, sleep } from '../clock/clock.ts'
import { SYSTEM } from '../work/actor.ts'
import { runWork } from '../work/work.ts'
import { verifyChain } from './verify.ts'

const platform = await createTestPlatform()
const WRITERS = 10
const UNITS = 8
const PAUSE_MILLIS = 40

test(
  'ten writers at once neither fork the chain nor wait for each other’s work',
  { skip: platform.database.engine === 'embedded' ? 'the embedded database has one session' : false },
  async () => {
    const started = monotonicMillis()
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let unit = 0; unit < UNITS; unit += 1) {
          await runWork<object, void>(platform, SYSTEM, async work => {
            await sleep(PAUSE_MILLIS)
            work.record({ verb: 'test.written', subject: { kind: 'writer', id: `${writer}-${unit}` } })
            work.record({ verb: 'test.written-again', subject: { kind: 'writer', id: `${writer}-${unit}` } })
          })
        }
      }),
    )
    const elapsed = monotonicMillis() - started

    const verdict = await verifyChain(platform.database.kysely)
    assert.deepEqual({ records: verdict.records, ok: verdict.ok }, { records: WRITERS * UNITS * 2, ok: true })
    // Had the units waited for each other, this many pauses would stand one after the other. No figure of speed is claimed here.
    assert.ok(elapsed < WRITERS * UNITS * PAUSE_MILLIS, `the writers were serialised: ${Math.round(elapsed)} ms`)
  },
)
