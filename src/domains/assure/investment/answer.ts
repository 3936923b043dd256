import type { Certificate, ConflictRow, InvestmentProblem, Outcome, ScenarioResidual, Spend } from '../../../solvers/investment/model.ts'
import { describePlan, markOf, termsOf, valueOf } from '../../../solvers/investment/residual.ts'

/** What one improvement does, in pounds of expected loss a year. The three answer different questions, and none adds up over improvements. */
export interface ItemAnswer {
  readonly code: string
  readonly name: string
  readonly isInPlace: boolean
  readonly isMustDo: boolean
  readonly isChosen: boolean
  /** Were it alone bought, from where one stands. */
  readonly alone: number
  /** Given the rest of the plan: what would be lost again without it, or what it would save on top. */
  readonly given: number
  /** Clinic-days a year, given the rest. */
  readonly careGiven: number
  readonly annualCost: number
  readonly capital: number
  readonly yearly: number
  readonly peopleDays: number
}

export type CaseAnswer =
  | {
      readonly kind: 'solved'
      readonly chosen: readonly string[]
      /** Chosen and not in place: what is to be bought. */
      readonly bought: readonly string[]
      readonly spend: Spend
      /** Expected pounds a year: where one stands, and with the plan. */
      readonly today: number
      readonly after: number
      readonly careToday: number
      readonly careAfter: number
      readonly byScenario: readonly (Omit<ScenarioResidual, 'before' | 'careBefore'> & { readonly today: number; readonly careToday: number })[]
      readonly items: readonly ItemAnswer[]
      readonly isProven: boolean
      readonly gap: number
    }
  | { readonly kind: 'impossible'; readonly conflict: readonly ConflictRow[] }
  | { readonly kind: 'out-of-time' }

/** The answer of a case, from what the solver found: beside where the organisation stands today, which is with what it has in place. */
export function answerOf(problem: InvestmentProblem, outcome: Outcome, inPlace: readonly string[], mustDos: ReadonlySet<string>): CaseAnswer {
  if (outcome.kind === 'impossible') return { kind: 'impossible', conflict: outcome.conflict }
  if (outcome.kind === 'out-of-time') return outcome
  return { ...describeChoice(problem, outcome.plan.chosen, inPlace, mustDos), ...proofOf(outcome.certificate) }
}

function proofOf({ isProven, gap }: Certificate) {
  return { isProven, gap }
}

/** The same of any choice, also of one that somebody made by hand: without a proof, for nobody says that it is the best. */
export function describeChoice(
  problem: InvestmentProblem,
  chosen: readonly string[],
  inPlace: readonly string[],
  mustDos: ReadonlySet<string>,
): Omit<Extract<CaseAnswer, { kind: 'solved' }>, 'isProven' | 'gap'> {
  const known = new Set(problem.improvements.map(({ id }) => id))
  const standing = inPlace.filter(code => known.has(code))
  const here = describePlan(problem, standing)
  const plan = describePlan(problem, chosen)
  const isChosen = new Set(plan.chosen)
  const isInPlace = new Set(standing)
  const savings = new Map(plan.savings.map(({ improvement, marginal }) => [improvement, marginal]))
  const levels = new Map(problem.improvements.map(({ id, exclusiveGroup }) => [id, exclusiveGroup]))
  const [money, care] = [termsOf(problem, 'money'), termsOf(problem, 'care')]
  const lossOf = (codes: readonly string[]) => valueOf(money, markOf(problem, codes))
  const careOf = (codes: readonly string[]) => valueOf(care, markOf(problem, codes))
  const items = problem.improvements.map((item): ItemAnswer => {
    const { id, name, capital, yearly, peopleDays, life } = item
    // A better level of the same thing takes the place of the one that is there.
    const others = standing.filter(code => item.exclusiveGroup === null || levels.get(code) !== item.exclusiveGroup || code === id)
    const alone = isInPlace.has(id) ? 0 : here.after - lossOf([...others, id])
    const toggled = isChosen.has(id) ? plan.chosen.filter(code => code !== id) : [...plan.chosen, id]
    return {
      code: id,
      name,
      isInPlace: isInPlace.has(id),
      isMustDo: mustDos.has(id),
      isChosen: isChosen.has(id),
      alone,
      given: savings.get(id) ?? 0,
      careGiven: Math.abs(careOf(toggled) - plan.careAfter),
      annualCost: (capital + peopleDays * problem.dayRate) / life + yearly,
      capital,
      yearly,
      peopleDays,
    }
  })
  const today = new Map(here.byScenario.map(row => [row.scenario, row]))
  return {
    kind: 'solved',
    chosen: plan.chosen,
    bought: plan.chosen.filter(code => !isInPlace.has(code)),
    spend: plan.spend,
    today: here.after,
    after: plan.after,
    careToday: here.careAfter,
    careAfter: plan.careAfter,
    byScenario: plan.byScenario.map(({ scenario, after, careAfter }) => ({
      scenario,
      today: today.get(scenario)?.after ?? 0,
      careToday: today.get(scenario)?.careAfter ?? 0,
      after,
      careAfter,
    })),
    items,
  }
}
