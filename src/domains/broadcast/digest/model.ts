import { z } from 'zod'
import { addHours, londonDate, londonInstant, ZONE, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { bulletinNumber, severityLabel, type BulletinSeverity } from '../bulletins/model.ts'
import { dayFrom, workdayAfter, type ClosedDays } from '../chase/closed-days/model.ts'
import { carriesContent } from '../clearance.ts'

/**
 * The weekly digest: what waits for an answer, and what was promised, each with its own link to answer. It carries content, not a list of
 * links; it says nothing when there is nothing to say; one address gets one letter, for all the organisations that it stands for.
 *
 * Invariants:
 * 1. One digest a day at most, and in it one letter an address.
 * 2. What it says is read when the letter's turn comes: what was answered meanwhile is not asked for again.
 * 3. Above GREEN neither the title nor the text is in the letter.
 * 4. Exercises are not in it: they are no business of a working week.
 * 5. A letter is claimed by a lease, as deliveries are: a crash delays it, and can double no more than what was in flight.
 */
export const MAKE_DIGEST = { name: 'broadcast.make-digest', payload: z.object({}) }
export const SEND_DIGEST = { name: 'broadcast.send-digest', payload: z.object({ digestId: z.string() }) }

export interface DigestPolicy {
  readonly effectiveFrom: LocalDate
  readonly weekday: number | null
  readonly hour: number
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
const weekdayIn = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, weekday: 'short' })
const hourIn = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hour: '2-digit', hourCycle: 'h23' })

/** Whether the policy in force at that instant sends the digest in that hour: on its weekday, or on the next working day where nobody works on that. */
export function isDigestHour(policies: readonly DigestPolicy[], now: Instant, closed: ClosedDays): boolean {
  const today = londonDate(now)
  const policy = policies.filter(({ effectiveFrom }) => effectiveFrom <= today).toSorted((a, b) => b.effectiveFrom.localeCompare(a.effectiveFrom))[0]
  if (policy === undefined || policy.weekday === null) return false
  return digestDayUntil(today, DAYS[policy.weekday - 1], closed) === today && Number(hourIn.format(now)) === policy.hour
}

/** The day on which the digest of the newest such weekday up to today goes out. */
function digestDayUntil(today: LocalDate, weekday: string | undefined, closed: ClosedDays): LocalDate {
  const week = Array.from({ length: 7 }, (_, days) => dayFrom(today, -days))
  const newest = week.find(day => weekdayIn.format(londonInstant(day, 12, 0)) === weekday) ?? today
  return closed.has(newest) ? workdayAfter(newest, closed) : newest
}

export const BATCH_SIZE = 100
export const LEASE_SECONDS = 600
const MOST_ATTEMPTS = 8

/** Of these something is still to be sent. */
export const OPEN_LETTERS = ['queued', 'sending', 'failed'] as const

/** A digest that is two days late is no digest. */
export const STALE_HOURS = 48

/** What follows from an attempt. A letter is given up sooner than a bulletin's message. */
export function afterAttempt(
  outcome: { readonly ok: boolean; readonly permanent: boolean },
  attempts: number,
  now: Instant,
): { readonly state: 'sent' | 'failed' | 'given-up'; readonly dueAt: Instant | null } {
  if (outcome.ok) return { state: 'sent', dueAt: null }
  if (outcome.permanent || attempts >= MOST_ATTEMPTS) return { state: 'given-up', dueAt: null }
  return { state: 'failed', dueAt: addHours(now, Math.min(2 ** (attempts - 1) / 12, 4)) }
}

/** One thing that waits for an organisation. */
export interface DigestItem {
  readonly organisation: string
  readonly number: number
  readonly title: string
  readonly severity: BulletinSeverity
  readonly tlp: Tlp
  /** What is asked first, in a line. */
  readonly doThis: string
  readonly respondBy: Instant | null
  /** What it said last; `null` for nothing yet. */
  readonly response: string | null
  readonly nextDate: LocalDate | null
  /** Where it is answered; `null` without a link of its own: then after signing in. */
  readonly link: string | null
}

const MOST_ITEMS = 10

/** What the templates need. The most pressing first: what is not answered by its time, then what was promised by its date. */
export function digestLetter(items: readonly DigestItem[], now: Instant, baseUrl: string) {
  const today = londonDate(now)
  const organisations = [...Map.groupBy(items, ({ organisation }) => organisation)].map(([name, own]) => {
    const lines = own
      .toSorted((a, b) => dueOf(a) - dueOf(b) || b.number - a.number)
      .map(item => ({
        number: bulletinNumber(item.number),
        // The rule of one place: what a channel may carry.
        title: carriesContent('mail', item.tlp) ? item.title : 'Sign in to read its title',
        doThis: carriesContent('mail', item.tlp) ? item.doThis : null,
        severity: severityLabel(item.severity),
        tlp: item.tlp,
        respondBy: item.response === 'in-progress' ? null : item.respondBy,
        isLate: item.response === 'in-progress' ? item.nextDate !== null && item.nextDate < today : item.respondBy !== null && item.respondBy < now,
        promised: item.response === 'in-progress' ? item.nextDate : null,
        link: item.link ?? `${baseUrl}/bulletins/${bulletinNumber(item.number)}`,
      }))
    return { name, lines: lines.slice(0, MOST_ITEMS), more: Math.max(lines.length - MOST_ITEMS, 0) }
  })
  const count = items.length
  return {
    subject: `CareCERT this week: ${count === 1 ? 'one bulletin waits' : `${count} bulletins wait`} for you`,
    count,
    organisations: organisations.toSorted((a, b) => a.name.localeCompare(b.name)),
    homeAddress: baseUrl,
  }
}

function dueOf({ response, respondBy, nextDate }: DigestItem): number {
  if (response === 'in-progress') return nextDate === null ? Number.MAX_SAFE_INTEGER : Date.parse(nextDate)
  return respondBy?.getTime() ?? Number.MAX_SAFE_INTEGER
}
