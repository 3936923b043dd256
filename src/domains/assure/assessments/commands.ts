import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { chunks } from '../../../platform/db/chunks.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { frameworkById, outcomesOf } from '../frameworks/queries.ts'
import { moveReview } from '../review-step.ts'
import type { Visible } from '../tables.ts'
import { carryForward } from './carry/commands.ts'
import { assessmentTransition, parsePeriod, WHOLE_ORGANISATION, type Assessment, type AssessmentAction } from './model.ts'
import { ownAssessment, profilesFor } from './queries.ts'

export interface NewAssessment {
  readonly frameworkId: string
  /** `null` for none: without a profile there is no target. */
  readonly profileId: string | null
  readonly period: string
  /** Empty for the whole organisation. */
  readonly subject: string
  /** An earlier review of the organisation, whose answers come along to be confirmed. */
  readonly carryFrom: string | null
}

const LONGEST_SUBJECT = 120
const LONGEST_REASON = 2_000

/**
 * Opens a review of the organisation that the actor acts for. Throws `Invalid` for a framework, profile or period that cannot be, and `Conflict` when there is
 * one of the same framework, period and subject.
 */
export async function openAssessment(work: Work<Visible>, wanted: NewAssessment): Promise<Assessment> {
  assertMay(work.actor, 'assure.assessment.open')
  const { organisationId } = work.actor
  if (organisationId === null) throw new NotFound('assure.assessment.for-whom', 'You act for no organisation, so there is nothing to review.')
  const framework = await frameworkById(work.db, wanted.frameworkId)
  if (framework === undefined) throw new Invalid('assure.framework.unknown', 'Choose a framework from the list.')
  const period = parsePeriod(wanted.period)
  if (period === undefined) throw new Invalid('assure.assessment.period', 'Give the year as 2026-27, or as 2026.')
  const profiles = await profilesFor(work.db, organisationId, framework.id, period)
  const profileId = wanted.profileId === null ? null : (profiles.find(({ id }) => id === wanted.profileId)?.id ?? null)
  if (profileId === null && wanted.profileId !== null)
    throw new Invalid('assure.profile.unknown', 'That profile is not for this framework, year and kind of organisation. Choose another, or none.')
  const subject = cleanLine(wanted.subject) || WHOLE_ORGANISATION
  if (subject.length > LONGEST_SUBJECT)
    throw new Invalid('assure.assessment.subject', `Use ${LONGEST_SUBJECT} characters or fewer for what is reviewed.`)
  const id = work.newId('assessment')
  await insert(work, { id, organisationId, frameworkId: framework.id, profileId, period, subject, carriedFrom: wanted.carryFrom })
  await startOutcomes(work, id, framework.id)
  const opened = await ownAssessment(work.db, work.actor, id)
  if (wanted.carryFrom !== null) await carryForward(work, await ownAssessment(work.db, work.actor, wanted.carryFrom), opened)
  work.record({ verb: 'assure.assessment.opened', subject: { kind: 'assessment', id }, organisationId })
  return opened
}

interface Row extends Omit<NewAssessment, 'carryFrom'> {
  readonly id: Id<'assessment'>
  readonly organisationId: Id<'organisation'>
  readonly carriedFrom: string | null
}

async function insert(work: Work<Visible>, { id, organisationId, frameworkId, profileId, period, subject, carriedFrom }: Row): Promise<void> {
  if (carriedFrom !== null) await ownAssessment(work.db, work.actor, carriedFrom)
  // Two who open the same at once: the second waits for the first, and is told.
  const { numInsertedOrUpdatedRows } = await work.db
    .insertInto('assure_assessment')
    .values({
      id,
      organisation_id: organisationId,
      framework_id: frameworkId,
      profile_id: profileId,
      period,
      subject,
      state: 'open',
      carried_from: carriedFrom,
      opened_at: work.now,
      opened_by: work.actor.id,
      changed_at: work.now,
    })
    .onConflict(clash => clash.doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 0n)
    throw new Conflict(
      'assure.assessment.exists',
      'There is a review of this framework for that year and subject. Open that one, or name another subject.',
    )
  await work.db
    .insertInto('assure_assessment_step')
    .values({ assessment_id: id, at: work.now, action: 'open', state: 'open', by_id: work.actor.id })
    .execute()
}

/** Each outcome stands from the beginning, so that those who answer it at once have something to wait at. */
async function startOutcomes(work: Work<Visible>, id: string, frameworkId: string): Promise<void> {
  const outcomes = await outcomesOf(work.db, frameworkId)
  if (outcomes.length === 0) throw new Invalid('assure.framework.empty', 'This framework has no outcomes, so there is nothing to answer.')
  const rows = outcomes.map(({ code }) => ({
    assessment_id: id,
    view: 'self' as const,
    outcome_code: code,
    status: 'unanswered',
    changed_at: work.now,
    changed_by: work.actor.id,
  }))
  for (const part of chunks(rows)) await work.db.insertInto('assure_view').values(part).execute()
}

/** What the organisation itself does with its review: close it, open it again, withdraw it. The other steps come with the engagement and the agreement. */
export const OWN_ACTIONS = ['close', 'reopen', 'withdraw'] as const satisfies readonly AssessmentAction[]

const PAST = { close: 'closed', reopen: 'reopened', withdraw: 'withdrawn' } as const

/** Throws `Conflict` where the state does not offer it, `Invalid` without a reason that is asked for. The reason stays with the organisation. */
export async function moveOwnAssessment(work: Work<Visible>, id: string, action: (typeof OWN_ACTIONS)[number], reason: string): Promise<string> {
  const assessment = await ownAssessment(work.db, work.actor, id)
  const step = assessmentTransition(assessment.state, action)
  assertMay(work.actor, step.permission)
  const why = cleanText(reason)
  if (step.reason === 'required' && why === '') throw new Invalid('assure.assessment.reason', 'Say why.')
  if (why.length > LONGEST_REASON) throw new Invalid('assure.assessment.reason-length', `Use ${LONGEST_REASON} characters or fewer to say why.`)
  if (action === 'reopen' && (await wasAgreed(work, id)))
    throw new Conflict('assure.assessment.was-agreed', 'This review was agreed with an assessor. It stays as it was signed: open next year’s.')
  await moveReview(work, assessment, action, why)
  work.record({ verb: `assure.assessment.${PAST[action]}`, subject: { kind: 'assessment', id }, organisationId: assessment.organisationId })
  return step.banner
}

async function wasAgreed(work: Work<Visible>, id: string): Promise<boolean> {
  const row = await work.db
    .selectFrom('assure_assessment_step')
    .select('at')
    .where('assessment_id', '=', id)
    .where('state', '=', 'agreed')
    .executeTakeFirst()
  return row !== undefined
}
