import { Conflict, Invalid } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { addDays, type Instant } from '../../../kernel/instant.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Assessment } from '../assessments/model.ts'
import { ownAssessment } from '../assessments/queries.ts'
import { holdReview, moveReview } from '../review-step.ts'
import type { Visible } from '../tables.ts'
import { isLive, LONGEST_DAYS, TELL_ASSESSOR, type Engagement, type EngagementKind } from './model.ts'
import { centreAssessors, engagementsOf, peerByAddress, type Candidate } from './queries.ts'

export interface Asked {
  readonly assessmentId: string
  readonly kind: EngagementKind
  /** A person of the centre, by id; for a peer, the address of their mail. */
  readonly whom: string
  readonly purpose: string
  readonly until: Instant
  /** How many outcomes a second assessor answers. */
  readonly sample: number | null
}

/**
 * Asks somebody in. It needs the sight of the system, for the organisation does not see the people of other bodies; whose assessment it is, is checked here.
 * Throws `Conflict` where somebody is at work already or the review is over, `Invalid` for who cannot be asked.
 */
export async function askAssessor(work: Work<Visible>, asked: Asked): Promise<Id<'engagement'>> {
  assertMay(work.actor, 'assure.engagement.ask')
  await holdReview(work, asked.assessmentId)
  const assessment = await ownAssessment(work.db, work.actor, asked.assessmentId)
  if (!['open', 'with-assessor', 'agreeing'].includes(assessment.state))
    throw new Conflict('assure.engagement.over', 'This review is over, so nobody can be asked in. Open one for the coming year.')
  checkUntil(asked.until, work.now)
  const candidate = await candidateFor(work, assessment, asked)
  const before = (await engagementsOf(work.db, assessment.id)).filter(({ kind }) => (kind === 'second') === (asked.kind === 'second'))
  const current = before.find(({ endedAt }) => endedAt === null)
  if (current !== undefined && isLive(current, work.now))
    throw new Conflict('assure.engagement.taken', `${current.assessorName} is asked in already. End that first, with the reason.`)
  if (current !== undefined) await end(work, current, 'Lapsed')
  const handedOver = before.find(({ submittedAt }) => submittedAt !== null)
  if (handedOver !== undefined && handedOver.assessorId !== candidate.id)
    throw new Conflict(
      'assure.engagement.handed-over',
      `${handedOver.assessorName} has handed over. Only they can be asked in again for this review.`,
    )
  await assertOther(work, assessment.id, candidate)
  const id = work.newId('engagement')
  await work.db
    .insertInto('assure_engagement')
    .values({
      id,
      assessment_id: assessment.id,
      organisation_id: assessment.organisationId,
      assessor_id: candidate.id,
      assessor_name: candidate.name,
      assessor_body: candidate.body,
      kind: asked.kind,
      sample: asked.kind === 'second' ? asked.sample : null,
      purpose: asked.purpose,
      until: asked.until,
      asked_at: work.now,
      asked_by: work.actor.id,
      asked_by_name: work.actor.name,
      submitted_at: handedOver?.submittedAt ?? null,
    })
    .execute()
  work.enqueue(TELL_ASSESSOR, { engagementId: id })
  record(work, assessment, 'asked')
  return id
}

/** Ends it at once, with the reason. A review that waits for that assessor is open again. */
export async function endEngagement(
  work: Work<Visible>,
  input: { readonly assessmentId: string; readonly engagementId: string; readonly reason: string },
): Promise<void> {
  assertMay(work.actor, 'assure.engagement.ask')
  const assessment = await ownAssessment(work.db, work.actor, input.assessmentId)
  const engagement = await currentOf(work, assessment, input.engagementId)
  const reason = input.reason.trim()
  if (reason === '') throw new Invalid('assure.engagement.reason', 'Say why it ends. The assessor reads it.')
  await end(work, engagement, reason)
  if (assessment.state === 'with-assessor' && engagement.kind !== 'second') await moveReview(work, assessment, 'take-back')
  record(work, assessment, 'ended')
}

/** Gives an assessor more time, or less. */
export async function extendEngagement(
  work: Work<Visible>,
  input: { readonly assessmentId: string; readonly engagementId: string; readonly until: Instant },
): Promise<void> {
  assertMay(work.actor, 'assure.engagement.ask')
  const assessment = await ownAssessment(work.db, work.actor, input.assessmentId)
  const engagement = await currentOf(work, assessment, input.engagementId)
  checkUntil(input.until, work.now)
  await work.db.updateTable('assure_engagement').where('id', '=', engagement.id).set({ until: input.until }).execute()
  record(work, assessment, 'extended')
}

/** Gives the review to the assessor, who has declared: from now on the organisation's own answers stand still, and the assessor can begin. */
export async function giveToAssessor(work: Work<Visible>, assessmentId: string): Promise<void> {
  assertMay(work.actor, 'assure.engagement.ask')
  const assessment = await ownAssessment(work.db, work.actor, assessmentId)
  const engagements = await engagementsOf(work.db, assessment.id)
  const ready = engagements.some(one => one.kind !== 'second' && isLive(one, work.now) && one.declaredAt !== null)
  if (!ready) throw new Conflict('assure.engagement.nobody', 'No assessor has declared their independence yet. Ask one in, or wait until they have.')
  await moveReview(work, assessment, 'give-to-assessor')
  record(work, assessment, 'given')
}

/** Takes the review back, so that the organisation's own answers can be changed. What was compared at a hand-over stays as it was then. */
export async function takeBack(work: Work<Visible>, assessmentId: string): Promise<void> {
  assertMay(work.actor, 'assure.engagement.ask')
  const assessment = await ownAssessment(work.db, work.actor, assessmentId)
  await moveReview(work, assessment, 'take-back')
  record(work, assessment, 'taken-back')
}

async function candidateFor(work: Work<Visible>, assessment: Assessment, asked: Asked): Promise<Candidate> {
  const found =
    asked.kind === 'peer'
      ? await peerByAddress(work.db, assessment.organisationId, asked.whom.trim())
      : (await centreAssessors(work.db, assessment.organisationId)).find(({ id }) => id === asked.whom)
  if (found === undefined)
    throw new Invalid(
      'assure.engagement.whom',
      asked.kind === 'peer'
        ? 'Nobody with this address can be asked in. Give the address of the cyber lead of another organisation.'
        : 'Choose an assessor. Whoever belongs to your own organisation cannot be asked in.',
    )
  return found
}

/** Nobody moderates themselves. */
async function assertOther(work: Work<Visible>, assessmentId: string, candidate: Candidate): Promise<void> {
  const others = (await engagementsOf(work.db, assessmentId)).filter(({ endedAt }) => endedAt === null)
  if (others.some(({ assessorId }) => assessorId === candidate.id))
    throw new Conflict('assure.engagement.same', `${candidate.name} assesses this review already. Choose somebody else for the other part.`)
}

async function currentOf(work: Work<Visible>, assessment: Assessment, engagementId: string): Promise<Engagement> {
  const found = (await engagementsOf(work.db, assessment.id)).find(({ id }) => id === engagementId)
  if (found === undefined || found.endedAt !== null)
    throw new Conflict('assure.engagement.over', 'This has ended already. Ask somebody in anew if you need to.')
  return found
}

async function end(work: Work<Visible>, engagement: Engagement, reason: string): Promise<void> {
  await work.db
    .updateTable('assure_engagement')
    .where('id', '=', engagement.id)
    .set({ ended_at: work.now, ended_by: work.actor.id, end_reason: reason })
    .execute()
}

function checkUntil(until: Instant, now: Instant): void {
  if (until <= now) throw new Invalid('assure.engagement.until', 'Give a day that is still to come.')
  if (until > addDays(now, LONGEST_DAYS)) throw new Invalid('assure.engagement.until', 'Give a day within the next year.')
}

function record(work: Work<Visible>, assessment: Assessment, done: string): void {
  work.record({
    verb: `assure.engagement.${done}`,
    subject: { kind: 'assessment', id: assessment.id },
    organisationId: assessment.organisationId,
  })
}
