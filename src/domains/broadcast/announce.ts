import type { Work } from '../../platform/work/work.ts'
import { bulletinNumber } from './bulletins/model.ts'
import { bulletinById, versionOf, type Bulletin } from './bulletins/queries.ts'
import type { Visible } from './tables.ts'
import { factsToKeep, SEND_WEBHOOKS, type Facts } from './webhooks/model.ts'
import { hasListeners } from './webhooks/queries.ts'

/** What happened. Each is told after what it tells of was written, in the same unit of work. */
export type BroadcastEvent =
  /** To all of its audience, or to those who join it late. */
  | { readonly type: 'bulletin.released'; readonly bulletinId: string; readonly organisationIds?: readonly string[] }
  /** `update` is its title, or what changed in a sentence. */
  | { readonly type: 'bulletin.updated'; readonly bulletinId: string; readonly update: string }
  | { readonly type: 'bulletin.withdrawn'; readonly bulletinId: string; readonly reason: string }
  /** Told to that organisation alone, and to the partners that answer for it. */
  | { readonly type: 'response.recorded'; readonly bulletinId: string; readonly organisationId: string; readonly state: string }

/**
 * Tells the machines that listen: writes a message for each of their endpoints in this transaction (the outbox), and asks for the job that
 * sends them. Writes nothing when nobody listens. The caller records what happened in the audit.
 */
export async function announce(work: Work<Visible>, event: BroadcastEvent): Promise<void> {
  const only = organisationsOf(event)
  if (!(await hasListeners(work.db, event.type, event.bulletinId, only))) return
  const bulletin = await bulletinById(work.db, event.bulletinId)
  await work.db
    .insertInto('broadcast_announcement')
    .values({
      id: work.newId('announcement'),
      type: event.type,
      at: work.now,
      bulletin_id: bulletin.id,
      only_organisations: only === null ? null : [...only],
      webhook_id: null,
      facts: JSON.stringify(factsToKeep(await factsOf(work, bulletin, event), bulletin.sharingGroup !== null)),
    })
    .execute()
  work.enqueue(SEND_WEBHOOKS, {})
}

function organisationsOf(event: BroadcastEvent): readonly string[] | null {
  if (event.type === 'response.recorded') return [event.organisationId]
  return event.type === 'bulletin.released' ? (event.organisationIds ?? null) : null
}

async function factsOf(work: Work<Visible>, bulletin: Bulletin, event: BroadcastEvent): Promise<Facts> {
  const { number, tlp, isExercise, title, severity, version } = bulletin
  const head = { number: bulletinNumber(number), tlp, isExercise, title, severity }
  switch (event.type) {
    case 'bulletin.released': {
      const { content } = await versionOf(work.db, bulletin.id, version)
      return { ...head, version, respondBy: bulletin.respondBy?.toISOString() ?? null, summary: content.shortSummary, cves: content.cves }
    }
    case 'bulletin.updated':
      return { ...head, update: event.update }
    case 'bulletin.withdrawn':
      return { ...head, reason: event.reason }
    case 'response.recorded': {
      const organisation = await work.db.selectFrom('directory_organisation').where('id', '=', event.organisationId).select('code').executeTakeFirst()
      return { ...head, organisation: organisation?.code, state: event.state }
    }
  }
}
