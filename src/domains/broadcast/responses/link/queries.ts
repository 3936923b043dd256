import type { Id } from '../../../../kernel/id.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { linkedDelivery, type LinkedDelivery } from '../../deliveries/queries.ts'
import type { Visible } from '../../tables.ts'

/** A delivery with what became of its answer link. */
export interface AnswerLinkHolder extends LinkedDelivery {
  readonly revokedAt: Instant | null
  /** How many answers came by it. */
  readonly uses: number
}

/** The delivery that an answer link belongs to. Read in the system's scope: nobody is known yet when a link is opened. */
export async function linkHolder(db: Reader<Visible>, id: Id<'delivery'>): Promise<AnswerLinkHolder | undefined> {
  const delivery = await linkedDelivery(db, id)
  const row = await db.selectFrom('broadcast_delivery').where('id', '=', id).select(['link_revoked_at', 'link_uses']).executeTakeFirst()
  return delivery === undefined || row === undefined ? undefined : { ...delivery, revokedAt: row.link_revoked_at, uses: row.link_uses }
}
