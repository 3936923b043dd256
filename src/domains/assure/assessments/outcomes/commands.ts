import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { statusOf } from '../../frameworks/scoring.ts'
import { holdReviewAsItStands } from '../../review-step.ts'
import type { Visible } from '../../tables.ts'
import { carryPlan } from '../carry/queries.ts'
import { whyNotCounted, type Assessment, type GivenAnswer, type Carried } from '../model.ts'
import { assessmentById, ownAssessment } from '../queries.ts'
import {
  countedAnswers,
  isSame,
  isUnconfirmedSummary,
  LONGEST_COMMENT,
  NOTHING,
  type AnsweredIndicator,
  type SavedAnswer,
  type SentAnswer,
} from './model.ts'
import { answeredIndicators, frameworkOf, givenTo, noSuchOutcome } from './queries.ts'

type OwnWork = Work<Visible>

/** The code under which the summary of an outcome stands beside its indicators. */
const SUMMARY = ''

export interface Sent {
  readonly assessmentId: string
  readonly outcomeCode: string
  readonly answers: readonly SentAnswer[]
  /** The summary of the outcome, where it was sent: with the revision that its writer saw. */
  readonly summary?: { readonly text: string; readonly revision: number } | undefined
}

export interface SavedOutcome {
  readonly answers: readonly SavedAnswer[]
  readonly summary: SavedAnswer | null
}

/**
 * Takes answers of one outcome. Each is for itself:
 * - upon the revision that its writer saw, it is taken;
 * - upon a newer one that says the same, or where the writer changed nothing, nothing happens;
 * - upon a newer one that says otherwise, both are kept: the newer stands, and this one waits beside it until somebody chooses.
 *
 * Throws `NotFound` for an outcome or indicator that is not there or not given to the actor, `Conflict` when the review is not open.
 */
export async function saveAnswers(work: OwnWork, { assessmentId, outcomeCode, answers, summary }: Sent): Promise<SavedOutcome> {
  const assessment = await openForAnswers(work, assessmentId, outcomeCode)
  const view = await lockView(work, assessment, outcomeCode)
  const before = new Map((await answeredIndicators(work.db, assessment, outcomeCode)).map(row => [row.code, row]))
  const saved: SavedAnswer[] = []
  for (const sent of answers) {
    const stands = before.get(sent.code)
    if (stands === undefined) throw new NotFound('assure.indicator.unknown', 'One of the statements is not part of this outcome. Read it again.')
    assertLength(sent)
    saved.push(await saveOne(work, assessment, stands, sent))
  }
  const savedSummary = summary === undefined ? null : await saveSummary(work, assessment, outcomeCode, view, summary)
  const isWritten = [...saved, ...(savedSummary === null ? [] : [savedSummary])].some(({ outcome }) => outcome !== 'unchanged')
  if (isWritten) await settle(work, assessment, outcomeCode)
  return { answers: saved, summary: savedSummary }
}

async function saveOne(work: OwnWork, assessment: Assessment, stands: AnsweredIndicator, sent: SentAnswer): Promise<SavedAnswer> {
  const { code } = sent
  const { outcomeCode, revision } = stands
  if (isSame(stands, sent)) return { code, outcome: 'unchanged', revision, newer: null }
  if (sent.revision !== revision) {
    const seen = await revisionOf(work, assessment.id, outcomeCode, code, sent.revision)
    if (isSame(seen, sent)) return { code, outcome: 'unchanged', revision, newer: null }
    await putAside(work, assessment, outcomeCode, code, sent)
    return { code, outcome: 'aside', revision, newer: newerOf(stands, stands.changedBy, stands.changedAt) }
  }
  await writeAnswer(work, assessment, stands, sent, carriedAfter(stands, sent))
  return { code, outcome: 'saved', revision: revision + 1, newer: null }
}

/** What becomes of the mark of last year when somebody says something this year. */
function carriedAfter(stands: AnsweredIndicator, sent: GivenAnswer): Carried | null {
  if (stands.carried === null || stands.carried === 'new') return stands.carried
  return sent.answer === stands.answer && stands.carried !== 'changed' ? 'confirmed' : 'changed'
}

async function writeAnswer(work: OwnWork, assessment: Assessment, stands: AnsweredIndicator, given: GivenAnswer, carried: Carried | null) {
  const revision = stands.revision + 1
  const said = { answer: given.answer, comment: given.comment, alternative: given.alternative, carried, revision }
  const row = { ...said, changed_at: work.now, changed_by: work.actor.id }
  await work.db
    .insertInto('assure_answer')
    .values({ assessment_id: assessment.id, view: 'self', indicator_code: stands.code, outcome_code: stands.outcomeCode, ...row })
    .onConflict(clash => clash.columns(['assessment_id', 'view', 'indicator_code']).doUpdateSet(row))
    .execute()
  await keepRevision(work, assessment.id, stands.outcomeCode, stands.code, said)
}

async function keepRevision(
  work: OwnWork,
  assessmentId: string,
  outcomeCode: string,
  indicatorCode: string,
  said: GivenAnswer & { readonly revision: number; readonly carried: Carried | null },
): Promise<void> {
  await work.db
    .insertInto('assure_answer_change')
    .values({
      assessment_id: assessmentId,
      view: 'self',
      outcome_code: outcomeCode,
      indicator_code: indicatorCode,
      at: work.now,
      by_id: work.actor.id,
      ...said,
    })
    .execute()
}

/** What stood at a revision; nothing at revision 0. */
async function revisionOf(work: OwnWork, assessmentId: string, outcomeCode: string, indicatorCode: string, revision: number): Promise<GivenAnswer> {
  const row = await work.db
    .selectFrom('assure_answer_change')
    .select(['answer', 'comment', 'alternative'])
    .where('assessment_id', '=', assessmentId)
    .where('view', '=', 'self')
    .where('outcome_code', '=', outcomeCode)
    .where('indicator_code', '=', indicatorCode)
    .where('revision', '=', revision)
    .executeTakeFirst()
  return row ?? NOTHING
}

async function putAside(work: OwnWork, assessment: Assessment, outcomeCode: string, indicatorCode: string, given: GivenAnswer): Promise<void> {
  const said = { answer: given.answer, comment: given.comment, alternative: given.alternative, at: work.now }
  await work.db
    .insertInto('assure_answer_aside')
    .values({ assessment_id: assessment.id, outcome_code: outcomeCode, indicator_code: indicatorCode, by_id: work.actor.id, ...said })
    .onConflict(clash => clash.columns(['assessment_id', 'outcome_code', 'indicator_code', 'by_id']).doUpdateSet(said))
    .execute()
}

function newerOf(stands: GivenAnswer, by: string | null, at: Instant | null): SavedAnswer['newer'] {
  const { answer, comment, alternative } = stands
  return at === null ? null : { answer, comment, alternative, by: by ?? '', at }
}

interface StandingView {
  readonly summary: string
  readonly carried: Carried | null
  readonly revision: number
}

async function saveSummary(
  work: OwnWork,
  assessment: Assessment,
  outcomeCode: string,
  view: StandingView,
  sent: NonNullable<Sent['summary']>,
): Promise<SavedAnswer> {
  const given: GivenAnswer = { ...NOTHING, comment: sent.text }
  const stands: GivenAnswer = { ...NOTHING, comment: view.summary }
  assertLength(given)
  if (isSame(given, stands)) return { code: SUMMARY, outcome: 'unchanged', revision: view.revision, newer: null }
  if (sent.revision !== view.revision) {
    const seen = await revisionOf(work, assessment.id, outcomeCode, SUMMARY, sent.revision)
    if (isSame(seen, given)) return { code: SUMMARY, outcome: 'unchanged', revision: view.revision, newer: null }
    await putAside(work, assessment, outcomeCode, SUMMARY, given)
    return { code: SUMMARY, outcome: 'aside', revision: view.revision, newer: newerOf(stands, null, work.now) }
  }
  await writeSummary(work, assessment, outcomeCode, view, sent.text)
  return { code: SUMMARY, outcome: 'saved', revision: view.revision + 1, newer: null }
}

async function writeSummary(work: OwnWork, assessment: Assessment, outcomeCode: string, view: StandingView, text: string): Promise<void> {
  const revision = view.revision + 1
  await work.db
    .updateTable('assure_view')
    .set({ summary: text, carried: view.carried === null ? null : 'changed', revision, changed_at: work.now, changed_by: work.actor.id })
    .where('assessment_id', '=', assessment.id)
    .where('view', '=', 'self')
    .where('outcome_code', '=', outcomeCode)
    .execute()
  await keepRevision(work, assessment.id, outcomeCode, SUMMARY, { ...NOTHING, comment: text, revision, carried: null })
}

/** Chooses between what stands and what somebody wrote beside it: with `use` that is taken, otherwise it is let go. */
export async function settleAside(
  work: OwnWork,
  choice: {
    readonly assessmentId: string
    readonly outcomeCode: string
    readonly indicatorCode: string
    readonly byId: string
    readonly use: boolean
  },
): Promise<void> {
  const { assessmentId, outcomeCode, indicatorCode } = choice
  const assessment = await openForAnswers(work, assessmentId, outcomeCode)
  const view = await lockView(work, assessment, outcomeCode)
  const aside = await work.db
    .deleteFrom('assure_answer_aside')
    .where('assessment_id', '=', assessment.id)
    .where('outcome_code', '=', outcomeCode)
    .where('indicator_code', '=', indicatorCode)
    .where('by_id', '=', choice.byId)
    .returning(['answer', 'comment', 'alternative'])
    .executeTakeFirst()
  if (aside === undefined) throw new Conflict('assure.aside.gone', 'Somebody has chosen already. Look at what stands.')
  if (choice.use && indicatorCode === SUMMARY) await writeSummary(work, assessment, outcomeCode, view, aside.comment)
  else if (choice.use) {
    const stands = (await answeredIndicators(work.db, assessment, outcomeCode)).find(row => row.code === indicatorCode)
    if (stands !== undefined) await writeAnswer(work, assessment, stands, aside, carriedAfter(stands, aside))
  }
  await settle(work, assessment, outcomeCode)
}

/** Says that answers of last year still hold: that of one indicator, or all that wait in the outcome and were asked in the same words, with its summary. */
export async function confirmCarried(
  work: OwnWork,
  which: {
    readonly assessmentId: string
    readonly outcomeCode: string
    readonly indicatorCode: string | null
  },
): Promise<number> {
  const { assessmentId, outcomeCode, indicatorCode } = which
  const assessment = await openForAnswers(work, assessmentId, outcomeCode)
  const view = await lockView(work, assessment, outcomeCode)
  const otherWords = indicatorCode === null ? await changedSince(work, assessment) : new Set<string>()
  const waiting = (await answeredIndicators(work.db, assessment, outcomeCode)).filter(
    row => row.carried === 'unconfirmed' && (indicatorCode === null ? !otherWords.has(row.code) : row.code === indicatorCode),
  )
  for (const row of waiting) await writeAnswer(work, assessment, row, row, 'confirmed')
  const isSummed = indicatorCode === null && isUnconfirmedSummary(view)
  if (isSummed) await confirmSummary(work, assessment, outcomeCode)
  const confirmed = waiting.length + Number(isSummed)
  if (confirmed > 0) await settle(work, assessment, outcomeCode)
  return confirmed
}

async function confirmSummary(work: OwnWork, assessment: Assessment, outcomeCode: string): Promise<void> {
  await work.db
    .updateTable('assure_view')
    .set({ carried: 'confirmed' })
    .where('assessment_id', '=', assessment.id)
    .where('view', '=', 'self')
    .where('outcome_code', '=', outcomeCode)
    .execute()
}

/** The statements that last year were asked in other words. */
async function changedSince(work: OwnWork, assessment: Assessment): Promise<ReadonlySet<string>> {
  const from = assessment.carriedFrom === null ? null : await assessmentById(work.db, assessment.carriedFrom)
  const plan = from === null ? null : await carryPlan(work.db, from, assessment)
  return new Set(plan?.changed.map(({ to }) => to.code))
}

/** The review, when the actor may answer that outcome of it. */
async function openForAnswers(work: OwnWork, assessmentId: string, outcomeCode: string): Promise<Assessment> {
  assertMay(work.actor, 'assure.assessment.answer')
  // What is given to the assessor stands still from that moment: nothing that was on its way lands after it.
  await holdReviewAsItStands(work, assessmentId)
  const assessment = await ownAssessment(work.db, work.actor, assessmentId)
  const given = await givenTo(work.db, work.actor, assessment.id)
  if (given?.has(outcomeCode) === false) throw noSuchOutcome()
  if (assessment.state !== 'open')
    throw new Conflict('assure.assessment.not-open', 'This review is not open, so its answers stay as they are. Nothing that you wrote was recorded.')
  return assessment
}

/** Makes those who answer the same outcome wait for each other: the status is then worked out from what both said. */
async function lockView(work: OwnWork, assessment: Assessment, outcomeCode: string): Promise<StandingView> {
  const view = await work.db
    .selectFrom('assure_view')
    .select(['summary', 'carried', 'revision'])
    .where('assessment_id', '=', assessment.id)
    .where('view', '=', 'self')
    .where('outcome_code', '=', outcomeCode)
    .forUpdate()
    .executeTakeFirst()
  if (view === undefined) throw noSuchOutcome()
  return view
}

/** Works the status of the outcome out again, and records that somebody worked on the review: never on which part, nor what. */
async function settle(work: OwnWork, assessment: Assessment, outcomeCode: string): Promise<void> {
  const { rule } = await frameworkOf(work.db, assessment)
  const indicators = await answeredIndicators(work.db, assessment, outcomeCode)
  const isComplete = indicators.length > 0 && indicators.every(row => whyNotCounted(row) === null)
  await work.db
    .updateTable('assure_view')
    .set({
      status: statusOf(rule, indicators, countedAnswers(indicators)),
      state: isComplete ? 'recorded' : 'open',
      recorded_at: isComplete ? work.now : null,
      changed_at: work.now,
      changed_by: work.actor.id,
    })
    .where('assessment_id', '=', assessment.id)
    .where('view', '=', 'self')
    .where('outcome_code', '=', outcomeCode)
    .execute()
  work.record({
    verb: 'assure.assessment.answered',
    subject: { kind: 'assessment', id: assessment.id },
    organisationId: assessment.organisationId,
  })
}

function assertLength({ comment, alternative }: GivenAnswer): void {
  if (comment.length <= LONGEST_COMMENT && alternative.length <= LONGEST_COMMENT) return
  throw new Invalid('assure.answer.length', `Use ${LONGEST_COMMENT.toLocaleString('en-GB')} characters or fewer.`)
}
