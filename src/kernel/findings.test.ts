import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatherFindings } from './findings.ts'

test('a fault that repeats is told a few times, and then counted', () => {
  const { complain, problems } = gatherFindings('format')
  for (let line = 1; line <= 10; line++) complain('date', `line ${line}`, 'No date.')
  complain('name', 'line 2', 'No name.')
  assert.deepEqual(
    problems().map(({ rule, pointer, message }) => [rule, pointer, message]),
    [
      ['format.date', 'line 1', 'No date.'],
      ['format.date', 'line 2', 'No date.'],
      ['format.date', 'line 3', 'No date.'],
      ['format.date', '', 'And 7 more of this kind.'],
      ['format.name', 'line 2', 'No name.'],
    ],
  )
  assert.deepEqual(gatherFindings('format').problems(), [])
})
