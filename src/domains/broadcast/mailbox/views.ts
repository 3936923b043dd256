import { parseWebAddress } from '../../../kernel/web-address.ts'
import type { ReceivedMessage } from '../../../platform/mail/mailbox.ts'

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
