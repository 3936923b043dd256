import { Forbidden, Invalid } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { digest } from '../../../platform/audit/record.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { takeUpThreat } from '../../watch/contract.ts'
import { canApprove } from '../policy.ts'
import { reasonFrom } from '../reason.ts'
import { withGroupName } from '../sharing-groups/queries.ts'
import type { Visible } from '../tables.ts'
import { BulletinContent, bulletinNumber, findingsOf, revisionFindings, type BulletinNumber } from './model.ts'
import { authorsToExclude, lastVersionOf, versionOf } from './queries.ts'
import {
  assertLabelHolds,
  assertNewest,
  begin,
  beginPiece,
  contentHash,
  headOf,
  insertSeverity,
  insertVersion,
  move,
  subjectOf,
  type Piece,
} from './steps.ts'

/** Makes a bulletin with its first version. `content` is checked again, so that a command line and a page are held to the same. */
export async function draftBulletin(
  work: Work<Visible>,
  input: { readonly threatId: string | null; readonly content: BulletinContent; readonly isExercise?: boolean },
): Promise<{ readonly id: string; readonly number: BulletinNumber }> {
  assertMay(work.actor, 'broadcast.bulletin.draft')
  const content = await withGroupName(work.db, BulletinContent.parse(input.content))
  const id = work.newId('bulletin')
  const { number } = await work.db
    .insertInto('broadcast_bulletin')
    .values({
      id,
      threat_id: input.threatId,
      state: 'draft',
      version: 1,
      approved_version: null,
      author_id: work.actor.id,
      ...headOf(content),
      created_at: work.now,
      updated_at: work.now,
      released_at: null,
      withdrawn_at: null,
      withdrawn_reason: null,
      is_exercise: input.isExercise ?? false,
    })
    .returning('number')
    .executeTakeFirstOrThrow()
  await insertVersion(work, id, 1, content)
  await insertSeverity(work, id, content.severity, null)
  if (input.threatId !== null) await takeUpThreat(work, input.threatId)
  work.record({
    verb: 'broadcast.bulletin.drafted',
    subject: { kind: 'bulletin', id: bulletinNumber(number) },
    change: { version: 1, content: contentHash(content), threat: input.threatId, exercise: input.isExercise ?? false },
  })
  return { id, number: bulletinNumber(number) }
}

/**
 * Saves a version on top of the one that was being edited. Saving what is there already makes none. After a release it is a revision beside
 * the live version, which readers see until another is published. An edit voids a review and an approval: what is written is a draft again.
 * Throws `Conflict` (`broadcast.bulletin.newer-version`) when somebody saved another version meanwhile; the caller still has
 * what was typed, and shows both.
 */
export async function saveVersion(
  work: Work<Visible>,
  input: { readonly number: number; readonly baseVersion: number; readonly content: BulletinContent },
): Promise<{ readonly version: number; readonly isNew: boolean }> {
  const piece = await beginPiece(work, input.number, 'edit')
  const { bulletin } = piece
  const content = await withGroupName(work.db, BulletinContent.parse(input.content))
  const current = await versionOf(work.db, bulletin.id, piece.version)
  if (current.hash === contentHash(content)) return { version: piece.version, isNew: false }
  assertNewest(piece, input.baseVersion)
  // A revision that was discarded leaves its versions behind.
  const version = (await lastVersionOf(work.db, bulletin.id)) + 1
  await insertVersion(work, bulletin.id, version, content)
  if (piece.isRevision) await moveRevision(work, piece, { version, approved_version: null })
  else {
    if (content.severity !== bulletin.severity) await insertSeverity(work, bulletin.id, content.severity, null)
    await moveBulletin(work, piece, { version, approved_version: null, ...headOf(content) })
  }
  work.record({
    verb: 'broadcast.bulletin.saved',
    subject: subjectOf(bulletin),
    change: {
      version,
      content: contentHash(content),
      voidsApproval: piece.approvedVersion !== null,
      live: piece.isRevision ? bulletin.version : null,
    },
  })
  return { version, isNew: true }
}

/** Asks for a review of the newest version. Throws `Invalid` with what is still missing. */
export async function sendForReview(work: Work<Visible>, input: { readonly number: number; readonly version: number }): Promise<void> {
  const piece = await beginPiece(work, input.number, 'send-for-review')
  assertNewest(piece, input.version)
  const { content } = await versionOf(work.db, piece.bulletin.id, piece.version)
  const errors = pieceFindings(piece, content, work.now).filter(finding => finding.severity === 'error')
  if (errors.length > 0) throw new Invalid('broadcast.bulletin.incomplete', errors.map(error => error.message).join(' '))
  if (piece.isRevision) assertLabelHolds(piece.bulletin, content)
  await review(work, piece, 'sent', null, null)
  await movePiece(work, piece, {})
  work.record({ verb: 'broadcast.bulletin.sent-for-review', subject: subjectOf(piece.bulletin), change: { version: piece.version } })
}

/** Approves exactly that version. Throws `Forbidden` for whoever wrote any of it, `Conflict` when it is no longer the newest. */
export async function approveBulletin(work: Work<Visible>, input: { readonly number: number; readonly version: number }): Promise<void> {
  const piece = await beginPiece(work, input.number, 'approve')
  assertNewest(piece, input.version)
  const decision = canApprove(work.actor, { authorIds: await authorsToExclude(work.db, piece.bulletin) })
  if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
  const { hash } = await versionOf(work.db, piece.bulletin.id, piece.version)
  await review(work, piece, 'approved', null, hash)
  await movePiece(work, piece, { approved_version: piece.version })
  work.record({ verb: 'broadcast.bulletin.approved', subject: subjectOf(piece.bulletin), change: { version: piece.version, content: hash } })
}

/** Gives it back to its author with what to change. An approval, if there was one, is void. */
export async function returnForChanges(
  work: Work<Visible>,
  input: { readonly number: number; readonly version: number; readonly comment: string },
): Promise<void> {
  const piece = await beginPiece(work, input.number, 'return')
  assertNewest(piece, input.version)
  const comment = reasonFrom(input.comment)
  await review(work, piece, 'returned', comment, null)
  await movePiece(work, piece, { approved_version: null })
  work.record({
    verb: 'broadcast.bulletin.returned',
    subject: subjectOf(piece.bulletin),
    change: { version: piece.version, comment: digest(comment) },
  })
}

/** Gives up a bulletin that was never released. */
export async function abandonBulletin(work: Work<Visible>, input: { readonly number: number; readonly reason: string }): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'abandon')
  const reason = reasonFrom(input.reason)
  await move(work, bulletin, step, { withdrawn_at: work.now, withdrawn_reason: reason })
  work.record({ verb: 'broadcast.bulletin.abandoned', subject: subjectOf(bulletin), reason, change: { before: bulletin.state } })
}

/** What a reader would miss in it. What follows a release must say what is new; a time to answer by that stood there before may have passed. */
function pieceFindings({ isRevision }: Piece, content: BulletinContent, now: Work<Visible>['now']): readonly Problem[] {
  return isRevision ? revisionFindings(content, now) : findingsOf(content, now)
}

async function movePiece(work: Work<Visible>, piece: Piece, changes: { approved_version?: number | null }): Promise<void> {
  if (piece.isRevision) await moveRevision(work, piece, changes)
  else await moveBulletin(work, piece, changes)
}

async function moveBulletin(work: Work<Visible>, { bulletin, next }: Piece, changes: object): Promise<void> {
  await work.db
    .updateTable('broadcast_bulletin')
    .set({ ...changes, state: next, updated_at: work.now })
    .where('id', '=', bulletin.id)
    .execute()
}

async function moveRevision(work: Work<Visible>, piece: Piece, changes: { version?: number; approved_version?: number | null }): Promise<void> {
  const moved = { ...changes, state: piece.next, updated_at: work.now }
  await work.db
    .insertInto('broadcast_revision')
    .values({ bulletin_id: piece.bulletin.id, version: piece.version, started_by: work.actor.id, started_at: work.now, ...moved })
    .onConflict(conflict => conflict.column('bulletin_id').doUpdateSet(moved))
    .execute()
}

function review(work: Work<Visible>, piece: Piece, decision: 'sent' | 'approved' | 'returned', comment: string | null, hash: string | null) {
  return work.db
    .insertInto('broadcast_review')
    .values({ bulletin_id: piece.bulletin.id, version: piece.version, decision, by_id: work.actor.id, at: work.now, comment, content_hash: hash })
    .execute()
}
