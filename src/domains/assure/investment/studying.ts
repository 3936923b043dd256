import { Unavailable } from '../../../kernel/errors.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { InvestmentProblem, YearLimits } from '../../../solvers/investment/model.ts'
import { SEED } from './model.ts'
import { bestChoice } from './solving.ts'
import { NO_STUDY, type LossCurve, type Study } from './study.ts'

/** What is studied: the problem that was answered, what was chosen, and what is in place for nothing. */
interface Studied {
  readonly problem: InvestmentProblem
  readonly chosen: readonly string[]
  readonly inPlace: readonly string[]
  readonly years: number
  readonly hash: string
}

type Asking = Pick<Platform, 'solve'>

const FUTURES = 100
const FRONTIER_POINTS = 24
const TRIALS = 100_000
const MOST_SENSITIVITIES = 12

/** How long each part may take. One that takes longer stays open, and the page says that it is not known. */
const PATIENCE_MILLIS = 240_000

/** Works the study out part by part, the quick ones first, and hands over after each what there is. */
export async function* studyOf(platform: Asking, { problem, chosen, inPlace, years, hash }: Studied): AsyncGenerator<Study> {
  const { solve } = platform
  const options = { timeoutMillis: PATIENCE_MILLIS }
  const [seed, plan] = [SEED, { problem, chosen }]
  let study: Study = {
    ...NO_STUDY,
    sensitivities: (await solve.run('sensitivities', plan)).slice(0, MOST_SENSITIVITIES),
    exceedance: { today: await curveOf(platform, problem, inPlace), plan: await curveOf(platform, problem, chosen) },
  }
  yield study
  // Of what money can do at all: the pots and days of this year do not bound it.
  const free = { ...problem, limits: { ...problem.limits, annualCost: null, capital: null, revenue: null, peopleDays: null } }
  study = { ...study, frontier: await inTime(solve.run('frontier', { problem: free, options: { most: FRONTIER_POINTS, seed } }, options)) }
  yield study
  study = {
    ...study,
    robustness: await inTime(solve.run('robustness', { ...plan, options: { futures: FUTURES, seed, timeLimitSeconds: 5 } }, options)),
  }
  yield study
  study = { ...study, explanations: await inTime(solve.run('explanation', { ...plan, seed }, options)) }
  study = { ...study, mustDoCost: await inTime(mustDoCost(platform, problem, hash)) }
  yield study
  const limits = yearsOf(problem, years)
  study = {
    ...study,
    roadMap: years < 2 ? null : await inTime(solve.run('road-map', { problem, years: limits, options: { seed, timeLimitSeconds: 60 } }, options)),
  }
  yield study
  yield { ...study, switches: await inTime(solve.run('switches', { ...plan, seed }, options)), isDone: true }
}

/** `null` where the time was up. */
async function inTime<T>(part: Promise<T>): Promise<T | null> {
  try {
    return await part
  } catch (error) {
    if (error instanceof Unavailable && error.code === 'platform.solve.out-of-time') return null
    throw error
  }
}

/** The same pots each year; what runs is paid again from each year's revenue. */
function yearsOf({ limits: { annualCost, capital, revenue, peopleDays } }: InvestmentProblem, years: number): readonly YearLimits[] {
  return Array.from({ length: years }, () => ({ annualCost, capital, revenue, peopleDays }))
}

async function curveOf({ solve }: Asking, problem: InvestmentProblem, chosen: readonly string[]): Promise<LossCurve> {
  const options = { trials: TRIALS, seed: SEED }
  const { mean, oneInTwenty, exceedance } = await solve.run('losses', { problem, chosen, unit: 'money', options })
  return { points: exceedance.map(({ loss, chance }) => ({ loss, probability: chance })), expected: mean, oneInTwenty }
}

/** What the must-dos keep from being avoided elsewhere: 0 where the best plan has them anyway, `null` where there are none. */
async function mustDoCost(platform: Asking, problem: InvestmentProblem, hash: string): Promise<number | null> {
  if (problem.improvements.every(({ mustDo }) => mustDo === null)) return null
  const unbound = { ...problem, improvements: problem.improvements.map(improvement => ({ ...improvement, mustDo: null })) }
  const [bound, free] = [await bestChoice(platform, problem, hash), await bestChoice(platform, unbound, hash)]
  return bound.kind === 'solved' && free.kind === 'solved' ? Math.max(0, bound.plan.after - free.plan.after) : null
}
