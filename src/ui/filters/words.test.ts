import assert from 'node:assert/strict'
import { test } from 'node:test'
import { number, percent, plural, sentence } from './words.ts'

test('numbers have their thousands apart, and unknown is not zero', () => {
  assert.equal(number(14357), '14,357')
  assert.equal(number(0), '0')
  assert.equal(number(12345678901234567890n), '12,345,678,901,234,567,890')
  assert.equal(number(null), '')
})

test('a part never rounds up to the whole or down to none', () => {
  assert.equal(percent(16, 100), '16%')
  assert.equal(percent(1, 2000), 'under 1%')
  assert.equal(percent(1999, 2000), 'over 99%')
  assert.equal(percent(0, 10), '0%')
  assert.equal(percent(10, 10), '100%')
  assert.equal(percent(0, 0), '')
})

test('one of a thing is singular, none and many are plural', () => {
  assert.equal(plural(1, 'organisation'), '1 organisation')
  assert.equal(plural(0, 'organisation'), '0 organisations')
  assert.equal(plural(2000, 'practice list', 'practice lists'), '2,000 practice lists')
})

test('a stored word becomes a sentence', () => {
  assert.equal(sentence('not-applicable'), 'Not applicable')
  assert.equal(sentence('given_up'), 'Given up')
})
