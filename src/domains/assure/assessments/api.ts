import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { moveOwnAssessment, openAssessment, OWN_ACTIONS } from './commands.ts'
import { ASSESSMENT_STATES, type Assessment } from './model.ts'
import { PROGRESS, totalsOf } from './outcomes/model.ts'
import { outcomeLines, pageOfOutcomes } from './outcomes/queries.ts'
import { listAssessments, ownAssessment } from './queries.ts'
import { filterOf, listQuery, ofAssessment, tasksQuery } from './routes.ts'

const view = { permission: 'assure.assessment.view' } as const
const open = { permission: 'assure.assessment.open' } as const
const path = '/api/v1/assessments'

const head = {
  id: z.string(),
  framework: z.object({ code: z.string(), version: z.string(), name: z.string() }),
  profile: z.string().nullable(),
  period: z.string(),
  subject: z.string(),
  state: z.enum(ASSESSMENT_STATES),
  carriedFrom: z.string().nullable(),
  openedAt: instant,
  changedAt: instant,
  closedAt: instant.nullable(),
}
const Head = z.object(head)

function headOf(assessment: Assessment): z.input<typeof Head> {
  const { frameworkCode, frameworkVersion, frameworkName, profileName, ...rest } = assessment
  return { ...rest, framework: { code: frameworkCode, version: frameworkVersion, name: frameworkName }, profile: profileName }
}

const list = listOperation({
  id: 'listAssessments',
  summary: "List your organisation's own reviews",
  page: 'GET /assessments',
  path,
  access: view,
  query: filtersOf(listQuery),
  item: z.object({ ...head, outcomes: z.int(), complete: z.int(), answeredAt: instant.nullable() }),
  async list(db: Reader<Visible>, page, { actor, query }) {
    const found = await listAssessments(db, actor, { search: query.q, state: query.state }, query.sort, page)
    return { ...found, rows: found.rows.map(row => ({ ...row, ...headOf(row) })) }
  },
})

const openOne = operation({
  id: 'openAssessment',
  summary: 'Open a review',
  description:
    'There is one for each framework, period and subject. With `carryFrom` the answers of an earlier review come along, each to be confirmed.',
  page: 'POST /assessments',
  method: 'POST',
  path,
  access: open,
  body: z.object({
    frameworkId: z.string().max(60),
    profileId: z.string().max(60).nullable().default(null),
    period: z.string().max(40).describe('Such as 2026-27'),
    subject: z.string().max(500).default('').describe('Empty for the whole organisation'),
    carryFrom: z.string().max(60).nullable().default(null),
  }),
  answer: Head,
  status: 201,
  write: async (work: Work<Visible>, { body }) => headOf(await openAssessment(work, body)),
})

const show = operation({
  id: 'getAssessment',
  summary: 'Read one of your own reviews, and how far it is',
  description: 'A contributor is told of the outcomes given to them, and of no others.',
  page: { none: 'Its page is a list: listAssessmentOutcomes stands for it.' },
  method: 'GET',
  path: `${path}/:id`,
  access: view,
  params: ofAssessment,
  answer: z.object({
    ...head,
    totals: z.object({ outcomes: z.int(), complete: z.int(), indicators: z.int(), answered: z.int(), waiting: z.int(), below: z.int() }),
  }),
  async read(db: Reader<Visible>, { actor, params }) {
    const assessment = await ownAssessment(db, actor, params.id)
    return { ...headOf(assessment), totals: totalsOf(await outcomeLines(db, actor, assessment)) }
  },
})

const outcomes = listOperation({
  id: 'listAssessmentOutcomes',
  summary: 'List the outcomes of a review, with status, target and owner',
  page: 'GET /assessments/:id',
  path: `${path}/:id/outcomes`,
  access: view,
  params: ofAssessment,
  query: filtersOf(tasksQuery),
  item: z.object({
    code: z.string(),
    title: z.string(),
    groups: z.array(z.object({ code: z.string(), title: z.string() })),
    status: z.string().describe('A level of the framework, `unanswered` or `not-applicable`; provisional until it is complete'),
    progress: z.enum(PROGRESS),
    target: z.string().nullable(),
    meetsTarget: z.boolean().nullable(),
    indicators: z.int(),
    answered: z.int(),
    waiting: z.int().describe('Answers of last year that wait to be confirmed'),
    owner: z.object({ id: z.string(), name: z.string() }).nullable(),
    isMine: z.boolean(),
    changedAt: instant.nullable(),
  }),
  async list(db: Reader<Visible>, page, { actor, params, query }) {
    const assessment = await ownAssessment(db, actor, params.id)
    const found = pageOfOutcomes(await outcomeLines(db, actor, assessment), filterOf(query), page)
    return { ...found, rows: found.rows.map(row => ({ ...row, groups: [...row.groups] })) }
  },
})

const SUMMARIES = { close: 'Close a review without an assessor', reopen: 'Open a closed review again', withdraw: 'Withdraw a review' } as const

const moves = OWN_ACTIONS.map(action =>
  operation({
    id: `${action}Assessment`,
    summary: SUMMARIES[action],
    page: `POST /assessments/:id/${action}`,
    method: 'POST',
    path: `${path}/:id/${action}`,
    access: open,
    params: ofAssessment,
    body: z.object({ reason: z.string().max(4_000).default('').describe('Kept by the organisation; the audit does not have it') }),
    answer: null,
    async write(work: Work<Visible>, { params, body }) {
      await moveOwnAssessment(work, params.id, action, body.reason)
    },
  }),
)

export const assessmentOperations: readonly Route[] = [list, openOne, show, outcomes, ...moves]
