import { z } from 'zod'
import { addHours, type Instant } from '../../../kernel/instant.ts'
import { TLP, tlpRank, type Tlp } from '../../../kernel/tlp.ts'
import { mailsContent, SEVERITIES, type BulletinSeverity } from '../bulletins/model.ts'

/**
 * Webhooks: what happens is told to the machines of organisations, to Standard Webhooks 1.0.0 (https://www.standardwebhooks.com).
 *
 * Invariants:
 * 1. What is told is written in the transaction of what it tells of: neither is there without the other.
 * 2. A message keeps its id through every try and replay: a receiver that keeps the ids it has seen acts once.
 * 3. Above TLP:CLEAR a message holds a number and an address; who may read the rest signs in.
 * 4. A message is sent by one worker at a time, under a lease; who dies leaves it to another.
 * 5. Success is a 2xx. A redirect is a failure and is never followed.
 */
export const EVENT_TYPES = ['bulletin.released', 'bulletin.updated', 'bulletin.withdrawn', 'response.recorded'] as const
export type EventType = (typeof EVENT_TYPES)[number]

/** What an endpoint's owner may ask for by hand. */
export const TEST_TYPE = 'webhook.test'
export type MessageType = EventType | typeof TEST_TYPE

export const EVENT_WORDS: Readonly<Record<MessageType, string>> = {
  'bulletin.released': 'A bulletin is released',
  'bulletin.updated': 'A bulletin changes in a way that matters',
  'bulletin.withdrawn': 'A bulletin is withdrawn',
  'response.recorded': 'An answer of yours is recorded',
  'webhook.test': 'A test that you asked for',
}

export const WEBHOOK_KINDS = ['hmac', 'ed25519', 'teams'] as const
export type WebhookKind = (typeof WEBHOOK_KINDS)[number]

export type WebhookState = 'active' | 'paused' | 'disabled' | 'removed'

export const MESSAGE_STATES = ['waiting', 'sending', 'accepted', 'failed', 'given-up'] as const
export type MessageState = (typeof MESSAGE_STATES)[number]

/** Sends what waits for the endpoints. */
export const SEND_WEBHOOKS = { name: 'broadcast.send-webhooks', payload: z.object({}) }

/** Tells the owner of an endpoint, by mail, that it was switched off. */
export const TELL_WEBHOOK_OWNER = { name: 'broadcast.tell-webhook-owner', payload: z.object({ webhookId: z.string(), words: z.string() }) }

/** The pauses after each failed try, in seconds: Standard Webhooks asks for growing ones, for about three days in all. After the last it is given up. */
const LADDER_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
export const MOST_ATTEMPTS = LADDER_SECONDS.length + 1
const JITTER = 0.1
const LONGEST_PAUSE_SECONDS = 86_400

/** What the owner of an endpoint is told whose address leads into a private network. */
export const INSIDE = 'That address leads into a private network, so nothing is sent there. Give one that can be reached from outside.'

/** How long an old secret signs beside a new one. */
export const OVERLAP_HOURS = 24

export const MESSAGE_TIMEOUT_MILLIS = 20_000
/** A claim is good for so long: longer than a batch can take. */
export const LEASE_SECONDS = 300

/** How one try ended. `status` is what the receiver answered; `null` when it gave no answer. */
export interface Attempted {
  readonly isAccepted: boolean
  readonly status: number | null
  readonly words: string
  /** How long the receiver asks to be left alone; `null` when it does not say. */
  readonly retryAfterSeconds: number | null
}

/** What follows from a try. */
export interface Consequence {
  readonly state: MessageState
  readonly dueAt: Instant | null
  /** Until when the whole endpoint is left alone. */
  readonly throttledUntil: Instant | null
  /** Why the endpoint is switched off, as a sentence for its owner. */
  readonly disabledBecause: string | null
}

const BUSY: ReadonlySet<number> = new Set([429, 502, 504])

/**
 * What follows from the try of that number, counted from 1 (Standard Webhooks 1.0.0, "Retries" and "Recommended status codes"): 410 switches
 * the endpoint off; 429, 502 and 504 slow it down; `Retry-After` is heeded, up to a day. `chance`, from 0 to 1, spreads tries that
 * would come together.
 */
export function consequenceOf(attempted: Attempted, attempts: number, now: Instant, chance: number): Consequence {
  const nothing = { dueAt: null, throttledUntil: null, disabledBecause: null }
  if (attempted.isAccepted) return { ...nothing, state: 'accepted' }
  if (attempted.status === 410) return { ...nothing, state: 'given-up', disabledBecause: 'The receiver answered 410: it wants no more messages.' }
  const step = LADDER_SECONDS[attempts - 1]
  if (step === undefined) {
    return {
      ...nothing,
      state: 'given-up',
      disabledBecause: `A message was tried ${MOST_ATTEMPTS} times in about three days and never accepted. The last answer: ${attempted.words}`,
    }
  }
  const asked = Math.min(attempted.retryAfterSeconds ?? 0, LONGEST_PAUSE_SECONDS)
  const pause = Math.max(step * (1 + JITTER * chance), asked)
  const dueAt = addHours(now, pause / 3_600)
  const isBusy = asked > 0 || (attempted.status !== null && BUSY.has(attempted.status))
  return { ...nothing, state: 'failed', dueAt, throttledUntil: isBusy ? dueAt : null }
}

/** What is kept of an event to tell it later. Above GREEN no more than the number, so that nothing more is copied than may be told anywhere. */
export const Facts = z.object({
  number: z.string().optional(),
  tlp: z.enum(TLP).default('RED'),
  isExercise: z.boolean().default(false),
  title: z.string().optional(),
  severity: z.enum(SEVERITIES).optional(),
  version: z.number().int().optional(),
  respondBy: z.string().nullable().optional(),
  summary: z.string().optional(),
  cves: z.array(z.string()).optional(),
  /** What is new in an update. */
  update: z.string().optional(),
  /** Why it was withdrawn. */
  reason: z.string().optional(),
  organisation: z.string().optional(),
  state: z.string().optional(),
})
export type Facts = z.infer<typeof Facts>

/** What of the facts may be kept under their label. Of what is for a sharing group no more than the number: whose channel it is, is not known. */
export function factsToKeep(facts: Facts, isOfGroup: boolean): Facts {
  return mailsContent(facts.tlp) && !isOfGroup ? facts : { number: facts.number, tlp: facts.tlp, isExercise: facts.isExercise }
}

/** Whether the payload may hold more than the number and the address: only what everybody may read. */
function isOpen(tlp: Tlp): boolean {
  return tlpRank(tlp) === tlpRank('CLEAR')
}

const MOST_CVES = 200

const Reference = {
  id: z.string().describe('The number of the bulletin, such as CC-5001'),
  url: z.url().describe('Where to read it, signed in'),
  exercise: z.literal(true).optional().describe('Present in an exercise only: it is not happening'),
}
const About = {
  title: z.string().optional(),
  severity: z.enum(SEVERITIES).optional(),
  tlp: z.literal('CLEAR').optional().describe('Above TLP:CLEAR nothing but id and url is sent'),
}

/** The shape of `data`, one for each type. What is optional is absent above TLP:CLEAR. */
const DATA = {
  'bulletin.released': z.strictObject({
    ...Reference,
    ...About,
    version: z.number().int().optional(),
    respondBy: z.iso.datetime().nullable().optional().describe('By when an answer is asked for'),
    summary: z.string().optional(),
    cves: z.array(z.string()).max(MOST_CVES).optional(),
  }),
  'bulletin.updated': z.strictObject({ ...Reference, ...About, update: z.string().optional().describe('What is new') }),
  'bulletin.withdrawn': z.strictObject({ ...Reference, ...About, reason: z.string().optional() }),
  'response.recorded': z.strictObject({
    ...Reference,
    tlp: z.literal('CLEAR').optional(),
    organisation: z.string().optional().describe('The code of the organisation that answers'),
    state: z.string().optional().describe('Such as acknowledged, in-progress, done, not-acting'),
  }),
  'webhook.test': z.strictObject({ url: z.url(), message: z.string() }),
} as const satisfies Readonly<Record<MessageType, z.ZodType>>

/** The JSON Schema of a message of that type: what receivers may rely on. */
export function schemaOf(type: MessageType): object {
  const envelope = z.strictObject({
    type: z.literal(type),
    timestamp: z.iso.datetime().describe('When it happened; the header webhook-timestamp says when it was sent'),
    data: DATA[type],
  })
  return { title: `${type}: ${EVENT_WORDS[type]}`, ...z.toJSONSchema(envelope) }
}

export function isMessageType(text: string): text is MessageType {
  return Object.hasOwn(DATA, text)
}

/** What is told, and when it happened. */
export interface Telling {
  readonly type: MessageType
  readonly at: Instant
  readonly facts: Facts
}

/** The most that a body may hold, in bytes: Standard Webhooks advises less than 20 kB. */
export const LARGEST_BYTES = 20_000

/** The body of a message. `url` is where the bulletin is read. */
export function payloadOf(
  { type, at, facts }: Telling,
  url: string,
): { readonly type: MessageType; readonly timestamp: string; readonly data: object } {
  const envelope = { type, timestamp: at.toISOString() }
  if (type === TEST_TYPE) return { ...envelope, data: { url, message: 'This is a test. Nothing has happened.' } }
  const thin = { id: facts.number ?? '', url, ...(facts.isExercise ? { exercise: true } : {}) }
  if (!isOpen(facts.tlp)) return { ...envelope, data: thin }
  const { title, severity, version, respondBy, summary, cves, update, reason, organisation, state } = facts
  const about = { ...thin, title, severity, tlp: 'CLEAR' }
  const data = {
    'bulletin.released': { ...about, version, respondBy, summary, cves: cves?.slice(0, MOST_CVES) },
    'bulletin.updated': { ...about, update },
    'bulletin.withdrawn': { ...about, reason },
    'response.recorded': { ...thin, tlp: 'CLEAR', organisation, state },
  }[type]
  const full = { ...envelope, data: defined(data) }
  return Buffer.byteLength(JSON.stringify(full)) < LARGEST_BYTES ? full : { ...envelope, data: thin }
}

function defined(data: object): object {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
}

/** Which severities an endpoint is told of that asks for this one and worse. */
export const SEVERITY_CHOICES: Readonly<Record<BulletinSeverity, string>> = {
  high: 'High only',
  medium: 'Medium and high',
  low: 'Low and worse',
  information: 'All',
}
