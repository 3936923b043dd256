import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { DELIVER, LONGEST_WORDS, messageIdOf, MOST_IN_A_MESSAGE, workersFor, type MailingKind } from './model.ts'
import { nextDue } from './queries.ts'
import { bulletinToMail, contactsToMail, DELIVERY_COLUMNS, deliveryRows, type ContactToMail, type DeliveryRow } from './queries/mailings.ts'

/**
 * Writes one mailing of a released bulletin with a delivery for each contact, and asks for the jobs that carry it. Records itself in the
 * audit. Whether the actor may is for the command that calls it to say.
 *
 * It reaches only organisations of the frozen audience. A contact of another organisation may be named for an escalation (the region's
 * lead): that contact gets one message for all of the organisations given, without an answer link. Contacts that are named and have stopped
 * bulletins, or reported one as unwanted, are left out.
 * Throws `Conflict` when the bulletin is not live (for a withdrawal: not withdrawn), for reminders and escalations of an exercise, and for who
 * joined later while the release is held back.
 */
export async function startMailing(
  work: Work<Visible>,
  input: {
    readonly bulletinId: string
    readonly kind: MailingKind
    /** Organisations of the frozen audience. */
    readonly organisationIds: readonly string[]
    /** Only these contacts; otherwise every current contact of those organisations that receives bulletins. */
    readonly contactIds?: readonly string[]
    /** The dated update that an 'update' or 'withdrawal' mailing tells of. */
    readonly updateId?: number
    /** The product's own address: its host stands in the Message-ID of every mail. */
    readonly baseUrl: string
  },
): Promise<{ readonly mailingId: string; readonly contacts: number }> {
  const { bulletinId, kind, organisationIds, contactIds, updateId, baseUrl } = input
  const bulletin = await bulletinToMail(work.db, bulletinId)
  if (bulletin === undefined) throw new NotFound('broadcast.mailing.unknown', 'There is no such released bulletin.')
  if ((kind === 'withdrawal') !== (bulletin.withdrawnAt !== null))
    throw new Conflict(
      'broadcast.mailing.not-live',
      kind === 'withdrawal' ? 'This bulletin was not withdrawn.' : 'This bulletin was withdrawn, so nothing more is sent.',
    )
  if (bulletin.isExercise && (kind === 'reminder' || kind === 'escalation'))
    throw new Conflict('broadcast.mailing.exercise', 'Nobody is chased for an exercise.')

  if (kind === 'catch-up' && bulletin.isReleasePaused)
    throw new Conflict('broadcast.mailing.release-paused', 'The release is paused. Resume it first, then tell those who joined later.')

  if (kind === 'update' && updateId === undefined) throw new Invalid('broadcast.mailing.update', 'Say which update is to be told of.')

  const mailingId = work.newId('mailing')
  const contacts = await contactsToMail(work.db, { bulletinId, organisationIds, contactIds: contactIds ?? null, mayCross: kind === 'escalation' })
  await work.db
    .insertInto('broadcast_mailing')
    .values({
      id: mailingId,
      bulletin_id: bulletinId,
      release_id: bulletin.releaseId,
      kind,
      update_id: updateId ?? null,
      version: bulletin.version,
      deliveries: contacts.length,
      made_by: work.actor.id,
      made_at: work.now,
    })
    .execute()
  const rows = rowsFor(work, contacts, baseUrl)
  for (let at = 0; at < rows.length; at += CHUNK) {
    await work.db
      .insertInto('broadcast_delivery')
      .columns(DELIVERY_COLUMNS)
      .expression(deliveryRows({ bulletinId, mailingId, channel: 'email' }, work.now, rows.slice(at, at + CHUNK)))
      .execute()
  }
  work.record({
    verb: 'broadcast.mailing.started',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    change: { mailing: mailingId, kind, deliveries: contacts.length, ...(updateId === undefined ? {} : { update: updateId }) },
  })
  const messages = rows.filter(row => row.carried_by === null).length
  for (let worker = 0; worker < workersFor(messages); worker++) work.enqueue(DELIVER, { mailingId })
  return { mailingId, contacts: contacts.length }
}

/**
 * Holds a mailing back: nothing more of it is sent until it is resumed. What workers hold just now (a batch each) still goes out.
 * Throws `Conflict` when it is paused, or has nothing left to send.
 */
export async function pauseMailing(work: Work<Visible>, input: { readonly mailingId: string; readonly reason: string }): Promise<void> {
  const mailing = await lockMailing(work, input.mailingId)
  const reason = input.reason.trim()
  if (reason === '') throw new Invalid('broadcast.mailing.reason', 'Say why it is paused. One sentence is enough.')
  if (mailing.paused_at !== null) throw new Conflict('broadcast.mailing.paused', 'This mailing is paused already.')
  if ((await nextDue(work.db, mailing.id)) === null) throw new Conflict('broadcast.mailing.done', 'Nothing of this mailing is left to send.')
  await work.db
    .updateTable('broadcast_mailing')
    .where('id', '=', mailing.id)
    .set({ paused_at: work.now, paused_by: work.actor.id, pause_reason: reason.slice(0, LONGEST_WORDS) })
    .execute()
  work.record({
    verb: 'broadcast.mailing.paused',
    subject: { kind: 'bulletin', id: bulletinNumber(mailing.number) },
    reason,
    change: { mailing: mailing.id, kind: mailing.kind },
  })
}

/** Lets a paused mailing go on. Throws `Conflict` when it is not paused. */
export async function resumeMailing(work: Work<Visible>, mailingId: string): Promise<void> {
  const mailing = await lockMailing(work, mailingId)
  if (mailing.paused_at === null) throw new Conflict('broadcast.mailing.not-paused', 'This mailing is not paused.')
  await work.db.updateTable('broadcast_mailing').where('id', '=', mailing.id).set({ paused_at: null, paused_by: null, pause_reason: null }).execute()
  work.record({
    verb: 'broadcast.mailing.resumed',
    subject: { kind: 'bulletin', id: bulletinNumber(mailing.number) },
    change: { mailing: mailing.id, kind: mailing.kind, pausedAt: mailing.paused_at.toISOString() },
  })
  for (let worker = 0; worker < workersFor(mailing.deliveries); worker++) work.enqueue(DELIVER, { mailingId: mailing.id })
}

async function lockMailing(work: Work<Visible>, mailingId: string) {
  assertMay(work.actor, 'broadcast.bulletin.release')
  const mailing = await work.db
    .selectFrom('broadcast_mailing as mailing')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'mailing.bulletin_id')
    .where('mailing.id', '=', mailingId)
    .select(['mailing.id', 'mailing.kind', 'mailing.paused_at', 'mailing.deliveries', 'bulletin.number'])
    .forUpdate('mailing')
    .executeTakeFirst()
  if (mailing === undefined) throw new NotFound('broadcast.mailing.unknown', 'There is no such mailing.')
  return mailing
}

/** As many rows as go in one statement: a few megabytes of parameters. */
const CHUNK = 10_000

/**
 * A delivery for each contact. Those to one address follow the first, whose message names every organisation, or says how many they are: whoever
 * is told of others' organisations has no links to answer by, and gets one message however many there are.
 */
function rowsFor(work: Work<Visible>, contacts: readonly ContactToMail[], baseUrl: string): readonly DeliveryRow[] {
  const carriers = new Map<string, { readonly id: string; readonly messageId: string; count: number }>()
  const told = new Set(contacts.flatMap(({ email, isElsewhere }) => (isElsewhere ? [email.toLowerCase()] : [])))
  return contacts.map(({ id: contactId, organisationId, email }) => {
    const id = work.newId('delivery')
    const base = { id, organisation_id: organisationId, contact_id: contactId, address: email }
    const carrier = carriers.get(email.toLowerCase())
    if (carrier === undefined || (carrier.count === MOST_IN_A_MESSAGE && !told.has(email.toLowerCase()))) {
      const messageId = messageIdOf(id, baseUrl)
      carriers.set(email.toLowerCase(), { id, messageId, count: 1 })
      return { ...base, message_id: messageId, carried_by: null }
    }
    carrier.count += 1
    return { ...base, message_id: carrier.messageId, carried_by: carrier.id }
  })
}
