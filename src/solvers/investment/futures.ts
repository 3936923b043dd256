import { createRandom, type Random } from '../loss/random.ts'
import { MOST_EFFECT, spreadOf } from './estimates.ts'
import type { Estimate, InvestmentProblem } from './model.ts'
import type { Future } from './residual.ts'

/**
 * Plausible futures: a value of every judged number, drawn from its range. Frequencies and effects by the modified PERT, the mean size of a loss
 * by the lognormal curve of its range about its mean. Draws are independent. The same seed gives the same futures, whatever the solver.
 */
export function drawFutures(problem: InvestmentProblem, count: number, seed: number): readonly Future[] {
  const random = createRandom(seed)
  const size = ({ low, mean, high }: { readonly low: number; readonly mean: number; readonly high: number }) => {
    const spread = spreadOf({ low, high })
    return spread === 0 ? mean : mean * Math.exp(spread * random.normal() - (spread * spread) / 2)
  }
  const effect = (estimate: Estimate) => Math.min(MOST_EFFECT, drawPert(random, estimate))
  return Array.from({ length: count }, () => ({
    frequencies: problem.scenarios.map(({ frequency }) => drawPert(random, frequency)),
    losses: problem.scenarios.map(({ losses }) => losses.map(loss => size(loss.size))),
    care: problem.scenarios.map(({ lostCare }) => (lostCare === null ? 0 : size(lostCare))),
    preventions: problem.effects.map(({ prevention }) => effect(prevention)),
    mitigations: problem.effects.map(({ mitigation }) => effect(mitigation)),
  }))
}

/** A draw of the modified PERT: beta with alpha = 1 + 4 (likely - low) / (high - low), on the range. */
export function drawPert(random: Random, { low, likely, high }: Estimate): number {
  if (high <= low) return likely
  const x = random.gamma(1 + (4 * (likely - low)) / (high - low))
  const y = random.gamma(1 + (4 * (high - likely)) / (high - low))
  return low + (high - low) * (x / (x + y))
}
