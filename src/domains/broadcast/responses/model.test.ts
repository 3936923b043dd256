import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAnswer as readTyped, type TypedAnswer } from './fields.ts'
import { RESPONSE_CHOICES, RESPONSE_STATES, standing, type Reason } from './model.ts'

const now = new Date('2026-11-20T09:00:00Z')

const REASONS: readonly Reason[] = [
  { code: 'replaced-soon', label: 'It is replaced soon', says: '', needsWords: false, reviewDays: 90 },
  { code: 'other', label: 'Another reason', says: '', needsWords: true, reviewDays: 28 },
]

function readAnswer(typed: TypedAnswer, at: Date) {
  return readTyped(typed, at, REASONS)
}

function problemsOf(typed: Record<string, unknown>): readonly string[] {
  const read = readAnswer(typed, now)
  return read.ok ? [] : read.problems.map(({ pointer }) => pointer)
}

test('every answer is full in itself, save that one needs a date and one a reason', () => {
  for (const state of RESPONSE_CHOICES) {
    const { needs } = RESPONSE_STATES[state]
    assert.deepEqual(problemsOf({ state }), needs === 'date' ? ['nextDate'] : needs === 'reason' ? ['reasonCode'] : [])
  }
})

test('choosing not to act is an answer that counts as decided', () => {
  const read = readAnswer({ state: 'not-acting', reason: 'The device is at the end of its life and stands alone.' }, now)
  assert.ok(read.ok)
  assert.equal(RESPONSE_STATES[read.answer.state].isDecided, true)
  assert.equal(RESPONSE_STATES[read.answer.state].isDone, false)
})

test('a reason of blanks is no reason', () => {
  assert.deepEqual(problemsOf({ state: 'not-acting', reason: '  \n ' }), ['reasonCode'])
  assert.deepEqual(problemsOf({ state: 'not-acting', reasonCode: 'other', reason: '  \n ' }), ['reason'])
})

test('the next date is taken in one piece or in three, and must be a day that comes', () => {
  const date = (typed: Record<string, unknown>) => {
    const read = readAnswer({ state: 'in-progress', ...typed }, now)
    return read.ok ? read.answer.nextDate : read.problems[0]?.message
  }
  assert.equal(date({ nextDate: '2026-11-23' }), '2026-11-23')
  assert.equal(date({ 'nextDate-day': '3', 'nextDate-month': '1', 'nextDate-year': '2027' }), '2027-01-03')
  assert.equal(date({ nextDate: '2026-11-20' }), '2026-11-20', 'today is not too early')
  assert.match(date({ nextDate: '2026-11-19' }) ?? '', /today or later/)
  assert.match(date({ 'nextDate-day': '31', 'nextDate-month': '2', 'nextDate-year': '2027' }) ?? '', /exists/)
  assert.match(date({ 'nextDate-day': 'x' }) ?? '', /exists/)
  assert.match(date({ nextDate: '2029-01-01' }) ?? '', /next year/)
})

test('a date or reason that the answer does not need is left out', () => {
  const read = readAnswer({ state: 'done', reason: 'because', nextDate: '2026-11-23' }, now)
  assert.deepEqual(read.ok && [read.answer.reason, read.answer.nextDate], [null, null])
})

test('an answer that is none of the six is refused', () => {
  for (const state of ['', 'ignored', 'constructor', 'toString']) assert.deepEqual(problemsOf({ state }), ['state'])
  assert.deepEqual(problemsOf({ state: ['done', 'done'] }), ['state'])
})

test('silence and unreachable are told apart, and an answer outweighs both', () => {
  assert.equal(standing({ response: null, isReachable: true }), 'silent')
  assert.equal(standing({ response: null, isReachable: false }), 'unreachable')
  assert.equal(standing({ response: 'done', isReachable: false }), 'done')
})

test('a reason of the policy says enough by itself, and names when it is looked at again', () => {
  const read = readAnswer({ state: 'not-acting', reasonCode: 'replaced-soon' }, now)
  assert.deepEqual(read.ok && [read.answer.reasonCode, read.answer.reason, read.answer.reviewOn], ['replaced-soon', null, '2027-02-18'])
  const moved = readAnswer(
    { state: 'not-acting', reasonCode: 'replaced-soon', 'reviewOn-day': '1', 'reviewOn-month': '12', 'reviewOn-year': '2026' },
    now,
  )
  assert.equal(moved.ok && moved.answer.reviewOn, '2026-12-01')
  assert.deepEqual(problemsOf({ state: 'not-acting', reasonCode: 'invented' }), ['reasonCode'])
  const words = readAnswer({ state: 'not-acting', reason: 'It stands alone.' }, now)
  assert.deepEqual(words.ok && [words.answer.reasonCode, words.answer.reason], ['other', 'It stands alone.'])
})

test('a maintenance window is read as clocks in London show it, and whole or not at all', () => {
  const typed = {
    state: 'not-acting',
    reasonCode: 'replaced-soon',
    windowDate: '2027-06-05',
    windowTime: '22:00',
    windowHours: '6',
    windowStops: 'The records system',
  }
  const read = readAnswer(typed, now)
  assert.deepEqual(read.ok && read.answer.window, {
    from: new Date('2027-06-05T21:00:00Z'),
    to: new Date('2027-06-06T03:00:00Z'),
    stops: 'The records system',
    agreedBy: null,
  })
  assert.deepEqual(problemsOf({ ...typed, windowTime: '25:00' }), ['windowTime'])
  assert.deepEqual(problemsOf({ ...typed, windowStops: '' }), ['windowStops'])
  assert.deepEqual(problemsOf({ state: 'done', windowHours: '4' }), ['windowDate', 'windowTime', 'windowStops'])
})

test('evidence is a line and the hash of a file that stays where it is', () => {
  assert.deepEqual(problemsOf({ state: 'done', evidenceSha256: 'not a hash' }), ['evidenceSha256'])
  const read = readAnswer({ state: 'done', evidence: 'Change 4711', evidenceSha256: 'A'.repeat(64) }, now)
  assert.deepEqual(read.ok && [read.answer.evidence, read.answer.evidenceSha256], ['Change 4711', 'a'.repeat(64)])
})
