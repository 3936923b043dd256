import { sql } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
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

export interface QuarantineRow {
  readonly id: string
  readonly source: string
  readonly sourceName: string
  readonly address: string
  readonly position: string
  readonly external_id: string | null
  readonly reason: string
  readonly excerpt: string
  readonly at: Instant
  readonly resolved_at: Instant | null
}

export interface QuarantineFilter {
  /** A source's code; `null` for all. */
  readonly source: string | null
  /** Whether to show what has been read since, too. */
  readonly resolved: boolean
}

/** The quarantine, newest first. */
export async function listQuarantine(db: Reader<Visible>, filter: QuarantineFilter, request: PageRequest): Promise<Page<QuarantineRow>> {
  let base = db
    .selectFrom('watch_quarantine as quarantine')
    .innerJoin('watch_gathering as gathering', 'gathering.id', 'quarantine.gathering_id')
    .innerJoin('watch_source as source', 'source.id', 'quarantine.source_id')
  if (filter.source !== null) base = base.where('source.code', '=', filter.source)
  if (!filter.resolved) base = base.where('quarantine.resolved_at', 'is', null)
  const { total } = await base.select(eb => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  // The ids sort by time, so the newest have the greatest.
  const [last] = decodeCursor(request.cursor, 1) ?? []
  if (typeof last === 'string') base = base.where('quarantine.id', '<', last)
  const rows = await base
    .select([
      'quarantine.id',
      'source.code as source',
      'source.name as sourceName',
      'gathering.address',
      'quarantine.position',
      'quarantine.external_id',
      'quarantine.reason',
      'quarantine.excerpt',
      'quarantine.at',
      'quarantine.resolved_at',
    ])
    .orderBy('quarantine.id', 'desc')
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  return { rows: shown, next: rows.length > request.limit ? encodeCursor([shown.at(-1)?.id ?? null]) : null, total }
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
