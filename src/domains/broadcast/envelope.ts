import { timingSafeEqual } from 'node:crypto'
import { makeId, type Id } from '../../kernel/id.ts'
import type { MailMessage } from '../../platform/mail/transport.ts'
import type { Platform } from '../../platform/platform.ts'
import { streamHeaders, type StreamReader } from './deliveries/streams/model.ts'

/** What a message carries besides its text: where it bounces to, and how its reader stops the like of it. */
export type Envelope = Pick<MailMessage, 'headers' | 'returnPath'>

type Parts = Pick<Platform, 'signer' | 'config'>

/** For a message that belongs to a stream. `about` names its kind and nobody, such as `CC-5001` and `release`. */
export function streamEnvelope(platform: Parts, reader: StreamReader, about: readonly string[], id?: Returned['id']): Envelope {
  const { signer, config } = platform
  return {
    headers: streamHeaders(config.baseUrl, reader, about, (purpose, text) => signer.sign(purpose, text)),
    ...(id === undefined ? {} : returnPath(platform, id)),
  }
}

/** Where a message bounces to that was asked for, such as a fresh link; nothing where no address for bounces is set up. */
export function returnPath(platform: Parts, id: Returned['id']): Envelope {
  const base = platform.config.mail.bounceAddress
  return base === null ? {} : { returnPath: bounceAddress(platform, base, id) }
}

/** What comes back: a delivery of a bulletin, or a letter of the digest. */
export type Returned = { readonly kind: 'delivery'; readonly id: Id<'delivery'> } | { readonly kind: 'letter'; readonly id: Id<'letter'> }

/** 80 bits: what must be guessed is one address among as many, each try a message, and all that it wins is one bounce. */
const MAC_BYTES = 10
const PURPOSE = 'bounce-address'

/** What stands before the digits of a letter; a delivery, of which there are many more, has nothing. */
const LETTER = 'l'

/**
 * The sender of one message's envelope (VERP): `bounce+<32 digits of its id>.<20 of a signature>@…`. With nine characters before the plus it is
 * as long as an address may be (RFC 5321 §4.5.3.1.1), and all lower case, since some servers change the case.
 */
function bounceAddress({ signer }: Parts, base: string, id: Returned['id']): string {
  const digits = id.slice(-32)
  const mac = Buffer.from(signer.sign(PURPOSE, id), 'base64url').subarray(0, MAC_BYTES).toString('hex')
  const at = base.lastIndexOf('@')
  const kind = id === makeId('letter', digits) ? LETTER : ''
  return `${base.slice(0, at)}+${kind}${digits}.${mac}${base.slice(at)}`
}

/**
 * What an address for bounces is that of; `undefined` for any address that we did not make. Anybody can write a report: only who had the message
 * knows its address, so nothing in a report counts without it.
 */
export function returnedTo(platform: Parts, address: string): Returned | undefined {
  const base = platform.config.mail.bounceAddress
  const [, kind, digits] = /\+(l?)([0-9a-f]{32})\.[0-9a-f]{20}@/.exec(address.toLowerCase()) ?? []
  if (base === null || digits === undefined) return undefined
  const returned: Returned = kind === LETTER ? { kind: 'letter', id: makeId('letter', digits) } : { kind: 'delivery', id: makeId('delivery', digits) }
  const [given, right] = [Buffer.from(address.toLowerCase()), Buffer.from(bounceAddress(platform, base, returned.id))]
  return given.length === right.length && timingSafeEqual(given, right) ? returned : undefined
}
