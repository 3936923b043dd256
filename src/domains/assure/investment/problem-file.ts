import { z } from 'zod'
import { Invalid } from '../../../kernel/errors.ts'
import type { Certificate, InvestmentProblem } from '../../../solvers/investment/model.ts'

/** A problem and a certificate from outside. What is said here is whether it is of the right shape; what its figures mean is for `validateProblem`. */

const text = z.string().max(500)
const number = z.number()
const estimate = z.object({ low: number, likely: number, high: number })
const size = z.object({ low: number, mean: number, high: number })
const limit = number.nullable().default(null)
const ids = z.array(text).max(1_000)

const problemSchema = z.object({
  improvements: z
    .array(
      z.object({
        id: text,
        name: text,
        capital: number,
        yearly: number,
        peopleDays: number,
        life: number,
        deliveryMonths: number.default(0),
        fundingType: z.enum(['capital', 'revenue']).default('capital'),
        prerequisites: ids.default([]),
        exclusiveGroup: text.nullable().default(null),
        mustDo: text.nullable().default(null),
        overlapGroup: text.nullable().default(null),
      }),
    )
    .max(500),
  scenarios: z
    .array(
      z.object({
        id: text,
        name: text,
        frequency: estimate,
        losses: z.array(z.object({ id: text, size })).max(50),
        lostCare: size.nullable().default(null),
      }),
    )
    .max(200),
  effects: z.array(z.object({ improvement: text, scenario: text, channel: text, prevention: estimate, mitigation: estimate })).max(50_000),
  overlapGroups: z.array(z.object({ id: text, name: text, rho: number })).default([]),
  dayRate: number.default(0),
  limits: z.object({
    annualCost: limit,
    capital: limit,
    revenue: limit,
    peopleDays: limit,
    appetite: limit,
    lostCare: limit,
    required: ids.default([]),
    excluded: ids.default([]),
    targets: z.array(z.object({ improvement: text, byYear: number })).default([]),
  }),
})

const certificateSchema = z.object({
  inputsHash: z.string().nullable(),
  objective: z.enum(['least-loss', 'net-benefit', 'least-cost', 'least-lost-care', 'least-tail']),
  chosen: ids,
  upper: number,
  lower: number,
  gap: number,
  isProven: z.boolean(),
  rounds: number,
  tangents: z.array(z.object({ term: text, at: z.array(number) })),
  solver: text,
  seed: number,
  tail: z.object({ confidence: number, draws: number }).nullable(),
  careWithin: number.nullable().default(null),
})

/** Throws `Invalid` that names each part that is missing or is something else. */
export function problemFrom(value: unknown): InvestmentProblem {
  return shaped(problemSchema, value, 'problem')
}

export function certificateFrom(value: unknown): Certificate {
  return shaped(certificateSchema, value, 'certificate')
}

function shaped<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.slice(0, 10).map(({ path, message }) => `/${path.join('/')}: ${message}.`)
  throw new Invalid('assure.investment.shape', `This is no ${what}. ${faults.join(' ')}`)
}
