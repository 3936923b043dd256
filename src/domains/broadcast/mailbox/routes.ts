import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { page } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import type { Mailbox, ReceivedMessage } from '../../../platform/mail/mailbox.ts'
import type { Platform } from '../../../platform/platform.ts'
import { withQuery } from '../../../ui/links.ts'
import { messageView } from './views.ts'

/** The mail of the sample sector. Outside it there is no mailbox, and these pages do not exist. */
const PUBLIC = { public: 'In the invented sample sector anybody may read the mail: nothing in it is real. Elsewhere the page does not exist.' }
const PAGE_SIZE = 50

const list = route({
  method: 'GET',
  path: '/mailbox',
  access: PUBLIC,
  query: z.object({
    q: z.string().trim().max(200).catch('').default(''),
    after: z.coerce.number().int().positive().nullable().catch(null).default(null),
  }),
  async handle({ query, platform }) {
    const { q, after } = query
    const all = await mailboxOf(platform).messages(q)
    const from = after === null ? all : all.filter(({ id }) => id < after)
    const shown = from.slice(0, PAGE_SIZE)
    const last = shown.at(-1)
    return page('broadcast/mailbox/views/list.njk', 'Mailbox', {
      total: all.length,
      isFiltered: q !== '',
      table: {
        caption: 'Messages, newest first',
        captionHidden: true,
        head: [{ text: 'Subject' }, { text: 'To' }, { text: 'Received' }],
        rows: shown.map(message => [
          { text: message.subject || 'No subject', href: `/mailbox/${message.id}` },
          message.to.join(', '),
          { at: message.receivedAt },
        ]),
      },
      filters: { action: '/mailbox', search: { label: 'Address, subject or words', value: q }, clearHref: q === '' ? undefined : '/mailbox' },
      firstHref: after === null ? undefined : withQuery('/mailbox', { q }),
      nextHref: from.length > PAGE_SIZE && last !== undefined ? withQuery('/mailbox', { q, after: String(last.id) }) : undefined,
    })
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

export const mailboxRoutes: readonly Route[] = [list, show]
