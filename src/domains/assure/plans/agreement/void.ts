import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { planContent } from './content.ts'
import { holdAgreement } from './queries.ts'

/** Voids every signature under what the plan no longer says. To be called at the end of each unit that changes what is signed. A voided one never comes back. */
export async function voidWhatChanged(work: Work<Visible>, planId: string): Promise<void> {
  await holdAgreement(work.db, planId)
  const { hash } = await planContent(work.db, planId)
  const voided = await work.db
    .updateTable('assure_plan_signature')
    .set({ voided_at: work.now, voided_by: work.actor.id })
    .where('plan_id', '=', planId)
    .where('voided_at', 'is', null)
    .where('content_hash', '!=', hash)
    .returning(['id', 'organisation_id'])
    .execute()
  for (const { id, organisation_id: organisationId } of voided)
    work.record({ verb: 'assure.plans.voided', subject: { kind: 'signature', id }, organisationId })
}
