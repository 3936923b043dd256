import { sql } from 'kysely'
import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { BulletinContent, type BulletinSeverity } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { DELIVERY_STATES, type DeliveryCounts, type DeliveryState } from './model.ts'

/** What a worker needs to know of a release to write its messages. */
export interface ReleaseToDeliver {
  readonly releaseId: string
  readonly bulletinId: string
  readonly number: number
  readonly title: string
  readonly severity: BulletinSeverity
  readonly tlp: Tlp
  readonly respondBy: Instant | null
  readonly isExercise: boolean
  readonly content: BulletinContent
}

/** The release with the version that was released; `undefined` when there is no such release. */
export async function releaseToDeliver(db: Reader<Visible>, releaseId: string): Promise<ReleaseToDeliver | undefined> {
  const row = await db
    .selectFrom('broadcast_release as release')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'release.bulletin_id')
    .innerJoin('broadcast_version as version', join =>
      join.onRef('version.bulletin_id', '=', 'release.bulletin_id').onRef('version.version', '=', 'release.version'),
    )
    .where('release.id', '=', releaseId)
    .select([
      'bulletin.id',
      'bulletin.number',
      'bulletin.title',
      'bulletin.severity',
      'bulletin.tlp',
      'bulletin.respond_by',
      'bulletin.is_exercise',
      'version.content',
    ])
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    releaseId,
    bulletinId: row.id,
    number: row.number,
    title: row.title,
    // Both were checked by the schema of the content when the bulletin was saved.
    severity: row.severity as BulletinSeverity,
    tlp: row.tlp as Tlp,
    respondBy: row.respond_by,
    isExercise: row.is_exercise,
    content: BulletinContent.parse(row.content),
  }
}

export async function isWithdrawn(db: Reader<Visible>, releaseId: string): Promise<boolean> {
  const row = await db
    .selectFrom('broadcast_release as release')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'release.bulletin_id')
    .where('release.id', '=', releaseId)
    .where('bulletin.withdrawn_at', 'is not', null)
    .select('release.id')
    .executeTakeFirst()
  return row !== undefined
}

/** One claimed delivery, with whom it is for. */
export interface ClaimedDelivery {
  readonly id: Id<'delivery'>
  readonly releaseId: string
  readonly organisationId: Id<'organisation'>
  readonly organisationName: string
  readonly contactId: Id<'contact'>
  readonly contactName: string
  readonly address: string
  readonly messageId: string
  readonly generation: number
  /** This attempt's number, counted from 1: also the fence against a worker whose lease ran out. */
  readonly attempts: number
}

export async function claimedDeliveries(db: Reader<Visible>, ids: readonly string[]): Promise<readonly ClaimedDelivery[]> {
  const rows = await db
    .selectFrom('broadcast_delivery as delivery')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'delivery.organisation_id')
    .innerJoin('directory_contact as contact', 'contact.id', 'delivery.contact_id')
    .where('delivery.id', 'in', [...ids])
    .orderBy('delivery.id')
    .select([
      'delivery.id',
      'delivery.release_id',
      'delivery.organisation_id',
      'organisation.name as organisation_name',
      'delivery.contact_id',
      'contact.name as contact_name',
      'delivery.address',
      'delivery.message_id',
      'delivery.link_generation',
      'delivery.attempts',
    ])
    .execute()
  return rows.map(row => ({
    id: row.id as Id<'delivery'>,
    releaseId: row.release_id,
    organisationId: row.organisation_id as Id<'organisation'>,
    organisationName: row.organisation_name,
    contactId: row.contact_id as Id<'contact'>,
    contactName: row.contact_name,
    address: row.address,
    messageId: row.message_id,
    generation: row.link_generation,
    attempts: row.attempts,
  }))
}

/** What became of one attempt, as it is written. */
export interface SettledDelivery {
  readonly id: string
  readonly state: DeliveryState
  readonly words: string | null
  readonly attempts: number
  /** The attempt that it settles. */
  readonly claimed: number
  readonly dueAt: Instant | null
  readonly sentAt: Instant | null
}

interface SettledRow {
  id: string
  state: DeliveryState
  words: string | null
  attempts: number
  claimed: number
  due_at: Instant | null
  sent_at: Instant | null
}

/** A batch of outcomes as rows that an update can take from: one statement for all. */
export function settledRows(settled: readonly SettledDelivery[]) {
  const rows = settled.map(({ id, state, words, attempts, claimed, dueAt, sentAt }) => ({
    id,
    state,
    words,
    attempts,
    claimed,
    due_at: dueAt,
    sent_at: sentAt,
  }))
  return sql<SettledRow>`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`.as<'settled'>(
    sql`settled(id text, state text, words text, attempts integer, claimed integer, due_at timestamptz, sent_at timestamptz)`,
  )
}

/** When the release has something to send again; `null` when nothing is left. */
export async function nextDue(db: Reader<Visible>, releaseId: string): Promise<{ readonly at: Instant | null } | null> {
  const row = await db
    .selectFrom('broadcast_delivery')
    .where('release_id', '=', releaseId)
    .where('state', 'in', ['waiting', 'sending', 'failed'])
    .orderBy('due_at', order => order.asc().nullsFirst())
    .select('due_at as at')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** Releases that have something due which no worker took up for a minute: their worker died, or none ran. */
export async function stalledReleases(db: Reader<Visible>, now: Instant): Promise<readonly string[]> {
  const quietSince = new Date(now.getTime() - 60_000)
  const rows = await db
    .selectFrom('broadcast_delivery as delivery')
    .where('state', 'in', ['waiting', 'sending', 'failed'])
    .where(eb => eb.or([eb('due_at', 'is', null), eb('due_at', '<=', now)]))
    .groupBy('release_id')
    .select('release_id')
    .execute()
  const quiet: string[] = []
  for (const { release_id: id } of rows) {
    const latest = await db
      .selectFrom('broadcast_delivery')
      .where('release_id', '=', id)
      .select(({ fn }) => [fn.max('attempted_at').as('attempted'), fn.min('queued_at').as('queued')])
      .executeTakeFirst()
    const sign = latest?.attempted ?? latest?.queued
    if (sign === undefined || sign < quietSince) quiet.push(id)
  }
  return quiet
}

export async function deliveryCounts(db: Reader<Visible>, bulletinId: string): Promise<DeliveryCounts> {
  const states = await countsByState(db, bulletinId)
  const of = (...wanted: readonly DeliveryState[]) => wanted.reduce((sum, state) => sum + (states.get(state) ?? 0), 0)
  return { queued: of('waiting', 'sending'), sent: of('sent'), failed: of('failed'), givenUp: of('given-up'), total: of(...DELIVERY_STATES) }
}

/**
 * The release wrote one delivery for each of its contacts. Who sees all of them need not count those that were sent, soon nearly all:
 * they are what the others leave.
 */
export async function countsByState(db: Reader<Visible>, bulletinId: string): Promise<ReadonlyMap<DeliveryState, number>> {
  const release = await db
    .selectFrom('broadcast_release')
    .where('bulletin_id', '=', bulletinId)
    .select(['id', 'contacts', sql<boolean>`carecert_sees_all()`.as('seesAll')])
    .executeTakeFirst()
  if (release === undefined) return new Map()
  const rows = await db
    .selectFrom('broadcast_delivery')
    .where('release_id', '=', release.id)
    .where('state', 'in', release.seesAll ? DELIVERY_STATES.filter(state => state !== 'sent') : DELIVERY_STATES)
    .groupBy('state')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .execute()
  const counts = new Map(rows.map(({ state, count }) => [state, count]))
  return release.seesAll ? counts.set('sent', release.contacts - rows.reduce((sum, { count }) => sum + count, 0)) : counts
}

/** A delivery as its answer link needs it. Read in the system's scope: nobody is known yet when a link is opened. */
export interface LinkedDelivery {
  readonly id: Id<'delivery'>
  readonly bulletinId: string
  readonly organisationId: Id<'organisation'>
  readonly contactId: Id<'contact'>
  readonly contactName: string
  readonly generation: number
  readonly spentAt: Instant | null
  readonly attemptedAt: Instant | null
}

export async function linkedDelivery(db: Reader<Visible>, id: Id<'delivery'>): Promise<LinkedDelivery | undefined> {
  const row = await db
    .selectFrom('broadcast_delivery as delivery')
    .innerJoin('directory_contact as contact', 'contact.id', 'delivery.contact_id')
    .where('delivery.id', '=', id)
    .where('contact.ended_at', 'is', null)
    .select([
      'delivery.bulletin_id',
      'delivery.organisation_id',
      'delivery.contact_id',
      'contact.name',
      'delivery.link_generation',
      'delivery.link_spent_at',
      'delivery.attempted_at',
    ])
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    id,
    bulletinId: row.bulletin_id,
    organisationId: row.organisation_id as Id<'organisation'>,
    contactId: row.contact_id as Id<'contact'>,
    contactName: row.name,
    generation: row.link_generation,
    spentAt: row.link_spent_at,
    attemptedAt: row.attempted_at,
  }
}
