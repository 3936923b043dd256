import { Conflict, NotFound } from '../../kernel/errors.ts'
import type { Platform } from '../../platform/platform.ts'
import { assertMay, type Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { documentBytes } from './documents/queries.ts'
import { documentOfGathering } from './gathering/queries.ts'
import { UNRECOGNISED } from './sources/model.ts'
import type { Visible } from './tables.ts'
import type { GatherResult } from './take-document.ts'
import { takeWhole } from './take-message.ts'

/**
 * Reads the bytes of an earlier gathering again, as they were kept: what a newer release of the product can read leaves quarantine, and
 * nobody has to ask the source. Throws `NotFound` for a gathering that does not exist, `Conflict` when its bytes were not kept.
 */
export async function gatherAgain(platform: Pick<Platform, 'database' | 'clock' | 'jobs'>, actor: Actor, gatheringId: string): Promise<GatherResult> {
  assertMay(actor, 'watch.source.gather')
  const { found, bytes } = await readAs(platform, actor, async (db: Reader<Visible>) => {
    const document = await documentOfGathering(db, gatheringId)
    return {
      found: document,
      bytes: document?.bytesHash === undefined || document.bytesHash === null ? undefined : await documentBytes(db, document.bytesHash),
    }
  })
  if (found === undefined) throw new NotFound('watch.gathering.unknown', 'There is no such gathering.')
  if (bytes === undefined)
    throw new Conflict('watch.gathering.not-kept', 'Its bytes were not kept, so they cannot be read again. Gather the source anew.')
  return takeWhole(platform, actor, found.source.format === UNRECOGNISED ? undefined : found.source, { address: found.address, bytes })
}
