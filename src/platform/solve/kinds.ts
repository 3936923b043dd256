import type { Highs } from 'highs'
import { checkCertificate } from '../../solvers/investment/check.ts'
import { explainPlan, type ExplainOptions } from '../../solvers/investment/explain.ts'
import { frontierOf, type FrontierOptions } from '../../solvers/investment/frontier.ts'
import { lossScenariosOf } from '../../solvers/investment/losses.ts'
import type { Certificate, InvestmentProblem, SolveOptions, YearLimits } from '../../solvers/investment/model.ts'
import { roadMap, type RoadMapOptions } from '../../solvers/investment/road-map.ts'
import { robustness, sampledPlan, type RobustnessOptions } from '../../solvers/investment/robustness.ts'
import { sensitivitiesOf } from '../../solvers/investment/sensitivity.ts'
import { solveInvestment } from '../../solvers/investment/solve.ts'
import { switchesOf, type SwitchOptions } from '../../solvers/investment/switching.ts'
import { simulateLosses, type SimulateOptions } from '../../solvers/loss/simulate.ts'

interface Given {
  readonly problem: InvestmentProblem
}

interface GivenPlan extends Given {
  readonly chosen: readonly string[]
}

/** Seconds after which a question of many parts is content with those that it has. */
type Bounded<T> = Omit<T, 'isOver'> & { readonly seconds?: number }

function bounded<T extends object>({ seconds = Infinity, ...options }: T & { readonly seconds?: number }) {
  const end = performance.now() + seconds * 1000
  return { ...options, isOver: () => performance.now() > end }
}

/** What can be worked out off the main loop, by name. Input and answer are plain data: they cross to another thread. */
export const SOLVES = {
  investment: (highs: Highs, { problem, options }: Given & { readonly options: SolveOptions }) => solveInvestment(highs, problem, options),
  frontier: (highs: Highs, { problem, options }: Given & { readonly options: Bounded<FrontierOptions> }) =>
    frontierOf(highs, problem, bounded(options)),
  'road-map': (highs: Highs, { problem, years, options }: Given & { readonly years: readonly YearLimits[]; readonly options: RoadMapOptions }) =>
    roadMap(highs, problem, years, options),
  robustness: (highs: Highs, { problem, chosen, options }: GivenPlan & { readonly options: Bounded<RobustnessOptions> }) =>
    robustness(highs, problem, chosen, bounded(options)),
  'sampled-plan': (highs: Highs, { problem, chosen, options }: GivenPlan & { readonly options: Omit<RobustnessOptions, 'isOver'> }) =>
    sampledPlan(highs, problem, chosen, options),
  explanation: (highs: Highs, { problem, chosen, options }: GivenPlan & { readonly options: Bounded<ExplainOptions> }) =>
    explainPlan(highs, problem, chosen, bounded(options)),
  switches: (highs: Highs, { problem, chosen, options }: GivenPlan & { readonly options: Bounded<SwitchOptions> }) =>
    switchesOf(highs, problem, chosen, bounded(options)),
  sensitivities: (_: Highs, { problem, chosen }: GivenPlan) => sensitivitiesOf(problem, chosen),
  check: (_: Highs, { problem, certificate }: Given & { readonly certificate: Certificate }) => checkCertificate(problem, certificate),
  losses: (_: Highs, { problem, chosen, unit, options }: GivenPlan & { readonly unit: 'money' | 'care'; readonly options: SimulateOptions }) =>
    simulateLosses(lossScenariosOf(problem, chosen, unit), options),
} as const

export type SolveKind = keyof typeof SOLVES
export type SolveInput<K extends SolveKind> = Parameters<(typeof SOLVES)[K]>[1]
export type SolveAnswer<K extends SolveKind> = ReturnType<(typeof SOLVES)[K]>

/** What goes to the thread. */
export interface Asked {
  readonly kind: SolveKind
  readonly input: unknown
}

/** What comes back. */
export type Answered = { readonly ok: true; readonly answer: unknown } | { readonly ok: false; readonly detail: string }
