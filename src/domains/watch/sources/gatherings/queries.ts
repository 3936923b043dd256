import { sql, type Selectable, type SqlBool } from 'kysely'
import { parseInstant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { holdsWords } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { GatheringTable, Visible } from '../../tables.ts'

/** What came of one document: `taken` when anything of it was new. */
export const OUTCOMES = ['taken', 'unchanged', 'failed'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface GatheringFilter {
  /** Words, each of which must occur in what it was, where it came from or why it failed. */
  readonly search: string
  /** `null` for any. */
  readonly outcome: Outcome | null
}

export const ALL_GATHERINGS: GatheringFilter = { search: '', outcome: null }

/** Newest first, or the other way round. */
export const GATHERING_SORTS = ['-when', 'when'] as const
export type GatheringSort = (typeof GATHERING_SORTS)[number]

/** A page of what was gathered of a source, with how much there is. */
export async function listGatherings(
  db: Reader<Visible>,
  sourceId: string,
  filter: GatheringFilter,
  sort: GatheringSort,
  request: PageRequest,
): Promise<Page<GatheringRow>> {
  const { total } = await matching(db, sourceId, filter)
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  return { ...(await gatheringsAfter(db, sourceId, filter, sort, request)), total }
}

/** What was gathered of a source after a cursor, without a count: for a download, part by part. */
export async function gatheringsAfter(
  db: Reader<Visible>,
  sourceId: string,
  filter: GatheringFilter,
  sort: GatheringSort,
  request: PageRequest,
): Promise<Omit<Page<GatheringRow>, 'total'>> {
  const direction = sort === '-when' ? 'desc' : 'asc'
  const [at, id] = decodeCursor(request.cursor, 2) ?? []
  const instant = parseInstant(String(at))
  const rows = await matching(db, sourceId, filter)
    .$if(instant !== undefined, query =>
      query.where(sql<SqlBool>`(gathering.at, gathering.id) ${sql.raw(direction === 'desc' ? '<' : '>')} (${instant}::timestamptz, ${String(id)})`),
    )
    .select(GATHERING_COLUMNS)
    .orderBy('gathering.at', direction)
    .orderBy('gathering.id', direction)
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > request.limit && last !== undefined ? encodeCursor([last.at.toISOString(), last.id]) : null }
}

const GATHERING_COLUMNS = [
  'gathering.id',
  'gathering.at',
  'gathering.address',
  'gathering.label',
  'gathering.released_at',
  'gathering.bytes_hash',
  'gathering.bytes',
  'gathering.outcome',
  'gathering.added',
  'gathering.changed',
  'gathering.withdrawn',
  'gathering.unchanged',
  'gathering.quarantined',
  'gathering.failure',
] as const

export type GatheringRow = Omit<Selectable<GatheringTable>, 'source_id'>

function matching(db: Reader<Visible>, sourceId: string, { search, outcome }: GatheringFilter) {
  return db
    .selectFrom('watch_gathering as gathering')
    .where('gathering.source_id', '=', sourceId)
    .$if(outcome !== null, query => query.where('gathering.outcome', '=', outcome ?? 'taken'))
    .$if(search !== '', query => query.where(holdsWords(sql`concat_ws(' ', gathering.label, gathering.address, gathering.failure)`, search)))
}

/** One gathering with its source, and how much of it lies in quarantine still; `undefined` when there is none of that id. */
export function gatheringById(db: Reader<Visible>, id: string) {
  return db
    .selectFrom('watch_gathering as gathering')
    .innerJoin('watch_source as source', 'source.id', 'gathering.source_id')
    .leftJoin('watch_document as document', 'document.hash', 'gathering.bytes_hash')
    .where('gathering.id', '=', id)
    .select(GATHERING_COLUMNS)
    .select(['source.code as source', 'source.name as sourceName', 'document.hash as document'])
    .select(eb =>
      eb
        .selectFrom('watch_quarantine as quarantine')
        .whereRef('quarantine.gathering_id', '=', 'gathering.id')
        .where('quarantine.resolved_at', 'is', null)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('openQuarantine'),
    )
    .executeTakeFirst()
}

export type GatheringDetail = NonNullable<Awaited<ReturnType<typeof gatheringById>>>
