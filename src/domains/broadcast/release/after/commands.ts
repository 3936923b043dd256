import { Conflict, Forbidden } from '../../../../kernel/errors.ts'
import { digest } from '../../../../platform/audit/record.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { lockBulletin } from '../../bulletins/queries.ts'
import { reasonFrom, subjectOf } from '../../bulletins/steps.ts'
import { canReviewAfter } from '../../policy.ts'
import type { Visible } from '../../tables.ts'
import { openReviewsOf } from './queries.ts'

/** Writes down that a version went out by the decision of one person, which opens its review. For the commands that let it go out. */
export async function releasedAlone(
  work: Work<Visible>,
  bulletinId: string,
  version: number,
  alone: { readonly kind: 'holding' | 'emergency'; readonly reason: string },
): Promise<void> {
  await work.db
    .insertInto('broadcast_alone')
    .values({
      bulletin_id: bulletinId,
      version,
      ...alone,
      by_id: work.actor.id,
      at: work.now,
      reviewed_by: null,
      reviewed_at: null,
      findings: null,
    })
    .execute()
}

/**
 * Closes the review of what one person released, with what was found. Throws `Forbidden` for that person, `Conflict` when nothing waits.
 * A holding statement is also closed by the full version, which another person approved (`closeHolding`).
 */
export async function reviewAfter(work: Work<Visible>, input: { readonly number: number; readonly findings: string }): Promise<void> {
  assertMay(work.actor, 'broadcast.bulletin.review-after')
  const bulletin = await lockBulletin(work.db, input.number)
  const open = await openReviewsOf(work.db, bulletin.id)
  if (open.length === 0) throw new Conflict('broadcast.after.none', 'Nothing of this bulletin waits for a review after its release.')
  for (const released of open) {
    const decision = canReviewAfter(work.actor, released)
    if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
  }
  const findings = reasonFrom(input.findings)
  await close(work, bulletin.id, findings, work.actor.id)
  work.record({
    verb: 'broadcast.bulletin.reviewed-after',
    subject: subjectOf(bulletin),
    change: { versions: open.map(({ version }) => version), findings: digest(findings) },
  })
}

/** The full version followed a holding statement: whoever approved it has read what was said. The caller records it. */
export function closeHolding(work: Work<Visible>, bulletinId: string, version: number, approvedBy: string): Promise<void> {
  return close(work, bulletinId, `The full version followed, as version ${version}.`, approvedBy)
}

async function close(work: Work<Visible>, bulletinId: string, findings: string, reviewedBy: string): Promise<void> {
  await work.db
    .updateTable('broadcast_alone')
    .set({ reviewed_by: reviewedBy, reviewed_at: work.now, findings })
    .where('bulletin_id', '=', bulletinId)
    .where('reviewed_at', 'is', null)
    .execute()
}
