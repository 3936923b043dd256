import { z } from 'zod'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { choiceText, cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { sourceNames } from '../../sources/queries.ts'
import type { Visible } from '../../tables.ts'
import { listQuarantine, quarantineAfter, QUARANTINE_SORTS, type QuarantineFilter, type QuarantineRow } from './queries.ts'
import { quarantineLine, quarantineModel, QUARANTINE_HEAD } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500

const access = { permission: 'watch.source.view' }
export const quarantineQuery = z.object({
  q: searchText,
  source: choiceText,
  gathering: choiceText,
  resolved: z.literal('yes').nullable().catch(null),
  sort: z.enum(QUARANTINE_SORTS).catch('-when'),
  cursor: cursorText,
})

export function filterOf({ q, source, gathering, resolved }: Omit<z.infer<typeof quarantineQuery>, 'sort' | 'cursor'>): QuarantineFilter {
  return { search: q, source, gathering, resolved: resolved === 'yes' }
}

const list = route({
  method: 'GET',
  path: '/quarantine',
  access,
  query: quarantineQuery,
  async handle({ query, read }) {
    const filter = filterOf(query)
    const model = await read<Visible, object>(async db =>
      quarantineModel(
        await listQuarantine(db, filter, query.sort, { limit: PAGE_ROWS, cursor: query.cursor }),
        filter,
        query.sort,
        await sourceNames(db),
        query.cursor,
      ),
    )
    return page('watch/gathering/quarantine/views/list.njk', 'Quarantine', model)
  },
})

const listCsv = route({
  method: 'GET',
  path: '/quarantine.csv',
  access,
  query: quarantineQuery,
  async handle({ query, read }) {
    const part = (cursor: string | null) =>
      read<Visible, Omit<Page<QuarantineRow>, 'total'>>(db => quarantineAfter(db, filterOf(query), query.sort, { limit: CSV_ROWS, cursor }))
    return csv('quarantine.csv', csvPages(QUARANTINE_HEAD, quarantineLine, part))
  },
})

export const quarantineRoutes: readonly Route[] = [list, listCsv]
