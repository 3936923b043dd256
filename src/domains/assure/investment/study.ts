import type { Explanation, Frontier, RoadMap, Robustness, Sensitivity, Switch } from '../../../solvers/investment/model.ts'

/** How likely a year is to lose more than an amount, in pounds. */
export interface LossCurve {
  readonly points: readonly { readonly loss: number; readonly probability: number }[]
  readonly expected: number
  readonly oneInTwenty: number
}

/** What takes longer than the answer. A part is `null` until it is there, or where it could not be made in time. */
export interface Study {
  /** Whether all that can be worked out is. */
  readonly isDone: boolean
  readonly frontier: Frontier | null
  readonly robustness: Robustness | null
  readonly explanations: readonly Explanation[] | null
  readonly switches: readonly Switch[] | null
  readonly sensitivities: readonly Sensitivity[] | null
  readonly roadMap: RoadMap | null
  readonly exceedance: { readonly today: LossCurve; readonly plan: LossCurve } | null
  /** Pounds of expected loss a year that the must-dos keep from being avoided elsewhere. */
  readonly mustDoCost: number | null
}

export const NO_STUDY: Study = {
  isDone: false,
  frontier: null,
  robustness: null,
  explanations: null,
  switches: null,
  sensitivities: null,
  roadMap: null,
  exceedance: null,
  mustDoCost: null,
}
