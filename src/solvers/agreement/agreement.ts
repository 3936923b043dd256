/**
 * How far two judges agree about the same things, corrected for what chance alone would give. Two coefficients stand side by side, for each has a known
 * weakness: Cohen's kappa falls towards zero where nearly all fall in one category however well they agree (Feinstein and Cicchetti 1990); Gwet's AC1
 * does not. For categories that have an order, disagreement by one step counts less than by two (linear weights, Cicchetti and Allison 1971).
 */

/** What two judges said of each thing: the place of a category in their order, from 0. */
export type Pair = readonly [first: number, second: number]

/** A coefficient of at most 1 and its 95 % interval. `null` where it is not defined: nothing was judged, or chance alone would agree wholly. */
export interface Coefficient {
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface Agreement {
  /** How many things both judged. */
  readonly n: number
  /** The share of them judged the same, 0 to 1; `null` for none. */
  readonly same: number | null
  readonly kappa: Coefficient | null
  /** Gwet's AC1; with weights AC2. */
  readonly ac1: Coefficient | null
}

/** `none`: the same or not. `linear`: for ordered categories, by how many steps. */
export type Weighting = 'none' | 'linear'

/**
 * Compares what two judges said in `categories` categories. Kappa by Cohen 1960 and 1968, its large-sample error by Fleiss, Cohen and Everitt 1969; AC1 and its
 * error by Gwet 2008. Throws `RangeError` where a pair lies outside the categories.
 */
export function agreementOf(pairs: readonly Pair[], categories: number, weighting: Weighting = 'none'): Agreement {
  if (!Number.isInteger(categories) || categories < 1) throw new RangeError('There must be at least one category.')
  for (const pair of pairs)
    for (const category of pair)
      if (!Number.isInteger(category) || category < 0 || category >= categories) throw new RangeError(`No category ${category} of ${categories}.`)
  const n = pairs.length
  if (n === 0) return { n, same: null, kappa: null, ac1: null }
  const weight = weightsOf(categories, weighting)
  return {
    n,
    same: pairs.filter(([first, second]) => first === second).length / n,
    kappa: kappaOf(pairs, categories, weight),
    ac1: ac1Of(pairs, categories, weight),
  }
}

type Weight = (a: number, b: number) => number

const Z = 1.959_963_984_540_054

function weightsOf(categories: number, weighting: Weighting): Weight {
  if (weighting === 'none' || categories < 2) return (a, b) => (a === b ? 1 : 0)
  return (a, b) => 1 - Math.abs(a - b) / (categories - 1)
}

function kappaOf(pairs: readonly Pair[], categories: number, weight: Weight): Coefficient | null {
  const n = pairs.length
  const rows = shares(pairs, categories, 0)
  const columns = shares(pairs, categories, 1)
  const observed = mean(pairs.map(([a, b]) => weight(a, b)))
  const expected = sum(rows.flatMap((row, a) => columns.map((column, b) => row * column * weight(a, b))))
  if (isOne(expected)) return null
  const value = (observed - expected) / (1 - expected)
  const byRow = rows.map((_, a) => sum(columns.map((column, b) => column * weight(a, b))))
  const byColumn = columns.map((_, b) => sum(rows.map((row, a) => row * weight(a, b))))
  const squares = mean(pairs.map(([a, b]) => (weight(a, b) - ((byRow[a] ?? 0) + (byColumn[b] ?? 0)) * (1 - value)) ** 2))
  const variance = (squares - (value - expected * (1 - value)) ** 2) / (n * (1 - expected) ** 2)
  return interval(value, variance)
}

function ac1Of(pairs: readonly Pair[], categories: number, weight: Weight): Coefficient | null {
  const n = pairs.length
  if (categories < 2) return null
  const rows = shares(pairs, categories, 0)
  const columns = shares(pairs, categories, 1)
  const share = rows.map((row, q) => (row + (columns[q] ?? 0)) / 2)
  const total = sum(share.flatMap((_, a) => share.map((__, b) => weight(a, b))))
  const scale = total / (categories * (categories - 1))
  const expected = scale * sum(share.map(part => part * (1 - part)))
  if (isOne(expected)) return null
  const observed = mean(pairs.map(([a, b]) => weight(a, b)))
  const value = (observed - expected) / (1 - expected)
  if (n === 1) return { value, low: -1, high: 1 }
  const deviations = pairs.map(([a, b]) => {
    const own = (weight(a, b) - expected) / (1 - expected)
    const byChance = (scale * (1 - (share[a] ?? 0) + (1 - (share[b] ?? 0)))) / 2
    return own - (2 * (1 - value) * (byChance - expected)) / (1 - expected) - value
  })
  return interval(value, sum(deviations.map(one => one ** 2)) / (n * (n - 1)))
}

function shares(pairs: readonly Pair[], categories: number, judge: 0 | 1): readonly number[] {
  const counts = Array.from({ length: categories }, () => 0)
  for (const pair of pairs) counts[pair[judge]] = (counts[pair[judge]] ?? 0) + 1
  return counts.map(count => count / pairs.length)
}

function interval(value: number, variance: number): Coefficient {
  const half = Z * Math.sqrt(Math.max(variance, 0))
  return { value, low: Math.max(value - half, -1), high: Math.min(value + half, 1) }
}

/** Rounding leaves a hair's breadth. */
function isOne(value: number): boolean {
  return Math.abs(1 - value) < 1e-12
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}
