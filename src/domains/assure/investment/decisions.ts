import { Conflict, Invalid } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { cleanText } from '../../../kernel/text.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { ActionToAdd, AddedActions } from '../plans/model.ts'
import type { Visible } from '../tables.ts'
import { takeUp } from '../take-up.ts'
import { own, record } from './commands.ts'
import { answerById } from './queries.ts'

export interface Choice {
  readonly id: string
  readonly answerId: string
  /** What the answer chose; another choice needs a reason. */
  readonly solved: readonly string[]
  readonly chosen: readonly string[]
  readonly reason: string
  /** One action for each improvement that is new. */
  readonly actions: readonly ActionToAdd[]
}

/** Records what was decided, and puts what is new into the organisation's plan. Another choice than the solver's is a decision: it says why, and is no fault. */
export async function decide(work: Work<Visible>, choice: Choice): Promise<AddedActions> {
  const found = await own(work, choice.id, null)
  await answerById(work.db, choice.id, choice.answerId)
  if (choice.chosen.length === 0) throw new Invalid('assure.investment.nothing', 'Choose at least one improvement, or leave the decision for later.')
  const isOwn = choice.chosen.length !== choice.solved.length || choice.chosen.some(code => !choice.solved.includes(code))
  const reason = cleanText(choice.reason)
  if (isOwn && reason === '')
    throw new Invalid('assure.investment.reason', 'Say in a sentence why you choose otherwise. Your board will ask, and so will you in a year.')
  if (reason.length > 2_000) throw new Conflict('assure.investment.reason-long', 'Say why in at most 2,000 characters.')
  await work.db
    .insertInto('assure_case_decision')
    .values({
      id: work.newId('investment'),
      case_id: choice.id,
      answer_id: choice.answerId,
      chosen: [...choice.chosen],
      is_own: isOwn,
      reason,
      at: work.now,
      by_id: work.actor.id,
    })
    .execute()
  record(work, 'decided', choice.id)
  // The row is the organisation's own, so its id is that of an organisation.
  return takeUp(work, found.organisationId as Id<'organisation'>, choice.actions)
}
