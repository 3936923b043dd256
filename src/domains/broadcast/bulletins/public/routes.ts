import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages, type CsvLine } from '../../../../platform/csv/csv.ts'
import { cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { Visible } from '../../tables.ts'
import { bulletinNumber, parseBulletinNumber, SEVERITIES, severityLabel } from '../model.ts'
import { PUBLIC_PATH, PUBLIC_STATES, publicStateLabel } from './model.ts'
import { listPublic, PUBLIC_SORTS, publicBulletin, type ListedPublic, type PublicBulletin, type PublicFilter } from './queries.ts'
import { listFilters, listTable, showView } from './views.ts'

const ANYBODY = { public: 'What is labelled TLP:CLEAR may go to everybody (FIRST TLP 2.0), and is found without signing in.' }
const VIEWS = 'broadcast/bulletins/public/views'
const LIST_ROWS = 25
const CSV_PART = 500

const ListQuery = z.object({
  q: searchText.default(''),
  severity: z
    .enum(['', ...SEVERITIES])
    .catch('')
    .default(''),
  state: z
    .enum(['', ...PUBLIC_STATES])
    .catch('')
    .default(''),
  sort: z.enum(PUBLIC_SORTS).catch('-released').default('-released'),
  cursor: cursorText.default(null),
})

const filterOf = ({ q, severity, state }: z.infer<typeof ListQuery>): PublicFilter => ({ search: q, severity, state })

const list = route({
  method: 'GET',
  path: PUBLIC_PATH,
  access: ANYBODY,
  query: ListQuery,
  async handle({ query, read }) {
    const filter = filterOf(query)
    const found = await read<Visible, Page<ListedPublic>>(db => listPublic(db, filter, query.sort, { limit: LIST_ROWS, cursor: query.cursor }))
    const narrowing = { q: query.q, severity: query.severity, state: query.state }
    const keep = { ...narrowing, sort: query.sort === '-released' ? '' : query.sort }
    return page(`${VIEWS}/list.njk`, 'Public bulletins', {
      total: found.total,
      isFiltered: Object.values(narrowing).some(value => value !== ''),
      filters: listFilters(filter, keep.sort),
      table: listTable(found.rows, { ...narrowing, sort: query.sort }),
      csvHref: withQuery(`${PUBLIC_PATH}.csv`, keep),
      firstHref: query.cursor === null ? null : withQuery(PUBLIC_PATH, keep),
      nextHref: found.next === null ? null : withQuery(PUBLIC_PATH, keep, { cursor: found.next }),
    })
  },
})

const CSV_HEAD = ['number', 'title', 'severity', 'state', 'released', 'changed'] as const

const listCsv = route({
  method: 'GET',
  path: `${PUBLIC_PATH}.csv`,
  access: ANYBODY,
  query: ListQuery,
  async handle({ query, read }) {
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Page<ListedPublic>>(db => listPublic(db, filterOf(query), query.sort, { limit: CSV_PART, cursor }))
    return csv('public-bulletins.csv', csvPages(CSV_HEAD, csvLine, rowsAfter))
  },
})

function csvLine(row: ListedPublic): CsvLine {
  const { number, title, severity, state, releasedAt, changedAt } = row
  return [bulletinNumber(number), title, severityLabel(severity), publicStateLabel(state), releasedAt.toISOString(), changedAt.toISOString()]
}

const show = route({
  method: 'GET',
  path: `${PUBLIC_PATH}/:number`,
  access: ANYBODY,
  params: z.object({ number: z.string().max(20) }),
  async handle({ params, read }) {
    const number = parseBulletinNumber(params.number)
    if (number === undefined) throw new NotFound('broadcast.public.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
    const bulletin = await read<Visible, PublicBulletin>(db => publicBulletin(db, number))
    return page(`${VIEWS}/show.njk`, `${bulletinNumber(number)} ${bulletin.title}`, showView(bulletin))
  },
})

export const publicRoutes: readonly Route[] = [list, listCsv, show]
