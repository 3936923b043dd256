import { sql } from 'kysely'
import type { LocalDate } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import { holdsWords } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { ACTION_STATES } from '../model.ts'
import { selectActions, type Action } from '../queries.ts'

/** `open` is what is still to be done, `late` what is so and past its date. */
export const SHOWN = ['open', 'late', 'undated', 'all', ...ACTION_STATES] as const
export type Shown = (typeof SHOWN)[number]

export const ACTION_SORTS = ['due', '-due', 'title', '-title', 'changed', '-changed'] as const
export type ActionSort = (typeof ACTION_SORTS)[number]

export interface ActionsFilter {
  readonly search: string
  readonly shown: Shown
  readonly funding: string | null
  /** A person's id. */
  readonly owner: string | null
}

/** Stands for no date, so that what has none comes last. */
const NEVER = '9999-12-31'

/** The actions of an organisation's plan. */
export async function listActions(
  db: Reader<Visible>,
  organisationId: string,
  filter: ActionsFilter,
  sort: ActionSort,
  today: LocalDate,
  request: PageRequest,
): Promise<Page<Action>> {
  const { search, shown, funding, owner } = filter
  const direction = sort.startsWith('-') ? 'desc' : 'asc'
  const key = KEYS[sort.replace('-', '') as keyof typeof KEYS]
  const all = selectActions(db)
    .where('action.organisation_id', '=', organisationId)
    .$if(shown === 'open' || shown === 'late' || shown === 'undated', query => query.where('action.state', 'in', ['planned', 'in-progress']))
    .$if(shown === 'late', query => query.where('action.due_on', '<', today))
    .$if(shown === 'undated', query => query.where('action.due_on', 'is', null))
    .$if((ACTION_STATES as readonly string[]).includes(shown), query => query.where('action.state', '=', shown))
    .$if(funding !== null, query => query.where('action.funding', '=', funding))
    .$if(owner !== null, query => query.where('action.owner_id', '=', owner))
    .where(holdsWords(sql`action.title || ' ' || action.text || ' ' || action.source_label`, search))
  const [value, id] = decodeCursor(request.cursor, 2) ?? []
  const rest =
    typeof value === 'string' && typeof id === 'string'
      ? all.where(sql<boolean>`(${key}, action.id) ${sql.raw(direction === 'asc' ? '>' : '<')} (${value}, ${id})`)
      : all
  const rows = await rest
    .orderBy(key, direction)
    .orderBy('action.id', direction)
    .select(key.as('sortKey'))
    .limit(request.limit + 1)
    .execute()
  const { count } = await all
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  const page = rows.slice(0, request.limit)
  const last = page.at(-1)
  return {
    rows: page.map(({ sortKey: _sortKey, ...action }) => action),
    total: count,
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.sortKey, last.id]) : null,
  }
}

/** As text that sorts as the value does, so that a cursor holds exactly what was compared. */
const KEYS = {
  due: sql<string>`coalesce(to_char(action.due_on, 'YYYY-MM-DD'), ${sql.lit(NEVER)})`,
  title: sql<string>`lower(action.title)`,
  changed: sql<string>`to_char(action.changed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`,
}
