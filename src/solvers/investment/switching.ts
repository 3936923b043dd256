import type { Highs } from 'highs'
import { goalOf, isFeasible, objectiveOf } from './goal.ts'
import type { InvestmentProblem, Switch } from './model.ts'
import { markOf } from './residual.ts'
import { withSearchFor } from './solve.ts'

/** As far as an input is moved: a tenth, or ten times. */
const FARTHEST = 10

/** Halvings of the way to it, on the logarithm: the factor is told to within two in a hundred. */
const HALVINGS = 7

/** By so much another plan must be better before it counts as another answer. */
const GAP = 1e-5

/**
 * What would change our mind: for each improvement's cost and each scenario's frequency, alone, the factor at which this plan is no longer the best one.
 * Looked for between 1 and a tenth, and 1 and ten times; where the plan is the best at that far end nothing is told, though it might not be in between.
 */
export function switchesOf(
  highs: Highs,
  problem: InvestmentProblem,
  chosen: readonly string[],
  { seed }: { readonly seed: number },
): readonly Switch[] {
  const mark = markOf(problem, chosen)
  const isStillBest = (changed: InvestmentProblem): boolean => {
    const goal = goalOf(changed, 'least-loss')
    if (!isFeasible(changed, goal, mark)) return false
    const found = withSearchFor(highs, changed, goal, { seed, timeLimitSeconds: 10, gap: GAP }, search => search.minimise())
    return found.kind !== 'found' || objectiveOf(goal, mark) <= found.upper * (1 + 2 * GAP)
  }
  const factorOf = (change: (factor: number) => InvestmentProblem, farthest: number): number | null => {
    if (isStillBest(change(farthest))) return null
    let same = 0
    let other = Math.log(farthest)
    for (let halving = 0; halving < HALVINGS; halving += 1) {
      const middle = (same + other) / 2
      if (isStillBest(change(Math.exp(middle)))) same = middle
      else other = middle
    }
    return Math.exp(other)
  }
  const ends = (change: (factor: number) => InvestmentProblem) => ({ below: factorOf(change, 1 / FARTHEST), above: factorOf(change, FARTHEST) })
  return [
    ...problem.improvements.map(({ id }, item): Switch => {
      const change = costing(problem, id)
      // What is bought and gets dearer may drop out; what is not and gets cheaper may come in. Cheaper purchases that free money for more are told by the frontier.
      return mark[item] === 1
        ? { kind: 'cost', subject: id, below: null, above: factorOf(change, FARTHEST) }
        : { kind: 'cost', subject: id, below: factorOf(change, 1 / FARTHEST), above: null }
    }),
    ...problem.scenarios.map(({ id }): Switch => ({ kind: 'frequency', subject: id, ...ends(happening(problem, id)) })),
  ]
}

function costing(problem: InvestmentProblem, id: string): (factor: number) => InvestmentProblem {
  return factor => ({
    ...problem,
    improvements: problem.improvements.map(one =>
      one.id === id ? { ...one, capital: one.capital * factor, yearly: one.yearly * factor, peopleDays: one.peopleDays * factor } : one,
    ),
  })
}

function happening(problem: InvestmentProblem, id: string): (factor: number) => InvestmentProblem {
  return factor => ({
    ...problem,
    scenarios: problem.scenarios.map(one => {
      const { low, likely, high } = one.frequency
      return one.id === id ? { ...one, frequency: { low: low * factor, likely: likely * factor, high: high * factor } } : one
    }),
  })
}
