import type { Goal } from './goal.ts'
import { keepsCap, objectiveOf } from './goal.ts'
import type { InvestmentProblem } from './model.ts'
import { annualCosts } from './residual.ts'
import { keeps, type Row } from './rules.ts'

/** Values that differ by less than this share are the same: rounding of sums of exponentials. */
const SAME = 1e-12

/**
 * Of choices that are equally good, the cheaper; of those, the one whose items come first by id. Looks one item out and one exchange away, and again from
 * there: an item that changes nothing is dropped, and of two that do the same the cheaper stays.
 */
export function settleTies(problem: InvestmentProblem, goal: Goal, rules: readonly Row[], isChosen: Uint8Array): Uint8Array {
  const costs = annualCosts(problem)
  const ids = problem.improvements.map(({ id }) => id)
  const costOf = (mark: Uint8Array) => mark.reduce((sum, value, item) => sum + value * (costs[item] ?? 0), 0)
  const nameOf = (mark: Uint8Array) =>
    ids
      .filter((_, item) => mark[item] === 1)
      .toSorted()
      .join('\n')
  const isBefore = (mark: Uint8Array, best: Uint8Array) => {
    const saved = costOf(best) - costOf(mark)
    return Math.abs(saved) > 1e-9 ? saved > 0 : nameOf(mark) < nameOf(best)
  }
  const value = objectiveOf(goal, isChosen)
  const isAsGood = (mark: Uint8Array) =>
    rules.every(rule => keeps(rule, mark)) && goal.caps.every(cap => keepsCap(cap, mark)) && objectiveOf(goal, mark) <= value + SAME * Math.abs(value)

  let best = isChosen
  for (;;) {
    const chosen = ids.flatMap((_, item) => (best[item] === 1 ? [item] : []))
    const others = ids.flatMap((_, item) => (best[item] === 1 ? [] : [item]))
    const next = [...chosen.map(item => best.with(item, 0)), ...chosen.flatMap(item => others.map(other => best.with(item, 0).with(other, 1)))].find(
      mark => isBefore(mark, best) && isAsGood(mark),
    )
    if (next === undefined) return best
    best = next
  }
}
