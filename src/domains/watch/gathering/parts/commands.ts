import type { Instant } from '../../../../kernel/instant.ts'
import type { IntelligenceItem, RejectedItem } from '../../../../kernel/intelligence.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { compare, putAside, storeGathering, storeItems, touchedOf, type Document, type TouchedItem } from '../commands.ts'
import { addCounts, NO_COUNTS, type GatherCounts } from '../model.ts'
import { contentsOf, heldItems, openQuarantine } from '../queries.ts'

/**
 * A large document is one gathering that is taken in by several units of work. Until `finishParts` it counts as failed, so that one that was
 * stopped in the middle is never taken for one that was read.
 */
export interface PartsGathering {
  readonly id: string
  readonly sourceId: string
  readonly document: Document
  /** What lies in quarantine and leaves it when it is read. */
  readonly waiting: ReadonlySet<string>
}

const UNFINISHED = 'It is being read part by part. Where this stays, it was stopped in the middle: gather it again.'

export async function beginParts(work: Work<Visible>, sourceId: string, document: Document): Promise<PartsGathering> {
  const open = await openQuarantine(work.db, sourceId, document.address)
  const id = await storeGathering(work, sourceId, document, {
    ...NO_COUNTS,
    outcome: 'failed',
    label: null,
    released_at: null,
    failure: UNFINISHED,
  })
  return { id, sourceId, document, waiting: new Set(open.flatMap(({ externalId }) => externalId ?? [])) }
}

/** Takes in the items of one part. What could not be read of it is for `finishParts`. */
export async function takePart(
  work: Work<Visible>,
  gathering: PartsGathering,
  items: readonly IntelligenceItem[],
): Promise<{ readonly counts: GatherCounts; readonly touched: readonly TouchedItem[] }> {
  const { id, sourceId, document } = gathering
  const prepared = await compare(work, sourceId, items, { withdrawMissing: false, rejected: [] })
  const touched = prepared.filter(item => item.fate !== 'unchanged')
  await storeItems(work, sourceId, id, document, touched)
  const counts: GatherCounts = {
    added: prepared.filter(item => item.fate === 'added').length,
    changed: prepared.filter(item => item.fate === 'changed' || item.fate === 'returned').length,
    withdrawn: prepared.filter(item => item.fate === 'withdrawn').length,
    unchanged: prepared.filter(item => item.fate === 'unchanged').length,
    quarantined: 0,
  }
  work.record({ verb: 'watch.source.part-taken', subject: { kind: 'source', id: sourceId }, change: { gathering: id, ...counts } })
  return { counts, touched: touchedOf(touched) }
}

export interface WholeOfParts {
  /** The sums of the parts. */
  readonly counts: GatherCounts
  readonly label: string
  readonly released: Instant | null
  readonly rejected: readonly RejectedItem[]
  /** How many more could not be read. */
  readonly moreRejected: number
  /** Of what was waiting in quarantine, what was read. */
  readonly read: ReadonlySet<string>
  /** Every id that the document names, where what it lacks is withdrawn; else `null`. */
  readonly present: ReadonlySet<string> | null
}

/** Ends the gathering: withdraws what a complete document lacks, puts aside what could not be read, and says the sums. */
export async function finishParts(
  work: Work<Visible>,
  { id, sourceId, document }: PartsGathering,
  whole: WholeOfParts,
): Promise<{ readonly counts: GatherCounts; readonly touched: readonly TouchedItem[] }> {
  const { present } = whole
  const live = present === null ? [] : (await heldItems(work.db, sourceId, [], true)).filter(item => !item.isWithdrawn)
  const missing = live.filter(item => present !== null && !present.has(item.externalId))
  const contents = await contentsOf(
    work.db,
    missing.map(item => item.id),
  )
  const withdrawn = missing.flatMap(({ id: itemId, externalId, contentHash }) => {
    const content = contents.get(itemId)
    return content === undefined
      ? []
      : [{ id: itemId, externalId, content, hash: contentHash, item: null, fate: 'withdrawn' as const, fields: [] as readonly string[] }]
  })
  await storeItems(work, sourceId, id, document, withdrawn)
  const more: RejectedItem = {
    position: '',
    externalId: null,
    reason: `${whole.moreRejected} more entries of this document could not be read.`,
    excerpt: '',
  }
  await putAside(work, sourceId, id, document.address, whole.moreRejected === 0 ? whole.rejected : [...whole.rejected.slice(1), more], whole.read)
  const counts = addCounts(whole.counts, { ...NO_COUNTS, withdrawn: withdrawn.length, quarantined: whole.rejected.length + whole.moreRejected })
  const outcome = counts.added + counts.changed + counts.withdrawn + counts.quarantined === 0 ? ('unchanged' as const) : ('taken' as const)
  await work.db
    .updateTable('watch_gathering')
    .set({ ...counts, outcome, label: whole.label, released_at: whole.released, failure: null })
    .where('id', '=', id)
    .execute()
  work.record({
    verb: 'watch.source.gathered',
    subject: { kind: 'source', id: sourceId },
    change: { gathering: id, outcome, ...counts, bytes: document.bytes, bytes_hash: document.bytesHash },
  })
  return { counts, touched: touchedOf(withdrawn) }
}
