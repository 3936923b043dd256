import { sql } from 'kysely'
import { addHours, type Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { MailFacts } from '../model.ts'

/** Lets one notification at a time be numbered and counted, for as long as its unit of work lasts. */
export async function lockNotifications(db: Pick<Reader<Visible>, 'getExecutor'>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('watch.notifications'))`.execute(db)
}

export interface EarlierNotification {
  readonly id: string
  readonly number: string
  readonly contentHash: string
}

/** The notification that came with the same idempotency key. */
export function sentWithKey(db: Reader<Visible>, requestHash: string): Promise<EarlierNotification | undefined> {
  return earlier(db).where('sender.request_hash', '=', requestHash).executeTakeFirst()
}

/** The notification that said the very same, from the same sender, since then. */
export function sameContent(db: Reader<Visible>, contentHash: string, since: Instant): Promise<EarlierNotification | undefined> {
  return earlier(db).where('sender.content_hash', '=', contentHash).where('sender.at', '>', since).orderBy('sender.at').executeTakeFirst()
}

function earlier(db: Reader<Visible>) {
  return db
    .selectFrom('watch_notification_sender as sender')
    .innerJoin('watch_notification as notification', 'notification.id', 'sender.notification_id')
    .select(['notification.id', 'notification.number', 'sender.content_hash as contentHash'])
}

/** The last number given in a year; 0 before the first. */
export async function lastSequence(db: Reader<Visible>, year: number): Promise<number> {
  const row = await db
    .selectFrom('watch_notification')
    .select(eb => eb.fn.max('sequence').as('last'))
    .where('year', '=', year)
    .executeTakeFirst()
  return row?.last ?? 0
}

export interface FloodCounts {
  readonly fromNetwork: number
  readonly fromAnybody: number
  readonly ofOrganisation: number
  readonly sameWords: number
}

/** How many came lately: what the rules on spam count by. Those of people who were signed in count for their organisation alone. */
export async function floodCounts(
  db: Reader<Visible>,
  by: { readonly networkHash: string | null; readonly organisationId: string | null; readonly wordsHash: string; readonly now: Instant },
): Promise<FloodCounts> {
  const [hourAgo, dayAgo] = [addHours(by.now, -1), addHours(by.now, -24)]
  const senders = await db
    .selectFrom('watch_notification_sender')
    .select(eb => [eb.fn.countAll<number>().as('anybody'), eb.fn.countAll<number>().filterWhere('network_hash', '=', by.networkHash).as('network')])
    .where('at', '>', hourAgo)
    .where('network_hash', 'is not', null)
    .executeTakeFirstOrThrow()
  const count = (column: 'organisation_id' | 'words_hash', value: string | null, since: Instant) =>
    db
      .selectFrom('watch_notification')
      .select(eb => eb.fn.countAll<number>().as('count'))
      .where(column, '=', value)
      .where('received_at', '>', since)
      .executeTakeFirstOrThrow()
  const [organisation, words] = [await count('organisation_id', by.organisationId, hourAgo), await count('words_hash', by.wordsHash, dayAgo)]
  return { fromNetwork: senders.network, fromAnybody: senders.anybody, ofOrganisation: organisation.count, sameWords: words.count }
}

/** How many mails with a number were asked for lately. */
export async function mailCounts(db: Reader<Visible>, by: { emailHash: string; networkHash: string | null; now: Instant }): Promise<MailFacts> {
  const [hourAgo, dayAgo] = [addHours(by.now, -1), addHours(by.now, -24)]
  const row = await db
    .selectFrom('watch_notification_sender as sender')
    .innerJoin('watch_notification as notification', 'notification.id', 'sender.notification_id')
    .select(eb => {
      const count = () => eb.fn.countAll<number>()
      return [
        count().filterWhere('sender.email_hash', '=', by.emailHash).as('toAddressLastDay'),
        count().filterWhere('sender.email_hash', '=', by.emailHash).filterWhere('sender.at', '>', hourAgo).as('toAddressLastHour'),
        count().filterWhere('sender.network_hash', '=', by.networkHash).filterWhere('sender.at', '>', hourAgo).as('forNetworkLastHour'),
        count().filterWhere('sender.at', '>', hourAgo).as('forAnybodyLastHour'),
      ]
    })
    .where('sender.at', '>', dayAgo)
    .where('notification.acknowledgement', 'in', ['waiting', 'sent', 'refused'])
    .executeTakeFirstOrThrow()
  return row
}
