import type { Id } from '../../../../kernel/id.ts'
import { shorten } from '../../../../kernel/text.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { failContact } from '../../../directory/contract.ts'
import type { Visible } from '../../tables.ts'
import { recordArrival, recordBounce, recordFailure, type Fallback } from '../outcomes.ts'
import { stopStream } from '../streams/commands.ts'
import type { StreamReader } from '../streams/model.ts'
import { contactsOfReader } from '../streams/queries.ts'
import { failsSoftly, type BounceKind, type Received } from './model.ts'
import { contactOf, isKnown, isLetterSent, softBounces } from './queries.ts'

/** A report about one message, which the address that it came to has proved. */
export interface Proved {
  readonly kind: BounceKind
  readonly status: string | null
  readonly words: string
  /** By which the same report is known again. */
  readonly report: string
}

interface ProvedReport extends Proved {
  readonly deliveryId: Id<'delivery'>
}

/** Writes down a report, once, and does what follows from it. */
export async function applyReport(work: Work<Visible>, proved: ProvedReport, fallback: Fallback): Promise<Received> {
  const { deliveryId, kind } = proved
  const contactId = await contactOf(work.db, deliveryId)
  if (contactId === undefined) return 'ignored'
  if (await isKnown(work.db, deliveryId, proved.report)) return 'known'
  // Of two who read the same report at once, the second fails here, and finds it known when it comes again.
  await work.db
    .insertInto('broadcast_bounce')
    .values({
      delivery_id: deliveryId,
      contact_id: contactId,
      kind,
      status: proved.status,
      words: shorten(proved.words, 500),
      at: work.now,
      report: proved.report,
    })
    .execute()
  work.record({ verb: 'broadcast.bounce.read', subject: { kind: 'delivery', id: deliveryId }, change: { kind, status: proved.status } })
  await follow(work, proved, contactId, fallback)
  return kind
}

async function follow(work: Work<Visible>, { deliveryId, kind, words }: ProvedReport, contactId: Id<'contact'>, fallback: Fallback): Promise<void> {
  switch (kind) {
    case 'hard':
      await recordBounce(work, { deliveryId, words, ...fallback })
      return
    case 'policy':
      await recordBounce(work, { deliveryId, words, ...fallback, isContactAtFault: false })
      return
    case 'soft':
      await recordFailure(work, { deliveryId, words, ...fallback, isContactAtFault: false })
      if (failsSoftly(await softBounces(work.db, contactId, work.now), work.now)) await failContact(work.lend(), { contactId, words })
      return
    case 'delivered':
      await recordArrival(work, { deliveryId, words })
      return
    case 'complaint':
      await stopStream(work, { stream: 'bulletins', id: contactId }, 'complained')
      return
    case 'delayed':
  }
}

/**
 * A report about a letter of the digest. An address that does not work fails for everybody who is written to at it; a complaint stops their
 * digests. What else servers say of a letter nobody waits for: the next is a week away.
 */
export async function applyLetterReport(work: Work<Visible>, letterId: Id<'letter'>, { kind, words }: Proved): Promise<Received> {
  if (kind === 'complaint') return applyComplaint(work, { stream: 'digest', id: letterId })
  if (kind !== 'hard') return kind
  if (!(await isLetterSent(work.db, letterId))) return 'known'
  await work.db
    .updateTable('broadcast_digest_letter')
    .where('id', '=', letterId)
    .set({ state: 'given-up', words: shorten(words, 500) })
    .execute()
  work.record({ verb: 'broadcast.digest.bounced', subject: { kind: 'letter', id: letterId } })
  for (const { id: contactId } of await contactsOfReader(work.db, { stream: 'digest', id: letterId }))
    await failContact(work.lend(), { contactId, words })
  return kind
}

/** A complaint about a message that its own link to stop it has proved. */
export async function applyComplaint(work: Work<Visible>, reader: StreamReader): Promise<Received> {
  return (await stopStream(work, reader, 'complained')) > 0 ? 'complaint' : 'known'
}
