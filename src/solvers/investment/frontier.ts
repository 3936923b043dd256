import type { Highs } from 'highs'
import { goalOf, objectiveOf } from './goal.ts'
import type { Frontier, FrontierPoint, InvestmentProblem } from './model.ts'
import { annualCosts, spendOf, termsOf, valueOf } from './residual.ts'
import { rulesOf } from './rules.ts'
import { idsOf, withSearchFor } from './solve.ts'
import { settleTies } from './ties.ts'

export interface FrontierOptions {
  /** Pounds between one budget and the next: points that differ by less in cost are one. */
  readonly step?: number
  /** About how many points to find; all of them when Infinity. */
  readonly most?: number
  readonly seed: number
  /** Seconds for each point. */
  readonly timeLimitSeconds?: number
  /** Asked before each point: whether the time is up. Those that were found by then are told, from the dearest down. */
  readonly isOver?: () => boolean
}

/**
 * What each yearly cost buys at best, from the problem's budget (or the cost of everything) down: the best plan, then the best for a little less than that
 * one costs, and so on. Each point is proven; best plans are not nested. Without points where no choice keeps the rules: `solveInvestment` says why.
 */
export function frontierOf(
  highs: Highs,
  problem: InvestmentProblem,
  { step = 1000, most = 40, seed, timeLimitSeconds = 20, isOver }: FrontierOptions,
): Frontier {
  const everything = annualCosts(problem).reduce((sum, cost) => sum + cost, 0)
  const top = Math.min(problem.limits.annualCost ?? Infinity, everything)
  const limited = { ...problem, limits: { ...problem.limits, annualCost: top } }
  const goal = goalOf(limited, 'least-loss')
  const rules = rulesOf(limited)
  const budgetRule = rules.findIndex(({ kind }) => kind === 'annual-cost')
  const care = termsOf(problem, 'care')
  const stride = Math.max(step, top / most)
  const points: FrontierPoint[] = []
  const cheapest = withSearchFor(highs, limited, goalOf(limited, 'least-cost'), { seed, timeLimitSeconds }, search => search.minimise())
  if (cheapest.kind !== 'found') return { points: [], isComplete: cheapest.kind === 'impossible', largestNetBenefit: -1 }
  const least = cheapest.upper
  let isComplete = true
  let isCut = false
  withSearchFor(highs, limited, goal, { seed, timeLimitSeconds }, search => {
    for (let budget = top; budget >= 0;) {
      if (isOver?.() === true) {
        isComplete = false
        isCut = true
        break
      }
      search.limit(budgetRule, budget)
      const found = search.minimise()
      if (found.kind !== 'found') {
        isComplete &&= found.kind === 'impossible'
        break
      }
      const mark = settleTies(
        limited,
        goal,
        rules.map((rule, index) => (index === budgetRule ? { ...rule, upper: budget } : rule)),
        found.isChosen,
      )
      const { annualCost } = spendOf(problem, mark)
      const after = objectiveOf(goal, mark)
      const last = points.at(-1)
      // What costs less and loses no more takes the place of the point before.
      if (last !== undefined && last.after >= after * (1 - 1e-9)) points.pop()
      points.push({ annualCost, after, careAfter: valueOf(care, mark), chosen: idsOf(problem, mark), isProven: found.isProven })
      if (annualCost <= least) break
      isComplete &&= annualCost - step <= budget - stride || stride === step
      // The cheapest plan of all is a point, wherever the strides fall.
      budget = Math.max(least, Math.min(annualCost - step, budget - stride))
    }
  })
  points.reverse()
  const benefits = points.map(({ annualCost, after }) => -after - annualCost)
  const largest = benefits.indexOf(Math.max(...benefits))
  // The cheapest that is known is no turning point where there is cheaper that is not.
  return { points, isComplete, largestNetBenefit: isCut && largest === 0 ? -1 : largest }
}
