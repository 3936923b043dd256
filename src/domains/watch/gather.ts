import { CareCertError, Invalid, NotFound } from '../../kernel/errors.ts'
import { isWebAddress } from '../../kernel/web-address.ts'
import { readFileLimited } from '../../platform/fetch/fetch.ts'
import type { Platform } from '../../platform/platform.ts'
import { assertMay, type Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { recordFailure } from './gathering/commands.ts'
import { LARGEST_UNPACKED_BYTES } from './gathering/unpack.ts'
import { sourceByCode, sourceByUrl, type SourceKey } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import type { GatherResult } from './take-document.ts'
import { takeWhole } from './take-message.ts'

/**
 * The main flow of this domain: a document is fetched, recognised by what it holds, taken in as items and understood as threats.
 * The network is asked before the unit of work opens; storing and understanding are one unit, so a crash leaves all of it or nothing.
 */
export interface GatherInput {
  /** A web address, or the path of a file. It is kept with every item. */
  readonly address: string
  /** The bytes, when they are at hand already. */
  readonly bytes?: Uint8Array
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
  let bytes: Uint8Array
  try {
    bytes = input.bytes ?? (isWebAddress(address) ? (await platform.fetch.get(address)).bytes : await readFileWhole(address))
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
  return takeWhole(platform, actor, named, { address, bytes })
}

/** What is packed may be larger once it is unpacked: whoever has a file that is too large can use that. */
async function readFileWhole(path: string): Promise<Buffer> {
  try {
    return await readFileLimited(path)
  } catch (error) {
    if (!(error instanceof CareCertError) || error.code !== 'platform.file.too-large') throw error
    throw new Invalid(error.code, `${error.message} Or pack it with gzip: what is packed may hold up to ${LARGEST_UNPACKED_BYTES / 1_048_576} MB.`)
  }
}

async function namedSource(db: Reader<Visible>, code: string | null, address: string): Promise<SourceKey | undefined> {
  if (code === null) return isWebAddress(address) ? sourceByUrl(db, address) : undefined
  const source = await sourceByCode(db, code)
  if (source === undefined) throw new NotFound('watch.source.unknown', `There is no source ${code}. "carecert sources list" names them.`)
  return source
}
