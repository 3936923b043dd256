import { Conflict, Forbidden, Invalid } from '../../../kernel/errors.ts'
import { parseInstant } from '../../../kernel/instant.ts'
import { transition, type Transition } from '../../../kernel/lifecycle.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { digest } from '../../../platform/audit/record.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { takeUpThreat } from '../../watch/contract.ts'
import { canApprove } from '../policy.ts'
import type { Visible } from '../tables.ts'
import {
  BulletinContent,
  bulletinNumber,
  findingsOf,
  BULLETIN_LIFECYCLE,
  type BulletinAction,
  type BulletinNumber,
  type BulletinSeverity,
  type BulletinState,
} from './model.ts'
import { authorIdsOf, bulletinOf, lockBulletin, versionOf, type Bulletin } from './queries.ts'

/** Makes a bulletin with its first version. `content` is checked again, so that a command line and a page are held to the same. */
export async function draftBulletin(
  work: Work<Visible>,
  input: { readonly threatId: string | null; readonly content: BulletinContent; readonly isExercise?: boolean },
): Promise<{ readonly id: string; readonly number: BulletinNumber }> {
  assertMay(work.actor, 'broadcast.bulletin.draft')
  const content = BulletinContent.parse(input.content)
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
 * Saves a version on top of the one that was being edited. Saving what is there already makes none.
 * An edit voids a review and an approval: the bulletin is a draft again.
 * Throws `Conflict` (`broadcast.bulletin.newer-version`) when somebody saved another version meanwhile; the caller still has
 * what was typed, and shows both.
 */
export async function saveVersion(
  work: Work<Visible>,
  input: { readonly number: number; readonly baseVersion: number; readonly content: BulletinContent },
): Promise<{ readonly version: number; readonly isNew: boolean }> {
  const { bulletin, step } = await begin(work, input.number, 'edit')
  const content = BulletinContent.parse(input.content)
  const current = await versionOf(work.db, bulletin.id, bulletin.version)
  if (current.hash === contentHash(content)) return { version: bulletin.version, isNew: false }
  assertNewest(bulletin, input.baseVersion)
  const version = bulletin.version + 1
  await insertVersion(work, bulletin.id, version, content)
  if (content.severity !== bulletin.severity) await insertSeverity(work, bulletin.id, content.severity, null)
  await move(work, bulletin, step, { version, approved_version: null, ...headOf(content) })
  work.record({
    verb: 'broadcast.bulletin.saved',
    subject: subjectOf(bulletin),
    change: { version, content: contentHash(content), voidsApproval: bulletin.approvedVersion !== null },
  })
  return { version, isNew: true }
}

/** Asks for a review of the newest version. Throws `Invalid` with what is still missing. */
export async function sendForReview(work: Work<Visible>, input: { readonly number: number; readonly version: number }): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'send-for-review')
  assertNewest(bulletin, input.version)
  const { content } = await versionOf(work.db, bulletin.id, bulletin.version)
  const errors = findingsOf(content, work.now).filter(finding => finding.severity === 'error')
  if (errors.length > 0) throw new Invalid('broadcast.bulletin.incomplete', errors.map(error => error.message).join(' '))
  await review(work, bulletin, 'sent', null)
  await move(work, bulletin, step, {})
  work.record({ verb: 'broadcast.bulletin.sent-for-review', subject: subjectOf(bulletin), change: { version: bulletin.version } })
}

/** Approves exactly that version. Throws `Forbidden` for whoever wrote any of it, `Conflict` when it is no longer the newest. */
export async function approveBulletin(work: Work<Visible>, input: { readonly number: number; readonly version: number }): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'approve')
  assertNewest(bulletin, input.version)
  const decision = canApprove(work.actor, { authorIds: [bulletin.authorId, ...(await authorIdsOf(work.db, bulletin.id))] })
  if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
  const { hash } = await versionOf(work.db, bulletin.id, bulletin.version)
  await review(work, bulletin, 'approved', null)
  await move(work, bulletin, step, { approved_version: bulletin.version })
  work.record({ verb: 'broadcast.bulletin.approved', subject: subjectOf(bulletin), change: { version: bulletin.version, content: hash } })
}

/** Gives it back to its author with what to change. An approval, if there was one, is void. */
export async function returnForChanges(
  work: Work<Visible>,
  input: { readonly number: number; readonly version: number; readonly comment: string },
): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'return')
  assertNewest(bulletin, input.version)
  const comment = reasonFrom(input.comment)
  await review(work, bulletin, 'returned', comment)
  await move(work, bulletin, step, { approved_version: null })
  work.record({ verb: 'broadcast.bulletin.returned', subject: subjectOf(bulletin), change: { version: bulletin.version, comment: digest(comment) } })
}

/** Publishes a dated update on a released bulletin: bulletins are living documents. The body is Markdown. */
export async function addUpdate(
  work: Work<Visible>,
  input: { readonly number: number; readonly title: string; readonly body: string },
): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'update')
  const title = cleanLine(input.title)
  const body = cleanText(input.body)
  if (title === '' || title.length > 200) throw new Invalid('broadcast.update.title', 'Give the update a title of at most 200 characters.')
  if (body === '' || body.length > 20_000) throw new Invalid('broadcast.update.body', 'Say what is new, in at most 20,000 characters.')
  await work.db.insertInto('broadcast_update').values({ bulletin_id: bulletin.id, at: work.now, title, body, by_id: work.actor.id }).execute()
  await move(work, bulletin, step, {})
  work.record({ verb: 'broadcast.bulletin.updated', subject: subjectOf(bulletin), change: { title: digest(title), body: digest(body) } })
}

/** Adds a dated severity, with its reason, to a released bulletin. Before release the severity is edited like every other field. */
export async function changeSeverity(
  work: Work<Visible>,
  input: { readonly number: number; readonly severity: BulletinSeverity; readonly reason: string },
): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'change-severity')
  const reason = reasonFrom(input.reason)
  if (input.severity === bulletin.severity)
    throw new Conflict('broadcast.bulletin.same-severity', 'It has this severity already. Choose another, or leave it as it is.')
  await insertSeverity(work, bulletin.id, input.severity, reason)
  await move(work, bulletin, step, { severity: input.severity })
  work.record({
    verb: 'broadcast.bulletin.severity-changed',
    subject: subjectOf(bulletin),
    reason,
    change: { before: bulletin.severity, after: input.severity },
  })
}

/** Withdraws a released bulletin. Its text, its audience and every answer stay on record, marked as withdrawn. */
export function withdrawBulletin(work: Work<Visible>, input: { readonly number: number; readonly reason: string }): Promise<void> {
  return end(work, input, 'withdraw', 'broadcast.bulletin.withdrawn')
}

/** Gives up a bulletin that was never released. */
export function abandonBulletin(work: Work<Visible>, input: { readonly number: number; readonly reason: string }): Promise<void> {
  return end(work, input, 'abandon', 'broadcast.bulletin.abandoned')
}

async function end(
  work: Work<Visible>,
  input: { readonly number: number; readonly reason: string },
  action: 'withdraw' | 'abandon',
  verb: string,
): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, action)
  const reason = reasonFrom(input.reason)
  await move(work, bulletin, step, { withdrawn_at: work.now, withdrawn_reason: reason })
  work.record({ verb, subject: subjectOf(bulletin), reason, change: { before: bulletin.state } })
}

type Step = Transition<BulletinState>

/** Locks the bulletin and checks that its lifecycle offers the action and that the actor holds the permission for it. */
async function begin(work: Work<Visible>, number: number, action: BulletinAction): Promise<{ bulletin: Bulletin; step: Step }> {
  // Seen first, so that a number outside the actor's scope is "not found", whatever the actor may do.
  const seen = await bulletinOf(work.db, number)
  assertMay(work.actor, permissionOf(action, seen.state))
  const bulletin = await lockBulletin(work.db, number)
  return { bulletin, step: transition<BulletinState, BulletinAction>(BULLETIN_LIFECYCLE, 'bulletin', bulletin.state, action) }
}

function permissionOf(action: BulletinAction, state: BulletinState): string {
  const steps: Readonly<Partial<Record<BulletinAction, Step>>> = BULLETIN_LIFECYCLE[state]
  // Where the state does not offer it, the lifecycle says so next; until then the weakest right to work on bulletins will do.
  return steps[action]?.permission ?? 'broadcast.bulletin.work'
}

function assertNewest(bulletin: Bulletin, version: number): void {
  if (version === bulletin.version) return
  throw new Conflict(
    'broadcast.bulletin.newer-version',
    `Version ${bulletin.version} was saved meanwhile. Look at what changed, then decide again.`,
    `${bulletin.id}: ${version} is not ${bulletin.version}`,
  )
}

function move(work: Work<Visible>, bulletin: Bulletin, step: Step, changes: object) {
  return work.db
    .updateTable('broadcast_bulletin')
    .set({ ...changes, state: step.next, updated_at: work.now })
    .where('id', '=', bulletin.id)
    .execute()
}

function insertVersion(work: Work<Visible>, bulletinId: string, version: number, content: BulletinContent) {
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

function insertSeverity(work: Work<Visible>, bulletinId: string, severity: BulletinSeverity, reason: string | null) {
  return work.db.insertInto('broadcast_severity').values({ bulletin_id: bulletinId, severity, at: work.now, by_id: work.actor.id, reason }).execute()
}

function review(work: Work<Visible>, bulletin: Bulletin, decision: 'sent' | 'approved' | 'returned', comment: string | null) {
  return work.db
    .insertInto('broadcast_review')
    .values({ bulletin_id: bulletin.id, version: bulletin.version, decision, by_id: work.actor.id, at: work.now, comment })
    .execute()
}

/** What lists need of the content. */
function headOf(content: BulletinContent) {
  const respondBy = content.respondBy === null ? null : (parseInstant(content.respondBy) ?? null)
  return { title: content.title, severity: content.severity, tlp: content.tlp, respond_by: respondBy }
}

/** SHA-256 over the content in the order of its schema, into which `BulletinContent.parse` always brings it. */
function contentHash(content: BulletinContent): string {
  return digest(JSON.stringify(content))
}

function subjectOf(bulletin: Bulletin) {
  return { kind: 'bulletin', id: bulletinNumber(bulletin.number) }
}

function reasonFrom(text: string): string {
  const reason = cleanText(text)
  if (reason === '') throw new Invalid('broadcast.reason.missing', 'Say why, in a sentence.')
  if (reason.length > 2_000) throw new Invalid('broadcast.reason.too-long', 'Say why in at most 2,000 characters.')
  return reason
}
