import { Conflict, Invalid } from '../../../kernel/errors.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { notificationIdOf } from '../../watch/contract.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'

/**
 * Says that a reported incident is of the kind that a bulletin warns of, or that it is not although its words name it. The newest word holds.
 * Throws `Invalid` for a number that is none, `Conflict` for a bulletin that is not out or an exercise.
 */
export async function judgeReport(
  work: Work<Visible>,
  input: { readonly number: number; readonly report: string; readonly isOfKind: boolean },
): Promise<void> {
  assertMay(work.actor, 'broadcast.impact.judge')
  const bulletin = await bulletinOf(work.db, input.number)
  if (bulletin.releasedAt === null || bulletin.isExercise)
    throw new Conflict('broadcast.impact.not-counted', 'Impact is counted for released bulletins, and never for an exercise.')
  const report = await notificationIdOf<Visible>(work.db, input.report)
  if (report === null) throw new Invalid('broadcast.impact.no-report', 'There is no incident report of that number. It looks like IN-2026-0001.')
  await work.db
    .insertInto('broadcast_impact_report')
    .values({ bulletin_id: bulletin.id, notification_id: report.id, is_of_kind: input.isOfKind, by_id: work.actor.id, at: work.now })
    .onConflict(conflict =>
      conflict.columns(['bulletin_id', 'notification_id']).doUpdateSet({ is_of_kind: input.isOfKind, by_id: work.actor.id, at: work.now }),
    )
    .execute()
  work.record({
    verb: 'broadcast.impact.judged',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    change: { report: report.number, isOfKind: input.isOfKind },
  })
}
