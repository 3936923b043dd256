import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cohortStrip } from './cohort-strip.ts'

const ITEMS: Parameters<typeof cohortStrip>[0]['items'] = [
  { label: 'A Managing risk', quartiles: [20, 40, 60], own: 55 },
  { label: 'B <Protecting>', quartiles: null, own: null },
]
const drawn = (items: typeof ITEMS) => cohortStrip({ title: 'By objective', itemLabel: 'Objective', cohortLabel: 'Trusts', items })

test('a band, its middle and one’s own place are drawn, and told in words and in the table', () => {
  const { svg, table } = drawn(ITEMS)
  assert.match(svg, /A Managing risk: ours 55%, half of them between 20% and 60%, the middle 40%/)
  assert.match(svg, /Held back/)
  assert.doesNotMatch(svg, /<Protecting>| style=/)
  assert.deepEqual(table.rows, [
    ['A Managing risk', 55, 20, 40, 60],
    ['B <Protecting>', 'Not known', 'Not known', 'Not known', 'Not known'],
  ])
})

test('whoever has no place of their own sees no column for it', () => {
  const { svg, table } = drawn(ITEMS.map(item => ({ ...item, own: null })))
  assert.deepEqual(table.head, ['Objective', 'Trusts: lower quartile, %', 'Middle, %', 'Upper quartile, %'])
  assert.doesNotMatch(svg, /ours|<path/)
})

test('with nothing to draw it says so', () => {
  assert.match(drawn([]).svg, /No figures yet/)
})
