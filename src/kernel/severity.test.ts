import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareSeverity, parseSeverity, severityOfCvss } from './severity.ts'

test('the words of NHS cyber alerts are read', () => {
  assert.deepEqual(['High', 'Medium', 'Low', 'Information only'].map(parseSeverity), ['high', 'medium', 'low', 'information'])
})

test('an unknown word is no severity', () => {
  assert.equal(parseSeverity('apocalyptic'), undefined)
  assert.equal(parseSeverity(''), undefined)
})

test('CVSS scores fall into the bands of the standard at their edges', () => {
  const bands = [0, 1, 39, 40, 69, 70, 89, 90, 100].map(severityOfCvss)
  assert.deepEqual(bands, ['information', 'low', 'low', 'medium', 'medium', 'high', 'high', 'critical', 'critical'])
})

test('the worst sorts first', () => {
  assert.deepEqual((['low', 'critical', 'information', 'high'] as const).toSorted(compareSeverity), ['critical', 'high', 'low', 'information'])
})
