import type { InvestmentProblem } from './model.ts'

/** The problem as one text, the same for the same inputs whatever the order of their fields: what the hash of a certificate is of. The caller hashes it. */
export function canonicalInputs(problem: InvestmentProblem): string {
  return JSON.stringify(problem, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)))
      : value,
  )
}
