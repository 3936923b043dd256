import { Conflict, Forbidden, Invalid } from '../../../../kernel/errors.ts'
import { cleanLine, cleanText } from '../../../../kernel/text.ts'
import { digest } from '../../../../platform/audit/record.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { closeHolding, releasedAlone } from '../../alone.ts'
import { announce } from '../../announce.ts'
import { startMailing } from '../../deliveries/mailings.ts'
import { canRelease } from '../../policy.ts'
import { bulletinPublished } from '../../publication/model.ts'
import { reasonFrom } from '../../reason.ts'
import type { Visible } from '../../tables.ts'
import { bulletinNumber, respondByAt, revisionFindings, severityLabel, type BulletinSeverity } from '../model.ts'
import { bulletinOf, responseDeadlines, reviewsOf, versionOf, type Bulletin } from '../queries.ts'
import { assertApproved } from '../queries/approval.ts'
import { assertLabelHolds, assertNewest, begin, beginRevision, headOf, insertSeverity, move, subjectOf } from '../steps.ts'
import { audienceOf, countWithout, readersOf } from './queries.ts'

/** The product's own address, where readers are told again of a change; `null` where the change is not material, so nobody is. */
export type Tells = { readonly baseUrl: string } | null

/**
 * Adds a dated note to a released bulletin. One person writes it and nobody is told: what people are told of goes through a version that
 * another person approves, or is a new severity or a withdrawal. The body is Markdown.
 */
export async function addUpdate(
  work: Work<Visible>,
  input: { readonly number: number; readonly title: string; readonly body: string },
): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'update')
  const title = cleanLine(input.title)
  const body = cleanText(input.body)
  if (title === '' || title.length > 200) throw new Invalid('broadcast.update.title', 'Give the update a title of at most 200 characters.')
  if (body === '' || body.length > 20_000) throw new Invalid('broadcast.update.body', 'Say what is new, in at most 20,000 characters.')
  await publish(work, bulletin, { kind: 'note', title, body }, null)
  await move(work, bulletin, step, {})
  work.record({ verb: 'broadcast.bulletin.updated', subject: subjectOf(bulletin), change: { title: digest(title), body: digest(body) } })
}

/**
 * Adds a dated severity, with its reason, to a released bulletin. Before release the severity is edited like every other field. Where no time to
 * answer by stood, the policy of the new severity sets one, counted from this moment.
 */
export async function changeSeverity(
  work: Work<Visible>,
  input: { readonly number: number; readonly severity: BulletinSeverity; readonly reason: string; readonly tells?: Tells },
): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'change-severity')
  const reason = reasonFrom(input.reason)
  if (input.severity === bulletin.severity)
    throw new Conflict('broadcast.bulletin.same-severity', 'It has this severity already. Choose another, or leave it as it is.')
  await insertSeverity(work, bulletin.id, input.severity, reason)
  const respondBy = bulletin.respondBy ?? respondByAt({ severity: input.severity, respondBy: null }, work.now, await responseDeadlines(work.db))
  await move(work, bulletin, step, { severity: input.severity, respond_by: respondBy })
  const title = `The severity is now ${severityLabel(input.severity).toLowerCase()}, before it was ${severityLabel(bulletin.severity).toLowerCase()}`
  const told = await publish(work, bulletin, { kind: 'severity', title, body: reason }, input.tells ?? null)
  work.record({
    verb: 'broadcast.bulletin.severity-changed',
    subject: subjectOf(bulletin),
    reason,
    change: { before: bulletin.severity, after: input.severity, told },
  })
}

/** Withdraws a released bulletin. Its text, its audience and every answer stay on record, marked as withdrawn. */
export async function withdrawBulletin(
  work: Work<Visible>,
  input: { readonly number: number; readonly reason: string; readonly tells?: Tells },
): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'withdraw')
  const reason = reasonFrom(input.reason)
  await move(work, bulletin, step, { withdrawn_at: work.now, withdrawn_reason: reason })
  await dropRevision(work, bulletin)
  const told = await publish(work, bulletin, { kind: 'withdrawal', title: 'Withdrawn', body: reason }, input.tells ?? null)
  work.record({ verb: 'broadcast.bulletin.withdrawn', subject: subjectOf(bulletin), reason, change: { before: bulletin.state, told } })
}

/**
 * Replaces a released bulletin by another that is live: the old one is withdrawn and leads its readers to the new one, which says what it replaces.
 * Throws `Conflict` when the other is not live, is the same, or was itself replaced, or when one of the readers did not get it.
 */
export async function supersedeBulletin(
  work: Work<Visible>,
  input: { readonly number: number; readonly by: number; readonly reason: string; readonly tells?: Tells },
): Promise<void> {
  const { bulletin, step } = await begin(work, input.number, 'supersede')
  const reason = reasonFrom(input.reason)
  if (input.by === input.number) throw new Conflict('broadcast.supersede.itself', 'A bulletin cannot replace itself. Name the newer one.')
  const successor = await bulletinOf(work.db, input.by)
  if (successor.state !== 'released' || successor.isExercise !== bulletin.isExercise) {
    throw new Conflict(
      'broadcast.supersede.not-live',
      `${bulletinNumber(input.by)} cannot replace it: the newer one must be live${bulletin.isExercise ? ' and an exercise too' : ''}.`,
    )
  }
  const without = await countWithout(work.db, bulletin.id, successor.id)
  if (without > 0) {
    throw new Conflict(
      'broadcast.supersede.not-theirs',
      `${without.toLocaleString('en-GB')} ${without === 1 ? 'organisation that has' : 'organisations that have'} ${bulletinNumber(input.number)} did not get ` +
        `${bulletinNumber(input.by)}, so they would be led to what they cannot read. Have it reach them first, or withdraw this one instead.`,
    )
  }
  await move(work, bulletin, step, { withdrawn_at: work.now, withdrawn_reason: reason, superseded_by: successor.id })
  await dropRevision(work, bulletin)
  const title = `Replaced by ${bulletinNumber(input.by)}`
  const told = await publish(work, bulletin, { kind: 'replacement', title, body: reason }, input.tells ?? null)
  work.record({
    verb: 'broadcast.bulletin.superseded',
    subject: subjectOf(bulletin),
    reason,
    change: { by: bulletinNumber(input.by), before: bulletin.state, told },
  })
}

export interface Published {
  readonly version: number
  readonly isMaterial: boolean
  /** Contacts that are told. */
  readonly told: number
}

/**
 * Publishes the approved revision of a released bulletin: it becomes the version that readers see, told of by a dated update in the words
 * that were approved with it. Only a material one is mailed. Answers given before stand; where the version says so, those who gave them are
 * asked to answer again. The full version of a holding statement ends the holding.
 */
export async function publishRevision(
  work: Work<Visible>,
  input: { readonly number: number; readonly version: number; readonly baseUrl: string },
): Promise<Published> {
  const piece = await beginRevision(work, input.number, 'publish')
  assertNewest(piece, input.version)
  const decision = canRelease(work.actor, piece)
  if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
  await assertApproved(work.db, piece.bulletin.id, piece.version)
  if (piece.bulletin.isHolding) {
    const approval = (await reviewsOf(work.db, piece.bulletin.id)).find(review => review.version === piece.version && review.decision === 'approved')
    await closeHolding(work, piece.bulletin.id, piece.version, approval?.byId ?? work.actor.id)
  }
  return putOut(work, piece.bulletin, piece.version, { approved_version: piece.version }, input.baseUrl, null)
}

/** As `publishRevision`, by the decision of one person: what nobody else approved. The reason is kept, and somebody else reviews it after. */
export async function publishAlone(
  work: Work<Visible>,
  input: { readonly number: number; readonly version: number; readonly reason: string; readonly baseUrl: string },
): Promise<Published> {
  const piece = await beginRevision(work, input.number, 'publish-alone')
  assertNewest(piece, input.version)
  const reason = reasonFrom(input.reason)
  await releasedAlone(work, piece.bulletin.id, piece.version, { kind: 'emergency', reason })
  return putOut(work, piece.bulletin, piece.version, { approved_version: null }, input.baseUrl, reason)
}

/** Gives up the revision of a released bulletin. Its versions stay on record; readers saw nothing of them. */
export async function discardRevision(work: Work<Visible>, input: { readonly number: number; readonly reason: string }): Promise<void> {
  const { bulletin, version } = await beginRevision(work, input.number, 'discard')
  const reason = reasonFrom(input.reason)
  await dropRevision(work, bulletin)
  work.record({ verb: 'broadcast.bulletin.revision-discarded', subject: subjectOf(bulletin), reason, change: { version, live: bulletin.version } })
}

async function putOut(
  work: Work<Visible>,
  bulletin: Bulletin,
  version: number,
  approval: { readonly approved_version: number | null },
  baseUrl: string,
  reason: string | null,
): Promise<Published> {
  const { content } = await versionOf(work.db, bulletin.id, version)
  const errors = revisionFindings(content, work.now).filter(finding => finding.severity === 'error')
  if (errors.length > 0) throw new Invalid('broadcast.bulletin.incomplete', errors.map(error => error.message).join(' '))
  assertLabelHolds(bulletin, content)
  const { title = '', body = '', isMaterial = false, asksAgain = false } = content.news ?? {}
  if (content.severity !== bulletin.severity) await insertSeverity(work, bulletin.id, content.severity, title)
  const deadline = content.respondBy === null ? bulletin.respondBy : null
  await work.db
    .updateTable('broadcast_bulletin')
    .set({
      ...headOf(content),
      ...approval,
      version,
      is_holding: false,
      // A time that was asked for stands until the author names another.
      respond_by: deadline ?? respondByAt(content, work.now, await responseDeadlines(work.db)),
      ...(asksAgain ? { answer_again_at: work.now } : {}),
      updated_at: work.now,
    })
    .where('id', '=', bulletin.id)
    .execute()
  await dropRevision(work, bulletin)
  const told = await publish(work, bulletin, { kind: 'version', title, body, version, asks_again: asksAgain }, isMaterial ? { baseUrl } : null)
  work.record({
    verb: reason === null ? 'broadcast.bulletin.published' : 'broadcast.bulletin.published-alone',
    subject: subjectOf(bulletin),
    ...(reason === null ? {} : { reason }),
    change: { version, before: bulletin.version, material: isMaterial, asksAgain, told },
  })
  return { version, isMaterial, told }
}

/**
 * Writes the dated update and, where it is material, has everyone of the frozen audience told; of an end those whom the bulletin has reached.
 * Gives how many contacts are.
 */
async function publish(
  work: Work<Visible>,
  bulletin: Bulletin,
  update: {
    readonly kind: 'note' | 'version' | 'severity' | 'withdrawal' | 'replacement'
    readonly title: string
    readonly body: string
    readonly version?: number
    readonly asks_again?: boolean
  },
  tells: Tells,
): Promise<number> {
  const { id } = await work.db
    .insertInto('broadcast_update')
    .values({ bulletin_id: bulletin.id, at: work.now, by_id: work.actor.id, is_material: tells !== null, ...update })
    .returning('id')
    .executeTakeFirstOrThrow()
  work.enqueue(bulletinPublished, { bulletinId: bulletin.id })
  const isEnd = update.kind === 'withdrawal' || update.kind === 'replacement'
  if (isEnd) await announce(work, { type: 'bulletin.withdrawn', bulletinId: bulletin.id, reason: update.body })
  if (tells === null) return 0
  if (!isEnd) await announce(work, { type: 'bulletin.updated', bulletinId: bulletin.id, update: update.title })
  const { contacts } = await startMailing(work, {
    bulletinId: bulletin.id,
    kind: isEnd ? 'withdrawal' : 'update',
    organisationIds: await (isEnd ? readersOf : audienceOf)(work.db, bulletin.id),
    updateId: id,
    baseUrl: tells.baseUrl,
  })
  await work.db.updateTable('broadcast_update').set({ told: contacts }).where('id', '=', id).execute()
  return contacts
}

async function dropRevision(work: Work<Visible>, bulletin: Bulletin): Promise<void> {
  await work.db.deleteFrom('broadcast_revision').where('bulletin_id', '=', bulletin.id).execute()
}
