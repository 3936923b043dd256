import type { Estimate, LossSize } from './model.ts'

/** No effect is taken to be better than this: nothing stops everything, and the logarithm of nothing left has no end. */
export const MOST_EFFECT = 0.95

/** 5 % and 95 % of a normal curve lie this many standard deviations apart: 2 × 1.6448536269514722. */
const NINE_IN_TEN = 3.2897072539029444

/** The mean of the modified PERT (mode weighted by four), not its mode: riskquant's PERT gives the mode for the mean, 18 % too low for its own example. */
export function meanOf({ low, likely, high }: Estimate): number {
  return (low + 4 * likely + high) / 6
}

/** An effect as the model counts it: the mean of its range, capped. */
export function effectOf(estimate: Estimate): number {
  return Math.min(MOST_EFFECT, meanOf(estimate))
}

/** The standard deviation of the logarithm of a lognormal curve nine in ten of whose draws lie from `low` to `high`. 0 where they are the same. */
export function spreadOf({ low, high }: Pick<LossSize, 'low' | 'high'>): number {
  return low > 0 && high > low ? Math.log(high / low) / NINE_IN_TEN : 0
}

/** The mean of the lognormal curve nine in ten of whose draws lie from `low` to `high`: for a form in which people give only the range. */
export function meanOfRange(low: number, high: number): number {
  const spread = spreadOf({ low, high })
  return Math.sqrt(low * high) * Math.exp((spread * spread) / 2)
}
