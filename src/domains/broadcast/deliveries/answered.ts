import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import type { MailingKind } from './model.ts'
import { isOneOf, type ClaimedDelivery, type ToldOrganisation } from './queries.ts'
import { answeredAmong } from './queries/answered.ts'

/**
 * Reminders and escalations say that no answer has come. Between the hour at which they were queued and the moment in which one is sent lie a slow mail
 * server, a pace, a pause or a night: whoever answers meanwhile is left out of what a worker has just claimed. A message about nobody else is not
 * sent, and says so; one about others too names those alone.
 */
export async function withoutAnswered(
  work: Work<Visible>,
  mailing: { readonly mailingId: string; readonly bulletinId: string; readonly kind: MailingKind },
  claimed: readonly ClaimedDelivery[],
): Promise<readonly ClaimedDelivery[]> {
  if (claimed.length === 0 || (mailing.kind !== 'reminder' && mailing.kind !== 'escalation')) return claimed
  const answered = await answeredAmong(
    work.db,
    mailing.bulletinId,
    claimed.flatMap(delivery => [delivery, ...delivery.carries].map(({ organisationId }) => organisationId)),
  )
  if (answered.size === 0) return claimed
  const marked = claimed.map(delivery => ({ ...mark(delivery, answered), carries: delivery.carries.map(told => mark(told, answered)) }))
  const idle = marked.filter(delivery => toldBy(delivery).length === 0)
  await notSent(work, mailing.mailingId, idle)
  return marked.filter(delivery => !idle.includes(delivery))
}

/** The organisations that a message is about. */
export function toldBy(delivery: ClaimedDelivery): readonly ToldOrganisation[] {
  return [delivery, ...delivery.carries].filter(({ hasAnswered }) => hasAnswered !== true)
}

function mark<T extends ToldOrganisation>(told: T, answered: ReadonlySet<string>): T {
  return { ...told, hasAnswered: answered.has(told.organisationId) }
}

async function notSent(work: Work<Visible>, mailingId: string, idle: readonly ClaimedDelivery[]): Promise<void> {
  const ids = idle.flatMap(delivery => [delivery, ...delivery.carries].map(({ id }) => id))
  if (ids.length === 0) return
  await work.db
    .updateTable('broadcast_delivery')
    .where(isOneOf('id', ids))
    // Never tried, so it is no message that did not get through.
    .set({ state: 'given-up', attempts: 0, due_at: null, words: 'Not sent: the answer came first.' })
    .execute()
  work.record({ verb: 'broadcast.delivery.stopped', subject: { kind: 'mailing', id: mailingId }, change: { stopped: ids.length } })
}
