import { randomUUID } from 'node:crypto'
import { encode, wrap } from 'nodemailer/lib/qp'

/** What differs from one recipient to the next, by the name of its slot. Plain text: it is escaped where HTML asks for it. */
export type SlotValues = Readonly<Record<string, string>>

/** The body of one message: its MIME entity without the fields of the message that holds it, 7-bit and with CRLF throughout. */
export interface MailBody {
  /** The value of the `Content-Type` field. */
  readonly contentType: string
  readonly content: string
  /** What a reader sees, for whoever carries it in another way. */
  readonly text: string
  readonly html: string
}

/** A body that is composed once for all its recipients: `personalise` puts in what differs, at the price of a few joins. */
export interface PreparedBody {
  personalise(values: SlotValues): MailBody
}

/** Marks that stand in a rendered template for what differs. They hold a random number, so that no bulletin's text can contain one. */
export interface Slots<N extends string> {
  readonly marks: Readonly<Record<N, string>>
  readonly secret: string
}

export function createSlots<const N extends string>(names: readonly N[]): Slots<N> {
  const secret = randomUUID()
  return { secret, marks: Object.fromEntries(names.map(name => [name, `[[${secret}:${name}]]`])) as Record<N, string> }
}

/**
 * Composes `multipart/alternative` of a plain text and an HTML part (RFC 2046 §5.1.4), both quoted-printable, with the marks of `slots` left open.
 * Quoted-printable, since a value put in later then needs no other line to be written anew; and never 8-bit, since a relay that writes
 * a message anew breaks every signature on it (RFC 3156 §3, RFC 8551 §3.1.3).
 */
export function prepareBody(rendered: { readonly text: string; readonly html: string }, slots: Slots<string> = createSlots([])): PreparedBody {
  const boundary = `=_${randomUUID()}`
  const text = compile(rendered.text, slots, value => value)
  const html = compile(rendered.html, slots, escapeHtml)
  const head = (type: string) => `--${boundary}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`
  const beforeText = head('text/plain')
  const beforeHtml = `\r\n${head('text/html')}`
  const end = `\r\n--${boundary}--\r\n`
  return {
    personalise: values => ({
      contentType: `multipart/alternative; boundary="${boundary}"`,
      content: beforeText + text.encoded(values) + beforeHtml + html.encoded(values) + end,
      get text() {
        return text.plain(values)
      },
      get html() {
        return html.plain(values)
      },
    }),
  }
}

interface Compiled {
  encoded(values: SlotValues): string
  plain(values: SlotValues): string
}

function compile(rendered: string, { secret }: Slots<string>, escape: (text: string) => string): Compiled {
  // The captured names stand between the fixed parts: odd positions are slots.
  const parts = rendered.split(new RegExp(`\\[\\[${secret}:([\\w-]+)\\]\\]`))
  const isSlot = (index: number) => index % 2 === 1
  const encoded = parts.map((part, index) => (isSlot(index) ? part : encodeFixed(part, index > 0, index < parts.length - 1)))
  const of = (values: SlotValues, name: string) => escape(values[name] ?? '')
  return {
    encoded: values => encoded.map((part, index) => (isSlot(index) ? encodeValue(of(values, part)) : part)).join(''),
    plain: values => parts.map((part, index) => (isSlot(index) ? of(values, part) : part)).join(''),
  }
}

const SOFT_BREAK = '=\r\n'

/** Four less than the 76 of RFC 2045 §6.7: room for the soft break before a slot, and for `=46` where a line begins with "From ". */
const LINE_LENGTH = 72

/** A value stands on lines of its own, between soft breaks: whatever its length, no line of the fixed parts changes. */
function encodeFixed(text: string, isAfterSlot: boolean, isBeforeSlot: boolean): string {
  const inner = quotedPrintable(text)
  return `${isAfterSlot ? SOFT_BREAK : ''}${inner}${isBeforeSlot ? SOFT_BREAK : ''}`
}

function encodeValue(text: string): string {
  return text.length <= LINE_LENGTH && /^(?!From )[ !-<>-~]*(?<! )$/.test(text) ? text : quotedPrintable(text)
}

function quotedPrintable(text: string): string {
  const lines = text.replace(/\r\n?|\n/g, '\r\n')
  // "From " at the start of a line is changed by some mail servers, which would break the signature (RFC 3156 §3).
  return wrap(encode(lines), LINE_LENGTH).replace(/^From /gm, '=46rom ')
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => ESCAPES[character] ?? character)
}
