import { readFile } from 'node:fs/promises'
import { readEpss } from '../../codecs/epss/scores.ts'
import { CareCertError } from '../../kernel/errors.ts'
import { LARGE_DOCUMENT_BYTES, LARGEST_SPOOLED_BYTES, piecesOfFile, spool, spoolUnpacked, type SpooledFile } from '../../platform/fetch/spool.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../../platform/work/actor.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { keepDocument } from './documents/commands.ts'
import type { PartSize } from './gathering/parts/parts.ts'
import { surveyList, type Survey } from './gathering/parts/survey.ts'
import { isGzip, LARGEST_UNPACKED_BYTES, startOf } from './gathering/unpack.ts'
import { lockGathering, type SourceKey } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import { looksLikeScores, refuse, storeScores, type DocumentToTake, type GatherResult } from './take-document.ts'
import { takeWhole } from './take-message.ts'
import { keepInPieces, takeParts } from './take-parts.ts'

export interface FileToTake extends Omit<DocumentToTake, 'bytes' | 'sender'> {
  /** Discarded once it was taken in. */
  readonly file: SpooledFile
}

export interface TakingLimits {
  /** The most that a document may unpack to. */
  readonly largest?: number
  /** Above how many bytes a list is taken in by parts. */
  readonly above?: number
  readonly partSize?: PartSize
}

type TakePlatform = Pick<Platform, 'database' | 'clock' | 'jobs'>

/** What is packed into so little cannot unpack to much: gzip makes at most a thousand times as much of a byte. */
const SMALL_PACKED_BYTES = 64 * 1024
/** Above this a document is not held, whatever it is. */
const LARGEST_HELD_BYTES = 64 * 1024 * 1024

/** Takes in a document that came as bytes: a large list part by part, anything else whole. */
export async function takeBytes(
  platform: TakePlatform,
  actor: Actor,
  named: SourceKey | undefined,
  document: DocumentToTake,
  also?: (work: Work<Visible>) => Promise<void>,
  limits: TakingLimits = {},
): Promise<GatherResult> {
  const { bytes } = document
  if (bytes.length <= (isGzip(bytes) ? SMALL_PACKED_BYTES : LARGE_DOCUMENT_BYTES)) return takeWhole(platform, actor, named, document, also)
  const file = await spool(only(bytes), bytes.length)
  return takeFile(platform, actor, named, { ...document, file }, also, limits)
}

/**
 * Takes in a document that came as a file: a list of many things part by part (`takeParts`), scores as they stream, and anything else whole where it may
 * be held. What is neither is refused, and lies in quarantine.
 */
export async function takeFile(
  platform: TakePlatform,
  actor: Actor,
  named: SourceKey | undefined,
  document: FileToTake,
  also: (work: Work<Visible>) => Promise<void> = async () => {},
  { largest = LARGEST_SPOOLED_BYTES, above = LARGE_DOCUMENT_BYTES, partSize }: TakingLimits = {},
): Promise<GatherResult> {
  const { file: original } = document
  let content: SpooledFile | null = null
  try {
    const { start } = original
    if (looksLikeScores(start)) return await takeScoresFile(platform, actor, named, document, also)
    const unpacked = isGzip(start) ? await spoolUnpacked(original, largest) : { file: original, isCutOff: false }
    content = unpacked.file
    const survey = await surveyed(content, start)
    if (survey !== undefined && content.bytes > above && !isBetterHeld(survey, content)) {
      const result = await takeParts(platform, actor, named, { ...document, original, content, survey }, also, partSize)
      if (result !== undefined) return result
    }
    if (original.bytes <= LARGEST_HELD_BYTES && content.bytes <= (isGzip(start) ? LARGEST_UNPACKED_BYTES : LARGEST_HELD_BYTES))
      return await takeWhole(platform, actor, named, { ...document, bytes: await readFile(original.path) }, also)
    return await putAsideWhole(platform, actor, named, document, survey?.fault?.message ?? TOO_LARGE)
  } catch (error) {
    if (!(error instanceof CareCertError) || error.code !== 'platform.fetch.too-large') throw error
    const message = `This is packed, and unpacks to more than ${Math.floor(largest / 1_048_576)} MB, so it was not read.`
    return await putAsideWhole(platform, actor, named, document, message)
  } finally {
    await content?.discard()
    await original.discard()
  }
}

const TOO_LARGE = `This is larger than ${LARGEST_HELD_BYTES / 1_048_576} MB, and no list whose entries can be read one by one (of STIX, the NVD, KEV, MISP or NHS cyber alerts), so it was not read. Split it.`

function surveyed({ path }: SpooledFile, start: Uint8Array): Promise<Survey | undefined> {
  const isJson = /^\uFEFF?\s*[{[]/.test(Buffer.from(startOf(start, 200)).toString('utf8'))
  return isJson ? surveyList(piecesOfFile(path)) : Promise.resolve(undefined)
}

/** What has few and very large things in it, or other letters, is read whole as long as it may be held. */
function isBetterHeld({ fault }: Survey, content: SpooledFile): boolean {
  return content.bytes <= LARGEST_HELD_BYTES && fault !== null && fault.rule !== 'json.cut-off'
}

async function takeScoresFile(
  platform: TakePlatform,
  actor: Actor,
  named: SourceKey | undefined,
  document: FileToTake,
  also: (work: Work<Visible>) => Promise<void>,
): Promise<GatherResult> {
  const { address, file: original } = document
  const scores = await readEpss(piecesOfFile(original.path))
  if (!scores.ok) return putAsideWhole(platform, actor, named, document, scores.problems[0]?.message ?? '')
  await keepInPieces(platform, actor, original)
  return runWork(platform, actor, async (work: Work<Visible>) => {
    await lockGathering(work.db)
    await keepDocument(work, { hash: original.hash, bytes: original.bytes, gzip: null })
    await also(work)
    return storeScores(work, { address, bytes: original.bytes, bytesHash: original.hash }, scores.value, named)
  })
}

/** Nothing of it could be read. */
async function putAsideWhole(
  platform: TakePlatform,
  actor: Actor,
  named: SourceKey | undefined,
  { address, file: original }: FileToTake,
  reason: string,
): Promise<GatherResult> {
  const { start } = original
  await keepInPieces(platform, actor, original)
  return runWork(platform, actor, async (work: Work<Visible>) => {
    await lockGathering(work.db)
    await keepDocument(work, { hash: original.hash, bytes: original.bytes, gzip: null })
    return refuse(work, { address, bytes: original.bytes, bytesHash: original.hash }, reason, named, start)
  })
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
