import { Conflict, NotFound } from '../../kernel/errors.ts'
import { spool } from '../../platform/fetch/spool.ts'
import type { Platform } from '../../platform/platform.ts'
import { assertMay, type Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { documentBytes, documentPiece, keptDocument } from './documents/queries.ts'
import { documentOfGathering } from './gathering/queries.ts'
import { UNRECOGNISED } from './sources/model.ts'
import type { Visible } from './tables.ts'
import type { GatherResult } from './take-document.ts'
import { takeBytes, takeFile } from './take-file.ts'

/**
 * Reads the bytes of an earlier gathering again, as they were kept: what a newer release of the product can read leaves quarantine, and
 * nobody has to ask the source. Throws `NotFound` for a gathering that does not exist, `Conflict` when its bytes were not kept.
 */
export async function gatherAgain(platform: Pick<Platform, 'database' | 'clock' | 'jobs'>, actor: Actor, gatheringId: string): Promise<GatherResult> {
  assertMay(actor, 'watch.source.gather')
  const { found, kept, bytes } = await readAs(platform, actor, async (db: Reader<Visible>) => {
    const document = await documentOfGathering(db, gatheringId)
    const hash = document?.bytesHash ?? null
    return hash === null
      ? { found: document, kept: undefined, bytes: undefined }
      : { found: document, kept: await keptDocument(db, hash), bytes: await documentBytes(db, hash) }
  })
  if (found === undefined) throw new NotFound('watch.gathering.unknown', 'There is no such gathering.')
  if (kept === undefined || found.bytesHash === null)
    throw new Conflict('watch.gathering.not-kept', 'Its bytes were not kept, so they cannot be read again. Gather the source anew.')
  const { address, bytesHash: hash } = found
  const source = found.source.format === UNRECOGNISED ? undefined : found.source
  if (bytes !== undefined) return takeBytes(platform, actor, source, { address, bytes })
  const file = await spool(piecesOf(platform, actor, hash, kept.pieces), kept.bytes)
  return takeFile(platform, actor, source, { address, file })
}

async function* piecesOf(platform: Pick<Platform, 'database'>, actor: Actor, hash: string, count: number): AsyncGenerator<Buffer> {
  for (let number = 0; number < count; number += 1) {
    const at = number
    yield await readAs(platform, actor, (db: Reader<Visible>) => documentPiece(db, hash, at))
  }
}
