import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

/** A version that went out by the decision of one person. */
export interface ReleasedAlone {
  readonly version: number
  readonly kind: 'holding' | 'emergency'
  readonly at: Instant
  readonly reviewedAt: Instant | null
}

/** The same with what the centre alone sees of it. */
export interface AloneRecord extends ReleasedAlone {
  readonly reason: string
  readonly byId: string
  /** `null` for the operator. */
  readonly by: string | null
  readonly reviewedBy: string | null
  readonly findings: string | null
}

/** What of a bulletin went out by the decision of one person, newest first: as much as every reader sees. */
export function releasedAloneOf(db: Asks, bulletinId: string): Promise<readonly ReleasedAlone[]> {
  return db
    .selectFrom('broadcast_alone')
    .select(['version', 'kind', 'at', 'reviewed_at as reviewedAt'])
    .where('bulletin_id', '=', bulletinId)
    .orderBy('id', 'desc')
    .execute()
}

/** The same for the centre, with who and why. */
export function aloneRecordsOf(db: Asks, bulletinId: string): Promise<readonly AloneRecord[]> {
  return db
    .selectFrom('broadcast_alone as alone')
    .leftJoin('directory_person as releaser', 'releaser.id', 'alone.by_id')
    .leftJoin('directory_person as reviewer', 'reviewer.id', 'alone.reviewed_by')
    .select([
      'alone.version',
      'alone.kind',
      'alone.at',
      'alone.reason',
      'alone.by_id as byId',
      'releaser.name as by',
      'alone.reviewed_at as reviewedAt',
      'reviewer.name as reviewedBy',
      'alone.findings',
    ])
    .where('alone.bulletin_id', '=', bulletinId)
    .orderBy('alone.id', 'desc')
    .execute()
}

/** Those that nobody has reviewed yet. */
export function openReviewsOf(db: Asks, bulletinId: string): Promise<readonly { readonly version: number; readonly byId: string }[]> {
  return db
    .selectFrom('broadcast_alone')
    .select(['version', 'by_id as byId'])
    .where('bulletin_id', '=', bulletinId)
    .where('reviewed_at', 'is', null)
    .execute()
}

/** A bulletin that one person released, and that waits for another to review it. */
export interface WaitingReview {
  readonly number: number
  readonly title: string
  readonly kind: 'holding' | 'emergency'
  readonly at: Instant
}

/** What this person may review after its release: not what they released. The longest waiting first. */
export function reviewsAfterFor(db: Asks, personId: string): Promise<readonly WaitingReview[]> {
  return db
    .selectFrom('broadcast_alone as alone')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'alone.bulletin_id')
    .where('alone.reviewed_at', 'is', null)
    .where('alone.by_id', '!=', personId)
    .orderBy('alone.at')
    .limit(20)
    .select(['bulletin.number', 'bulletin.title', 'alone.kind', 'alone.at'])
    .execute()
}
