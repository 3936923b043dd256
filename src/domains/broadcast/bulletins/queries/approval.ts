import { Conflict } from '../../../../kernel/errors.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { reviewsOf, versionOf } from '../queries.ts'

/**
 * Throws `Conflict` unless the newest word on that version is an approval of exactly what it says, by the hash that the approver saw. The lifecycle
 * lets nothing else come this far; this asks the records themselves. Approvals made before hashes were kept stand by the version alone.
 */
export async function assertApproved(db: Pick<Reader<Visible>, 'selectFrom'>, bulletinId: string, version: number): Promise<void> {
  const { hash } = await versionOf(db, bulletinId, version)
  const newest = (await reviewsOf(db, bulletinId)).find(review => review.version === version)
  if (newest?.decision === 'approved' && (newest.contentHash ?? hash) === hash) return
  throw new Conflict(
    'broadcast.release.approval-void',
    'What was approved is not what this version says. Nothing was released: send it for review again.',
    `${bulletinId} version ${version}`,
  )
}
