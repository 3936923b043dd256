import { Conflict, Invalid } from '../../../kernel/errors.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { isLive } from '../engagements/model.ts'
import { holdReview, moveReview } from '../review-step.ts'
import type { Visible } from '../tables.ts'
import { sideOf, standingOf, type AgreedReview } from './model.ts'
import { agreedReview } from './queries.ts'

export interface Decision {
  readonly assessmentId: string
  readonly outcomeCode: string
  readonly status: string
  readonly text: string
  /** Why it is decided so. */
  readonly why: string
  /** The revision that its writer saw: 0 for none. */
  readonly revision: number
}

/**
 * Says what is agreed of one outcome. What both had signed is void from then on. Throws `Invalid` for a level that the outcome cannot have or without a reason,
 * `Conflict` when somebody decided it meanwhile.
 */
export async function decideOutcome(work: Work<Visible>, decision: Decision): Promise<void> {
  const review = await openReview(work, decision.assessmentId)
  const line = review.lines.find(({ outcome }) => outcome.code === decision.outcomeCode)
  if (line === undefined) throw new Invalid('assure.outcome.unknown', 'There is no such outcome in this review.')
  if (![...line.outcome.levels, 'not-applicable'].includes(decision.status))
    throw new Invalid('assure.agreement.status', 'Choose a level that this outcome can have.')
  if (decision.why.trim() === '') throw new Invalid('assure.agreement.why', 'Say why it is decided so.')
  if ((line.decided?.revision ?? 0) !== decision.revision)
    throw new Conflict('assure.agreement.changed', 'This was decided meanwhile. Look at it again, then decide.')
  const row = {
    status: decision.status,
    summary: decision.text,
    difference: decision.why,
    state: 'recorded' as const,
    revision: decision.revision + 1,
    changed_at: work.now,
    changed_by: work.actor.id,
    recorded_at: work.now,
  }
  const { numInsertedOrUpdatedRows } = await work.db
    .insertInto('assure_view')
    .values({ assessment_id: review.assessment.id, view: 'agreed', outcome_code: decision.outcomeCode, ...row })
    .onConflict(clash =>
      clash.columns(['assessment_id', 'view', 'outcome_code']).doUpdateSet(row).where('assure_view.revision', '=', decision.revision),
    )
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 0n) throw new Conflict('assure.agreement.changed', 'This was decided meanwhile. Look at it again, then decide.')
  await work.db
    .insertInto('assure_agreed_change')
    .values({ assessment_id: review.assessment.id, outcome_code: decision.outcomeCode, at: work.now, by_id: work.actor.id, by_name: work.actor.name })
    .execute()
  await settle(work, decision.assessmentId, decision.why)
  record(work, review, 'decided')
}

/**
 * Signs the exact content for one's own side. `hash` is the one that was shown. Throws `Conflict` when the content is another by now, when outcomes are still open, or
 * when that side has signed it. Once both have, the review is agreed.
 */
export async function signAgreement(
  work: Work<Visible>,
  input: { readonly assessmentId: string; readonly hash: string },
): Promise<'half' | 'signed'> {
  const review = await openReview(work, input.assessmentId)
  const side = sideOf(work.actor, review)
  const open = review.lines.filter(({ status }) => status === null).length
  if (open > 0)
    throw new Conflict('assure.agreement.open', `${open === 1 ? 'One outcome is' : `${open} outcomes are`} still to be decided. Decide them first.`)
  if (review.hash !== input.hash)
    throw new Conflict('assure.agreement.other-content', 'The content has changed since you looked. Read what it says now, then sign that.')
  if (review.signatures.some(one => one.hash === review.hash && one.side === side))
    throw new Conflict('assure.agreement.signed', 'Your side has signed this already.')
  await work.db
    .insertInto('assure_agreement')
    .values({ assessment_id: review.assessment.id, hash: review.hash, content: review.text, at: work.now })
    .onConflict(clash => clash.doNothing())
    .execute()
  const signature = {
    hash: review.hash,
    side,
    name: work.actor.name,
    body: side === 'organisation' ? review.organisation.name : review.engagement.assessorBody,
    at: work.now,
  }
  await work.db
    .insertInto('assure_agreement_signature')
    .values({ id: work.newId('agreement'), assessment_id: review.assessment.id, person_id: work.actor.id, ...signature })
    .execute()
  const isSigned = await settle(work, input.assessmentId, 'What both had signed was changed')
  record(work, review, 'signed')
  return isSigned ? 'signed' : 'half'
}

/** Brings the state to what the signatures say of the content as it is now, and says whether both stand under it. `why` is kept where that makes an agreement void. */
async function settle(work: Work<Visible>, assessmentId: string, why: string): Promise<boolean> {
  const review = await agreedReview(work.db, assessmentId)
  const isSigned = standingOf(review) === 'signed'
  if (isSigned && review.assessment.state === 'agreeing') await moveReview(work, review.assessment, 'agree')
  if (!isSigned && review.assessment.state === 'agreed') await moveReview(work, review.assessment, 'void', why)
  return isSigned
}

/** The review, where its two sides may still write. */
async function openReview(work: Work<Visible>, id: string): Promise<AgreedReview> {
  assertMay(work.actor, 'assure.agreement.sign')
  await holdReview(work, id)
  const review = await agreedReview(work.db, id)
  const side = sideOf(work.actor, review)
  if (!['agreeing', 'agreed'].includes(review.assessment.state))
    throw new Conflict('assure.agreement.not-now', 'This review is not being agreed just now. Look at how it stands.')
  if (side === 'assessor' && !isLive(review.engagement, work.now))
    throw new Conflict('assure.engagement.over', 'This has ended. Only the organisation can ask you in again.')
  return review
}

function record(work: Work<Visible>, { assessment }: AgreedReview, done: string): void {
  work.record({ verb: `assure.agreement.${done}`, subject: { kind: 'assessment', id: assessment.id }, organisationId: assessment.organisationId })
}
