import { encodeWords, foldLines, quoteString } from 'nodemailer/lib/mime-funcs'
import type { Instant } from '../../kernel/instant.ts'
import type { MailBody } from './body.ts'

/** One field of a message's head (RFC 5322 §2.2): its value may be folded, and is ASCII. */
export interface HeaderField {
  readonly name: string
  readonly value: string
}

/** What the head of a message says. */
export interface MessageHead {
  readonly from: { readonly name: string; readonly address: string }
  readonly to: { readonly name: string; readonly address: string }
  readonly subject: string
  /** Without angle brackets. */
  readonly messageId: string
  readonly date: Instant
  readonly headers: Readonly<Record<string, string>>
}

/** The fields of the head in their order, those that describe the body last. Nothing in a value can begin a field of its own. */
export function headerFields(head: MessageHead, body: Pick<MailBody, 'contentType'>): readonly HeaderField[] {
  return [
    field('From', mailbox(head.from)),
    field('To', mailbox(head.to)),
    field('Subject', encodeWords(onOneLine(head.subject), 'Q', LONGEST_WORD)),
    field('Message-ID', `<${onOneLine(head.messageId)}>`),
    field('Date', head.date.toUTCString().replace('GMT', '+0000')),
    ...Object.entries(head.headers).map(([name, value]) => field(name, encodeWords(onOneLine(value), 'Q', LONGEST_WORD))),
    field('MIME-Version', '1.0'),
    // Folded before its boundary, which must stay in one piece.
    { name: 'Content-Type', value: body.contentType.replace(/; /g, ';\r\n ') },
  ]
}

/** The head as it is sent, up to and with the empty line after it. */
export function writeHead(fields: readonly HeaderField[]): string {
  return `${fields.map(({ name, value }) => `${name}: ${value}\r\n`).join('')}\r\n`
}

const LINE_LENGTH = 76
/** How long an encoded word may be (RFC 2047 §2 allows 75), less the name of the field before the first. */
const LONGEST_WORD = 52

function field(name: string, value: string): HeaderField {
  const line = `${name}: ${value}`
  return { name, value: line.length <= LINE_LENGTH ? value : foldLines(line, LINE_LENGTH).slice(name.length + 2) }
}

function mailbox({ name, address }: { readonly name: string; readonly address: string }): string {
  const clean = onOneLine(name).trim()
  const bracketed = `<${onOneLine(address).replace(/[<>\s]/g, '')}>`
  if (clean === '') return bracketed
  const isAscii = /^[\x20-\x7e]*$/.test(clean)
  return `${isAscii ? quoteString(clean) : encodeWords(clean, 'Q', LONGEST_WORD, true)} ${bracketed}`
}

// eslint-disable-next-line no-control-regex -- control characters are what must go
const CONTROLS = /[\u0000-\u001f\u007f]+/g

function onOneLine(text: string): string {
  return text.replace(CONTROLS, ' ')
}
