import type { Work } from '../../platform/work/work.ts'
import type { Visible } from './tables.ts'

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

/** The full version followed a holding statement: whoever approved it has read what was said. The caller records it. */
export function closeHolding(work: Work<Visible>, bulletinId: string, version: number, approvedBy: string): Promise<void> {
  return closeReviews(work, bulletinId, `The full version followed, as version ${version}.`, approvedBy)
}

/** Closes what is open of a bulletin's reviews after release, but for what the reviewer released alone: nobody reviews that themselves. The caller has checked who may, and records it. */
export async function closeReviews(work: Work<Visible>, bulletinId: string, findings: string, reviewedBy: string): Promise<void> {
  await work.db
    .updateTable('broadcast_alone')
    .set({ reviewed_by: reviewedBy, reviewed_at: work.now, findings })
    .where('bulletin_id', '=', bulletinId)
    .where('reviewed_at', 'is', null)
    .where('by_id', '!=', reviewedBy)
    .execute()
}
