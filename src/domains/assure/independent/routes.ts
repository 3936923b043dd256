import { z } from 'zod'
import { InvalidParts } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { ENGAGEMENT_KINDS, ENGAGEMENT_STATES, engagementState, isLive, type Engagement, type EngagementState } from '../engagements/model.ts'
import { engagementsFor, ownEngagement, type EngagementFilter } from '../engagements/queries.ts'
import type { Visible } from '../tables.ts'
import { addFinding, explainDifference, handOver, removeFinding, saveConclusion, saveView } from './commands.ts'
import { declareIndependence } from './declare/commands.ts'
import { conclusionForm, declareForm, differenceForm, readAnswers, viewForm } from './fields.ts'
import { readFinding } from './form-views.ts'
import type { Desk, OutcomeSheet } from './model.ts'
import { deskOf, outcomeSheet } from './queries.ts'
import { askedModel, deskAddress, deskModel, INDEPENDENT, listModel, outcomeAddress, outcomeModel } from './views.ts'

const VIEWS = 'assure/independent/views'
const assess = { permission: 'assure.review.assess' } as const
const STATES = ['', 'all', ...Object.keys(ENGAGEMENT_STATES)] as unknown as readonly ['', 'all', ...EngagementState[]]
export const ListQuery = z.object({
  q: z.string().max(100).catch('').default(''),
  state: z.enum(STATES).catch('').default(''),
  cursor: z.string().max(500).nullable().catch(null).default(null),
})
export const ofDesk = z.object({ id: z.string().max(60) })
export const ofOutcome = z.object({ id: z.string().max(60), code: z.string().max(60) })
export const ofFinding = z.object({ id: z.string().max(60), code: z.string().max(60), finding: z.string().max(60) })
const ROWS_A_PAGE = 50
const CSV_PART = 500

export function filterOf({ q, state }: Pick<z.infer<typeof ListQuery>, 'q' | 'state'>): EngagementFilter {
  return { search: q, state: state === '' ? null : state }
}

const list = route({
  method: 'GET',
  path: INDEPENDENT,
  access: assess,
  query: ListQuery,
  async handle({ read, actor, query, now }) {
    const found = await read<Visible, Page<Engagement>>(db =>
      engagementsFor(db, actor, filterOf(query), { limit: ROWS_A_PAGE, cursor: query.cursor }, now),
    )
    return page(`${VIEWS}/list.njk`, 'Assessments', listModel(found, query, now, may(actor, 'assure.review.moderate')))
  },
})

const listCsv = route({
  method: 'GET',
  path: `${INDEPENDENT}.csv`,
  access: assess,
  query: ListQuery,
  async handle({ read, actor, query, now }) {
    const line = (one: Engagement) => [
      one.organisationCode,
      one.organisationName,
      ENGAGEMENT_KINDS[one.kind].label,
      engagementState(one, now),
      one.until.toISOString(),
    ]
    const ask = (cursor: string | null) =>
      read<Visible, Page<Engagement>>(db => engagementsFor(db, actor, filterOf(query), { limit: CSV_PART, cursor }, now))
    return csv('assessments.csv', csvPages(['code', 'organisation', 'as', 'state', 'until'], line, ask))
  },
})

type Asked = RouteRequest<z.infer<typeof ofDesk>>

/** What somebody who was asked sees: before declaring and once it is over the request alone, otherwise the review. */
async function deskPage(request: Asked, typed: Readonly<Record<string, unknown>> = {}, problems: readonly Problem[] = []): Promise<Reply> {
  const { read, actor, params, now } = request
  const engagement = await read<Visible, Engagement>(db => ownEngagement(db, actor, params.id))
  if (engagement.declaredAt === null || !isLive(engagement, now)) {
    const mayDeclare = engagement.declaredAt === null && isLive(engagement, now)
    return page(`${VIEWS}/asked.njk`, engagement.organisationName, askedModel(engagement, now, mayDeclare, typed, problems), { problems })
  }
  const desk = await read<Visible, Desk>(db => deskOf(db, actor, params.id, now))
  return page(`${VIEWS}/desk.njk`, engagement.organisationName, deskModel(desk, now, typed, problems), { problems })
}

const show = route({ method: 'GET', path: `${INDEPENDENT}/:id`, access: assess, params: ofDesk, handle: request => deskPage(request) })

const declare = route({
  method: 'POST',
  path: `${INDEPENDENT}/:id/declare`,
  access: assess,
  params: ofDesk,
  async handle(request) {
    const form = readForm(declareForm, request.body)
    if (!form.ok) return deskPage(request, form.typed, form.problems)
    const { id } = request.params
    try {
      await request.work<Visible, void>(unit => declareIndependence(unit, { engagementId: id, ...form.value }))
    } catch (error) {
      return deskPage(request, request.body, [refusalOf(error, 'independence')])
    }
    return redirect(deskAddress(id), { notice: 'You have declared and accepted. The organisation reads what you declared.' })
  },
})

const conclude = route({
  method: 'POST',
  path: `${INDEPENDENT}/:id/conclusion`,
  access: assess,
  params: ofDesk,
  async handle(request) {
    const form = readForm(conclusionForm, request.body)
    if (!form.ok) return deskPage(request, form.typed, form.problems)
    const { id } = request.params
    try {
      await request.work<Visible, void>(unit => saveConclusion(unit, { engagementId: id, ...form.value }))
    } catch (error) {
      return deskPage(request, request.body, [refusalOf(error, 'narrative')])
    }
    return redirect(deskAddress(id), { notice: 'Your conclusions are kept.' })
  },
})

const hand = route({
  method: 'POST',
  path: `${INDEPENDENT}/:id/hand-over`,
  access: assess,
  params: ofDesk,
  async handle(request) {
    const { id } = request.params
    try {
      await request.work<Visible, void>(unit => handOver(unit, id))
    } catch (error) {
      return deskPage(request, {}, [refusalOf(error, '')])
    }
    return redirect(deskAddress(id), { notice: 'Handed over. The organisation reads your view from now on.' })
  },
})

type AskedOutcome = RouteRequest<z.infer<typeof ofOutcome>>
interface Opened {
  readonly desk: Desk
  readonly sheet: OutcomeSheet
}

const open = ({ read, actor, params, now }: AskedOutcome): Promise<Opened> =>
  read<Visible, Opened>(async db => {
    const desk = await deskOf(db, actor, params.id, now)
    return { desk, sheet: await outcomeSheet(db, desk, params.code) }
  })

async function outcomePage(request: AskedOutcome, typed: Readonly<Record<string, unknown>> = {}, problems: readonly Problem[] = []): Promise<Reply> {
  const { desk, sheet } = await open(request)
  return page(`${VIEWS}/outcome.njk`, `${request.params.code} ${sheet.line.outcome.title}`, outcomeModel(desk, sheet, typed, problems), { problems })
}

const OUTCOME = `${INDEPENDENT}/:id/outcomes/:code`

const showOutcome = route({ method: 'GET', path: OUTCOME, access: assess, params: ofOutcome, handle: request => outcomePage(request) })

const save = route({
  method: 'POST',
  path: OUTCOME,
  access: assess,
  params: ofOutcome,
  async handle(request) {
    const { id, code } = request.params
    const form = readForm(viewForm, request.body)
    if (!form.ok) return outcomePage(request, form.typed, form.problems)
    const { sheet } = await open(request)
    const { record, evidenceGrade, ...rest } = form.value
    const answers = readAnswers(sheet.indicators, request.body)
    try {
      await request.work<Visible, void>(unit =>
        saveView(unit, {
          engagementId: id,
          outcomeCode: code,
          answers,
          ...rest,
          evidenceGrade: evidenceGrade === '' ? null : evidenceGrade,
          record: record === 'yes',
        }),
      )
    } catch (error) {
      if (error instanceof InvalidParts) return outcomePage(request, request.body, error.problems)
      const problem = refusalOf(error, 'summary')
      return outcomePage(request, request.body, [{ ...problem, pointer: problem.rule.endsWith('reason') ? 'reason' : 'summary' }])
    }
    return redirect(outcomeAddress(id, code), { notice: record === 'yes' ? 'Recorded. Both views stand side by side.' : 'Kept.' })
  },
})

const explain = route({
  method: 'POST',
  path: `${OUTCOME}/explain`,
  access: assess,
  params: ofOutcome,
  async handle(request) {
    const { id, code } = request.params
    const form = readForm(differenceForm, request.body)
    if (!form.ok) return outcomePage(request, form.typed, form.problems)
    try {
      await request.work<Visible, void>(unit => explainDifference(unit, { engagementId: id, outcomeCode: code, ...form.value }))
    } catch (error) {
      return outcomePage(request, request.body, [refusalOf(error, 'difference')])
    }
    return redirect(outcomeAddress(id, code), { notice: 'Your explanation is kept.' })
  },
})

const find = route({
  method: 'POST',
  path: `${OUTCOME}/findings`,
  access: assess,
  params: ofOutcome,
  async handle(request) {
    const { id, code } = request.params
    const form = readFinding(request.body)
    if (!form.ok) return outcomePage(request, form.typed, form.problems)
    try {
      await request.work<Visible, string>(unit => addFinding(unit, { engagementId: id, outcomeCode: code, ...form.value }))
    } catch (error) {
      return outcomePage(request, request.body, [refusalOf(error, `${form.value.kind}-what`)])
    }
    return redirect(outcomeAddress(id, code), { notice: form.value.kind === 'strength' ? 'The strength is added.' : 'The finding is added.' })
  },
})

const remove = route({
  method: 'POST',
  path: `${OUTCOME}/findings/:finding/remove`,
  access: assess,
  params: ofFinding,
  async handle(request) {
    const { id, code, finding } = request.params
    await request.work<Visible, void>(unit => removeFinding(unit, { engagementId: id, outcomeCode: code, findingId: finding }))
    return redirect(outcomeAddress(id, code), { notice: 'It is removed.' })
  },
})

export const independentRoutes: readonly Route[] = [list, listCsv, show, declare, conclude, hand, showOutcome, save, explain, find, remove]
