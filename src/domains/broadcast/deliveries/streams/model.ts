import { parseId, type Id } from '../../../../kernel/id.ts'

/**
 * Streams: the kinds of mail that a reader may stop, each by itself (RFC 8058). Stopping one never leaves an organisation without a contact in
 * silence: it asks the organisation and its region to name another (directory/contacts/repairs).
 */
export const STREAMS = {
  bulletins: { label: 'bulletins', title: 'Bulletins' },
  digest: { label: 'the weekly digest', title: 'Weekly digest' },
} as const

/** What the signature of a link is for that stops a stream. */
export const STREAM_PURPOSE = 'stop-stream'

/** Where such a link leads. */
export const STREAM_PATH = '/u'

/** Who reads, and which stream: a contact and its bulletins, or a letter of the digest. */
export type StreamReader = { readonly stream: 'bulletins'; readonly id: Id<'contact'> } | { readonly stream: 'digest'; readonly id: Id<'letter'> }

/** The address that stops a stream: signed for its reader alone, and good for as long as the message may lie in a mailbox. */
export function stopAddress(baseUrl: string, reader: StreamReader, sign: (purpose: string, text: string) => string): string {
  return `${baseUrl}${STREAM_PATH}/${reader.id}.${sign(STREAM_PURPOSE, reader.id)}`
}

/** Takes a token apart. `undefined` unless it has the right form; whether it is ours, the signature says. */
export function parseStreamToken(token: string): { readonly reader: StreamReader; readonly signature: string } | undefined {
  const [, text = '', signature = ''] = /^((?:con|let)_[0-9a-f]{32})\.([\w-]{43})$/.exec(token) ?? []
  const contactId = parseId('contact', text)
  const letterId = parseId('letter', text)
  if (contactId !== undefined) return { reader: { stream: 'bulletins', id: contactId }, signature }
  return letterId === undefined ? undefined : { reader: { stream: 'digest', id: letterId }, signature }
}

/**
 * The fields by which a mail program knows the stream and offers to stop it: RFC 2369, RFC 8058 (one click only over TLS, which it asks for),
 * RFC 2919, and `Feedback-ID`, by which large receivers sum up complaints. `about` names the message's kind and nobody: `CC-5001`, `release`.
 */
export function streamHeaders(
  baseUrl: string,
  reader: StreamReader,
  about: readonly string[],
  sign: (purpose: string, text: string) => string,
): Readonly<Record<string, string>> {
  const host = URL.parse(baseUrl)?.hostname.replace(/^\[|\]$/g, '') ?? 'localhost'
  const { title } = STREAMS[reader.stream]
  return {
    'List-Unsubscribe': `<${stopAddress(baseUrl, reader, sign)}>`,
    ...(baseUrl.startsWith('https:') ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
    'List-Id': `${title} <${reader.stream}.${host}>`,
    'Feedback-ID': [...about, reader.stream, host].map(part => part.replace(/[^\w.-]/g, '-')).join(':'),
  }
}
