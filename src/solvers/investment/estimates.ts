import { logarithmOf } from '../loss/draw.ts'
import type { Estimate } from './model.ts'

/** No effect is taken to be better than this: nothing stops everything, and the logarithm of nothing left has no end. */
export const MOST_EFFECT = 0.95

/** The mean of the modified PERT (mode weighted by four), not its mode: riskquant's PERT gives the mode for the mean, 18 % too low for its own example. */
export function meanOf({ low, likely, high }: Estimate): number {
  return (low + 4 * likely + high) / 6
}

/** An effect as the model counts it: the mean of its range, capped. */
export function effectOf(estimate: Estimate): number {
  return Math.min(MOST_EFFECT, meanOf(estimate))
}

/** The mean of the lognormal curve nine in ten of whose draws lie from `low` to `high`: for a form in which people give only the range. */
export function meanOfRange(low: number, high: number): number {
  const { mu, sigma } = logarithmOf({ low, high })
  return Math.exp(mu + (sigma * sigma) / 2)
}
