import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addHours, parseInstant } from '../../../kernel/instant.ts'
import { differenceOf, impactOf, rateOf, windowsOf, type Reporter } from './model.ts'

const released = parseInstant('2026-11-01T00:00:00Z') ?? assert.fail()

test('what is compared lies after the landmark, and as long before the release, at most ninety days', () => {
  const windows = windowsOf(released, 7, addHours(released, 24 * 17))
  assert.deepEqual(windows, {
    before: { from: addHours(released, -240), until: released },
    between: { from: released, until: addHours(released, 168) },
    after: { from: addHours(released, 168), until: addHours(released, 408) },
  })
  assert.equal(windowsOf(released, 7, addHours(released, 168)), null, 'nothing lies after the landmark yet')
  const old = windowsOf(released, 2, addHours(released, 24 * 400))
  assert.deepEqual([old?.before.from, old?.after.until], [addHours(released, -24 * 90), addHours(released, 24 * 92)])
})

test('an organisation hit before the landmark counts against nobody, and one that reports often counts once', () => {
  const reporter = (group: Reporter['group'], before: number, between: number, after: number) => ({ group, before, between, after })
  const impact = impactOf({ acted: 100, notActed: 50 }, [
    reporter('acted', 0, 0, 5),
    reporter('acted', 1, 0, 0),
    reporter('notActed', 0, 1, 0),
    reporter('notActed', 0, 2, 3),
    reporter('notActed', 2, 0, 1),
    reporter(null, 0, 0, 4),
    reporter(null, 0, 0, 0),
  ])
  assert.deepEqual(impact, {
    before: { acted: { reported: 1, organisations: 100 }, notActed: { reported: 1, organisations: 50 } },
    after: { acted: { reported: 1, organisations: 100 }, notActed: { reported: 1, organisations: 48 } },
    between: 2,
    elsewhere: 1,
  })
})

test('one to four say nothing, however many organisations there are; none is said with its interval, unless there are fewer than five', () => {
  for (const reported of [1, 4]) assert.equal(rateOf({ reported, organisations: 10_000 }), null)
  assert.equal(rateOf({ reported: 0, organisations: 4 }), null)
  const none = rateOf({ reported: 0, organisations: 300 })
  assert.deepEqual([none?.share, none?.interval[0], Number(none?.interval[1].toFixed(4))], [0, 0, 0.0126])
  assert.equal(rateOf({ reported: 5, organisations: 10_000 })?.share, 0.0005)
  const enough = { reported: 30, organisations: 300 }
  assert.equal(differenceOf({ acted: { reported: 4, organisations: 300 }, notActed: enough }), null)
  assert.equal(differenceOf({ acted: enough, notActed: { reported: 0, organisations: 0 } }), null)
  const found = differenceOf({ acted: { reported: 6, organisations: 300 }, notActed: enough })
  assert.equal(Number(found?.difference.toFixed(3)), -0.08)
  assert.ok((found?.interval[0] ?? 0) < -0.08 && (found?.interval[1] ?? 0) > -0.08)
})
