import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { holdsWords } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { FrameworkSubject } from '../model.ts'

export interface FrameworkFilter {
  /** Words, each of which must occur in the name, code or publisher. */
  readonly search: string
  readonly subject: FrameworkSubject | null
}

export const FRAMEWORK_SORTS = ['name', '-name', '-loaded', 'loaded'] as const
export type FrameworkSort = (typeof FRAMEWORK_SORTS)[number]

export interface FrameworkRow {
  readonly id: string
  readonly code: string
  readonly version: string
  readonly name: string
  readonly publisher: string
  readonly subject: FrameworkSubject
  readonly outcomes: number
  readonly indicators: number
  readonly profiles: number
  /** How many things the check of its structure found odd. */
  readonly findings: number
  readonly isShipped: boolean
  readonly loadedAt: Instant
}

/** A page of the frameworks that are loaded and not withdrawn, with how many there are. */
export async function pageOfFrameworks(
  db: Reader<Visible>,
  filter: FrameworkFilter,
  sort: FrameworkSort,
  request: PageRequest,
): Promise<Page<FrameworkRow>> {
  const found = db
    .selectFrom('assure_framework as framework')
    .where('framework.withdrawn_at', 'is', null)
    .$if(filter.subject !== null, query => query.where('framework.subject', '=', filter.subject ?? 'organisation'))
    .$if(filter.search !== '', query =>
      query.where(
        holdsWords(sql`lower(framework.name || ' ' || framework.code || ' ' || framework.version || ' ' || framework.publisher)`, filter.search),
      ),
    )
  const { total } = await found.select(eb => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const isDescending = sort.startsWith('-')
  const key = sort.endsWith('loaded')
    ? sql<string>`to_char(framework.loaded_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS')`
    : sql<string>`lower(framework.name)`
  const [after, afterId] = decodeCursor(request.cursor, 2) ?? []
  const direction = isDescending ? 'desc' : 'asc'
  const rows = await found
    .$if(typeof after === 'string' && typeof afterId === 'string', query =>
      query.where(sql<boolean>`(${key}, framework.id) ${isDescending ? sql`<` : sql`>`} (${String(after)}, ${String(afterId)})`),
    )
    .select(eb => [
      'framework.id',
      'framework.code',
      'framework.version',
      'framework.name',
      'framework.publisher',
      'framework.subject',
      'framework.is_shipped as isShipped',
      'framework.loaded_at as loadedAt',
      sql<number>`jsonb_array_length(framework.findings)`.as('findings'),
      key.as('key'),
      eb
        .selectFrom('assure_framework_node as node')
        .whereRef('node.framework_id', '=', 'framework.id')
        .where('node.kind', '=', 'outcome')
        .select(inner => inner.fn.countAll<number>().as('outcomes'))
        .as('outcomes'),
      eb
        .selectFrom('assure_indicator as indicator')
        .whereRef('indicator.framework_id', '=', 'framework.id')
        .select(inner => inner.fn.countAll<number>().as('indicators'))
        .as('indicators'),
      eb
        .selectFrom('assure_profile as profile')
        .whereRef('profile.framework_id', '=', 'framework.id')
        .where('profile.withdrawn_at', 'is', null)
        .select(inner => inner.fn.countAll<number>().as('profiles'))
        .as('profiles'),
    ])
    .orderBy(key, direction)
    .orderBy('framework.id', direction)
    .limit(request.limit + 1)
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ key: _key, ...row }) => ({
      ...row,
      outcomes: Number(row.outcomes),
      indicators: Number(row.indicators),
      profiles: Number(row.profiles),
    })),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.key, last.id]) : null,
    total,
  }
}
