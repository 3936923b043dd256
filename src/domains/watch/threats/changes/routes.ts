import { z } from 'zod'
import { addHours, parseInstant, type Instant } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import type { Visible } from '../../tables.ts'
import { CHANGE_KINDS, changesAfter, listChanges, type ChangeFilter, type ChangeRow } from './queries.ts'
import { changeLine, CHANGES_HEAD, changesModel } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500
/** What "since your last visit" means on the first one, as on the page Now. */
const FIRST_VISIT_HOURS = 24

const access = { permission: 'watch.threat.list' }
export const changesQuery = z.object({
  q: searchText,
  kind: z.enum(CHANGE_KINDS).nullable().catch(null),
  since: z
    .string()
    .transform(text => parseInstant(text) ?? null)
    .catch(null),
  cursor: cursorText,
})

/** Since when, where nobody says. */
export function visitOf({ session, now }: Pick<RouteRequest, 'session' | 'now'>): Instant {
  return session?.previousVisitAt ?? addHours(now, -FIRST_VISIT_HOURS)
}

export function filterOf({ q, kind, since }: Pick<z.infer<typeof changesQuery>, 'q' | 'kind' | 'since'>, visit: Instant): ChangeFilter {
  return { search: q, kind, since: since ?? visit }
}

const list = route({
  method: 'GET',
  path: '/threats/changes',
  access,
  query: changesQuery,
  async handle(request) {
    const { query, now } = request
    const visit = visitOf(request)
    const filter = filterOf(query, visit)
    const found = await request.read<Visible, Page<ChangeRow>>(db => listChanges(db, filter, { limit: PAGE_ROWS, cursor: query.cursor }))
    return page('watch/threats/changes/views/list.njk', 'What changed', changesModel(found, filter, { cursor: query.cursor, visit, now }))
  },
})

const listCsv = route({
  method: 'GET',
  path: '/threats/changes.csv',
  access,
  query: changesQuery,
  async handle(request) {
    const filter = filterOf(request.query, visitOf(request))
    const part = (cursor: string | null) =>
      request.read<Visible, Omit<Page<ChangeRow>, 'total'>>(db => changesAfter(db, filter, { limit: CSV_ROWS, cursor }))
    return csv('threat-changes.csv', csvPages(CHANGES_HEAD, changeLine, part))
  },
})

export const changeRoutes: readonly Route[] = [list, listCsv]
