import type { Highs } from 'highs'
import type { Cap, Goal } from './goal.ts'
import { goalOf } from './goal.ts'
import type { ConflictRow, InvestmentProblem } from './model.ts'
import { programmeOf } from './programme.ts'
import { keeps, rulesOf, type Rule } from './rules.ts'
import { withSearch } from './search.ts'

type Demand = { readonly rule: Rule } | { readonly cap: Cap }

/**
 * The few rules that cannot hold together: take any one away and the rest can. Found by leaving out one after another (a deletion filter; Chinneck 2008,
 * Feasibility and Infeasibility in Optimization §6). Empty where all hold together.
 */
export function conflictOf(highs: Highs, problem: InvestmentProblem, seed: number): readonly ConflictRow[] {
  const caps = goalOf(problem, 'least-cost').caps
  const rules = rulesOf(problem)
  const isPossible = (demands: readonly Demand[]) => canHold(highs, problem, demands, seed)
  let left: readonly Demand[] = rules.map(rule => ({ rule }))
  // The caps are asked of the solver, so they are brought in only where the rules alone do not fall out.
  if (isPossible(left)) left = [...left, ...caps.map(cap => ({ cap }))]
  if (isPossible(left)) return []
  for (const kind of new Set(left.map(kindOf))) {
    const others = left.filter(demand => kindOf(demand) !== kind)
    if (!isPossible(others)) left = others
  }
  for (const demand of left) {
    const others = left.filter(other => other !== demand)
    if (!isPossible(others)) left = others
  }
  return left.map(demand => ('rule' in demand ? rowOf(problem, demand.rule) : capRow(demand.cap)))
}

function kindOf(demand: Demand): ConflictRow['kind'] {
  return 'rule' in demand ? demand.rule.kind : demand.cap.kind
}

/**
 * Without caps the smallest choice decides: what must be there and all that it needs. Every use is 0 or more, so if that breaks a rule every other choice
 * does. With caps the solver is asked.
 */
function canHold(highs: Highs, problem: InvestmentProblem, demands: readonly Demand[], seed: number): boolean {
  const rules = demands.flatMap(demand => ('rule' in demand ? [demand.rule] : []))
  const caps = demands.flatMap(demand => ('cap' in demand ? [demand.cap] : []))
  const mark = new Uint8Array(problem.improvements.length)
  const needs = rules.filter(({ kind }) => kind === 'prerequisite').map(({ indices }) => indices)
  const put = (item: number): void => {
    if (mark[item] === 1) return
    mark[item] = 1
    for (const [one, other] of needs) if (one === item && other !== undefined) put(other)
  }
  for (const { lower, indices } of rules) if (lower === 1) for (const item of indices) put(item)
  if (!rules.every(rule => keeps(rule, mark))) return false
  if (caps.length === 0) return true
  const goal: Goal = { losses: [], over: 'none', itemCosts: new Float64Array(problem.improvements.length), caps }
  const found = withSearch(highs, { goal, rules, programme: programmeOf(goal, rules) }, { seed, timeLimitSeconds: 20 }, search => search.minimise())
  return found.kind !== 'impossible'
}

/** Rules about what is used up, not about single improvements. */
const LIMITS: ReadonlySet<ConflictRow['kind']> = new Set(['annual-cost', 'capital', 'revenue', 'people-days'])

function rowOf(problem: InvestmentProblem, { kind, indices, upper }: Rule): ConflictRow {
  const concerned = LIMITS.has(kind) ? [] : indices.flatMap(index => problem.improvements[index] ?? [])
  const [first, second] = concerned
  const names = concerned.map(({ name }) => name)
  const message = () => {
    switch (kind) {
      case 'must-do':
        return `"${first?.name}" must be done: ${first?.mustDo}.`
      case 'required':
        return `"${first?.name}" was decided to be in.`
      case 'excluded':
        return `"${first?.name}" was decided to be out.`
      case 'prerequisite':
        return `"${first?.name}" needs "${second?.name}".`
      case 'exclusive':
        return `At most one of these can be had: ${names.map(name => `"${name}"`).join(', ')}.`
      case 'annual-cost':
        return `The yearly cost may be at most ${pounds(upper)}.`
      case 'capital':
        return `Capital may be at most ${pounds(upper)}.`
      case 'revenue':
        return `Revenue may be at most ${pounds(upper)}.`
      case 'people-days':
        return `Our people have at most ${amount(upper)} days.`
      case 'appetite':
      case 'lost-care':
        return ''
    }
  }
  return { kind, improvements: concerned.map(({ id }) => id), message: message() }
}

function capRow({ kind, most }: Cap): ConflictRow {
  return {
    kind,
    improvements: [],
    message:
      kind === 'appetite'
        ? `The expected loss left over may be at most ${pounds(most)} a year.`
        : `The care expected to be lost may be at most ${amount(most)} a year.`,
  }
}

function pounds(value: number): string {
  return `£${amount(value)}`
}

function amount(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 2 })
}
