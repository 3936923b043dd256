import type { IntelligenceBatch, IntelligenceItem, RejectedItem } from '../../kernel/intelligence.ts'
import { numberAt } from '../../kernel/json.ts'
import { cleanText, shorten } from '../../kernel/text.ts'
import { piecesOfFile, type SpooledFile } from '../../platform/fetch/spool.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { keepDocument, keepPiece, packPiece } from './documents/commands.ts'
import { documentIsKept, pieceIsKept } from './documents/queries.ts'
import { recordFailure, recordLook } from './gathering/commands.ts'
import { addCounts, NO_COUNTS, type GatherCounts } from './gathering/model.ts'
import { beginParts, finishParts, takePart, type PartsGathering } from './gathering/parts/commands.ts'
import { creatorIn, excerptAfter, partsOf, pointerIn, type Part, type PartSize } from './gathering/parts/parts.ts'
import type { Survey } from './gathering/parts/survey.ts'
import { newestRelease } from './gathering/queries.ts'
import { defaultTlp, formatName } from './sources/model.ts'
import { lockGathering, type SourceKey } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import { materialWords, noWiderThan, sourceOf, withDefault, type DocumentToTake, type GatherResult } from './take-document.ts'
import { understand } from './threats/commands.ts'

type PartsPlatform = Pick<Platform, 'database' | 'clock' | 'jobs'>

export interface ListToTake extends Pick<DocumentToTake, 'address' | 'tlp' | 'remarks' | 'known'> {
  /** As it came, perhaps packed. */
  readonly original: SpooledFile
  /** What is in it. */
  readonly content: SpooledFile
  readonly survey: Survey
}

/** The formats whose lists may be taken in by parts: every element of them stands for itself, or finds what it needs (`partsOf`). */
const IN_PARTS: ReadonlySet<string> = new Set(['kev-json', 'nvd', 'nhs-cyber-alerts', 'stix', 'misp'] satisfies IntelligenceBatch['format'][])

/** Of these one says no more, and would fill the page. */
const MOST_REJECTED = 1_000
const MOST_REMARKS = 50
const PIECE_BYTES = 4 * 1024 * 1024

/**
 * Takes in a large list part by part, each in a unit of work of its own, as one gathering with the sums. Stopped anywhere, it can be taken in again: what
 * was taken in is unchanged then. What follows a fault in the file lies in quarantine with the reason. `undefined` when it is no list that can be taken so.
 */
export async function takeParts(
  platform: PartsPlatform,
  actor: Actor,
  named: SourceKey | undefined,
  list: ListToTake,
  also: (work: Work<Visible>) => Promise<void>,
  size?: PartSize,
): Promise<GatherResult | undefined> {
  const { address, original, content, survey } = list
  const tally = tallyOf(list)
  let begun: (Begun & { readonly whole: Whole }) | null = null
  for await (const part of partsOf(content.path, survey, list.known ?? [], size)) {
    if (begun === null) {
      if (!part.read.ok || !isInParts(part.read.value)) return undefined
      const whole = await wholeOf(part.read.value, content.path, survey)
      await keepInPieces(platform, actor, original)
      const beginning = await runWork(platform, actor, (work: Work<Visible>) => begin(work, named, list, whole, also))
      if ('result' in beginning) return beginning.result
      begun = { ...beginning, whole }
    }
    await takeOne(platform, actor, begun, list, part, tally)
  }
  if (begun === null) return undefined
  const { source, gathering, whole } = begun
  const label = labelOf(whole, survey, tally)
  if (survey.fault !== null) {
    reject(tally, {
      position: pointerIn(survey, survey.starts.length),
      externalId: null,
      reason: `${survey.fault.message} What stood before was taken in.`,
      excerpt: shorten(cleanText(await excerptAfter(content.path, survey)), 500),
    })
    tally.remarks.add(survey.fault.message)
  }
  const counts = await runWork(platform, actor, (work: Work<Visible>) =>
    finish(work, { gathering, source }, whole, label, tally, survey.fault === null ? also : null),
  )
  return { ...counts, source: source.code, address, label, failure: null, remarks: [...tally.remarks] }
}

/** What a search of MISP found of one event is one item, wherever in the answer it stands. */
function isInParts(batch: IntelligenceBatch): boolean {
  return IN_PARTS.has(batch.format) && !batch.items.some(({ externalId }) => externalId.startsWith('search:'))
}

/** What holds for the document, and no part of it says. */
interface Whole {
  readonly batch: IntelligenceBatch
  /** Whether what it lacks is to be withdrawn, so long as every part can be read. */
  readonly mayBeComplete: boolean
  /** That it counts its elements wrongly. */
  readonly miscount: string | null
}

async function wholeOf(first: IntelligenceBatch, path: string, survey: Survey): Promise<Whole> {
  const name = first.format === 'stix' ? await creatorIn(path, survey) : null
  const batch = first.format === 'stix' ? { ...first, publisher: name === null ? null : { name, namespace: null } } : first
  const claimed = numberAt(survey.beside, first.format === 'kev-json' ? 'count' : 'resultsPerPage')
  const found = survey.starts.length
  const isWrong = survey.fault === null && claimed !== undefined && claimed !== found
  const kept = first.format === 'kev-json' ? ' Its entries were taken in, but nothing is withdrawn on its word.' : ''
  return {
    batch,
    mayBeComplete: first.format === 'kev-json' && first.complete && survey.fault === null && !isWrong,
    miscount: isWrong ? `The document says that it holds ${claimed} entries, and holds ${found}: some may have been lost.${kept}` : null,
  }
}

/** Keeps the bytes of a large document, each piece in a unit of work of its own. */
export async function keepInPieces(platform: PartsPlatform, actor: Actor, { path, bytes, hash }: SpooledFile): Promise<void> {
  if (await readAs(platform, actor, (db: Reader<Visible>) => documentIsKept(db, hash))) return
  for (let start = 0, number = 0; start < bytes; start += PIECE_BYTES, number += 1) {
    const at = number
    if (await readAs(platform, actor, (db: Reader<Visible>) => pieceIsKept(db, hash, at))) continue
    const pieces: Uint8Array[] = []
    for await (const piece of piecesOfFile(path, { start, end: Math.min(start + PIECE_BYTES, bytes) })) pieces.push(piece)
    const packed = await packPiece(Buffer.concat(pieces))
    await runWork(platform, actor, (work: Work<Visible>) => keepPiece(work, hash, at, packed))
  }
}

interface Begun {
  readonly gathering: PartsGathering
  readonly source: SourceKey
}

async function begin(
  work: Work<Visible>,
  named: SourceKey | undefined,
  { address, original, survey }: ListToTake,
  { batch, mayBeComplete }: Whole,
  also: (work: Work<Visible>) => Promise<void>,
): Promise<Begun | { readonly result: GatherResult }> {
  await lockGathering(work.db)
  await keepDocument(work, { hash: original.hash, bytes: original.bytes, gzip: null })
  const document = { address, bytes: original.bytes, bytesHash: original.hash }
  if (named !== undefined && named.format !== batch.format) {
    const failure = `This is ${batch.label}, but the source ${named.code} gives ${formatName(named.format)}. Check its address, or gather the file without naming a source.`
    const counts = await recordFailure(work, named.id, document, failure, null)
    return { result: { ...counts, source: named.code, address, label: batch.label, failure, remarks: [] } }
  }
  const source = named ?? (await sourceOf(work, batch))
  const newest = mayBeComplete ? await newestRelease(work.db, source.id) : null
  if (newest === null || batch.released === null || batch.released >= newest)
    return { gathering: await beginParts(work, source.id, document), source }
  await also(work)
  const counts = { ...NO_COUNTS, unchanged: survey.starts.length }
  await recordLook(work, source.id, address, batch.label, counts, document)
  const remarks = [`${batch.label} is older than what was gathered before, so nothing was changed.`]
  return { result: { ...counts, source: source.code, address, label: batch.label, failure: null, remarks } }
}

/** What is remembered from part to part: sums, ids and words, never an element. */
interface Tally {
  counts: GatherCounts
  released: Date | null
  isComplete: boolean
  /** The ids of what was read, and of what was read and could not be taken in. */
  readonly seen: Set<string>
  readonly named: Set<string>
  readonly read: Set<string>
  readonly rejected: RejectedItem[]
  moreRejected: number
  readonly remarks: Set<string>
  nothing: string | null
}

function tallyOf({ remarks = [] }: ListToTake): Tally {
  return {
    counts: NO_COUNTS,
    released: null,
    isComplete: true,
    seen: new Set(),
    named: new Set(),
    read: new Set(),
    rejected: [],
    moreRejected: 0,
    remarks: new Set(remarks.map(({ message }) => message)),
    nothing: null,
  }
}

/** What these say of a part does not hold for the document. */
const OF_PARTS: ReadonlySet<string> = new Set(['kev.count', 'kev.empty', 'nvd.count', 'stix.nothing'])

async function takeOne(
  platform: PartsPlatform,
  actor: Actor,
  { gathering, source }: Begun,
  list: ListToTake,
  part: Part,
  tally: Tally,
): Promise<void> {
  const { read } = part
  const { tlp = null } = list
  if (!read.ok) {
    const reason = read.problems[0]?.message ?? ''
    const position = pointerIn(list.survey, part.from)
    reject(tally, { position, externalId: null, reason: `${reason} This and the ${part.to - part.from - 1} after it were left out.`, excerpt: '' })
    tally.isComplete = false
    return
  }
  const batch = withDefault(defaultTlp(source.settings), tlp === null ? read.value : noWiderThan(tlp, read.value))
  for (const { rule, message } of read.problems) {
    if (rule === 'stix.nothing') tally.nothing ??= message
    if (!OF_PARTS.has(rule) && tally.remarks.size < MOST_REMARKS) tally.remarks.add(message)
  }
  tally.isComplete &&= batch.complete
  if (batch.released !== null && (tally.released === null || batch.released > tally.released)) tally.released = batch.released
  for (const entry of batch.rejected) reject(tally, entry)
  const items = batch.items.filter(item => isFirst(item, list.survey, part, tally))
  for (const { externalId } of items) if (gathering.waiting.has(externalId)) tally.read.add(externalId)
  await runWork(platform, actor, async (work: Work<Visible>) => {
    await lockGathering(work.db)
    const { counts, touched } = await takePart(work, gathering, items)
    await understand(
      work,
      touched.map(item => ({ id: item.id, material: materialWords(source.code, item) })),
    )
    tally.counts = addCounts(tally.counts, counts)
  })
}

function isFirst(item: IntelligenceItem, survey: Survey, part: Part, tally: Tally): boolean {
  if (tally.seen.size < tally.seen.add(item.externalId).size) return true
  const reason = `${item.externalId} stands twice in this document: the first was kept.`
  reject(tally, { position: pointerIn(survey, part.from), externalId: item.externalId, reason, excerpt: item.title })
  return false
}

function reject(tally: Tally, entry: RejectedItem): void {
  if (entry.externalId !== null) tally.named.add(entry.externalId)
  else tally.isComplete = false
  if (tally.rejected.length < MOST_REJECTED) tally.rejected.push(entry)
  else tally.moreRejected += 1
}

async function finish(
  work: Work<Visible>,
  { gathering, source }: Begun,
  { mayBeComplete, miscount }: Whole,
  label: string,
  tally: Tally,
  also: ((work: Work<Visible>) => Promise<void>) | null,
): Promise<GatherCounts> {
  await lockGathering(work.db)
  if (miscount !== null) tally.remarks.add(miscount)
  if (tally.seen.size === 0 && tally.nothing !== null) tally.remarks.add(tally.nothing)
  const { counts, touched } = await finishParts(work, gathering, {
    counts: tally.counts,
    label,
    released: tally.released,
    rejected: tally.rejected,
    moreRejected: tally.moreRejected,
    read: tally.read,
    present: mayBeComplete && tally.isComplete ? new Set([...tally.seen, ...tally.named]) : null,
  })
  await understand(
    work,
    touched.map(item => ({ id: item.id, material: materialWords(source.code, item) })),
  )
  if (also !== null) await also(work)
  return counts
}

/** What the document is called: as its first part, with the numbers of the whole. */
function labelOf({ batch }: Whole, survey: Survey, { seen }: Tally): string {
  const count = survey.starts.length
  switch (batch.format) {
    case 'stix':
      return batch.label.replace(/\(\d+ objects?\)$/, `(${count} ${count === 1 ? 'object' : 'objects'})`)
    case 'nvd': {
      const start = (numberAt(survey.beside, 'startIndex') ?? 0) + 1
      return batch.label.replace(/ \d+ to \d+ of /, ` ${start} to ${start + count - 1} of `)
    }
    case 'misp':
      return `${seen.size} MISP events`
    default:
      return batch.label
  }
}
