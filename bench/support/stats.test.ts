import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pairedRatio, quantile, summarise } from './stats.ts'

test('the median of an even count lies between the middle two, and the order of measuring does not matter', () => {
  assert.deepEqual(summarise([9, 1, 4, 2]), { median: 3, least: 1, most: 9, count: 4 })
})

test('a quantile lies between two measurements in proportion', () => {
  assert.equal(quantile([0, 10, 20, 30, 40], 0.95), 38)
  assert.equal(quantile([7], 0.95), 7)
})

test('nothing measured has no median', () => {
  assert.throws(() => summarise([]), RangeError)
})

test('a ratio is taken round by round, so that one slow minute does not shift it', () => {
  assert.equal(pairedRatio([2, 20, 2], [1, 10, 1]).median, 2)
  assert.throws(() => pairedRatio([1, 2], [1]), RangeError)
})
