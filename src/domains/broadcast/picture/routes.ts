import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import { csvText } from '../../../platform/csv/csv.ts'
import { csv, json, page, svg } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Scope } from '../../../platform/work/actor.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../bulletins/queries.ts'
import type { DeliveryCounts } from '../deliveries/model.ts'
import { deliveryCounts } from '../deliveries/queries.ts'
import { RESPONSE_CHOICES } from '../responses/model.ts'
import type { Visible } from '../tables.ts'
import { answeredIn, answersChart, APART, DIMENSIONS, groupsChart, liveFigures, STAGES, type Counts, type CurvePoint, type Group } from './model.ts'
import { curves, funnel, groups } from './queries.ts'
import { RECIPIENT_SORTS, recipientChoices, recipients, type RecipientRow, type RecipientsFilter, type RecipientSort } from './queries/recipients.ts'
import { CSV_HEAD, csvRow, recipientsView } from './views.ts'

const VIEW = { permission: 'broadcast.picture.view' }
const NumberParams = z.object({ number: z.string().max(20) })
const text = z.string().trim().max(200).catch('').default('')
const RecipientsQuery = z.object({
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
    const filter = filterOf(query)
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
    return csv(`${bulletinNumber(bulletin.number)}-recipients.csv`, csvParts(read, actor.scope, bulletin.id, filterOf(query), query.sort))
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

const progress = route({
  method: 'GET',
  path: '/api/v1/bulletins/:number/progress',
  access: VIEW,
  params: NumberParams,
  async handle({ params, read, actor }) {
    const { bulletin, counts, deliveries } = await read<Visible, { bulletin: Bulletin; counts: Counts; deliveries: DeliveryCounts }>(async db => {
      const asked = await bulletinOf(db, numberOf(params))
      return { bulletin: asked, counts: await funnel(db, actor.scope, asked.id), deliveries: await deliveryCounts(db, asked.id) }
    })
    const { audience, silent, unreachable } = counts
    const { queued, sent, failed, givenUp, total } = deliveries
    return json({
      number: bulletinNumber(bulletin.number),
      queued,
      sent,
      failed,
      givenUp,
      total,
      audience,
      answered: answeredIn(counts),
      silent,
      unreachable,
      figures: { ...liveFigures(counts), value: sent + givenUp, max: total },
      /** Nothing is left to send, and nobody is left to answer. */
      done: queued + failed === 0 && silent === 0,
    })
  },
})

const chart = route({
  method: 'GET',
  path: '/bulletins/:number/chart/:file',
  access: VIEW,
  params: z.object({ number: z.string().max(20), file: z.string().max(40) }),
  query: z.object({ by: z.enum(DIMENSIONS).catch('type').default('type') }),
  async handle({ params, query, read, actor, now }) {
    if (params.file === 'groups.svg') {
      const { bulletin, found } = await read<Visible, { bulletin: Bulletin; found: readonly Group[] }>(async db => {
        const asked = await bulletinOf(db, numberOf(params))
        return { bulletin: asked, found: await groups(db, actor.scope, asked.id, query.by) }
      })
      return svg(groupsChart(bulletin.number, query.by, found).svg)
    }
    if (params.file !== 'answers.svg') throw new NotFound('broadcast.chart.unknown', 'There is no such chart.')
    const { bulletin, points } = await read<Visible, { bulletin: Bulletin; points: readonly CurvePoint[] }>(async db => {
      const asked = await bulletinOf(db, numberOf(params))
      const { id, releasedAt } = asked
      if (releasedAt === null) return { bulletin: asked, points: [] }
      const counts = await funnel(db, actor.scope, id)
      return { bulletin: asked, points: await curves(db, actor.scope, { id, releasedAt, counts }, now) }
    })
    return svg(answersChart(bulletin.number, points).svg)
  },
})

function filterOf(query: z.infer<typeof RecipientsQuery>): RecipientsFilter {
  const { q, stage, answer, type, region, board, partner } = query
  return { search: q, stage, answer, type, region, board, partner }
}

function numberOf({ number }: { readonly number: string }): number {
  return parseBulletinNumber(number) ?? 0
}

export const pictureRoutes: readonly Route[] = [listRecipients, recipientsCsv, progress, chart]
