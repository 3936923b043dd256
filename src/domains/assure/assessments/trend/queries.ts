import type { Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Level } from '../../frameworks/model.ts'
import type { Visible } from '../../tables.ts'
import { crosswalkBetween } from '../carry/queries.ts'
import type { Assessment } from '../model.ts'
import { linesAndLevels } from '../outcomes/queries.ts'
import { earlierAssessments, ownAssessment } from '../queries.ts'
import { groupPaths, pathsOf, type GroupPath, type OutcomePath, type PastReview } from './model.ts'

export interface Trend {
  readonly assessment: Assessment
  readonly levels: readonly Level[]
  readonly reviews: readonly Pick<PastReview, 'id' | 'period' | 'version' | 'pairs'>[]
  readonly outcomes: readonly OutcomePath[]
  readonly groups: readonly GroupPath[]
}

/** The path of a review and of those before it of the same subject and framework, in whichever version. What was agreed counts before what was said alone. */
export async function trendOf(db: Reader<Visible>, actor: Actor, id: string): Promise<Trend> {
  const assessment = await ownAssessment(db, actor, id)
  const { lines, levels } = await linesAndLevels(db, actor, assessment)
  const past = (await earlierAssessments(db, actor)).filter(
    one => one.frameworkCode === assessment.frameworkCode && one.subject === assessment.subject && one.period <= assessment.period,
  )
  const reviews: PastReview[] = []
  for (const one of past.toSorted((a, b) => (a.period < b.period ? -1 : a.period > b.period ? 1 : a.id < b.id ? -1 : 1))) {
    const isSame = one.frameworkId === assessment.frameworkId
    const pairs = isSame ? null : ((await crosswalkBetween(db, one, assessment)) ?? 'none')
    reviews.push({ id: one.id, period: one.period, version: one.frameworkVersion, pairs, statuses: await statusesOf(db, one.id) })
  }
  const outcomes = pathsOf(lines, reviews, levels)
  return { assessment, levels, reviews, outcomes, groups: groupPaths(outcomes, lines, levels) }
}

async function statusesOf(db: Reader<Visible>, assessmentId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('assure_view')
    .select(['outcome_code', 'view', 'status'])
    .where('assessment_id', '=', assessmentId)
    .where('view', 'in', ['self', 'agreed'])
    .where('state', '=', 'recorded')
    .execute()
  // What both agreed stands over what the organisation said alone.
  return new Map(
    rows.toSorted((one, other) => Number(one.view === 'agreed') - Number(other.view === 'agreed')).map(row => [row.outcome_code, row.status]),
  )
}
