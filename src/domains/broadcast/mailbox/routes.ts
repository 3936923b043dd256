import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { csvText } from '../../../platform/csv/csv.ts'
import { csv, page } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import type { Mailbox, ReceivedMessage } from '../../../platform/mail/mailbox.ts'
import type { Platform } from '../../../platform/platform.ts'
import { MAILBOX_SORTS, pageOfMessages } from './model.ts'
import { CSV_HEAD, csvLine, listView, messageView } from './views.ts'

/** The mail of the sample sector. Outside it there is no mailbox, and these pages do not exist. */
const PUBLIC = { public: 'In the invented sample sector anybody may read the mail: nothing in it is real. Elsewhere the page does not exist.' }
const PAGE_SIZE = 50

const MailboxQuery = z.object({
  q: z.string().trim().max(200).catch('').default(''),
  sort: z.enum(MAILBOX_SORTS).catch('-at').default('-at'),
  cursor: z.string().max(1_000).nullable().catch(null).default(null),
})

const list = route({
  method: 'GET',
  path: '/mailbox',
  access: PUBLIC,
  query: MailboxQuery,
  async handle({ query, platform }) {
    const found = pageOfMessages(await mailboxOf(platform).messages(query.q), query.sort, { limit: PAGE_SIZE, cursor: query.cursor })
    return page('broadcast/mailbox/views/list.njk', 'Mailbox', listView(found, query))
  },
})

const listCsv = route({
  method: 'GET',
  path: '/mailbox.csv',
  access: PUBLIC,
  query: MailboxQuery,
  async handle({ query, platform }) {
    const messages = await mailboxOf(platform).messages(query.q)
    const { rows } = pageOfMessages(messages, query.sort, { limit: messages.length, cursor: null })
    return csv('mailbox.csv', csvText(CSV_HEAD, rows.map(csvLine)))
  },
})

const show = route({
  method: 'GET',
  path: '/mailbox/:id',
  access: PUBLIC,
  params: z.object({ id: z.coerce.number().int().positive() }),
  async handle({ params, platform }) {
    const message: ReceivedMessage | undefined = await mailboxOf(platform).message(params.id)
    if (message === undefined)
      throw new NotFound('broadcast.mailbox.no-message', 'This message is not in the mailbox. It keeps the newest 500, while the program runs.')
    return page('broadcast/mailbox/views/show.njk', message.subject || 'A message', messageView(message, platform.config.baseUrl))
  },
})

function mailboxOf(platform: Platform): Mailbox {
  if (!platform.sample || platform.mailbox === null) throw new NotFound('platform.http.no-page', 'There is no page at this address.')
  return platform.mailbox
}

export const mailboxRoutes: readonly Route[] = [list, listCsv, show]
