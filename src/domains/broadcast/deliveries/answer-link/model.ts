import { makeId, parseId, type Id } from '../../../../kernel/id.ts'
import { addDays, type Instant } from '../../../../kernel/instant.ts'

/** What the signature of an answer link is for. */
export const LINK_PURPOSE = 'answer-link'

/** How many days an answer link works after its message was sent. */
export const LINK_DAYS = 30

/** An answer link's meaning. */
export interface AnswerLink {
  readonly deliveryId: Id<'delivery'>
  /** Only the newest generation works. */
  readonly generation: number
  readonly expiresAt: Instant
}

/** Signs a text for a purpose, in base64url (`Signer`). */
type Sign = (purpose: string, text: string) => string

interface Told {
  readonly id: Id<'delivery'>
  readonly generation: number
}

/** The address that stands in a mail: signed, for this delivery and generation, good for thirty days. */
export function answerAddress(baseUrl: string, sign: Sign, delivery: Told, sentAt: Instant): string {
  const text = linkText(linkFor(delivery, sentAt))
  return `${baseUrl}/r/${text}.${sign(LINK_PURPOSE, text)}`
}

/** The same for a text message, where each character counts: half as long. `signShort` gives 16 characters. */
export function shortAnswerAddress(baseUrl: string, signShort: Sign, delivery: Told, sentAt: Instant): string {
  const link = linkFor(delivery, sentAt)
  return `${baseUrl}/r/${packed(link)}${signShort(LINK_PURPOSE, linkText(link))}`
}

function linkFor({ id, generation }: Told, sentAt: Instant): AnswerLink {
  return { deliveryId: id, generation, expiresAt: addDays(sentAt, LINK_DAYS) }
}

/** The part of the token that is signed: `<delivery>.<generation>.<expires, seconds since 1970>`. */
function linkText(link: AnswerLink): string {
  return `${link.deliveryId}.${link.generation}.${secondsOf(link.expiresAt)}`
}

function secondsOf(at: Instant): number {
  return Math.floor(at.getTime() / 1_000)
}

/** A token that was taken apart. */
export interface LinkToken {
  readonly link: AnswerLink
  /** What is signed. */
  readonly text: string
  readonly signature: string
  /** As a text message has it: with the short signature. */
  readonly isShort: boolean
}

/** Takes a token apart. `undefined` unless it has one of the two forms; whether it is ours, the signature says. */
export function parseLinkToken(token: string): LinkToken | undefined {
  const short = /^([\w-]{31})([\w-]{16})$/.exec(token)
  if (short !== null) return unpacked(short[1] ?? '', short[2] ?? '')
  const match = /^(del_[0-9a-f]{32})\.(\d{1,6})\.(\d{10,11})\.([\w-]{43})$/.exec(token)
  const deliveryId = parseId('delivery', match?.[1] ?? '')
  if (match === null || deliveryId === undefined) return undefined
  const [, , generation = '', expires = '', signature = ''] = match
  const link = { deliveryId, generation: Number(generation), expiresAt: new Date(Number(expires) * 1_000) }
  return { link, text: `${deliveryId}.${generation}.${expires}`, signature, isShort: false }
}

/** A UUID, the generation and the seconds, in big-endian bytes. */
const UUID_BYTES = 16
const GENERATION_BYTES = 3
const SECONDS_BYTES = 4

function packed({ deliveryId, generation, expiresAt }: AnswerLink): string {
  const bytes = Buffer.alloc(UUID_BYTES + GENERATION_BYTES + SECONDS_BYTES)
  bytes.write(deliveryId.slice(deliveryId.indexOf('_') + 1), 'hex')
  bytes.writeUIntBE(generation, UUID_BYTES, GENERATION_BYTES)
  bytes.writeUInt32BE(secondsOf(expiresAt), UUID_BYTES + GENERATION_BYTES)
  return bytes.toString('base64url')
}

function unpacked(text: string, signature: string): LinkToken | undefined {
  const bytes = Buffer.from(text, 'base64url')
  // The last character has bits to spare: one address a link, and no other that reads the same.
  if (bytes.toString('base64url') !== text) return undefined
  const link = {
    deliveryId: makeId('delivery', bytes.toString('hex', 0, UUID_BYTES)),
    generation: bytes.readUIntBE(UUID_BYTES, GENERATION_BYTES),
    expiresAt: new Date(bytes.readUInt32BE(UUID_BYTES + GENERATION_BYTES) * 1_000),
  }
  return { link, text: linkText(link), signature, isShort: true }
}

const CHECK_PURPOSE = 'text-check-code'

/**
 * The six digits that a text message about a bulletin carries for an organisation. Anybody can send a text in our name; only we know the code, and
 * say it where the sender of a false one has no hand: on the organisation's own page, and on the telephone.
 */
export function checkCode(sign: Sign, bulletinId: string, organisationId: string): string {
  const bytes = Buffer.from(sign(CHECK_PURPOSE, `${bulletinId}.${organisationId}`), 'base64url')
  return String(bytes.readUInt32BE(0) % 1_000_000).padStart(6, '0')
}
