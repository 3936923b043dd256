import { z } from 'zod'
import { parseId, type Id } from '../../../kernel/id.ts'
import type { JobKind } from '../../../platform/jobs/job.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Certificate, InvestmentProblem } from '../../../solvers/investment/model.ts'
import type { Visible } from '../tables.ts'
import type { CaseAnswer } from './answer.ts'
import { own, record } from './commands.ts'
import type { Study } from './study.ts'

/** The frontier, the futures and the rest of an answer, worked out after it. */
export const STUDY_ANSWER: JobKind<{ answerId: string }> = {
  name: 'assure.investment.study',
  payload: z.object({ answerId: z.string().refine(text => parseId('investment', text) !== undefined) }),
}

/** Keeps an answer with the hash of what it answers, and asks for what takes longer. */
export async function keepAnswer(
  work: Work<Visible>,
  input: {
    readonly id: string
    readonly hash: string
    readonly problem: InvestmentProblem
    readonly answer: CaseAnswer
    readonly certificate: Certificate | null
  },
): Promise<Id<'investment'>> {
  await own(work, input.id, null)
  const answerId = work.newId('investment')
  await work.db
    .insertInto('assure_case_answer')
    .values({
      id: answerId,
      case_id: input.id,
      inputs_hash: input.hash,
      problem: JSON.stringify(input.problem),
      answer: JSON.stringify(input.answer),
      study: null,
      certificate: input.certificate === null ? null : JSON.stringify(input.certificate),
      at: work.now,
      by_id: work.actor.id,
    })
    .execute()
  record(work, 'answered', input.id)
  if (input.answer.kind === 'solved') work.enqueue(STUDY_ANSWER, { answerId })
  return answerId
}

/** Puts what took longer beside its answer. Our own background work. */
export async function keepStudy(work: Work<Visible>, input: { readonly answerId: string; readonly study: Study }): Promise<void> {
  await work.db
    .updateTable('assure_case_answer')
    .where('id', '=', input.answerId)
    .set({ study: JSON.stringify(input.study) })
    .execute()
  work.record({ verb: 'assure.investment.studied', subject: { kind: 'investment', id: input.answerId } })
}
