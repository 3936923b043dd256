import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInstant, parseLocalDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import { addWorkingHours, dueSteps, isWorkingTime, policiesFor, policySentence, stepsOf, type ChasePolicy } from './model.ts'

const at = (text: string): Instant => parseInstant(text) ?? assert.fail(text)
const policy = (over: Partial<ChasePolicy> = {}): ChasePolicy => ({
  id: 1,
  severity: 'high',
  organisationType: null,
  effectiveFrom: parseLocalDate('2018-04-01') ?? assert.fail(),
  acknowledgeHours: 48,
  actHours: null,
  remindHours: [12, 4],
  telephoneHours: 12,
  escalateHours: 36,
  escalateTo: ['senior information risk owner'],
  regionHours: 44,
  isWorkingHours: false,
  closedDays: new Set(),
  source: 'test',
  ...over,
})
const RELEASED = at('2026-11-20T16:00:00Z')

const OPEN: ReadonlySet<LocalDate> = new Set()
const day = (text: string): LocalDate => parseLocalDate(text) ?? assert.fail(text)

test('working hours stop at six, over the weekend and across the change of clocks', () => {
  assert.deepEqual(addWorkingHours(at('2026-11-20T16:00:00Z'), 1, OPEN), at('2026-11-20T17:00:00Z'))
  assert.deepEqual(addWorkingHours(at('2026-11-20T16:00:00Z'), 2, OPEN), at('2026-11-20T18:00:00Z'))
  assert.deepEqual(addWorkingHours(at('2026-11-20T16:00:00Z'), 3, OPEN), at('2026-11-23T09:00:00Z'), 'Friday to Monday')
  assert.deepEqual(addWorkingHours(at('2026-11-21T12:00:00Z'), 4, OPEN), at('2026-11-23T12:00:00Z'), 'from a Saturday')
  assert.deepEqual(addWorkingHours(at('2027-03-26T17:00:00Z'), 2, OPEN), at('2027-03-29T08:00:00Z'), 'to Monday in summer time')
  assert.deepEqual(addWorkingHours(at('2026-11-23T03:00:00Z'), 10, OPEN), at('2026-11-23T18:00:00Z'), 'from before the day begins')
})

test('nobody works on a closed day, so no hour of it counts', () => {
  const christmas = new Set([day('2026-12-25'), day('2026-12-28')])
  assert.deepEqual(addWorkingHours(at('2026-12-24T17:00:00Z'), 2, christmas), at('2026-12-29T09:00:00Z'), 'over Christmas')
  assert.deepEqual(addWorkingHours(at('2026-12-25T12:00:00Z'), 1, christmas), at('2026-12-29T09:00:00Z'), 'from a closed day')
  const working = policy({
    isWorkingHours: true,
    remindHours: [2],
    telephoneHours: null,
    escalateHours: null,
    regionHours: null,
    closedDays: christmas,
  })
  assert.deepEqual(
    stepsOf(working, at('2026-12-24T17:00:00Z')).map(step => step.at),
    [at('2026-12-29T09:00:00Z')],
  )
  assert.deepEqual(
    stepsOf({ ...working, isWorkingHours: false }, at('2026-12-24T17:00:00Z'))[0]?.at,
    at('2026-12-24T19:00:00Z'),
    'unless all hours count',
  )
})

test('somebody works from eight to six in London, on a day that is not closed', () => {
  const closed = new Set([day('2026-12-25')])
  for (const [when, isWorking] of [
    ['2026-11-20T07:59:59Z', false],
    ['2026-11-20T08:00:00Z', true],
    ['2026-11-20T17:59:59Z', true],
    ['2026-11-20T18:00:00Z', false],
    ['2026-11-21T12:00:00Z', false],
    ['2027-06-01T07:00:00Z', true],
    ['2026-12-25T12:00:00Z', false],
  ] as const)
    assert.equal(isWorkingTime(at(when), closed), isWorking, when)
})

test('the steps stand in the order in which they fall due', () => {
  assert.deepEqual(
    stepsOf(policy(), RELEASED).map(({ kind, nth, at: when }) => [kind, nth, when.toISOString()]),
    [
      ['reminder', 1, '2026-11-20T20:00:00.000Z'],
      ['reminder', 2, '2026-11-21T04:00:00.000Z'],
      ['telephone', 1, '2026-11-21T04:00:00.000Z'],
      ['escalation', 1, '2026-11-22T04:00:00.000Z'],
      ['region', 1, '2026-11-22T12:00:00.000Z'],
    ],
  )
  assert.deepEqual(
    stepsOf(policy({ isWorkingHours: true, remindHours: [4], telephoneHours: null, escalateHours: null, regionHours: null }), RELEASED).map(
      step => step.at,
    ),
    [at('2026-11-23T10:00:00Z')],
  )
})

test('of several reminders that fell due while nothing ran, only the newest is due', () => {
  const steps = stepsOf(policy(), RELEASED)
  assert.deepEqual(dueSteps(steps, at('2026-11-20T19:59:00Z')), [])
  assert.deepEqual(
    dueSteps(steps, at('2026-11-21T05:00:00Z')).map(({ kind, nth }) => [kind, nth]),
    [
      ['reminder', 2],
      ['telephone', 1],
    ],
  )
})

test('the newest row in force on the day of release holds, for each type and for the rest', () => {
  const day = (text: string) => parseLocalDate(text) ?? assert.fail()
  const policies = [
    policy({ id: 1 }),
    policy({ id: 2, effectiveFrom: day('2026-11-20'), remindHours: [2] }),
    policy({ id: 3, effectiveFrom: day('2026-11-21'), remindHours: [1] }),
    policy({ id: 4, organisationType: 'practice' }),
    policy({ id: 5, severity: 'low' }),
  ]
  const found = policiesFor(policies, 'high', RELEASED)
  assert.deepEqual(
    [...found].map(([type, { id }]) => [type, id]).toSorted(),
    [
      [null, 2],
      ['practice', 4],
    ].toSorted(),
  )
  assert.equal(policiesFor(policies, 'medium', RELEASED).size, 0)
})

test('a policy reads as a sentence', () => {
  assert.equal(
    policySentence(policy()),
    'High severity: asked to acknowledge within 48 hours, reminders after 4 and 12 hours, on the telephone list after 12 hours, told to their senior information risk owner after 36 hours, told to their region after 44 hours.',
  )
  assert.equal(
    policySentence(policy({ acknowledgeHours: 1, remindHours: [1], telephoneHours: null, escalateHours: null, regionHours: null })),
    'High severity: asked to acknowledge within 1 hour, a reminder after 1 hour.',
  )
  assert.equal(
    policySentence(policy({ acknowledgeHours: null, remindHours: [], telephoneHours: null, escalateHours: null, regionHours: null })),
    'High severity: nobody is chased.',
  )
})
