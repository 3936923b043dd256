import { NotFound } from '../../../kernel/errors.ts'
import type { Instant, LocalDate } from '../../../kernel/instant.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { GroupMark } from '../sharing-groups/model.ts'
import type { Visible } from '../tables.ts'
import type { RevisionState } from './lifecycle.ts'
import { BulletinContent, isSeverity, type BulletinSeverity, type BulletinState, type ResponseDeadline } from './model.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

/** The head of a bulletin. `severity` is the newest of its history; `respondBy` is fixed by its release. */
export interface Bulletin {
  readonly id: string
  readonly number: number
  readonly threatId: string | null
  readonly state: BulletinState
  /** The newest version; after release the one that readers see. */
  readonly version: number
  readonly approvedVersion: number | null
  readonly authorId: string
  readonly title: string
  readonly severity: BulletinSeverity
  readonly tlp: Tlp
  readonly respondBy: Instant | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
  readonly releasedAt: Instant | null
  readonly withdrawnAt: Instant | null
  readonly withdrawnReason: string | null
  readonly isExercise: boolean
  /** A holding statement is what readers see: the full version has not followed yet. */
  readonly isHolding: boolean
  /** The internal id of the bulletin that replaces it. */
  readonly supersededBy: string | null
  /** Since when those who answered before are asked to answer again. */
  readonly answerAgainAt: Instant | null
  /** The sharing group that it is for alone. */
  readonly sharingGroup: GroupMark | null
}

/** The version of a released bulletin that is worked on beside the live one. */
export interface Revision {
  readonly state: Exclude<RevisionState, 'none'>
  readonly version: number
  readonly approvedVersion: number | null
}

export interface Version {
  readonly version: number
  readonly content: BulletinContent
  readonly hash: string
  readonly savedAt: Instant
  readonly savedById: string
  /** `null` for the operator, and for a reader who may not know. */
  readonly savedBy: string | null
}

export interface SeverityChange {
  readonly severity: BulletinSeverity
  readonly at: Instant
  readonly reason: string | null
}

export interface BulletinUpdate {
  readonly id: number
  readonly at: Instant
  readonly title: string
  readonly body: string
  readonly kind: 'note' | 'version' | 'severity' | 'withdrawal' | 'replacement'
  /** The version that it published. */
  readonly version: number | null
  readonly isMaterial: boolean
  readonly asksAgain: boolean
  /** How many contacts were told. */
  readonly told: number
}

export interface Review {
  readonly version: number
  readonly decision: 'sent' | 'approved' | 'returned'
  readonly at: Instant
  readonly by: string | null
  readonly byId: string
  readonly comment: string | null
  /** Of an approval: the hash of what was approved. */
  readonly contentHash: string | null
}

/** The bulletin of that number, in the reader's scope. Throws `NotFound`, also for one that exists but is not the reader's. */
export async function bulletinOf(db: Asks, number: number): Promise<Bulletin> {
  return found(await heads(db).where('broadcast_bulletin.number', '=', number).executeTakeFirst())
}

/** As `bulletinOf`, holding the row until the unit of work ends, so that what is decided about it stays true. */
export async function lockBulletin(db: Asks, number: number): Promise<Bulletin> {
  return found(await heads(db).where('broadcast_bulletin.number', '=', number).forUpdate().executeTakeFirst())
}

/** The bulletin with that internal id, or `NotFound`. */
export async function bulletinById(db: Asks, id: string): Promise<Bulletin> {
  return found(await heads(db).where('broadcast_bulletin.id', '=', id).executeTakeFirst())
}

/** One version with what it says, or `NotFound`. An organisation finds only the released one. */
export async function versionOf(db: Asks, bulletinId: string, version: number): Promise<Version> {
  const found = await findVersion(db, bulletinId, version)
  if (found === undefined) throw new NotFound('broadcast.version.not-found', 'There is no such version of this bulletin.')
  return found
}

/** A version that the reader may read; `undefined` also for one that was for fewer readers than the bulletin has today. */
export async function findVersion(db: Asks, bulletinId: string, version: number): Promise<Version | undefined> {
  const row = await versions(db, bulletinId).where('broadcast_version.version', '=', version).executeTakeFirst()
  return row === undefined ? undefined : versionFrom(row)
}

/** Every version, newest first. */
export async function versionsOf(db: Asks, bulletinId: string): Promise<readonly Version[]> {
  return (await versions(db, bulletinId).orderBy('broadcast_version.version', 'desc').execute()).map(versionFrom)
}

/** The number of the newest version that was ever saved, live or not. */
export async function lastVersionOf(db: Asks, bulletinId: string): Promise<number> {
  const { last } = await db
    .selectFrom('broadcast_version')
    .select(({ fn }) => fn.max('version').as('last'))
    .where('bulletin_id', '=', bulletinId)
    .executeTakeFirstOrThrow()
  return last ?? 0
}

/** The revision of a released bulletin; `undefined` when nobody works on one, and for readers. */
export async function revisionOf(db: Asks, bulletinId: string): Promise<Revision | undefined> {
  const row = await db
    .selectFrom('broadcast_revision')
    .select(['state', 'version', 'approved_version as approvedVersion'])
    .where('bulletin_id', '=', bulletinId)
    .executeTakeFirst()
  // Our own commands alone write the state, from the lifecycle's table.
  return row === undefined ? undefined : { ...row, state: row.state as Revision['state'] }
}

/**
 * Who may not approve what is written of it: who drafted it and who saved any of its versions. Of a revision those who saved any since the
 * version that somebody else approved and that readers see; of one that went out by the decision of one person, everyone again.
 */
export async function authorsToExclude(db: Asks, bulletin: Bulletin): Promise<readonly string[]> {
  const approved = bulletin.state === 'released' ? (bulletin.approvedVersion ?? 0) : 0
  const rows = await db
    .selectFrom('broadcast_version')
    .select('saved_by')
    .distinct()
    .where('bulletin_id', '=', bulletin.id)
    .where('version', '>', approved)
    .execute()
  return [...(approved === 0 ? [bulletin.authorId] : []), ...rows.map(row => row.saved_by)]
}

/** The dated severities, newest first. */
export async function severitiesOf(db: Asks, bulletinId: string): Promise<readonly SeverityChange[]> {
  const rows = await db
    .selectFrom('broadcast_severity')
    .select(['severity', 'at', 'reason'])
    .where('bulletin_id', '=', bulletinId)
    .orderBy('id', 'desc')
    .execute()
  return rows.map(row => ({ ...row, severity: row.severity as BulletinSeverity }))
}

/** The dated updates, newest first. */
export function updatesOf(db: Asks, bulletinId: string): Promise<readonly BulletinUpdate[]> {
  return db
    .selectFrom('broadcast_update')
    .select(['id', 'at', 'title', 'body', 'kind', 'version', 'is_material as isMaterial', 'asks_again as asksAgain', 'told'])
    .where('bulletin_id', '=', bulletinId)
    .orderBy('id', 'desc')
    .execute()
}

/** What was sent for review, approved and returned, newest first. */
export function reviewsOf(db: Asks, bulletinId: string): Promise<readonly Review[]> {
  return db
    .selectFrom('broadcast_review')
    .leftJoin('directory_person', 'directory_person.id', 'broadcast_review.by_id')
    .select([
      'broadcast_review.version',
      'broadcast_review.decision',
      'broadcast_review.at',
      'broadcast_review.comment',
      'broadcast_review.by_id as byId',
      'broadcast_review.content_hash as contentHash',
      'directory_person.name as by',
    ])
    .where('broadcast_review.bulletin_id', '=', bulletinId)
    .orderBy('broadcast_review.id', 'desc')
    .execute()
}

function heads(db: Asks) {
  return db
    .selectFrom('broadcast_bulletin')
    .select(eb => [
      'id',
      'number',
      'threat_id as threatId',
      'state',
      'version',
      'approved_version as approvedVersion',
      'author_id as authorId',
      'title',
      'severity',
      'tlp',
      'respond_by as respondBy',
      'created_at as createdAt',
      'updated_at as updatedAt',
      'released_at as releasedAt',
      'withdrawn_at as withdrawnAt',
      'withdrawn_reason as withdrawnReason',
      'is_exercise as isExercise',
      'is_holding as isHolding',
      'superseded_by as supersededBy',
      'answer_again_at as answerAgainAt',
      'sharing_group_id as groupId',
      eb
        .selectFrom('broadcast_sharing_group')
        .whereRef('broadcast_sharing_group.id', '=', 'broadcast_bulletin.sharing_group_id')
        .select('broadcast_sharing_group.name')
        .as('groupName'),
    ])
}

type Head = Awaited<ReturnType<ReturnType<typeof heads>['executeTakeFirstOrThrow']>>

/** Our own commands alone write these columns, each from the type that is asserted here. */
function found(row: Head | undefined): Bulletin {
  if (row === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin, or it was not sent to you. Check its number.')
  const { groupId, groupName, ...head } = row
  return {
    ...head,
    state: row.state as BulletinState,
    severity: row.severity as BulletinSeverity,
    tlp: row.tlp as Tlp,
    sharingGroup: groupId === null ? null : { id: groupId, name: groupName ?? groupId },
  }
}

function versions(db: Asks, bulletinId: string) {
  return db
    .selectFrom('broadcast_version')
    .leftJoin('directory_person', 'directory_person.id', 'broadcast_version.saved_by')
    .select([
      'broadcast_version.version',
      'broadcast_version.content',
      'broadcast_version.content_hash',
      'broadcast_version.saved_at',
      'broadcast_version.saved_by',
      'directory_person.name',
    ])
    .where('broadcast_version.bulletin_id', '=', bulletinId)
}

type VersionRow = Awaited<ReturnType<ReturnType<typeof versions>['executeTakeFirstOrThrow']>>

function versionFrom(row: VersionRow): Version {
  return {
    version: row.version,
    content: BulletinContent.parse(row.content),
    hash: row.content_hash,
    savedAt: row.saved_at,
    savedById: row.saved_by,
    savedBy: row.name,
  }
}

/** The policy by which answers are asked for, past and to come. */
export async function responseDeadlines(db: Asks): Promise<readonly ResponseDeadline[]> {
  const rows = await db.selectFrom('broadcast_response_deadline').select(['severity', 'effective_from', 'hours']).execute()
  return rows.flatMap(({ severity, effective_from, hours }) =>
    isSeverity(severity) ? [{ severity, effectiveFrom: effective_from as LocalDate, hours }] : [],
  )
}
