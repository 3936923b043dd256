import { TooMany, Unavailable } from '../../../kernel/errors.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { SolveInput, SolveKind } from '../../../platform/solve/kinds.ts'
import type { InvestmentProblem, YearLimits } from '../../../solvers/investment/model.ts'
import type { CaseAnswer } from './answer.ts'
import { SEED } from './model.ts'
import { bestChoice } from './solving.ts'
import { NO_STUDY, type LossCurve, type Study } from './study.ts'

/** What is studied: the problem that was answered, and its answer. */
interface Studied {
  readonly problem: InvestmentProblem
  readonly answer: Extract<CaseAnswer, { kind: 'solved' }>
  readonly years: number
  readonly hash: string
}

type Asking = Pick<Platform, 'solve'>

const TRIALS = 100_000
const MOST_SENSITIVITIES = 12
const FRONTIER_POINTS = 20
/** So many futures at first, and up to so many once all else is there. */
const FIRST_FUTURES = 40
const FUTURES = 100
/** Of what is not chosen, so many are asked what would make them worth it. */
const NEXT_ITEMS = 3

/** Seconds for each part, so that what is read first stands within a minute. A part of many questions is content with those that it comes to. */
const SECONDS = { futures: 20, regrets: 12, frontier: 12, roadMap: 8, switches: 12, otherRegrets: 12, moreFutures: 30 } as const

/** Of one question among many. */
const SECONDS_EACH = 4

/** Works the study out part by part, in the order in which it is read, and hands over after each what there is. */
export async function* studyOf(platform: Asking, { problem, answer, years, hash }: Studied): AsyncGenerator<Study> {
  const { chosen } = answer
  const inPlace = answer.items.filter(item => item.isInPlace).map(({ code }) => code)
  const [seed, plan, timeLimitSeconds] = [SEED, { problem, chosen }, SECONDS_EACH]
  const ask = <K extends SolveKind>(kind: K, input: SolveInput<K>, seconds: number) =>
    inTime(platform.solve.run(kind, input, { timeoutMillis: 2_000 * seconds + WAITING_MILLIS }))
  const futures = (count: number, seconds: number) =>
    ask('robustness', { ...plan, options: { futures: count, seed, timeLimitSeconds, seconds } }, seconds).then(found =>
      found?.futures ? found : null,
    )
  const regrets = (items: readonly string[], seconds: number) =>
    ask('explanation', { ...plan, options: { items, seed, timeLimitSeconds, seconds } }, seconds)
  const byWorth = (isChosen: boolean) =>
    answer.items
      .filter(item => item.isChosen === isChosen && !item.isInPlace)
      .toSorted((one, other) => other.given - one.given)
      .map(({ code }) => code)
  const [bought, others] = [byWorth(true), byWorth(false)]

  const [today, planned] = [await inTime(curveOf(platform, problem, inPlace)), await inTime(curveOf(platform, problem, chosen))]
  let study: Study = {
    ...NO_STUDY,
    sensitivities: (await ask('sensitivities', plan, SECONDS_EACH))?.slice(0, MOST_SENSITIVITIES) ?? null,
    exceedance: today === null || planned === null ? null : { today, plan: planned },
  }
  yield study
  study = { ...study, robustness: await futures(FIRST_FUTURES, SECONDS.futures) }
  yield study
  study = {
    ...study,
    explanations: await regrets(bought, SECONDS.regrets),
    mustDoCost: await inTime(mustDoCost(platform, problem, answer.after, hash)),
  }
  yield study
  // Of what money can do at all: the pots and days of this year do not bound it.
  const free = { ...problem, limits: { ...problem.limits, annualCost: null, capital: null, revenue: null, peopleDays: null } }
  const curve = { most: FRONTIER_POINTS, seed, timeLimitSeconds, seconds: SECONDS.frontier }
  study = { ...study, frontier: await ask('frontier', { problem: free, options: curve }, SECONDS.frontier) }
  yield study
  const options = { seed, items: [...bought, ...others.slice(0, NEXT_ITEMS)], seconds: SECONDS.switches }
  study = { ...study, switches: await ask('switches', { ...plan, options }, SECONDS.switches) }
  yield study
  const road = { problem, years: yearsOf(problem, years), options: { seed, timeLimitSeconds: SECONDS.roadMap } }
  study = { ...study, roadMap: years < 2 ? null : await ask('road-map', road, SECONDS.roadMap) }
  yield study
  study = { ...study, explanations: [...(study.explanations ?? []), ...((await regrets(others, SECONDS.otherRegrets)) ?? [])] }
  yield study
  const more = await futures(FUTURES, SECONDS.moreFutures)
  const isMore = (more?.futures ?? 0) > (study.robustness?.futures ?? 0)
  yield { ...study, robustness: isMore ? more : study.robustness, isDone: true }
}

/** For those who asked before. */
const WAITING_MILLIS = 20_000

/** `null` where the time was up, or the thread had no more memory. Only that everything stops is told further: the work is then done again. */
async function inTime<T>(part: Promise<T>): Promise<T | null> {
  try {
    return await part
  } catch (error) {
    if (error instanceof TooMany || (error instanceof Unavailable && error.code !== 'platform.solve.closed')) return null
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
async function mustDoCost(platform: Asking, problem: InvestmentProblem, after: number, hash: string): Promise<number | null> {
  if (problem.improvements.every(({ mustDo }) => mustDo === null)) return null
  const unbound = { ...problem, improvements: problem.improvements.map(improvement => ({ ...improvement, mustDo: null })) }
  const free = await bestChoice(platform, unbound, hash)
  return free.kind === 'solved' ? Math.max(0, after - free.plan.after) : null
}
