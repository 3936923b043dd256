import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { retryDeliveries } from '../commands.ts'
import { deadDeliveries, type LedgerFilter } from './queries.ts'

/** Tries what was given up or came back again, of the deliveries of a bulletin that fit. Gives how many messages; where there are none, nothing is done. */
export async function retryDead(work: Work<Visible>, bulletinId: string, filter: LedgerFilter): Promise<number> {
  assertMay(work.actor, 'broadcast.delivery.retry')
  const dead = await deadDeliveries(work.db, bulletinId, filter)
  return dead.length === 0 ? 0 : retryDeliveries(work, bulletinId, dead)
}
