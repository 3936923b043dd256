import { publishedBulletin, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import { Conflict, NotFound } from '../../kernel/errors.ts'
import { addDays } from '../../kernel/instant.ts'
import { hashToken, newToken } from '../../platform/auth/tokens.ts'
import { assertMay } from '../../platform/work/actor.ts'
import type { Work } from '../../platform/work/work.ts'
import { isForFiles } from '../published.ts'
import { factsOf } from './model.ts'
import { lastLogged } from './queries.ts'
import type { FeedTables } from './tables.ts'

const MOST_ADDRESSES = 20

/**
 * Logs what readers of a bulletin see anew, unless that change is logged already, or another has followed since it was read: that one announced
 * itself too. What was rendered before is made anew in any case.
 */
export async function logChange(work: Work<FeedTables>, bulletin: PublishedBulletin, html: string): Promise<void> {
  // Held until the commit, so that numbers come without gaps and in the order in which they can be seen.
  const { stamp, last } = await work.db.selectFrom('interop_feed_stamp').select(['stamp', 'last']).forUpdate().executeTakeFirstOrThrow()
  const today = await publishedBulletin<FeedTables>(work.db, bulletin.id)
  const changed = bulletin.changedAt.getTime()
  const isLogged = (await lastLogged(work.db, [bulletin.id])).get(bulletin.id)?.getTime() === changed
  const isNew = isForFiles(bulletin) && !isLogged && today?.changedAt.getTime() === changed
  if (isNew) {
    await work.db
      .insertInto('interop_feed_change')
      .values({
        seq: last + 1,
        bulletin_id: bulletin.id,
        tlp: bulletin.tlp,
        at: bulletin.changedAt,
        entry: JSON.stringify(factsOf(bulletin, html)),
      })
      .execute()
    work.record({ verb: 'interop.feeds.logged', subject: { kind: 'bulletin', id: bulletin.id }, change: { seq: last + 1 } })
  }
  await work.db
    .updateTable('interop_feed_stamp')
    .set({ stamp: stamp + 1, last: isNew ? last + 1 : last, at: work.now })
    .execute()
}

/** Makes an address for the actor's organisation. Gives its token, which nobody is shown again. */
export async function makeAddress(
  work: Work<FeedTables>,
  input: { readonly name: string; readonly days: number },
): Promise<{ readonly id: string; readonly token: string }> {
  assertMay(work.actor, 'interop.feed-address.keep')
  const { organisationId } = work.actor
  if (organisationId === null) throw new NotFound('interop.feed-address.nobody', 'You act for no organisation. Choose one first.')
  const { count } = await work.db
    .selectFrom('interop_feed_address')
    .where('organisation_id', '=', organisationId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', work.now)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count >= MOST_ADDRESSES)
    throw new Conflict('interop.feed-address.too-many', `There are ${MOST_ADDRESSES} feed addresses. End one that is not used.`)
  const id = work.newId('feed-address')
  const token = newToken()
  const expiresAt = addDays(work.now, input.days)
  await work.db
    .insertInto('interop_feed_address')
    .values({
      id,
      organisation_id: organisationId,
      name: input.name,
      token_hash: hashToken(token),
      made_by: work.actor.id,
      made_at: work.now,
      expires_at: expiresAt,
      revoked_at: null,
      revoked_by: null,
    })
    .execute()
  work.record({
    verb: 'interop.feed-address.made',
    subject: { kind: 'feed-address', id },
    organisationId,
    change: { expiresAt: expiresAt.toISOString() },
  })
  return { id, token }
}

/** Ends an address of the actor's organisation: from this moment it leads nowhere. */
export async function endAddress(work: Work<FeedTables>, id: string): Promise<void> {
  assertMay(work.actor, 'interop.feed-address.keep')
  const ended = await work.db
    .updateTable('interop_feed_address')
    .where('id', '=', id)
    .where('organisation_id', '=', work.actor.organisationId ?? '')
    .where('revoked_at', 'is', null)
    .set({ revoked_at: work.now, revoked_by: work.actor.id })
    .returning('organisation_id')
    .executeTakeFirst()
  if (ended === undefined) throw new NotFound('interop.feed-address.unknown', 'There is no such feed address, or it has ended already.')
  work.record({ verb: 'interop.feed-address.ended', subject: { kind: 'feed-address', id }, organisationId: ended.organisation_id })
}

/** Keeps when an address was last asked for. */
export async function noteUse(work: Work<FeedTables>, id: string): Promise<void> {
  await work.db
    .insertInto('interop_feed_use')
    .values({ address_id: id, last_at: work.now })
    .onConflict(conflict => conflict.column('address_id').doUpdateSet({ last_at: work.now }))
    .execute()
}
