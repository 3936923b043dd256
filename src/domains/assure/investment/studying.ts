import type { Platform } from '../../../platform/platform.ts'
import { loadHighs } from '../../../platform/solve/highs.ts'
import { explainPlan } from '../../../solvers/investment/explain.ts'
import { frontierOf } from '../../../solvers/investment/frontier.ts'
import { lossScenariosOf } from '../../../solvers/investment/losses.ts'
import type { InvestmentProblem, YearLimits } from '../../../solvers/investment/model.ts'
import { roadMap } from '../../../solvers/investment/road-map.ts'
import { robustness } from '../../../solvers/investment/robustness.ts'
import { sensitivitiesOf } from '../../../solvers/investment/sensitivity.ts'
import { switchesOf } from '../../../solvers/investment/switching.ts'
import { simulateLosses } from '../../../solvers/loss/simulate.ts'
import { SEED } from './model.ts'
import { bestChoice } from './solving.ts'
import { NO_STUDY, type LossCurve, type Study } from './study.ts'

/** What is studied: the problem that was answered, what was chosen, and what is in place for nothing. */
export interface Studied {
  readonly problem: InvestmentProblem
  readonly chosen: readonly string[]
  readonly inPlace: readonly string[]
  readonly years: number
  readonly hash: string
}

const FUTURES = 100
const FRONTIER_POINTS = 24
const TRIALS = 100_000

/** Works the study out part by part, the quick ones first, and hands over after each what there is. */
export async function* studyOf(platform: Platform, studied: Studied): AsyncGenerator<Study> {
  const { problem, chosen, inPlace, years, hash } = studied
  const highs = await loadHighs()
  let study: Study = {
    ...NO_STUDY,
    sensitivities: sensitivitiesOf(problem, chosen).slice(0, 12),
    exceedance: { today: curveOf(problem, inPlace), plan: curveOf(problem, chosen) },
  }
  // Of what money can do at all: the pots and days of this year do not bound it.
  const free = { ...problem, limits: { ...problem.limits, annualCost: null, capital: null, revenue: null, peopleDays: null } }
  study = { ...study, frontier: frontierOf(highs, free, { most: FRONTIER_POINTS, seed: SEED }) }
  yield study
  study = { ...study, robustness: robustness(highs, problem, chosen, { futures: FUTURES, seed: SEED }) }
  yield study
  study = { ...study, explanations: explainPlan(highs, problem, chosen, { seed: SEED }) }
  study = { ...study, mustDoCost: await mustDoCost(platform, problem, chosen, hash) }
  yield study
  study = { ...study, roadMap: years < 2 ? null : roadMap(highs, problem, yearsOf(problem, years), { seed: SEED }) }
  yield study
  yield { ...study, switches: switchesOf(highs, problem, chosen, { seed: SEED }), isDone: true }
}

/** The same pots each year; what runs is paid again from each year's revenue. */
function yearsOf({ limits: { annualCost, capital, revenue, peopleDays } }: InvestmentProblem, years: number): readonly YearLimits[] {
  return Array.from({ length: years }, () => ({ annualCost, capital, revenue, peopleDays }))
}

function curveOf(problem: InvestmentProblem, chosen: readonly string[]): LossCurve {
  const { mean, oneInTwenty, exceedance } = simulateLosses(lossScenariosOf(problem, chosen, 'money'), { trials: TRIALS, seed: SEED })
  return { points: exceedance.map(({ loss, chance }) => ({ loss, probability: chance })), expected: mean, oneInTwenty }
}

/** What the must-dos keep from being avoided elsewhere: 0 where the best plan has them anyway, `null` where there are none. */
async function mustDoCost(platform: Platform, problem: InvestmentProblem, chosen: readonly string[], hash: string): Promise<number | null> {
  if (problem.improvements.every(({ mustDo }) => mustDo === null)) return null
  const unbound = { ...problem, improvements: problem.improvements.map(improvement => ({ ...improvement, mustDo: null })) }
  const [bound, outcome] = [await bestChoice(platform, problem, hash), await bestChoice(platform, unbound, hash)]
  if (bound.kind !== 'solved' || outcome.kind !== 'solved' || chosen.length === 0) return null
  return Math.max(0, bound.plan.after - outcome.plan.after)
}
