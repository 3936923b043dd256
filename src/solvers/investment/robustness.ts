import type { Highs } from 'highs'
import { drawFutures } from './futures.ts'
import { goalOf, objectiveOf, tailMean } from './goal.ts'
import type { InvestmentProblem, Robustness } from './model.ts'
import { markOf, termsOf, valueOf } from './residual.ts'
import { idsOf, withSearchFor } from './solve.ts'

export interface RobustnessOptions {
  /** Futures to draw: 100 say enough. */
  readonly futures: number
  readonly seed: number
  /** Seconds for each future. */
  readonly timeLimitSeconds?: number
  /** Asked before each future: whether the time is up. What was drawn by then is told. */
  readonly isOver?: () => boolean
}

/** Of a future's best plan nobody needs more than one part in ten thousand. */
const GAP = 1e-4

/**
 * How sure the plan is: the best plan of each of many plausible futures, within the same limits, and how often each improvement is in them. Sampling moves the
 * plan far more than what it saves, so the shares say more than another decimal would. An appetite does not bind the futures.
 */
export function robustness(
  highs: Highs,
  problem: InvestmentProblem,
  chosen: readonly string[],
  { futures: count, seed, timeLimitSeconds = 10, isOver }: RobustnessOptions,
): Robustness {
  const free = { ...problem, limits: { ...problem.limits, appetite: null, lostCare: null } }
  const mark = markOf(problem, chosen)
  const nothing = new Uint8Array(problem.improvements.length)
  const counts = new Map<string, number>()
  const befores: number[] = []
  const afters: number[] = []
  let bestIn = 0
  let regret = 0
  let solved = 0
  for (const future of drawFutures(problem, count, seed)) {
    if (isOver?.() === true) break
    const goal = goalOf(free, 'least-loss', [future])
    const terms = termsOf(problem, 'money', future)
    const after = valueOf(terms, mark)
    befores.push(valueOf(terms, nothing))
    afters.push(after)
    const found = withSearchFor(highs, free, goal, { seed, timeLimitSeconds, gap: GAP }, search => search.minimise())
    if (found.kind !== 'found' || !found.isProven) continue
    solved += 1
    if (after <= found.upper * (1 + GAP)) bestIn += 1
    regret += Math.max(0, after - found.upper)
    for (const id of idsOf(problem, found.isChosen)) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return {
    futures: solved,
    seed,
    inclusion: problem.improvements.map(({ id }, item) => ({ improvement: id, futures: counts.get(id) ?? 0, isChosen: mark[item] === 1 })),
    before: spreadOf(befores),
    after: spreadOf(afters),
    bestIn,
    regret: solved === 0 ? 0 : regret / solved,
  }
}

/**
 * The plan that is the best on average over drawn futures, not in the average future: the mean of exp(-u), not exp of the mean. `value` and `best` are the mean
 * losses of the given plan and of that one over the same futures. It is seldom a hundredth better: the plan does not hang on it.
 */
export function sampledPlan(
  highs: Highs,
  problem: InvestmentProblem,
  chosen: readonly string[],
  { futures: count, seed, timeLimitSeconds = 30 }: RobustnessOptions,
): { readonly chosen: readonly string[]; readonly best: number; readonly value: number } | null {
  const goal = goalOf(problem, 'least-loss', drawFutures(problem, count, seed))
  const found = withSearchFor(highs, problem, goal, { seed, timeLimitSeconds, gap: GAP }, search => search.minimise())
  if (found.kind !== 'found') return null
  return { chosen: idsOf(problem, found.isChosen), best: found.upper, value: objectiveOf(goal, markOf(problem, chosen)) }
}

/** The mean, the range that holds nine in ten, and the mean of the worst one in twenty. */
function spreadOf(losses: readonly number[]) {
  const sorted = losses.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { mean: losses.reduce((sum, loss) => sum + loss, 0) / losses.length, low: at(0.05), high: at(0.95), tail: tailMean(losses, 0.95) }
}
