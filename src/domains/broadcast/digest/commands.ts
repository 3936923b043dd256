import type { Id } from '../../../kernel/id.ts'
import { addHours, londonDate } from '../../../kernel/instant.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { afterAttempt, BATCH_SIZE, LEASE_SECONDS, OPEN_LETTERS, SEND_DIGEST, STALE_HOURS } from './model.ts'
import { addressesWaiting, staleDigests, type ClaimedLetter } from './queries.ts'

const CHUNK = 5_000

/** Writes today's digest: a letter for each address for which something waits. Does nothing when today's is there, or nobody waits for anything. */
export async function makeDigest(work: Work<Visible>): Promise<number> {
  const today = londonDate(work.now)
  const known = await work.db.selectFrom('broadcast_digest').where('week', '=', today).select('id').executeTakeFirst()
  const addresses = known === undefined ? await addressesWaiting(work.db, work.now) : []
  if (addresses.length === 0) return 0
  const id = work.newId('digest')
  // Two workers at once: the second fails on the unique day, is rolled back, and finds the digest there when it is tried again.
  await work.db.insertInto('broadcast_digest').values({ id, week: today, made_at: work.now, letters: addresses.length }).execute()
  for (let at = 0; at < addresses.length; at += CHUNK) {
    await work.db
      .insertInto('broadcast_digest_letter')
      .values(
        addresses.slice(at, at + CHUNK).map(({ address, name }) => ({
          id: work.newId('letter'),
          digest_id: id,
          address,
          name,
          state: 'queued' as const,
          due_at: null,
          sent_at: null,
          words: null,
        })),
      )
      .execute()
  }
  work.record({ verb: 'broadcast.digest.made', subject: { kind: 'digest', id }, change: { letters: addresses.length } })
  work.enqueue(SEND_DIGEST, { digestId: id })
  return addresses.length
}

/** Gives up the letters that are too late to be of use. */
export async function giveUpOldLetters(work: Work<Visible>): Promise<void> {
  for (const id of await staleDigests(work.db, work.now)) {
    const givenUp = await work.db
      .updateTable('broadcast_digest_letter')
      .where('digest_id', '=', id)
      .where('state', 'in', OPEN_LETTERS)
      .set({ state: 'given-up', due_at: null, words: `Too late: it could not be sent within ${STALE_HOURS} hours.` })
      .returning('id')
      .execute()
    work.record({ verb: 'broadcast.digest.given-up', subject: { kind: 'digest', id }, change: { letters: givenUp.length } })
  }
}

/** Claims the next letters of a digest for this worker. The claim is a lease. */
export async function claimLetters(work: Work<Visible>, digestId: string): Promise<readonly ClaimedLetter[]> {
  const due = await work.db
    .selectFrom('broadcast_digest_letter')
    .where('digest_id', '=', digestId)
    .where('state', 'in', OPEN_LETTERS)
    .where(eb => eb.or([eb('due_at', 'is', null), eb('due_at', '<=', work.now)]))
    .orderBy('due_at', order => order.asc().nullsFirst())
    .orderBy('id')
    .limit(BATCH_SIZE)
    .select(['id', 'address', 'name', 'attempts'])
    .forUpdate()
    .skipLocked()
    .execute()
  if (due.length === 0) return []
  await work.db
    .updateTable('broadcast_digest_letter')
    .where(
      'id',
      'in',
      due.map(({ id }) => id),
    )
    .set(eb => ({ state: 'sending' as const, attempts: eb('attempts', '+', 1), due_at: addHours(work.now, LEASE_SECONDS / 3_600) }))
    .execute()
  work.record({ verb: 'broadcast.digest.claimed', subject: { kind: 'digest', id: digestId }, change: { claimed: due.length } })
  return due.map(row => ({ ...row, id: row.id as Id<'letter'>, attempts: row.attempts + 1 }))
}

/** What became of a letter. `empty`: nothing waited any more. */
export interface LetterOutcome {
  readonly letter: ClaimedLetter
  readonly outcome: { readonly kind: 'empty' } | { readonly kind: 'tried'; readonly ok: boolean; readonly permanent: boolean; readonly words: string }
}

const LONGEST_WORDS = 500

export async function settleLetters(work: Work<Visible>, digestId: string, outcomes: readonly LetterOutcome[]): Promise<void> {
  if (outcomes.length === 0) return
  const counts = { sent: 0, failed: 0, 'given-up': 0, empty: 0 }
  for (const { letter, outcome } of outcomes) {
    const settled =
      outcome.kind === 'empty'
        ? { state: 'empty' as const, dueAt: null, words: null }
        : { ...afterAttempt(outcome, letter.attempts, work.now), words: outcome.words.slice(0, LONGEST_WORDS) }
    counts[settled.state] += 1
    await work.db
      .updateTable('broadcast_digest_letter')
      .where('id', '=', letter.id)
      // A worker whose lease ran out may not undo what another did since, save to say that the letter went out.
      .where(eb => eb.or([eb('attempts', '=', letter.attempts), eb.val(settled.state === 'sent')]))
      .set({ state: settled.state, due_at: settled.dueAt, words: settled.words, sent_at: settled.state === 'sent' ? work.now : null })
      .execute()
  }
  work.record({ verb: 'broadcast.digest.settled', subject: { kind: 'digest', id: digestId }, change: counts })
}
