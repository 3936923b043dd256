import { sql } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import type { HeldItem, StoredItem } from './model.ts'

/** What is held of these items of a source; of all that are not withdrawn as well when `andAllLive`. */
export async function heldItems(
  db: Reader<Visible>,
  sourceId: string,
  externalIds: readonly string[],
  andAllLive: boolean,
): Promise<readonly HeldItem[]> {
  const rows = await db
    .selectFrom('watch_item')
    .select(['id', 'external_id', 'content_hash', 'changed_at', 'withdrawn_at'])
    .where('source_id', '=', sourceId)
    .where(eb => {
      const isNamed = eb('external_id', '=', sql<string>`any(${externalIds}::text[])`)
      return andAllLive ? eb.or([isNamed, eb('withdrawn_at', 'is', null)]) : isNamed
    })
    .execute()
  return rows.map(row => ({
    id: row.id,
    externalId: row.external_id,
    contentHash: row.content_hash,
    changedAt: row.changed_at,
    isWithdrawn: row.withdrawn_at !== null,
  }))
}

/** The items as they stand, by id. */
export async function contentsOf(db: Reader<Visible>, itemIds: readonly string[]): Promise<ReadonlyMap<string, StoredItem>> {
  const rows = await db
    .selectFrom('watch_item')
    .select(['id', 'content'])
    .where('id', '=', sql<string>`any(${itemIds}::text[])`)
    .execute()
  return new Map(rows.map(row => [row.id, row.content]))
}

/** Where a gathering came from, and what its bytes were; `undefined` when there is none of that id. */
export async function documentOfGathering(db: Reader<Visible>, gatheringId: string) {
  const row = await db
    .selectFrom('watch_gathering as gathering')
    .innerJoin('watch_source as source', 'source.id', 'gathering.source_id')
    .where('gathering.id', '=', gatheringId)
    .select(['gathering.address', 'gathering.bytes_hash as bytesHash', 'source.id', 'source.code', 'source.format', 'source.url', 'source.settings'])
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { address, bytesHash, ...source } = row
  return { address, bytesHash, source }
}

/** Whether the document of that SHA-256 has been read before, whatever it was called. That somebody attached it to a message does not count. */
export async function wasRead(db: Reader<Visible>, bytesHash: string): Promise<boolean> {
  const row = await db
    .selectFrom('watch_gathering as gathering')
    .innerJoin('watch_source as source', 'source.id', 'gathering.source_id')
    .select('gathering.id')
    .where('gathering.bytes_hash', '=', bytesHash)
    .where('gathering.outcome', '<>', 'failed')
    .where(sql<boolean>`not (source.code like source.format || '-mail-%' and gathering.address like '%#%')`)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** The items of a source that are not withdrawn, and were taken in last from that address. */
export function liveItemsFrom(db: Reader<Visible>, sourceId: string, address: string) {
  return db
    .selectFrom('watch_item as item')
    .innerJoin('watch_gathering as gathering', 'gathering.id', 'item.gathering_id')
    .select(['item.id', 'item.external_id as externalId', 'item.content_hash as contentHash', 'item.content'])
    .where('item.source_id', '=', sourceId)
    .where('gathering.address', '=', address)
    .where('item.withdrawn_at', 'is', null)
    .execute()
}

/** The newest release of a source that was taken in. */
export async function newestRelease(db: Reader<Visible>, sourceId: string): Promise<Instant | null> {
  const row = await db
    .selectFrom('watch_gathering')
    .select(eb => eb.fn.max('released_at').as('released'))
    .where('source_id', '=', sourceId)
    .where('outcome', '<>', 'failed')
    .executeTakeFirst()
  return row?.released ?? null
}

export interface OpenQuarantine {
  readonly id: string
  readonly sourceId: string
  readonly address: string
  readonly position: string
  readonly externalId: string | null
  readonly reason: string
  readonly excerpt: string
}

/** What lies in quarantine and may concern a document: of its source, or from its address. */
export function openQuarantine(db: Reader<Visible>, sourceId: string, address: string): Promise<readonly OpenQuarantine[]> {
  return db
    .selectFrom('watch_quarantine as quarantine')
    .innerJoin('watch_gathering as gathering', 'gathering.id', 'quarantine.gathering_id')
    .select([
      'quarantine.id',
      'quarantine.source_id as sourceId',
      'gathering.address',
      'quarantine.position',
      'quarantine.external_id as externalId',
      'quarantine.reason',
      'quarantine.excerpt',
    ])
    .where('quarantine.resolved_at', 'is', null)
    .where(eb => eb.or([eb('quarantine.source_id', '=', sourceId), eb('gathering.address', '=', address)]))
    .orderBy('quarantine.at', 'desc')
    .limit(5_000)
    .execute()
}

/** One item with where it came from, or `undefined`. */
export function itemById(db: Reader<Visible>, id: string) {
  return db
    .selectFrom('watch_item as item')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .innerJoin('watch_gathering as gathering', 'gathering.id', 'item.gathering_id')
    .leftJoin('watch_threat_item as link', 'link.item_id', 'item.id')
    .leftJoin('watch_threat as threat', 'threat.id', 'link.threat_id')
    .leftJoin('watch_document as document', 'document.hash', 'item.bytes_hash')
    .select([
      'item.id',
      'item.external_id',
      'item.title',
      'item.summary',
      'item.url',
      'item.published_at',
      'item.changed_at',
      'item.content',
      'item.content_hash',
      'item.bytes_hash',
      'document.hash as document',
      'item.first_gathered_at',
      'item.last_gathered_at',
      'item.withdrawn_at',
      'source.code as source',
      'source.name as sourceName',
      'source.format',
      'gathering.address',
      'gathering.at as gatheredAt',
      'gathering.label',
      'threat.id as threatId',
      'threat.title as threatTitle',
      'threat.tlp',
      'link.why',
    ])
    .where('item.id', '=', id)
    .executeTakeFirst()
}

/** What happened to an item, newest first. */
export function itemChanges(db: Reader<Visible>, itemId: string) {
  return db
    .selectFrom('watch_item_change as change')
    .innerJoin('watch_gathering as gathering', 'gathering.id', 'change.gathering_id')
    .select(['change.at', 'change.kind', 'change.fields', 'gathering.address', 'gathering.label'])
    .where('change.item_id', '=', itemId)
    .orderBy('change.at', 'desc')
    .orderBy('change.id', 'desc')
    .limit(100)
    .execute()
}
