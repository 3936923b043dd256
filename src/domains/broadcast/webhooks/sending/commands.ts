import { addHours } from '../../../../kernel/instant.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { consequenceOf, LEASE_SECONDS, TELL_WEBHOOK_OWNER, type Attempted } from '../model.ts'
import { claimedMessages, isDue, type ClaimedMessage } from '../queries.ts'

/** A message that was tried, and how that ended. `null` when its turn did not come. */
export interface Tried {
  readonly message: ClaimedMessage
  readonly attempted: Attempted | null
  readonly milliseconds: number
  /** From 0 to 1, to spread tries that would come together. */
  readonly chance: number
}

const BATCH_SIZE = 32
const LONGEST_WORDS = 300

/** Claims what is due for this worker. The claim is a lease: when it runs out without an outcome, another worker takes the message up. */
export async function claimMessages(work: Work<Visible>): Promise<readonly ClaimedMessage[]> {
  const due = await work.db
    .selectFrom('broadcast_webhook_message as message')
    .where(isDue(work.now, BATCH_SIZE))
    .orderBy('message.id')
    .select('message.id')
    .forUpdate()
    .skipLocked()
    .execute()
  const ids = due.map(({ id }) => id)
  if (ids.length === 0) return []
  // Asked again under the lock: another worker may have claimed or settled one between the two.
  const claimed = await work.db
    .updateTable('broadcast_webhook_message as message')
    .where('message.id', 'in', ids)
    .where('message.state', 'in', ['waiting', 'sending', 'failed'])
    .where(eb => eb.or([eb('message.due_at', 'is', null), eb('message.due_at', '<=', work.now)]))
    .set(eb => ({
      state: 'sending' as const,
      attempts: eb('message.attempts', '+', 1),
      attempted_at: work.now,
      due_at: addHours(work.now, LEASE_SECONDS / 3_600),
    }))
    .returning('message.id')
    .execute()
  if (claimed.length === 0) return []
  work.record({ verb: 'broadcast.webhook.claimed', subject: { kind: 'webhook', id: 'all' }, change: { claimed: claimed.length } })
  return claimedMessages(
    work.db,
    claimed.map(({ id }) => id),
    work.now,
  )
}

/** Writes down what became of a batch, and what follows for the endpoints and for the organisations that were told of a release. */
export async function settleMessages(work: Work<Visible>, tried: readonly Tried[]): Promise<void> {
  if (tried.length === 0) return
  // In one order, so that two workers cannot wait for each other.
  for (const one of tried.toSorted((a, b) => `${a.message.webhookId} ${a.message.id}`.localeCompare(`${b.message.webhookId} ${b.message.id}`)))
    await settle(work, one)
  const accepted = tried.filter(({ attempted }) => attempted?.isAccepted === true).length
  work.record({
    verb: 'broadcast.webhook.settled',
    subject: { kind: 'webhook', id: 'all' },
    change: { accepted, refused: tried.length - accepted },
  })
}

async function settle(work: Work<Visible>, { message, attempted, milliseconds, chance }: Tried): Promise<void> {
  const mine = work.db
    .updateTable('broadcast_webhook_message')
    .where('id', '=', message.id)
    .where('state', '=', 'sending')
    .where('attempts', '=', message.attempts)
  if (attempted === null) {
    await mine.set({ state: 'waiting', attempts: message.attempts - 1, due_at: null }).execute()
    return
  }
  const words = attempted.words.slice(0, LONGEST_WORDS)
  const { state, dueAt, throttledUntil, disabledBecause } = consequenceOf({ ...attempted, words }, message.attempts, work.now, chance)
  const { numUpdatedRows } = await mine
    .set({ state, due_at: dueAt, status: attempted.status, words, ...(state === 'accepted' ? { accepted_at: work.now } : {}) })
    .executeTakeFirst()
  await work.db
    .insertInto('broadcast_webhook_attempt')
    .values({ message_id: message.id, attempt: message.attempts, at: work.now, milliseconds, status: attempted.status, words })
    .execute()
  // A worker whose lease ran out only adds to the log: another has taken the message up since.
  if (numUpdatedRows === 0n) return
  await work.db
    .updateTable('broadcast_webhook')
    .where('id', '=', message.webhookId)
    .set(eb => ({
      last_words: words,
      // What was on the wire beside it takes no pause back.
      ...(throttledUntil === null ? {} : { throttled_until: throttledUntil }),
      ...(attempted.isAccepted
        ? { last_accepted_at: work.now, failing_since: null }
        : { failing_since: eb.fn.coalesce('failing_since', eb.val(work.now)) }),
    }))
    .execute()
  if (disabledBecause !== null) await disable(work, message.webhookId, disabledBecause)
  if (attempted.isAccepted && message.telling.type === 'bulletin.released' && message.bulletinId !== null)
    await markReached(work, message.bulletinId, message.organisationId)
}

/** Switches an endpoint off, once, and has its owner told by mail: another channel than the one that fails. */
async function disable(work: Work<Visible>, webhookId: string, words: string): Promise<void> {
  const { numUpdatedRows } = await work.db
    .updateTable('broadcast_webhook')
    .where('id', '=', webhookId)
    .where('state', '=', 'active')
    .set({ state: 'disabled', state_at: work.now, state_reason: words })
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return
  work.record({ verb: 'broadcast.webhook.disabled', subject: { kind: 'webhook', id: webhookId }, change: { words } })
  work.enqueue(TELL_WEBHOOK_OWNER, { webhookId, words })
}

/** The owner's own machine has the bulletin: the organisation was reached. */
async function markReached(work: Work<Visible>, bulletinId: string, organisationId: string): Promise<void> {
  await work.db
    .updateTable('broadcast_recipient')
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', '=', organisationId)
    .where('delivered_at', 'is', null)
    .set({ delivered_at: work.now, is_reachable: true })
    .execute()
}
