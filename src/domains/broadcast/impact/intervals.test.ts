import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newcombe, wilson } from './intervals.ts'

const round = (interval: readonly number[]) => interval.map(value => Number(value.toFixed(4)))

test('the interval of a share is the one that Newcombe prints as Wilson’s (Statistics in Medicine 17, 1998, 857–872, table I, method 3)', () => {
  assert.deepEqual(round(wilson(81, 263)), [0.2553, 0.3662])
  assert.deepEqual(round(wilson(15, 148)), [0.0624, 0.1605])
  assert.deepEqual(round(wilson(0, 20)), [0, 0.1611])
  assert.deepEqual(round(wilson(1, 29)), [0.0061, 0.1718])
  assert.deepEqual(wilson(0, 0), [0, 1], 'of nobody nothing is known')
})

test('the interval of a difference is the one that Newcombe prints (873–890, table II, method 10)', () => {
  assert.deepEqual(round(newcombe(56, 70, 48, 80)), [0.0524, 0.3339])
  assert.deepEqual(round(newcombe(9, 10, 3, 10)), [0.1705, 0.809])
  assert.deepEqual(round(newcombe(5, 56, 0, 29)), [-0.0381, 0.1926])
})
