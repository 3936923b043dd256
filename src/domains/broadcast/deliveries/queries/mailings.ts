import { sql, type Expression, type ExpressionBuilder } from 'kysely'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { Channel } from '../model.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

/** What starting a mailing needs to know of its bulletin. */
export interface BulletinToMail {
  readonly number: number
  readonly releaseId: string
  readonly version: number
  readonly withdrawnAt: Instant | null
  readonly isExercise: boolean
  /** Whether its release is held back. */
  readonly isReleasePaused: boolean
}

/** A released bulletin; `undefined` when there is none, or it was never released. */
export async function bulletinToMail(db: Asks, bulletinId: string): Promise<BulletinToMail | undefined> {
  return db
    .selectFrom('broadcast_bulletin as bulletin')
    .innerJoin('broadcast_release as release', 'release.bulletin_id', 'bulletin.id')
    .where('bulletin.id', '=', bulletinId)
    .select(({ exists, selectFrom }) => [
      'bulletin.number',
      'release.id as releaseId',
      'bulletin.version',
      'bulletin.withdrawn_at as withdrawnAt',
      'bulletin.is_exercise as isExercise',
      exists(
        selectFrom('broadcast_mailing as mailing')
          .whereRef('mailing.bulletin_id', '=', 'bulletin.id')
          .where('mailing.kind', '=', 'release')
          .where('mailing.paused_at', 'is not', null)
          .select('mailing.id'),
      )
        .$castTo<boolean>()
        .as('isReleasePaused'),
    ])
    .executeTakeFirst()
}

/** One contact to write to about one organisation. */
export interface ContactToMail {
  readonly id: string
  readonly organisationId: string
  readonly email: string
  /** Whether it is another organisation's contact: that of its region. */
  readonly isElsewhere: boolean
}

/**
 * The current contacts with an e-mail address that receive bulletins, of those of the organisations that are in the frozen audience. With
 * `contactIds` only these, whether or not they receive bulletins, save who stopped them or reported one as unwanted. Where `mayCross`, a contact
 * of none of them stands for each of them, and a contact of the region that looks after them for each that it looks after: its own is one among
 * them.
 */
export async function contactsToMail(
  db: Asks,
  asked: {
    readonly bulletinId: string
    readonly organisationIds: readonly string[]
    readonly contactIds: readonly string[] | null
    readonly mayCross: boolean
  },
): Promise<readonly ContactToMail[]> {
  const { bulletinId, organisationIds, contactIds, mayCross } = asked
  // One array, not one parameter for each: PostgreSQL takes at most 65,535 of them.
  const isAsked = (column: string) => sql<boolean>`${sql.ref(column)} = any(${organisationIds}::text[])`
  const rows = await db
    .selectFrom('directory_contact as contact')
    .innerJoin('directory_organisation as home', 'home.id', 'contact.organisation_id')
    .innerJoin('broadcast_recipient as recipient', join =>
      join.on('recipient.bulletin_id', '=', bulletinId).on(eb => {
        const isOwn = eb('recipient.organisation_id', '=', eb.ref('contact.organisation_id'))
        if (!mayCross || contactIds === null) return isOwn
        return eb.or([isOwn, eb.not(isAsked('contact.organisation_id')), eb('recipient.looked_after_by', '=', eb.ref('home.code'))])
      }),
    )
    .where(isAsked('recipient.organisation_id'))
    .where('contact.ended_at', 'is', null)
    .$if(contactIds === null, query => query.where('contact.receives_bulletins', '=', true))
    .$if(contactIds !== null, query => query.where(sql<boolean>`contact.id = any(${contactIds}::text[])`).where(hasNotStopped))
    .orderBy('contact.id')
    .orderBy('recipient.organisation_id')
    .select(['contact.id', 'recipient.organisation_id as organisationId', 'contact.email', 'contact.organisation_id as homeId'])
    .execute()
  return rows.flatMap(({ email, homeId, ...row }) => (email === null ? [] : [{ ...row, email, isElsewhere: homeId !== row.organisationId }]))
}

function hasNotStopped({ not, exists, selectFrom }: ExpressionBuilder<Visible & { contact: Visible['directory_contact'] }, 'contact'>) {
  return not(
    exists(
      selectFrom('directory_contact_repair as repair')
        .whereRef('repair.contact_id', '=', 'contact.id')
        .where('repair.closed_at', 'is', null)
        .where('repair.reason', 'in', ['unsubscribed', 'complained'])
        .select('repair.id'),
    ),
  )
}

export interface DeliveryRow {
  readonly id: string
  readonly organisation_id: string
  readonly contact_id: string
  readonly address: string
  readonly message_id: string
  readonly carried_by: string | null
}

/** The columns of `deliveryRows`, in their order. */
export const DELIVERY_COLUMNS = [
  'id',
  'mailing_id',
  'bulletin_id',
  'organisation_id',
  'contact_id',
  'channel',
  'address',
  'state',
  'queued_at',
  'message_id',
  'carried_by',
] as const

/** The rows of a mailing's deliveries by a channel, all queued, as one statement's source: ten thousand rows in one round trip. */
export function deliveryRows(
  { bulletinId, mailingId, channel }: { readonly bulletinId: string; readonly mailingId: string; readonly channel: Channel },
  queuedAt: Instant,
  rows: readonly DeliveryRow[],
): Expression<unknown> {
  return sql`select id, ${mailingId}::text, ${bulletinId}::text, organisation_id, contact_id, ${channel}::text, address, 'queued', ${queuedAt}::timestamptz, message_id, carried_by
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row(id text, organisation_id text, contact_id text, address text, message_id text, carried_by text)`
}
