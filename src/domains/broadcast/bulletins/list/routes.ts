import { z } from 'zod'
import { csvPages, type CsvLine } from '../../../../platform/csv/csv.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { Visible } from '../../tables.ts'
import { BULLETIN_STATES, bulletinNumber, SEVERITIES, severityLabel, stateLabel } from '../model.ts'
import { BULLETIN_SORTS, listBulletins, type BulletinFilter, type ListedBulletin } from '../queries/list.ts'
import { listFilters, listTable } from '../views.ts'

const text = z.string().trim().max(200).catch('').default('')
const ListQuery = z.object({
  q: text,
  state: z
    .enum(['', ...BULLETIN_STATES])
    .catch('')
    .default(''),
  severity: z
    .enum(['', ...SEVERITIES])
    .catch('')
    .default(''),
  organisation: text,
  threat: text,
  sort: z.enum(BULLETIN_SORTS).catch('-number').default('-number'),
  cursor: z.string().nullable().catch(null).default(null),
})
/** Few enough that the figures of fifty thousand recipients each are counted in time. */
const LIST_ROWS = 25

const list = route({
  method: 'GET',
  path: '/bulletins',
  access: { permission: 'broadcast.bulletin.list' },
  query: ListQuery,
  async handle({ query, read, actor }) {
    const isCentre = may(actor, 'broadcast.bulletin.work')
    const found = await read<Visible, Awaited<ReturnType<typeof listBulletins>>>(db =>
      listBulletins(db, actor.scope, filterOf(query), query.sort, { limit: LIST_ROWS, cursor: query.cursor }),
    )
    const { q, state, severity, organisation, threat } = query
    const keep = { q, state, severity, organisation, threat, sort: query.sort === '-number' ? '' : query.sort }
    return page('broadcast/bulletins/views/list.njk', 'Bulletins', {
      total: found.total,
      isFiltered: [q, state, severity, organisation, threat].some(value => value !== ''),
      about: organisation === '' ? (threat === '' ? null : 'Drafted from one threat') : `Sent to ${organisation.toUpperCase()}, and what it answered`,
      filters: listFilters(query, isCentre),
      table: listTable(found.rows, keep, { isCentre, ofOne: organisation !== '' }),
      csvHref: withQuery('/bulletins.csv', keep),
      firstHref: query.cursor === null ? null : withQuery('/bulletins', keep),
      nextHref: found.next === null ? null : withQuery('/bulletins', keep, { cursor: found.next }),
      mayDraft: may(actor, 'broadcast.bulletin.draft'),
      isCentre,
    })
  },
})

const CSV_HEAD = [
  'number',
  'title',
  'severity',
  'state',
  'tlp',
  'exercise',
  'released',
  'answer by',
  'organisations',
  'answered',
  'silent',
  'unreachable',
] as const
const CSV_PART = 500

const listCsv = route({
  method: 'GET',
  path: '/bulletins.csv',
  access: { permission: 'broadcast.bulletin.list' },
  query: ListQuery,
  async handle({ query, read, actor }) {
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Awaited<ReturnType<typeof listBulletins>>>(db =>
        listBulletins(db, actor.scope, filterOf(query), query.sort, { limit: CSV_PART, cursor }),
      )
    return csv('bulletins.csv', csvPages(CSV_HEAD, csvLine, rowsAfter))
  },
})

function csvLine(row: ListedBulletin): CsvLine {
  return [
    bulletinNumber(row.number),
    row.title,
    severityLabel(row.severity),
    stateLabel(row.state),
    row.tlp,
    row.isExercise ? 'yes' : 'no',
    row.releasedAt?.toISOString() ?? null,
    row.respondBy?.toISOString() ?? null,
    row.organisations,
    row.answered,
    row.organisations - row.answered - row.unreachable,
    row.unreachable,
  ]
}

export const bulletinListRoutes: readonly Route[] = [list, listCsv]

function filterOf(query: z.infer<typeof ListQuery>): BulletinFilter {
  return { search: query.q, state: query.state, severity: query.severity, organisation: query.organisation, threat: query.threat }
}
