import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import { csvText } from '../../../platform/csv/csv.ts'
import { csv, page, svg, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Scope } from '../../../platform/work/actor.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../bulletins/queries.ts'
import { RESPONSE_CHOICES } from '../responses/model.ts'
import type { Visible } from '../tables.ts'
import { liveRoutes } from './live/routes.ts'
import { boardMap } from './map/model.ts'
import { mapRoutes } from './map/routes.ts'
import { APART, DIMENSIONS, groupsChart, STAGES } from './model.ts'
import { funnel, groups } from './queries.ts'
import { boardsOf } from './queries/boards.ts'
import { RECIPIENT_SORTS, recipientChoices, recipients, type RecipientRow, type RecipientsFilter, type RecipientSort } from './queries/recipients.ts'
import { timesByGroup, timesOfAll } from './queries/times.ts'
import { groupTimesChart, hoursBetween, TIME_DIMENSIONS, TIME_EVENTS, timesChart } from './times.ts'
import { timesRoutes } from './times/routes.ts'
import { CSV_HEAD, csvRow, recipientsView } from './views.ts'

const VIEW = { permission: 'broadcast.picture.view' }
const NumberParams = z.object({ number: z.string().max(20) })
const text = z.string().trim().max(200).catch('').default('')
export const RecipientsQuery = z.object({
  q: text,
  stage: z
    .enum([...STAGES, ...APART])
    .nullable()
    .catch(null)
    .default(null),
  answer: z
    .enum([...RESPONSE_CHOICES, 'seen', 'declined'])
    .nullable()
    .catch(null)
    .default(null),
  type: text,
  region: text,
  board: text,
  partner: text,
  sort: z.enum(RECIPIENT_SORTS).catch('code').default('code'),
  cursor: z.string().max(400).nullable().catch(null).default(null),
})
const PAGE_SIZE = 50
const CSV_PART = 500

const listRecipients = route({
  method: 'GET',
  path: '/bulletins/:number/recipients',
  access: VIEW,
  params: NumberParams,
  query: RecipientsQuery,
  async handle({ params, query, read, actor }) {
    const filter = recipientsFilter(query)
    const { bulletin, found, choices } = await read<
      Visible,
      { bulletin: Bulletin; found: Page<RecipientRow>; choices: Awaited<ReturnType<typeof recipientChoices>> }
    >(async db => {
      const asked = await bulletinOf(db, numberOf(params))
      return {
        bulletin: asked,
        found: await recipients(db, actor.scope, asked.id, filter, { limit: PAGE_SIZE, cursor: query.cursor }, query.sort),
        choices: await recipientChoices(db, actor.scope, asked.id),
      }
    })
    const model = recipientsView(bulletin, found, filter, query.sort, choices, query.cursor)
    return page('broadcast/picture/views/recipients.njk', `Recipients of ${model.number}`, model, { isExercise: bulletin.isExercise })
  },
})

const recipientsCsv = route({
  method: 'GET',
  path: '/bulletins/:number/recipients.csv',
  access: VIEW,
  params: NumberParams,
  query: RecipientsQuery,
  async handle({ params, query, read, actor }) {
    const bulletin = await read<Visible, Bulletin>(db => bulletinOf(db, numberOf(params)))
    return csv(`${bulletinNumber(bulletin.number)}-recipients.csv`, csvParts(read, actor.scope, bulletin.id, recipientsFilter(query), query.sort))
  },
})

/** Page by page, so that fifty thousand rows are never held at once. */
async function* csvParts(
  read: RouteRequest['read'],
  scope: Scope,
  bulletinId: string,
  filter: RecipientsFilter,
  sort: RecipientSort,
): AsyncGenerator<string> {
  let head: readonly string[] = CSV_HEAD
  let cursor: string | null = null
  do {
    const from: string | null = cursor
    const found: Page<RecipientRow> = await read<Visible, Page<RecipientRow>>(db =>
      recipients(db, scope, bulletinId, filter, { limit: CSV_PART, cursor: from }, sort),
    )
    const part = csvText(head, found.rows.map(csvRow))
    // The first part has the byte order mark and the heading; those after it neither.
    yield cursor === null ? part : withoutHead(part)
    head = []
    cursor = found.next
  } while (cursor !== null)
}

function withoutHead(part: string): string {
  return part.slice(part.indexOf('\r\n') + 2)
}

const chart = route({
  method: 'GET',
  path: '/bulletins/:number/chart/:file',
  access: VIEW,
  params: z.object({ number: z.string().max(20), file: z.string().max(40) }),
  query: z.object({
    by: z.enum(DIMENSIONS).catch('type').default('type'),
    event: z.enum(TIME_EVENTS).catch('acknowledged').default('acknowledged'),
  }),
  handle: ({ params, query, read, actor, now }) =>
    read<Visible, Reply>(async db => {
      const bulletin = await bulletinOf(db, numberOf(params))
      const { id, number, releasedAt } = bulletin
      const until = bulletin.withdrawnAt ?? now
      const hours = releasedAt === null ? 0 : hoursBetween(releasedAt, until)
      switch (params.file) {
        case 'groups.svg':
          return svg(groupsChart(number, query.by, await groups(db, actor.scope, id, query.by)).svg)
        case 'times.svg': {
          const counts = await funnel(db, actor.scope, id)
          return svg(timesChart(number, await timesOfAll(db, actor.scope, { bulletinId: id, now: until }, counts), hours).svg)
        }
        case 'group-times.svg': {
          const by = TIME_DIMENSIONS.find(one => one === query.by) ?? 'type'
          const found = await timesByGroup(db, actor.scope, { bulletinId: id, now: until }, by, await groups(db, actor.scope, id, by))
          return svg(groupTimesChart(number, by, query.event, found, hours).svg)
        }
        case 'map.svg': {
          const found = await groups(db, actor.scope, id, 'board')
          return svg(boardMap(number, found, await boardsOf(db, found)).map.svg)
        }
        default:
          throw new NotFound('broadcast.chart.unknown', 'There is no such chart.')
      }
    }),
})

/** The filter that an address asks for. */
export function recipientsFilter(query: Omit<z.infer<typeof RecipientsQuery>, 'sort' | 'cursor'>): RecipientsFilter {
  const { q, stage, answer, type, region, board, partner } = query
  return { search: q, stage, answer, type, region, board, partner }
}

function numberOf({ number }: { readonly number: string }): number {
  return parseBulletinNumber(number) ?? 0
}

export const pictureRoutes: readonly Route[] = [listRecipients, recipientsCsv, chart, ...liveRoutes, ...timesRoutes, ...mapRoutes]
