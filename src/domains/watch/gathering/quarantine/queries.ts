import { sql, type SqlBool } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { holdsWords } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

export interface QuarantineRow {
  readonly id: string
  /** What it came in. */
  readonly gathering: string
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
  /** Words, each of which must occur in the reason, in what stood there, in its id or in where it stood. */
  readonly search: string
  /** A source's code; `null` for all. */
  readonly source: string | null
  /** The id of a gathering; `null` for all. */
  readonly gathering: string | null
  /** Whether to show what has been read since, too. */
  readonly resolved: boolean
}

export const ALL_OPEN: QuarantineFilter = { search: '', source: null, gathering: null, resolved: false }

/** By when it was put aside, or by the name of the source and inside it by when. */
export const QUARANTINE_SORTS = ['-when', 'when', 'source', '-source'] as const
export type QuarantineSort = (typeof QUARANTINE_SORTS)[number]

/** A page of what could not be read, with how much there is. */
export async function listQuarantine(
  db: Reader<Visible>,
  filter: QuarantineFilter,
  sort: QuarantineSort,
  request: PageRequest,
): Promise<Page<QuarantineRow>> {
  const { total } = await matching(db, filter)
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return { ...(await quarantineAfter(db, filter, sort, request)), total }
}

/** What could not be read after a cursor, without a count: for a download, part by part. */
export async function quarantineAfter(
  db: Reader<Visible>,
  filter: QuarantineFilter,
  sort: QuarantineSort,
  request: PageRequest,
): Promise<Omit<Page<QuarantineRow>, 'total'>> {
  const direction = sort.startsWith('-') ? 'desc' : 'asc'
  const isBySource = sort.endsWith('source')
  const [name, id] = decodeCursor(request.cursor, 2) ?? []
  const beyond = sql.raw(direction === 'asc' ? '>' : '<')
  const rows = await matching(db, filter)
    // The ids sort by time, so the newest have the greatest.
    .$if(typeof id === 'string', query =>
      query.where(
        isBySource
          ? sql<SqlBool>`(source.name, quarantine.id) ${beyond} (${String(name)}, ${String(id)})`
          : sql<SqlBool>`quarantine.id ${beyond} ${String(id)}`,
      ),
    )
    .innerJoin('watch_gathering as gathering', 'gathering.id', 'quarantine.gathering_id')
    .select([
      'quarantine.id',
      'quarantine.gathering_id as gathering',
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
    .$if(isBySource, query => query.orderBy('source.name', direction))
    .orderBy('quarantine.id', direction)
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > request.limit && last !== undefined ? encodeCursor([last.sourceName, last.id]) : null }
}

function matching(db: Reader<Visible>, { search, source, gathering, resolved }: QuarantineFilter) {
  let query = db.selectFrom('watch_quarantine as quarantine').innerJoin('watch_source as source', 'source.id', 'quarantine.source_id')
  if (source !== null) query = query.where('source.code', '=', source)
  if (gathering !== null) query = query.where('quarantine.gathering_id', '=', gathering)
  if (!resolved) query = query.where('quarantine.resolved_at', 'is', null)
  if (search === '') return query
  return query.where(holdsWords(sql`concat_ws(' ', quarantine.reason, quarantine.external_id, quarantine.position, quarantine.excerpt)`, search))
}
