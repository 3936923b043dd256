import { z } from 'zod'
import { INDICATOR_TYPES } from '../../../../kernel/intelligence.ts'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import type { Visible } from '../../tables.ts'
import { requireThreat, type ThreatRecord } from '../queries/show.ts'
import { indicatorsAfter, indicatorTypesOf, listIndicators, type IndicatorFilter, type ThreatIndicator } from './queries.ts'
import { indicatorLine, INDICATORS_HEAD, indicatorsModel } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500

const access = { permission: 'watch.threat.view' }
const params = z.object({ id: z.string().max(64) })
export const indicatorsQuery = z.object({
  q: searchText,
  type: z.enum(INDICATOR_TYPES).nullable().catch(null),
  expiry: z.enum(['current', 'expired', 'all']).catch('current'),
  cursor: cursorText,
  /** Of a download: defanged for people, or plain for machines. */
  form: z.enum(['defanged', 'plain']).catch('defanged'),
})

export function filterOf({ q, type, expiry }: Pick<z.infer<typeof indicatorsQuery>, 'q' | 'type' | 'expiry'>): IndicatorFilter {
  return { search: q, type, expiry }
}

const list = route({
  method: 'GET',
  path: '/threats/:id/indicators',
  access,
  params,
  query: indicatorsQuery,
  async handle({ params: { id }, query, read, now }) {
    const filter = filterOf(query)
    const model = await read<Visible, object>(async db => {
      const threat = await requireThreat(db, id)
      const found = await listIndicators(db, id, filter, { limit: PAGE_ROWS, cursor: query.cursor }, now)
      return indicatorsModel(threat, found, { filter, types: await indicatorTypesOf(db, id), cursor: query.cursor })
    })
    return page('watch/threats/indicators/views/list.njk', 'Indicators of compromise', model)
  },
})

const listCsv = route({
  method: 'GET',
  path: '/threats/:id/indicators.csv',
  access,
  params,
  query: indicatorsQuery,
  async handle({ params: { id }, query, read, now }) {
    await read<Visible, ThreatRecord>(db => requireThreat(db, id))
    const part = (cursor: string | null) =>
      read<Visible, Omit<Page<ThreatIndicator>, 'total'>>(db => indicatorsAfter(db, id, filterOf(query), { limit: CSV_ROWS, cursor }, now))
    return csv(
      'indicators.csv',
      csvPages(INDICATORS_HEAD, row => indicatorLine(row, query.form === 'plain'), part),
    )
  },
})

export const indicatorRoutes: readonly Route[] = [list, listCsv]
