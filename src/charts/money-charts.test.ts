import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benefitBars } from './benefit-bars.ts'
import { exceedanceChart } from './exceedance.ts'
import { frontierChart } from './frontier.ts'

const EVIL = '"><script>alert(1)</script>&'

test('charts about money escape what they are given, say their marks in words, and have a table', () => {
  const points = [
    { cost: 0, loss: 700_000 },
    { cost: 60_000, loss: 380_000 },
    { cost: 150_000, loss: 215_000 },
  ]
  const frontier = frontierChart({ title: EVIL, points, marks: [{ label: EVIL, cost: 0, loss: 700_000 }], worthUntil: 1 })
  const curve = {
    label: EVIL,
    points: [
      { loss: 0, probability: 0.4 },
      { loss: 1e6, probability: 0.01 },
    ],
    expected: 2e5,
    oneInTwenty: 8e5,
  }
  const exceedance = exceedanceChart({ title: EVIL, curves: [curve] })
  const bars = benefitBars({ title: EVIL, items: [{ label: EVIL, alone: 5_000, given: 1_500 }] })
  for (const { svg } of [frontier, exceedance, bars]) {
    assert.doesNotMatch(svg, /<script|\sstyle=|NaN|Infinity|undefined/)
    assert.match(svg, /^<svg [^>]*role="img"[^>]*><title>[^<]+<\/title><desc>[^<]+<\/desc>/)
  }
  assert.match(frontier.svg, /After £60k a year, a pound saves less than a pound/)
  assert.match(exceedance.svg, /more than £800k in 1 of 20/)
  assert.deepEqual(bars.table.rows, [[EVIL, '£5k', '£1.5k']])
  assert.match(frontierChart({ title: 't', points: [], marks: [], worthUntil: null }).svg, /No figures yet/)
})
