import { readEpss, type EpssFile } from '../../codecs/epss/scores.ts'
import { londonDate, parseInstant } from '../../kernel/instant.ts'
import type { IntelligenceBatch } from '../../kernel/intelligence.ts'
import type { Problem, Result } from '../../kernel/problem.ts'
import { cleanText, shorten } from '../../kernel/text.ts'
import { narrowestTlp, type Tlp } from '../../kernel/tlp.ts'
import { isWebAddress } from '../../kernel/web-address.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../../platform/work/actor.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { keepDocument, packDocument } from './documents/commands.ts'
import { takeScores } from './enrichment/commands.ts'
import { recordFailure, recordScores, takeIn, type Document, type TouchedItem } from './gathering/commands.ts'
import { fieldWord, isMaterial, sha256, type GatherCounts } from './gathering/model.ts'
import { recognise, type Origin } from './gathering/recognise.ts'
import { startOf, unpackDocument } from './gathering/unpack.ts'
import { ensureSource } from './sources/commands.ts'
import { defaultSource, defaultTlp, formatName, hasManyPublishers, mailSource, UNRECOGNISED_SOURCE } from './sources/model.ts'
import { lockGathering, sourceByCode, sourceByFormat, type SourceKey } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import { recountThreats, restate, understand } from './threats/commands.ts'

export interface GatherResult extends GatherCounts {
  /** The source's code. */
  readonly source: string
  readonly address: string
  /** What it was, such as "CISA KEV catalogue 2025.01.24"; `null` when nothing could be read of it. */
  readonly label: string | null
  /** Why nothing could be taken in; `null` when it was. */
  readonly failure: string | null
  /** What a person should know though it was taken in. */
  readonly remarks: readonly string[]
  /** What came of what was inside it: the attachments of a message. */
  readonly parts?: readonly GatherResult[]
}

export interface DocumentToTake extends Pick<Origin, 'contentType' | 'known'> {
  readonly address: string
  readonly bytes: Uint8Array
  /** The label of the place in which it was found: what it holds is marked no wider. `null` when the place has none. */
  readonly tlp?: Tlp | null
  /** What its source did that a person should know. */
  readonly remarks?: readonly Problem[]
  /** The domain of the mail that it came in. Anybody may write any, so what came so is kept apart from what its publisher gives by itself. */
  readonly sender?: string | null
}

/**
 * Takes in the bytes of one document, in one unit of work, with what `also` does in it. What cannot be read is recorded as a failed
 * gathering and lies in quarantine, bytes and all; then `also` is left out, so that its source is asked for it again.
 */
export async function takeDocument(
  platform: Pick<Platform, 'database' | 'clock' | 'jobs'>,
  actor: Actor,
  named: SourceKey | undefined,
  document: DocumentToTake,
  also: (work: Work<Visible>) => Promise<void> = async () => {},
): Promise<GatherResult> {
  const { address, bytes } = document
  if (looksLikeScores(bytes)) {
    const file = await readEpss(piecesOf(bytes))
    const identity = { address, bytes: bytes.length, bytesHash: sha256(bytes) }
    const packed = await packDocument(bytes, identity.bytesHash)
    return runWork(platform, actor, async (work: Work<Visible>) => {
      await lockGathering(work.db)
      await keepDocument(work, packed)
      if (!file.ok) return refuse(work, identity, file.problems[0]?.message ?? '', named, bytes)
      await also(work)
      return storeScores(work, identity, file.value, named)
    })
  }
  const unpacked = await unpackDocument(bytes)
  const read = unpacked.ok ? recognise(unpacked.value, { ...document, address: isWebAddress(address) ? address : null }) : unpacked
  return takeRead(platform, actor, named, document, read, also)
}

/** As `takeDocument`, of a document that has been read. */
export async function takeRead(
  platform: Pick<Platform, 'database' | 'clock' | 'jobs'>,
  actor: Actor,
  named: SourceKey | undefined,
  { address, bytes, tlp = null, remarks = [], sender = null }: DocumentToTake,
  read: Result<IntelligenceBatch>,
  also: (work: Work<Visible>) => Promise<void> = async () => {},
): Promise<GatherResult> {
  const identity = { address, bytes: bytes.length, bytesHash: sha256(bytes) }
  const packed = await packDocument(bytes, identity.bytesHash)
  return runWork(platform, actor, async (work: Work<Visible>) => {
    await lockGathering(work.db)
    await keepDocument(work, packed)
    if (read.ok) await also(work)
    const result = read.ok
      ? await store(work, identity, tlp === null ? read : { ...read, value: noWiderThan(tlp, read.value) }, named, sender)
      : await refuse(work, identity, read.problems[0]?.message ?? '', named, bytes)
    return { ...result, remarks: [...remarks.map(({ message }) => message), ...result.remarks] }
  })
}

/** The items with the narrower of their own label and that of the place; without their own, the place's. */
export function noWiderThan(tlp: Tlp, batch: IntelligenceBatch): IntelligenceBatch {
  return { ...batch, items: batch.items.map(item => ({ ...item, tlp: item.tlp === null ? tlp : narrowestTlp([tlp, item.tlp]) })) }
}

async function store(
  work: Work<Visible>,
  document: Document,
  read: Extract<Result<IntelligenceBatch>, { ok: true }>,
  named: SourceKey | undefined,
  sender: string | null,
): Promise<GatherResult> {
  const { address } = document
  const batch = read.value
  if (named !== undefined && named.format !== batch.format) {
    const failure = `This is ${batch.label}, but the source ${named.code} gives ${formatName(named.format)}. Check its address, or gather the file without naming a source.`
    return {
      ...(await recordFailure(work, named.id, document, failure, null)),
      source: named.code,
      address,
      label: batch.label,
      failure,
      remarks: [],
    }
  }
  const source = named ?? (await (sender === null ? sourceOf(work, batch) : ensureSource(work, mailSource(batch.format, sender))))
  const { counts, touched, isOutdated } = await takeIn(work, source.id, document, withDefault(defaultTlp(source.settings), batch))
  await understand(
    work,
    touched.map(item => ({ id: item.id, material: materialWords(source.code, item) })),
  )
  const remarks = read.problems.map(problem => problem.message)
  if (isOutdated) remarks.unshift(`${batch.label} is older than what was gathered before, so nothing was changed.`)
  return { ...counts, source: source.code, address, label: batch.label, failure: null, remarks }
}

/** What is not marked carries the label that a person chose for its source. */
export function withDefault(tlp: Tlp | null, batch: IntelligenceBatch): IntelligenceBatch {
  return tlp === null ? batch : { ...batch, items: batch.items.map(item => ({ ...item, tlp: item.tlp ?? tlp })) }
}

/** Scores say by their first words what they are. They are unpacked as they are read. */
export function looksLikeScores(bytes: Uint8Array): boolean {
  return /^(\uFEFF)?(#model_version:|cve,epss)/.test(Buffer.from(startOf(bytes, 40)).toString('utf8'))
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

export async function storeScores(work: Work<Visible>, document: Document, file: EpssFile, named: SourceKey | undefined): Promise<GatherResult> {
  const wanted = defaultSource({ format: 'epss', publisher: null })
  const source = named ?? (await sourceByCode(work.db, wanted.code)) ?? (await ensureSource(work, wanted))
  const label = `EPSS scores of ${file.scoreDate ?? londonDate(work.now)}`
  const taken = await takeScores(work, file, { bytesHash: document.bytesHash, label }, londonDate(work.now))
  const { rejected } = file.rejections()
  const counts = await recordScores(work, source.id, document, {
    ...taken,
    label,
    released: parseInstant(`${file.scoreDate}T00:00:00Z`) ?? null,
    rejected,
  })
  await restate(work, taken.threats)
  await recountThreats(work, taken.threats)
  const remarks = taken.isOutdated ? [`${label} are older than what was gathered before, so nothing was changed.`] : []
  return { ...counts, source: source.code, address: document.address, label, failure: null, remarks }
}

/** What changed, in words, where it may change what to do; `null` where it does not. */
export function materialWords(source: string, item: TouchedItem): string | null {
  if (item.kind === 'withdrawn') return null
  if (item.kind === 'changed' && !isMaterial(item.fields)) return null
  if (item.kind === 'added') return null
  const what = item.kind === 'returned' ? 'brought it back' : `changed: ${item.fields.map(fieldWord).join(', ')}`
  return `The source ${source} ${what}.`
}

/** The default source of that kind where it exists, else one that is configured with an address. Every publisher of CSAF is a source of its own. */
export async function sourceOf(work: Work<Visible>, batch: IntelligenceBatch): Promise<SourceKey> {
  const wanted = defaultSource(batch)
  const known =
    (await sourceByCode(work.db, wanted.code)) ?? (hasManyPublishers(batch.format) ? undefined : await sourceByFormat(work.db, batch.format))
  return known ?? ensureSource(work, wanted)
}

export async function refuse(
  work: Work<Visible>,
  document: Document,
  failure: string,
  named: SourceKey | undefined,
  bytes: Uint8Array,
): Promise<GatherResult> {
  const source = named ?? (await ensureSource(work, UNRECOGNISED_SOURCE))
  const start = shorten(cleanText(Buffer.from(bytes.subarray(0, 2_000)).toString('utf8')), 500)
  return {
    ...(await recordFailure(work, source.id, document, failure, start)),
    source: source.code,
    address: document.address,
    label: null,
    failure,
    remarks: [],
  }
}
