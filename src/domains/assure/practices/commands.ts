import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { londonDate } from '../../../kernel/instant.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { organisationById } from '../../directory/contract.ts'
import { ownAssessment } from '../assessments/queries.ts'
import { outcomesOf } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { ownPractice, strengthOf, unpublished } from './queries.ts'

const OFFER = 'assure.practice.offer'

export interface NewPractice {
  readonly assessmentId: string
  readonly outcome: string
  readonly title: string
  readonly what: string
  readonly helped: string
  readonly isNamed: boolean
  /** The strength that the assessor found, where it is one. */
  readonly findingId: string | null
}

/**
 * Offers something that an organisation does well. With its name others see it at once; without, from a nightly round together with others of its type, so that neither the
 * time nor the audit, which says the same of every change, tells whose it is. Throws `Invalid` for an outcome or a strength that the review does not have.
 */
export async function offerPractice(work: Work<Visible>, wanted: NewPractice): Promise<Id<'practice'>> {
  assertMay(work.actor, OFFER)
  const { organisationId, frameworkId } = await ownAssessment(work.db, work.actor, wanted.assessmentId)
  if (!(await outcomesOf(work.db, frameworkId)).some(({ code }) => code === wanted.outcome))
    throw new Invalid('assure.practice.outcome', 'Choose the outcome that it is good practice for.')
  if (wanted.findingId !== null && (await strengthOf(work.db, wanted.assessmentId, wanted.findingId))?.outcomeCode !== wanted.outcome)
    throw new Invalid('assure.practice.strength', 'The strength is of another outcome. Choose its own, or offer this by itself.')
  const id = work.newId('practice')
  const { title, what, helped, isNamed } = wanted
  const offerId = isNamed ? work.newId('practice-offer') : null
  await work.db
    .insertInto('assure_practice')
    .values({
      id,
      organisation_id: organisationId,
      finding_id: wanted.findingId,
      framework_id: frameworkId,
      outcome_code: wanted.outcome,
      title,
      what,
      helped,
      is_named: isNamed,
      may_ask: false,
      state: 'offered',
      offer_id: offerId,
      made_at: work.now,
      changed_at: work.now,
      changed_by: work.actor.id,
    })
    .execute()
  if (offerId !== null) await publish(work, { offerId, organisationId, frameworkId, outcome: wanted.outcome, title, what, helped, isNamed })
  recordChange(work, organisationId)
  return id
}

/** Takes an offer back: from now on nobody else sees it. */
export async function withdrawPractice(work: Work<Visible>, id: string): Promise<void> {
  assertMay(work.actor, OFFER)
  const practice = await ownPractice(work.db, work.actor, id)
  if (practice.state !== 'offered') throw new Conflict('assure.practice.withdrawn', 'It is not offered any more.')
  if (practice.offerId !== null) await work.db.deleteFrom('assure_practice_offer').where('id', '=', practice.offerId).execute()
  await work.db
    .updateTable('assure_practice')
    .set({ state: 'withdrawn', offer_id: null, changed_at: work.now, changed_by: work.actor.id })
    .where('id', '=', practice.id)
    .execute()
  recordChange(work, practice.organisationId)
}

/** Shows others what was offered without a name since the last round, in no order that tells whose it is. Gives how many. */
export async function publishUnnamed(work: Work<Visible>): Promise<number> {
  const waiting = await unpublished(work.db)
  for (const practice of waiting) {
    const offerId = work.newId('practice-offer')
    await publish(work, { ...practice, offerId, isNamed: false })
    await work.db.updateTable('assure_practice').set({ offer_id: offerId }).where('id', '=', practice.id).execute()
  }
  if (waiting.length > 0) work.record({ verb: 'assure.practice.published', subject: { kind: 'practices', id: 'without-a-name' } })
  return waiting.length
}

interface Published {
  readonly offerId: string
  readonly organisationId: string
  readonly frameworkId: string
  readonly outcome: string
  readonly title: string
  readonly what: string
  readonly helped: string
  readonly isNamed: boolean
}

async function publish(work: Work<Visible>, practice: Published): Promise<void> {
  const organisation = await organisationById(work.db, practice.organisationId as Id<'organisation'>)
  if (organisation === undefined) throw new NotFound('assure.practice.whose', 'The organisation is not in the directory.')
  await work.db
    .insertInto('assure_practice_offer')
    .values({
      id: practice.offerId,
      organisation_id: practice.isNamed ? practice.organisationId : null,
      organisation_type: organisation.type,
      size_band: '',
      framework_id: practice.frameworkId,
      outcome_code: practice.outcome,
      title: practice.title,
      what: practice.what,
      helped: practice.helped,
      may_ask: false,
      offered_on: londonDate(work.now),
    })
    .execute()
}

/** The same of every change, so that the audit does not tell an offer without a name from any other. */
function recordChange(work: Work<Visible>, organisationId: string): void {
  work.record({ verb: 'assure.practice.changed', subject: { kind: 'organisation', id: organisationId }, organisationId })
}
