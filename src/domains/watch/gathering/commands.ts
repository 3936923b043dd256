import type { Instant } from '../../../kernel/instant.ts'
import type { IntelligenceBatch, IntelligenceItem, RejectedItem } from '../../../kernel/intelligence.ts'
import { chunks } from '../../../platform/db/chunks.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { GatheringTable, Visible } from '../tables.ts'
import { changedFields, contentHash, fateOf, NO_COUNTS, toStored, type GatherCounts, type ItemFate, type StoredItem } from './model.ts'
import { contentsOf, heldItems, liveItemsFrom, newestRelease, openQuarantine } from './queries.ts'

/** Where a document came from and what its bytes were. */
export interface Document {
  readonly address: string
  readonly bytes: number
  /** SHA-256, in hexadecimal. */
  readonly bytesHash: string
}

/** An item that this document made, changed, withdrew or brought back. */
export interface TouchedItem {
  readonly id: string
  readonly kind: Exclude<ItemFate, 'unchanged'>
  readonly fields: readonly string[]
  readonly cves: readonly string[]
}

export interface TakenIn {
  readonly counts: GatherCounts
  readonly touched: readonly TouchedItem[]
  /** Whether the document is older than one taken in before, so that nothing of it was. */
  readonly isOutdated: boolean
}

/** What is taken in of a document, whatever its format. */
export type GatheredBatch = Omit<IntelligenceBatch, 'format' | 'publisher'>

/** More than these from one document says no more, and would fill the page. */
const MOST_QUARANTINED = 1_000

/**
 * Takes in one document of a source: new items, changes, withdrawals, and what could not be read, in this unit of work.
 * The same document again changes nothing. One older than what was taken in before (`released`) changes nothing either.
 */
export async function takeIn(work: Work<Visible>, sourceId: string, document: Document, batch: GatheredBatch): Promise<TakenIn> {
  const newest = batch.complete ? await newestRelease(work.db, sourceId) : null
  const isOutdated = newest !== null && batch.released !== null && batch.released < newest
  const items = isOutdated ? [] : batch.items
  const prepared = await compare(work, sourceId, items, { withdrawMissing: batch.complete && !isOutdated, rejected: batch.rejected })
  const rejected = isOutdated ? [] : batch.rejected

  const counts: GatherCounts = {
    added: prepared.filter(item => item.fate === 'added').length,
    changed: prepared.filter(item => item.fate === 'changed' || item.fate === 'returned').length,
    withdrawn: prepared.filter(item => item.fate === 'withdrawn').length,
    unchanged: isOutdated ? batch.items.length : prepared.filter(item => item.fate === 'unchanged').length,
    quarantined: rejected.length,
  }
  const gatheringId = await storeGathering(work, sourceId, document, {
    ...counts,
    outcome: counts.added + counts.changed + counts.withdrawn + counts.quarantined === 0 ? 'unchanged' : 'taken',
    label: batch.label,
    released_at: batch.released,
    failure: null,
  })
  const touched = prepared.filter(item => item.fate !== 'unchanged')
  await storeItems(work, sourceId, gatheringId, document, touched)
  if (!isOutdated) await putAside(work, sourceId, gatheringId, document.address, rejected, new Set(items.map(item => item.externalId)))
  return {
    counts,
    isOutdated,
    touched: touchedOf(touched),
  }
}

export function touchedOf(items: readonly PreparedItem[]): readonly TouchedItem[] {
  return items.flatMap(({ id, fate, fields, content }) => (fate === 'unchanged' ? [] : [{ id, kind: fate, fields, cves: content.cves }]))
}

/** Records that a document gave nothing, and why. With `excerpt`, what it was lies in quarantine as a whole. */
export async function recordFailure(
  work: Work<Visible>,
  sourceId: string,
  document: Document | { readonly address: string },
  reason: string,
  excerpt: string | null,
): Promise<GatherCounts> {
  const quarantined = excerpt === null ? 0 : 1
  const gatheringId = await storeGathering(work, sourceId, document, {
    ...NO_COUNTS,
    quarantined,
    outcome: 'failed',
    label: null,
    released_at: null,
    failure: reason,
  })
  if (excerpt !== null)
    await putAside(work, sourceId, gatheringId, document.address, [{ position: '', externalId: null, reason, excerpt }], new Set())
  return { ...NO_COUNTS, quarantined }
}

/** Records that a file of scores was taken in, and puts aside what could not be read of it. */
export async function recordScores(
  work: Work<Visible>,
  sourceId: string,
  document: Document,
  scores: Pick<GatherCounts, 'added' | 'changed' | 'unchanged'> & { label: string; released: Instant | null; rejected: readonly RejectedItem[] },
): Promise<GatherCounts> {
  const { added, changed, unchanged, label, released, rejected } = scores
  const counts = { added, changed, unchanged, withdrawn: 0, quarantined: rejected.length }
  const outcome = added + changed + rejected.length === 0 ? ('unchanged' as const) : ('taken' as const)
  const gatheringId = await storeGathering(work, sourceId, document, { ...counts, outcome, label, released_at: released, failure: null })
  await putAside(work, sourceId, gatheringId, document.address, rejected, new Set())
  return counts
}

/** Records that a source was asked, and what came of it: an answer without anything new is a success. */
export async function recordLook(
  work: Work<Visible>,
  sourceId: string,
  address: string,
  label: string | null = null,
  counts: GatherCounts = NO_COUNTS,
  document: Document | { readonly address: string } = { address },
): Promise<void> {
  const isNew = counts.added + counts.changed + counts.withdrawn + counts.quarantined > 0
  const outcome = isNew ? ('taken' as const) : ('unchanged' as const)
  await storeGathering(work, sourceId, document, { ...counts, outcome, label, released_at: null, failure: null })
}

/** Withdraws what was taken in last from that address: its source says that it is taken back. */
export async function withdrawFrom(
  work: Work<Visible>,
  sourceId: string,
  address: string,
): Promise<{ readonly counts: GatherCounts; readonly touched: readonly TouchedItem[] }> {
  const items = await liveItemsFrom(work.db, sourceId, address)
  const counts = { ...NO_COUNTS, withdrawn: items.length }
  const outcome = items.length === 0 ? ('unchanged' as const) : ('taken' as const)
  const gatheringId = await storeGathering(work, sourceId, { address }, { ...counts, outcome, label: null, released_at: null, failure: null })
  const withdrawn = items.map(({ id, externalId, contentHash: hash, content }) => {
    return { id, externalId, content, hash, item: null, fate: 'withdrawn' as const, fields: [] }
  })
  await storeItems(work, sourceId, gatheringId, NOWHERE, withdrawn)
  return { counts, touched: withdrawn.map(({ id, content }) => ({ id, kind: 'withdrawn', fields: [], cves: content.cves })) }
}

/** A withdrawal has no bytes: nothing that is stored of it looks at them. */
const NOWHERE: Document = { address: '', bytes: 0, bytesHash: '' }

export interface PreparedItem {
  readonly id: string
  readonly externalId: string
  readonly content: StoredItem
  readonly hash: string
  readonly item: IntelligenceItem | null
  readonly fate: ItemFate
  readonly fields: readonly string[]
}

/** Sets each item beside what is held of it; with `withdrawMissing`, what is held and neither read nor rejected is withdrawn. */
export async function compare(
  work: Work<Visible>,
  sourceId: string,
  items: readonly IntelligenceItem[],
  options: { withdrawMissing: boolean; rejected: readonly RejectedItem[] },
): Promise<readonly PreparedItem[]> {
  const held = await heldItems(
    work.db,
    sourceId,
    items.map(item => item.externalId),
    options.withdrawMissing,
  )
  const heldById = new Map(held.map(item => [item.externalId, item]))
  const read = items.map(item => {
    const content = toStored(item)
    const hash = contentHash(content)
    const known = heldById.get(item.externalId)
    return { id: known?.id ?? work.newId('item'), externalId: item.externalId, content, hash, item, fate: fateOf(item, hash, known) }
  })
  const present = new Set([...items.map(item => item.externalId), ...options.rejected.map(entry => entry.externalId)])
  const missing = options.withdrawMissing ? held.filter(item => !item.isWithdrawn && !present.has(item.externalId)) : []

  const altered = read.filter(item => item.fate !== 'added' && item.fate !== 'unchanged')
  const before = await contentsOf(
    work.db,
    [...altered, ...missing].map(item => item.id),
  )
  const prepared: PreparedItem[] = read.map(item => {
    const earlier = before.get(item.id)
    return { ...item, fields: earlier === undefined ? [] : changedFields(earlier, item.content) }
  })
  for (const { id, externalId, contentHash: hash } of missing) {
    const content = before.get(id)
    if (content !== undefined) prepared.push({ id, externalId, content, hash, item: null, fate: 'withdrawn', fields: [] })
  }
  return prepared
}

/** Writes that a document was gathered, with what came of it. Gives its id. */
export async function storeGathering(
  work: Work<Visible>,
  sourceId: string,
  document: Document | { readonly address: string },
  result: GatherCounts & Pick<GatheringTable, 'outcome' | 'label' | 'released_at' | 'failure'>,
): Promise<string> {
  const id = work.newId('gathering')
  const bytes = 'bytesHash' in document ? { bytes_hash: document.bytesHash, bytes: document.bytes } : { bytes_hash: null, bytes: null }
  await work.db
    .insertInto('watch_gathering')
    .values({ id, source_id: sourceId, at: work.now, address: document.address, ...bytes, ...result })
    .execute()
  const { added, changed, withdrawn, unchanged, quarantined, outcome } = result
  work.record({
    verb: 'watch.source.gathered',
    subject: { kind: 'source', id: sourceId },
    change: { gathering: id, outcome, added, changed, withdrawn, unchanged, quarantined, ...bytes },
  })
  return id
}

/** Writes items as a document left them, and what became of each. */
export async function storeItems(
  work: Work<Visible>,
  sourceId: string,
  gatheringId: string,
  document: Document,
  items: readonly PreparedItem[],
): Promise<void> {
  const read = items.flatMap(({ id, externalId, content, hash, item }) =>
    item === null
      ? []
      : [
          {
            id,
            source_id: sourceId,
            external_id: externalId,
            title: item.title,
            summary: item.summary,
            url: item.url,
            published_at: item.published,
            changed_at: item.updated,
            content: JSON.stringify(content),
            content_hash: hash,
            bytes_hash: document.bytesHash,
            gathering_id: gatheringId,
            first_gathered_at: work.now,
            last_gathered_at: work.now,
            withdrawn_at: item.withdrawn ? work.now : null,
          },
        ],
  )
  for (const rows of chunks(read)) {
    await work.db
      .insertInto('watch_item')
      .values(rows)
      .onConflict(conflict =>
        conflict.columns(['source_id', 'external_id']).doUpdateSet(eb => ({
          title: eb.ref('excluded.title'),
          summary: eb.ref('excluded.summary'),
          url: eb.ref('excluded.url'),
          published_at: eb.ref('excluded.published_at'),
          changed_at: eb.ref('excluded.changed_at'),
          content: eb.ref('excluded.content'),
          content_hash: eb.ref('excluded.content_hash'),
          bytes_hash: eb.ref('excluded.bytes_hash'),
          gathering_id: eb.ref('excluded.gathering_id'),
          last_gathered_at: eb.ref('excluded.last_gathered_at'),
          withdrawn_at: eb.ref('excluded.withdrawn_at'),
        })),
      )
      .execute()
  }
  const missing = items.filter(item => item.item === null).map(item => item.id)
  for (const ids of chunks(missing)) await work.db.updateTable('watch_item').set({ withdrawn_at: work.now }).where('id', 'in', ids).execute()

  const changes = items.map(({ id, fate, fields, hash }) => ({
    item_id: id,
    gathering_id: gatheringId,
    at: work.now,
    kind: fate as TouchedItem['kind'],
    fields: JSON.stringify(fields),
    content_hash: hash,
  }))
  for (const rows of chunks(changes)) await work.db.insertInto('watch_item_change').values(rows).execute()
}

/** Puts what could not be read into quarantine, once, and takes out what has been read since or is no longer there. */
export async function putAside(
  work: Work<Visible>,
  sourceId: string,
  gatheringId: string,
  address: string,
  rejected: readonly RejectedItem[],
  read: ReadonlySet<string>,
): Promise<void> {
  const open = await openQuarantine(work.db, sourceId, address)
  const keyOf = (entry: Pick<RejectedItem, 'position' | 'externalId' | 'reason' | 'excerpt'>) =>
    JSON.stringify([entry.position, entry.externalId, entry.reason, entry.excerpt])
  const stillBad = new Set(rejected.map(keyOf))
  const isResolved = (entry: (typeof open)[number]) =>
    (entry.externalId !== null && read.has(entry.externalId)) || (entry.address === address && !stillBad.has(keyOf(entry)))
  const resolved = open.filter(isResolved).map(entry => entry.id)
  for (const ids of chunks(resolved)) await work.db.updateTable('watch_quarantine').set({ resolved_at: work.now }).where('id', 'in', ids).execute()

  const known = new Set(open.filter(entry => entry.address === address && !resolved.includes(entry.id)).map(keyOf))
  const fresh = rejected.filter(entry => !known.has(keyOf(entry)))
  const shown = fresh.slice(0, MOST_QUARANTINED)
  if (fresh.length > shown.length) {
    shown.push({
      position: '',
      externalId: null,
      reason: `${fresh.length - shown.length} more entries of this document could not be read.`,
      excerpt: '',
    })
  }
  const rows = shown.map(({ position, externalId, reason, excerpt }) => ({
    id: work.newId('quarantined'),
    source_id: sourceId,
    gathering_id: gatheringId,
    position,
    external_id: externalId,
    reason,
    excerpt,
    at: work.now,
  }))
  for (const some of chunks(rows)) await work.db.insertInto('watch_quarantine').values(some).execute()
}
