import { NotFound } from '../../../kernel/errors.ts'
import { londonDate, type Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { organisationById } from '../../directory/contract.ts'
import { sideOf, standingOf, warningOf, type AgreedReview } from '../agreements/model.ts'
import { agreedReviewIf } from '../agreements/queries.ts'
import { noSuchAssessment, type Assessment } from '../assessments/model.ts'
import { assessmentById } from '../assessments/queries.ts'
import type { Framework } from '../frameworks/model.ts'
import { frameworkById } from '../frameworks/queries.ts'
import { meets } from '../frameworks/scoring.ts'
import { conclusionOf, findingsOf, placedOutcomes, riskRule, viewsOf, type ConcludedReview } from '../independent/queries.ts'
import { overallRisk } from '../overall-risk.ts'
import type { Visible } from '../tables.ts'
import { veracityOf, type Compared } from '../veracity.ts'
import { SELF_ONLY, type Report, type ReportOutcome } from './model.ts'

/**
 * All that a report says, for the organisation and for its assessor once they have handed over. Throws `NotFound` for anybody else: row-level security shows them no row
 * of it.
 */
export async function reportOf(
  db: Reader<Visible>,
  actor: { readonly id: string; readonly organisationId: string | null },
  id: string,
  now: Instant,
): Promise<Report> {
  const assessment = await assessmentById(db, id)
  if (assessment === null) throw noSuchAssessment()
  const agreed = await agreedReviewIf(db, assessment.id)
  // Before the hand-over a report would show an assessor what they are to answer blind.
  if (actor.organisationId !== assessment.organisationId && (agreed === null || sideOf(actor, agreed) !== 'assessor')) throw noSuchAssessment()
  const framework = await frameworkById(db, assessment.frameworkId)
  if (framework === undefined) throw new NotFound('assure.framework.unknown', 'The framework of this review is not there.')
  const outcomes = await outcomesOfReport(db, assessment, framework, agreed)
  const conclusion = agreed === null ? null : await conclusionOf(db, assessment.id)
  const organisation = await organisationById(db, assessment.organisationId)
  return {
    assessment,
    organisation: { code: organisation?.code ?? '', name: organisation?.name ?? '' },
    framework,
    engagement: agreed?.engagement ?? null,
    outcomes,
    ...(await conclusionsOf(db, framework, outcomes, conclusion, now)),
    signatures: agreed?.signatures ?? [],
    standing: agreed === null ? null : standingOf(agreed),
    warning: agreed === null ? SELF_ONLY : warningOf(standingOf(agreed)),
    hash: agreed?.hash ?? null,
    madeAt: now,
  }
}

async function outcomesOfReport(
  db: Reader<Visible>,
  assessment: Assessment,
  framework: Framework,
  agreed: AgreedReview | null,
): Promise<readonly ReportOutcome[]> {
  const [self, independent] = [await viewsOf(db, assessment.id, 'self'), await viewsOf(db, assessment.id, 'independent')]
  const findings = await findingsOf(db, assessment.id)
  const changed = await db
    .selectFrom('assure_view_change')
    .where('assessment_id', '=', assessment.id)
    .where('view', '=', 'independent')
    .select('outcome_code')
    .execute()
  const lines = new Map(agreed?.lines.map(line => [line.outcome.code, line]))
  return (await placedOutcomes(db, assessment.frameworkId, assessment.profileId)).map(outcome => {
    const line = lines.get(outcome.code)
    const own = self.get(outcome.code)
    const other = agreed === null ? undefined : independent.get(outcome.code)
    const status = line?.status ?? other?.status ?? own?.status ?? 'unanswered'
    return {
      outcome,
      self: own?.status ?? 'unanswered',
      independent: other?.status ?? null,
      agreed: line?.status ?? null,
      status,
      meets: outcome.required === null ? null : meets(framework.levels, status, outcome.required),
      text: line?.words ?? own?.summary ?? '',
      why: line?.decided?.why ?? '',
      difference: other?.difference ?? '',
      evidenceGrade: other?.evidenceGrade ?? null,
      changes: changed.filter(({ outcome_code }) => outcome_code === outcome.code).length,
      findings: findings.filter(({ outcomeCode }) => outcomeCode === outcome.code),
    }
  })
}

/** The risk by the rule of the hand-over, or of today; how true the self-assessment was, from what was compared then. */
async function conclusionsOf(
  db: Reader<Visible>,
  framework: Framework,
  outcomes: readonly ReportOutcome[],
  conclusion: ConcludedReview | null,
  now: Instant,
): Promise<Pick<Report, 'risk' | 'riskSource' | 'riskRuleFrom' | 'narrative' | 'veracity' | 'veracityWords'>> {
  const levels = framework.levels.map(({ code }) => code)
  const ruleId = conclusion?.riskRuleId ?? null
  const { rule, source, effectiveFrom } = await riskRule(db, ruleId === null ? { on: londonDate(now) } : { id: ruleId })
  const compared = conclusion?.compared ?? null
  return {
    risk: overallRisk(
      rule,
      outcomes.map(({ outcome, status }) => ({ ...outcome, status })),
      levels,
    ),
    riskSource: source,
    riskRuleFrom: effectiveFrom,
    narrative: conclusion?.narrative ?? '',
    // What was kept at the hand-over was made by `comparedOf` of independent/commands.ts.
    veracity: compared === null ? null : veracityOf(compared as Compared, levels),
    veracityWords: conclusion?.veracity ?? '',
  }
}
