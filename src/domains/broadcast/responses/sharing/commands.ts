import { NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { newestResponseId } from '../signing/queries.ts'

/** Says whether an organisation shares the detail of its answers from here on. Those given before stay as they are. */
export async function chooseSharing(work: Work<Visible>, organisationId: Id<'organisation'>, shares: boolean): Promise<void> {
  assertMay(work.actor, 'broadcast.response.share')
  const row = { shares_detail: shares, changed_at: work.now, changed_by: work.actor.id }
  await work.db
    .insertInto('broadcast_sharing')
    .values({ organisation_id: organisationId, ...row })
    .onConflict(conflict => conflict.column('organisation_id').doUpdateSet(row))
    .execute()
  work.record({
    verb: 'broadcast.sharing.chosen',
    subject: { kind: 'organisation', id: organisationId },
    organisationId,
    change: { sharesDetail: shares },
  })
}

/**
 * Opens or closes the detail of an organisation's newest answer to a bulletin. The words are moved with it: what the centre can read is only
 * what stands in the answer itself.
 */
export async function shareAnswer(work: Work<Visible>, bulletinId: string, organisationId: Id<'organisation'>, isShared: boolean): Promise<void> {
  assertMay(work.actor, 'broadcast.response.share')
  const responseId = await newestResponseId(work.db, bulletinId, organisationId)
  const [detail] = await work.db
    .updateTable('broadcast_response_detail')
    .where('response_id', '=', responseId ?? '')
    .set({ is_shared: isShared })
    .returning(['note', 'reason'])
    .execute()
  if (responseId === null || detail === undefined)
    throw new NotFound('broadcast.response.no-detail', 'There is no answer whose detail could be opened or closed. Answer first.')
  await work.db
    .updateTable('broadcast_response')
    .where('id', '=', responseId)
    .set({ note: isShared ? detail.note : null, reason: isShared ? detail.reason : null, keeps_detail: !isShared })
    .execute()
  await work.db
    .updateTable('broadcast_progress_total')
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', '=', organisationId)
    .set({ is_shared: isShared })
    .execute()
  work.record({ verb: 'broadcast.response.shared', subject: { kind: 'response', id: responseId }, organisationId, change: { isShared } })
}
