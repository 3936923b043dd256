import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overallRisk, type JudgedOutcome, type RiskRule } from './overall-risk.ts'
import { agreementWords, veracityOf } from './veracity.ts'

const LEVELS = ['achieved', 'partially-achieved', 'not-achieved']

test('where the organisation saw itself better it is flattering, also in a statement whose yes speaks against it', () => {
  const found = veracityOf(
    {
      outcomes: [
        { code: 'A1', objective: 'A', self: 'achieved', independent: 'not-achieved' },
        { code: 'A2', objective: 'A', self: 'not-achieved', independent: 'partially-achieved' },
        { code: 'B1', objective: 'B', self: 'achieved', independent: 'achieved' },
        { code: 'B2', objective: 'B', self: 'unanswered', independent: 'achieved' },
      ],
      indicators: [
        { objective: 'A', good: true, self: true, independent: false },
        { objective: 'A', good: false, self: false, independent: true },
        { objective: 'A', good: false, self: true, independent: false },
        { objective: 'B', good: true, self: true, independent: true },
      ],
    },
    LEVELS,
  )
  assert.deepEqual([found.indicators.flattering, found.indicators.harsh, found.indicators.n, found.indicators.same], [2, 1, 4, 0.25])
  assert.deepEqual([found.outcomes.flattering, found.outcomes.harsh, found.outcomes.n], [1, 1, 3], 'what was left open is not compared')
  assert.deepEqual(
    found.objectives.map(({ code, n, flattering }) => [code, n, flattering]),
    [
      ['A', 2, 1],
      ['B', 1, 0],
    ],
  )
  const at = (value: number | null) => (value === null ? null : { value, low: -1, high: 1 })
  const words = (kappa: number | null, ac1: number | null, n = 40) => agreementWords({ kappa: at(kappa), ac1: at(ac1), n })
  assert.deepEqual(
    [words(null, null), words(null, 0.9), words(0.61, 0.7), words(-0.2, -0.1), words(0.9, 0.9, 9), words(0.02, 0.47)],
    ['Too little to say', 'Almost the same', 'Close', 'Worse than chance', 'Too little to say', 'Between “slight” and “moderate”'],
  )
})

const RULE: RiskRule = {
  weights: { A: 2 },
  otherWeight: 1,
  unanswered: 'worst',
  levels: [
    { code: 'low', label: 'Low', from: 0 },
    { code: 'high', label: 'High', from: 0.3 },
  ],
}
const judged = (code: string, status: string, required: string | null = 'achieved'): JudgedOutcome => ({
  code,
  objective: code.slice(0, 1),
  status,
  required,
  levels: LEVELS,
})

test('the risk is the weighted share of the steps below what is asked, and names the outcomes that made it', () => {
  // A1 weighs 2 and is one of two steps below: 1 of 2. B1 weighs 1 and is met. Together 1 of 3.
  const risk = overallRisk(RULE, [judged('A1', 'partially-achieved'), judged('B1', 'achieved')], LEVELS)
  assert.equal(risk.share, 1 / 3)
  assert.equal(risk.level.code, 'high')
  assert.deepEqual(risk.because, [{ code: 'A1', steps: 1, points: 1 }])
})

test('what is better than asked adds nothing, what is not answered counts as the worst, what does not apply or is not asked is left out', () => {
  const share = (...outcomes: JudgedOutcome[]) => overallRisk(RULE, outcomes, LEVELS).share
  assert.equal(share(judged('B1', 'achieved', 'partially-achieved')), 0)
  assert.equal(share(judged('B1', 'unanswered')), 1)
  assert.equal(share(judged('B1', 'unanswered', null)), 1, 'without a profile the best is asked')
  assert.equal(share(judged('B1', 'not-applicable'), judged('B2', 'not-achieved', 'not-achieved')), 0)
  assert.equal(share(judged('B1', 'not-achieved'), judged('B2', 'not-achieved', 'not-achieved')), 1)
})
