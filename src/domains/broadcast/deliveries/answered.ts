import { sql } from 'kysely'
import type { Work } from '../../../platform/work/work.ts'
import { owesAnswer } from '../scope.ts'
import type { Visible } from '../tables.ts'
import type { MailingKind } from './model.ts'
import { isOneOf, type ClaimedDelivery, type ToldOrganisation } from './queries.ts'

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
    work,
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

async function answeredAmong(work: Work<Visible>, bulletinId: string, organisationIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await work.db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where(isOneOf('recipient.organisation_id', [...new Set(organisationIds)]))
    .where(sql<boolean>`${owesAnswer('recipient', 'bulletin')} is not true`)
    .select('recipient.organisation_id as id')
    .execute()
  return new Set(rows.map(({ id }) => id))
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
