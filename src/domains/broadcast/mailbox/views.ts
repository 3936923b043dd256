import type { Page } from '../../../kernel/page.ts'
import { parseWebAddress } from '../../../kernel/web-address.ts'
import type { CsvLine } from '../../../platform/csv/csv.ts'
import type { ReceivedMessage } from '../../../platform/mail/mailbox.ts'
import { sortColumn, withQuery } from '../../../ui/links.ts'
import type { Cell, Column } from '../../../ui/models.ts'
import type { MailboxSort } from './model.ts'

interface MailboxAddress {
  readonly q: string
  readonly sort: MailboxSort
  readonly cursor: string | null
}

export function listView(found: Page<ReceivedMessage>, { q, sort, cursor }: MailboxAddress) {
  const query = { q, sort: sort === '-at' ? null : sort }
  const sorted = (column: Column, name: string) => sortColumn(column, name, '/mailbox', { q, sort })
  return {
    total: found.total,
    isFiltered: q !== '',
    table: {
      caption: 'Messages',
      captionHidden: true,
      head: [sorted({ text: 'Subject' }, 'subject'), sorted({ text: 'To' }, 'to'), sorted({ text: 'Received' }, 'at')],
      rows: found.rows.map((message): readonly Cell[] => [
        { text: message.subject || 'No subject', href: `/mailbox/${message.id}` },
        message.to.join(', '),
        { at: message.receivedAt },
      ]),
    },
    filters: {
      action: '/mailbox',
      search: { label: 'Address, subject or words', value: q },
      keep: { sort: query.sort },
      clearHref: q === '' ? undefined : '/mailbox',
    },
    csvHref: withQuery('/mailbox.csv', query),
    firstHref: cursor === null ? undefined : withQuery('/mailbox', query),
    nextHref: found.next === null ? undefined : withQuery('/mailbox', query, { cursor: found.next }),
  }
}

export const CSV_HEAD = ['subject', 'to', 'at'] as const

export function csvLine({ subject, to, receivedAt }: ReceivedMessage): CsvLine {
  return [subject, to.join(', '), receivedAt.toISOString()]
}

/** A piece of a message's text: plain, or an address that may be followed. */
interface Piece {
  readonly text: string
  readonly href?: string
}

/** One message. Its HTML is shown cut down to what is safe (`safeHtml`); the text with its addresses as links. */
export function messageView(message: ReceivedMessage, baseUrl: string) {
  return {
    message,
    pieces: pieces(message.text, baseUrl),
    headers: message.headers.map(({ name, value }) => ({ key: name, value })),
  }
}

/** Addresses of this product lead there without its host, so that they work by whatever name it was opened. */
function pieces(text: string, baseUrl: string): readonly Piece[] {
  return text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/).flatMap((part, index): readonly Piece[] => {
    if (part === '') return []
    if (index % 2 === 0) return [{ text: part }]
    if (part.startsWith(`${baseUrl}/`)) return [{ text: part, href: part.slice(baseUrl.length) }]
    return parseWebAddress(part) === undefined ? [{ text: part }] : [{ text: part, href: part }]
  })
}
