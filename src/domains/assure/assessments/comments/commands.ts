import { Invalid } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import { cleanText } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { indicatorsOf, outcomesOf } from '../../frameworks/queries.ts'
import type { Visible } from '../../tables.ts'
import { givenTo, noSuchOutcome } from '../outcomes/queries.ts'
import { ownAssessment } from '../queries.ts'

const LONGEST_COMMENT = 4_000

export interface NewComment {
  readonly assessmentId: string
  readonly outcomeCode: string
  /** `null` for the outcome as a whole. */
  readonly indicatorCode: string | null
  readonly text: string
}

/** Says something to the colleagues who answer an outcome. It stays when answers change, and never leaves the organisation. */
export async function addComment(work: Work<Visible>, { assessmentId, outcomeCode, indicatorCode, text }: NewComment): Promise<Id<'comment'>> {
  assertMay(work.actor, 'assure.assessment.answer')
  const assessment = await ownAssessment(work.db, work.actor, assessmentId)
  const given = await givenTo(work.db, work.actor, assessment.id)
  const outcomes = await outcomesOf(work.db, assessment.frameworkId)
  if (outcomes.every(({ code }) => code !== outcomeCode) || given?.has(outcomeCode) === false) throw noSuchOutcome()
  const indicators = indicatorCode === null ? [] : await indicatorsOf(work.db, assessment.frameworkId, outcomeCode)
  if (indicatorCode !== null && indicators.every(({ code }) => code !== indicatorCode)) throw noSuchOutcome()
  const words = cleanText(text)
  if (words === '') throw new Invalid('assure.comment.empty', 'Write what you want to say.')
  if (words.length > LONGEST_COMMENT) throw new Invalid('assure.comment.length', `Use ${LONGEST_COMMENT} characters or fewer.`)
  const id = work.newId('comment')
  await work.db
    .insertInto('assure_comment')
    .values({
      id,
      assessment_id: assessment.id,
      outcome_code: outcomeCode,
      indicator_code: indicatorCode,
      text: words,
      at: work.now,
      by_id: work.actor.id,
    })
    .execute()
  work.record({
    verb: 'assure.comment.added',
    subject: { kind: 'assessment', id: assessment.id },
    organisationId: assessment.organisationId,
  })
  return id
}
