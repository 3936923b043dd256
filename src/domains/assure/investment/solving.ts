import { Invalid } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { Certificate, InvestmentProblem, Outcome } from '../../../solvers/investment/model.ts'
import { validateProblem } from '../../../solvers/investment/validate.ts'
import { answerOf, type CaseAnswer } from './answer.ts'
import { SEED } from './model.ts'

/** How long somebody waits for an answer. A case of forty improvements takes well under a second. */
const PATIENCE_SECONDS = 15
/** With the wait for those who asked before. */
const LONGEST_MILLIS = 60_000

export interface Solution {
  readonly answer: CaseAnswer
  readonly certificate: Certificate | null
}

/** Throws `Invalid` with each thing that is wrong with a problem, as a sentence. */
function assertSolvable(problem: InvestmentProblem): void {
  const wrong = faultsOf(problem)
  if (wrong.length > 0) throw new Invalid('assure.investment.problem', wrong.map(({ message }) => message).join(' '))
}

export function faultsOf(problem: InvestmentProblem): readonly Problem[] {
  return validateProblem(problem).filter(({ severity }) => severity === 'error')
}

/** The field of the case's form that a fault of a problem is about; of a figure, the place where its figures are found. */
export function fieldOfFault({ pointer }: Problem): string {
  const field = /^\/(?:limits\/)?(capital|revenue|peopleDays|dayRate|excluded)\b/.exec(pointer)?.[1]
  return field ?? 'figures'
}

/** Who asks: of one session a newer question takes the place of the older, so that whoever moves a figure waits for the last one only. */
type Asking = Pick<Platform, 'solve'>

/** The best choice for a problem, or why there is none. It is worked out in a thread of its own. */
export async function solveProblem(
  platform: Asking,
  problem: InvestmentProblem,
  asked: { readonly hash: string; readonly inPlace: readonly string[]; readonly mustDos: ReadonlySet<string>; readonly session?: string },
): Promise<Solution> {
  assertSolvable(problem)
  const outcome = await bestChoice(platform, problem, asked.hash, asked.session ?? null)
  return { answer: answerOf(problem, outcome, asked.inPlace, asked.mustDos), certificate: outcome.kind === 'solved' ? outcome.certificate : null }
}

export async function bestChoice(platform: Asking, problem: InvestmentProblem, inputsHash: string, session: string | null = null): Promise<Outcome> {
  const options = { objective: 'least-loss', seed: SEED, timeLimitSeconds: PATIENCE_SECONDS, inputsHash } as const
  return platform.solve.run('investment', { problem, options }, { session, timeoutMillis: LONGEST_MILLIS })
}
