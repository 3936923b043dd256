import { Conflict, Forbidden } from '../../../../kernel/errors.ts'
import { digest } from '../../../../platform/audit/record.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { closeReviews } from '../../alone.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { lockBulletin } from '../../bulletins/queries.ts'
import { canReviewAfter } from '../../policy.ts'
import { reasonFrom } from '../../reason.ts'
import type { Visible } from '../../tables.ts'
import { openReviewsOf } from './queries.ts'

/**
 * Closes the reviews of what others released alone, with what was found. Those of the actor's own releases stay open for somebody else. Throws
 * `Forbidden` when there is nothing but the actor's own, `Conflict` when nothing waits.
 * A holding statement is also closed by the full version, which another person approved (`closeHolding`).
 */
export async function reviewAfter(work: Work<Visible>, input: { readonly number: number; readonly findings: string }): Promise<void> {
  assertMay(work.actor, 'broadcast.bulletin.review-after')
  const bulletin = await lockBulletin(work.db, input.number)
  const open = await openReviewsOf(work.db, bulletin.id)
  if (open.length === 0) throw new Conflict('broadcast.after.none', 'Nothing of this bulletin waits for a review after its release.')
  const reviewed = open.filter(released => canReviewAfter(work.actor, released).ok)
  const [own] = open
  if (own !== undefined && reviewed.length === 0) {
    const decision = canReviewAfter(work.actor, own)
    if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
  }
  const findings = reasonFrom(input.findings)
  await closeReviews(work, bulletin.id, findings, work.actor.id)
  work.record({
    verb: 'broadcast.bulletin.reviewed-after',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    change: { versions: reviewed.map(({ version }) => version), findings: digest(findings) },
  })
}
