import { timingSafeEqual } from 'node:crypto'
import { makeId, type Id } from '../../../kernel/id.ts'
import type { MailMessage } from '../../../platform/mail/transport.ts'
import type { Platform } from '../../../platform/platform.ts'
import { streamHeaders, type StreamReader } from './streams/model.ts'

/** What a message carries besides its text: where it bounces to, and how its reader stops the like of it. */
export type Envelope = Pick<MailMessage, 'headers' | 'returnPath'>

type Parts = Pick<Platform, 'signer' | 'config'>

/** For a message that belongs to a stream. `about` names its kind and nobody, such as `CC-5001` and `release`. */
export function streamEnvelope(platform: Parts, reader: StreamReader, about: readonly string[], deliveryId?: Id<'delivery'>): Envelope {
  const { signer, config } = platform
  return {
    headers: streamHeaders(config.baseUrl, reader, about, (purpose, text) => signer.sign(purpose, text)),
    ...(deliveryId === undefined ? {} : returnPath(platform, deliveryId)),
  }
}

/** Where a message bounces to that was asked for, such as a fresh link; nothing where no address for bounces is set up. */
export function returnPath(platform: Parts, deliveryId: Id<'delivery'>): Envelope {
  const base = platform.config.mail.bounceAddress
  return base === null ? {} : { returnPath: bounceAddress(platform, base, deliveryId) }
}

/** 80 bits: what must be guessed is one address among as many, each try a message, and all that it wins is one bounce. */
const MAC_BYTES = 10
const PURPOSE = 'bounce-address'

/**
 * The sender of one delivery's envelope (VERP): `bounce+<32 digits of its id>.<20 of a signature>@…`. With nine characters before the plus it is
 * as long as an address may be (RFC 5321 §4.5.3.1.1), and all lower case, since some servers change the case.
 */
function bounceAddress({ signer }: Parts, base: string, deliveryId: Id<'delivery'>): string {
  const digits = deliveryId.slice(-32)
  const mac = Buffer.from(signer.sign(PURPOSE, deliveryId), 'base64url').subarray(0, MAC_BYTES).toString('hex')
  const at = base.lastIndexOf('@')
  return `${base.slice(0, at)}+${digits}.${mac}${base.slice(at)}`
}

/**
 * The delivery that an address for bounces is that of; `undefined` for any address that we did not make. Anybody can write a report: only who had
 * the message knows its address, so nothing in a report counts without it.
 */
export function deliveryOf(platform: Parts, address: string): Id<'delivery'> | undefined {
  const base = platform.config.mail.bounceAddress
  const digits = /\+([0-9a-f]{32})\.[0-9a-f]{20}@/.exec(address.toLowerCase())?.[1]
  if (base === null || digits === undefined) return undefined
  const deliveryId = makeId('delivery', digits)
  const [given, right] = [Buffer.from(address.toLowerCase()), Buffer.from(bounceAddress(platform, base, deliveryId))]
  return given.length === right.length && timingSafeEqual(given, right) ? deliveryId : undefined
}
