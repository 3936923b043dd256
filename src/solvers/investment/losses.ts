import type { LossScenario } from '../loss/model.ts'
import type { InvestmentProblem, LossSize } from './model.ts'
import { expectedFuture, exposureOf, markOf, termsOf } from './residual.ts'

/**
 * The scenarios as they are left by a choice, for `simulateLosses`: events as rare as its prevention makes them, each as small as its mitigation does. Their
 * means add up to R(x). `care`: the same of the care that is lost.
 */
export function lossScenariosOf(problem: InvestmentProblem, chosen: readonly string[], unit: 'money' | 'care'): readonly LossScenario[] {
  const mark = markOf(problem, chosen)
  const future = expectedFuture(problem)
  const prevented = termsOf(problem, unit, { ...future, mitigations: future.mitigations.map(() => 0) })
  const all = termsOf(problem, unit, future)
  const left = (terms: typeof all, scenario: number, channel?: string) => {
    const term = terms.find(one => one.scenario === scenario && (channel === undefined || one.channel === channel))
    return term === undefined ? 1 : Math.exp(-exposureOf(term, mark))
  }
  return problem.scenarios.map(({ id, frequency, losses, lostCare }, scenario) => {
    // Prevention is of the whole scenario: any channel tells it.
    const events = left(prevented, scenario)
    const channels = unit === 'care' ? (lostCare === null ? [] : [{ id: 'care', size: lostCare }]) : losses
    return {
      id,
      frequency: { low: frequency.low * events, likely: frequency.likely * events, high: frequency.high * events },
      sizes: channels.map(channel => smaller(channel.size, left(all, scenario, channel.id) / events)),
    }
  })
}

function smaller({ low, mean, high }: LossSize, share: number): LossSize {
  return { low: low * share, mean: mean * share, high: high * share }
}
