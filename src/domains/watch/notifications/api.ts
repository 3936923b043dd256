import { z } from 'zod'
import { TLP } from '../../../kernel/tlp.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { correctOrganisation, judgeNotification, noteRung } from './commands.ts'
import { CARE, INCIDENT_KINDS, parseNotificationNumber, STANDINGS, suspicionWords, type IncidentKind } from './model.ts'
import { listNotifications } from './queries/list.ts'
import { filterOf, notificationsQuery, params, shownNotification } from './routes.ts'
import type { ShownNotification } from './views.ts'

const handle = { permission: 'watch.notification.handle' }
const PATH = '/api/v1/incident-notifications'
const kind = z.enum(Object.keys(INCIDENT_KINDS) as IncidentKind[])

const Notification = z.object({
  number: z.string(),
  receivedAt: instant,
  kind,
  what: z.string(),
  since: z.string(),
  sinceAt: instant.nullable(),
  care: z.enum(CARE),
  peopleAffected: z.int().nullable(),
  organisationGiven: z.string(),
  organisationCode: z.string().nullable(),
  organisationName: z.string().nullable(),
  recognisedBy: z.enum(['person', 'code', 'name', 'centre']).nullable(),
  isConfirmed: z.boolean(),
  standing: z.enum(STANDINGS),
  suspicions: z.array(z.string()),
})

const Desk = z.object({
  mayCall: z.boolean(),
  rungAt: instant.nullable(),
  via: z.enum(['form', 'api', 'file']),
  acknowledgement: z.enum(['waiting', 'sent', 'refused', 'withheld']).nullable(),
  sender: z
    .object({
      name: z.string().nullable(),
      phone: z.string().nullable(),
      email: z.string().nullable(),
      personId: z.string().nullable(),
      personName: z.string().nullable(),
    })
    .nullable(),
  notes: z.array(
    z.object({
      at: instant,
      kind: z.enum(['rang', 'organisation', 'spam', 'not-spam']),
      note: z.string().nullable(),
      actorName: z.string().nullable(),
    }),
  ),
  threat: z.object({ id: z.string(), title: z.string(), priority: z.string(), reason: z.string() }).nullable(),
  candidates: z.array(z.object({ code: z.string(), name: z.string() })),
})

const list = listOperation({
  id: 'listIncidentNotifications',
  summary: 'List incident notifications',
  description:
    'The centre sees all, an organisation its own, a region those that were shared with it. `rungAt` is for the centre alone, `null` for others.',
  page: 'GET /incident-notifications',
  path: PATH,
  access: { permission: 'watch.notification.list' },
  query: filtersOf(notificationsQuery).extend({ kind: kind.nullable().default(null) }),
  item: Notification.extend({ rungAt: instant.nullable() }),
  async list(db: Reader<Visible>, page, { query, actor }) {
    const { rows, ...rest } = await listNotifications(db, filterOf(query), query.sort, page)
    const isCentre = actor.scope.kind === 'centre'
    return {
      ...rest,
      rows: rows.map(row => ({ ...row, suspicions: row.suspicions.map(suspicionWords), rungAt: isCentre ? row.rungAt : null })),
    }
  },
})

const show = operation({
  id: 'showIncidentNotification',
  summary: 'Show an incident notification',
  description: '`desk` holds who sent it and what the centre did, for the centre alone: `null` for others.',
  page: 'GET /incident-notifications/:number',
  method: 'GET',
  path: `${PATH}/:number`,
  access: { permission: 'watch.notification.view' },
  params,
  answer: Notification.extend({ tlp: z.enum(TLP), isSharedWithRegion: z.boolean(), desk: Desk.nullable() }),
  read: async (db: Reader<Visible>, request) => notificationAnswer(await shownNotification(db, request, request.params.number)),
})

function notificationAnswer({ record, desk }: ShownNotification) {
  return {
    ...record,
    receivedAt: record.received_at,
    since: record.since_words,
    sinceAt: record.since_at,
    peopleAffected: record.people_affected,
    organisationGiven: record.organisation_given,
    recognisedBy: record.recognised_by,
    isConfirmed: record.is_confirmed,
    suspicions: record.suspicions.map(suspicionWords),
    isSharedWithRegion: record.shares_with_region,
    desk:
      desk === null
        ? null
        : {
            mayCall: record.may_call,
            rungAt: record.rung_at,
            via: record.via,
            acknowledgement: record.acknowledgement,
            sender: desk.sender ?? null,
            notes: [...desk.notes],
            threat: desk.threat ?? null,
            candidates: [...desk.candidates],
          },
  }
}

const correct = operation({
  id: 'correctNotificationOrganisation',
  summary: 'Say which organisation an incident notification comes from',
  description: 'By its code; an empty one says that it is not known.',
  page: 'POST /incident-notifications/:number/organisation',
  method: 'POST',
  path: `${PATH}/:number/organisation`,
  access: handle,
  params,
  body: z.object({ organisation: z.string('Enter the ODS code, or nothing.').max(40) }),
  answer: null,
  write: (work: Work<Visible>, { params: { number }, body }) => correctOrganisation(work, parseNotificationNumber(number) ?? '', body.organisation),
})

const rang = operation({
  id: 'noteNotificationRung',
  summary: 'Note that you rang whoever sent an incident notification',
  page: 'POST /incident-notifications/:number/rang',
  method: 'POST',
  path: `${PATH}/:number/rang`,
  access: handle,
  params,
  body: z.object({ note: z.string().max(10_000).default('') }),
  answer: null,
  write: (work: Work<Visible>, { params: { number }, body }) => noteRung(work, parseNotificationNumber(number) ?? '', body.note),
})

function judge(verdict: 'spam' | 'not-spam', words: { readonly id: string; readonly summary: string }): Route {
  return operation({
    ...words,
    page: `POST /incident-notifications/:number/${verdict}`,
    method: 'POST',
    path: `${PATH}/:number/${verdict}`,
    access: handle,
    params,
    answer: null,
    write: (work: Work<Visible>, { params: { number } }) => judgeNotification(work, parseNotificationNumber(number) ?? '', verdict),
  })
}

export const notificationOperations: readonly Route[] = [
  list,
  show,
  correct,
  rang,
  judge('spam', { id: 'callNotificationSpam', summary: 'Call an incident notification spam' }),
  judge('not-spam', { id: 'callNotificationGenuine', summary: 'Call an incident notification genuine' }),
]
