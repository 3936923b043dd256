import { sql, type ExpressionBuilder } from 'kysely'
import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { narrowestTlp, type Tlp } from '../../../kernel/tlp.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { BulletinContent, bulletinNumber, type BulletinSeverity } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { CHANNELS, DELIVERY_STATES, OPEN_STATES, type Channel, type DeliveryCounts, type DeliveryState, type MailingKind } from './model.ts'

/** What a worker needs to know of a mailing to write its messages. */
export interface MailingToDeliver {
  readonly mailingId: string
  readonly kind: MailingKind
  readonly bulletinId: string
  readonly number: number
  readonly title: string
  readonly severity: BulletinSeverity
  readonly tlp: Tlp
  readonly releasedAt: Instant
  readonly respondBy: Instant | null
  readonly withdrawnReason: string | null
  /** The number of the bulletin that replaces it. */
  readonly successor: string | null
  /** When an update last asked everybody to answer again. */
  readonly askedAgainAt: Instant | null
  readonly isExercise: boolean
  readonly content: BulletinContent
  /** The dated update that it tells of. */
  readonly update: { readonly at: Instant; readonly title: string; readonly body: string } | null
}

/**
 * The mailing with the version that it tells of; `undefined` when there is no such mailing. Title and label are those of that version: what a
 * later one says, for more readers, does not let this one's text out. The severity is the one in force: it has a history of its own.
 */
export async function mailingToDeliver(db: Reader<Visible>, mailingId: string): Promise<MailingToDeliver | undefined> {
  const row = await db
    .selectFrom('broadcast_mailing as mailing')
    .innerJoin('broadcast_release as release', 'release.id', 'mailing.release_id')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'mailing.bulletin_id')
    .innerJoin('broadcast_version as version', join =>
      join.onRef('version.bulletin_id', '=', 'mailing.bulletin_id').onRef('version.version', '=', 'mailing.version'),
    )
    .leftJoin('broadcast_update as update', 'update.id', 'mailing.update_id')
    .leftJoin('broadcast_bulletin as successor', 'successor.id', 'bulletin.superseded_by')
    .where('mailing.id', '=', mailingId)
    .select([
      'mailing.kind',
      'bulletin.id',
      'bulletin.number',
      'bulletin.severity',
      'bulletin.tlp',
      'bulletin.respond_by',
      'bulletin.withdrawn_reason',
      'bulletin.answer_again_at',
      'successor.number as successor',
      'bulletin.is_exercise',
      'release.released_at',
      'version.content',
      'update.at as updated_at',
      'update.title as update_title',
      'update.body as update_body',
    ])
    .executeTakeFirst()
  if (row === undefined) return undefined
  const content = BulletinContent.parse(row.content)
  // Both were checked by the schema of the content when the bulletin was saved.
  const [severity, live] = [row.severity as BulletinSeverity, row.tlp as Tlp]
  return {
    mailingId,
    kind: row.kind,
    bulletinId: row.id,
    number: row.number,
    title: content.title,
    severity,
    tlp: narrowestTlp([content.tlp, live]),
    releasedAt: row.released_at,
    respondBy: row.respond_by,
    withdrawnReason: row.withdrawn_reason,
    successor: row.successor === null ? null : bulletinNumber(row.successor),
    askedAgainAt: row.answer_again_at,
    isExercise: row.is_exercise,
    content,
    update: row.updated_at === null ? null : { at: row.updated_at, title: row.update_title ?? '', body: row.update_body ?? '' },
  }
}

/** Whether a mailing's messages may go out: not while it is paused, and of a withdrawn bulletin only the message that says so. */
export async function standingOf(db: Reader<Visible>, mailingId: string): Promise<'open' | 'paused' | 'withdrawn'> {
  const row = await db
    .selectFrom('broadcast_mailing as mailing')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'mailing.bulletin_id')
    .where('mailing.id', '=', mailingId)
    .select(['mailing.kind', 'mailing.paused_at', 'bulletin.withdrawn_at'])
    .executeTakeFirst()
  if (row === undefined || (row.withdrawn_at !== null && row.kind !== 'withdrawal')) return 'withdrawn'
  return row.paused_at === null ? 'open' : 'paused'
}

/** One organisation that a message is about. */
export interface ToldOrganisation {
  readonly id: Id<'delivery'>
  readonly organisationId: Id<'organisation'>
  readonly organisationName: string
  readonly contactId: Id<'contact'>
  readonly generation: number
  /** Whether the contact belongs to the organisation, and so may answer for it by link. */
  readonly mayAnswer: boolean
  /** Whether an answer came since the message was queued, where it says that none has (`answered.ts`). */
  readonly hasAnswered?: boolean
}

/** One claimed delivery, with whom it is for, and the deliveries to the same address that its message carries. */
export interface ClaimedDelivery extends ToldOrganisation {
  readonly mailingId: string
  readonly bulletinId: string
  readonly channel: string
  readonly contactName: string
  readonly address: string
  readonly messageId: string
  /** This attempt's number, counted from 1: also the fence against a worker whose lease ran out. */
  readonly attempts: number
  readonly carries: readonly ToldOrganisation[]
}

export async function claimedDeliveries(db: Reader<Visible>, ids: readonly string[]): Promise<readonly ClaimedDelivery[]> {
  const rows = await deliveriesWithNames(db).where(isOneOf('delivery.id', ids)).execute()
  const carried = await deliveriesWithNames(db).where(isOneOf('delivery.carried_by', ids)).execute()
  const byCarrier = Map.groupBy(carried, row => row.carried_by)
  return rows.map(row => ({
    ...toldOrganisation(row),
    mailingId: row.mailing_id,
    bulletinId: row.bulletin_id,
    channel: row.channel,
    contactName: row.contact_name,
    address: row.address,
    messageId: row.message_id,
    attempts: row.attempts,
    carries: (byCarrier.get(row.id) ?? []).map(toldOrganisation),
  }))
}

function deliveriesWithNames(db: Reader<Visible>) {
  return db
    .selectFrom('broadcast_delivery as delivery')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'delivery.organisation_id')
    .innerJoin('directory_contact as contact', 'contact.id', 'delivery.contact_id')
    .orderBy('delivery.id')
    .select([
      'delivery.id',
      'delivery.mailing_id',
      'delivery.bulletin_id',
      'delivery.channel',
      'delivery.organisation_id',
      'organisation.name as organisation_name',
      'delivery.contact_id',
      'contact.organisation_id as home_id',
      'contact.name as contact_name',
      'delivery.address',
      'delivery.message_id',
      'delivery.link_generation',
      'delivery.attempts',
      'delivery.carried_by',
    ])
}

type NamedDelivery = Awaited<ReturnType<ReturnType<typeof deliveriesWithNames>['execute']>>[number]

function toldOrganisation(row: NamedDelivery): ToldOrganisation {
  return {
    // Our own ids and names, read back.
    id: row.id as Id<'delivery'>,
    organisationId: row.organisation_id as Id<'organisation'>,
    organisationName: row.organisation_name,
    contactId: row.contact_id as Id<'contact'>,
    generation: row.link_generation,
    mayAnswer: row.home_id === row.organisation_id,
  }
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

/** When the mailing has something to send again by one of those channels; `null` when nothing is left. */
export async function nextDue(
  db: Reader<Visible>,
  mailingId: string,
  channels: readonly Channel[] = CHANNELS,
): Promise<{ readonly at: Instant | null } | null> {
  const row = await db
    .selectFrom('broadcast_delivery')
    .where('mailing_id', '=', mailingId)
    .where('state', 'in', OPEN_STATES)
    .where('channel', 'in', channels)
    .where('carried_by', 'is', null)
    .orderBy('due_at', order => order.asc().nullsFirst())
    .select('due_at as at')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** What no worker holds, or one that is dead: its lease has run out. */
export function isUnheld(eb: ExpressionBuilder<Visible, 'broadcast_delivery'>, now: Instant) {
  return eb.or([eb('state', 'in', ['queued', 'failed']), eb.and([eb('state', '=', 'sending'), eb('due_at', '<=', now)])])
}

/** Mailings that have something due which no worker took up for a minute: their worker died, or none ran. A paused one waits. */
export async function stalledMailings(db: Reader<Visible>, now: Instant): Promise<readonly string[]> {
  const quietSince = new Date(now.getTime() - 60_000)
  const rows = await db
    .selectFrom('broadcast_delivery as delivery')
    .innerJoin('broadcast_mailing as mailing', 'mailing.id', 'delivery.mailing_id')
    .where('mailing.paused_at', 'is', null)
    .where('delivery.state', 'in', OPEN_STATES)
    .where('delivery.carried_by', 'is', null)
    .where(eb => eb.or([eb('delivery.due_at', 'is', null), eb('delivery.due_at', '<=', now)]))
    .groupBy('delivery.mailing_id')
    .select('delivery.mailing_id')
    .execute()
  const quiet: string[] = []
  for (const { mailing_id: id } of rows) {
    const latest = await db
      .selectFrom('broadcast_delivery')
      .where('mailing_id', '=', id)
      .select(({ fn }) => [fn.max('attempted_at').as('attempted'), fn.min('queued_at').as('queued')])
      .executeTakeFirst()
    const sign = latest?.attempted ?? latest?.queued
    if (sign === undefined || sign < quietSince) quiet.push(id)
  }
  return quiet
}

export async function deliveryCounts(db: Reader<Visible>, bulletinId: string, mailingId: string | null = null): Promise<DeliveryCounts> {
  const states = await countsByState(db, bulletinId, mailingId)
  const of = (...wanted: readonly DeliveryState[]) => wanted.reduce((sum, state) => sum + (states.get(state) ?? 0), 0)
  return {
    queued: of('queued', 'sending'),
    sent: of('sent', 'delivered'),
    failed: of('failed'),
    givenUp: of('given-up', 'bounced'),
    total: of(...DELIVERY_STATES),
  }
}

/**
 * The deliveries of a bulletin by state, or of one of its mailings. Who sees all of them, or all of a region, need not count those that were sent,
 * soon nearly all: they are what the others leave of the number that was kept as they were made.
 */
export async function countsByState(
  db: Reader<Visible>,
  bulletinId: string,
  mailingId: string | null = null,
): Promise<ReadonlyMap<DeliveryState, number>> {
  const mailings = await db
    .selectFrom('broadcast_mailing as mailing')
    .where('mailing.bulletin_id', '=', bulletinId)
    .$if(mailingId !== null, query => query.where('mailing.id', '=', mailingId))
    .select(['mailing.id', madeOf('mailing').as('made')])
    .execute()
  if (mailings.length === 0) return new Map()
  const made = mailings.reduce<number | null>((sum, mailing) => (sum === null || mailing.made === null ? null : sum + mailing.made), 0)
  const rows = await db
    .selectFrom('broadcast_delivery')
    .where(
      'mailing_id',
      'in',
      mailings.map(({ id }) => id),
    )
    .where('state', 'in', made === null ? DELIVERY_STATES : DELIVERY_STATES.filter(state => state !== 'sent'))
    .groupBy('state')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .execute()
  const counts = new Map(rows.map(({ state, count }) => [state, count]))
  return made === null ? counts : counts.set('sent', made - rows.reduce((sum, { count }) => sum + count, 0))
}

/**
 * How many deliveries a mailing in a table of that name made, as far as the reader sees them: all of them, or all of a region. `null` when that is
 * not kept: for other readers, and of a sharing group's bulletin for a region, which sees what went to itself alone.
 */
function madeOf(mailing: string) {
  const [id, bulletinId] = [sql.ref(`${mailing}.id`), sql.ref(`${mailing}.bulletin_id`)]
  return sql<number | null>`case
    when (select carecert_sees_all()) then ${sql.ref(`${mailing}.deliveries`)}
    when (select carecert_region()) is not null and ${bulletinId} not in (select carecert_strict_bulletins()) then (
      select coalesce(sum(tally.change), 0)::integer from broadcast_delivery_tally as tally
      where tally.bulletin_id = ${bulletinId} and tally.mailing_id = ${id} and tally.looked_after_by = (select carecert_region())) end`
}

/** Whether a column holds one of those ids: one array, not one parameter for each, of which PostgreSQL takes at most 65,535. */
export function isOneOf(column: string, ids: readonly string[]) {
  return sql<boolean>`${sql.ref(column)} = any(${[...ids]}::text[])`
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
  readonly revokedAt: Instant | null
  /** How many answers came by it. */
  readonly uses: number
}

export async function linkedDelivery(db: Reader<Visible>, id: Id<'delivery'>): Promise<LinkedDelivery | undefined> {
  const row = await db
    .selectFrom('broadcast_delivery as delivery')
    .innerJoin('directory_contact as contact', 'contact.id', 'delivery.contact_id')
    .where('delivery.id', '=', id)
    .where('contact.ended_at', 'is', null)
    // Whoever is told of another organisation (an escalation) does not answer for it.
    .whereRef('contact.organisation_id', '=', 'delivery.organisation_id')
    .select([
      'delivery.bulletin_id',
      'delivery.organisation_id',
      'delivery.contact_id',
      'contact.name',
      'delivery.link_generation',
      'delivery.link_spent_at',
      'delivery.link_revoked_at',
      'delivery.link_uses',
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
    revokedAt: row.link_revoked_at,
    uses: row.link_uses,
  }
}
