import { parseId } from '../../../../kernel/id.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { recordArrival, recordBounce, recordFailure, type Fallback } from '../outcomes.ts'

/** What GOV.UK Notify says of a message that it had taken (its documentation, "Delivery receipts"). */
export const NOTIFY_STATUSES = ['delivered', 'permanent-failure', 'temporary-failure', 'technical-failure'] as const
export type NotifyStatus = (typeof NOTIFY_STATUSES)[number]

const WORDS: Readonly<Record<NotifyStatus, string>> = {
  delivered: 'GOV.UK Notify: delivered.',
  'permanent-failure': 'GOV.UK Notify: there is no such address or number.',
  'temporary-failure': 'GOV.UK Notify: the mailbox is full, or the telephone was off for three days.',
  'technical-failure': 'GOV.UK Notify: it could not be sent, through a fault of theirs.',
}

/**
 * Takes up a callback. The reference is that of a delivery, with or without the generation of its link; what names none of ours is
 * counted and left. Saying the same again changes nothing. Gives whether it named one of ours.
 */
export async function takeNotifyCallback(
  work: Work<Visible>,
  input: { readonly reference: string | null; readonly status: NotifyStatus } & Fallback,
): Promise<boolean> {
  const deliveryId = parseId('delivery', input.reference?.split('.')[0] ?? '')
  const found =
    deliveryId === undefined ? undefined : await work.db.selectFrom('broadcast_delivery').where('id', '=', deliveryId).select('id').executeTakeFirst()
  await count(work, input.status, found !== undefined)
  if (found === undefined) return false
  const told = { deliveryId: found.id, words: WORDS[input.status], hasTexts: input.hasTexts, baseUrl: input.baseUrl }
  if (input.status === 'delivered') await recordArrival(work, told)
  else if (input.status === 'permanent-failure') await recordBounce(work, told)
  // A fault of theirs is not the number's nor the address's, however often it comes.
  else await recordFailure(work, { ...told, isContactAtFault: input.status !== 'technical-failure' })
  return true
}

async function count(work: Work<Visible>, status: NotifyStatus, isKnown: boolean): Promise<void> {
  await work.db
    .insertInto('broadcast_notify_callback')
    .values({ status, is_known: isKnown, count: 1, last_at: work.now })
    .onConflict(conflict =>
      conflict.columns(['status', 'is_known']).doUpdateSet(eb => ({ count: eb('broadcast_notify_callback.count', '+', 1), last_at: work.now })),
    )
    .execute()
}
