import { cleanLine, shorten } from '../../kernel/text.ts'
import { fieldValue, parseFields, type ReportField } from './fields.ts'

/** What a mail server reports of one message (RFC 3464 §2). */
export interface DeliveryStatus {
  /** Who says so; blank where the report does not tell, which it must. */
  readonly reportingServer: string
  readonly recipients: readonly RecipientStatus[]
}

const ACTIONS = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'] as const

/** What became of it for one recipient (RFC 3464 §2.3). */
export interface RecipientStatus {
  readonly action: (typeof ACTIONS)[number]
  /** As RFC 3463 has it: class, subject, detail. */
  readonly status: StatusCode
  readonly finalRecipient: string
  /** The words of the server that refused it, for people. */
  readonly words: string
}

export interface StatusCode {
  /** 2 delivered, 4 not yet, 5 not at all. */
  readonly class: 2 | 4 | 5
  readonly subject: number
  readonly detail: number
}

/** Reads the machine-readable part of a report. `undefined` when nothing in it says what became of the message. */
export function parseDeliveryStatus(text: string): DeliveryStatus | undefined {
  const [message = [], ...groups] = parseFields(text)
  // Some servers write all in one group.
  const recipients = (groups.length > 0 ? groups : [message]).flatMap(fields => recipientOf(fields) ?? [])
  return recipients.length === 0 ? undefined : { reportingServer: plain(fieldValue(message, 'reporting-mta')), recipients }
}

function recipientOf(fields: readonly ReportField[]): RecipientStatus | undefined {
  const action = cleanLine(fieldValue(fields, 'action') ?? '').toLowerCase()
  const known = ACTIONS.find(one => one === action.split(/[\s(]/)[0])
  const diagnostic = fieldValue(fields, 'diagnostic-code') ?? ''
  const status = statusCode(fieldValue(fields, 'status') ?? '') ?? statusCode(diagnostic)
  if (known === undefined || status === undefined) return undefined
  const words = plain(diagnostic)
  return {
    action: known,
    status,
    finalRecipient: decodeUtf8Address(plain(fieldValue(fields, 'final-recipient'))).toLowerCase(),
    words: shorten(words === '' ? `${status.class}.${status.subject}.${status.detail}` : words, 400),
  }
}

/** The first code of that form in the text: the field holds it alone, the words of a server hold it among others. */
function statusCode(text: string): StatusCode | undefined {
  const match = /(?:^|[\s;#-])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])/.exec(text)
  if (match === null) return undefined
  const kind = Number(match[1])
  return { class: kind === 2 ? 2 : kind === 4 ? 4 : 5, subject: Number(match[2]), detail: Number(match[3]) }
}

/** Without the type before it: `rfc822; somebody@example.org`, `smtp; 550 …`, `dns; mx.example.org`. */
function plain(value = ''): string {
  return cleanLine(value.replace(/^\s*[\w.-]+\s*;\s*/, ''))
}

/** Addresses of RFC 6533 §3, in which `\x{…}` stands for what is not ASCII. */
function decodeUtf8Address(address: string): string {
  return address.replace(/\\x\{([0-9a-f]{2,6})\}/gi, (whole, digits: string) => {
    const code = Number.parseInt(digits, 16)
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? whole : String.fromCodePoint(code)
  })
}
