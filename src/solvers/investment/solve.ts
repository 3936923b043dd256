import type { Highs } from 'highs'
import { conflictOf } from './conflict.ts'
import { drawFutures } from './futures.ts'
import { goalOf, objectiveOf, type Goal } from './goal.ts'
import type { Certificate, InvestmentProblem, Outcome, SolveOptions } from './model.ts'
import { programmeOf } from './programme.ts'
import { describePlan, termsOf, valueOf } from './residual.ts'
import { rulesOf } from './rules.ts'
import { withSearch, type Found, type Search } from './search.ts'
import { settleTies } from './ties.ts'

const DEFAULT_TAIL = { confidence: 0.95, draws: 40 }
const DEFAULT_TIME_LIMIT_SECONDS = 60

/**
 * The best choice for an objective, with its proof; or, where no choice keeps all rules, the few that cannot hold together. For problems that
 * `validateProblem` finds no error in; the answer to another is not defined. Holds up the thread: run it by `platform/solve`.
 */
export function solveInvestment(highs: Highs, problem: InvestmentProblem, options: SolveOptions): Outcome {
  const tail = options.objective === 'least-tail' ? (options.tail ?? DEFAULT_TAIL) : null
  const futures = tail === null ? undefined : drawFutures(problem, tail.draws, options.seed)
  const goal = goalOf(problem, options.objective, futures, tail?.confidence)
  const first = searchFor(highs, problem, goal, options)
  if (first.found.kind === 'out-of-time') return { kind: 'out-of-time' }
  if (first.found.kind === 'impossible') return { kind: 'impossible', conflict: conflictOf(highs, problem, options.seed) }

  const { found, tangents } = first
  let isChosen = settleTies(problem, goal, rulesOf(problem), found.isChosen)
  if (options.thenLeastCareWithin !== undefined && options.thenLeastCareWithin !== null)
    isChosen = leastCareWithin(highs, problem, options, found.upper * (1 + options.thenLeastCareWithin)) ?? isChosen
  const chosen = idsOf(problem, isChosen)
  const upper = objectiveOf(goal, isChosen)
  const certificate: Certificate = {
    inputsHash: options.inputsHash ?? null,
    objective: options.objective,
    chosen,
    upper,
    lower: Math.min(found.lower, upper),
    gap: upper === 0 ? 0 : Math.max(0, upper - found.lower) / Math.abs(upper),
    isProven: found.isProven,
    rounds: found.rounds,
    tangents,
    solver: solverName(highs),
    seed: options.seed,
    tail,
    careWithin: options.thenLeastCareWithin ?? null,
  }
  return { kind: 'solved', plan: describePlan(problem, chosen), certificate }
}

/** The ids of the items of a choice, in the problem's order. */
export function idsOf(problem: InvestmentProblem, isChosen: ArrayLike<number>): readonly string[] {
  return problem.improvements.filter((_, item) => isChosen[item] === 1).map(({ id }) => id)
}

/** Opens a search for a goal under the problem's rules. */
export function withSearchFor<T>(
  highs: Highs,
  problem: InvestmentProblem,
  goal: Goal,
  { seed, timeLimitSeconds = DEFAULT_TIME_LIMIT_SECONDS, gap }: Pick<SolveOptions, 'seed' | 'timeLimitSeconds'> & { readonly gap?: number },
  body: (search: Search) => T,
): T {
  const rules = rulesOf(problem)
  return withSearch(
    highs,
    { goal, rules, programme: programmeOf(goal, rules) },
    { seed, timeLimitSeconds, ...(gap === undefined ? {} : { gap }) },
    body,
  )
}

function searchFor(highs: Highs, problem: InvestmentProblem, goal: Goal, options: SolveOptions): { found: Found; tangents: Certificate['tangents'] } {
  return withSearchFor(highs, problem, goal, options, search => ({ found: search.minimise(), tangents: search.tangents() }))
}

/** Of choices whose loss is at most so much, the one that loses least care. */
function leastCareWithin(highs: Highs, problem: InvestmentProblem, options: SolveOptions, appetite: number): Uint8Array | undefined {
  if (valueOf(termsOf(problem, 'care'), []) === 0) return undefined
  const within = { ...problem, limits: { ...problem.limits, appetite: Math.min(appetite, problem.limits.appetite ?? Infinity) } }
  const goal = goalOf(within, 'least-lost-care')
  const { found } = searchFor(highs, within, goal, options)
  return found.kind === 'found' ? settleTies(within, goal, rulesOf(within), found.isChosen) : undefined
}

function solverName({ version }: Highs): string {
  return `HiGHS ${version.string} (highs-js)`
}
