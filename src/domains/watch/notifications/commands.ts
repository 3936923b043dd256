import { createHash } from 'node:crypto'
import { Conflict, Invalid, NotFound, TooMany } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { addDays, londonDate, type Instant } from '../../../kernel/instant.ts'
import { isRole, ROLES } from '../../../kernel/role.ts'
import { cleanText } from '../../../kernel/text.ts'
import { chunks } from '../../../platform/db/chunks.ts'
import { assertMay, type Actor } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { organisationByCode, organisationById } from '../../directory/contract.ts'
import type { Visible } from '../tables.ts'
import {
  ACKNOWLEDGE_NOTIFICATION,
  INCIDENT_KINDS,
  mayAcknowledge,
  MOST_AN_HOUR,
  notificationNumber,
  suspicionsOf,
  UNDERSTAND_NOTIFICATIONS,
  type Acknowledgement,
  type NoteKind,
  type RecognisedBy,
  type Report,
  type SpamFacts,
  type Via,
} from './model.ts'
import { floodCounts, lastSequence, lockNotifications, mailCounts, sameContent, sentWithKey } from './queries/receiving.ts'
import { recogniseOrganisation } from './queries/recognise.ts'
import { lockNotification, type NotificationState } from './queries/show.ts'
import { readSince } from './since.ts'

/** How a report came in, beside what it says. Networks and addresses are known by keyed hashes only. */
export interface Arrival {
  readonly via: Via
  /** `null` where none is counted: a file of the operator's. */
  readonly networkHash: string | null
  readonly emailHash: string | null
  /** Of the idempotency key; `null` without one. */
  readonly requestHash: string | null
  readonly isTrapSprung: boolean
  readonly openMillis: SpamFacts['openMillis']
}

export interface ReceivedNotification {
  readonly number: string
  /** Whether it had been received before, so that nothing was stored. */
  readonly isRepeat: boolean
}

const HOURS_OF_REPEATS = 24
const LONGEST_NOTE = 2_000

/**
 * Takes in what somebody reports, whoever they are: it is stored, numbered and on its way into the queue of threats. The actor needs the
 * system's sight, since strangers see nothing themselves; what they may do is this.
 *
 * The same key, or the very same report from the same sender within a day, gives the number it had. Throws `Invalid` for a key that was used
 * for something else, `TooMany` when more has come than can be stored.
 */
export async function receiveNotification(work: Work<Visible>, report: Report, arrival: Arrival): Promise<ReceivedNotification> {
  await lockNotifications(work.db)
  const contentHash = hash([work.actor.id, arrival.networkHash, { ...report, writtenAt: null }])
  const repeat = await earlierOf(work, contentHash, arrival.requestHash)
  if (repeat !== undefined) return { number: repeat.number, isRepeat: true }

  const organisation = await organisationOf(work, report)
  const isStranger = work.actor.kind === 'anonymous'
  const wordsHash = hash(report.what.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' '))
  const by = { networkHash: arrival.networkHash, organisationId: organisation?.id ?? null, wordsHash, now: work.now }
  const counts = isStranger ? await floodCounts(work.db, by) : null
  if (counts !== null && (counts.fromNetwork >= MOST_AN_HOUR.network || counts.fromAnybody >= MOST_AN_HOUR.anybody))
    throw new TooMany(
      'watch.notification.too-many',
      'So many reports have come that this one could not be taken. Ring the cyber centre, or send it again later.',
    )
  const facts = {
    isTrapSprung: arrival.isTrapSprung,
    openMillis: arrival.openMillis,
    what: report.what,
    isOrganisationRecognised: organisation !== null,
  }
  const suspicions = counts === null ? [] : suspicionsOf({ ...facts, ...counts })

  const id = work.newId('notification')
  const year = Number(londonDate(work.now).slice(0, 4))
  const sequence = (await lastSequence(work.db, year)) + 1
  const number = notificationNumber(year, sequence)
  const since = readSince(report.since, writtenAt(report, work.now))
  const acknowledgement = await acknowledgementFor(work, report.email, arrival, suspicions.length > 0)
  const isTaken = suspicions.length === 0
  await work.db
    .insertInto('watch_notification')
    .values({
      id,
      number,
      year,
      sequence,
      received_at: work.now,
      via: arrival.via,
      kind: report.kind,
      what: report.what,
      since_words: report.since,
      since_at: since?.at ?? null,
      since_has_time: since?.hasTime ?? false,
      care: report.care,
      people_affected: report.peopleAffected,
      organisation_given: report.organisation,
      organisation_id: organisation?.id ?? null,
      recognised_by: organisation?.how ?? null,
      is_confirmed: organisation?.how === 'person',
      shares_with_region: report.shareWithRegion,
      may_call: report.mayCall,
      rung_at: null,
      standing: isTaken ? 'taken' : 'suspected',
      suspicions,
      acknowledgement,
      needs_understanding: isTaken,
      words_hash: wordsHash,
      search: searchText(number, report, organisation),
    })
    .execute()
  await work.db
    .insertInto('watch_notification_sender')
    .values({
      notification_id: id,
      at: work.now,
      person_id: work.actor.kind === 'person' ? work.actor.id : null,
      name: report.name,
      phone: report.phone,
      email: report.email,
      network_hash: isStranger ? arrival.networkHash : null,
      email_hash: arrival.emailHash,
      content_hash: contentHash,
      request_hash: arrival.requestHash,
    })
    .execute()
  work.record({
    verb: 'watch.notification.received',
    subject: { kind: 'notification', id },
    ...(organisation === null ? {} : { organisationId: organisation.id }),
    change: { number, via: arrival.via, kind: report.kind, care: report.care, recognisedBy: organisation?.how ?? null, suspicions },
  })
  if (isTaken) work.enqueue(UNDERSTAND_NOTIFICATIONS, {}, { onceKey: 'all' })
  if (acknowledgement === 'waiting') work.enqueue(ACKNOWLEDGE_NOTIFICATION, { notificationId: id })
  return { number, isRepeat: false }
}

async function earlierOf(work: Work<Visible>, contentHash: string, requestHash: string | null) {
  const keyed = requestHash === null ? undefined : await sentWithKey(work.db, requestHash)
  if (keyed !== undefined && keyed.contentHash !== contentHash)
    throw new Invalid('watch.notification.key-reused', 'This idempotency key was used for another report. Use a new key for each report.')
  return keyed ?? (await sameContent(work.db, contentHash, addDays(work.now, -HOURS_OF_REPEATS / 24)))
}

/** The organisation of whoever is signed in for one; otherwise the one that they name. A partner names its clients, or means itself. */
async function organisationOf(
  work: Work<Visible>,
  report: Report,
): Promise<{ id: Id<'organisation'>; code: string; name: string; how: RecognisedBy } | null> {
  const level = levelOf(work.actor)
  const own = level === 'organisation' || level === 'partner' ? work.actor.organisationId : null
  const self = own === null ? undefined : await organisationById(work.db, own)
  if (self !== undefined && level === 'organisation') return { id: self.id, code: self.code, name: self.name, how: 'person' }
  const named = await recogniseOrganisation(work.db, report.organisation)
  if (named !== null && named.id !== self?.id) return named
  return self === undefined ? null : { id: self.id, code: self.code, name: self.name, how: 'person' }
}

function levelOf({ role }: Actor): string | null {
  return role !== null && isRole(role) ? ROLES[role].level : null
}

/** A browser's clock may be wrong: one that is ahead, or a month behind, is not believed. */
function writtenAt({ writtenAt: written }: Report, now: Instant): Instant {
  return written !== null && written <= now && written >= addDays(now, -31) ? written : now
}

async function acknowledgementFor(
  work: Work<Visible>,
  email: string | null,
  arrival: Arrival,
  isSuspected: boolean,
): Promise<Acknowledgement | null> {
  if (email === null || arrival.emailHash === null) return null
  if (isSuspected) return 'withheld'
  const counts = await mailCounts(work.db, { emailHash: arrival.emailHash, networkHash: arrival.networkHash, now: work.now })
  return mayAcknowledge(counts) ? 'waiting' : 'withheld'
}

function searchText(number: string, report: Report, organisation: { code: string; name: string } | null): string {
  const words = [number, organisation?.code, organisation?.name, report.organisation, INCIDENT_KINDS[report.kind], report.what]
  return words
    .filter(word => word !== undefined)
    .join(' ')
    .toLowerCase()
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

/** Says which organisation it comes from, by somebody who has made sure; it then sees the notification too. An empty code says that none is known. */
export async function correctOrganisation(work: Work<Visible>, number: string, code: string): Promise<void> {
  const known = await lockedForHandling(work, number)
  const organisation = code.trim() === '' ? null : await organisationByCode(work.db, code)
  if (organisation === undefined)
    throw new Invalid('watch.notification.organisation', `There is no organisation "${code.trim().slice(0, 20)}". Enter its ODS code.`)
  const id = organisation?.id ?? null
  await work.db
    .updateTable('watch_notification')
    .set(eb => ({
      organisation_id: id,
      recognised_by: id === null ? null : 'centre',
      is_confirmed: id !== null,
      search: organisation === null ? eb.ref('search') : eb(eb.ref('search'), '||', ` ${organisation.code} ${organisation.name}`.toLowerCase()),
    }))
    .where('id', '=', known.id)
    .execute()
  await note(work, known.id, 'organisation', organisation === null ? 'Not known' : `${organisation.name} (${organisation.code})`)
  await sayAnew(work, known)
  work.record({
    verb: 'watch.notification.organisation-corrected',
    subject: { kind: 'notification', id: known.id },
    ...(id === null ? {} : { organisationId: id }),
    change: { from: known.organisationId, to: id },
  })
}

/** Notes that somebody at the centre rang them, and what came of it. */
export async function noteRung(work: Work<Visible>, number: string, words: string): Promise<void> {
  const known = await lockedForHandling(work, number)
  const text = cleanText(words)
  if (text.length > LONGEST_NOTE) throw new Invalid('watch.notification.note-length', 'Say it in 2,000 characters or fewer.')
  await work.db.updateTable('watch_notification').set({ rung_at: work.now }).where('id', '=', known.id).where('rung_at', 'is', null).execute()
  await note(work, known.id, 'rang', text === '' ? null : text)
  work.record({ verb: 'watch.notification.rung', subject: { kind: 'notification', id: known.id } })
}

/** Says that it is spam, or that it is not. Spam leaves the queue and stays where it can be looked at; what is not spam comes into the queue. Throws `Conflict` when it is so already. */
export async function judgeNotification(work: Work<Visible>, number: string, verdict: 'spam' | 'not-spam'): Promise<void> {
  const known = await lockedForHandling(work, number)
  const standing = verdict === 'spam' ? 'spam' : 'taken'
  if (known.standing === standing) throw new Conflict('watch.notification.judged', 'Somebody else has just said so. Look at it again.')
  const isLate = verdict === 'not-spam' && known.acknowledgement === 'withheld'
  await work.db
    .updateTable('watch_notification')
    .set({ standing, ...(isLate ? { acknowledgement: 'waiting' as const } : {}) })
    .where('id', '=', known.id)
    .execute()
  await note(work, known.id, verdict, null)
  if (verdict === 'not-spam' || known.hasItem) await askToUnderstand(work, known.id)
  if (isLate) work.enqueue(ACKNOWLEDGE_NOTIFICATION, { notificationId: known.id })
  work.record({
    verb: verdict === 'spam' ? 'watch.notification.called-spam' : 'watch.notification.called-genuine',
    subject: { kind: 'notification', id: known.id },
    change: { from: known.standing, to: standing },
  })
}

async function lockedForHandling(work: Work<Visible>, number: string): Promise<NotificationState> {
  assertMay(work.actor, 'watch.notification.handle')
  const known = await lockNotification(work.db, number)
  if (known === undefined) throw new NotFound('watch.notification.unknown', 'There is no such notification. The list shows those that there are.')
  return known
}

async function note(work: Work<Visible>, id: string, kind: NoteKind, text: string | null): Promise<void> {
  await work.db
    .insertInto('watch_notification_note')
    .values({ notification_id: id, at: work.now, actor_id: work.actor.id, kind, note: text })
    .execute()
}

/** Suspected spam has no item yet, and gets none by having its organisation corrected. */
async function sayAnew(work: Work<Visible>, known: NotificationState): Promise<void> {
  if (known.standing === 'taken' || known.hasItem) await askToUnderstand(work, known.id)
}

async function askToUnderstand(work: Work<Visible>, id: string): Promise<void> {
  await work.db.updateTable('watch_notification').set({ needs_understanding: true }).where('id', '=', id).execute()
  work.enqueue(UNDERSTAND_NOTIFICATIONS, {}, { onceKey: 'all' })
}

/** Says that items and threats have been told of these. */
export async function markUnderstood(work: Work<Visible>, ids: readonly string[]): Promise<void> {
  for (const some of chunks(ids))
    await work.db.updateTable('watch_notification').set({ needs_understanding: false }).where('id', 'in', some).execute()
}

/** Records what became of the mail with the number. */
export async function recordAcknowledgement(work: Work<Visible>, id: string, outcome: 'sent' | 'refused'): Promise<void> {
  await work.db.updateTable('watch_notification').set({ acknowledgement: outcome }).where('id', '=', id).execute()
  work.record({ verb: `watch.notification.acknowledgement-${outcome}`, subject: { kind: 'notification', id } })
}

const DAYS_OF_NETWORKS = 30

/** Forgets from which networks and for which addresses notifications came a month ago: no flood is counted by them any more. */
export async function tidyNotifications(work: Work<Visible>): Promise<void> {
  const { numUpdatedRows } = await work.db
    .updateTable('watch_notification_sender')
    .set({ network_hash: null, email_hash: null })
    .where('at', '<', addDays(work.now, -DAYS_OF_NETWORKS))
    .where(eb => eb.or([eb('network_hash', 'is not', null), eb('email_hash', 'is not', null)]))
    .executeTakeFirstOrThrow()
  // The unit wrote even where it changed nothing.
  work.record({
    verb: 'watch.notification.networks-forgotten',
    subject: { kind: 'notification', id: 'all' },
    change: { notifications: Number(numUpdatedRows) },
  })
}
