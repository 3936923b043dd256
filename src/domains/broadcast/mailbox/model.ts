import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'

/** By when it came, to whom, or its subject. */
export const MAILBOX_SORTS = ['-at', 'at', 'to', '-to', 'subject', '-subject'] as const
export type MailboxSort = (typeof MAILBOX_SORTS)[number]

interface Message {
  /** Counts up as messages come. */
  readonly id: number
  readonly to: readonly string[]
  readonly subject: string
}

/** One page of the messages in that order; those that are alike stand as they came. The mailbox holds a few hundred, in memory. */
export function pageOfMessages<T extends Message>(messages: readonly T[], sort: MailboxSort, request: PageRequest): Page<T> {
  const sign = sort.startsWith('-') ? -1 : 1
  const placed = messages.map(message => ({ message, place: placeOf(message, sort) })).toSorted((a, b) => sign * compare(a.place, b.place))
  const [key, id] = decodeCursor(request.cursor, 2) ?? []
  const after: Place | null = typeof key === 'string' && typeof id === 'number' ? [key, id] : null
  const rest = after === null ? placed : placed.filter(({ place }) => sign * compare(place, after) > 0)
  const shown = rest.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ message }) => message),
    next: rest.length > shown.length && last !== undefined ? encodeCursor(last.place) : null,
    total: messages.length,
  }
}

type Place = readonly [key: string, id: number]

/** Messages are numbered as they come, so that their number alone says when. */
function placeOf(message: Message, sort: MailboxSort): Place {
  if (sort.endsWith('to')) return [message.to.join(', ').toLowerCase(), message.id]
  return [sort.endsWith('subject') ? message.subject.toLowerCase() : '', message.id]
}

function compare([a, firstId]: Place, [b, secondId]: Place): number {
  return a === b ? firstId - secondId : a < b ? -1 : 1
}
