import { z } from 'zod'
import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import { csvPages, type CsvLine } from '../../../../platform/csv/csv.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import { dateTime } from '../../../../ui/filters/dates.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { Visible } from '../../tables.ts'
import { BULLETIN_STATES, bulletinNumber, SEVERITIES, severityLabel, stateLabel } from '../model.ts'
import { BULLETIN_SORTS, EXERCISE_FILTERS, listBulletins, type BulletinFilter, type ListedBulletin } from '../queries/list.ts'
import { listFilters, listTable } from './views.ts'

const text = z.string().trim().max(200).catch('').default('')
const since = z
  .string()
  .transform(typed => parseInstant(typed) ?? null)
  .catch(null)
export const ListQuery = z.object({
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
  exercise: z.enum(EXERCISE_FILTERS).catch('').default(''),
  releasedSince: since,
  withdrawnSince: since,
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
      listBulletins(db, actor.scope, bulletinFilter(query), query.sort, { limit: LIST_ROWS, cursor: query.cursor }),
    )
    const { q, state, severity, organisation, threat, exercise } = query
    const [releasedSince, withdrawnSince] = [addressTime(query.releasedSince), addressTime(query.withdrawnSince)]
    const narrowing = { q, state, severity, organisation, threat, exercise, releasedSince, withdrawnSince }
    const keep = { ...narrowing, sort: query.sort === '-number' ? '' : query.sort }
    return page('broadcast/bulletins/views/list.njk', 'Bulletins', {
      total: found.total,
      isFiltered: Object.values(narrowing).some(value => value !== ''),
      about: aboutList(query),
      filters: listFilters({ ...narrowing, sort: query.sort }, isCentre),
      table: listTable(found.rows, keep, { isCentre, ofOne: organisation !== '' }),
      csvHref: withQuery('/bulletins.csv', keep),
      firstHref: query.cursor === null ? null : withQuery('/bulletins', keep),
      nextHref: found.next === null ? null : withQuery('/bulletins', keep, { cursor: found.next }),
      listActions: [
        ...(may(actor, 'broadcast.bulletin.draft') ? [{ label: 'Draft a bulletin', href: '/bulletins/new', key: 'n' }] : []),
        ...(may(actor, 'broadcast.bulletin.release-holding') ? [{ label: 'Holding statement', href: '/bulletins/holding', key: 'h' }] : []),
      ],
      besides: BESIDES.filter(({ permission }) => may(actor, permission)),
      isCentre,
    })
  },
})

/** What belongs to bulletins and to none of them: found from here. */
const BESIDES = [
  { label: 'Calendar', href: '/bulletins/calendar', permission: 'broadcast.bulletin.work' },
  { label: 'Sharing groups', href: '/sharing-groups', permission: 'broadcast.sharing-group.view' },
  { label: 'Policies about silence', href: '/chase-policies', permission: 'broadcast.chase.view' },
] as const

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
        listBulletins(db, actor.scope, bulletinFilter(query), query.sort, { limit: CSV_PART, cursor }),
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

/** The filter that an address asks for. */
export function bulletinFilter(query: Omit<z.infer<typeof ListQuery>, 'sort' | 'cursor'>): BulletinFilter {
  const { q, state, severity, organisation, threat, exercise, releasedSince, withdrawnSince } = query
  return { search: q, state, severity, organisation, threat, exercise, releasedSince, withdrawnSince }
}

/** What the list is narrowed to besides its filters, in words. */
function aboutList({ organisation, threat, releasedSince, withdrawnSince }: z.infer<typeof ListQuery>): string | null {
  if (organisation !== '') return `Sent to ${organisation.toUpperCase()}, and what it answered`
  if (releasedSince !== null) return `Released since ${dateTime(releasedSince)}`
  if (withdrawnSince !== null) return `Withdrawn since ${dateTime(withdrawnSince)}`
  return threat === '' ? null : 'Drafted from one threat'
}

function addressTime(at: Instant | null): string {
  return at === null ? '' : at.toISOString()
}
