import type { Lognormal, Pert } from './model.ts'
import type { Random } from './random.ts'

/** 5 % and 95 % of a normal curve lie this many standard deviations apart. */
const NINE_IN_TEN = 3.2897072539029444

/** The curve of a lognormal size: mean and standard deviation of its logarithm. A range of one value is that value. */
export function logarithmOf({ low, high, mean }: Lognormal): { readonly mu: number; readonly sigma: number } {
  const sigma = low > 0 && high > low ? Math.log(high / low) / NINE_IN_TEN : 0
  if (mean === undefined) return { mu: (Math.log(low) + Math.log(high)) / 2, sigma }
  return { mu: Math.log(mean) - (sigma * sigma) / 2, sigma }
}

/**
 * The two shapes of a PERT's beta curve. `modified` (ours) gives the likeliest value a weight of four; `range-over-six` is the textbook's other one, whose
 * standard deviation is a sixth of the range, as pyfair has it. Their means are the same, but not what is made of several of them: 6 % in the reference model.
 */
export function shapesOf(
  { low, likely, high }: Pert,
  convention: 'modified' | 'range-over-six' = 'modified',
): readonly [alpha: number, beta: number] {
  const width = high - low
  if (convention === 'modified') return [1 + (4 * (likely - low)) / width, 1 + (4 * (high - likely)) / width]
  const mean = (low + 4 * likely + high) / 6
  const deviation = width / 6
  const alpha = ((mean - low) / width) * (((mean - low) * (high - mean)) / deviation ** 2 - 1)
  return [alpha, (alpha * (high - mean)) / (mean - low)]
}

/** A draw of a PERT, or its one value. */
export function drawPert(random: Random, pert: Pert): number {
  if (pert.high <= pert.low) return pert.likely
  const [alpha, beta] = shapesOf(pert)
  const x = random.gamma(alpha)
  return pert.low + (pert.high - pert.low) * (x / (x + random.gamma(beta)))
}

/** Fills an array with draws of a PERT. */
export function fillPert(random: Random, pert: Pert, convention: 'modified' | 'range-over-six', draws: Float64Array): Float64Array {
  if (pert.high <= pert.low) return draws.fill(pert.likely)
  const [alpha, beta] = shapesOf(pert, convention)
  const { low } = pert
  const width = pert.high - low
  for (let trial = 0; trial < draws.length; trial += 1) {
    const x = random.gamma(alpha)
    draws[trial] = low + width * (x / (x + random.gamma(beta)))
  }
  return draws
}

/** Fills an array with Poisson counts of one mean, by its table: a guide of 1,024 places to start from, then steps. */
export function fillPoisson(random: Random, mean: number, counts: Int32Array): Int32Array {
  if (mean > 60) {
    for (let trial = 0; trial < counts.length; trial += 1) counts[trial] = random.poisson(mean)
    return counts
  }
  const cumulative: number[] = []
  let chance = Math.exp(-mean)
  for (let count = 0, sum = 0; count < 400 && (count < mean || chance > 1e-18); count += 1, chance *= mean / count) {
    sum += chance
    cumulative.push(sum)
  }
  cumulative[cumulative.length - 1] = 1
  const table = Float64Array.from(cumulative)
  const guide = Int32Array.from({ length: 1024 }, (_, place) =>
    Math.max(
      0,
      cumulative.findIndex(sum => sum >= place / 1024),
    ),
  )
  for (let trial = 0; trial < counts.length; trial += 1) {
    const u = random.uniform()
    let count = guide[(u * 1024) | 0] ?? 0
    while ((table[count] ?? 1) < u) count += 1
    counts[trial] = count
  }
  return counts
}
