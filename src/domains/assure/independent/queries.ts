import { Forbidden, NotFound } from '../../../kernel/errors.ts'
import type { LocalDate } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Answer, View } from '../assessments/model.ts'
import { assessmentById } from '../assessments/queries.ts'
import { isLive, type Engagement } from '../engagements/model.ts'
import { ownEngagement } from '../engagements/queries.ts'
import { frameworkById, indicatorsOf, outcomesOf, profileLevels } from '../frameworks/queries.ts'
import type { RiskRule } from '../overall-risk.ts'
import type { Visible } from '../tables.ts'
import {
  differs,
  sampleOf,
  viewOf,
  type Conclusion,
  type Desk,
  type DeskLine,
  type Finding,
  type Grade,
  type OutcomeSheet,
  type PlacedOutcome,
  type SaidOfIndicator,
} from './model.ts'

/**
 * What the assessor works on. Throws `NotFound` for an assessment that the actor was not asked for, `Forbidden` before independence is declared and once it is over:
 * the rows would not be there either.
 */
export async function deskOf(db: Reader<Visible>, actor: { readonly id: string }, engagementId: string, now: Date): Promise<Desk> {
  const engagement = await ownEngagement(db, actor, engagementId)
  if (engagement.declaredAt === null)
    throw new Forbidden('assure.engagement.undeclared', 'Declare your independence first. You see nothing of the review before.')
  if (!isLive(engagement, now)) throw new Forbidden('assure.engagement.over', 'This has ended. Only the organisation can ask you in again.')
  const assessment = await assessmentById(db, engagement.assessmentId)
  const framework = assessment === null ? undefined : await frameworkById(db, assessment.frameworkId)
  if (assessment === null || framework === undefined) throw new NotFound('assure.engagement.unknown', 'There is no such assessment for you.')
  const outcomes = await placedOutcomes(db, assessment.frameworkId, assessment.profileId)
  const [lines, conclusion] = [await linesOf(db, engagement, sampleOf(outcomes, engagement.sample)), await conclusionOf(db, assessment.id)]
  return { engagement, assessment, framework, lines, conclusion }
}

/** One outcome, with its statements, what the assessor said of each, and, once that is recorded, what the organisation said. Throws `NotFound`. */
export async function outcomeSheet(db: Reader<Visible>, desk: Desk, code: string): Promise<OutcomeSheet> {
  const line = desk.lines.find(({ outcome }) => outcome.code === code)
  if (line === undefined) throw new NotFound('assure.outcome.unknown', 'There is no such outcome among those that you assess. Look at the list.')
  const assessmentId = desk.assessment.id
  return {
    line,
    indicators: await indicatorsOf(db, desk.framework.id, code),
    own: await saidOf(db, assessmentId, viewOf(desk.engagement), code),
    self: await saidOf(db, assessmentId, 'self', code),
    findings: (await findingsOf(db, assessmentId)).filter(({ outcomeCode }) => outcomeCode === code),
    grades: await evidenceGrades(db),
  }
}

/** The outcomes of a framework with their objective, and what the profile asks of each. */
export async function placedOutcomes(db: Reader<Visible>, frameworkId: string, profileId: string | null): Promise<readonly PlacedOutcome[]> {
  const groups = await db
    .selectFrom('assure_framework_node')
    .where('framework_id', '=', frameworkId)
    .where('kind', '=', 'group')
    .select(['code', 'parent_code', 'title'])
    .execute()
  const byCode = new Map(groups.map(group => [group.code, group]))
  const objectiveOf = (parent: string | null) => {
    let found = byCode.get(parent ?? '')
    // A framework that lies about its own structure may name a circle: no tree is deeper than its groups are many.
    for (let steps = 0; steps < groups.length; steps++) found = byCode.get(found?.parent_code ?? '') ?? found
    return found
  }
  const required = profileId === null ? new Map<string, string>() : await profileLevels(db, profileId)
  return (await outcomesOf(db, frameworkId)).map(outcome => {
    const objective = objectiveOf(outcome.parentCode)
    return { ...outcome, objective: objective?.code ?? '', objectiveTitle: objective?.title ?? '', required: required.get(outcome.code) ?? null }
  })
}

/** What is recorded in one view, by outcome. Row-level security says which of them the reader may see. */
export async function viewsOf(db: Reader<Visible>, assessmentId: string, view: View) {
  const rows = await db
    .selectFrom('assure_view')
    .where('assessment_id', '=', assessmentId)
    .where('view', '=', view)
    .select(['outcome_code', 'status', 'state', 'summary', 'difference', 'evidence_grade as evidenceGrade', 'revision'])
    .execute()
  return new Map(rows.map(({ outcome_code, ...row }) => [outcome_code, row]))
}

/** The answers of one view, by outcome and indicator. */
export async function answersOf(
  db: Reader<Visible>,
  assessmentId: string,
  view: View,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Answer | null>>> {
  const rows = await db
    .selectFrom('assure_answer')
    .where('assessment_id', '=', assessmentId)
    .where('view', '=', view)
    .select(['outcome_code', 'indicator_code', 'answer', 'carried'])
    .execute()
  const found = new Map<string, Map<string, Answer | null>>()
  for (const { outcome_code, indicator_code, answer, carried } of rows) {
    const of = found.get(outcome_code) ?? new Map<string, Answer | null>()
    // What was merely carried over from last year is nobody's answer yet.
    found.set(outcome_code, of.set(indicator_code, carried === 'unconfirmed' ? null : answer))
  }
  return found
}

export async function findingsOf(db: Reader<Visible>, assessmentId: string): Promise<readonly Finding[]> {
  return db
    .selectFrom('assure_finding')
    .where('assessment_id', '=', assessmentId)
    .select(['id', 'outcome_code as outcomeCode', 'kind', 'what', 'detail', 'advice'])
    .orderBy('outcome_code')
    .orderBy('id')
    .execute()
}

export interface ConcludedReview extends Conclusion {
  readonly risk: string | null
  readonly riskRuleId: number | null
  /** A `Compared` of veracity.ts, as it was at the first hand-over. */
  readonly compared: unknown
}

export async function conclusionOf(db: Reader<Visible>, assessmentId: string): Promise<ConcludedReview | null> {
  const found = await db
    .selectFrom('assure_conclusion')
    .where('assessment_id', '=', assessmentId)
    .select(['narrative', 'veracity', 'risk', 'risk_rule_id as riskRuleId', 'compared'])
    .executeTakeFirst()
  return found ?? null
}

export interface StandingRiskRule {
  readonly id: number
  readonly effectiveFrom: string
  readonly source: string
  readonly rule: RiskRule
}

/** The rule of risk that holds on that day, or the one of that id. Throws `NotFound` where there is none. */
export async function riskRule(db: Reader<Visible>, of: { readonly on: LocalDate } | { readonly id: number }): Promise<StandingRiskRule> {
  const found = await db
    .selectFrom('assure_risk_rule')
    .select(['id', 'effective_from as effectiveFrom', 'source', 'rule'])
    .$if('id' in of, query => query.where('id', '=', 'id' in of ? of.id : 0))
    .$if('on' in of, query => query.where('effective_from', '<=', 'on' in of ? of.on : ''))
    .orderBy('effective_from', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst()
  if (found === undefined) throw new NotFound('assure.risk-rule.none', 'No rule of risk holds yet. The centre enters one.')
  return { ...found, rule: found.rule as RiskRule }
}

/** By what strength evidence is graded: the organisation's own words for its evidence, and one for none at all. */
async function evidenceGrades(db: Reader<Visible>): Promise<readonly Grade[]> {
  const rows = await db.selectFrom('assure_evidence_grade').select(['code', 'label', 'meaning']).orderBy('position').execute()
  return [{ code: 'none', label: 'None', meaning: 'Nothing was shown or said' }, ...rows]
}

async function saidOf(db: Reader<Visible>, assessmentId: string, view: View, code: string): Promise<ReadonlyMap<string, SaidOfIndicator>> {
  const rows = await db
    .selectFrom('assure_answer')
    .where('assessment_id', '=', assessmentId)
    .where('view', '=', view)
    .where('outcome_code', '=', code)
    .select(['indicator_code', 'answer', 'comment', 'alternative'])
    .execute()
  return new Map(rows.map(({ indicator_code, ...said }) => [indicator_code, said]))
}

async function linesOf(db: Reader<Visible>, engagement: Engagement, outcomes: readonly PlacedOutcome[]): Promise<readonly DeskLine[]> {
  const { assessmentId } = engagement
  const view = viewOf(engagement)
  const own = await viewsOf(db, assessmentId, view)
  const self = await viewsOf(db, assessmentId, 'self')
  const [ownAnswers, selfAnswers] = [await answersOf(db, assessmentId, view), await answersOf(db, assessmentId, 'self')]
  const findings = await findingsOf(db, assessmentId)
  const changes = await db
    .selectFrom('assure_view_change')
    .where('assessment_id', '=', assessmentId)
    .where('view', '=', view)
    .select(['outcome_code'])
    .execute()
  const none = new Map<string, Answer | null>()
  return outcomes.map(outcome => {
    const [mine, theirs] = [own.get(outcome.code) ?? null, self.get(outcome.code) ?? null]
    // The second lock; the first is row-level security.
    const shown = mine?.state === 'recorded' && view === 'independent' ? theirs : null
    const of = (kind: Finding['kind']) => findings.filter(one => one.kind === kind && one.outcomeCode === outcome.code).length
    return {
      outcome,
      own: mine,
      self: shown === null ? null : { status: shown.status, summary: shown.summary },
      differs:
        mine !== null &&
        shown !== null &&
        differs(
          { status: mine.status, answers: ownAnswers.get(outcome.code) ?? none },
          { status: shown.status, answers: selfAnswers.get(outcome.code) ?? none },
        ),
      findings: of('finding'),
      strengths: of('strength'),
      changes: changes.filter(({ outcome_code }) => outcome_code === outcome.code).length,
    }
  })
}
