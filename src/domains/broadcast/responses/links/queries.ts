import { addDays, type Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { LINK_DAYS } from '../../deliveries/answer-link/model.ts'
import type { Visible } from '../../tables.ts'

/** Somebody who holds, or held, a link by which the organisation answers a bulletin. */
export interface LinkLine {
  readonly id: string
  readonly name: string
  readonly purpose: string
  readonly channel: string
  readonly sentAt: Instant
  readonly state: 'live' | 'used' | 'ran out' | 'taken back'
  readonly usedAt: Instant | null
}

const MOST_LINKS = 200

/** The links that went out for one organisation, the live ones first. */
export async function linksOf(db: Reader<Visible>, bulletinId: string, organisationId: string, now: Instant): Promise<readonly LinkLine[]> {
  const rows = await db
    .selectFrom('broadcast_delivery as delivery')
    .innerJoin('directory_contact as contact', 'contact.id', 'delivery.contact_id')
    .where('delivery.bulletin_id', '=', bulletinId)
    .where('delivery.organisation_id', '=', organisationId)
    .where('contact.ended_at', 'is', null)
    .where('delivery.sent_at', 'is not', null)
    .orderBy('delivery.sent_at', 'desc')
    .orderBy('delivery.id', 'desc')
    .limit(MOST_LINKS)
    .select([
      'delivery.id',
      'contact.name',
      'contact.purpose',
      'delivery.channel',
      'delivery.sent_at',
      'delivery.attempted_at',
      'delivery.link_spent_at',
      'delivery.link_revoked_at',
    ])
    .execute()
  const lines = rows.flatMap((row): LinkLine[] => {
    // A link that was asked for again is as old as its own message.
    const sentAt = row.attempted_at ?? row.sent_at
    if (sentAt === null) return []
    const state =
      row.link_revoked_at !== null ? 'taken back' : row.link_spent_at !== null ? 'used' : addDays(sentAt, LINK_DAYS) <= now ? 'ran out' : 'live'
    return [{ id: row.id, name: row.name, purpose: row.purpose, channel: row.channel, sentAt, state, usedAt: row.link_spent_at }]
  })
  return lines.toSorted((a, b) => Number(b.state === 'live') - Number(a.state === 'live'))
}
