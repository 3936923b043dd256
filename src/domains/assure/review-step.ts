import { Conflict } from '../../kernel/errors.ts'
import type { Work } from '../../platform/work/work.ts'
import { assessmentTransition, type Assessment, type AssessmentAction } from './assessments/model.ts'
import type { Visible } from './tables.ts'

/**
 * Holds a review until the unit of work ends: two who write at once go one after the other, and the second reads what the first did. So it is called before what is
 * decided upon is read. Whoever may not change the review holds nothing.
 */
export async function holdReview(work: Work<Visible>, assessmentId: string): Promise<void> {
  await work.db.selectFrom('assure_assessment').where('id', '=', assessmentId).select('id').forUpdate().execute()
}

/** The same for those who may write beside each other, as answers of many outcomes are: they wait for no one but whoever moves the review on, and that one for them. */
export async function holdReviewAsItStands(work: Work<Visible>, assessmentId: string): Promise<void> {
  await work.db.selectFrom('assure_assessment').where('id', '=', assessmentId).select('id').forShare().execute()
}

/**
 * Moves a review along its lifecycle, and keeps how it came there. The reason stays in the domain's own table: the audit is read by the centre. Who calls it has
 * checked the permission and records what was done. Throws `Conflict` where the table has no such step, or somebody
 * else was quicker.
 */
export async function moveReview(
  work: Work<Visible>,
  assessment: Pick<Assessment, 'id' | 'state'>,
  action: AssessmentAction,
  reason = '',
): Promise<void> {
  const { next } = assessmentTransition(assessment.state, action)
  const closed = next === 'closed' || next === 'withdrawn' ? work.now : null
  const { numUpdatedRows } = await work.db
    .updateTable('assure_assessment')
    .where('id', '=', assessment.id)
    .where('state', '=', assessment.state)
    .set({ state: next, changed_at: work.now, closed_at: closed })
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw new Conflict('assure.assessment.changed', 'Somebody has just moved this review on. Look at it again.')
  await work.db
    .insertInto('assure_assessment_step')
    .values({ assessment_id: assessment.id, at: work.now, action, state: next, reason, by_id: work.actor.id })
    .execute()
}
