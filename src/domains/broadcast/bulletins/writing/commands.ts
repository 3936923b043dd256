import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { saveVersion, sendForReview } from '../commands.ts'
import { bulletinOf, revisionOf } from '../queries.ts'

/** Saves a version, and sends what is then the newest for review. Where nothing was changed, a review or an approval that there is stands. */
export async function saveForReview(
  work: Work<Visible>,
  input: Parameters<typeof saveVersion>[1],
): Promise<{ readonly version: number; readonly isNew: boolean; readonly isSent: boolean }> {
  const saved = await saveVersion(work, input)
  const bulletin = await bulletinOf(work.db, input.number)
  const state = bulletin.state === 'released' ? (await revisionOf(work.db, bulletin.id))?.state : bulletin.state
  const isSent = state === 'draft'
  if (isSent) await sendForReview(work, { number: input.number, version: saved.version })
  return { ...saved, isSent }
}
