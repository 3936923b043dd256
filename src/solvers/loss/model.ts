/** Losses of a year, simulated: how often things happen, how bad each is, and what that adds up to in many invented years. */

/** A range with its likeliest value, as the modified PERT: beta with alpha = 1 + 4 (likely - low) / (high - low), mean (low + 4 likely + high) / 6. */
export interface Pert {
  readonly low: number
  readonly likely: number
  readonly high: number
}

/** A size whose logarithm is normal, by the range that holds nine in ten (5 % to 95 %). `mean`: scaled so that this is its mean; the range's own when left out. */
export interface Lognormal {
  readonly low: number
  readonly high: number
  readonly mean?: number
}

export interface LossScenario {
  readonly id: string
  /** Events a year. In each year its mean is drawn, then the count (Poisson). */
  readonly frequency: Pert
  /** What one event costs: the sum of a draw of each. */
  readonly sizes: readonly Lognormal[]
}

/** What is told of simulated years. Money (or care) a year. */
export interface LossSummary {
  readonly mean: number
  readonly standardDeviation: number
  /** Of the mean: four of these hold the true one, but for one time in sixteen thousand. */
  readonly standardError: number
  /** Share of years without any loss. */
  readonly yearsWithoutLoss: number
  readonly median: number
  /** The loss that one year in twenty, or in a hundred, passes. */
  readonly oneInTwenty: number
  readonly oneInHundred: number
}

export interface LossResult extends LossSummary {
  readonly trials: number
  readonly seed: number
  /** Points of the exceedance curve, from the loss passed most often: a year passes `loss` with this chance. */
  readonly exceedance: readonly { readonly loss: number; readonly chance: number }[]
  readonly byScenario: readonly { readonly scenario: string; readonly mean: number; readonly yearsWithoutLoss: number }[]
}
