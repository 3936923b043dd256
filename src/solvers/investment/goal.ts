import type { InvestmentProblem, Objective } from './model.ts'
import { annualCosts, expectedFuture, termsOf, valueOf, type Future, type Term } from './residual.ts'

/** What is sought, as sums of exponentials: the form that a search takes, and the definition that its answer is measured by. */
export interface Goal {
  /** Loss (or lost care) under each future; one where only the expected future counts. */
  readonly losses: readonly (readonly Term[])[]
  /** How the futures' losses are made into one number. A share: the mean of the worst 1 - share of them (CVaR). `none`: they do not count. */
  readonly over: 'mean' | 'none' | { readonly confidence: number }
  /** What choosing an item adds to the objective. */
  readonly itemCosts: Float64Array
  /** Sums of exponentials that may not pass a value. */
  readonly caps: readonly Cap[]
}

export interface Cap {
  readonly kind: 'appetite' | 'lost-care'
  readonly terms: readonly Term[]
  readonly most: number
}

/** Share by which a cap may be passed: rounding of sums, far below what anybody can judge. */
const ROUNDING = 1e-9

/** The goal of an objective. `futures`: what the loss is averaged over, or whose tail counts; the expected future when left out. */
export function goalOf(problem: InvestmentProblem, objective: Objective, futures?: readonly Future[], confidence = 0.95): Goal {
  const { appetite, lostCare } = problem.limits
  const expected = expectedFuture(problem)
  const caps: Cap[] = []
  if (appetite !== null) caps.push({ kind: 'appetite', terms: termsOf(problem, 'money', expected), most: appetite })
  if (lostCare !== null) caps.push({ kind: 'lost-care', terms: termsOf(problem, 'care', expected), most: lostCare })
  const isCosted = objective === 'net-benefit' || objective === 'least-cost'
  const unit = objective === 'least-lost-care' ? 'care' : 'money'
  return {
    losses: objective === 'least-cost' ? [] : (futures ?? [expected]).map(future => termsOf(problem, unit, future)),
    over: objective === 'least-cost' ? 'none' : objective === 'least-tail' ? { confidence } : 'mean',
    itemCosts: isCosted ? annualCosts(problem) : new Float64Array(problem.improvements.length),
    caps,
  }
}

/** The objective's value of a choice, from the definition. The less the better. */
export function objectiveOf(goal: Goal, isChosen: ArrayLike<number>): number {
  const cost = goal.itemCosts.reduce((sum, itemCost, item) => sum + itemCost * (isChosen[item] ?? 0), 0)
  if (goal.over === 'none') return cost
  const losses = goal.losses.map(terms => valueOf(terms, isChosen))
  return cost + (goal.over === 'mean' ? losses.reduce((sum, loss) => sum + loss, 0) / losses.length : tailMean(losses, goal.over.confidence))
}

/** Whether a choice keeps a cap, to the rounding of its sum. */
export function keepsCap({ terms, most }: Cap, isChosen: ArrayLike<number>): boolean {
  return valueOf(terms, isChosen) <= most * (1 + ROUNDING)
}

/**
 * The mean of the worst 1 - confidence of equally likely losses: conditional value at risk, as the minimum over eta of eta + E[(loss - eta)+] / (1 - confidence)
 * (Rockafellar and Uryasev 2000), which is reached at one of the losses.
 */
export function tailMean(losses: readonly number[], confidence: number): number {
  const sorted = losses.toSorted((one, other) => other - one)
  let left = (1 - confidence) * sorted.length
  const all = left
  let sum = 0
  for (const loss of sorted) {
    const part = Math.min(1, left)
    sum += part * loss
    left -= part
    if (left <= 0) break
  }
  return sum / all
}
