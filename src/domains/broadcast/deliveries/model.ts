import { z } from 'zod'
import { addHours, type Instant } from '../../../kernel/instant.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { holdingMark } from '../bulletins/holding/model.ts'
import { fiveLines, mailsContent, severityLabel, type BulletinContent, type BulletinSeverity } from '../bulletins/model.ts'
import type { Headline } from '../renditions/model.ts'
import { groupWords } from '../sharing-groups/model.ts'

/**
 * Deliveries: one message to one contact over one channel, and the link in it by which the organisation answers. They belong to a mailing:
 * one carrying of a released bulletin (its release, an update, a reminder).
 *
 * Invariants:
 * 1. A delivery is sent by one worker at a time: it is claimed (`sending`) in a transaction that skips what others hold.
 * 2. Nothing is lost: a claim is a lease. When it runs out without an outcome (the worker died), the delivery is taken up again.
 * 3. The one window that can double a message lies between the mail server's "250" and the commit that records it. SMTP
 *    (RFC 5321 §6.1) cannot close it: the server has the message, and only we know that we do not know. It holds at most
 *    `MOST_IN_DOUBT` a worker, and the repeat carries the same Message-ID, so that a receiver can tell.
 * 4. A bulletin that is withdrawn sends nothing more, save the message that says so.
 * 5. One person, one message: deliveries of one mailing to one address are carried by the first of them, which names every
 *    organisation and has a link for each. They share its state.
 */
export const DELIVERY_STATES = ['queued', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'given-up'] as const

export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** What may still be sent. */
export const OPEN_STATES = ['queued', 'sending', 'failed'] as const satisfies readonly DeliveryState[]

/** What will reach nobody unless a person has it tried again. */
export const DEAD_STATES = ['bounced', 'given-up'] as const satisfies readonly DeliveryState[]

/**
 * Why a bulletin is carried. `catch-up` is the release for those who joined later; `reminder` goes to who has not answered; `escalation`
 * tells a named senior who has not.
 */
export const MAILING_KINDS = ['release', 'update', 'withdrawal', 'catch-up', 'reminder', 'escalation'] as const

export type MailingKind = (typeof MAILING_KINDS)[number]

/** What each kind of mailing is called on pages. */
export const MAILING_LABELS: Readonly<Record<MailingKind, string>> = {
  release: 'Release',
  update: 'Update',
  withdrawal: 'Withdrawal',
  'catch-up': 'Sent later',
  reminder: 'Reminder',
  escalation: 'Escalation',
}

export const CHANNELS = ['email', 'text'] as const

export type Channel = (typeof CHANNELS)[number]

/** The most organisations that one message names: beyond, the links alone would make it too large for mail servers, and nobody reads so many. */
export const MOST_IN_A_MESSAGE = 100

/** One worker's share: with more messages, more workers start at once, up to four. */
const MESSAGES_A_WORKER = 200
const MOST_WORKERS = 4

/** How many workers begin on a mailing. Each claims batches by itself, so more would only share the same mail server. */
export function workersFor(messages: number): number {
  return Math.min(MOST_WORKERS, Math.ceil(messages / MESSAGES_A_WORKER))
}

/** How many deliveries of a bulletin stand in each state. */
export interface DeliveryCounts {
  /** Queued, or with a worker. */
  readonly queued: number
  /** Taken by the mail server, and not known to have come back. */
  readonly sent: number
  /** Failed, to be tried again. */
  readonly failed: number
  /** Given up, or come back. */
  readonly givenUp: number
  readonly total: number
}

/** Carries one mailing to its contacts. Whoever makes the mailing enqueues it; it comes back by itself while retries remain. */
export const DELIVER = { name: 'broadcast.deliver', payload: z.object({ mailingId: z.string() }) }

/** By the clock: takes up mailings whose worker died. */
export const RESUME_DELIVERY = { name: 'broadcast.resume-delivery', payload: z.object({}) }

/** Sends a fresh answer link to the contact of one delivery. */
export const SEND_LINK = { name: 'broadcast.send-link', payload: z.object({ deliveryId: z.string(), generation: z.number().int() }) }

/** How many are claimed at a time. */
export const BATCH_SIZE = 100

/** How many messages one worker has on the wire at once: as many as the transport keeps connections. */
export const ON_THE_WIRE = 8

/** With so many finished, their outcomes are written down; with so many that could not be written yet, no other is begun. */
export const WRITE_AT = 20
export const HOLD_AT = 40

/** The most that one dying worker can leave in doubt: what it was writing down, and what finished or was on the wire meanwhile. */
export const MOST_IN_DOUBT = 2 * (HOLD_AT + ON_THE_WIRE)

/** A claim is good for so long. No message is begun after half of it, and none may take longer than a third. */
export const LEASE_SECONDS = 600

/** How often a message is tried before it is given up. With the pauses of `retryPauseSeconds`: for about a day. */
export const MOST_ATTEMPTS = 12

const FIRST_PAUSE_SECONDS = 60
const LONGEST_PAUSE_SECONDS = 4 * 3_600

/** The pause after that many attempts: a minute, doubling, up to four hours (RFC 5321 §4.5.4.1 asks for patience, then for long pauses). */
function retryPauseSeconds(attempts: number): number {
  return Math.min(FIRST_PAUSE_SECONDS * 2 ** Math.max(attempts - 1, 0), LONGEST_PAUSE_SECONDS)
}

/** What follows from an attempt's outcome. `dueAt` is when it may be taken up again. */
export function afterAttempt(
  outcome: { readonly ok: boolean; readonly permanent: boolean; readonly pauseSeconds?: number | null },
  attempts: number,
  now: Instant,
): { readonly state: DeliveryState; readonly dueAt: Instant | null } {
  if (outcome.ok) return { state: 'sent', dueAt: null }
  if (outcome.permanent || attempts >= MOST_ATTEMPTS) return { state: 'given-up', dueAt: null }
  return { state: 'failed', dueAt: addHours(now, Math.max(retryPauseSeconds(attempts), outcome.pauseSeconds ?? 0) / 3_600) }
}

/** How much of what a server says is kept. */
export const LONGEST_WORDS = 500

/** The mail domain of an address, in lower case. As PostgreSQL reads it for the deliveries that are put off (queries/pace.ts). */
export function domainOf(address: string): string {
  return (address.split('@')[1] ?? '').toLowerCase()
}

const MINUTE_MILLIS = 60_000

/** The minute that counts what was sent. */
export function minuteOf(now: Instant): Instant {
  return new Date(Math.floor(now.getTime() / MINUTE_MILLIS) * MINUTE_MILLIS)
}

/** 421: the server is busy or counts (RFC 5321 §4.2.3). 450 to 452: not now; one of many may be a matter of that one mailbox. */
export function isAskingForPatience(said: readonly { readonly ok: boolean; readonly words: string }[]): boolean {
  if (said.some(({ ok, words }) => !ok && /^421\b/.test(words))) return true
  return said.every(({ ok }) => !ok) && said.some(({ words }) => /^45\d\b/.test(words))
}

const LONGEST_SLOW_SECONDS = 900

/** How long a domain is left alone after it asked for patience that often in a row. */
export function slowPauseSeconds(times: number): number {
  return Math.min(FIRST_PAUSE_SECONDS * 2 ** (times - 1), LONGEST_SLOW_SECONDS)
}

/** The Message-ID of a delivery (RFC 5322 §3.6.4), without angle brackets. Every try carries the same; a fresh link is a message of its own. */
export function messageIdOf(deliveryId: string, baseUrl: string, generation = 1): string {
  const host = URL.parse(baseUrl)?.hostname.replace(/^\[|\]$/g, '') ?? 'localhost'
  return `${deliveryId}.${generation}@${host}`
}

/** The text message that takes a bulletin back, or leads to the one that replaces it: one part, in the GSM alphabet. */
export function withdrawnText(number: string, successor: string | null, link: string, isExercise: boolean): string {
  const ends = successor === null ? 'is withdrawn. You need do nothing more for it.' : `is replaced by ${successor}: read that one.`
  const text = `CareCERT ${number} ${ends} ${link}`
  return isExercise ? `EXERCISE. ${text} EXERCISE` : text
}

/** The text message that brings a fresh answer link: the bulletin itself was sent before. */
export function newLinkText(number: string, link: string, isExercise: boolean): string {
  const text = `CareCERT ${number}: your new answer link. Those before it no longer work. ${link}`
  return isExercise ? `EXERCISE. ${text} EXERCISE` : text
}

/** What a message tells of a bulletin, and why it is sent. */
export interface Told {
  readonly kind: MailingKind
  readonly title: string
  readonly severity: BulletinSeverity
  readonly tlp: Tlp
  readonly releasedAt: Instant
  readonly respondBy: Instant | null
  readonly withdrawnReason: string | null
  readonly isExercise: boolean
  readonly content: BulletinContent
  readonly update: { readonly title: string; readonly body: string } | null
  /** The number of the bulletin that replaces it. */
  readonly successor?: string | null
  /** When an update last asked everybody to answer again. */
  readonly askedAgainAt?: Instant | null
}

/** What a message's subject says before its title, by why it is sent. */
const SUBJECT_LEADS: Readonly<Record<MailingKind, string>> = {
  release: '',
  'catch-up': '',
  update: 'Updated: ',
  withdrawal: 'Withdrawn: ',
  reminder: 'Please answer: ',
  escalation: 'No answer yet: ',
}

/** What a message is about, in one line: why it is sent, and the title of what is new or of the bulletin. */
export function headlineOf({ kind, title, update, successor = null, askedAgainAt = null }: Told): Headline {
  const lead =
    successor !== null && kind === 'withdrawal'
      ? 'Replaced: '
      : askedAgainAt !== null && kind === 'escalation'
        ? 'No answer since it changed: '
        : SUBJECT_LEADS[kind]
  return { lead, title: update?.title ?? title }
}

/**
 * The subject of a bulletin's message, and what its templates (`bulletin.mail.*.njk`, `withdrawal.mail.*.njk`) need besides `answers` and
 * `contact`. Above GREEN the text of the bulletin, its title too, is not in the message: only that there is one, and where to read it.
 */
export function letterOf(told: Told, number: string, readAddress: string) {
  const { kind, title, tlp, releasedAt, respondBy, isExercise, content, update, withdrawnReason } = told
  const isOpen = mailsContent(tlp)
  const severity = severityLabel(told.severity)
  const { successor = null, askedAgainAt = null } = told
  const headline = headlineOf(told)
  const named = `TLP:${tlp} ${severity} ${number} ${headline.lead}${isOpen ? headline.title : `${holdingMark(title)}Sign in to read it`}`
  const { summary, remediationIntro, steps, safeToUse, sources } = content
  const lines = fiveLines(content)
  return {
    subject: isExercise ? `EXERCISE ${named} EXERCISE` : named,
    kind,
    number,
    tlp,
    sharingGroup: isOpen && content.sharingGroup !== undefined ? groupWords(content.sharingGroup) : null,
    severity,
    releasedAt,
    respondBy,
    isExercise,
    readAddress,
    // A number may travel under every label.
    successor,
    askedAgainAt,
    withdrawnReason: isOpen ? withdrawnReason : null,
    update: isOpen ? update : null,
    // Advice that is one line stands at the top already.
    bulletin: isOpen ? { title, lines, summary, advice: remediationIntro === lines.doThis ? '' : remediationIntro, steps, safeToUse, sources } : null,
  }
}
