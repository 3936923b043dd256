import { Conflict, Invalid, InvalidParts, NotFound } from '../../../kernel/errors.ts'
import { londonDate } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Answer } from '../assessments/model.ts'
import { ownEngagement } from '../engagements/queries.ts'
import { statusOf } from '../frameworks/scoring.ts'
import { overallRisk } from '../overall-risk.ts'
import { holdReview, moveReview } from '../review-step.ts'
import type { Visible } from '../tables.ts'
import type { Compared } from '../veracity.ts'
import { LONGEST_TEXT, missingOf, viewOf, type Desk, type OutcomeSheet } from './model.ts'
import { answersOf, conclusionOf, deskOf, outcomeSheet, riskRule } from './queries.ts'

export interface SentView {
  readonly engagementId: string
  readonly outcomeCode: string
  readonly answers: readonly { readonly code: string; readonly answer: Answer | null; readonly comment: string }[]
  readonly summary: string
  readonly evidenceGrade: string | null
  /** The revision that its writer saw: 0 for none. */
  readonly revision: number
  /** Whether it is recorded: then the organisation's own view is shown beside it. */
  readonly record: boolean
  /** Why a recorded view is changed. */
  readonly reason: string
}

/**
 * Keeps what an assessor says of an outcome, and records it where it is whole. Throws `Conflict` when it was changed elsewhere or the review is not with the assessor,
 * `InvalidParts` with what is missing for recording, `Invalid` when a recorded view is changed without a reason.
 */
export async function saveView(work: Work<Visible>, sent: SentView): Promise<void> {
  const { desk, sheet } = await openSheet(work, sent.engagementId, sent.outcomeCode)
  const view = viewOf(desk.engagement)
  const { own } = sheet.line
  if ((own?.revision ?? 0) !== sent.revision)
    throw new Conflict(
      'assure.independent.changed',
      'This outcome was changed in another window. What you typed is kept: compare it, then save again.',
    )
  const known = new Set(sheet.indicators.map(({ code }) => code))
  const answers = sent.answers.filter(({ code, answer, comment }) => known.has(code) && (answer !== null || comment !== ''))
  const isRecorded = own?.state === 'recorded'
  if (sent.record || isRecorded) refuseUnlessWhole(sheet, sent)
  if (isRecorded) await keepBefore(work, desk, sheet, sent.reason)
  const given = new Map(answers.flatMap(({ code, answer }) => (answer === null ? [] : [[code, answer] as const])))
  const row = {
    status: statusOf(desk.framework.rule, sheet.indicators, given),
    state: sent.record || isRecorded ? ('recorded' as const) : ('open' as const),
    summary: sent.summary,
    evidence_grade: sent.evidenceGrade,
    revision: sent.revision + 1,
    changed_at: work.now,
    changed_by: work.actor.id,
    ...(sent.record && !isRecorded ? { recorded_at: work.now } : {}),
  }
  await work.db
    .insertInto('assure_view')
    .values({ assessment_id: desk.assessment.id, view, outcome_code: sent.outcomeCode, ...row })
    .onConflict(clash => clash.columns(['assessment_id', 'view', 'outcome_code']).doUpdateSet(row))
    .execute()
  await work.db
    .deleteFrom('assure_answer')
    .where('assessment_id', '=', desk.assessment.id)
    .where('view', '=', view)
    .where('outcome_code', '=', sent.outcomeCode)
    .execute()
  if (answers.length > 0)
    await work.db
      .insertInto('assure_answer')
      .values(
        answers.map(({ code, answer, comment }) => ({
          assessment_id: desk.assessment.id,
          view,
          indicator_code: code,
          outcome_code: sent.outcomeCode,
          answer,
          comment,
          changed_at: work.now,
          changed_by: work.actor.id,
        })),
      )
      .execute()
  record(work, desk, sent.record ? 'recorded' : 'saved')
}

/** Says why the assessor sees an outcome differently. Throws `Conflict` before the own view is recorded. */
export async function explainDifference(
  work: Work<Visible>,
  input: { readonly engagementId: string; readonly outcomeCode: string; readonly difference: string },
): Promise<void> {
  const { desk, sheet } = await openSheet(work, input.engagementId, input.outcomeCode)
  assertUnblinded(sheet)
  await work.db
    .updateTable('assure_view')
    .where('assessment_id', '=', desk.assessment.id)
    .where('view', '=', 'independent')
    .where('outcome_code', '=', input.outcomeCode)
    .set(eb => ({ difference: input.difference, revision: eb('revision', '+', 1), changed_at: work.now, changed_by: work.actor.id }))
    .execute()
  record(work, desk, 'explained')
}

export interface NewFinding {
  readonly engagementId: string
  readonly outcomeCode: string
  readonly kind: 'finding' | 'strength'
  readonly what: string
  readonly detail: string
  readonly advice: string
}

/** Writes down something to mend, or something done well. */
export async function addFinding(work: Work<Visible>, found: NewFinding): Promise<string> {
  const { desk, sheet } = await openSheet(work, found.engagementId, found.outcomeCode)
  assertUnblinded(sheet)
  const id = work.newId('finding')
  const { kind, what, detail, advice } = found
  await work.db
    .insertInto('assure_finding')
    .values({
      id,
      assessment_id: desk.assessment.id,
      engagement_id: desk.engagement.id,
      outcome_code: found.outcomeCode,
      kind,
      what,
      detail,
      advice,
      at: work.now,
      by_id: work.actor.id,
    })
    .execute()
  record(work, desk, 'found')
  return id
}

export async function removeFinding(
  work: Work<Visible>,
  input: { readonly engagementId: string; readonly outcomeCode: string; readonly findingId: string },
): Promise<void> {
  const { desk, sheet } = await openSheet(work, input.engagementId, input.outcomeCode)
  if (!sheet.findings.some(({ id }) => id === input.findingId))
    throw new NotFound('assure.finding.unknown', 'There is no such finding of this outcome. It may have been removed already.')
  await work.db.deleteFrom('assure_finding').where('id', '=', input.findingId).execute()
  record(work, desk, 'removed')
}

/** What the assessor says of the whole: of the risk, and of how true the self-assessment was. */
export async function saveConclusion(
  work: Work<Visible>,
  input: { readonly engagementId: string; readonly narrative: string; readonly veracity: string },
): Promise<void> {
  const desk = await openDesk(work, input.engagementId)
  if (desk.engagement.kind === 'second') throw new Conflict('assure.independent.second', 'A second assessor answers outcomes, and concludes nothing.')
  const row = { narrative: input.narrative, veracity: input.veracity, changed_at: work.now, by_id: work.actor.id }
  await work.db
    .insertInto('assure_conclusion')
    .values({ assessment_id: desk.assessment.id, engagement_id: desk.engagement.id, ...row })
    .onConflict(clash => clash.column('assessment_id').doUpdateSet(row))
    .execute()
  record(work, desk, 'concluded')
}

/** Hands the view over: the organisation reads it from now on. Throws `Conflict` while something is missing; `missingOf` lists it. */
export async function handOver(work: Work<Visible>, engagementId: string): Promise<void> {
  const desk = await openDesk(work, engagementId)
  const missing = missingOf(desk)
  if (missing.length > 0)
    throw new Conflict(
      'assure.independent.incomplete',
      `${missing.length === 1 ? 'One thing is' : `${missing.length} things are`} still missing. See the list under “Before you hand over”.`,
    )
  await work.db
    .updateTable('assure_engagement')
    .where('id', '=', desk.engagement.id)
    .set({ submitted_at: desk.engagement.submittedAt ?? work.now })
    .execute()
  if (desk.engagement.kind !== 'second') {
    await conclude(work, desk)
    await moveReview(work, desk.assessment, 'hand-over')
  }
  record(work, desk, 'handed-over')
}

/** The risk by the rule of the day, and what is compared: the first time for good. */
async function conclude(work: Work<Visible>, desk: Desk): Promise<void> {
  const rule = await riskRule(work.db, { on: londonDate(work.now) })
  const judged = desk.lines.map(({ outcome, own }) => ({ ...outcome, status: own?.status ?? 'unanswered' }))
  const risk = overallRisk(
    rule.rule,
    judged,
    desk.framework.levels.map(({ code }) => code),
  )
  const isFirst = ((await conclusionOf(work.db, desk.assessment.id))?.compared ?? null) === null
  await work.db
    .updateTable('assure_conclusion')
    .where('assessment_id', '=', desk.assessment.id)
    .set({
      risk: risk.level.code,
      risk_rule_id: rule.id,
      ...(isFirst ? { compared: JSON.stringify(await comparedOf(work, desk)) } : {}),
    })
    .execute()
}

async function comparedOf(work: Work<Visible>, { assessment, framework, lines }: Desk): Promise<Compared> {
  const best = new Set(framework.levels.filter(({ tone }) => tone !== 'bad').map(({ code }) => code))
  const levelOf = new Map(
    (await work.db.selectFrom('assure_indicator').where('framework_id', '=', framework.id).select(['code', 'level']).execute()).map(one => [
      one.code,
      one.level,
    ]),
  )
  const [own, self] = [await answersOf(work.db, assessment.id, 'independent'), await answersOf(work.db, assessment.id, 'self')]
  return {
    outcomes: lines.map(line => ({
      code: line.outcome.code,
      objective: line.outcome.objective,
      self: line.self?.status ?? 'unanswered',
      independent: line.own?.status ?? 'unanswered',
    })),
    indicators: lines.flatMap(({ outcome }) =>
      [...(own.get(outcome.code) ?? [])].flatMap(([code, mine]) => {
        const theirs = self.get(outcome.code)?.get(code) ?? null
        const isSaid = (answer: Answer | null) => answer === 'yes' || answer === 'no'
        if (!isSaid(mine) || !isSaid(theirs)) return []
        return [{ objective: outcome.objective, good: best.has(levelOf.get(code) ?? ''), self: theirs === 'yes', independent: mine === 'yes' }]
      }),
    ),
  }
}

/** The desk, where its assessor may write. Throws `Conflict` where the review is not with them. */
async function openDesk(work: Work<Visible>, engagementId: string): Promise<Desk> {
  assertMay(work.actor, 'assure.review.assess')
  await holdReview(work, (await ownEngagement(work.db, work.actor, engagementId)).assessmentId)
  const desk = await deskOf(work.db, work.actor, engagementId, work.now)
  const { engagement, assessment } = desk
  if (engagement.kind === 'second') {
    if (engagement.submittedAt !== null) throw new Conflict('assure.independent.over', 'You have handed this over. It is not changed any more.')
    if (assessment.state === 'withdrawn') throw new Conflict('assure.independent.over', 'The organisation has withdrawn this review.')
  } else if (assessment.state !== 'with-assessor')
    throw new Conflict(
      'assure.independent.not-yours',
      assessment.state === 'open'
        ? 'The organisation has not given you the review yet, or has taken it back. You can begin once it has.'
        : 'You have handed this over. What is agreed otherwise is said in the agreed view.',
    )
  return desk
}

async function openSheet(work: Work<Visible>, engagementId: string, code: string): Promise<{ desk: Desk; sheet: OutcomeSheet }> {
  const desk = await openDesk(work, engagementId)
  return { desk, sheet: await outcomeSheet(work.db, desk, code) }
}

function assertUnblinded({ line }: OutcomeSheet): void {
  if (line.own?.state !== 'recorded')
    throw new Conflict('assure.independent.blind', 'Record your own view of this outcome first. Then both stand side by side.')
}

function refuseUnlessWhole(sheet: OutcomeSheet, sent: SentView): void {
  const byCode = new Map(sent.answers.map(one => [one.code, one]))
  const problems: Problem[] = []
  const complain = (pointer: string, message: string) => problems.push({ rule: 'assure.independent.incomplete', pointer, severity: 'error', message })
  for (const { code } of sheet.indicators) {
    const given = byCode.get(code)
    if (given === undefined || given.answer === null) complain(`answer-${code}`, `Answer ${code}`)
    else if (given.answer === 'not-applicable' && given.comment === '') complain(`comment-${code}`, `Say why ${code} does not apply`)
  }
  if (!sheet.grades.some(({ code }) => code === sent.evidenceGrade)) complain('evidenceGrade', 'Say how strong the evidence was')
  if (problems.length > 0) throw new InvalidParts('assure.independent.incomplete', problems)
}

async function keepBefore(work: Work<Visible>, desk: Desk, { line, own }: OutcomeSheet, reason: string): Promise<void> {
  const why = reason.trim()
  if (why === '') throw new Invalid('assure.independent.reason', 'Say why you change what you had recorded. Both are kept.')
  if (why.length > LONGEST_TEXT) throw new Invalid('assure.independent.reason', `Use ${LONGEST_TEXT.toLocaleString('en-GB')} characters or fewer.`)
  const { status, summary, evidenceGrade } = line.own ?? { status: 'unanswered', summary: '', evidenceGrade: null }
  await work.db
    .insertInto('assure_view_change')
    .values({
      assessment_id: desk.assessment.id,
      view: viewOf(desk.engagement),
      outcome_code: line.outcome.code,
      at: work.now,
      by_id: work.actor.id,
      reason: why,
      before: JSON.stringify({ status, summary, evidenceGrade, answers: Object.fromEntries(own) }),
    })
    .execute()
}

function record(work: Work<Visible>, { assessment }: Desk, done: string): void {
  work.record({ verb: `assure.independent.${done}`, subject: { kind: 'assessment', id: assessment.id }, organisationId: assessment.organisationId })
}
