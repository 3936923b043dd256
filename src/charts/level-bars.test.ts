import assert from 'node:assert/strict'
import { test } from 'node:test'
import { levelBars } from './level-bars.ts'

const levels = [
  { label: 'Achieved', tone: 'done' },
  { label: 'Not achieved', tone: 'silent' },
] as const

test('each outcome is a cell, those below what is asked are marked, and the table holds the same figures', () => {
  const outcomes = [
    { level: 1, isBelow: true },
    { level: 0, isBelow: false },
    { level: 1, isBelow: false },
  ]
  const { svg, table } = levelBars({ title: 'Where we stand', groupLabel: 'Objective', levels, groups: [{ label: 'A "risk" <x>', outcomes }] })
  assert.deepEqual(table, { head: ['Objective', 'Achieved', 'Not achieved', 'Below what is asked'], rows: [['A "risk" <x>', 1, 2, 1]] })
  assert.match(svg, /Achieved 1, Not achieved 2; below what is asked 1/)
  assert.doesNotMatch(svg, /<x>|style=/)
  assert.equal(svg.match(/<rect /g)?.length, 3 + 2)
})

test('a cohort has its diamond and its column; what is not known says so', () => {
  const groups = [
    { label: 'A', outcomes: [{ level: 0, isBelow: false }], cohort: 40 },
    { label: 'B', outcomes: [], cohort: null },
  ]
  const { table } = levelBars({ title: 'x', groupLabel: 'Objective', levels, groups, cohortLabel: 'Trusts, middle' })
  assert.equal(table.head.at(-1), 'Trusts, middle, % at Achieved')
  assert.deepEqual(
    table.rows.map(row => row.at(-1)),
    [40, 'Not known'],
  )
  assert.match(levelBars({ title: 'x', groupLabel: 'Objective', levels, groups: [] }).svg, /No figures yet/)
})
