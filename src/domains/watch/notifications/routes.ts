import { z } from 'zod'
import { CareCertError, NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import { asText, cleanLine } from '../../../kernel/text.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { correctOrganisation, judgeNotification, noteRung } from './commands.ts'
import { CARE, isIncidentKind, parseNotificationNumber, STANDINGS } from './model.ts'
import {
  listNotifications,
  NOTIFICATION_SORTS,
  notificationsAfter,
  suspectedCount,
  type NotificationFilter,
  type NotificationRow,
} from './queries/list.ts'
import { candidates } from './queries/recognise.ts'
import { notesOf, notificationByNumber, senderOf, threatOf } from './queries/show.ts'
import { listModel, notificationLine, notificationModel, NOTIFICATIONS_HEAD, type ShownNotification } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500
const CANDIDATES_SHOWN = 5

const yesOrNo = z
  .enum(['yes', 'no'])
  .transform(word => word === 'yes')
  .nullable()
  .catch(null)

/** A value that a filter does not know is as if it were not there: an old link still shows something. */
export const notificationsQuery = z.object({
  q: z.string().max(200).transform(cleanLine).catch(''),
  standing: z.enum([...STANDINGS, 'all']).catch('taken'),
  care: z.enum(CARE).nullable().catch(null),
  kind: z.string().refine(isIncidentKind).nullable().catch(null),
  recognised: yesOrNo,
  rung: yesOrNo,
  sort: z.enum(NOTIFICATION_SORTS).catch('pressing'),
  cursor: z.string().max(500).nullable().catch(null),
})

export function filterOf({
  q,
  standing,
  care,
  kind,
  recognised,
  rung,
}: Omit<z.infer<typeof notificationsQuery>, 'sort' | 'cursor'>): NotificationFilter {
  return { search: q, standing, care, kind: kind !== null && isIncidentKind(kind) ? kind : null, recognised, rung }
}

function isCentre({ actor }: Pick<RouteRequest, 'actor'>): boolean {
  return actor.scope.kind === 'centre'
}

const list = route({
  method: 'GET',
  path: '/incident-notifications',
  access: { permission: 'watch.notification.list' },
  query: notificationsQuery,
  async handle(request) {
    const { sort, cursor } = request.query
    const filter = filterOf(request.query)
    const model = await request.read<Visible, object>(async db => {
      const found = await listNotifications(db, filter, sort, { limit: PAGE_ROWS, cursor })
      return listModel({ found, filter, sort, cursor, suspected: isCentre(request) ? await suspectedCount(db) : null })
    })
    return page('watch/notifications/views/list.njk', 'Incident notifications', model)
  },
})

const listCsv = route({
  method: 'GET',
  path: '/incident-notifications.csv',
  access: { permission: 'watch.notification.list' },
  query: notificationsQuery,
  async handle({ query, read }) {
    const ask = (cursor: string | null) =>
      read<Visible, Omit<Page<NotificationRow>, 'total'>>(db => notificationsAfter(db, filterOf(query), query.sort, { limit: CSV_ROWS, cursor }))
    return csv('incident-notifications.csv', csvPages(NOTIFICATIONS_HEAD, notificationLine, ask))
  },
})

export const params = z.object({ number: z.string().max(20) })

/** A notification as far as the actor may see it. Throws `NotFound` where there is none for them. */
export async function shownNotification(db: Reader<Visible>, request: Pick<RouteRequest, 'actor'>, number: string): Promise<ShownNotification> {
  const record = await notificationByNumber(db, parseNotificationNumber(number) ?? '')
  if (record === undefined)
    throw new NotFound('watch.notification.unknown', 'There is no such notification, or it is not for you to see. The list shows those that are.')
  if (!isCentre(request)) return { record, desk: null }
  return {
    record,
    desk: {
      sender: await senderOf(db, record.id),
      notes: await notesOf(db, record.id),
      threat: await threatOf(db, record.number),
      candidates: record.organisation_id === null ? await candidates(db, record.organisation_given, CANDIDATES_SHOWN) : [],
    },
  }
}

async function showPage(request: RouteRequest, number: string, typed: string | null = null, fault?: string): Promise<Reply> {
  const shown = await request.read<Visible, ShownNotification>(db => shownNotification(db, request, number))
  const model = notificationModel(shown, may(request.actor, 'watch.notification.handle'), typed, fault)
  const problems = fault === undefined ? [] : [{ rule: 'watch.notification', pointer: 'organisation', severity: 'error' as const, message: fault }]
  return page('watch/notifications/views/show.njk', model.number, model, { problems })
}

const show = route({
  method: 'GET',
  path: '/incident-notifications/:number',
  access: { permission: 'watch.notification.view' },
  params,
  handle: request => showPage(request, request.params.number),
})

const correct = route({
  method: 'POST',
  path: '/incident-notifications/:number/organisation',
  access: { permission: 'watch.notification.handle' },
  params,
  async handle(request) {
    const { number } = request.params
    const code = cleanLine(asText(request.body['organisation']))
    try {
      await request.work<Visible, void>(work => correctOrganisation(work, parseNotificationNumber(number) ?? '', code))
    } catch (error) {
      if (!(error instanceof CareCertError) || error.code !== 'watch.notification.organisation') throw error
      return showPage(request, number, code, error.message)
    }
    return redirect(addressOf(number), { notice: 'The organisation is saved.' })
  },
})

const rang = route({
  method: 'POST',
  path: '/incident-notifications/:number/rang',
  access: { permission: 'watch.notification.handle' },
  params,
  async handle({ params: { number }, body, work }) {
    await work<Visible, void>(unit => noteRung(unit, parseNotificationNumber(number) ?? '', asText(body['note'])))
    return redirect(addressOf(number), { notice: 'It is noted that you rang them.' })
  },
})

function judgeRoute(verdict: 'spam' | 'not-spam', notice: string): Route {
  return route({
    method: 'POST',
    path: `/incident-notifications/:number/${verdict}`,
    access: { permission: 'watch.notification.handle' },
    params,
    async handle({ params: { number }, work }) {
      await work<Visible, void>(unit => judgeNotification(unit, parseNotificationNumber(number) ?? '', verdict))
      return redirect(addressOf(number), { notice })
    },
  })
}

function addressOf(number: string): string {
  return `/incident-notifications/${encodeURIComponent(number)}`
}

export const notificationRoutes: readonly Route[] = [
  list,
  listCsv,
  show,
  correct,
  rang,
  judgeRoute('spam', 'It is called spam, and leaves the queue. It is kept here.'),
  judgeRoute('not-spam', 'It is called genuine, and comes into the queue of threats.'),
]
