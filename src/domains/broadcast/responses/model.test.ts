import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAnswer, RESPONSE_CHOICES, RESPONSE_STATES, standing } from './model.ts'

const now = new Date('2026-11-20T09:00:00Z')

function problemsOf(typed: Record<string, unknown>): readonly string[] {
  const read = readAnswer(typed, now)
  return read.ok ? [] : read.problems.map(({ pointer }) => pointer)
}

test('every answer is full in itself, save that one needs a date and one a reason', () => {
  for (const state of RESPONSE_CHOICES) {
    const { needs } = RESPONSE_STATES[state]
    assert.deepEqual(problemsOf({ state }), needs === 'date' ? ['nextDate'] : needs === 'reason' ? ['reason'] : [])
  }
})

test('choosing not to act is an answer that counts as decided', () => {
  const read = readAnswer({ state: 'not-acting', reason: 'The device is at the end of its life and stands alone.' }, now)
  assert.ok(read.ok)
  assert.equal(RESPONSE_STATES[read.answer.state].isDecided, true)
  assert.equal(RESPONSE_STATES[read.answer.state].isDone, false)
})

test('a reason of blanks is no reason', () => {
  assert.deepEqual(problemsOf({ state: 'not-acting', reason: '  \n ' }), ['reason'])
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
