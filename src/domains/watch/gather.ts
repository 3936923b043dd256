import { CareCertError, NotFound } from '../../kernel/errors.ts'
import { isWebAddress } from '../../kernel/web-address.ts'
import { readLocalFile, type SpooledFile } from '../../platform/fetch/spool.ts'
import type { Platform } from '../../platform/platform.ts'
import { assertMay, type Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { recordFailure } from './gathering/commands.ts'
import { sourceByCode, sourceByUrl, type SourceKey } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import type { GatherResult } from './take-document.ts'
import { takeBytes, takeFile } from './take-file.ts'

/**
 * The main flow of this domain: a document is fetched, recognised by what it holds, taken in as items and understood as threats.
 * The network is asked before the unit of work opens; storing and understanding are one unit, so a crash leaves all of it or nothing. A large list is
 * taken in by several, one for each part (`takeParts`).
 */
export interface GatherInput {
  /** A web address, or the path of a file. It is kept with every item. */
  readonly address: string
  /** The bytes, when they are at hand already. */
  readonly bytes?: Uint8Array
  /** A large document, when it is at hand already as a file. It is discarded. */
  readonly file?: SpooledFile
  /** The source's code, when it is known. Without it the content says which source it is. */
  readonly source?: string | null
}

type GatherPlatform = Pick<Platform, 'database' | 'clock' | 'jobs' | 'fetch'>

/**
 * Gathers one document. What it cannot read at all is recorded as a failed gathering, and is returned with `failure`, not thrown.
 * Throws `NotFound` for a source that does not exist, and `Invalid` for a file that is not there and belongs to no source.
 */
export async function gather(platform: GatherPlatform, actor: Actor, input: GatherInput): Promise<GatherResult> {
  assertMay(actor, 'watch.source.gather')
  const address = input.address.trim()
  const named = await readAs(platform, actor, (db: Reader<Visible>) => namedSource(db, input.source ?? null, address))
  const { largestFileBytes: largest } = platform.fetch
  let held: { readonly bytes: Uint8Array; readonly file: SpooledFile | null }
  try {
    if (input.bytes !== undefined || input.file !== undefined) held = { bytes: input.bytes ?? new Uint8Array(), file: input.file ?? null }
    else held = isWebAddress(address) ? await platform.fetch.get(address, { intoFile: true }) : await readLocalFile(address, largest)
  } catch (error) {
    if (named === undefined || !(error instanceof CareCertError)) throw error
    return runWork(platform, actor, async (work: Work<Visible>) => ({
      ...(await recordFailure(work, named.id, { address }, error.message, null)),
      source: named.code,
      address,
      label: null,
      failure: error.message,
      remarks: [],
    }))
  }
  const { bytes, file } = held
  return file === null
    ? takeBytes(platform, actor, named, { address, bytes }, undefined, { largest })
    : takeFile(platform, actor, named, { address, file }, undefined, { largest })
}

async function namedSource(db: Reader<Visible>, code: string | null, address: string): Promise<SourceKey | undefined> {
  if (code === null) return isWebAddress(address) ? sourceByUrl(db, address) : undefined
  const source = await sourceByCode(db, code)
  if (source === undefined) throw new NotFound('watch.source.unknown', `There is no source ${code}. "carecert sources list" names them.`)
  return source
}
