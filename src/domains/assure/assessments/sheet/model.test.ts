import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSheet, SHEET_HEAD } from './model.ts'

test('a table is read by its head, in any order; rows that say nothing are passed over', () => {
  const { rows, problems } = readSheet([
    ['Answers of the year'],
    ['Answer', 'code', 'Comment'],
    ['Yes', 'A1.a.1', ''],
    ['', 'A1.a.2', ''],
    ['n/a', 'A1.a.3', "'=No system"],
  ])
  assert.deepEqual(problems, [])
  assert.deepEqual(rows, [
    { line: 3, code: 'A1.a.1', answer: 'yes', comment: '', alternative: '', revision: null },
    { line: 5, code: 'A1.a.3', answer: 'not-applicable', comment: '=No system', alternative: '', revision: null },
  ])
})

test('each row that cannot be taken says why, and the others are taken', () => {
  const row = (code: string, answer: string, revision = '') => ['', '', '', code, '', answer, '', '', revision]
  const { rows, problems } = readSheet([
    [...SHEET_HEAD],
    row('A1.a.1', 'perhaps'),
    row('', 'yes'),
    row('A1.a.2', 'no', 'x'),
    row('A1.a.3', 'no', '2'),
    row('A1.a.3', 'yes'),
  ])
  assert.deepEqual(
    rows.map(({ code, revision }) => [code, revision]),
    [['A1.a.3', 2]],
  )
  assert.deepEqual(
    problems.map(({ pointer }) => pointer),
    ['line 2', 'line 3', 'line 4', 'line 6'],
  )
  assert.match(readSheet([['nothing']]).problems[0]?.message ?? '', /must name the columns/)
})
