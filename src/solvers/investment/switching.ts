import type { Highs } from 'highs'
import { goalOf, objectiveOf } from './goal.ts'
import type { InvestmentProblem, Switch } from './model.ts'
import { markOf, termsOf, valueOf } from './residual.ts'
import { LIMIT_NAMES, useOf } from './rules.ts'
import { withSearchFor } from './solve.ts'

/** As far as an input is moved: a tenth, or ten times. */
const FARTHEST = 10

/** By so much another plan must be better before it counts as another answer. */
const GAP = 1e-5

const MOST_STEPS = 12

export interface SwitchOptions {
  readonly seed: number
  /** Improvements whose cost is asked about; all when left out. */
  readonly items?: readonly string[]
  /** Asked before each: whether the time is up. */
  readonly isOver?: () => boolean
}

/** Seconds for one changed problem. */
const PATIENCE = 4

/**
 * What would change our mind: for each improvement's cost and each scenario's frequency, alone, the factor between a tenth and ten times at which this plan is
 * no longer the best one. From the plan that is the best at the far end back to where that one overtakes ours, and again from there, until ours is the best.
 * Where ours is the best at the far end nothing is told, though it might not be in between. The costs of what is chosen need no solver and come first, then the
 * scenarios, those that cost most before the others, then what is not chosen; of those that the time did not suffice for nothing is told.
 */
export function switchesOf(
  highs: Highs,
  problem: InvestmentProblem,
  chosen: readonly string[],
  { seed, items, isOver }: SwitchOptions,
): readonly Switch[] {
  const mark = markOf(problem, chosen)
  /** The plan that is better than ours under a changed problem. */
  const betterOf = (changed: InvestmentProblem): Uint8Array | undefined => {
    const goal = goalOf(changed, 'least-loss')
    const found = withSearchFor(highs, changed, goal, { seed, timeLimitSeconds: PATIENCE, gap: GAP }, search => search.minimise())
    return found.kind === 'found' && found.upper < objectiveOf(goal, mark) * (1 - 2 * GAP) ? found.isChosen : undefined
  }
  const followed = (change: (factor: number) => InvestmentProblem, farthest: number, overtakes: (other: Uint8Array) => number): number | null => {
    let last: number | null = null
    let at = farthest
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const better = betterOf(change(at))
      if (better === undefined) return last
      last = overtakes(better)
      // A little nearer to 1, where the other is not yet as good.
      at = last * (farthest > 1 ? 1 - 1e-6 : 1 + 1e-6)
      if (farthest > 1 ? at <= 1 : at >= 1) return 1
    }
    return last
  }
  const terms = termsOf(problem, 'money')
  const ofScenario = (id: string, scenario: number): Switch => {
    const parts = (one: ArrayLike<number>) => {
      const own = valueOf(
        terms.filter(term => term.scenario === scenario),
        one,
      )
      return { own, rest: valueOf(terms, one) - own }
    }
    const ours = parts(mark)
    const overtakes = (other: Uint8Array) => {
      const { own, rest } = parts(other)
      return (rest - ours.rest) / (ours.own - own)
    }
    const change = happening(problem, id)
    return { kind: 'frequency', subject: id, below: followed(change, 1 / FARTHEST, overtakes), above: followed(change, FARTHEST, overtakes) }
  }
  // What is bought and gets dearer drops out where it no longer fits; what is not and gets cheaper comes in where a plan with it does.
  const ofItem = (id: string, item: number): Switch => {
    if (mark[item] !== 1) {
      const below = followed(costing(problem, id), 1 / FARTHEST, other => fitsUpTo(problem, other, item))
      return { kind: 'cost', subject: id, below, above: null }
    }
    const above = fitsUpTo(problem, mark, item)
    return { kind: 'cost', subject: id, below: null, above: above <= FARTHEST ? above : null }
  }
  const lossOf = (scenario: number) =>
    valueOf(
      terms.filter(term => term.scenario === scenario),
      mark,
    )
  const scenarios = problem.scenarios.map(({ id }, index) => ({ id, index })).toSorted((one, other) => lossOf(other.index) - lossOf(one.index))
  const asked = problem.improvements.flatMap(({ id }, item) => (items === undefined || items.includes(id) ? [{ id, item }] : []))
  const questions = [
    ...asked
      .filter(({ item }) => mark[item] === 1)
      .map(
        ({ id, item }) =>
          () =>
            ofItem(id, item),
      ),
    ...scenarios.map(
      ({ id, index }) =>
        () =>
          ofScenario(id, index),
    ),
    ...asked
      .filter(({ item }) => mark[item] !== 1)
      .map(
        ({ id, item }) =>
          () =>
            ofItem(id, item),
      ),
  ]
  return questions.flatMap(ask => (isOver?.() === true ? [] : [ask()]))
}

/** The highest factor on the cost of one item with which a choice that has it keeps every limit. */
function fitsUpTo(problem: InvestmentProblem, mark: ArrayLike<number>, item: number): number {
  return LIMIT_NAMES.reduce((least, limit) => {
    const most = problem.limits[limit]
    const uses = useOf(problem, limit)
    const own = uses[item] ?? 0
    if (most === null || own === 0) return least
    const others = uses.reduce((sum, use, other) => sum + (other === item ? 0 : use * (mark[other] ?? 0)), 0)
    return Math.min(least, (most - others) / own)
  }, Infinity)
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
