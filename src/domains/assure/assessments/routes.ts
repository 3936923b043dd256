import { z } from 'zod'
import { londonDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages, csvText } from '../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { organisationById } from '../../directory/contract.ts'
import type { Visible } from '../tables.ts'
import { moveOwnAssessment, openAssessment, OWN_ACTIONS } from './commands.ts'
import { newSchema } from './fields.ts'
import { ASSESSMENT_SORTS, ASSESSMENT_STATES, type Assessment, type AssessmentRow } from './model.ts'
import { cohortMiddle } from './outcomes/cohort.ts'
import { PROGRESS, type OutcomeFilter } from './outcomes/model.ts'
import { linesAndLevels, pageOfOutcomes, waitingFor } from './outcomes/queries.ts'
import { earlierAssessments, frameworkChoices, listAssessments, ownAssessment, profilesFor } from './queries.ts'
import { TASK_HEAD, taskLine, tasksView, type TasksParts } from './task-views.ts'
import { assessmentPath, LIST_HEAD, listLine, listView, newView, profileField, titleOf, type NewParts } from './views.ts'

const PAGE_ROWS = 50
const CSV_PART = 500
const WAITING_SHOWN = 20
/** The largest framework that we know has 106 outcomes: it stands on one page. */
const OUTCOMES_A_PAGE = 150
const view = { permission: 'assure.assessment.view' } as const
const open = { permission: 'assure.assessment.open' } as const

export const ofAssessment = z.object({ id: z.string().max(60) })

export const listQuery = z.object({
  q: searchText,
  state: z.enum(['', 'all', ...ASSESSMENT_STATES]).catch(''),
  sort: z.enum(ASSESSMENT_SORTS).catch('-period'),
  cursor: cursorText,
})

const list = route({
  method: 'GET',
  path: '/assessments',
  access: view,
  query: listQuery,
  async handle({ query, actor, read }) {
    const { cursor, sort } = query
    const filter = { search: query.q, state: query.state }
    const model = await read<Visible, object>(async db => {
      const found = await listAssessments(db, actor, filter, sort, { limit: PAGE_ROWS, cursor })
      return listView({ found, filter, sort, cursor, actor, waiting: await waitingFor(db, actor, WAITING_SHOWN) })
    })
    return page('assure/assessments/views/list.njk', 'Our review', model)
  },
})

const listCsv = route({
  method: 'GET',
  path: '/assessments.csv',
  access: view,
  query: listQuery,
  async handle({ query, actor, read }) {
    const filter = { search: query.q, state: query.state }
    const ask = (cursor: string | null) =>
      read<Visible, Page<AssessmentRow>>(db => listAssessments(db, actor, filter, query.sort, { limit: CSV_PART, cursor }))
    return csv('reviews.csv', csvPages(LIST_HEAD, listLine, ask))
  },
})

const newForm = route({
  method: 'GET',
  path: '/assessments/new',
  access: open,
  query: z.object({ carry: z.string().max(60).catch('').default('') }),
  handle: request => newPage(request, request.query.carry === '' ? {} : { carryFrom: request.query.carry }, []),
})

const openOne = route({
  method: 'POST',
  path: '/assessments',
  access: open,
  async handle(request) {
    const form = readForm(newSchema, request.body)
    if (!form.ok) return newPage(request, request.body, form.problems)
    const { framework, period, subject, carryFrom } = form.value
    const profile = request.body[profileField(framework)]
    const wanted = { frameworkId: framework, period, subject, carryFrom, profileId: typeof profile === 'string' && profile !== '' ? profile : null }
    try {
      const opened = await request.work<Visible, Assessment>(work => openAssessment(work, wanted))
      return redirect(assessmentPath(opened.id), {
        notice: 'The review is open. Begin with the part that you know best, or give parts to colleagues.',
      })
    } catch (error) {
      const problem = refusalOf(error, 'framework')
      return newPage(request, request.body, [{ ...problem, pointer: POINTERS[problem.rule] ?? problem.pointer }])
    }
  },
})

/** The field that a refusal of the command is about. */
const POINTERS: Readonly<Record<string, string>> = {
  'assure.assessment.period': 'period',
  'assure.assessment.subject': 'subject',
  'assure.assessment.exists': 'period',
  'assure.carry.no-crosswalk': 'carryFrom',
}

async function newPage(request: RouteRequest, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]): Promise<Reply> {
  const { actor, now, read } = request
  const { organisationId } = actor
  const parts = await read<Visible, Omit<NewParts, 'today' | 'typed' | 'errors'>>(async db => ({
    frameworks: await frameworkChoices(db),
    profiles: organisationId === null ? [] : await profilesFor(db, organisationId, null, null),
    earlier: await earlierAssessments(db, actor),
    organisationType: (organisationId === null ? undefined : await organisationById(db, organisationId))?.type ?? '',
  }))
  const errors = Object.fromEntries(problems.map(({ pointer, message }) => [pointer, message]))
  const model = newView({ ...parts, today: londonDate(now), typed, errors })
  return page('assure/assessments/views/new.njk', 'Open a review', model, { problems })
}

export const tasksQuery = z.object({
  q: searchText,
  who: z.enum(['', 'mine', 'nobody']).catch(''),
  progress: z.enum(PROGRESS).nullable().catch(null),
  below: z.enum(['yes']).nullable().catch(null),
  cursor: cursorText,
})

export function filterOf({ q, who, progress, below }: Omit<z.infer<typeof tasksQuery>, 'cursor'>): OutcomeFilter {
  return { search: q, who, progress, isBelow: below === 'yes' }
}

const tasks = route({
  method: 'GET',
  path: '/assessments/:id',
  access: view,
  params: ofAssessment,
  query: tasksQuery,
  async handle({ params, query, actor, read, now }) {
    const filter = filterOf(query)
    const parts = await read<Visible, TasksParts>(async db => {
      const assessment = await ownAssessment(db, actor, params.id)
      const { lines, levels } = await linesAndLevels(db, actor, assessment)
      const found = pageOfOutcomes(lines, filter, { limit: OUTCOMES_A_PAGE, cursor: query.cursor })
      const cohort = await cohortMiddle(db, assessment, lines, now)
      return { assessment, lines, found, filter, cursor: query.cursor, levels, cohort, actor }
    })
    return page('assure/assessments/views/tasks.njk', titleOf(parts.assessment), tasksView(parts))
  },
})

const tasksCsv = route({
  method: 'GET',
  path: '/assessments/:id/outcomes.csv',
  access: view,
  params: ofAssessment,
  query: tasksQuery,
  async handle({ params, query, actor, read }) {
    const lines = await read<Visible, readonly (readonly (string | number | null)[])[]>(async db => {
      const assessment = await ownAssessment(db, actor, params.id)
      const { lines: found, levels } = await linesAndLevels(db, actor, assessment)
      return pageOfOutcomes(found, filterOf(query), { limit: found.length, cursor: null }).rows.map(line => taskLine(line, levels))
    })
    return csv('outcomes.csv', csvText(TASK_HEAD, lines))
  },
})

const moves = OWN_ACTIONS.map(action =>
  route({
    method: 'POST',
    path: `/assessments/:id/${action}`,
    access: open,
    params: ofAssessment,
    async handle({ params, body, work }) {
      const reason = typeof body['reason'] === 'string' ? body['reason'] : ''
      const banner = await work<Visible, string>(unit => moveOwnAssessment(unit, params.id, action, reason))
      return redirect(assessmentPath(params.id), { notice: banner })
    },
  }),
)

export const assessmentRoutes: readonly Route[] = [list, listCsv, newForm, openOne, tasks, tasksCsv, ...moves]
