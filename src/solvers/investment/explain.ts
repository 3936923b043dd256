import type { Highs } from 'highs'
import { goalOf, objectiveOf } from './goal.ts'
import type { Explanation, InvestmentProblem } from './model.ts'
import { markOf } from './residual.ts'
import { withSearchFor } from './solve.ts'

/**
 * What each improvement is worth to the best plan, and why the others are not in it: what the best plan without it, or with it, would lose more than this
 * one. That is the regret, not the saving: something else is bought for the money. Each is a proven optimum.
 */
export function explainPlan(
  highs: Highs,
  problem: InvestmentProblem,
  chosen: readonly string[],
  options: { readonly seed: number; readonly timeLimitSeconds?: number },
): readonly Explanation[] {
  const goal = goalOf(problem, 'least-loss')
  const mark = markOf(problem, chosen)
  const value = objectiveOf(goal, mark)
  return withSearchFor(highs, problem, goal, options, search =>
    problem.improvements.map(({ id }, item) => {
      const isChosen = mark[item] === 1
      search.fix(item, isChosen ? 0 : 1)
      const found = search.minimise()
      search.fix(item, null)
      return { improvement: id, isChosen, regret: found.kind === 'found' ? found.upper - value : null }
    }),
  )
}
