import { Unavailable } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { shorten } from '../../../kernel/text.ts'
import type { Work } from '../../../platform/work/work.ts'
import { failContact } from '../../directory/contract.ts'
import type { Visible } from '../tables.ts'
import { afterAttempt, DELIVER, LONGEST_WORDS, messageIdOf, type DeliveryState } from './model.ts'
import { isOneOf } from './queries.ts'
import { DELIVERY_COLUMNS, deliveryRows } from './queries/mailings.ts'
import { messageOf, mobilesOf, type DeadDelivery } from './queries/outcomes.ts'

/** As much of a mailing as its outcomes need. */
export interface SettledMailing {
  readonly mailingId: string
  readonly bulletinId: string
  readonly kind: string
}

/** What may follow when mail does not arrive. */
export interface Fallback {
  /** Whether text messages go anywhere (`platform.texts.isConfigured`). */
  readonly hasTexts: boolean
  /** The product's own address. */
  readonly baseUrl: string
}

/** What a carrier says of a message that it had taken and could not hand over. `deliveryId` is any delivery of the message. */
interface Undelivered extends Fallback {
  readonly deliveryId: string
  readonly words: string
  /** False when the message was refused for what we are or wrote: nobody's contact fails for that. */
  readonly isContactAtFault?: boolean
}

/**
 * A carrier says that a message arrived. `deliveryId` is any delivery of the message. Gives whether that was news: a message that was not
 * sent, or came back, stays as it is. For the system's own callbacks.
 */
export async function recordArrival(work: Work<Visible>, input: { readonly deliveryId: string; readonly words: string }): Promise<boolean> {
  const message = await lockMessage(work, input.deliveryId)
  if (message === undefined || !['sending', 'sent'].includes(message.state)) return false
  const arrived = await work.db
    .updateTable('broadcast_delivery')
    .where(eb => eb.or([eb('id', '=', message.id), eb('carried_by', '=', message.id)]))
    .set(eb => ({
      state: 'delivered',
      delivered_at: work.now,
      // That it was sent may not be written down yet, or never was: its worker died.
      sent_at: eb.fn.coalesce('sent_at', eb.val(work.now)),
      due_at: null,
      words: shorten(input.words, LONGEST_WORDS),
    }))
    .returning('organisation_id')
    .execute()
  const organisationIds = [...new Set(arrived.map(row => row.organisation_id))]
  if (message.kind !== 'escalation') await markDelivered(work, message.bulletinId, organisationIds)
  work.record({ verb: 'broadcast.delivery.arrived', subject: { kind: 'delivery', id: message.id }, change: { deliveries: arrived.length } })
  return true
}

/**
 * Word came that a message could not be handed to its reader for good, after a server had taken it: all that it carried came back. Where there is
 * a mobile number a text message takes its place. Gives whether that was news.
 * For the system's own reading of bounces and callbacks, which has proved that the word is genuine.
 */
export async function recordBounce(work: Work<Visible>, input: Undelivered): Promise<boolean> {
  const words = shorten(input.words, LONGEST_WORDS)
  const message = await lockMessage(work, input.deliveryId)
  // A server's "sent" may not be written down yet.
  if (message === undefined || !['sending', 'sent', 'delivered'].includes(message.state)) return false
  const bounced = await work.db
    .updateTable('broadcast_delivery')
    .where(eb => eb.or([eb('id', '=', message.id), eb('carried_by', '=', message.id)]))
    .set({ state: 'bounced', bounced_at: work.now, due_at: null, words })
    .returning(['id', 'organisation_id', 'contact_id', 'channel'])
    .execute()
  const dead = bounced.map(row => ({
    id: row.id,
    organisationId: row.organisation_id,
    // Our own ids, read back.
    contactId: row.contact_id as Id<'contact'>,
    channel: row.channel,
    words,
    isContactAtFault: input.isContactAtFault ?? true,
  }))
  await takeBack(
    work,
    message,
    dead.map(({ organisationId }) => organisationId),
  )
  await followDead(work, message, dead, input)
  work.record({ verb: 'broadcast.delivery.bounced', subject: { kind: 'delivery', id: message.id }, change: { deliveries: bounced.length } })
  return true
}

/**
 * A carrier that had taken a message says that it could not deliver it now, and tries no more: we do, after a pause, until it was tried often
 * enough; then it came back for good. Gives whether that was news. Throws `Unavailable` while the message is still being sent: what
 * the worker is about to write down would undo it, so the carrier must say it again.
 */
export async function recordFailure(work: Work<Visible>, input: Undelivered): Promise<boolean> {
  const message = await lockMessage(work, input.deliveryId)
  if (message?.state === 'sending') throw new Unavailable('broadcast.delivery.too-early', 'That message is being sent. Say it again in a while.')
  if (message?.state !== 'sent') return false
  const { state, dueAt } = afterAttempt({ ok: false, permanent: false }, message.attempts, work.now)
  if (state !== 'failed' || dueAt === null) return recordBounce(work, input)
  const failed = await work.db
    .updateTable('broadcast_delivery')
    .where(eb => eb.or([eb('id', '=', message.id), eb('carried_by', '=', message.id)]))
    .set({ state: 'failed', due_at: dueAt, words: shorten(input.words, LONGEST_WORDS) })
    .returning('organisation_id')
    .execute()
  await takeBack(work, message, [...new Set(failed.map(row => row.organisation_id))])
  work.record({ verb: 'broadcast.delivery.failed', subject: { kind: 'delivery', id: message.id }, change: { deliveries: failed.length } })
  work.enqueue(DELIVER, { mailingId: message.mailingId }, { delaySeconds: Math.ceil((dueAt.getTime() - work.now.getTime()) / 1_000) + 1 })
  return true
}

/** The message that a delivery went out with, held until the end of the unit of work: two words of it come one after the other. */
async function lockMessage(work: Work<Visible>, deliveryId: string) {
  const message = await messageOf(work.db, deliveryId)
  if (message === undefined) return undefined
  const { state, attempts } = await work.db
    .selectFrom('broadcast_delivery')
    .where('id', '=', message.id)
    .select(['state', 'attempts'])
    .forUpdate()
    .executeTakeFirstOrThrow()
  return { ...message, state, attempts }
}

/**
 * What follows from messages that will reach nobody: those of their contacts whose fault it is are known to fail, a text message is tried, and who
 * is left with nothing is unreachable.
 */
export async function followDead(
  work: Work<Visible>,
  mailing: SettledMailing,
  dead: readonly (DeadDelivery & { readonly words: string; readonly isContactAtFault: boolean })[],
  fallback: Fallback,
): Promise<void> {
  if (dead.length === 0) return
  const failed = new Map(dead.flatMap(row => (row.isContactAtFault ? [[row.contactId, row]] : [])))
  for (const [contactId, { channel, words }] of failed)
    await failContact(work.lend(), { contactId, words, channel: channel === 'text' ? 'telephone' : 'mail' })
  if (fallback.hasTexts) await queueTexts(work, mailing, dead, fallback.baseUrl)
  if (mailing.kind !== 'escalation')
    await markUnreachable(
      work,
      mailing.bulletinId,
      dead.map(({ organisationId }) => organisationId),
    )
}

/** Queues a text message for each mail that failed and whose contact has a mobile number: one message to one number. Not for an exercise. */
async function queueTexts(work: Work<Visible>, mailing: SettledMailing, dead: readonly DeadDelivery[], baseUrl: string): Promise<void> {
  const mails = dead.filter(({ channel }) => channel === 'email')
  const mobiles = await mobilesOf(work.db, mailing.mailingId, [...new Set(mails.map(({ contactId }) => contactId))])
  const carriers = new Map<string, { readonly id: string; readonly messageId: string }>()
  const rows = mails.flatMap(({ organisationId, contactId }) => {
    const address = mobiles.get(contactId)
    if (address === undefined) return []
    const id = work.newId('delivery')
    const carrier = carriers.get(address) ?? { id, messageId: messageIdOf(id, baseUrl) }
    carriers.set(address, carrier)
    return [
      {
        id,
        organisation_id: organisationId,
        contact_id: contactId,
        address,
        message_id: carrier.messageId,
        carried_by: carrier.id === id ? null : carrier.id,
      },
    ]
  })
  if (rows.length === 0) return
  const { bulletinId, mailingId } = mailing
  await work.db
    .insertInto('broadcast_delivery')
    .columns(DELIVERY_COLUMNS)
    .expression(deliveryRows({ bulletinId, mailingId, channel: 'text' }, work.now, rows))
    .execute()
  await work.db
    .updateTable('broadcast_mailing')
    .where('id', '=', mailing.mailingId)
    .set(eb => ({ deliveries: eb('deliveries', '+', rows.length) }))
    .execute()
  work.record({ verb: 'broadcast.delivery.fallen-back', subject: { kind: 'mailing', id: mailing.mailingId }, change: { texts: rows.length } })
  work.enqueue(DELIVER, { mailingId: mailing.mailingId })
}

/** Rows are locked in one order, so that two workers cannot wait for each other. */
export async function lockRecipients(work: Work<Visible>, bulletinId: string, organisationIds: readonly string[]): Promise<void> {
  await work.db
    .selectFrom('broadcast_recipient')
    .where('bulletin_id', '=', bulletinId)
    .where(isOneOf('organisation_id', organisationIds))
    .orderBy('organisation_id')
    .select('organisation_id')
    .forUpdate()
    .execute()
}

export async function markDelivered(work: Work<Visible>, bulletinId: string, organisationIds: readonly string[]): Promise<void> {
  if (organisationIds.length === 0) return
  await lockRecipients(work, bulletinId, organisationIds)
  await work.db
    .updateTable('broadcast_recipient')
    .where('bulletin_id', '=', bulletinId)
    .where(isOneOf('organisation_id', organisationIds))
    .where('delivered_at', 'is', null)
    .set({ delivered_at: work.now, is_reachable: true })
    .execute()
}

/** What came back did not reach the organisation, unless another message did. */
async function takeBack(work: Work<Visible>, mailing: SettledMailing, organisationIds: readonly string[]): Promise<void> {
  if (mailing.kind === 'escalation') return
  await lockRecipients(work, mailing.bulletinId, organisationIds)
  await withoutDelivery(work, mailing.bulletinId, organisationIds, ['sent', 'delivered']).set({ delivered_at: null }).execute()
}

/** An organisation of whose contacts none is left to try, and none was reached, is unreachable: it is not silent. */
async function markUnreachable(work: Work<Visible>, bulletinId: string, organisationIds: readonly string[]): Promise<void> {
  await lockRecipients(work, bulletinId, organisationIds)
  await withoutDelivery(work, bulletinId, organisationIds, ALIVE).where('delivered_at', 'is', null).set({ is_reachable: false }).execute()
}

const ALIVE: readonly DeliveryState[] = ['queued', 'sending', 'failed', 'sent', 'delivered']

/** Those of the organisations that have no delivery of the bulletin in these states. */
function withoutDelivery(work: Work<Visible>, bulletinId: string, organisationIds: readonly string[], states: readonly DeliveryState[]) {
  return work.db
    .updateTable('broadcast_recipient as recipient')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where('recipient.organisation_id', 'in', [...organisationIds])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('broadcast_delivery as other')
            .innerJoin('broadcast_mailing as mailing', 'mailing.id', 'other.mailing_id')
            .where('mailing.kind', '!=', 'escalation')
            .whereRef('other.bulletin_id', '=', 'recipient.bulletin_id')
            .whereRef('other.organisation_id', '=', 'recipient.organisation_id')
            .where('other.state', 'in', states)
            .select('other.id'),
        ),
      ),
    )
}
