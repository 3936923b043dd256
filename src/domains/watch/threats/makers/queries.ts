import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, integerIn, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { holdsWords } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { nameOf } from '../queries/show.ts'

/** A name that people write for a maker. */
export interface MakerAliasRow {
  readonly id: number
  readonly alias: string
  readonly maker: string
  readonly why: string
  readonly source: 'shipped' | 'analyst'
  readonly addedBy: string
  readonly addedAt: Instant
  readonly endedAt: Instant | null
  readonly endedReason: string | null
}

export interface MakerAliasFilter {
  readonly search: string
  readonly state: 'in-force' | 'ended' | 'all'
  readonly source: 'shipped' | 'analyst' | null
}

export const ALIAS_SORTS = ['alias', '-alias', 'maker', '-maker'] as const
export type AliasSort = (typeof ALIAS_SORTS)[number]

function filtered(db: Reader<Visible>, { search, state, source }: MakerAliasFilter) {
  let query = db.selectFrom('watch_maker_alias as name').where(holdsWords(sql`name.search_key`, search))
  if (state !== 'all') query = query.where('name.ended_at', state === 'ended' ? 'is not' : 'is', null)
  return source === null ? query : query.where('name.source', '=', source)
}

/** A page of the names of makers, with how many there are. */
export async function listAliases(
  db: Reader<Visible>,
  filter: MakerAliasFilter,
  sort: AliasSort,
  request: PageRequest,
): Promise<Page<MakerAliasRow>> {
  const { total } = await filtered(db, filter)
    .select(eb => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return { ...(await aliasesAfter(db, filter, sort, request)), total }
}

/** The names after a cursor, without a count: for a download, part by part. */
export async function aliasesAfter(
  db: Reader<Visible>,
  filter: MakerAliasFilter,
  sort: AliasSort,
  { limit, cursor }: PageRequest,
): Promise<Omit<Page<MakerAliasRow>, 'total'>> {
  const isDown = sort.startsWith('-')
  const key = sort.endsWith('alias') ? sql<string>`lower(name.alias)` : sql<string>`lower(name.maker)`
  const after = decodeCursor(cursor, 2)
  let query = filtered(db, filter)
  if (after !== null)
    query = query.where(
      sql<boolean>`(${key}, name.id) ${sql.raw(isDown ? '<' : '>')} (${String(after[0])}::text, ${integerIn(after[1]) ?? 0}::bigint)`,
    )
  const rows = await query
    .leftJoin('directory_person as person', 'person.id', 'name.added_by')
    .select([
      'name.id',
      'name.alias',
      'name.maker',
      'name.why',
      'name.source',
      'name.added_by',
      'name.added_at',
      'name.ended_at',
      'name.ended_reason',
    ])
    .select(['person.name as person', key.as('key')])
    .orderBy(key, isDown ? 'desc' : 'asc')
    .orderBy('name.id', isDown ? 'desc' : 'asc')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page.map(row => ({
      id: row.id,
      alias: row.alias,
      maker: row.maker,
      why: row.why,
      source: row.source,
      addedBy: row.person ?? nameOf(row.added_by),
      addedAt: row.added_at,
      endedAt: row.ended_at,
      endedReason: row.ended_reason,
    })),
    next: rows.length > limit && last !== undefined ? encodeCursor([last.key, String(last.id)]) : null,
  }
}

/** A name of a maker, or `undefined`. */
export function aliasById(db: Reader<Visible>, id: number) {
  return db.selectFrom('watch_maker_alias').select(['id', 'alias', 'maker']).where('id', '=', id).executeTakeFirst()
}

/** A name of a maker, held until the end of the unit of work; `undefined` when there is none of that number. */
export function heldAlias(db: Reader<Visible>, id: number) {
  return db.selectFrom('watch_maker_alias').select(['id', 'alias', 'maker', 'ended_at']).where('id', '=', id).forUpdate().executeTakeFirst()
}
