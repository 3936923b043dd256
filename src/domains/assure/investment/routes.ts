import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { londonDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Visible } from '../tables.ts'
import { keepAnswer } from './answers.ts'
import { askedOf, caseInputs, casePage, resolved, type CaseInputs, type CasePage } from './case-page.ts'
import { changeSettings, openCase, takeUpCatalogue, withdrawCase } from './commands.ts'
import { settingsForm, settingsFrom } from './fields.ts'
import { caseAddress, INVESTMENT_PAGE } from './model.ts'
import { casesOf, type CaseLine } from './queries.ts'
import { faultsOf, fieldOfFault, solveProblem } from './solving.ts'
import { caseCsvLine, caseModel, listModel, previewModel } from './views.ts'

const VIEWS = 'assure/investment/views'
export const view = { permission: 'assure.investment.view' } as const
export const change = { permission: 'assure.investment.change' } as const
const ROWS_A_PAGE = 50
const CSV_PART = 500

export const ofCase = z.object({ id: z.string().max(60) })
export const ListQuery = z.object({ q: searchText.default(''), cursor: cursorText.default(null) })

const list = route({
  method: 'GET',
  path: INVESTMENT_PAGE,
  access: view,
  query: ListQuery,
  handle: request => listPage(request, request.query, { name: '', problems: [] }),
})

async function listPage(
  { read, actor }: Pick<RouteRequest, 'read' | 'actor'>,
  query: z.infer<typeof ListQuery>,
  typed: { readonly name: string; readonly problems: readonly Problem[] },
): Promise<Reply> {
  const found = await read<Visible, Page<CaseLine>>(db => casesOf(db, actor, query.q, { limit: ROWS_A_PAGE, cursor: query.cursor }))
  return page(`${VIEWS}/list.njk`, 'Best next pound', listModel(actor, found, query, typed), { problems: typed.problems })
}

const listCsv = route({
  method: 'GET',
  path: `${INVESTMENT_PAGE}.csv`,
  access: view,
  query: ListQuery,
  async handle({ read, actor, query }) {
    const rowsAfter = (cursor: string | null) => read<Visible, Page<CaseLine>>(db => casesOf(db, actor, query.q, { limit: CSV_PART, cursor }))
    return csv('cases.csv', csvPages(['id', 'name', 'opened', 'changed', 'answered', 'decided'], caseCsvLine, rowsAfter))
  },
})

const open = route({
  method: 'POST',
  path: INVESTMENT_PAGE,
  access: change,
  async handle(request) {
    const name = typeof request.body['name'] === 'string' ? request.body['name'] : ''
    try {
      const id = await request.work<Visible, string>(unit => openCase(unit, { name }))
      await solveAndKeep(request, id)
      return redirect(caseAddress(id), {
        notice: 'This is the first answer, from what is assumed for your type and size. Say what is different with you.',
      })
    } catch (error) {
      return listPage(request, { q: '', cursor: null }, { name, problems: [refusalOf(error, 'name')] })
    }
  },
})

/** Solves the case as it stands, and keeps the answer. The solver holds up no unit of work. */
export async function solveAndKeep(request: Pick<RouteRequest, 'read' | 'work' | 'platform'>, id: string): Promise<string> {
  const inputs = await request.read<Visible, CaseInputs>(db => caseInputs(db, id))
  const { problem, hash, mustDos } = askedOf(inputs)
  const { answer, certificate } = await solveProblem(request.platform, problem, { hash, mustDos, inPlace: inputs.found.inPlace })
  return request.work<Visible, string>(unit => keepAnswer(unit, { id, hash, problem, answer, certificate }))
}

const show = route({
  method: 'GET',
  path: `${INVESTMENT_PAGE}/:id`,
  access: view,
  params: ofCase,
  handle: request => casePageReply(request, request.params.id, null, []),
})

export async function casePageReply(
  { read, actor, now }: Pick<RouteRequest, 'read' | 'actor' | 'now'>,
  id: string,
  typed: RouteRequest['body'] | null,
  problems: readonly Problem[],
): Promise<Reply> {
  const found = await read<Visible, CasePage>(db => casePage(db, id))
  return page(`${VIEWS}/case.njk`, found.inputs.found.name, caseModel(actor, found, typed, problems, now), { problems })
}

const solve = route({
  method: 'POST',
  path: `${INVESTMENT_PAGE}/:id/solve`,
  access: change,
  params: ofCase,
  async handle(request) {
    const { id } = request.params
    const form = readForm(settingsForm, request.body)
    if (!form.ok) return casePageReply(request, id, request.body, form.problems)
    const inputs = await request.read<Visible, CaseInputs>(db => caseInputs(db, id))
    const faults = faultsOf(askedOf(inputs, settingsFrom(form.value)).problem)
    if (faults.length > 0)
      return casePageReply(
        request,
        id,
        request.body,
        faults.map(fault => ({ ...fault, pointer: fieldOfFault(fault) })),
      )
    try {
      await request.work<Visible, void>(unit => changeSettings(unit, { id, seen: form.value.seen, ...settingsFrom(form.value) }))
      await solveAndKeep(request, id)
    } catch (error) {
      return casePageReply(request, id, request.body, [refusalOf(error, 'capital')])
    }
    return redirect(`${caseAddress(id)}#answer`, { notice: 'Solved.' })
  },
})

const preview = route({
  method: 'POST',
  path: `${INVESTMENT_PAGE}/:id/preview`,
  access: change,
  params: ofCase,
  async handle(request) {
    const { id } = request.params
    const form = readForm(settingsForm, request.body)
    if (!form.ok) return page(`${VIEWS}/refused.njk`, 'Not solved', { problems: form.problems.map(({ message }) => message) })
    const inputs = await request.read<Visible, CaseInputs>(db => caseInputs(db, id))
    if (inputs.found.organisationId !== request.actor.organisationId)
      throw new NotFound('assure.investment.unknown', 'There is no such case among yours.')
    const { settings, inPlace } = settingsFrom(form.value)
    try {
      const { problem, hash, mustDos } = askedOf(inputs, { settings, inPlace })
      const { answer } = await solveProblem(request.platform, problem, { hash, mustDos, inPlace, session: `${request.actor.id} ${id}` })
      return page(
        `${VIEWS}/preview.njk`,
        'Tried',
        previewModel({ answer, study: null, case: resolved(inputs, settings), missing: 'After you solve' }),
      )
    } catch (error) {
      return page(`${VIEWS}/refused.njk`, 'Not solved', { problems: [refusalOf(error, 'capital').message] })
    }
  },
})

const takeUp = route({
  method: 'POST',
  path: `${INVESTMENT_PAGE}/:id/take-up`,
  access: change,
  params: ofCase,
  async handle({ work, params: { id } }) {
    await work<Visible, void>(unit => takeUpCatalogue(unit, id))
    return redirect(caseAddress(id), { notice: 'The case goes by the catalogue of today. Solve again.' })
  },
})

const withdraw = route({
  method: 'POST',
  path: `${INVESTMENT_PAGE}/:id/withdraw`,
  access: change,
  params: ofCase,
  async handle({ work, params: { id } }) {
    await work<Visible, void>(unit => withdrawCase(unit, id))
    return redirect(INVESTMENT_PAGE, { notice: 'The case is taken away. What was decided stays in your plan.' })
  },
})

/** The day in London, as a source's date. */
export function today({ now }: Pick<RouteRequest, 'now'>): string {
  return londonDate(now)
}

export const investmentRoutes: readonly Route[] = [list, listCsv, open, show, solve, preview, takeUp, withdraw]
