import { Conflict, NotFound } from '../../../kernel/errors.ts'
import { addHours } from '../../../kernel/instant.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { failContact } from '../../directory/contract.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { afterAttempt, BATCH_SIZE, DELIVER, LEASE_SECONDS, type DeliveryState } from './model.ts'
import { claimedDeliveries, nextDue, settledRows, type ClaimedDelivery, type SettledDelivery } from './queries.ts'

/** How one attempt ended. `not-begun`: the worker was told to stop before its turn came. */
export type AttemptOutcome =
  | { readonly kind: 'tried'; readonly ok: boolean; readonly permanent: boolean; readonly words: string }
  | { readonly kind: 'not-begun' }

export interface Attempt {
  readonly delivery: ClaimedDelivery
  readonly outcome: AttemptOutcome
}

const OPEN: readonly DeliveryState[] = ['waiting', 'sending', 'failed']
const LONGEST_WORDS = 500

/**
 * Claims the next batch of a release for this worker: what is due and nobody else holds. The claim is a lease; when it
 * runs out without an outcome, another worker takes the delivery up.
 */
export async function claimDeliveries(work: Work<Visible>, releaseId: string): Promise<readonly ClaimedDelivery[]> {
  const due = await work.db
    .selectFrom('broadcast_delivery')
    .where('release_id', '=', releaseId)
    .where('state', 'in', OPEN)
    .where(eb => eb.or([eb('due_at', 'is', null), eb('due_at', '<=', work.now)]))
    .orderBy('due_at', order => order.asc().nullsFirst())
    .orderBy('id')
    .limit(BATCH_SIZE)
    .select('id')
    .forUpdate()
    .skipLocked()
    .execute()
  const ids = due.map(({ id }) => id)
  if (ids.length === 0) return []
  await work.db
    .updateTable('broadcast_delivery')
    .where('id', 'in', ids)
    .set(eb => ({
      state: 'sending' as const,
      attempts: eb('attempts', '+', 1),
      attempted_at: work.now,
      due_at: addHours(work.now, LEASE_SECONDS / 3_600),
    }))
    .execute()
  work.record({ verb: 'broadcast.delivery.claimed', subject: { kind: 'release', id: releaseId }, change: { claimed: ids.length } })
  return claimedDeliveries(work.db, ids)
}

/** Writes down what became of a batch, and what follows for the organisations in the frozen audience. */
export async function settleDeliveries(work: Work<Visible>, releaseId: string, attempts: readonly Attempt[]): Promise<void> {
  if (attempts.length === 0) return
  const settled = attempts.map(attempt => settle(attempt, work.now))
  await work.db
    .updateTable('broadcast_delivery')
    .from(settledRows(settled))
    .whereRef('broadcast_delivery.id', '=', 'settled.id')
    // A worker whose lease ran out may not undo what another did since, save to say that the message went out.
    .where(eb =>
      eb.or([
        eb.and([eb('broadcast_delivery.state', '=', 'sending'), eb('broadcast_delivery.attempts', '=', eb.ref('settled.claimed'))]),
        eb('settled.state', '=', 'sent'),
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
  const organisationsOf = (state: DeliveryState) => [
    ...new Set(attempts.filter((_, index) => settled[index]?.state === state).map(({ delivery }) => delivery.organisationId)),
  ]
  await markDelivered(work, releaseId, organisationsOf('sent'))
  await markUnreachable(work, releaseId, organisationsOf('given-up'))
  for (const [index, { delivery }] of attempts.entries()) {
    const { state, words } = settled[index] ?? {}
    if (state === 'given-up') await failContact(work.lend(), { contactId: delivery.contactId, words: words ?? '' })
  }
  const count = (state: DeliveryState) => settled.filter(delivery => delivery.state === state).length
  work.record({
    verb: 'broadcast.delivery.settled',
    subject: { kind: 'release', id: releaseId },
    change: { sent: count('sent'), failed: count('failed'), givenUp: count('given-up'), putBack: count('waiting') },
  })
}

function settle({ delivery, outcome }: Attempt, now: Date): SettledDelivery {
  const base = { id: delivery.id, claimed: delivery.attempts }
  if (outcome.kind === 'not-begun') return { ...base, state: 'waiting', words: null, attempts: delivery.attempts - 1, dueAt: null, sentAt: null }
  const { state, dueAt } = afterAttempt(outcome, delivery.attempts, now)
  return { ...base, state, dueAt, words: outcome.words.slice(0, LONGEST_WORDS), attempts: delivery.attempts, sentAt: state === 'sent' ? now : null }
}

/** Rows are locked in one order, so that two workers cannot wait for each other. */
async function lockRecipients(work: Work<Visible>, releaseId: string, organisationIds: readonly string[]): Promise<void> {
  await work.db
    .selectFrom('broadcast_recipient')
    .innerJoin('broadcast_release as release', 'release.bulletin_id', 'broadcast_recipient.bulletin_id')
    .where('release.id', '=', releaseId)
    .where('broadcast_recipient.organisation_id', 'in', [...organisationIds])
    .orderBy('broadcast_recipient.organisation_id')
    .select('broadcast_recipient.organisation_id')
    .forUpdate('broadcast_recipient')
    .execute()
}

async function markDelivered(work: Work<Visible>, releaseId: string, organisationIds: readonly string[]): Promise<void> {
  if (organisationIds.length === 0) return
  await lockRecipients(work, releaseId, organisationIds)
  await work.db
    .updateTable('broadcast_recipient')
    .where('release_id', '=', releaseId)
    .where('organisation_id', 'in', [...organisationIds])
    .where('delivered_at', 'is', null)
    .set({ delivered_at: work.now, is_reachable: true })
    .execute()
}

/** An organisation of whose contacts none is left to try, and none was reached, is unreachable: it is not silent. */
async function markUnreachable(work: Work<Visible>, releaseId: string, organisationIds: readonly string[]): Promise<void> {
  if (organisationIds.length === 0) return
  await lockRecipients(work, releaseId, organisationIds)
  await work.db
    .updateTable('broadcast_recipient as recipient')
    .where('recipient.release_id', '=', releaseId)
    .where('recipient.organisation_id', 'in', [...organisationIds])
    .where('recipient.delivered_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('broadcast_delivery as other')
            .whereRef('other.bulletin_id', '=', 'recipient.bulletin_id')
            .whereRef('other.organisation_id', '=', 'recipient.organisation_id')
            .where('other.state', '!=', 'given-up')
            .select('other.id'),
        ),
      ),
    )
    .set({ is_reachable: false })
    .execute()
}

/** What is left of a withdrawn bulletin's release is not sent. Gives how many messages that spared. */
export async function stopDeliveries(work: Work<Visible>, releaseId: string): Promise<number> {
  const open = await work.db
    .selectFrom('broadcast_delivery')
    .where('release_id', '=', releaseId)
    .where('state', 'in', ['waiting', 'failed'])
    .select('id')
    .limit(1)
    .executeTakeFirst()
  if (open === undefined) return 0
  const stopped = await work.db
    .updateTable('broadcast_delivery')
    .where('release_id', '=', releaseId)
    .where('state', 'in', ['waiting', 'failed'])
    .set({ state: 'given-up', due_at: null, words: 'Not sent: the bulletin was withdrawn first.' })
    .returning('id')
    .execute()
  work.record({ verb: 'broadcast.delivery.stopped', subject: { kind: 'release', id: releaseId }, change: { stopped: stopped.length } })
  return stopped.length
}

/** Comes back to a release when the next of its deliveries is due; does nothing when none is left. */
export async function followUp(work: Work<Visible>, releaseId: string): Promise<void> {
  const next = await nextDue(work.db, releaseId)
  if (next === null) return
  // At least a second: what another worker is claiming just now is no reason to ask again at once.
  const seconds = next.at === null ? 1 : Math.ceil((next.at.getTime() - work.now.getTime()) / 1_000)
  work.enqueue(DELIVER, { releaseId }, { delaySeconds: Math.max(seconds, 1) })
}

/** Tries given-up deliveries of a bulletin again: those named, or all. Gives how many. */
export async function retryDeliveries(work: Work<Visible>, bulletinId: string, deliveryIds: readonly string[] | 'all'): Promise<number> {
  assertMay(work.actor, 'broadcast.delivery.retry')
  const bulletin = await work.db.selectFrom('broadcast_bulletin').where('id', '=', bulletinId).select(['number', 'state']).executeTakeFirst()
  if (bulletin === undefined) throw new NotFound('broadcast.bulletin.unknown', 'There is no such bulletin.')
  if (bulletin.state !== 'released') throw new Conflict('broadcast.delivery.not-live', 'This bulletin was withdrawn, so nothing more is sent.')
  const retried = await work.db
    .updateTable('broadcast_delivery')
    .where('bulletin_id', '=', bulletinId)
    .where('state', '=', 'given-up')
    .$if(deliveryIds !== 'all', query => query.where('id', 'in', [...deliveryIds]))
    .set({ state: 'waiting', attempts: 0, due_at: null })
    .returning(['release_id', 'organisation_id'])
    .execute()
  const releaseId = retried[0]?.release_id
  if (releaseId === undefined) return 0
  const organisationIds = [...new Set(retried.map(row => row.organisation_id))]
  await lockRecipients(work, releaseId, organisationIds)
  await work.db
    .updateTable('broadcast_recipient')
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', 'in', organisationIds)
    .set({ is_reachable: true })
    .execute()
  work.record({
    verb: 'broadcast.delivery.retried',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    change: { deliveries: retried.length },
  })
  work.enqueue(DELIVER, { releaseId })
  return retried.length
}
