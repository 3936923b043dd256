import { NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Page, PageRequest } from '../../../../kernel/page.ts'
import { decodeCursor, encodeCursor, integerIn } from '../../../../kernel/page.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Group, Level } from '../../frameworks/model.ts'
import { frameworkById, indicatorsOf } from '../../frameworks/queries.ts'
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
  isUnconfirmedSummary,
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
  return (await linesAndLevels(db, actor, assessment)).lines
}

/** The same, with the levels of the framework, the best first. */
export async function linesAndLevels(
  db: Db,
  actor: Pick<Actor, 'id' | 'role'>,
  assessment: Of,
): Promise<{ readonly lines: readonly OutcomeLine[]; readonly levels: readonly Level[] }> {
  const { levels } = await frameworkOf(db, assessment)
  const nodes = await askedNodes(db, assessment)
  const groups = new Map(nodes.filter(({ kind }) => kind === 'group').map(node => [node.code, node]))
  const standing = await standingByOutcome(db, assessment.id)
  const people = await respondentsByOutcome(db, assessment.id)
  const isGiven = (code: string) => !seesOnlyGiven(actor) || (people.get(code) ?? []).some(({ id }) => id === actor.id)
  const lines = nodes
    .filter(({ kind, code }) => kind === 'outcome' && isGiven(code))
    .map(({ code, title, parentCode, target, indicators }): OutcomeLine => {
      const { status, isTouched, answered, waiting, changedAt } = standing.get(code) ?? UNTOUCHED
      const progress = progressOf({ indicators, answered, waiting, isTouched })
      const mine = people.get(code) ?? []
      const owner = mine.find(({ part }) => part === 'owner')
      return {
        code,
        title,
        groups: pathOf(groups, parentCode),
        status,
        progress,
        target,
        meetsTarget: target === null || progress !== 'complete' ? null : meets(levels, status, target),
        indicators,
        answered,
        waiting,
        owner: owner === undefined ? null : { id: owner.id, name: owner.name },
        isMine: mine.some(({ id }) => id === actor.id),
        changedAt: isTouched ? changedAt : null,
      }
    })
  return { lines, levels }
}

/** One page of the outcomes that match, by their place in the framework. */
export function pageOfOutcomes(lines: readonly OutcomeLine[], filter: OutcomeFilter, { limit, cursor }: PageRequest): Page<OutcomeLine> {
  const found = lines.filter(line => matches(line, filter))
  const from = integerIn(decodeCursor(cursor, 1)?.[0]) ?? 0
  const rows = found.slice(from, from + limit)
  const next = from + rows.length < found.length ? encodeCursor([from + rows.length]) : null
  return { rows, next, total: found.length }
}

/** The groups and outcomes of the framework, in its order, each outcome with what the profile asks of it and how many indicators it has. */
async function askedNodes(db: Db, { frameworkId, profileId }: Of) {
  const rows = await db
    .selectFrom('assure_framework_node as node')
    .leftJoin('assure_profile_level as asked', join =>
      join.onRef('asked.outcome_code', '=', 'node.code').on('asked.profile_id', '=', profileId ?? ''),
    )
    .leftJoin(
      eb =>
        eb
          .selectFrom('assure_indicator')
          .where('framework_id', '=', frameworkId)
          .groupBy('outcome_code')
          .select(({ fn }) => ['outcome_code', fn.countAll<number>().as('count')])
          .as('indicators'),
      join => join.onRef('indicators.outcome_code', '=', 'node.code'),
    )
    .where('node.framework_id', '=', frameworkId)
    .select(['node.code', 'node.kind', 'node.title', 'node.parent_code as parentCode', 'asked.level as target', 'indicators.count'])
    .orderBy('node.position')
    .execute()
  return rows.map(({ count, ...row }) => ({ ...row, indicators: count ?? 0 }))
}

const UNTOUCHED = { status: 'unanswered', isTouched: false, answered: 0, waiting: 0, changedAt: null }

/** What stands of each outcome, with its answers counted as `whyNotCounted` has it: one row an outcome leaves the database, not one an answer. */
async function standingByOutcome(db: Db, assessmentId: string) {
  const rows = await db
    .selectFrom('assure_view as view')
    .leftJoin(
      eb =>
        eb
          .selectFrom('assure_answer')
          .where('assessment_id', '=', assessmentId)
          .where('view', '=', 'self')
          .groupBy('outcome_code')
          .select(({ fn, eb: one }) => [
            'outcome_code',
            fn
              .countAll<number>()
              .filterWhere(
                one.and([
                  one('answer', 'is not', null),
                  one('carried', 'is distinct from', 'unconfirmed'),
                  one.or([one('answer', '<>', 'not-applicable'), one('comment', '~', String.raw`\S`)]),
                ]),
              )
              .as('answered'),
            fn
              .countAll<number>()
              .filterWhere(one.and([one('answer', 'is not', null), one('carried', '=', 'unconfirmed')]))
              .as('waiting'),
          ])
          .as('answers'),
      join => join.onRef('answers.outcome_code', '=', 'view.outcome_code'),
    )
    .where('view.assessment_id', '=', assessmentId)
    .where('view.view', '=', 'self')
    .select(eb => [
      'view.outcome_code as code',
      'view.status',
      'view.changed_at as changedAt',
      'answers.answered',
      'answers.waiting',
      eb('view.summary', '<>', '').as('isSummed'),
    ])
    .execute()
  return new Map(
    rows.map(({ code, status, changedAt, answered, waiting, isSummed }) => [
      code,
      { status, changedAt, answered: answered ?? 0, waiting: waiting ?? 0, isTouched: answered !== null || Boolean(isSummed) },
    ]),
  )
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
  const nodes = await db
    .selectFrom('assure_framework_node')
    .where('framework_id', '=', assessment.frameworkId)
    .select(['code', 'kind', 'parent_code as parentCode', 'title', 'description', 'position', 'levels'])
    .orderBy('position')
    .execute()
  const outcomes = nodes.filter(node => node.kind === 'outcome' && (given?.has(node.code) ?? true))
  const at = outcomes.findIndex(one => one.code === code)
  const outcome = outcomes[at]
  if (outcome === undefined) throw noSuchOutcome()
  const { rule, levels } = await frameworkOf(db, assessment)
  const indicators = await answeredIndicators(db, assessment, code)
  const view = await db
    .selectFrom('assure_view as view')
    .leftJoin('assure_profile_level as asked', join =>
      join.onRef('asked.outcome_code', '=', 'view.outcome_code').on('asked.profile_id', '=', assessment.profileId ?? ''),
    )
    .select(['view.summary', 'view.carried', 'view.revision', 'asked.level as target'])
    .where('view.assessment_id', '=', assessment.id)
    .where('view.view', '=', 'self')
    .where('view.outcome_code', '=', code)
    .executeTakeFirst()
  return {
    outcome,
    groups: pathOf(new Map(nodes.filter(({ kind }) => kind === 'group').map(node => [node.code, node])), outcome.parentCode),
    levels,
    indicators,
    scored: scoreOutcome(rule, indicators, countedAnswers(indicators), levels),
    isComplete: indicators.length > 0 && indicators.every(one => one.whyNotCounted === null),
    summary: view?.summary ?? '',
    isSummaryUnconfirmed: view !== undefined && isUnconfirmedSummary(view),
    summaryRevision: view?.revision ?? 0,
    target: view?.target ?? null,
    asides: await asidesOf(db, assessment.id, code),
    place: { at: at + 1, of: outcomes.length, before: outcomes[at - 1] ?? null, after: outcomes[at + 1] ?? null },
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
