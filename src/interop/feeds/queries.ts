import type { Id } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Reader } from '../../platform/work/read.ts'
import { PAGE_CHANGES, type FeedFacts } from './model.ts'
import type { FeedTables } from './tables.ts'

type Asks = Pick<Reader<FeedTables>, 'selectFrom'>

/** How far the log has come: `full` is how many pages of the archive there are. */
export async function feedState(db: Asks): Promise<{ readonly stamp: number; readonly at: Instant | null; readonly full: number }> {
  const { stamp, at, last } = await db.selectFrom('interop_feed_stamp').select(['stamp', 'at', 'last']).executeTakeFirstOrThrow()
  return { stamp, at, full: Math.floor(last / PAGE_CHANGES) }
}

/** A change in the reader's scope. */
export interface LoggedChange {
  readonly seq: number
  readonly bulletinId: string
  readonly at: Instant
  readonly facts: FeedFacts
}

/** The newest changes in the reader's scope, newest first. They hold all that stands in no page of the archive. */
export function newestChanges(db: Asks): Promise<readonly LoggedChange[]> {
  return changes(db).limit(PAGE_CHANGES).execute()
}

/** A page of the archive, counted from 1, as far as the reader may see it; newest first. */
export function changesOfPage(db: Asks, page: number): Promise<readonly LoggedChange[]> {
  return changes(db)
    .where('seq', '>', (page - 1) * PAGE_CHANGES)
    .where('seq', '<=', page * PAGE_CHANGES)
    .execute()
}

function changes(db: Asks) {
  return db.selectFrom('interop_feed_change').select(['seq', 'bulletin_id as bulletinId', 'at', 'entry as facts']).orderBy('seq', 'desc')
}

/** The pages nearest to that one in which the reader finds anything; `page` is one more than there are for the document with the newest. */
export async function archivesAround(
  db: Asks,
  page: number,
  full: number,
): Promise<{ readonly previous: number | null; readonly next: number | null }> {
  const before = await changes(db)
    .where('seq', '<=', Math.min(page - 1, full) * PAGE_CHANGES)
    .limit(1)
    .executeTakeFirst()
  const after = await changes(db)
    .clearOrderBy()
    .orderBy('seq')
    .where('seq', '>', page * PAGE_CHANGES)
    .where('seq', '<=', full * PAGE_CHANGES)
    .limit(1)
    .executeTakeFirst()
  return { previous: pageOf(before), next: pageOf(after) }
}

function pageOf(change: { readonly seq: number } | undefined): number | null {
  return change === undefined ? null : Math.ceil(change.seq / PAGE_CHANGES)
}

/** Of those bulletins, when the change was made that was logged last of each: the clocks of several processes may tell otherwise which came last. */
export async function lastLogged(db: Asks, bulletinIds: readonly string[]): Promise<ReadonlyMap<string, Instant>> {
  if (bulletinIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('interop_feed_change')
    .where('bulletin_id', 'in', [...bulletinIds])
    .select(['bulletin_id', 'at'])
    .distinctOn('bulletin_id')
    .orderBy('bulletin_id')
    .orderBy('seq', 'desc')
    .execute()
  return new Map(rows.map(row => [row.bulletin_id, row.at]))
}

/** An address that may be read by. */
export interface LiveAddress {
  readonly id: Id<'feed-address'>
  readonly organisationId: Id<'organisation'>
  readonly lastUsedAt: Instant | null
}

/** The address with that token, unless it has ended. Asked as the system: nobody is known yet. */
export async function addressByToken(db: Asks, tokenHash: string, now: Instant): Promise<LiveAddress | undefined> {
  const row = await db
    .selectFrom('interop_feed_address as address')
    .leftJoin('interop_feed_use as use', 'use.address_id', 'address.id')
    .where('address.token_hash', '=', tokenHash)
    .where('address.revoked_at', 'is', null)
    .where('address.expires_at', '>', now)
    .select(['address.id', 'address.organisation_id as organisationId', 'use.last_at as lastUsedAt'])
    .executeTakeFirst()
  // Our own commands alone write the ids, of these kinds.
  return row === undefined
    ? undefined
    : { ...row, id: row.id as LiveAddress['id'], organisationId: row.organisationId as LiveAddress['organisationId'] }
}

/** An address as its organisation sees it; its token is nowhere to be seen. */
export interface FeedAddress {
  readonly id: string
  readonly name: string
  readonly madeAt: Instant
  readonly expiresAt: Instant
  readonly revokedAt: Instant | null
  readonly lastUsedAt: Instant | null
}

/** The addresses of the reader's own organisation, newest first. */
export function listAddresses(db: Asks, organisationId: string): Promise<readonly FeedAddress[]> {
  return db
    .selectFrom('interop_feed_address as address')
    .leftJoin('interop_feed_use as use', 'use.address_id', 'address.id')
    .where('address.organisation_id', '=', organisationId)
    .select([
      'address.id',
      'address.name',
      'address.made_at as madeAt',
      'address.expires_at as expiresAt',
      'address.revoked_at as revokedAt',
      'use.last_at as lastUsedAt',
    ])
    .orderBy('address.made_at', 'desc')
    .orderBy('address.id', 'desc')
    .limit(100)
    .execute()
}
