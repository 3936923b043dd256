import type { Highs } from 'highs'
import { goalOf, objectiveOf } from './goal.ts'
import type { Explanation, InvestmentProblem } from './model.ts'
import { markOf } from './residual.ts'
import { withSearchFor } from './solve.ts'

export interface ExplainOptions {
  readonly seed: number
  /** Seconds for each item. */
  readonly timeLimitSeconds?: number
  /** Those that are asked about, in their order; all when left out. */
  readonly items?: readonly string[]
  /** Asked before each item: whether the time is up. */
  readonly isOver?: () => boolean
}

/** Two significant figures are shown of what is a share of the loss. */
const GAP = 1e-5

/**
 * What each improvement is worth to the best plan, and why the others are not in it: what the best plan without it, or with it, would lose more than this
 * one. That is the regret, not the saving: something else is bought for the money. Each is a proven optimum, to one part in a hundred thousand of the loss;
 * where the time does not suffice for a proof nothing is told.
 */
export function explainPlan(
  highs: Highs,
  problem: InvestmentProblem,
  chosen: readonly string[],
  { items, isOver, ...options }: ExplainOptions,
): readonly Explanation[] {
  const goal = goalOf(problem, 'least-loss')
  const mark = markOf(problem, chosen)
  const value = objectiveOf(goal, mark)
  const asked = items ?? problem.improvements.map(({ id }) => id)
  return withSearchFor(highs, problem, goal, { ...options, gap: GAP }, search =>
    asked.flatMap((id): readonly Explanation[] => {
      const item = problem.improvements.findIndex(one => one.id === id)
      if (item < 0 || isOver?.() === true) return []
      const isChosen = mark[item] === 1
      search.fix(item, isChosen ? 0 : 1)
      const found = search.minimise()
      search.fix(item, null)
      if (found.kind === 'impossible') return [{ improvement: id, isChosen, regret: null }]
      return found.kind === 'found' && found.isProven ? [{ improvement: id, isChosen, regret: Math.max(0, found.upper - value) }] : []
    }),
  )
}
