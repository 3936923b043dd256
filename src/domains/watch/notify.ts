import type { IntelligenceItem } from '../../kernel/intelligence.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { keepDocument, packDocument } from './documents/commands.ts'
import { takeIn } from './gathering/commands.ts'
import { sha256 } from './gathering/model.ts'
import { markUnderstood } from './notifications/commands.ts'
import { itemOf } from './notifications/model.ts'
import { waitingNotifications } from './notifications/queries/show.ts'
import { ensureSource } from './sources/commands.ts'
import { NOTIFICATION_SOURCE } from './sources/model.ts'
import { lockGathering } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import { understand } from './threats/commands.ts'

const MOST_AT_ONCE = 200

/**
 * The way of a notification into the queue: each that has come, or changed, since becomes an item of its own source and a threat, by the same
 * steps as what is gathered. Many at once cost little more than one. Who sent it goes no further than the notification.
 */
export async function understandNotifications(platform: Pick<Platform, 'database' | 'clock' | 'jobs'>): Promise<void> {
  let count: number
  do {
    count = await runWork(platform, SYSTEM, understandSome)
  } while (count === MOST_AT_ONCE)
}

async function understandSome(work: Work<Visible>): Promise<number> {
  await lockGathering(work.db)
  const waiting = await waitingNotifications(work.db, MOST_AT_ONCE)
  if (waiting.length === 0) return 0
  const items = waiting.map((row): IntelligenceItem => {
    const organisation =
      row.organisationCode === null || row.organisationName === null ? null : { code: row.organisationCode, name: row.organisationName }
    const facts = {
      number: row.number,
      kind: row.kind,
      what: row.what,
      care: row.care,
      since: row.since_words,
      peopleAffected: row.people_affected,
      organisation,
      isConfirmed: row.is_confirmed,
      receivedAt: row.received_at,
      tlp: row.tlp,
      isWithdrawn: row.standing !== 'taken',
    }
    return itemOf(facts)
  })
  const bytes = Buffer.from(JSON.stringify(items, null, 2))
  const document = { address: NOTIFICATION_SOURCE.code, bytes: bytes.length, bytesHash: sha256(bytes) }
  await keepDocument(work, await packDocument(bytes, document.bytesHash))
  const source = await ensureSource(work, NOTIFICATION_SOURCE)
  const label = items.length === 1 ? (items[0]?.externalId ?? '') : `${items.length} incident notifications`
  const { touched } = await takeIn(work, source.id, document, { complete: false, label, released: null, items, rejected: [] })
  await understand(work, touched)
  await markUnderstood(
    work,
    waiting.map(row => row.id),
  )
  return waiting.length
}
