import { Conflict, NotFound, TooMany } from '../../../../kernel/errors.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { proveContact } from '../../../directory/contract.ts'
import { SEND_LINK } from '../../deliveries/model.ts'
import type { LinkedDelivery } from '../../deliveries/queries.ts'
import type { Visible } from '../../tables.ts'

const LINK_PAUSE_MILLIS = 60_000

/** Sends a fresh answer link to the same contact, the way that the first came. The links before it stop working. Throws `TooMany` within a minute of the last. */
export async function renewLink(work: Work<Visible>, delivery: LinkedDelivery): Promise<void> {
  const row = await work.db
    .selectFrom('broadcast_delivery')
    .where('id', '=', delivery.id)
    .select(['link_generation', 'attempted_at', 'link_revoked_at'])
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new NotFound('broadcast.link.unknown', 'This link does not belong to a bulletin that we know.')
  if (row.link_revoked_at !== null)
    throw new Conflict('broadcast.link.revoked', 'This link was taken back, so no new one is sent. Sign in, or ask a colleague.')
  if (row.attempted_at !== null && work.now.getTime() - row.attempted_at.getTime() < LINK_PAUSE_MILLIS) {
    throw new TooMany(
      'broadcast.link.too-soon',
      'A message with a link went out less than a minute ago. Look for it in your mail, or wait a minute and try again.',
    )
  }
  const generation = row.link_generation + 1
  await work.db
    .updateTable('broadcast_delivery')
    .where('id', '=', delivery.id)
    .set({ link_generation: generation, link_spent_at: null, attempted_at: work.now })
    .execute()
  work.record({
    verb: 'broadcast.link.renewed',
    subject: { kind: 'delivery', id: delivery.id },
    organisationId: delivery.organisationId,
    change: { generation },
  })
  work.enqueue(SEND_LINK, { deliveryId: delivery.id, generation })
}

/**
 * Uses a link up: it records one answer, once. `uses` is how many answers had come by it when its page was made, for who goes on from the
 * page after an answer; `null` for the link of the message. Gives the new number. Throws `Conflict` when it was used meanwhile, taken back,
 * or a newer one was sent.
 */
export async function spendLink(work: Work<Visible>, delivery: LinkedDelivery, uses: number | null): Promise<number> {
  // The condition and the change in one statement: of two taps at once the second finds it used.
  const spent = await work.db
    .updateTable('broadcast_delivery')
    .where('id', '=', delivery.id)
    .where('link_generation', '=', delivery.generation)
    .where('link_revoked_at', 'is', null)
    .where(eb => (uses === null ? eb('link_spent_at', 'is', null) : eb('link_uses', '=', uses)))
    .set(eb => ({ link_spent_at: work.now, link_uses: eb('link_uses', '+', 1) }))
    .returning('link_uses as uses')
    .executeTakeFirst()
  if (spent === undefined)
    throw new Conflict('broadcast.link.spent', 'This link was already used. Open it again to see what was recorded and how to change it.')
  work.record({ verb: 'broadcast.link.used', subject: { kind: 'delivery', id: delivery.id }, organisationId: delivery.organisationId })
  // Somebody read it and answered: that, and not a relay's "250", proves that the contact works.
  await proveContact(work.lend(), delivery.contactId)
  return spent.uses
}

/** Takes an answer link back: it works no more, and no new one is sent by it. */
export async function revokeLink(
  work: Work<Visible>,
  { bulletinId, organisationId, deliveryId }: { readonly bulletinId: string; readonly organisationId: string; readonly deliveryId: string },
): Promise<void> {
  assertMay(work.actor, 'broadcast.response.links')
  const [row] = await work.db
    .updateTable('broadcast_delivery')
    .where('id', '=', deliveryId)
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', '=', organisationId)
    .where('link_revoked_at', 'is', null)
    .set({ link_revoked_at: work.now })
    .returning('id')
    .execute()
  if (row === undefined) throw new NotFound('broadcast.link.unknown', 'There is no such link, or it was taken back already.')
  work.record({
    verb: 'broadcast.link.revoked',
    subject: { kind: 'delivery', id: deliveryId },
    organisationId,
  })
}
