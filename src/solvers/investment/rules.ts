import type { ConflictRow, InvestmentProblem, YearLimits } from './model.ts'
import { annualCosts } from './residual.ts'

/** Rules on the choice alone, as rows: lower ≤ Σ values · x ≤ upper. */

export interface Row {
  readonly lower: number
  readonly upper: number
  readonly indices: readonly number[]
  readonly values: readonly number[]
}

export interface Rule extends Row {
  readonly kind: ConflictRow['kind']
}

export type LimitName = keyof YearLimits

export const LIMIT_NAMES = ['annualCost', 'capital', 'revenue', 'peopleDays'] as const satisfies readonly LimitName[]

const KIND_OF_LIMIT = { annualCost: 'annual-cost', capital: 'capital', revenue: 'revenue', peopleDays: 'people-days' } as const

/** What a limit may be passed by: the rounding of sums, less than a thousandth of a penny. */
const ROUNDING = 1e-5

/** What one unit of each improvement uses up of a limit, in the year in which it is bought. */
export function useOf(problem: InvestmentProblem, limit: LimitName): Float64Array {
  if (limit === 'annualCost') return annualCosts(problem)
  return Float64Array.from(problem.improvements, improvement => {
    const { capital, yearly, peopleDays, fundingType } = improvement
    if (limit === 'peopleDays') return peopleDays
    if (limit === 'capital') return fundingType === 'capital' ? capital : 0
    return yearly + (fundingType === 'revenue' ? capital : 0)
  })
}

/** Every rule on the choice, but not the caps on expected loss and lost care. */
export function rulesOf(problem: InvestmentProblem): readonly Rule[] {
  const at = new Map(problem.improvements.map(({ id }, index) => [id, index]))
  const rules: Rule[] = []
  for (const limit of LIMIT_NAMES) {
    const most = problem.limits[limit]
    if (most === null) continue
    const used = [...useOf(problem, limit).entries()].filter(([, use]) => use > 0)
    rules.push({
      kind: KIND_OF_LIMIT[limit],
      lower: -Infinity,
      upper: most,
      indices: used.map(([index]) => index),
      values: used.map(([, use]) => use),
    })
  }
  const one = (kind: Rule['kind'], index: number, value: number) => rules.push({ kind, lower: value, upper: value, indices: [index], values: [1] })
  const groups = new Map<string, number[]>()
  for (const [index, { id, prerequisites, exclusiveGroup, mustDo }] of problem.improvements.entries()) {
    for (const other of prerequisites) {
      const needed = at.get(other)
      if (needed !== undefined) rules.push({ kind: 'prerequisite', lower: -Infinity, upper: 0, indices: [index, needed], values: [1, -1] })
    }
    if (exclusiveGroup !== null) groups.set(exclusiveGroup, [...(groups.get(exclusiveGroup) ?? []), index])
    if (mustDo !== null) one('must-do', index, 1)
    else if (problem.limits.required.includes(id)) one('required', index, 1)
    if (problem.limits.excluded.includes(id)) one('excluded', index, 0)
  }
  for (const members of groups.values())
    if (members.length > 1) rules.push({ kind: 'exclusive', lower: -Infinity, upper: 1, indices: members, values: members.map(() => 1) })
  return rules
}

/** Whether a choice keeps a rule, to the rounding of its sum. */
export function keeps({ lower, upper, indices, values }: Row, isChosen: ArrayLike<number>): boolean {
  let sum = 0
  for (let at = 0; at < indices.length; at += 1) sum += (values[at] ?? 0) * (isChosen[indices[at] ?? 0] ?? 0)
  return sum <= upper + ROUNDING && sum >= lower - ROUNDING
}
