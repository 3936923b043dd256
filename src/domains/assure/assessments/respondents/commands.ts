import { Conflict, Invalid } from '../../../../kernel/errors.ts'
import { chunks } from '../../../../platform/db/chunks.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { outcomesOf } from '../../frameworks/queries.ts'
import type { Visible } from '../../tables.ts'
import { noSuchOutcome } from '../outcomes/queries.ts'
import { ownAssessment } from '../queries.ts'
import { possibleRespondents } from './queries.ts'

export interface Given {
  readonly assessmentId: string
  readonly outcomeCodes: readonly string[]
  readonly personId: string
  /** The owner sees to it that it is answered; there is one. Respondents answer too. */
  readonly part: 'owner' | 'respondent'
}

/**
 * Gives outcomes to a colleague, who may then read and answer them. A new owner takes the place of the one before, who stays as a respondent. Throws `Invalid`
 * for somebody who cannot answer reviews there, `NotFound` for an outcome that is not in it.
 */
export async function giveOutcomes(work: Work<Visible>, { assessmentId, outcomeCodes, personId, part }: Given): Promise<void> {
  assertMay(work.actor, 'assure.assessment.open')
  const assessment = await ownAssessment(work.db, work.actor, assessmentId)
  if (assessment.state === 'closed' || assessment.state === 'withdrawn')
    throw new Conflict('assure.assessment.not-open', 'This review is over, so there is nothing to give to anybody.')
  const people = await possibleRespondents(work.db, assessment.organisationId)
  if (people.every(({ id }) => id !== personId))
    throw new Invalid(
      'assure.respondent.unknown',
      'Choose somebody of your organisation who is a cyber lead or a contributor. Add them under Our people first.',
    )
  const known = new Set((await outcomesOf(work.db, assessment.frameworkId)).map(({ code }) => code))
  const codes = [...new Set(outcomeCodes)]
  if (codes.length === 0) throw new Invalid('assure.respondent.nothing', 'Choose at least one part of the review.')
  if (codes.some(code => !known.has(code))) throw noSuchOutcome()
  if (part === 'owner')
    await work.db
      .updateTable('assure_respondent')
      .set({ part: 'respondent' })
      .where('assessment_id', '=', assessment.id)
      .where('outcome_code', 'in', codes)
      .where('part', '=', 'owner')
      .execute()
  const given = { part, since: work.now, by_id: work.actor.id }
  const rows = codes.map(code => ({ assessment_id: assessment.id, outcome_code: code, person_id: personId, ...given }))
  for (const batch of chunks(rows))
    await work.db
      .insertInto('assure_respondent')
      .values(batch)
      .onConflict(clash => clash.columns(['assessment_id', 'outcome_code', 'person_id']).doUpdateSet(given))
      .execute()
  record(work, assessment, 'assure.respondent.given')
}

/** Takes an outcome from a colleague. What they wrote stays. */
export async function takeOutcome(
  work: Work<Visible>,
  { assessmentId, outcomeCode, personId }: { readonly assessmentId: string; readonly outcomeCode: string; readonly personId: string },
): Promise<void> {
  assertMay(work.actor, 'assure.assessment.open')
  const assessment = await ownAssessment(work.db, work.actor, assessmentId)
  await work.db
    .deleteFrom('assure_respondent')
    .where('assessment_id', '=', assessment.id)
    .where('outcome_code', '=', outcomeCode)
    .where('person_id', '=', personId)
    .execute()
  record(work, assessment, 'assure.respondent.taken')
}

function record(work: Work<Visible>, { id, organisationId }: { readonly id: string; readonly organisationId: string }, verb: string): void {
  work.record({ verb, subject: { kind: 'assessment', id }, organisationId })
}
