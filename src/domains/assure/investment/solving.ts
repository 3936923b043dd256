import { Invalid } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { Platform } from '../../../platform/platform.ts'
import { loadHighs } from '../../../platform/solve/highs.ts'
import type { Certificate, InvestmentProblem, Outcome } from '../../../solvers/investment/model.ts'
import { solveInvestment } from '../../../solvers/investment/solve.ts'
import { validateProblem } from '../../../solvers/investment/validate.ts'
import { answerOf, type CaseAnswer } from './answer.ts'
import { SEED } from './model.ts'

/** How long somebody waits for an answer. A case of forty improvements takes well under a second. */
const PATIENCE_SECONDS = 15

export interface Solution {
  readonly answer: CaseAnswer
  readonly certificate: Certificate | null
}

/** Throws `Invalid` with each thing that is wrong with a problem, as a sentence. */
export function assertSolvable(problem: InvestmentProblem): void {
  const wrong = faultsOf(problem)
  if (wrong.length > 0) throw new Invalid('assure.investment.problem', wrong.map(({ message }) => message).join(' '))
}

export function faultsOf(problem: InvestmentProblem): readonly Problem[] {
  return validateProblem(problem).filter(({ severity }) => severity === 'error')
}

/** The best choice for a problem, or why there is none. */
export async function solveProblem(
  platform: Platform,
  problem: InvestmentProblem,
  asked: { readonly hash: string; readonly inPlace: readonly string[]; readonly mustDos: ReadonlySet<string> },
): Promise<Solution> {
  assertSolvable(problem)
  const outcome = await bestChoice(platform, problem, asked.hash)
  return { answer: answerOf(problem, outcome, asked.inPlace, asked.mustDos), certificate: outcome.kind === 'solved' ? outcome.certificate : null }
}

export async function bestChoice(_platform: Platform, problem: InvestmentProblem, inputsHash: string): Promise<Outcome> {
  return solveInvestment(await loadHighs(), problem, { objective: 'least-loss', seed: SEED, timeLimitSeconds: PATIENCE_SECONDS, inputsHash })
}
