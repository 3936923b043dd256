import { sql } from 'kysely'
import type { CapSeverity, CapUrgency } from '../../codecs/cap/alert.ts'
import type { BulletinSeverity } from '../../domains/broadcast/contract.ts'
import type { Instant, LocalDate } from '../../kernel/instant.ts'
import type { Reader } from '../../platform/work/read.ts'
import type { CapPolicy, EarlierAlert } from './model.ts'
import type { CapTables } from './tables.ts'

type Asks = Pick<Reader<CapTables>, 'selectFrom'>

/** What is decided of bulletins with that severity on that day. What is not decided is not urgent. */
export async function capPolicy(db: Asks, severity: BulletinSeverity, day: LocalDate): Promise<CapPolicy> {
  const row = await db
    .selectFrom('interop_cap_policy')
    .where('severity', '=', severity)
    .where('effective_from', '<=', day)
    .orderBy('effective_from', 'desc')
    .select(['is_urgent as isUrgent', 'cap_urgency as urgency', 'cap_severity as severity'])
    .limit(1)
    .executeTakeFirst()
  return row ?? { isUrgent: false, urgency: 'Unknown', severity: 'Unknown' }
}

/** A policy as it was set. */
export interface ListedPolicy {
  readonly severity: BulletinSeverity
  readonly effectiveFrom: LocalDate
  readonly isUrgent: boolean
  readonly urgency: CapUrgency
  readonly capSeverity: CapSeverity
  /** Who decided so. */
  readonly source: string
}

/** All that was ever set, by severity, the newest first. */
export function capPolicies(db: Asks): Promise<readonly ListedPolicy[]> {
  return db
    .selectFrom('interop_cap_policy')
    .select([
      'severity',
      'effective_from as effectiveFrom',
      'is_urgent as isUrgent',
      'cap_urgency as urgency',
      'cap_severity as capSeverity',
      'source',
    ])
    .orderBy(sql`array_position(array['high', 'medium', 'low', 'information'], severity)`)
    .orderBy('effective_from', 'desc')
    .execute()
}

/** The alerts of a bulletin, oldest first. */
export async function alertsOf(db: Asks, bulletinId: string): Promise<readonly EarlierAlert[]> {
  const rows = await db
    .selectFrom('interop_cap_alert')
    .where('bulletin_id', '=', bulletinId)
    .orderBy('position')
    .select(['position', 'changed_at as changedAt', 'message_type as messageType', 'sender', 'identifier', 'sent'])
    .execute()
  // Our own job alone writes them, of these kinds.
  return rows.map(row => ({ ...row, messageType: row.messageType as EarlierAlert['messageType'] }))
}

/** A published alert in the reader's scope. */
export interface PublishedAlert {
  readonly identifier: string
  readonly bulletinId: string
  readonly changedAt: Instant
  readonly headline: string
  readonly messageType: string
}

/** The newest alerts in the reader's scope, newest first. */
export function newestAlerts(db: Asks, limit: number): Promise<readonly PublishedAlert[]> {
  return db
    .selectFrom('interop_cap_alert')
    .orderBy('changed_at', 'desc')
    .orderBy('identifier', 'desc')
    .select(['identifier', 'bulletin_id as bulletinId', 'changed_at as changedAt', 'headline', 'message_type as messageType'])
    .limit(limit)
    .execute()
}

/** An alert in the reader's scope: that one, or without a position the newest of the bulletin. */
export function alertText(
  db: Asks,
  number: string,
  position: number | null,
): Promise<{ readonly xml: string; readonly changedAt: Instant } | undefined> {
  return db
    .selectFrom('interop_cap_alert')
    .where('identifier', 'like', `${number}-%`)
    .$if(position !== null, query => query.where('position', '=', position ?? 0))
    .orderBy('position', 'desc')
    .select(['xml', 'changed_at as changedAt'])
    .limit(1)
    .executeTakeFirst()
}
