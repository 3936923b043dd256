import { Conflict, Invalid } from '../../../kernel/errors.ts'
import { parseInstant } from '../../../kernel/instant.ts'
import { transition, type Transition } from '../../../kernel/lifecycle.ts'
import { tlpRank } from '../../../kernel/tlp.ts'
import { digest } from '../../../platform/audit/record.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { BULLETIN_LIFECYCLE, REVISION_LIFECYCLE, type BulletinAction, type RevisionAction, type RevisionState } from './lifecycle.ts'
import { bulletinNumber, type BulletinContent, type BulletinSeverity, type BulletinState } from './model.ts'
import { bulletinOf, lockBulletin, revisionOf, type Bulletin } from './queries.ts'

/** What the commands on bulletins share: each begins with a step of a lifecycle and ends by moving the bulletin along it. */
export type Step = Transition<BulletinState>

/** Locks the bulletin and checks that its lifecycle offers the action and that the actor holds the permission for it. */
export async function begin(work: Work<Visible>, number: number, action: BulletinAction): Promise<{ bulletin: Bulletin; step: Step }> {
  // Seen first, so that a number outside the actor's scope is "not found", whatever the actor may do.
  const seen = await bulletinOf(work.db, number)
  const steps: Readonly<Partial<Record<BulletinAction, Step>>> = BULLETIN_LIFECYCLE[seen.state]
  // Where the state does not offer it, the lifecycle says so next; until then the weakest right to work on bulletins will do.
  assertMay(work.actor, steps[action]?.permission ?? 'broadcast.bulletin.work')
  const bulletin = await lockBulletin(work.db, number)
  return { bulletin, step: transition<BulletinState, BulletinAction>(BULLETIN_LIFECYCLE, 'bulletin', bulletin.state, action) }
}

export function move(work: Work<Visible>, bulletin: Bulletin, step: Step, changes: object) {
  return work.db
    .updateTable('broadcast_bulletin')
    .set({ ...changes, state: step.next, updated_at: work.now })
    .where('id', '=', bulletin.id)
    .execute()
}

/**
 * The text that is being written of a bulletin: before its release the bulletin itself, after it the revision beside the live version.
 * Both are saved, reviewed and approved by the same commands.
 */
export type Piece = PieceFacts & PieceStep

interface PieceFacts {
  readonly bulletin: Bulletin
  /** The newest version of what is written; of a revision not begun yet, the live one. */
  readonly version: number
  readonly approvedVersion: number | null
}

/** Where the step leads to. */
type PieceStep = { readonly isRevision: false; readonly next: BulletinState } | RevisionStep

interface RevisionStep {
  readonly isRevision: true
  readonly next: RevisionState
}

/** The actions that a bulletin in writing and a revision have in common. */
type WritingAction = 'edit' | 'send-for-review' | 'approve' | 'return'

/** As `begin`, for the text that is being written. */
export async function beginPiece(work: Work<Visible>, number: number, action: WritingAction): Promise<Piece> {
  const seen = await bulletinOf(work.db, number)
  if (seen.state !== 'released') {
    const { bulletin, step } = await begin(work, number, action)
    if (bulletin.state !== 'released')
      return { bulletin, version: bulletin.version, approvedVersion: bulletin.approvedVersion, isRevision: false, next: step.next }
  }
  return beginRevision(work, number, action)
}

/** As `begin`, for the revision of a released bulletin. */
export async function beginRevision(work: Work<Visible>, number: number, action: RevisionAction): Promise<PieceFacts & RevisionStep> {
  // Readers see the bulletin, but may neither lock it nor know of a revision.
  assertMay(work.actor, 'broadcast.bulletin.work')
  const bulletin = await lockBulletin(work.db, number)
  if (bulletin.state !== 'released') transition<BulletinState, BulletinAction>(BULLETIN_LIFECYCLE, 'bulletin', bulletin.state, 'revise')
  const revision = await revisionOf(work.db, bulletin.id)
  const state = revision?.state ?? 'none'
  const steps: Readonly<Partial<Record<RevisionAction, Transition<RevisionState>>>> = REVISION_LIFECYCLE[state]
  assertMay(work.actor, steps[action]?.permission ?? 'broadcast.bulletin.work')
  const thing = state === 'none' ? 'bulletin’s next version' : 'version'
  const { next } = transition<RevisionState, RevisionAction>(REVISION_LIFECYCLE, thing, state, action)
  return { bulletin, version: revision?.version ?? bulletin.version, approvedVersion: revision?.approvedVersion ?? null, isRevision: true, next }
}

export function assertNewest(piece: Pick<Piece, 'version' | 'bulletin'>, version: number): void {
  if (version === piece.version) return
  throw new Conflict(
    'broadcast.bulletin.newer-version',
    `Version ${piece.version} was saved meanwhile. Look at what changed, then decide again.`,
    `${piece.bulletin.id}: ${version} is not ${piece.version}`,
  )
}

/**
 * Throws `Invalid` where a version that follows a release has a narrower label than the one that readers see, or is for another sharing group: whom
 * the rule reached was held against that label and that group, and they have the text already.
 */
export function assertLabelHolds(bulletin: Bulletin, content: BulletinContent): void {
  if ((content.sharingGroup?.id ?? null) !== (bulletin.sharingGroup?.id ?? null))
    throw new Invalid(
      'broadcast.bulletin.other-group',
      'Whom it is for was settled when it went out, so its sharing group cannot be changed. Draft another bulletin, and replace this one by it.',
    )
  if (tlpRank(content.tlp) <= tlpRank(bulletin.tlp)) return
  throw new Invalid(
    'broadcast.bulletin.narrower-label',
    `It went out as TLP:${bulletin.tlp}, so it cannot become TLP:${content.tlp}. Draft another bulletin, and replace this one by it.`,
  )
}

export function insertVersion(work: Work<Visible>, bulletinId: string, version: number, content: BulletinContent) {
  return work.db
    .insertInto('broadcast_version')
    .values({
      bulletin_id: bulletinId,
      version,
      content: JSON.stringify(content),
      content_hash: contentHash(content),
      saved_by: work.actor.id,
      saved_at: work.now,
    })
    .execute()
}

export function insertSeverity(work: Work<Visible>, bulletinId: string, severity: BulletinSeverity, reason: string | null) {
  return work.db.insertInto('broadcast_severity').values({ bulletin_id: bulletinId, severity, at: work.now, by_id: work.actor.id, reason }).execute()
}

/** What lists need of the content. */
export function headOf(content: BulletinContent) {
  const respondBy = content.respondBy === null ? null : (parseInstant(content.respondBy) ?? null)
  const { title, severity, tlp, sharingGroup } = content
  return { title, severity, tlp, respond_by: respondBy, sharing_group_id: sharingGroup?.id ?? null }
}

/** SHA-256 over the content in the order of its schema, into which `BulletinContent.parse` always brings it. */
export function contentHash(content: BulletinContent): string {
  return digest(JSON.stringify(content))
}

export function subjectOf(bulletin: Bulletin) {
  return { kind: 'bulletin', id: bulletinNumber(bulletin.number) }
}
