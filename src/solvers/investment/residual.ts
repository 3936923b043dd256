import { effectOf, meanOf, MOST_EFFECT } from './estimates.ts'
import { ALL_CHANNELS, CARE_CHANNEL, type InvestmentProblem, type Plan, type Spend } from './model.ts'

/**
 * R(x), from the definition in model.ts, on indices instead of ids. All that searches, draws and explains stands on this one reading of a problem;
 * only the checker (check.ts) reads the problem anew.
 */

/** Items of one overlap group that bear on a term, with their a_jsk > 0. */
export interface Piece {
  readonly rho: number
  readonly items: Int32Array
  readonly strengths: Float64Array
}

/** One exponential: what is expected to be lost in a year through one channel of one scenario, `weight · exp(-u(x))`. */
export interface Term {
  readonly scenario: number
  /** `care` for the term of lost care. */
  readonly channel: string
  readonly weight: number
  readonly pieces: readonly Piece[]
}

/** One future: a value for each judged number, in the problem's own order. */
export interface Future {
  /** By scenario. */
  readonly frequencies: readonly number[]
  /** By scenario, then channel. */
  readonly losses: readonly (readonly number[])[]
  /** By scenario; 0 where no care is lost. */
  readonly care: readonly number[]
  /** By effect. */
  readonly preventions: readonly number[]
  readonly mitigations: readonly number[]
}

/** The future in which all is as it is on the mean: the one that R(x) is about. */
export function expectedFuture(problem: InvestmentProblem): Future {
  return {
    frequencies: problem.scenarios.map(({ frequency }) => meanOf(frequency)),
    losses: problem.scenarios.map(({ losses }) => losses.map(({ size }) => size.mean)),
    care: problem.scenarios.map(({ lostCare }) => lostCare?.mean ?? 0),
    preventions: problem.effects.map(({ prevention }) => effectOf(prevention)),
    mitigations: problem.effects.map(({ mitigation }) => effectOf(mitigation)),
  }
}

/** The terms of R(x) in pounds, or of the lost care in its unit. Terms without weight are left out. */
export function termsOf(problem: InvestmentProblem, unit: 'money' | 'care', future: Future = expectedFuture(problem)): readonly Term[] {
  const strengths = strengthsOf(problem, future)
  return problem.scenarios.flatMap((scenario, index) => {
    const channels =
      unit === 'care'
        ? [{ channel: CARE_CHANNEL, size: future.care[index] ?? 0 }]
        : scenario.losses.map(({ id }, channel) => ({ channel: id, size: future.losses[index]?.[channel] ?? 0 }))
    return channels.flatMap(({ channel, size }) => {
      const weight = (future.frequencies[index] ?? 0) * size
      return weight > 0 ? [{ scenario: index, channel, weight, pieces: piecesOf(problem, strengths(index, channel)) }] : []
    })
  })
}

/** u(x) of one term. `isChosen` has 1 for each chosen item. */
export function exposureOf(term: Term, isChosen: ArrayLike<number>): number {
  let exposure = 0
  for (const { rho, items, strengths } of term.pieces) {
    let sum = 0
    let most = 0
    for (let at = 0; at < items.length; at += 1) {
      const strength = (isChosen[items[at] ?? 0] ?? 0) * (strengths[at] ?? 0)
      sum += strength
      if (strength > most) most = strength
    }
    exposure += rho * most + (1 - rho) * sum
  }
  return exposure
}

/** Σ weight · exp(-u(x)). */
export function valueOf(terms: readonly Term[], isChosen: ArrayLike<number>): number {
  return terms.reduce((sum, term) => sum + term.weight * Math.exp(-exposureOf(term, isChosen)), 0)
}

/** What each improvement costs a year, what is paid once spread over its life. */
export function annualCosts(problem: InvestmentProblem): Float64Array {
  return Float64Array.from(problem.improvements, ({ capital, peopleDays, yearly, life }) => (capital + peopleDays * problem.dayRate) / life + yearly)
}

export function spendOf(problem: InvestmentProblem, isChosen: ArrayLike<number>): Spend {
  const costs = annualCosts(problem)
  const spend = { annualCost: 0, capital: 0, revenue: 0, peopleDays: 0 }
  for (const [index, improvement] of problem.improvements.entries()) {
    if (isChosen[index] !== 1) continue
    spend.annualCost += costs[index] ?? 0
    spend.capital += improvement.fundingType === 'capital' ? improvement.capital : 0
    spend.revenue += improvement.yearly + (improvement.fundingType === 'revenue' ? improvement.capital : 0)
    spend.peopleDays += improvement.peopleDays
  }
  return spend
}

/** 1 at the index of each of these improvements. */
export function markOf(problem: InvestmentProblem, chosen: readonly string[]): Uint8Array {
  const ids = new Set(chosen)
  return Uint8Array.from(problem.improvements, ({ id }) => (ids.has(id) ? 1 : 0))
}

/** All that is told of a choice, whether it is the best one or somebody's own. */
export function describePlan(problem: InvestmentProblem, chosen: readonly string[]): Plan {
  const mark = markOf(problem, chosen)
  const nothing = new Uint8Array(problem.improvements.length)
  const money = termsOf(problem, 'money')
  const care = termsOf(problem, 'care')
  const before = valueOf(money, nothing)
  const after = valueOf(money, mark)
  const ofScenario = (terms: readonly Term[], scenario: number, isChosen: Uint8Array) =>
    valueOf(
      terms.filter(term => term.scenario === scenario),
      isChosen,
    )
  return {
    chosen: problem.improvements.filter((_, index) => mark[index] === 1).map(({ id }) => id),
    spend: spendOf(problem, mark),
    before,
    after,
    careBefore: valueOf(care, nothing),
    careAfter: valueOf(care, mark),
    byScenario: problem.scenarios.map(({ id }, scenario) => ({
      scenario: id,
      before: ofScenario(money, scenario, nothing),
      after: ofScenario(money, scenario, mark),
      careBefore: ofScenario(care, scenario, nothing),
      careAfter: ofScenario(care, scenario, mark),
    })),
    savings: problem.improvements.map(({ id }, index) => {
      const alone = nothing.with(index, 1)
      const other = mark.with(index, mark[index] === 1 ? 0 : 1)
      return { improvement: id, standAlone: before - valueOf(money, alone), marginal: Math.abs(valueOf(money, other) - after) }
    }),
  }
}

/** Looks up a_jsk of each improvement on one channel of one scenario. Several effects on the same channel multiply, so their logarithms add. */
function strengthsOf(problem: InvestmentProblem, future: Future): (scenario: number, channel: string) => ReadonlyMap<number, number> {
  const items = new Map(problem.improvements.map(({ id }, index) => [id, index]))
  const scenarios = new Map(problem.scenarios.map(({ id }, index) => [id, index]))
  return (scenario, channel) => {
    const strengths = new Map<number, number>()
    for (const [index, effect] of problem.effects.entries()) {
      const item = items.get(effect.improvement)
      if (item === undefined || scenarios.get(effect.scenario) !== scenario) continue
      const isHere = effect.channel === channel || effect.channel === ALL_CHANNELS
      const strength = logOf(future.preventions[index]) + (isHere ? logOf(future.mitigations[index]) : 0)
      if (strength > 0) strengths.set(item, (strengths.get(item) ?? 0) + strength)
    }
    return strengths
  }
}

function logOf(effect = 0): number {
  return -Math.log1p(-Math.min(MOST_EFFECT, Math.max(0, effect)))
}

/** Those without a group, and those of a group that overlaps in nothing, are one piece. */
function piecesOf(problem: InvestmentProblem, strengths: ReadonlyMap<number, number>): readonly Piece[] {
  const rhos = new Map(problem.overlapGroups.map(({ id, rho }) => [id, rho]))
  const groups = new Map<string, [item: number, strength: number][]>()
  for (const [item, strength] of [...strengths].toSorted(([one], [other]) => one - other)) {
    const group = problem.improvements[item]?.overlapGroup ?? ''
    const key = (rhos.get(group) ?? 0) > 0 ? group : ''
    groups.set(key, [...(groups.get(key) ?? []), [item, strength]])
  }
  return [...groups].map(([group, members]) => ({
    // A group of one overlaps with nothing.
    rho: members.length > 1 ? (rhos.get(group) ?? 0) : 0,
    items: Int32Array.from(members, ([item]) => item),
    strengths: Float64Array.from(members, ([, strength]) => strength),
  }))
}
