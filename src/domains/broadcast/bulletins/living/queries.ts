import { NotFound } from '../../../../kernel/errors.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { releaseOf } from '../../release/queries.ts'
import type { Visible } from '../../tables.ts'
import { changesInWords, type ChangeInWords } from '../difference.ts'
import { bulletinOf, findVersion, updatesOf, versionOf, type Bulletin, type BulletinUpdate } from '../queries.ts'
import { publishedBefore } from '../queries/show.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

/** The organisations of a bulletin's frozen audience. */
export async function audienceOf(db: Asks, bulletinId: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('broadcast_recipient').select('organisation_id').where('bulletin_id', '=', bulletinId).execute()
  return rows.map(row => row.organisation_id)
}

/**
 * Those of the audience whom a bulletin has reached: by a message, one that is on the wire among them, or by a page on which they have answered.
 * Who never heard of it need not hear that it ended.
 */
export async function readersOf(db: Asks, bulletinId: string): Promise<readonly string[]> {
  const rows = await reached(db, bulletinId).select('recipient.organisation_id').execute()
  return rows.map(row => row.organisation_id)
}

function reached(db: Asks, bulletinId: string) {
  return db
    .selectFrom('broadcast_recipient as recipient')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where(({ or, eb, exists, selectFrom }) =>
      or([
        eb('recipient.delivered_at', 'is not', null),
        eb('recipient.response', 'is not', null),
        exists(
          selectFrom('broadcast_delivery as delivery')
            .innerJoin('broadcast_mailing as mailing', 'mailing.id', 'delivery.mailing_id')
            .whereRef('delivery.bulletin_id', '=', 'recipient.bulletin_id')
            .whereRef('delivery.organisation_id', '=', 'recipient.organisation_id')
            .where('delivery.state', '=', 'sending')
            .where('mailing.kind', '!=', 'escalation')
            .select('delivery.id'),
        ),
      ]),
    )
}

/** How many open organisations have one bulletin and not another that is to replace it. */
export async function countWithout(db: Asks, bulletinId: string, successorId: string): Promise<number> {
  const { count } = await db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .where('organisation.status', '=', 'open')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('broadcast_recipient as other')
            .where('other.bulletin_id', '=', successorId)
            .whereRef('other.organisation_id', '=', 'recipient.organisation_id')
            .select('other.organisation_id'),
        ),
      ),
    )
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** Whom a material change would reach at this moment; with `isEnd` whom its end would. */
export interface Reach {
  readonly organisations: number
  readonly contacts: number
}

export async function reachOf(db: Asks, bulletinId: string, isEnd = false): Promise<Reach> {
  const recipients = isEnd
    ? reached(db, bulletinId)
    : db.selectFrom('broadcast_recipient as recipient').where('recipient.bulletin_id', '=', bulletinId)
  const { organisations, contacts } = await recipients
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .select(({ fn }) => [fn.countAll<number>().as('organisations'), fn.sum<string | null>('organisation.mailable_contacts').as('contacts')])
    .executeTakeFirstOrThrow()
  return { organisations, contacts: Number(contacts ?? 0) }
}

/** A version of a released bulletin that waits for somebody at the centre. */
export interface WaitingVersion {
  readonly number: number
  readonly title: string
}

/** What this person may approve: in review, and nothing of what is new in it by them. The longest waiting first. */
export function versionsToApprove(db: Asks, personId: string): Promise<readonly WaitingVersion[]> {
  return waiting(db, 'in-review')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('broadcast_version as version')
            .whereRef('version.bulletin_id', '=', 'bulletin.id')
            .where('version.saved_by', '=', personId)
            .where(({ eb, ref, fn, val }) => eb(ref('version.version'), '>', fn.coalesce('bulletin.approved_version', val(0))))
            .select('version.version'),
        ),
      ),
    )
    .execute()
}

/** Approved, and not published yet. */
export function versionsToPublish(db: Asks): Promise<readonly WaitingVersion[]> {
  return waiting(db, 'approved').execute()
}

function waiting(db: Asks, state: 'in-review' | 'approved') {
  return db
    .selectFrom('broadcast_revision as revision')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'revision.bulletin_id')
    .where('revision.state', '=', state)
    .where('bulletin.state', '=', 'released')
    .orderBy('revision.updated_at')
    .limit(20)
    .select(['bulletin.number', 'bulletin.title'])
}

/** An update that published a version, and what that changed of the version that readers saw before. */
export interface PublishedChange {
  readonly bulletin: Bulletin
  readonly update: BulletinUpdate
  readonly changed: readonly ChangeInWords[]
}

/** Reads what the version changed. Throws `NotFound` where no update published it, and where what it said before was for fewer readers. */
export async function publishedChange(db: Reader<Visible>, number: number, version: number): Promise<PublishedChange> {
  const bulletin = await bulletinOf(db, number)
  const updates = await updatesOf(db, bulletin.id)
  const update = updates.find(one => one.version === version)
  const before = publishedBefore(version, updates, (await releaseOf(db, bulletin.id)) ?? null)
  if (update === undefined || before === undefined)
    throw new NotFound('broadcast.version.not-found', 'No update published that version. The bulletin’s page lists its updates.')
  const [old, young] = [await findVersion(db, bulletin.id, before), await versionOf(db, bulletin.id, version)]
  if (old === undefined)
    throw new NotFound('broadcast.version.narrower', 'What it said before was for fewer readers. Read what it says now on the bulletin’s page.')
  return { bulletin, update, changed: changesInWords(old.content, young.content) }
}
