import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import { decodeCursor, encodeCursor } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { cleanLine } from '../../../../kernel/text.ts'
import { csvText } from '../../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../../platform/forms/form.ts'
import { cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { figureForm, reasonField } from '../../figure-form.ts'
import type { Visible } from '../../tables.ts'
import { casePage, type CasePage } from '../case-page.ts'
import { addOwn, overrideFigure, removeOwn, resetOverrides } from '../commands.ts'
import { ownImprovementForm, ownScenarioForm } from '../fields.ts'
import { caseAddress, INVESTMENT_PAGE } from '../model.ts'
import { ownImprovement, ownScenario } from '../own.ts'
import { change, ofCase, today, view } from '../routes.ts'
import { FIGURE_FILTERS, figureLines, figuresModel, overrideModel, ownModel, type FigureLine } from '../views.ts'

const VIEWS = 'assure/investment/views'
const ROWS_A_PAGE = 60
const path = `${INVESTMENT_PAGE}/:id/figures`
export const ofFigure = ofCase.extend({ kind: z.enum(['improvement', 'scenario']), code: z.string().max(60), field: z.string().max(200) })
export const FiguresQuery = z.object({
  q: searchText.default(''),
  show: z.enum(FIGURE_FILTERS).catch('').default(''),
  cursor: cursorText.default(null),
})

const list = route({
  method: 'GET',
  path,
  access: view,
  params: ofCase,
  query: FiguresQuery,
  async handle({ read, actor, params: { id }, query }) {
    const found = await read<Visible, CasePage>(db => casePage(db, id))
    return page(`${VIEWS}/figures.njk`, 'The figures', figuresModel(actor, found, figuresPage(found, query, ROWS_A_PAGE), query))
  },
})

/** The figures that fit, from a place on. They are few hundred and in memory, so the place is their number. */
export function figuresPage({ resolved }: CasePage, { q, show, cursor }: z.infer<typeof FiguresQuery>, limit: number) {
  const wanted = q.toLowerCase()
  const lines = figureLines(resolved).filter(
    line =>
      `${line.of} ${line.label}`.toLowerCase().includes(wanted) &&
      (show !== 'different' || line.override !== null) &&
      (show !== 'judgement' || line.figure.source.grade === 'judgement'),
  )
  const [after] = decodeCursor(cursor, 1) ?? []
  const start = typeof after === 'number' ? after : 0
  return { rows: lines.slice(start, start + limit), total: lines.length, next: start + limit < lines.length ? encodeCursor([start + limit]) : null }
}

const listCsv = route({
  method: 'GET',
  path: `${path}.csv`,
  access: view,
  params: ofCase,
  query: FiguresQuery,
  async handle({ read, params: { id }, query }) {
    const found = await read<Visible, CasePage>(db => casePage(db, id))
    const { rows } = figuresPage(found, { ...query, cursor: null }, Number.MAX_SAFE_INTEGER)
    const head = ['of', 'code', 'figure', 'unit', 'low', 'likely', 'high', 'catalogue_likely', 'grade', 'said_by', 'as_of', 'why_otherwise', 'owner']
    const lines = rows.map(line => [
      line.of,
      line.code,
      line.field,
      line.unit.startsWith('money') ? 'pence' : line.unit,
      line.figure.low,
      line.figure.likely,
      line.figure.high,
      line.catalogue?.likely ?? null,
      line.figure.source.grade,
      line.figure.source.saidBy,
      line.figure.source.asOf,
      line.override?.reason ?? null,
      line.override?.owner ?? null,
    ])
    return csv('figures.csv', csvText(head, lines))
  },
})

const form = route({
  method: 'GET',
  path: `${path}/:kind/:code/:field`,
  access: change,
  params: ofFigure,
  handle: request => figurePage(request, request.params, null, []),
})

type OfFigure = z.infer<typeof ofFigure>

async function lineOf({ read }: Pick<RouteRequest, 'read'>, { id, kind, code, field }: OfFigure): Promise<FigureLine> {
  const found = await read<Visible, CasePage>(db => casePage(db, id))
  const line = figureLines(found.resolved).find(one => one.kind === kind && one.code === code && one.field === field)
  if (line === undefined) throw new NotFound('assure.investment.figure', 'This case has no such figure. Look at the list of its figures.')
  return line
}

async function figurePage(
  request: Pick<RouteRequest, 'read' | 'now'>,
  params: OfFigure,
  typed: RouteRequest['body'] | null,
  problems: readonly Problem[],
): Promise<Reply> {
  const line = await lineOf(request, params)
  return page(`${VIEWS}/figure.njk`, line.label, overrideModel(params.id, line, today(request), typed, problems), { problems })
}

const why = z.object({ reason: reasonField, owner: z.string().max(200).default('').transform(cleanLine) })

const say = route({
  method: 'POST',
  path: `${path}/:kind/:code/:field`,
  access: change,
  params: ofFigure,
  async handle(request) {
    const { params, body } = request
    const line = await lineOf(request, params)
    const [figure, because] = [readForm(figureForm(line.unit), body), readForm(why, body)]
    if (!figure.ok || !because.ok)
      return figurePage(request, params, body, [...(figure.ok ? [] : figure.problems), ...(because.ok ? [] : because.problems)])
    try {
      await request.work<Visible, void>(unit => overrideFigure(unit, { ...params, figure: figure.value, ...because.value }))
    } catch (error) {
      return figurePage(request, params, body, [refusalOf(error, 'reason')])
    }
    return redirect(`${caseAddress(params.id)}/figures?show=different`, {
      notice: 'You say it otherwise, and nobody else sees that. Solve again to see what it changes.',
    })
  },
})

const resetOne = route({
  method: 'POST',
  path: `${path}/:kind/:code/:field/reset`,
  access: change,
  params: ofFigure,
  async handle({ work, params: { id, ...only } }) {
    await work<Visible, void>(unit => resetOverrides(unit, { id, only }))
    return redirect(`${caseAddress(id)}/figures`, { notice: 'The catalogue’s figure is used again. Solve again to see what it changes.' })
  },
})

const resetAll = route({
  method: 'POST',
  path: `${INVESTMENT_PAGE}/:id/reset`,
  access: change,
  params: ofCase,
  async handle({ work, params: { id } }) {
    await work<Visible, void>(unit => resetOverrides(unit, { id, only: null }))
    return redirect(`${caseAddress(id)}/figures`, { notice: 'All figures are the catalogue’s again. Solve again to see what that changes.' })
  },
})

const ownForm = route({
  method: 'GET',
  path: `${INVESTMENT_PAGE}/:id/own`,
  access: change,
  params: ofCase,
  handle: request => ownPage(request, request.params.id, null, null, []),
})

async function ownPage(
  { read }: Pick<RouteRequest, 'read'>,
  id: string,
  typed: RouteRequest['body'] | null,
  kind: 'improvement' | 'scenario' | null,
  problems: readonly Problem[],
): Promise<Reply> {
  const found = await read<Visible, CasePage>(db => casePage(db, id))
  return page(`${VIEWS}/own.njk`, 'Of your own', ownModel(id, found, typed, kind, problems), { problems })
}

const addImprovement = route({
  method: 'POST',
  path: `${INVESTMENT_PAGE}/:id/own/improvement`,
  access: change,
  params: ofCase,
  async handle(request) {
    const { id } = request.params
    const read = readForm(ownImprovementForm, request.body)
    if (!read.ok) return ownPage(request, id, request.body, 'improvement', read.problems)
    const content = ownImprovement(read.value, request.actor.name, today(request))
    try {
      await request.work<Visible, string>(unit => addOwn(unit, { id, entry: { kind: 'improvement', name: read.value.name, content } }))
    } catch (error) {
      return ownPage(request, id, request.body, 'improvement', [refusalOf(error, 'name')])
    }
    return redirect(caseAddress(id), { notice: 'Added. Solve again to see whether it is worth its money.' })
  },
})

const addScenario = route({
  method: 'POST',
  path: `${INVESTMENT_PAGE}/:id/own/scenario`,
  access: change,
  params: ofCase,
  async handle(request) {
    const { id } = request.params
    const read = readForm(ownScenarioForm, request.body)
    if (!read.ok) return ownPage(request, id, request.body, 'scenario', read.problems)
    const content = ownScenario(read.value, request.actor.name, today(request))
    try {
      await request.work<Visible, string>(unit => addOwn(unit, { id, entry: { kind: 'scenario', name: read.value.name, content } }))
    } catch (error) {
      return ownPage(request, id, request.body, 'scenario', [refusalOf(error, 'name')])
    }
    return redirect(caseAddress(id), { notice: 'Added. Solve again to see what it changes.' })
  },
})

const remove = route({
  method: 'POST',
  path: `${INVESTMENT_PAGE}/:id/own/:code/remove`,
  access: change,
  params: ofCase.extend({ code: z.string().max(60) }),
  async handle({ work, params: { id, code } }) {
    await work<Visible, void>(unit => removeOwn(unit, { id, code }))
    return redirect(`${caseAddress(id)}/own`, { notice: 'Taken away. Solve again to see what it changes.' })
  },
})

export const figureRoutes: readonly Route[] = [list, listCsv, form, say, resetOne, resetAll, ownForm, addImprovement, addScenario, remove]
