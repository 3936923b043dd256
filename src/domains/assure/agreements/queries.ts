import { Conflict, NotFound } from '../../../kernel/errors.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { noSuchAssessment } from '../assessments/model.ts'
import { assessmentById } from '../assessments/queries.ts'
import { leadEngagement } from '../engagements/queries.ts'
import type { Framework } from '../frameworks/model.ts'
import { frameworkById } from '../frameworks/queries.ts'
import { conclusionOf, findingsOf, placedOutcomes, riskRule, viewsOf } from '../independent/queries.ts'
import { overallRisk, type Risk } from '../overall-risk.ts'
import { signedContent } from '../signed-content.ts'
import type { Visible } from '../tables.ts'
import { contentOf, type AgreedChange, type AgreedLine, type AgreedReview, type Signature } from './model.ts'

/**
 * What both sides agree, as the rows stand now. Throws `NotFound` for whom row-level security does not show the review, `Conflict` before an assessor has handed over:
 * there is nothing to agree.
 */
export async function agreedReview(db: Reader<Visible>, id: string): Promise<AgreedReview> {
  const found = await agreedReviewIf(db, id)
  if (found === null)
    throw new Conflict('assure.agreement.too-early', 'No assessor has handed over yet, so there is nothing to agree. Look at who assesses.')
  return found
}

/** The same; `null` before an assessor has handed over. */
export async function agreedReviewIf(db: Reader<Visible>, id: string): Promise<AgreedReview | null> {
  const assessment = await assessmentById(db, id)
  if (assessment === null) throw noSuchAssessment()
  const [engagement, framework] = [await leadEngagement(db, assessment.id), await frameworkById(db, assessment.frameworkId)]
  if (framework === undefined) throw new NotFound('assure.framework.unknown', 'The framework of this review is not there.')
  if (engagement === null || engagement.submittedAt === null) return null
  const conclusion = await conclusionOf(db, assessment.id)
  const lines = await agreedLines(db, assessment)
  const review = {
    assessment,
    organisation: { code: engagement.organisationCode, name: engagement.organisationName },
    framework,
    engagement,
    lines,
    findings: await findingsOf(db, assessment.id),
    risk: await riskOf(db, framework, lines, conclusion?.riskRuleId ?? null),
    narrative: conclusion?.narrative ?? '',
    veracityWords: conclusion?.veracity ?? '',
  }
  return {
    ...review,
    ...signedContent(contentOf(review)),
    signatures: await signaturesOf(db, assessment.id),
    changes: await changesOf(db, assessment.id),
  }
}

/** By the rule of the hand-over; `null` where none was kept. */
async function riskOf(db: Reader<Visible>, framework: Framework, lines: readonly AgreedLine[], ruleId: number | null): Promise<Risk | null> {
  if (ruleId === null) return null
  const { rule } = await riskRule(db, { id: ruleId })
  const judged = lines.map(({ outcome, status, independent }) => ({ ...outcome, status: status ?? independent }))
  return overallRisk(
    rule,
    judged,
    framework.levels.map(({ code }) => code),
  )
}

async function agreedLines(
  db: Reader<Visible>,
  assessment: { readonly id: string; readonly frameworkId: string; readonly profileId: string | null },
): Promise<readonly AgreedLine[]> {
  const outcomes = await placedOutcomes(db, assessment.frameworkId, assessment.profileId)
  const [self, independent] = [await viewsOf(db, assessment.id, 'self'), await viewsOf(db, assessment.id, 'independent')]
  const rows = await db
    .selectFrom('assure_view as view')
    .where('view.assessment_id', '=', assessment.id)
    .where('view.view', '=', 'agreed')
    .select(['view.outcome_code', 'view.status', 'view.summary as text', 'view.difference as why', 'view.revision', 'view.changed_at as at'])
    .execute()
  const names = new Map((await changesOf(db, assessment.id)).toReversed().map(({ outcomeCode, byName }) => [outcomeCode, byName]))
  const decided = new Map(rows.map(({ outcome_code, ...row }) => [outcome_code, { ...row, byName: names.get(outcome_code) ?? '' }]))
  return outcomes.map(outcome => {
    const said = decided.get(outcome.code) ?? null
    const [mine, theirs] = [self.get(outcome.code), independent.get(outcome.code)]
    const [own, other] = [mine?.status ?? 'unanswered', theirs?.status ?? 'unanswered']
    return {
      outcome,
      self: own,
      independent: other,
      difference: theirs?.difference ?? '',
      evidenceGrade: theirs?.evidenceGrade ?? null,
      words: said?.text || theirs?.summary || mine?.summary || '',
      decided: said,
      status: said?.status ?? (own === other && own !== 'unanswered' ? own : null),
    }
  })
}

async function signaturesOf(db: Reader<Visible>, assessmentId: string): Promise<readonly Signature[]> {
  return db
    .selectFrom('assure_agreement_signature')
    .where('assessment_id', '=', assessmentId)
    .select(['hash', 'side', 'name', 'body', 'at'])
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** Who changed what is agreed, the newest first. */
async function changesOf(db: Reader<Visible>, assessmentId: string): Promise<readonly AgreedChange[]> {
  return db
    .selectFrom('assure_agreed_change')
    .where('assessment_id', '=', assessmentId)
    .select(['outcome_code as outcomeCode', 'by_name as byName', 'at'])
    .orderBy('id', 'desc')
    .execute()
}
