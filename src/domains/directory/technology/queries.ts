import { sql, type RawBuilder, type Selectable } from 'kysely'
import type { Id } from '../../../kernel/id.ts'
import { nameKey } from '../../../kernel/name-key.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Scope } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { DirectoryTables, ProductTable, TechnologyTable } from '../tables.ts'
import type { Technology } from './model.ts'

type Db = Reader<Pick<DirectoryTables, 'directory_technology' | 'directory_product'>>

export interface TechnologyFilter {
  readonly search: string
  readonly sharing: 'all' | 'shared' | 'own'
}

export type TechnologySort = 'product' | '-product' | 'as-of' | '-as-of'

/** One page of what the organisation runs, as far as the actor may see it: the centre and the region see what is shared. */
export async function listTechnology(
  db: Db,
  scope: Scope,
  organisationId: Id<'organisation'>,
  filter: TechnologyFilter,
  sort: TechnologySort,
  request: PageRequest,
): Promise<Page<Technology>> {
  const isDown = sort.startsWith('-')
  const key = sort.endsWith('product') ? sql<string>`product.product_key` : sql<string>`coalesce(directory_technology.as_of::text, '')`
  // Unit separators cannot occur in the parts, so that no two rows share a text.
  const tie = sql<string>`concat_ws(chr(31), directory_technology.product_id, directory_technology.version, directory_technology.source, directory_technology.told_by)`
  const after = decodeCursor(request.cursor, 2)
  let query = filtered(db, scope, organisationId, filter).select([
    'directory_technology.product_id as productId',
    'product.maker',
    'product.product',
    'directory_technology.version',
    'directory_technology.count',
    'directory_technology.source',
    'directory_technology.as_of as asOf',
    'directory_technology.shared as isShared',
    'directory_technology.told_by as toldBy',
    key.as('sortKey'),
    tie.as('tie'),
  ])
  if (after !== null) query = query.where(sql<boolean>`(${key}, ${tie}) ${sql.raw(isDown ? '<' : '>')} (${String(after[0])}, ${String(after[1])})`)
  const rows = await query
    .orderBy(key, isDown ? 'desc' : 'asc')
    .orderBy(tie, isDown ? 'desc' : 'asc')
    .limit(request.limit + 1)
    .execute()
  const { total } = await filtered(db, scope, organisationId, filter)
    .select(eb => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ sortKey: _key, tie: _tie, ...row }) => row as Technology),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.sortKey, last.tie]) : null,
    total,
  }
}

function filtered(db: Db, scope: Scope, organisationId: Id<'organisation'>, filter: TechnologyFilter) {
  let query = db
    .selectFrom('directory_technology')
    .innerJoin('directory_product as product', 'product.id', 'directory_technology.product_id')
    .where('directory_technology.organisation_id', '=', organisationId)
  if (scope.kind === 'centre' || scope.kind === 'region' || filter.sharing === 'shared') query = query.where('directory_technology.shared', '=', true)
  if (filter.sharing === 'own') query = query.where('directory_technology.shared', '=', false)
  for (const word of nameKey(filter.search).split(' ')) {
    if (word === '') continue
    const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`
    query = query.where(eb => eb.or([eb('product.product_key', 'like', pattern), eb('product.maker_key', 'like', pattern)]))
  }
  return query
}

/** How many products the organisation runs that the actor may see, and when the newest of them was true. */
export async function technologySummary(
  db: Db,
  scope: Scope,
  organisationId: Id<'organisation'>,
): Promise<{ readonly products: number; readonly newest: string | null }> {
  const row = await filtered(db, scope, organisationId, { search: '', sharing: 'all' })
    .select(eb => [eb.fn.countAll<number>().as('products'), eb.fn.max('directory_technology.as_of').as('newest')])
    .executeTakeFirstOrThrow()
  return { products: row.products, newest: row.newest }
}

export interface KnownTechnology {
  readonly organisation_id: string
  readonly product_id: number
  readonly version: string
  readonly count: number | null
  readonly as_of: string | null
  readonly cpe: string | null
  readonly purl: string | null
}

/** What this list told before of these organisations. */
export async function toldBefore(
  db: Db,
  organisationIds: readonly string[],
  source: string,
  toldBy: Technology['toldBy'],
): Promise<readonly KnownTechnology[]> {
  return db
    .selectFrom('directory_technology')
    .select(['organisation_id', 'product_id', 'version', 'count', 'as_of', 'cpe', 'purl'])
    .where('organisation_id', '=', sql<string>`any(${organisationIds}::text[])`)
    .where('source', '=', source)
    .where('told_by', '=', toldBy)
    .execute()
}

export interface NamedProduct {
  readonly maker: string
  readonly product: string
  readonly maker_key: string
  readonly product_key: string
}

/** Products to insert, sent as one value. */
export function productsToStore(db: Reader<DirectoryTables>, products: readonly NamedProduct[]) {
  const incoming: RawBuilder<Omit<Selectable<ProductTable>, 'id'>> = sql`jsonb_to_recordset(${JSON.stringify(products)}::jsonb)`
  return db
    .selectFrom(incoming.as<'incoming'>(sql`incoming (maker text, product text, maker_key text, product_key text)`))
    .select(['maker', 'product', 'maker_key', 'product_key'])
}

/** The products with these keys. */
export async function productsByKeys(
  db: Reader<DirectoryTables>,
  products: readonly NamedProduct[],
): Promise<readonly { id: number; maker_key: string; product_key: string }[]> {
  return db
    .selectFrom(productsToStore(db, products).as('wanted'))
    .innerJoin('directory_product as product', join =>
      join.onRef('product.maker_key', '=', 'wanted.maker_key').onRef('product.product_key', '=', 'wanted.product_key'),
    )
    .select(['product.id', 'product.maker_key', 'product.product_key'])
    .execute()
}

export type StoredTechnology = Selectable<TechnologyTable>

/** Rows to insert, update from or delete by, sent as one value: many times faster than a parameter for each field. */
export function technologyToStore(db: Reader<DirectoryTables>, rows: readonly StoredTechnology[]) {
  const incoming: RawBuilder<StoredTechnology> = sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`
  return db
    .selectFrom(
      incoming.as<'incoming'>(sql`incoming (organisation_id text, product_id integer, version text, source text, count integer, as_of date,
        shared boolean, cpe text, purl text, told_by text, updated_at timestamptz)`),
    )
    .select(['organisation_id', 'product_id', 'version', 'source', 'count', 'as_of', 'shared', 'cpe', 'purl', 'told_by', 'updated_at'])
}
