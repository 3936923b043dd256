import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { REMIND_OWNER } from './model.ts'
import type { DueReminder } from './queries.ts'

/** Notes that the owner is reminded, and asks for the mail in the same commit: so a reminder is asked for once, whoever asks. */
export async function remindOwner(work: Work<Visible>, { actionId, organisationId, dueOn, days }: DueReminder): Promise<void> {
  const noted = await work.db
    .insertInto('assure_action_reminded')
    .values({ action_id: actionId, organisation_id: organisationId, due_on: dueOn, days, at: work.now })
    .onConflict(conflict => conflict.doNothing())
    .returning('action_id')
    .executeTakeFirst()
  if (noted === undefined) return
  work.enqueue(REMIND_OWNER, { actionId })
  work.record({ verb: 'assure.plans.tended', subject: { kind: 'organisation', id: organisationId }, organisationId })
}
