import { Conflict, Invalid, NotFound, TooMany } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { proveContact } from '../../directory/contract.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { SEND_LINK } from '../deliveries/model.ts'
import type { LinkedDelivery } from '../deliveries/queries.ts'
import type { Visible } from '../tables.ts'
import { RESPONSE_STATES, type Answer, type Via } from './model.ts'

export interface Target {
  readonly bulletinId: string
  readonly organisationId: Id<'organisation'>
}

/** Why one of many was refused. `organisationId` and `bulletinId` say which. */
export interface RefusedAnswer extends Target {
  readonly why: string
}

export type ManyOutcome = { readonly ok: true; readonly recorded: number } | { readonly ok: false; readonly refused: readonly RefusedAnswer[] }

/**
 * Records the answer of one organisation: `state` with its `note`, and its `reason` or `nextDate` where the state needs one.
 * The answers before it are kept. The same answer sent twice (a double tap) is recorded once.
 * Throws `NotFound` when the bulletin did not go to that organisation or lies outside the actor's scope, `Conflict` when it is withdrawn.
 */
export async function respond(work: Work<Visible>, input: Target & Answer & { readonly via: Via }): Promise<void> {
  assertMay(work.actor, 'broadcast.response.answer')
  assertComplete(input)
  const recipient = await lockRecipient(work, input)
  if (recipient === undefined)
    throw new NotFound('broadcast.response.not-a-recipient', 'This bulletin was not sent to that organisation, or you do not answer for it.')
  if (recipient.state !== 'released') throw new Conflict('broadcast.response.not-live', WITHDRAWN)
  await write(work, recipient, input)
}

/**
 * Records one answer for many organisations, or for none: when any is refused, nothing is written and each refusal is named.
 * For an IT delivery partner that answers for those it looks after.
 */
export async function respondForMany(work: Work<Visible>, targets: readonly Target[], input: Answer & { readonly via: Via }): Promise<ManyOutcome> {
  assertMay(work.actor, 'broadcast.response.answer')
  assertComplete(input)
  const refused: RefusedAnswer[] = []
  const accepted: { target: Target; recipient: LockedRecipient }[] = []
  // In one order, so that two partners cannot wait for each other.
  for (const target of targets.toSorted((a, b) => `${a.bulletinId} ${a.organisationId}`.localeCompare(`${b.bulletinId} ${b.organisationId}`))) {
    const recipient = await lockRecipient(work, target)
    if (recipient === undefined) refused.push({ ...target, why: 'It was not sent to that organisation, or you do not answer for it.' })
    else if (recipient.state !== 'released') refused.push({ ...target, why: WITHDRAWN })
    else accepted.push({ target, recipient })
  }
  if (refused.length > 0) return { ok: false, refused }
  for (const { target, recipient } of accepted) await write(work, recipient, { ...target, ...input })
  return { ok: true, recorded: accepted.length }
}

const WITHDRAWN = 'This bulletin was withdrawn, so it needs no answer any more.'

type LockedRecipient = NonNullable<Awaited<ReturnType<typeof lockRecipient>>>

function lockRecipient(work: Work<Visible>, { bulletinId, organisationId }: Target) {
  return work.db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where('recipient.organisation_id', '=', organisationId)
    .select(['bulletin.state', 'bulletin.number', 'recipient.acknowledged_at', 'recipient.decided_at', 'recipient.done_at', 'recipient.response'])
    .forUpdate('recipient')
    .executeTakeFirst()
}

async function write(work: Work<Visible>, recipient: LockedRecipient, input: Target & Answer & { readonly via: Via }): Promise<void> {
  if (recipient.response === input.state && (await isRepeat(work, input))) return
  const { isDecided, isDone } = RESPONSE_STATES[input.state]
  await work.db
    .insertInto('broadcast_response')
    .values({
      id: work.newId('response'),
      bulletin_id: input.bulletinId,
      organisation_id: input.organisationId,
      state: input.state,
      at: work.now,
      by_kind: work.actor.kind,
      by_id: work.actor.id,
      via: input.via,
      note: input.note,
      reason: input.reason,
      next_date: input.nextDate,
    })
    .execute()
  await work.db
    .updateTable('broadcast_recipient')
    .where('bulletin_id', '=', input.bulletinId)
    .where('organisation_id', '=', input.organisationId)
    .set({
      response: input.state,
      response_at: work.now,
      next_date: input.nextDate,
      // The first sign of life stays; the others say where it stands, and an organisation may change its mind.
      acknowledged_at: recipient.acknowledged_at ?? work.now,
      decided_at: isDecided ? (recipient.decided_at ?? work.now) : null,
      done_at: isDone ? (recipient.done_at ?? work.now) : null,
    })
    .execute()
  work.record({
    verb: 'broadcast.response.recorded',
    subject: { kind: 'bulletin', id: bulletinNumber(recipient.number) },
    organisationId: input.organisationId,
    change: { from: recipient.response, to: input.state, via: input.via, ...(input.nextDate === null ? {} : { nextDate: input.nextDate }) },
  })
}

async function isRepeat(work: Work<Visible>, input: Target & Answer): Promise<boolean> {
  const newest = await work.db
    .selectFrom('broadcast_response')
    .where('bulletin_id', '=', input.bulletinId)
    .where('organisation_id', '=', input.organisationId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .select(['state', 'note', 'reason', 'next_date'])
    .limit(1)
    .executeTakeFirst()
  return newest?.state === input.state && newest.note === input.note && newest.reason === input.reason && newest.next_date === input.nextDate
}

function assertComplete({ state, reason, nextDate }: Answer): void {
  const { needs, label } = RESPONSE_STATES[state]
  if (needs === 'reason' && reason === null)
    throw new Invalid('broadcast.response.reason-missing', `“${label}” needs a reason. One sentence is enough.`)
  if (needs === 'date' && nextDate === null)
    throw new Invalid('broadcast.response.date-missing', `“${label}” needs the date by which you will say more.`)
}

const LINK_PAUSE_MILLIS = 60_000

/** Mails a fresh answer link to the same contact. The links before it stop working. Throws `TooMany` within a minute of the last. */
export async function renewLink(work: Work<Visible>, delivery: LinkedDelivery): Promise<void> {
  const row = await work.db
    .selectFrom('broadcast_delivery')
    .where('id', '=', delivery.id)
    .select(['link_generation', 'attempted_at'])
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new NotFound('broadcast.link.unknown', 'This link does not belong to a bulletin that we know.')
  if (row.attempted_at !== null && work.now.getTime() - row.attempted_at.getTime() < LINK_PAUSE_MILLIS) {
    throw new TooMany(
      'broadcast.link.too-soon',
      'A message with a link went out less than a minute ago. Look for it in your mail, or wait a minute and try again.',
    )
  }
  const generation = row.link_generation + 1
  await work.db
    .updateTable('broadcast_delivery')
    .where('id', '=', delivery.id)
    .set({ link_generation: generation, link_spent_at: null, attempted_at: work.now })
    .execute()
  work.record({
    verb: 'broadcast.link.renewed',
    subject: { kind: 'delivery', id: delivery.id },
    organisationId: delivery.organisationId,
    change: { generation },
  })
  work.enqueue(SEND_LINK, { deliveryId: delivery.id, generation })
}

/** Uses a link up: it records one answer, once. Throws `Conflict` when it was used, or a newer one was sent. */
export async function spendLink(work: Work<Visible>, delivery: LinkedDelivery): Promise<void> {
  const row = await work.db
    .selectFrom('broadcast_delivery')
    .where('id', '=', delivery.id)
    .select(['link_generation', 'link_spent_at'])
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined || row.link_generation !== delivery.generation || row.link_spent_at !== null) {
    throw new Conflict('broadcast.link.spent', 'This link was already used. Open it again to see what was recorded and how to change it.')
  }
  await work.db.updateTable('broadcast_delivery').where('id', '=', delivery.id).set({ link_spent_at: work.now }).execute()
  work.record({ verb: 'broadcast.link.used', subject: { kind: 'delivery', id: delivery.id }, organisationId: delivery.organisationId })
  // Somebody read it and answered: that, and not a relay's "250", proves that the contact works.
  await proveContact(work.lend(), delivery.contactId)
}
