import { sql } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Scope } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { funnels } from '../queries.ts'
import { hoursBetween, timesUntil, type Times } from '../times.ts'
import { timesOfAll } from './times.ts'

/** An earlier bulletin of the same kind, as it stood at the age that this one has today. */
export interface EarlierBulletin {
  readonly number: number
  readonly title: string
  readonly releasedAt: Instant
  readonly times: Times
  /** How long it was out, when that was less than the age asked for: it was withdrawn before. */
  readonly hours: number
}

/** So many are looked at: older ones were answered by another sector. */
const MOST_EARLIER = 5

/**
 * The newest bulletins before this one of the same severity and threat type, without exercises, each with the times that were known when it was
 * as old as this one is: what came later is left out.
 */
export async function earlierOfKind(
  db: Reader<Visible>,
  scope: Scope,
  bulletin: { readonly id: string; readonly severity: string; readonly releasedAt: Instant },
  hours: number,
  now: Instant,
): Promise<readonly EarlierBulletin[]> {
  const rows = await db
    .selectFrom('broadcast_bulletin as bulletin')
    .innerJoin('broadcast_version as version', join =>
      join.onRef('version.bulletin_id', '=', 'bulletin.id').onRef('version.version', '=', 'bulletin.version'),
    )
    .where('bulletin.severity', '=', bulletin.severity)
    .where('bulletin.released_at', '<', bulletin.releasedAt)
    .where('bulletin.is_exercise', '=', false)
    .where(
      sql<boolean>`version.content->>'threatType' is not distinct from (
        select own.content->>'threatType' from broadcast_bulletin this join broadcast_version own on own.bulletin_id = this.id and own.version = this.version where this.id = ${bulletin.id})`,
    )
    .orderBy('bulletin.released_at', 'desc')
    .limit(MOST_EARLIER)
    .select(['bulletin.id', 'bulletin.number', 'bulletin.title', 'bulletin.released_at', 'bulletin.withdrawn_at'])
    .execute()
  const counts = await funnels(
    db,
    scope,
    rows.map(({ id }) => id),
  )
  const found: EarlierBulletin[] = []
  for (const { id, number, title, released_at: releasedAt, withdrawn_at: withdrawnAt } of rows) {
    const standing = counts.get(id)
    if (releasedAt === null || standing === undefined) continue
    const end = withdrawnAt ?? now
    const times = await timesOfAll(db, scope, { bulletinId: id, now: end }, standing)
    found.push({ number, title, releasedAt, times: timesUntil(hours, times), hours: Math.min(hours, hoursBetween(releasedAt, end)) })
  }
  return found
}
