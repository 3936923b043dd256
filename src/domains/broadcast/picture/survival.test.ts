import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kaplanMeier, shareBy, timeTo, type TimeStep } from './survival.ts'

/**
 * Remission under 6-mercaptopurine in weeks, `+` still in remission when last seen: Freireich and others, Blood 21 (1963), 699–716. The textbook
 * example of the estimator; the shares are those that textbooks print (Kleinbaum and Klein, Survival Analysis, table 2.2).
 */
const REMISSION = '6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+'

function stepsOf(times: string): TimeStep[] {
  const steps = new Map<number, { hours: number; did: number; left: number }>()
  for (const time of times.split(' ')) {
    const hours = Number.parseInt(time, 10)
    const step = steps.get(hours) ?? { hours, did: 0, left: 0 }
    if (time.endsWith('+')) step.left += 1
    else step.did += 1
    steps.set(hours, step)
  }
  return [...steps.values()].toSorted((a, b) => a.hours - b.hours)
}

const round = (value: number, digits = 3) => Number(value.toFixed(digits))

test('the curve is the published one, with those still in remission counted until they were last seen', () => {
  const curve = kaplanMeier(21, stepsOf(REMISSION))
  assert.deepEqual(
    curve.map(({ hours, atRisk, did, share }) => [hours, atRisk, did, round(1 - share, 4)]),
    [
      [6, 21, 3, 0.8571],
      [7, 17, 1, 0.8067],
      [10, 15, 1, 0.7529],
      [13, 12, 1, 0.6902],
      [16, 11, 1, 0.6275],
      [22, 7, 1, 0.5378],
      [23, 6, 1, 0.4482],
    ],
  )
  assert.equal(timeTo(0.5, curve), 23)
  assert.equal(timeTo(0.9, curve), null)
})

test('the interval is Greenwood’s on the scale of log(−log S), as statistics packages print it', () => {
  const curve = kaplanMeier(21, stepsOf(REMISSION))
  // The standard errors by Greenwood are 0.0764 at 6 and 0.1346 at 23 weeks; on that scale they give these limits.
  assert.deepEqual(
    [curve[0], curve[6]].map(point => [round(1 - (point?.high ?? 0)), round(1 - (point?.low ?? 0))]),
    [
      [0.62, 0.952],
      [0.188, 0.68],
    ],
  )
  for (const point of curve) assert.ok(point.low >= 0 && point.low < point.share && point.share < point.high && point.high <= 1)
})

test('with nobody lost the curve is the plain share, and the silent stay in it', () => {
  // Ten were told; three answered after 1, 2 and 3 hours; seven have been silent for 48 hours.
  const curve = kaplanMeier(10, [
    { hours: 1, did: 1, left: 0 },
    { hours: 2, did: 1, left: 0 },
    { hours: 3, did: 1, left: 0 },
    { hours: 48, did: 0, left: 7 },
  ])
  assert.deepEqual(
    curve.map(({ share }) => round(share)),
    [0.1, 0.2, 0.3],
  )
  assert.equal(timeTo(0.5, curve), null, 'the middle of those who answered is 2 hours, of everyone it is not reached')
  assert.equal(timeTo(0.1, curve), 1)
  assert.deepEqual([shareBy(0.5, curve), round(shareBy(2.5, curve)), round(shareBy(1_000, curve))], [0, 0.2, 0.3])
})

test('half of two is the first, though a third of three is no whole number', () => {
  assert.equal(
    timeTo(
      0.5,
      kaplanMeier(2, [
        { hours: 4, did: 1, left: 0 },
        { hours: 9, did: 1, left: 0 },
      ]),
    ),
    4,
  )
  const thirds = kaplanMeier(3, [
    { hours: 1, did: 1, left: 0 },
    { hours: 2, did: 1, left: 0 },
    { hours: 3, did: 1, left: 0 },
  ])
  assert.equal(timeTo(2 / 3, thirds), 2)
  assert.deepEqual([thirds[2]?.share, thirds[2]?.low, thirds[2]?.high], [1, 1, 1], 'nobody is left, so there is nothing to be unsure of')
})

test('nobody watched and nothing done is no curve', () => {
  assert.deepEqual(kaplanMeier(0, []), [])
  assert.deepEqual(kaplanMeier(5, [{ hours: 1, did: 0, left: 5 }]), [])
  assert.equal(timeTo(0.5, []), null)
})
