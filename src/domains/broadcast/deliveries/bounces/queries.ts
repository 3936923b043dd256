import type { Id } from '../../../../kernel/id.ts'
import { addDays, type Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { SOFT_DAYS } from './model.ts'

/** Whom a delivery was for. */
export async function contactOf(db: Reader<Visible>, deliveryId: Id<'delivery'>): Promise<Id<'contact'> | undefined> {
  const row = await db.selectFrom('broadcast_delivery').where('id', '=', deliveryId).select('contact_id').executeTakeFirst()
  return row?.contact_id as Id<'contact'> | undefined
}

/** Whether that report about the delivery was counted before. */
export async function isKnown(db: Reader<Visible>, deliveryId: string, report: string): Promise<boolean> {
  const row = await db
    .selectFrom('broadcast_bounce')
    .where('delivery_id', '=', deliveryId)
    .where('report', '=', report)
    .select('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Whether a letter of the digest went out, and nothing was heard of it since. */
export async function isLetterSent(db: Reader<Visible>, letterId: Id<'letter'>): Promise<boolean> {
  const row = await db.selectFrom('broadcast_digest_letter').where('id', '=', letterId).select('state').executeTakeFirst()
  return row?.state === 'sent'
}

/** When messages to the contact were given up by a server lately. */
export async function softBounces(db: Reader<Visible>, contactId: string, now: Instant): Promise<readonly Instant[]> {
  const rows = await db
    .selectFrom('broadcast_bounce')
    .where('contact_id', '=', contactId)
    .where('kind', '=', 'soft')
    .where('at', '>', addDays(now, -SOFT_DAYS))
    .select('at')
    .execute()
  return rows.map(({ at }) => at)
}
