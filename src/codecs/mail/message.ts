import PostalMime, { type Email } from 'postal-mime'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { cleanLine, cleanText } from '../../kernel/text.ts'
import { narrowestTlp, parseTlp, type Tlp } from '../../kernel/tlp.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'

/** A message of electronic mail (RFC 5322, MIME), as `.eml` files and the files of a Maildir hold one each. */
export interface MailMessage {
  /** `Message-ID`, without its brackets; blank where there is none. */
  readonly id: string
  readonly subject: string
  /** As the message says, which anybody may write. */
  readonly from: { readonly name: string; readonly address: string }
  /** RFC 3339, or as it was written where that is no date. */
  readonly date: string
  /** Plain text; blank where there is only HTML. */
  readonly text: string
  /** HTML that was not made safe. */
  readonly html: string
  /** Where it leads: addresses of the web, each once, in the order of its text. */
  readonly links: readonly string[]
  /** The narrowest label that its subject or the head of its text names. */
  readonly tlp: Tlp | null
  readonly attachments: readonly MailAttachment[]
}

export interface MailAttachment {
  /** As its sender called it, on one line; blank where it has no name. */
  readonly name: string
  readonly bytes: Uint8Array
}

const LARGEST_HEAD = 256 * 1024
const MOST_ATTACHMENTS = 200
const MOST_LINKS = 200

/** Whether the bytes are a message: they begin with header fields, which say from whom it is, and when or about what. */
export function looksLikeMessage(bytes: Uint8Array): boolean {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, LARGEST_HEAD))
  const names = new Set<string>()
  for (const line of head.split(/\r?\n/)) {
    if (line === '') break
    if (/^[ \t]/.test(line) && names.size > 0) continue
    const name = /^([!-9;-~]{1,100}):/.exec(line)?.[1]
    if (name === undefined) return false
    names.add(name.toLowerCase())
  }
  return names.has('from') && ['date', 'message-id', 'subject', 'received'].some(name => names.has(name))
}

/** Reads a message. Messages inside it are attachments. Fails with `mail.unreadable` for one that is built to be hard to read. */
export async function readMessage(bytes: Uint8Array): Promise<Result<MailMessage>> {
  let email: Email
  try {
    email = await PostalMime.parse(bytes, { forceRfc822Attachments: true, maxNestingDepth: 30, maxHeadersSize: LARGEST_HEAD })
  } catch {
    const message = 'This is a message, but nests too deeply or has too large a head to be read.'
    return fail({ rule: 'mail.unreadable', pointer: '', severity: 'error', message })
  }
  const subject = cleanLine(email.subject ?? '')
  const text = cleanText(email.text ?? '')
  const html = email.html ?? ''
  return succeed({
    id: cleanLine(email.messageId ?? '').replace(/^<|>$/g, ''),
    subject,
    from: { name: cleanLine(email.from?.name ?? ''), address: cleanLine(email.from?.address ?? '').toLowerCase() },
    date: email.date ?? '',
    text,
    html,
    links: linksOf(text, html),
    tlp: labelOf(`${subject}\n${text === '' ? html.replace(/<[^>]*>/g, ' ').slice(0, 4_000) : text.slice(0, 2_000)}`),
    attachments: email.attachments.slice(0, MOST_ATTACHMENTS).map(({ filename, content }) => ({
      name: cleanLine(filename ?? ''),
      bytes: typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content),
    })),
  })
}

function linksOf(text: string, html: string): readonly string[] {
  const inText = text.match(/\bhttps?:\/\/[^\s<>"')\]}]+/gi) ?? []
  const inHtml = [...html.matchAll(/\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].map(([, double, single]) =>
    (double ?? single ?? '').replaceAll('&amp;', '&'),
  )
  const links = [...inText.map(link => link.replace(/[.,;:!?]+$/, '')), ...inHtml].map(parseWebAddress)
  return [...new Set(links.filter(link => link !== undefined))].slice(0, MOST_LINKS)
}

function labelOf(text: string): Tlp | null {
  const labels = text.match(/\bTLP\s?:\s?(?:RED|AMBER(?:\s?\+\s?STRICT)?|GREEN|CLEAR|WHITE)\b/gi) ?? []
  const read = labels.map(parseTlp).filter(label => label !== undefined)
  return read.length === 0 ? null : narrowestTlp(read)
}
