import { NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Page, PageRequest } from '../../../../kernel/page.ts'
import { decodeCursor, encodeCursor, integerIn } from '../../../../kernel/page.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Group } from '../../frameworks/model.ts'
import { frameworkById, indicatorsOf, outcomesOf, profileLevels } from '../../frameworks/queries.ts'
import { meets, scoreOutcome } from '../../frameworks/scoring.ts'
import type { Visible } from '../../tables.ts'
import { seesOnlyGiven, whyNotCounted, type Assessment } from '../model.ts'
import {
  countedAnswers,
  matches,
  NOTHING,
  progressOf,
  type AnswerChange,
  type AnsweredIndicator,
  type Aside,
  type OutcomeDetail,
  type OutcomeFilter,
  type OutcomeLine,
  type Person,
} from './model.ts'

type Db = Reader<Visible>
type Of = Pick<Assessment, 'id' | 'frameworkId' | 'profileId'>

/** The framework of a review. An id that a row refers to is there. */
export async function frameworkOf(db: Db, { frameworkId }: Pick<Assessment, 'frameworkId'>) {
  const framework = await frameworkById(db, frameworkId)
  if (framework === undefined) throw new NotFound('assure.framework.unknown', 'The framework of this review is gone. Ask the centre.', frameworkId)
  return framework
}

/** The codes of the outcomes that the actor may see and answer; `null` for all of them. */
export async function givenTo(db: Db, actor: Pick<Actor, 'id' | 'role'>, assessmentId: string): Promise<ReadonlySet<string> | null> {
  if (!seesOnlyGiven(actor)) return null
  const rows = await db
    .selectFrom('assure_respondent')
    .select('outcome_code')
    .where('assessment_id', '=', assessmentId)
    .where('person_id', '=', actor.id)
    .execute()
  return new Set(rows.map(row => row.outcome_code))
}

/** Every outcome of a review that the actor may see, in the framework's order. A handful of queries, whatever the number of indicators. */
export async function outcomeLines(db: Db, actor: Pick<Actor, 'id' | 'role'>, assessment: Of): Promise<readonly OutcomeLine[]> {
  const given = await givenTo(db, actor, assessment.id)
  const { levels } = await frameworkOf(db, assessment)
  const outcomes = await outcomesOf(db, assessment.frameworkId)
  const groups = await groupsOf(db, assessment.frameworkId)
  const targets = assessment.profileId === null ? new Map<string, string>() : await profileLevels(db, assessment.profileId)
  const counts = await indicatorCounts(db, assessment.frameworkId)
  const views = await selfViews(db, assessment.id)
  const answers = await answerCounts(db, assessment.id)
  const people = await respondentsByOutcome(db, assessment.id)
  return outcomes
    .filter(({ code }) => given?.has(code) ?? true)
    .map(outcome => {
      const view = views.get(outcome.code)
      const { answered = 0, waiting = 0 } = answers.get(outcome.code) ?? {}
      const indicators = counts.get(outcome.code) ?? 0
      const target = targets.get(outcome.code) ?? null
      const isTouched = answers.has(outcome.code) || (view !== undefined && view.summary !== '')
      const progress = progressOf({ indicators, answered, waiting, isTouched })
      const status = view?.status ?? 'unanswered'
      const mine = people.get(outcome.code) ?? []
      const owner = mine.find(({ part }) => part === 'owner')
      return {
        code: outcome.code,
        title: outcome.title,
        groups: pathOf(groups, outcome.parentCode),
        status,
        progress,
        target,
        meetsTarget: target === null || progress !== 'complete' ? null : meets(levels, status, target),
        indicators,
        answered,
        waiting,
        owner: owner === undefined ? null : { id: owner.id, name: owner.name },
        isMine: mine.some(({ id }) => id === actor.id),
        changedAt: isTouched ? (view?.changed_at ?? null) : null,
      }
    })
}

/** One page of the outcomes that match, by their place in the framework. */
export function pageOfOutcomes(lines: readonly OutcomeLine[], filter: OutcomeFilter, { limit, cursor }: PageRequest): Page<OutcomeLine> {
  const found = lines.filter(line => matches(line, filter))
  const from = integerIn(decodeCursor(cursor, 1)?.[0]) ?? 0
  const rows = found.slice(from, from + limit)
  const next = from + rows.length < found.length ? encodeCursor([from + rows.length]) : null
  return { rows, next, total: found.length }
}

async function indicatorCounts(db: Db, frameworkId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('assure_indicator')
    .where('framework_id', '=', frameworkId)
    .groupBy('outcome_code')
    .select(({ fn }) => ['outcome_code', fn.countAll<number>().as('count')])
    .execute()
  return new Map(rows.map(row => [row.outcome_code, row.count]))
}

async function selfViews(db: Db, assessmentId: string) {
  const rows = await db
    .selectFrom('assure_view')
    .select(['outcome_code', 'status', 'summary', 'changed_at'])
    .where('assessment_id', '=', assessmentId)
    .where('view', '=', 'self')
    .execute()
  return new Map(rows.map(row => [row.outcome_code, row]))
}

async function answerCounts(db: Db, assessmentId: string): Promise<ReadonlyMap<string, { readonly answered: number; readonly waiting: number }>> {
  const rows = await db
    .selectFrom('assure_answer')
    .select(['outcome_code', 'answer', 'comment', 'alternative', 'carried'])
    .where('assessment_id', '=', assessmentId)
    .where('view', '=', 'self')
    .execute()
  const counts = new Map<string, { answered: number; waiting: number }>()
  for (const row of rows) {
    const count = counts.get(row.outcome_code) ?? { answered: 0, waiting: 0 }
    const why = whyNotCounted(row)
    if (why === null) count.answered += 1
    if (why === 'unconfirmed') count.waiting += 1
    counts.set(row.outcome_code, count)
  }
  return counts
}

/** Who answers each outcome; the owner first. */
export async function respondentsByOutcome(
  db: Db,
  assessmentId: string,
): Promise<ReadonlyMap<string, readonly (Person & { readonly part: 'owner' | 'respondent'; readonly since: Instant })[]>> {
  const rows = await db
    .selectFrom('assure_respondent as respondent')
    .leftJoin('directory_person as person', 'person.id', 'respondent.person_id')
    .select(['respondent.outcome_code', 'respondent.person_id', 'respondent.part', 'respondent.since', 'person.name'])
    .where('respondent.assessment_id', '=', assessmentId)
    .orderBy('respondent.part')
    .orderBy('person.name')
    .execute()
  const all = rows.map(row => ({
    outcome: row.outcome_code,
    id: row.person_id as Id<'person'>,
    name: row.name ?? 'Somebody who has left',
    part: row.part,
    since: row.since,
  }))
  return Map.groupBy(all, row => row.outcome)
}

async function groupsOf(db: Db, frameworkId: string): Promise<ReadonlyMap<string, Pick<Group, 'code' | 'title' | 'parentCode'>>> {
  const rows = await db
    .selectFrom('assure_framework_node')
    .select(['code', 'title', 'parent_code as parentCode'])
    .where('framework_id', '=', frameworkId)
    .where('kind', '=', 'group')
    .execute()
  return new Map(rows.map(row => [row.code, row]))
}

function pathOf(groups: ReadonlyMap<string, Pick<Group, 'code' | 'title' | 'parentCode'>>, from: string | null): { code: string; title: string }[] {
  const path: { code: string; title: string }[] = []
  let code = from
  // A framework that lies about its structure may go round in a circle.
  while (code !== null && path.every(group => group.code !== code)) {
    const group = groups.get(code)
    if (group === undefined) break
    path.unshift({ code: group.code, title: group.title })
    code = group.parentCode
  }
  return path
}

/** One outcome with its indicators, what stands as their answers, and what comes out. Throws `NotFound` also for one that was not given to the actor. */
export async function outcomeDetail(db: Db, actor: Pick<Actor, 'id' | 'role'>, assessment: Of, code: string): Promise<OutcomeDetail> {
  const given = await givenTo(db, actor, assessment.id)
  const outcome = (await outcomesOf(db, assessment.frameworkId)).find(one => one.code === code)
  if (outcome === undefined || given?.has(code) === false) throw noSuchOutcome()
  const framework = await frameworkOf(db, assessment)
  const indicators = await answeredIndicators(db, assessment, code)
  const groups = await groupsOf(db, assessment.frameworkId)
  const targets = assessment.profileId === null ? new Map<string, string>() : await profileLevels(db, assessment.profileId)
  const view = await db
    .selectFrom('assure_view')
    .select(['summary', 'revision', 'carried'])
    .where('assessment_id', '=', assessment.id)
    .where('view', '=', 'self')
    .where('outcome_code', '=', code)
    .executeTakeFirst()
  return {
    outcome,
    groups: pathOf(groups, outcome.parentCode),
    indicators,
    scored: scoreOutcome(framework.rule, indicators, countedAnswers(indicators), framework.levels),
    isComplete: indicators.length > 0 && indicators.every(one => one.whyNotCounted === null),
    summary: view?.summary ?? '',
    summaryRevision: view?.revision ?? 0,
    target: targets.get(code) ?? null,
    asides: await asidesOf(db, assessment.id, code),
  }
}

export function noSuchOutcome(): NotFound {
  return new NotFound('assure.outcome.unknown', 'There is no such part of this review, or it was not given to you.')
}

/** The indicators of an outcome with what stands as the organisation's answers. */
export async function answeredIndicators(db: Db, assessment: Of, outcomeCode: string): Promise<readonly AnsweredIndicator[]> {
  const indicators = await indicatorsOf(db, assessment.frameworkId, outcomeCode)
  const rows = await db
    .selectFrom('assure_answer as answer')
    .leftJoin('directory_person as person', 'person.id', 'answer.changed_by')
    .select([
      'answer.indicator_code',
      'answer.answer',
      'answer.comment',
      'answer.alternative',
      'answer.carried',
      'answer.revision',
      'answer.changed_at',
      'person.name',
    ])
    .where('answer.assessment_id', '=', assessment.id)
    .where('answer.view', '=', 'self')
    .where('answer.outcome_code', '=', outcomeCode)
    .execute()
  const byCode = new Map(rows.map(row => [row.indicator_code, row]))
  return indicators.map(indicator => {
    const row = byCode.get(indicator.code)
    if (row === undefined)
      return { ...indicator, ...NOTHING, carried: null, revision: 0, changedAt: null, changedBy: null, whyNotCounted: 'unanswered' }
    const { answer, comment, alternative, carried, revision } = row
    const said = { answer, comment, alternative, carried, revision }
    return { ...indicator, ...said, changedAt: row.changed_at, changedBy: row.name ?? UNKNOWN, whyNotCounted: whyNotCounted(row) }
  })
}

const UNKNOWN = 'Somebody who has left'

async function asidesOf(db: Db, assessmentId: string, outcomeCode: string): Promise<readonly Aside[]> {
  const rows = await db
    .selectFrom('assure_answer_aside as aside')
    .leftJoin('directory_person as person', 'person.id', 'aside.by_id')
    .select(['aside.indicator_code', 'aside.answer', 'aside.comment', 'aside.alternative', 'aside.at', 'aside.by_id', 'person.name'])
    .where('aside.assessment_id', '=', assessmentId)
    .where('aside.outcome_code', '=', outcomeCode)
    .orderBy('aside.at')
    .execute()
  return rows.map(({ indicator_code: indicatorCode, answer, comment, alternative, at, by_id: by, name }) => ({
    indicatorCode,
    answer,
    comment,
    alternative,
    at,
    by: { id: by as Id<'person'>, name: name ?? UNKNOWN },
  }))
}

/** Every revision of the answers of an outcome and of its summary, the newest first. */
export async function historyOf(db: Db, assessmentId: string, outcomeCode: string, limit = 200): Promise<readonly AnswerChange[]> {
  const rows = await db
    .selectFrom('assure_answer_change as change')
    .leftJoin('directory_person as person', 'person.id', 'change.by_id')
    .select([
      'change.indicator_code as indicatorCode',
      'change.revision',
      'change.answer',
      'change.comment',
      'change.alternative',
      'change.carried',
      'change.at',
      'person.name',
    ])
    .where('change.assessment_id', '=', assessmentId)
    .where('change.view', '=', 'self')
    .where('change.outcome_code', '=', outcomeCode)
    .orderBy('change.at', 'desc')
    .orderBy('change.indicator_code')
    .orderBy('change.revision', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ name, ...row }) => ({ ...row, by: name ?? UNKNOWN }))
}

/** What was given to somebody in the open reviews of their organisation and is not complete, with the review that it is part of. */
export interface Waiting {
  readonly assessmentId: string
  readonly code: string
  readonly title: string
  readonly part: 'owner' | 'respondent'
  readonly period: string
  readonly subject: string
  readonly frameworkName: string
}

/** The parts of reviews that wait for the person, in the order of the framework; with how many there are in all. */
export async function waitingFor(
  db: Db,
  actor: Pick<Actor, 'id' | 'organisationId'>,
  limit: number,
): Promise<{ readonly rows: readonly Waiting[]; readonly total: number }> {
  const query = db
    .selectFrom('assure_respondent as respondent')
    .innerJoin('assure_assessment as assessment', 'assessment.id', 'respondent.assessment_id')
    .innerJoin('assure_framework as framework', 'framework.id', 'assessment.framework_id')
    .innerJoin('assure_framework_node as node', join =>
      join.onRef('node.framework_id', '=', 'assessment.framework_id').onRef('node.code', '=', 'respondent.outcome_code'),
    )
    .innerJoin('assure_view as view', join =>
      join
        .onRef('view.assessment_id', '=', 'respondent.assessment_id')
        .onRef('view.outcome_code', '=', 'respondent.outcome_code')
        .on('view.view', '=', 'self')
        .on('view.state', '=', 'open'),
    )
    .where('respondent.person_id', '=', actor.id)
    .where('assessment.organisation_id', '=', actor.organisationId ?? '')
    .where('assessment.state', '=', 'open')
  const { total } = await query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow()
  const rows = await query
    .select([
      'respondent.assessment_id as assessmentId',
      'respondent.outcome_code as code',
      'respondent.part',
      'node.title',
      'assessment.period',
      'assessment.subject',
      'framework.name as frameworkName',
    ])
    .orderBy('assessment.opened_at', 'desc')
    .orderBy('node.position')
    .limit(limit)
    .execute()
  return { rows, total }
}
