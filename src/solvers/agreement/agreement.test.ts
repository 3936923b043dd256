import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreementOf, type Pair } from './agreement.ts'

/** A table of counts, the first judge's categories down, the second's across, as pairs. */
const pairsOf = (table: readonly (readonly number[])[]): readonly Pair[] =>
  table.flatMap((row, a) => row.flatMap((count, b) => Array.from({ length: count }, (): Pair => [a, b])))
const near = (actual: number | undefined, expected: number, digits = 4) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 0.5 * 10 ** -digits, `${actual} is not ${expected}`)

// Feinstein and Cicchetti, "High agreement but low kappa" (J Clin Epidemiol 1990; 43: 543-549), the two tables of the first paradox, of 100 each.
const BALANCED = [
  [40, 9],
  [6, 45],
]
const LOPSIDED = [
  [80, 10],
  [5, 5],
]

test('the two tables of the paradox agree alike, and kappa calls one good and the other poor', () => {
  // Same: 0.85 in both. By chance 0.49 × 0.46 + 0.51 × 0.54 = 0.5008, and 0.90 × 0.85 + 0.10 × 0.15 = 0.78.
  const [balanced, lopsided] = [agreementOf(pairsOf(BALANCED), 2), agreementOf(pairsOf(LOPSIDED), 2)]
  assert.deepEqual([balanced.n, balanced.same, lopsided.same], [100, 0.85, 0.85])
  near(balanced.kappa?.value, (0.85 - 0.5008) / (1 - 0.5008)) // 0.70
  near(lopsided.kappa?.value, (0.85 - 0.78) / (1 - 0.78)) // 0.32
})

test('AC1 tells the two of the paradox alike', () => {
  // Gwet 2008: chance is 2 π (1 − π), π the mean share of the first category. π = 0.475 gives 0.49875; π = 0.875 gives 0.21875.
  near(agreementOf(pairsOf(BALANCED), 2).ac1?.value, (0.85 - 0.498_75) / (1 - 0.498_75)) // 0.70
  near(agreementOf(pairsOf(LOPSIDED), 2).ac1?.value, (0.85 - 0.218_75) / (1 - 0.218_75)) // 0.81
})

test('the table of two dermatologists has the kappa, the weighted kappa and the intervals that are published for it', () => {
  // SAS/STAT User's Guide, The FREQ Procedure, "Agreement Study": 88 patients in four ordered grades, linear weights. Same: (10 + 10 + 12 + 13) / 88 = 45/88;
  // by chance (15×17 + 29×20 + 23×31 + 21×20) / 88² = 1968/7744; so kappa is (0.51136 − 0.25413) / 0.74587 = 0.3449.
  const table = pairsOf([
    [10, 4, 1, 0],
    [5, 10, 12, 2],
    [2, 4, 12, 5],
    [0, 2, 6, 13],
  ])
  const [plain, weighted] = [agreementOf(table, 4), agreementOf(table, 4, 'linear')]
  near(plain.kappa?.value, 0.3449)
  near(plain.kappa?.low, 0.203)
  near(plain.kappa?.high, 0.4868)
  near(weighted.kappa?.value, 0.5082)
  near(weighted.kappa?.low, 0.3798)
  near(weighted.kappa?.high, 0.6366)
})

test('who always agrees has 1; where nothing was judged, and where only one category was ever used by both, kappa says nothing', () => {
  const whole = agreementOf(
    [
      [0, 0],
      [1, 1],
      [2, 2],
    ],
    3,
    'linear',
  )
  assert.deepEqual([whole.kappa?.value, whole.ac1?.value, whole.same], [1, 1, 1])
  assert.deepEqual(agreementOf([], 3), { n: 0, same: null, kappa: null, ac1: null })
  const alike = agreementOf(
    [
      [0, 0],
      [0, 0],
    ],
    2,
  )
  assert.equal(alike.kappa, null)
  assert.equal(alike.ac1?.value, 1)
})

test('who never agrees is below chance, and a step apart counts less than two', () => {
  const opposed = agreementOf(
    [
      [0, 1],
      [1, 0],
    ],
    2,
  )
  assert.equal(opposed.kappa?.value, -1)
  const [one, two] = [1, 2].map(
    steps =>
      agreementOf(
        [
          [0, 0],
          [1, 1],
          [2, 2],
          [0, steps],
        ],
        3,
        'linear',
      ).kappa?.value ?? 0,
  )
  assert.ok((one ?? 0) > (two ?? 0))
})

test('what lies outside the categories is refused', () => {
  assert.throws(() => agreementOf([[0, 2]], 2), RangeError)
  assert.throws(() => agreementOf([[0, 0.5]], 2), RangeError)
  assert.throws(() => agreementOf([], 0), RangeError)
})
