import PostalMime, { type Attachment, type Email } from 'postal-mime'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { cleanLine } from '../../kernel/text.ts'
import { parseDeliveryStatus, type DeliveryStatus } from './delivery-status.ts'
import { fieldValue, parseFields } from './fields.ts'

/** A message that came back to the address that bounces go to. Everything in it may have been written by anybody. */
export interface ReturnedMessage {
  /** `Message-ID`, without its brackets; blank where there is none. */
  readonly id: string
  /** To whom it was sent, as its head tells: where a mail server noted the envelope first. In lower case. */
  readonly addressedTo: readonly string[]
  readonly content:
    | { readonly kind: 'delivery-status'; readonly status: DeliveryStatus }
    | { readonly kind: 'complaint'; readonly complaint: Complaint }
    /** Sent by itself to answer ours (RFC 3834): somebody is away. */
    | { readonly kind: 'auto-reply' }
    /** Written by somebody, or of a kind that is not understood. */
    | { readonly kind: 'other' }
}

/** A reader called the message unwanted (RFC 5965). */
export interface Complaint {
  /** `abuse`, `not-spam`, `fraud`, … in lower case. */
  readonly type: string
  /** Where our envelope and our head said that it came from: the addresses by which the message is known again. */
  readonly originalSenders: readonly string[]
  /** The addresses of its `List-Unsubscribe`, by which it is known again too. */
  readonly unsubscribeAddresses: readonly string[]
}

const LARGEST_REPORT = 2 * 1024 * 1024
const LARGEST_HEAD = 256 * 1024
const DEEPEST = 20

const STATUS_TYPES = ['message/delivery-status', 'message/global-delivery-status']
const FEEDBACK_TYPE = 'message/feedback-report'
const ORIGINAL_TYPES = ['message/rfc822', 'message/global', 'text/rfc822-headers', 'message/global-headers', 'message/rfc822-headers']

/**
 * Reads a returned message: a report of delivery (RFC 3464, RFC 6533) or of abuse (RFC 5965), which both come as `multipart/report` (RFC 6522).
 * Fails with `mail-report.too-large` and `mail-report.unreadable`. A report that lacks its machine-readable part is of the kind `other`.
 */
export async function readReturnedMessage(bytes: Uint8Array): Promise<Result<ReturnedMessage>> {
  if (bytes.length > LARGEST_REPORT) return refused('mail-report.too-large', 'This message is larger than 2 MB, which no report of delivery is.')
  let email: Email
  try {
    email = await PostalMime.parse(bytes, { forceRfc822Attachments: true, maxNestingDepth: DEEPEST, maxHeadersSize: LARGEST_HEAD })
  } catch {
    return refused('mail-report.unreadable', 'This message nests too deeply or has too large a head to be read.')
  }
  const header = (name: string) => email.headers.filter(({ key }) => key === name).map(({ value }) => value)
  return succeed({
    id: cleanLine(email.messageId ?? '').replace(/^<|>$/g, ''),
    addressedTo: ENVELOPE_HEADERS.flatMap(name => header(name).flatMap(addressesIn)),
    content: contentOf(email, header),
  })
}

/** Where mail servers note the envelope, and last what the sender wrote. */
const ENVELOPE_HEADERS = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'to']

function contentOf(email: Email, header: (name: string) => readonly string[]): ReturnedMessage['content'] {
  const type = (header('content-type')[0] ?? '').toLowerCase()
  // What somebody attached to a letter of theirs is no report of a mail server.
  const parts = /^\s*multipart\/report\b/.test(type) ? email.attachments : []
  const part = (types: readonly string[]) => parts.find(({ mimeType }) => types.includes(mimeType))
  const feedback = part([FEEDBACK_TYPE])
  if (feedback !== undefined) return { kind: 'complaint', complaint: complaintOf(feedback, part(ORIGINAL_TYPES)) }
  const status = part(STATUS_TYPES)
  const read = status === undefined ? undefined : parseDeliveryStatus(textOf(status))
  if (read !== undefined) return { kind: 'delivery-status', status: read }
  const isAutomatic =
    header('auto-submitted').some(value => !/^\s*no\b/i.test(value)) ||
    ['x-autoreply', 'x-autorespond', 'x-auto-response-suppress'].some(name => header(name).length > 0) ||
    header('precedence').some(value => /auto_reply|bulk|junk/i.test(value))
  return { kind: isAutomatic ? 'auto-reply' : 'other' }
}

function complaintOf(feedback: Attachment, original: Attachment | undefined): Complaint {
  const report = parseFields(textOf(feedback))[0] ?? []
  const head = original === undefined ? [] : (parseFields(textOf(original).split(/\r?\n\r?\n/)[0] ?? '')[0] ?? [])
  return {
    type: cleanLine(fieldValue(report, 'feedback-type') ?? 'abuse').toLowerCase(),
    originalSenders: [fieldValue(report, 'original-mail-from'), fieldValue(head, 'return-path'), fieldValue(head, 'x-envelope-from')].flatMap(value =>
      value === undefined ? [] : addressesIn(value),
    ),
    unsubscribeAddresses: (fieldValue(head, 'list-unsubscribe')?.match(/<https?:[^>]{1,500}>/g) ?? []).map(address => address.slice(1, -1)),
  }
}

const LARGEST_PART = 128 * 1024

function textOf({ content }: Attachment): string {
  if (typeof content === 'string') return content.slice(0, LARGEST_PART)
  return new TextDecoder().decode(new Uint8Array(content).subarray(0, LARGEST_PART))
}

function addressesIn(value: string): readonly string[] {
  return (value.slice(0, 4_000).match(/[^\s<>,;:"()]{1,128}@[^\s<>,;:"()]{1,255}/g) ?? []).map(address => address.toLowerCase())
}

function refused(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
