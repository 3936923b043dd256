/**
 * Times to something that not everybody has done yet, with those who have not counted: the estimator of Kaplan and Meier (JASA 53, 1958,
 * 457–481). Whoever is still silent has been watched until now and leaves the count then ("censored"); so an average over those who happened
 * to answer quickly never passes for the sector's.
 */

/** What happened to those watched, a given time after they were told. */
export interface TimeStep {
  /** Ascending, in hours since they were told. */
  readonly hours: number
  /** How many did it then. */
  readonly did: number
  /** How many were watched until then and no longer, without having done it. Of those who did it at the same time none had left before. */
  readonly left: number
}

export interface SurvivalPoint {
  readonly hours: number
  /** How many were watched, and had not done it, just before. */
  readonly atRisk: number
  readonly did: number
  /** The share that had done it by then: 1 − S(t). */
  readonly share: number
  /** The 95 % interval of the share. */
  readonly low: number
  readonly high: number
}

/** The 97.5th percentile of the normal distribution. */
const Z95 = 1.959963984540054

/**
 * The share that has done it by each time at which somebody did. `watched` is everybody who was reached.
 * The interval: Greenwood's variance on the scale of log(−log S), which keeps it between 0 and 1 (Kalbfleisch and Prentice, 2002, §1.4).
 */
export function kaplanMeier(watched: number, steps: readonly TimeStep[]): readonly SurvivalPoint[] {
  const points: SurvivalPoint[] = []
  let atRisk = watched
  let surviving = 1
  let greenwood = 0
  for (const { hours, did, left } of steps) {
    if (did > 0 && atRisk > 0) {
      surviving *= (atRisk - did) / atRisk
      greenwood += atRisk === did ? Infinity : did / (atRisk * (atRisk - did))
      points.push({ hours, atRisk, did, share: 1 - surviving, ...intervalOf(surviving, greenwood) })
    }
    atRisk -= did + left
  }
  return points
}

/** `greenwood` is Σ d / (n (n − d)). Where nobody is left there is no variance, and no interval. */
function intervalOf(surviving: number, greenwood: number): { readonly low: number; readonly high: number } {
  if (surviving <= 0) return { low: 1, high: 1 }
  const logSurviving = Math.log(surviving)
  const spread = (Z95 * Math.sqrt(greenwood)) / Math.abs(logSurviving)
  return { low: 1 - surviving ** Math.exp(-spread), high: 1 - surviving ** Math.exp(spread) }
}

/** After how many hours that share (0.5 for half) had done it. `null`: not reached, the curve has not come to it. */
export function timeTo(share: number, curve: readonly SurvivalPoint[]): number | null {
  // Shares are quotients of whole numbers: what differs by rounding alone is the same.
  return curve.find(point => point.share >= share - 1e-9)?.hours ?? null
}

/** The share that had done it by then. */
export function shareBy(hours: number, curve: readonly SurvivalPoint[]): number {
  return curve.findLast(point => point.hours <= hours)?.share ?? 0
}
