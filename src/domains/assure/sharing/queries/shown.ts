import { sql } from 'kysely'
import type { Reader } from '../../../../platform/work/read.ts'
import { assessmentById } from '../../assessments/queries.ts'
import { statusLabel } from '../../frameworks/model.ts'
import { frameworkById } from '../../frameworks/queries.ts'
import type { Visible } from '../../tables.ts'
import type { SharedWithUs } from '../queries.ts'

type Db = Reader<Visible>

/** By whom what is shown was said: both sides together, or the organisation alone. */
export type Basis = 'agreed' | 'self'

export interface SharedAnswer {
  readonly indicator: string
  readonly text: string
  readonly answer: string | null
  readonly comment: string
  readonly alternative: string
}

export interface SharedOutcome {
  readonly code: string
  readonly title: string
  readonly basis: Basis
  readonly status: string
  readonly statusLabel: string
  readonly summary: string
  readonly answers: readonly SharedAnswer[]
}

export interface SharedFigure {
  readonly code: string
  readonly title: string
  readonly basis: Basis
  readonly status: string
  readonly statusLabel: string
  readonly outcomes: number
}

export interface SharedAction {
  readonly title: string
  readonly state: string
  /** A day, such as `2027-03-31`. */
  readonly originalDate: string | null
  readonly dueOn: string | null
  readonly slips: number
}

/** What lies in a share. Lists that the item does not hold are empty. */
export interface SharedContent {
  /** Such as `CAF 4.0, 2026-27, Whole organisation`; `null` for the plan. */
  readonly review: string | null
  readonly outcomes: readonly SharedOutcome[]
  readonly figures: readonly SharedFigure[]
  readonly actions: readonly SharedAction[]
}

/** Reads what lies in a share that is being looked at (`lookAt`): row-level security leaves no more than that share opens. */
export async function contentOfShare(db: Db, share: SharedWithUs): Promise<SharedContent> {
  const nothing = { review: null, outcomes: [], figures: [], actions: [] }
  if (share.assessmentId === null) return { ...nothing, actions: await actionsOf(db, share.organisationId) }
  const assessment = await assessmentById(db, share.assessmentId)
  const framework = assessment === null ? undefined : await frameworkById(db, assessment.frameworkId)
  if (assessment === null || framework === undefined) return nothing
  const review = `${framework.name} ${framework.version}, ${assessment.period}, ${assessment.subject}`
  const labelOf = (status: string) => statusLabel(framework.levels, status)
  const titles = await titlesOf(db, framework.id)
  if (share.item === 'summary' || share.item === 'board-page') {
    const { rows } = await figuresOf(db, share.id)
    return {
      ...nothing,
      review,
      figures: rows.map(row => ({ ...row, title: titles.get(row.code) ?? '', statusLabel: labelOf(row.status) })),
    }
  }
  const answers = await answersOf(db, assessment.id, framework.id)
  const views = await viewsOf(db, assessment.id, framework.id)
  return {
    ...nothing,
    review,
    outcomes: views.map(({ code, view, status, summary }) => ({
      code,
      title: titles.get(code) ?? '',
      basis: view === 'agreed' ? ('agreed' as const) : ('self' as const),
      status,
      statusLabel: labelOf(status),
      summary,
      answers: answers.filter(one => one.outcomeCode === code && one.view === view),
    })),
  }
}

async function titlesOf(db: Db, frameworkId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await db.selectFrom('assure_framework_node').where('framework_id', '=', frameworkId).select(['code', 'title']).execute()
  return new Map(rows.map(({ code, title }) => [code, title]))
}

/** Only as many as there are: the function gives nothing for a share that is not being looked at. */
function figuresOf(db: Db, shareId: string) {
  return sql<{ code: string; status: string; basis: Basis; outcomes: number }>`
    select code, status, basis, outcomes from assure_shared_figures(${shareId}) order by code, status, basis`.execute(db)
}

function viewsOf(db: Db, assessmentId: string, frameworkId: string) {
  return db
    .selectFrom('assure_view as said')
    .innerJoin('assure_framework_node as node', join => join.onRef('node.code', '=', 'said.outcome_code').on('node.framework_id', '=', frameworkId))
    .where('said.assessment_id', '=', assessmentId)
    .select(['said.outcome_code as code', 'said.view', 'said.status', 'said.summary'])
    .orderBy('node.position')
    .orderBy('said.view')
    .execute()
}

function answersOf(db: Db, assessmentId: string, frameworkId: string) {
  return db
    .selectFrom('assure_answer as given')
    .innerJoin('assure_indicator as indicator', join =>
      join.onRef('indicator.code', '=', 'given.indicator_code').on('indicator.framework_id', '=', frameworkId),
    )
    .where('given.assessment_id', '=', assessmentId)
    .select([
      'given.outcome_code as outcomeCode',
      'given.view',
      'given.indicator_code as indicator',
      'indicator.text',
      'given.answer',
      'given.comment',
      'given.alternative',
    ])
    .orderBy('indicator.position')
    .execute()
}

function actionsOf(db: Db, organisationId: string): Promise<readonly SharedAction[]> {
  return db
    .selectFrom('assure_action')
    .where('organisation_id', '=', organisationId)
    .where('state', '<>', 'cancelled')
    .select(['title', 'state', 'original_date as originalDate', 'due_on as dueOn', 'slips'])
    .orderBy('due_on')
    .orderBy('id')
    .limit(2_000)
    .execute()
}
