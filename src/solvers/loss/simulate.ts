import { fillPert, fillPoisson, logarithmOf } from './draw.ts'
import type { LossResult, LossScenario, LossSummary } from './model.ts'
import { createRandom, type Random } from './random.ts'

export interface SimulateOptions {
  /** Years to invent. */
  readonly trials: number
  readonly seed: number
}

/** Chances at which the exceedance curve is told, beside one in twenty and one in a hundred. */
const CURVE = [
  0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.04, 0.03, 0.02, 0.015, 0.01, 0.007, 0.005, 0.002, 0.001,
]

/** Invents years: of each scenario a count of events, of each event its size, all added up. The same seed gives the same years. */
export function simulateLosses(scenarios: readonly LossScenario[], { trials, seed }: SimulateOptions): LossResult {
  const random = createRandom(seed)
  const years = new Float64Array(trials)
  const one = new Float64Array(trials)
  const byScenario = scenarios.map(scenario => {
    addScenario(random, scenario, one.fill(0))
    let sum = 0
    let without = 0
    for (let trial = 0; trial < trials; trial += 1) {
      const loss = one[trial] ?? 0
      years[trial] = (years[trial] ?? 0) + loss
      sum += loss
      if (loss === 0) without += 1
    }
    return { scenario: scenario.id, mean: sum / trials, yearsWithoutLoss: without / trials }
  })
  years.sort()
  return {
    trials,
    seed,
    ...summaryOf(years),
    exceedance: CURVE.map(chance => ({ chance, loss: passedBy(years, chance) })),
    byScenario,
  }
}

/** What is told of years that are sorted from the least loss to the most. */
export function summaryOf(years: Float64Array): LossSummary {
  let sum = 0
  for (const loss of years) sum += loss
  const mean = sum / years.length
  let squares = 0
  for (const loss of years) squares += (loss - mean) ** 2
  const standardDeviation = Math.sqrt(squares / Math.max(1, years.length - 1))
  const some = years.findIndex(loss => loss > 0)
  return {
    mean,
    standardDeviation,
    standardError: standardDeviation / Math.sqrt(years.length),
    yearsWithoutLoss: (some === -1 ? years.length : some) / years.length,
    median: passedBy(years, 0.5),
    oneInTwenty: passedBy(years, 0.05),
    oneInHundred: passedBy(years, 0.01),
  }
}

/** The loss that this share of the sorted years passes. */
function passedBy(years: Float64Array, chance: number): number {
  return years[Math.min(years.length - 1, Math.floor((1 - chance) * years.length))] ?? 0
}

function addScenario(random: Random, { frequency, sizes }: LossScenario, years: Float64Array): void {
  const counts = new Int32Array(years.length)
  if (frequency.high <= frequency.low) fillPoisson(random, frequency.likely, counts)
  else {
    const means = fillPert(random, frequency, 'modified', new Float64Array(years.length))
    for (let trial = 0; trial < means.length; trial += 1) counts[trial] = random.poisson(means[trial] ?? 0)
  }
  for (const size of sizes) {
    if (size.mean === 0) continue
    const { mu, sigma } = logarithmOf(size)
    for (let trial = 0; trial < years.length; trial += 1) {
      let sum = 0
      for (let left = counts[trial] ?? 0; left > 0; left -= 1) sum += Math.exp(mu + sigma * random.normal())
      years[trial] = (years[trial] ?? 0) + sum
    }
  }
}
