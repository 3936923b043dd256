import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { parseInstant, type Instant } from '../../kernel/instant.ts'
import type { Reader } from '../../platform/work/read.ts'
import type { Filter } from './filter.ts'
import type { Collection } from './model.ts'
import type { Visible } from './tables.ts'

/** A row without its object: what the manifest tells. */
export interface Listed {
  readonly added: number
  readonly objectId: string
  readonly version: Instant
}

export interface Found extends Listed {
  /** The object as it goes over the wire. */
  readonly body: string
}

export interface FoundPage<T> {
  readonly rows: readonly T[]
  readonly hasMore: boolean
}

/** The collections that the reader may know of, in order. */
export function collections(db: Reader<Visible>): Promise<readonly Collection[]> {
  return selectCollections(db).orderBy('position').orderBy('alias').execute()
}

/** The collection of that id or alias; `undefined` when there is none, or it is hidden. */
export function collectionCalled(db: Reader<Visible>, called: string): Promise<Collection | undefined> {
  return selectCollections(db)
    .where(eb => eb.or([eb('id', '=', called.toLowerCase()), eb('alias', '=', called)]))
    .executeTakeFirst()
}

function selectCollections(db: Reader<Visible>) {
  return db.selectFrom('interop_taxii_collection').select(['id', 'alias', 'kind', 'tlp', 'group_name as groupName'])
}

/** A page of a collection with its objects, in the order in which they were added. */
export function objectsPage(db: Reader<Visible>, collectionId: string, filter: Filter): Promise<FoundPage<Found>> {
  return pageOf<Found>(db, collectionId, filter, sql`, body`)
}

/** The same without the objects. */
export function manifestPage(db: Reader<Visible>, collectionId: string, filter: Filter): Promise<FoundPage<Listed>> {
  return pageOf<Listed>(db, collectionId, filter, sql``)
}

/** Whether the reader may see any version of that object in that collection. */
export async function hasObject(db: Reader<Visible>, collectionId: string, objectId: string): Promise<boolean> {
  const row = await db
    .selectFrom('interop_taxii_object')
    .select('added')
    .where('collection_id', '=', collectionId)
    .where('object_id', '=', objectId)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Objects that are named are found by their ids. Else the batches are walked in their order: there are few of them, row-level security tells of each
 * whether it is the reader's, and only the rows of those that are get touched. So a page costs as much for who may read a hundredth of a large
 * collection as for who may read all of it.
 */
async function pageOf<T extends Listed>(db: Reader<Visible>, collectionId: string, filter: Filter, more: RawBuilder<unknown>): Promise<FoundPage<T>> {
  if (!filter.isOurs) return { rows: [], hasMore: false }
  const wanted = filter.limit + 1
  const row = sql`found.added, found.object_id as "objectId", found.version ${more}`
  const isWanted = sql`${versionIs(filter.versions)} ${filter.types === null ? sql`` : sql`and found.type = any(${[...filter.types]}::text[])`}`
  const query =
    filter.ids === null
      ? sql<T>`
        select ${row} from interop_taxii_batch batch
        cross join lateral (
          select found.* from interop_taxii_object found
          where found.added between greatest(batch.first, ${filter.after + 1}::bigint) and batch.last and ${isWanted}
          order by found.added) as found
        where batch.collection_id = ${collectionId} and batch.last > ${filter.after}
          ${filter.types === null ? sql`` : sql`and batch.types && ${[...filter.types]}::text[]`}
        order by batch.last, found.added limit ${wanted}`
      : sql<T>`
        select ${row} from interop_taxii_object found
        where found.object_id = any(${[...filter.ids]}::text[]) and found.collection_id = ${collectionId} and found.added > ${filter.after} and ${isWanted}
        order by found.added limit ${wanted}`
  const { rows } = await query.execute(db)
  return { rows: rows.slice(0, filter.limit), hasMore: rows.length > filter.limit }
}

function versionIs(versions: readonly string[]): RawBuilder<SqlBool> {
  if (versions.includes('all')) return sql<SqlBool>`true`
  const times = versions.flatMap(word => parseInstant(word) ?? [])
  const either = [
    ...(versions.includes('last') ? [sql<SqlBool>`found.is_last`] : []),
    ...(versions.includes('first') ? [sql<SqlBool>`found.is_first`] : []),
    ...(times.length > 0 ? [sql<SqlBool>`found.version = any(${times}::timestamptz[])`] : []),
  ]
  return sql<SqlBool>`(${sql.join(either, sql` or `)})`
}

/** What became of a request that wrote, when it was the reader's own organisation's. */
export function statusOf(db: Reader<Visible>, id: string) {
  return db.selectFrom('interop_taxii_status').select(['id', 'at', 'successes', 'failures']).where('id', '=', id).executeTakeFirst()
}

/** The newest versions of a bulletin's objects, wherever they stand. */
export function standingObjects(db: Reader<Visible>, bulletinId: string) {
  return db
    .selectFrom('interop_taxii_object')
    .select(['added', 'collection_id as collectionId', 'object_id as objectId', 'version', 'body'])
    .where('bulletin_id', '=', bulletinId)
    .where('is_last', '=', true)
    .orderBy('added')
    .execute()
}

export type StandingObject = Awaited<ReturnType<typeof standingObjects>>[number]

/** The newest versions of those objects that stand in a collection for everybody. */
export function sharedObjects(db: Reader<Visible>, collectionId: string, ids: readonly string[]) {
  return db
    .selectFrom('interop_taxii_object')
    .select(['added', 'object_id as objectId', 'body'])
    .where('collection_id', '=', collectionId)
    .where('object_id', 'in', ids)
    .where('bulletin_id', 'is', null)
    .where('is_last', '=', true)
    .execute()
}

/** Which change of a bulletin is rendered, and where. */
export function renderingOf(db: Reader<Visible>, bulletinId: string) {
  return db
    .selectFrom('interop_taxii_rendering')
    .select(['collection_id as collectionId', 'generation', 'changed_at as changedAt'])
    .where('bulletin_id', '=', bulletinId)
    .executeTakeFirst()
}

/** As of which change those bulletins are rendered. */
export async function renderedChanges(db: Reader<Visible>, bulletinIds: readonly string[]): Promise<ReadonlyMap<string, Instant>> {
  const rows = await db
    .selectFrom('interop_taxii_rendering')
    .select(['bulletin_id', 'changed_at'])
    .where('bulletin_id', '=', sql<string>`any(${[...bulletinIds]}::text[])`)
    .execute()
  return new Map(rows.map(row => [row.bulletin_id, row.changed_at]))
}
