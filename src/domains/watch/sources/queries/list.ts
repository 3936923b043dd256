import type { Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { healthOf, HEALTHS, type SourceHealth } from '../model.ts'
import { sourceStandings, withCounts, type SourceRow, type SourceStanding } from '../queries.ts'

export interface SourceFilter {
  /** Words, each of which must occur in a name, code or address. */
  readonly search: string
  /** `null` for any. */
  readonly health: SourceHealth | null
  readonly format: string | null
}

/** By need: those that need somebody first. By success: the longest silent first; who never succeeded counts as before everybody. */
export const SOURCE_SORTS = ['need', 'name', '-name', 'success', '-success'] as const
export type SourceSort = (typeof SOURCE_SORTS)[number]

/**
 * A page of the sources, with how many there are, and the formats of all of them for a filter to offer. Sources are hundreds at most, and
 * how one does is a rule of the model: so the list is judged, put in order and cut here, and what costs is counted for the page alone.
 */
export async function pageOfSources(
  db: Reader<Visible>,
  filter: SourceFilter,
  sort: SourceSort,
  now: Instant,
  request: PageRequest,
): Promise<Page<SourceRow> & { readonly formats: readonly string[] }> {
  const all = await sourceStandings(db)
  const found = all.filter(source => fits(source, filter, now)).map(source => ({ source, key: keyOf(source, sort, now) }))
  const direction = sort.startsWith('-') ? -1 : 1
  found.sort((a, b) => direction * compare(a.key, b.key))
  const after = readCursor(request.cursor)
  const start = after === null ? 0 : found.findIndex(({ key }) => direction * compare(key, after) > 0)
  const shown = start === -1 ? [] : found.slice(start, start + request.limit)
  const last = shown.at(-1)
  return {
    rows: await withCounts(
      db,
      shown.map(({ source }) => source),
    ),
    next: last !== undefined && start + shown.length < found.length ? encodeCursor(last.key) : null,
    total: found.length,
    formats: [...new Set(all.map(({ format }) => format))],
  }
}

function fits(source: SourceStanding, { search, health, format }: SourceFilter, now: Instant): boolean {
  const text = `${source.name} ${source.code} ${source.url ?? ''}`.toLowerCase()
  const words = search.toLowerCase().split(/\s+/)
  return (
    words.every(word => text.includes(word)) && (health === null || healthOf(source, now) === health) && (format === null || source.format === format)
  )
}

/** What a sort compares, and the id last: two sources never stand at one place. */
type Key = readonly [number, string, string]

function keyOf(source: SourceStanding, sort: SourceSort, now: Instant): Key {
  const first = sort === 'need' ? HEALTHS.indexOf(healthOf(source, now)) : sort.endsWith('success') ? (source.lastSuccessAt?.getTime() ?? 0) : 0
  return [first, source.name.toLowerCase(), source.id]
}

function compare(a: Key, b: Key): number {
  for (const [index, value] of a.entries()) {
    // Both have three members.
    const other = b[index] ?? value
    if (value !== other) return value < other ? -1 : 1
  }
  return 0
}

function readCursor(cursor: string | null): Key | null {
  const [first, name, id] = decodeCursor(cursor, 3) ?? []
  return typeof first === 'number' && typeof name === 'string' && typeof id === 'string' ? [first, name, id] : null
}
