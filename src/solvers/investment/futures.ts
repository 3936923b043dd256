import { drawPert, logarithmOf } from '../loss/draw.ts'
import { createRandom } from '../loss/random.ts'
import { MOST_EFFECT } from './estimates.ts'
import type { Estimate, InvestmentProblem, LossSize } from './model.ts'
import type { Future } from './residual.ts'

/**
 * Plausible futures: a value of every judged number, drawn from its range. Frequencies and effects by the modified PERT, the mean size of a loss
 * by the lognormal curve of its range about its mean: the range of single events stands for the doubt about their mean, which it overstates. Draws are independent. The same seed gives the same futures, whatever the solver.
 */
export function drawFutures(problem: InvestmentProblem, count: number, seed: number): readonly Future[] {
  const random = createRandom(seed)
  const size = (loss: LossSize) => {
    if (loss.mean === 0) return 0
    const { mu, sigma } = logarithmOf(loss)
    return sigma === 0 ? loss.mean : Math.exp(mu + sigma * random.normal())
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
