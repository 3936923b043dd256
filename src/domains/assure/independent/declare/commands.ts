import { Conflict } from '../../../../kernel/errors.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { isLive, type Engagement } from '../../engagements/model.ts'
import { ownEngagement } from '../../engagements/queries.ts'
import type { Visible } from '../../tables.ts'
import { viewOf } from '../model.ts'

/**
 * The assessor says how they are independent, and which conflicts there are, before seeing anything; the review is with them from then on. What another assessor
 * recorded and did not hand over is put by, so that nobody judges with somebody else's view before their eyes.
 */
export async function declareIndependence(
  work: Work<Visible>,
  input: { readonly engagementId: string; readonly independence: string; readonly conflicts: string },
): Promise<void> {
  assertMay(work.actor, 'assure.review.assess')
  const engagement = await ownEngagement(work.db, work.actor, input.engagementId)
  if (!isLive(engagement, work.now)) throw new Conflict('assure.engagement.over', 'This has ended. Only the organisation can ask you in again.')
  if (engagement.declaredAt !== null) throw declaredAlready()
  const { numUpdatedRows } = await work.db
    .updateTable('assure_engagement')
    .where('id', '=', engagement.id)
    .where('declared_at', 'is', null)
    .set({ independence: input.independence, conflicts: input.conflicts, declared_at: work.now })
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw declaredAlready()
  if (engagement.submittedAt === null) await putBy(work, engagement)
  work.record({
    verb: 'assure.engagement.declared',
    subject: { kind: 'assessment', id: engagement.assessmentId },
    organisationId: engagement.organisationId,
  })
}

function declaredAlready(): Conflict {
  return new Conflict('assure.engagement.declared', 'You have declared this already. What you said stands.')
}

async function putBy(work: Work<Visible>, engagement: Engagement): Promise<void> {
  const view = viewOf(engagement)
  const { assessmentId } = engagement
  const views = await work.db.selectFrom('assure_view').where('assessment_id', '=', assessmentId).where('view', '=', view).selectAll().execute()
  for (const { outcome_code, status, summary, difference, changed_by } of views)
    await work.db
      .insertInto('assure_view_change')
      .values({
        assessment_id: assessmentId,
        view,
        outcome_code,
        at: work.now,
        by_id: changed_by,
        reason: 'Another assessor took over',
        before: JSON.stringify({ status, summary, difference }),
      })
      .execute()
  for (const table of ['assure_answer', 'assure_view'] as const)
    await work.db.deleteFrom(table).where('assessment_id', '=', assessmentId).where('view', '=', view).execute()
  if (view === 'second') return
  for (const table of ['assure_finding', 'assure_conclusion'] as const)
    await work.db.deleteFrom(table).where('assessment_id', '=', assessmentId).where('engagement_id', '<>', engagement.id).execute()
}
