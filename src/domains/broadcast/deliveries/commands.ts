import { Conflict, NotFound } from '../../../kernel/errors.ts'
import { addHours } from '../../../kernel/instant.ts'
import { shorten } from '../../../kernel/text.ts'
import type { DomainAllowances } from '../../../platform/config/mail.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import {
  afterAttempt,
  BATCH_SIZE,
  DEAD_STATES,
  DELIVER,
  LEASE_SECONDS,
  LONGEST_WORDS,
  OPEN_STATES,
  type Channel,
  type DeliveryState,
} from './model.ts'
import { followDead, lockRecipients, markDelivered, type Fallback, type SettledMailing } from './outcomes.ts'
import { keepPace, withinPace, type Due } from './pace.ts'
import {
  claimedDeliveries,
  isOneOf,
  isUnheld,
  nextDue,
  settledRows,
  type ClaimedDelivery,
  type SettledDelivery,
  type ToldOrganisation,
} from './queries.ts'
import { retriedRows } from './queries/retried.ts'

/** How one attempt ended. `not-begun`: the worker was told to stop before its turn came. */
export type AttemptOutcome =
  | {
      readonly kind: 'tried'
      readonly ok: boolean
      readonly permanent: boolean
      /** Whose fault a refusal is: the address's, when nothing is said. */
      readonly fault?: 'address' | 'ours' | 'service'
      readonly words: string
      /** How long the carrier asked to be left alone, where it said so. */
      readonly pauseSeconds?: number | null
    }
  | { readonly kind: 'not-begun' }

export interface Attempt {
  readonly delivery: ClaimedDelivery
  readonly outcome: AttemptOutcome
}

/** What a worker may take up. */
export interface ClaimLimits {
  /** The channels that are set up. */
  readonly channels: readonly Channel[]
  readonly allowances: DomainAllowances
}

/** How often a claim looks again when all that it found must wait for its domain's turn. */
const MOST_LOOKS = 20

/**
 * Claims the next batch of a mailing for this worker: what is due and nobody else holds, each with the deliveries that its message carries.
 * The claim is a lease; when it runs out without an outcome, another worker takes the delivery up.
 */
export async function claimDeliveries(work: Work<Visible>, mailingId: string, limits: ClaimLimits): Promise<readonly ClaimedDelivery[]> {
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const due = await dueDeliveries(work, mailingId, limits)
    if (due.length === 0) return []
    const ids = await withinPace(work, mailingId, due, limits.allowances)
    if (ids.length > 0) return claim(work, mailingId, ids)
  }
  return []
}

function dueDeliveries(work: Work<Visible>, mailingId: string, { channels }: ClaimLimits): Promise<readonly Due[]> {
  return work.db
    .selectFrom('broadcast_delivery')
    .where('mailing_id', '=', mailingId)
    .where('state', 'in', OPEN_STATES)
    .where('carried_by', 'is', null)
    .where('channel', 'in', channels)
    .where(eb => eb.or([eb('due_at', 'is', null), eb('due_at', '<=', work.now)]))
    .orderBy('due_at', order => order.asc().nullsFirst())
    .orderBy('id')
    .limit(BATCH_SIZE)
    .select(['id', 'address', 'channel'])
    .forUpdate()
    .skipLocked()
    .execute()
}

async function claim(work: Work<Visible>, mailingId: string, ids: readonly string[]): Promise<readonly ClaimedDelivery[]> {
  await work.db
    .updateTable('broadcast_delivery')
    .where(eb => eb.or([isOneOf('id', ids), isOneOf('carried_by', ids)]))
    .set(eb => ({
      state: 'sending' as const,
      attempts: eb('attempts', '+', 1),
      attempted_at: work.now,
      due_at: addHours(work.now, LEASE_SECONDS / 3_600),
    }))
    .execute()
  work.record({ verb: 'broadcast.delivery.claimed', subject: { kind: 'mailing', id: mailingId }, change: { claimed: ids.length } })
  return claimedDeliveries(work.db, ids)
}

/** Writes down what became of a batch, and what follows for the organisations in the frozen audience. */
export async function settleDeliveries(
  work: Work<Visible>,
  mailing: SettledMailing,
  attempts: readonly Attempt[],
  fallback: Fallback = NO_FALLBACK,
): Promise<void> {
  if (attempts.length === 0) return
  const settled = attempts.flatMap(attempt => settle(attempt, work.now))
  await work.db
    .updateTable('broadcast_delivery')
    .from(settledRows(settled))
    .whereRef('broadcast_delivery.id', '=', 'settled.id')
    // A worker whose lease ran out may not undo what another did since, save to say that the message went out.
    .where(eb =>
      eb.or([
        eb.and([eb('broadcast_delivery.state', '=', 'sending'), eb('broadcast_delivery.attempts', '=', eb.ref('settled.claimed'))]),
        eb.and([eb('settled.state', '=', 'sent'), eb('broadcast_delivery.state', 'in', [...OPEN_STATES, 'given-up'])]),
      ]),
    )
    .set(eb => ({
      state: eb.ref('settled.state'),
      words: eb.ref('settled.words'),
      attempts: eb.ref('settled.attempts'),
      due_at: eb.ref('settled.due_at'),
      sent_at: eb.ref('settled.sent_at'),
    }))
    .execute()
  // Telling a senior that an organisation is silent is not telling the organisation.
  if (mailing.kind !== 'escalation')
    await markDelivered(work, mailing.bulletinId, [
      ...new Set(settled.filter(({ state }) => state === 'sent').map(({ about }) => about.organisationId)),
    ])
  await followDead(
    work,
    mailing,
    settled
      .filter(({ state }) => state === 'given-up')
      .map(({ about, channel, words, isContactAtFault }) => ({ ...about, channel, words: words ?? '', isContactAtFault })),
    fallback,
  )
  await keepPace(
    work,
    attempts.flatMap(({ delivery, outcome }) =>
      outcome.kind === 'tried' && delivery.channel === 'email' ? [{ address: delivery.address, ok: outcome.ok, words: outcome.words }] : [],
    ),
  )
  const count = (state: DeliveryState) => settled.filter(row => row.state === state).length
  work.record({
    verb: 'broadcast.delivery.settled',
    subject: { kind: 'mailing', id: mailing.mailingId },
    change: { sent: count('sent'), failed: count('failed'), givenUp: count('given-up'), putBack: count('queued') },
  })
}

/** Where no text message takes the place of a mail that failed. */
const NO_FALLBACK: Fallback = { hasTexts: false, baseUrl: '' }

interface Settled extends SettledDelivery {
  readonly about: ToldOrganisation
  readonly channel: string
  readonly isContactAtFault: boolean
}

/** The rows of one attempt: the delivery and those that its message carried. */
function settle({ delivery, outcome }: Attempt, now: Date): readonly Settled[] {
  const row = outcomeRow(delivery.attempts, outcome, now)
  const isContactAtFault = outcome.kind === 'tried' && (outcome.fault ?? 'address') === 'address'
  return [delivery, ...delivery.carries].map(about => ({ ...row, id: about.id, about, channel: delivery.channel, isContactAtFault }))
}

function outcomeRow(attempts: number, outcome: AttemptOutcome, now: Date): Omit<SettledDelivery, 'id'> {
  if (outcome.kind === 'not-begun') return { claimed: attempts, state: 'queued', words: null, attempts: attempts - 1, dueAt: null, sentAt: null }
  const { state, dueAt } = afterAttempt(outcome, attempts, now)
  return { claimed: attempts, state, dueAt, words: shorten(outcome.words, LONGEST_WORDS), attempts, sentAt: state === 'sent' ? now : null }
}

/**
 * What is left of a withdrawn bulletin's mailing is not sent, nor what a dead worker held once its lease ran out. Gives how many deliveries
 * that spared.
 */
export async function stopDeliveries(work: Work<Visible>, mailingId: string): Promise<number> {
  const open = await work.db
    .selectFrom('broadcast_delivery')
    .where('mailing_id', '=', mailingId)
    .where(eb => isUnheld(eb, work.now))
    .select('id')
    .limit(1)
    .executeTakeFirst()
  if (open === undefined) return 0
  const stopped = await work.db
    .updateTable('broadcast_delivery')
    .where('mailing_id', '=', mailingId)
    .where(eb => isUnheld(eb, work.now))
    .set({ state: 'given-up', due_at: null, words: 'Not sent: the bulletin was withdrawn first.' })
    .returning('id')
    .execute()
  work.record({ verb: 'broadcast.delivery.stopped', subject: { kind: 'mailing', id: mailingId }, change: { stopped: stopped.length } })
  return stopped.length
}

/** Comes back to a mailing when the next of its deliveries by those channels is due; does nothing when none is left. */
export async function followUp(work: Work<Visible>, mailingId: string, channels: readonly Channel[]): Promise<void> {
  const next = await nextDue(work.db, mailingId, channels)
  if (next === null) return
  // At least a second: what another worker is claiming just now is no reason to ask again at once.
  const seconds = next.at === null ? 1 : Math.ceil((next.at.getTime() - work.now.getTime()) / 1_000)
  work.enqueue(DELIVER, { mailingId }, { delaySeconds: Math.max(seconds, 1) })
}

/**
 * Tries given-up deliveries of a bulletin again, and those that came back: those named, or all. A message is tried whole, and goes to the address
 * that its contact has now, for that is what is put right when mail fails. Gives how many deliveries.
 */
export async function retryDeliveries(work: Work<Visible>, bulletinId: string, deliveryIds: readonly string[] | 'all'): Promise<number> {
  assertMay(work.actor, 'broadcast.delivery.retry')
  const bulletin = await work.db.selectFrom('broadcast_bulletin').where('id', '=', bulletinId).select(['number', 'state']).executeTakeFirst()
  if (bulletin === undefined) throw new NotFound('broadcast.bulletin.unknown', 'There is no such bulletin.')
  if (bulletin.state !== 'released') throw new Conflict('broadcast.delivery.not-live', 'This bulletin was withdrawn, so nothing more is sent.')
  const worthIt = retriedRows(bulletinId, deliveryIds === 'all' ? null : deliveryIds)
  if ((await work.db.selectFrom(worthIt).select('retried.id').limit(1).executeTakeFirst()) === undefined) return 0
  const retried = await work.db
    .updateTable('broadcast_delivery')
    .from(worthIt)
    .whereRef('broadcast_delivery.id', '=', 'retried.id')
    // Asked again: somebody else may have had them tried meanwhile.
    .where('broadcast_delivery.state', 'in', DEAD_STATES)
    .set(eb => ({
      address: eb.ref('retried.address'),
      carried_by: eb.ref('retried.carried_by'),
      message_id: eb.ref('retried.message_id'),
      state: 'queued',
      attempts: 0,
      due_at: null,
      sent_at: null,
      delivered_at: null,
      bounced_at: null,
    }))
    .returning(['broadcast_delivery.id', 'mailing_id', 'organisation_id'])
    .execute()
  if (retried.length === 0) return 0
  // What stays behind of a message that goes out again is no part of it.
  await work.db
    .updateTable('broadcast_delivery')
    .where(
      isOneOf(
        'carried_by',
        retried.map(({ id }) => id),
      ),
    )
    .where('state', 'in', DEAD_STATES)
    .set({ carried_by: null })
    .execute()
  const organisationIds = [...new Set(retried.map(row => row.organisation_id))]
  await lockRecipients(work, bulletinId, organisationIds)
  await work.db
    .updateTable('broadcast_recipient')
    .where('bulletin_id', '=', bulletinId)
    .where(isOneOf('organisation_id', organisationIds))
    .set({ is_reachable: true })
    .execute()
  work.record({
    verb: 'broadcast.delivery.retried',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    change: { deliveries: retried.length },
  })
  for (const mailingId of new Set(retried.map(row => row.mailing_id))) work.enqueue(DELIVER, { mailingId })
  return retried.length
}
