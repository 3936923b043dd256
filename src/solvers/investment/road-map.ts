import type { Highs } from 'highs'
import { conflictOf } from './conflict.ts'
import type { Goal } from './goal.ts'
import type { InvestmentProblem, RoadMap, RoadMapYear, YearLimits } from './model.ts'
import { programmeOf } from './programme.ts'
import { annualCosts, markOf, spendOf, termsOf, valueOf, type Term } from './residual.ts'
import { rulesOf, useOf, type Rule } from './rules.ts'
import { withSearch } from './search.ts'
import { idsOf, solveInvestment } from './solve.ts'

export interface RoadMapOptions {
  readonly seed: number
  readonly timeLimitSeconds?: number
  /** Bounds within this share are close enough: a thousandth when left out. */
  readonly gap?: number
}

/**
 * What to buy in which year, each year keeping what was bought before: the least sum of the years' residual expected losses. Paid once in the year of buying
 * (capital or revenue, days), running costs in each year from then on; what takes twelve months or more to deliver helps from a later year on. Beside each
 * year stands the best that its money up to then could have had without that bond: the difference is the price of keeping earlier choices.
 */
export function roadMap(
  highs: Highs,
  problem: InvestmentProblem,
  years: readonly YearLimits[],
  { seed, timeLimitSeconds = 60, gap = 1e-3 }: RoadMapOptions,
): RoadMap {
  const free: { readonly chosen: readonly string[]; readonly after: number }[] = []
  for (const [index] of years.entries()) {
    const alone = upTo(problem, years, index + 1)
    const outcome = solveInvestment(highs, alone, { objective: 'least-loss', seed, timeLimitSeconds })
    if (outcome.kind === 'impossible') return { kind: 'impossible', year: index + 1, conflict: outcome.conflict }
    if (outcome.kind === 'out-of-time') return { kind: 'out-of-time' }
    free.push({ chosen: outcome.plan.chosen, after: outcome.plan.after })
  }
  const items = problem.improvements.length
  const goal: Goal = {
    losses: [years.flatMap((_, index) => termsIn(problem, 'money', index))],
    over: 'mean',
    itemCosts: new Float64Array(items * years.length),
    caps: [],
  }
  const rules = rulesOver(problem, years)
  const found = withSearch(highs, { goal, rules, programme: programmeOf(goal, rules) }, { seed, timeLimitSeconds, gap }, search => search.minimise())
  if (found.kind === 'out-of-time') return { kind: 'out-of-time' }
  if (found.kind === 'impossible') {
    // Every year alone can be had, but not one after the other: what is due is told for the first year, which all the others stand on.
    return { kind: 'impossible', year: 1, conflict: conflictOf(highs, upTo(problem, years, 1), seed) }
  }
  const told = years.map((_, index): RoadMapYear => {
    const chosen = idsOf(problem, found.isChosen.subarray(index * items))
    const earlier = index === 0 ? [] : idsOf(problem, found.isChosen.subarray((index - 1) * items))
    const bought = chosen.filter(id => !earlier.includes(id))
    const after = valueOf(termsIn(problem, 'money', index), found.isChosen)
    const { chosen: freeChosen = [], after: freeAfter = after } = free[index] ?? {}
    const running = spendOf(problem, markOf(problem, chosen))
    const paid = spendOf(problem, markOf(problem, bought))
    const yearly = problem.improvements.reduce((sum, one) => sum + (chosen.includes(one.id) && !bought.includes(one.id) ? one.yearly : 0), 0)
    return {
      year: index + 1,
      chosen,
      bought,
      spend: { annualCost: running.annualCost, capital: paid.capital, revenue: paid.revenue + yearly, peopleDays: paid.peopleDays },
      after,
      careAfter: valueOf(termsIn(problem, 'care', index), found.isChosen),
      freeChosen,
      freeAfter,
      priceOfNesting: Math.max(0, after - freeAfter),
    }
  })
  return {
    kind: 'solved',
    years: told,
    priceOfNesting: told.reduce((sum, { priceOfNesting }) => sum + priceOfNesting, 0),
    gap: found.upper === 0 ? 0 : (found.upper - found.lower) / Math.abs(found.upper),
    isProven: found.isProven,
  }
}

/** Whole years from buying until an improvement helps. */
function delayOf(deliveryMonths: number): number {
  return Math.floor(deliveryMonths / 12)
}

/**
 * The problem of one year with all that came in up to then, for a choice that is not bound to earlier ones and is delivered at once. Its optimum is never above
 * that of any road: the money up to then covers whatever a road has bought and runs.
 */
function upTo(problem: InvestmentProblem, all: readonly YearLimits[], count: number): InvestmentProblem {
  const years = all.slice(0, count)
  const sum = (limit: 'capital' | 'revenue' | 'peopleDays') => {
    const amounts = years.map(year => year[limit])
    return amounts.includes(null) ? null : amounts.reduce<number>((total, amount) => total + (amount ?? 0), 0)
  }
  const due = problem.limits.targets.filter(({ byYear }) => byYear <= count).map(({ improvement }) => improvement)
  const required = count === all.length ? [...problem.limits.required, ...due] : due
  return {
    ...problem,
    limits: {
      ...problem.limits,
      annualCost: years.at(-1)?.annualCost ?? null,
      capital: sum('capital'),
      revenue: sum('revenue'),
      peopleDays: sum('peopleDays'),
      appetite: null,
      lostCare: null,
      required,
    },
  }
}

/** The terms of one year, on the items of all years: an improvement helps through the choice of the year in which it had to be bought. */
function termsIn(problem: InvestmentProblem, unit: 'money' | 'care', year: number): readonly Term[] {
  const items = problem.improvements.length
  return termsOf(problem, unit).map(term => ({
    ...term,
    pieces: term.pieces.flatMap(({ rho, items: members, strengths }) => {
      const kept = [...members].flatMap((item, at) => {
        const bought = year - delayOf(problem.improvements[item]?.deliveryMonths ?? 0)
        return bought < 0 ? [] : [{ item: bought * items + item, strength: strengths[at] ?? 0 }]
      })
      if (kept.length === 0) return []
      return [
        {
          rho: kept.length > 1 ? rho : 0,
          items: Int32Array.from(kept, ({ item }) => item),
          strengths: Float64Array.from(kept, ({ strength }) => strength),
        },
      ]
    }),
  }))
}

function rulesOver(problem: InvestmentProblem, years: readonly YearLimits[]): readonly Rule[] {
  const { improvements, limits } = problem
  const items = improvements.length
  const rules: Rule[] = []
  for (const [year, own] of years.entries()) {
    const withoutLimits = { ...problem, limits: { ...limits, annualCost: null, capital: null, revenue: null, peopleDays: null, required: [] } }
    for (const rule of rulesOf(withoutLimits)) rules.push({ ...rule, indices: rule.indices.map(index => year * items + index) })
    const once = (kind: Rule['kind'], most: number | null, paid: ArrayLike<number>, runs: ArrayLike<number>) => {
      if (most === null) return
      const indices: number[] = []
      const values: number[] = []
      for (let item = 0; item < items; item += 1) {
        const now = (paid[item] ?? 0) + (runs[item] ?? 0)
        if (now > 0) indices.push(year * items + item)
        if (now > 0) values.push(now)
        // Bought in an earlier year: paid then.
        if (year > 0 && (paid[item] ?? 0) > 0) indices.push((year - 1) * items + item)
        if (year > 0 && (paid[item] ?? 0) > 0) values.push(-(paid[item] ?? 0))
      }
      rules.push({ kind, lower: -Infinity, upper: most, indices, values })
    }
    const nothing = new Float64Array(items)
    const yearly = improvements.map(one => one.yearly)
    once('annual-cost', own.annualCost, nothing, annualCosts(problem))
    once('capital', own.capital, useOf(problem, 'capital'), nothing)
    once(
      'revenue',
      own.revenue,
      useOf(problem, 'revenue').map((use, item) => use - (yearly[item] ?? 0)),
      yearly,
    )
    once('people-days', own.peopleDays, useOf(problem, 'peopleDays'), nothing)
    for (const [item, { id }] of improvements.entries()) {
      const here = year * items + item
      const isDue = limits.targets.some(target => target.improvement === id && target.byYear <= year + 1)
      if (isDue || (limits.required.includes(id) && year === years.length - 1))
        rules.push({ kind: 'required', lower: 1, upper: 1, indices: [here], values: [1] })
      // What is chosen stays.
      if (year > 0) rules.push({ kind: 'prerequisite', lower: -Infinity, upper: 0, indices: [here - items, here], values: [1, -1] })
    }
  }
  return rules
}
