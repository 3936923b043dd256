import type { Problem } from '../../../../kernel/problem.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { indicatorsOf } from '../../frameworks/queries.ts'
import type { Visible } from '../../tables.ts'
import { saveAnswers } from '../outcomes/commands.ts'
import type { SentAnswer } from '../outcomes/model.ts'
import { givenTo } from '../outcomes/queries.ts'
import { ownAssessment } from '../queries.ts'
import { problem, type SheetRow } from './model.ts'

export interface Taken {
  readonly saved: number
  readonly unchanged: number
  /** A colleague had answered otherwise meanwhile: both are kept. */
  readonly aside: number
  readonly problems: readonly Problem[]
}

export interface Answers {
  readonly rows: readonly SheetRow[]
  /** What is written about outcomes, by their codes. */
  readonly summaries?: ReadonlyMap<string, string>
}

/**
 * Takes the answers of many outcomes at once, all that can be taken in one unit: what cannot is told row by row. Throws as `saveAnswers` where the review as a
 * whole cannot be answered.
 */
export async function takeAnswers(work: Work<Visible>, assessmentId: string, { rows, summaries = new Map() }: Answers): Promise<Taken> {
  assertMay(work.actor, 'assure.assessment.answer')
  const assessment = await ownAssessment(work.db, work.actor, assessmentId)
  const given = await givenTo(work.db, work.actor, assessment.id)
  const outcomeOf = new Map((await indicatorsOf(work.db, assessment.frameworkId)).map(({ code, outcomeCode }) => [code, outcomeCode]))
  const stands = await standing(work, assessment.id)
  const problems: Problem[] = []
  const byOutcome = new Map<string, SentAnswer[]>()
  for (const row of rows) {
    const outcome = outcomeOf.get(row.code)
    if (outcome === undefined || given?.has(outcome) === false) {
      problems.push(problem(row.line, `${row.code.slice(0, 60)} is no statement of this review, or it was not given to you`))
      continue
    }
    if (row.comment.length > LONGEST || row.alternative.length > LONGEST) {
      problems.push(problem(row.line, `${row.code}: use ${LONGEST.toLocaleString('en-GB')} characters or fewer`))
      continue
    }
    const now = stands.get(row.code)
    // An empty cell says nothing: what stands there stays.
    const said = {
      answer: row.answer ?? now?.answer ?? null,
      comment: row.comment || (now?.comment ?? ''),
      alternative: row.alternative || (now?.alternative ?? ''),
    }
    byOutcome.set(outcome, [...(byOutcome.get(outcome) ?? []), { code: row.code, ...said, revision: row.revision ?? now?.revision ?? 0 }])
  }
  const counts = { saved: 0, unchanged: 0, aside: 0 }
  // In one order, so that two who send a table at once wait for each other and never both.
  for (const [outcomeCode, answers] of [...byOutcome].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const text = summaries.get(outcomeCode) ?? ''
    const summary = text === '' ? undefined : { text, revision: await summaryRevision(work, assessment.id, outcomeCode) }
    const saved = await saveAnswers(work, { assessmentId, outcomeCode, answers, summary })
    for (const { outcome } of saved.answers) counts[outcome] += 1
  }
  return { ...counts, problems }
}

const LONGEST = 4_000

async function standing(work: Work<Visible>, assessmentId: string) {
  const rows = await work.db
    .selectFrom('assure_answer')
    .select(['indicator_code', 'answer', 'comment', 'alternative', 'revision'])
    .where('assessment_id', '=', assessmentId)
    .where('view', '=', 'self')
    .execute()
  return new Map(rows.map(row => [row.indicator_code, row]))
}

async function summaryRevision(work: Work<Visible>, assessmentId: string, outcomeCode: string): Promise<number> {
  const row = await work.db
    .selectFrom('assure_view')
    .select('revision')
    .where('assessment_id', '=', assessmentId)
    .where('view', '=', 'self')
    .where('outcome_code', '=', outcomeCode)
    .executeTakeFirst()
  return row?.revision ?? 0
}
