import { z } from 'zod'
import { Invalid, NotFound } from '../../../../kernel/errors.ts'
import { readForm, refusalOf, asList } from '../../../../platform/forms/form.ts'
import { json, page, redirect, svg, type FileReply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { MOST_ENUMERATED } from '../../../../solvers/investment/check.ts'
import type { Certificate, InvestmentProblem } from '../../../../solvers/investment/model.ts'
import type { AddedActions } from '../../plans/model.ts'
import type { Visible } from '../../tables.ts'
import { actionsOf } from '../actions.ts'
import { drawExceedance, drawFrontier, drawSavings } from '../answer-view.ts'
import { describeChoice, type CaseAnswer } from '../answer.ts'
import { casePage, type CasePage } from '../case-page.ts'
import { decide } from '../decisions.ts'
import { caseAddress, INVESTMENT_PAGE } from '../model.ts'
import { answerById, caseById, studyById, type KeptAnswer } from '../queries.ts'
import { casePageReply, change, ofCase, view } from '../routes.ts'
import type { Study } from '../study.ts'

const VIEWS = 'assure/investment/views'
const ofAnswer = ofCase.extend({ answer: z.string().max(60) })
const path = `${INVESTMENT_PAGE}/:id/answers/:answer`

interface Kept {
  readonly name: string
  readonly row: KeptAnswer
  readonly answer: CaseAnswer
  readonly study: Study | null
}

async function keptOf({ read }: Pick<RouteRequest, 'read'>, { id, answer }: z.infer<typeof ofAnswer>): Promise<Kept> {
  return read<Visible, Kept>(async db => {
    const { name } = await caseById(db, id)
    const row = await answerById(db, id, answer)
    // Only `keepAnswer` and `keepStudy` write these columns, in these shapes.
    return { name, row, answer: row.answer as CaseAnswer, study: row.study as Study | null }
  })
}

const frontier = route({
  method: 'GET',
  path: `${path}/frontier.svg`,
  access: view,
  params: ofAnswer,
  async handle(request) {
    const drawn = drawFrontier(await keptOf(request, request.params))
    if (drawn === null) throw new NotFound('assure.investment.picture', 'There is no answer to draw.')
    return svg(drawn.svg)
  },
})

const exceedance = route({
  method: 'GET',
  path: `${path}/exceedance.svg`,
  access: view,
  params: ofAnswer,
  handle: async request => svg(drawExceedance(await keptOf(request, request.params)).svg),
})

const savings = route({
  method: 'GET',
  path: `${path}/savings.svg`,
  access: view,
  params: ofAnswer,
  handle: async request => svg(drawSavings(await keptOf(request, request.params)).svg),
})

const progress = route({
  method: 'GET',
  path: `${path}/progress`,
  access: view,
  params: ofAnswer,
  async handle(request) {
    // Only `keepStudy` writes it, in this shape.
    const study = await request.read<Visible, Study | null>(
      async db => (await studyById(db, request.params.id, request.params.answer)) as Study | null,
    )
    const isDone = study?.isDone === true
    return json({ figures: { progress: isDone ? 'done' : progressWords(study) }, done: isDone })
  },
})

function progressWords(study: Study | null): string {
  if (study === null) return 'a moment'
  if (study.robustness === null) return 'the bad years are there'
  if (study.frontier === null) return 'how sure it is, is there'
  return study.switches === null ? 'the curve is there' : 'nearly done'
}

const certificate = route({
  method: 'GET',
  path: `${path}/certificate.json`,
  access: view,
  params: ofAnswer,
  handle: request => certificateReply(request, request.params),
})

/** The problem and the certificate of an answer: what a checker needs, and nothing else. */
export async function certificateReply(request: Pick<RouteRequest, 'read'>, params: z.infer<typeof ofAnswer>): Promise<FileReply> {
  const { row } = await keptOf(request, params)
  if (row.certificate === null) throw new NotFound('assure.investment.certificate', 'This answer has no certificate: nothing was solved.')
  const body = JSON.stringify({ problem: row.problem, certificate: row.certificate }, null, 2)
  return { kind: 'file', contentType: 'application/json', filename: 'certificate.json', body }
}

const problem = route({
  method: 'GET',
  path: `${path}/problem.json`,
  access: view,
  params: ofAnswer,
  async handle(request) {
    const { row } = await keptOf(request, request.params)
    return { kind: 'file', contentType: 'application/json', filename: 'problem.json', body: JSON.stringify(row.problem, null, 2) }
  },
})

const check = route({
  method: 'GET',
  path: `${path}/check`,
  access: view,
  params: ofAnswer,
  async handle(request) {
    const checked = await checkedAnswer(request, request.params)
    return page(`${VIEWS}/check.njk`, 'The proof, checked', { ...checked, backHref: caseAddress(request.params.id) })
  },
})

/** What the independent checker finds: nothing, when it agrees. */
export async function checkedAnswer(request: Pick<RouteRequest, 'read' | 'platform'>, params: z.infer<typeof ofAnswer>) {
  const { row, name } = await keptOf(request, params)
  if (row.certificate === null) throw new NotFound('assure.investment.certificate', 'This answer has no certificate: nothing was solved.')
  // Written by `keepAnswer`, in these shapes.
  const asked = row.problem as InvestmentProblem
  const found = await request.platform.solve.run('check', { problem: asked, certificate: row.certificate as Certificate })
  const findings = found.map(({ message }) => message)
  return { name, findings, isEnumerated: asked.improvements.length <= MOST_ENUMERATED }
}

const decideForm = z.object({
  answer: z.string().max(60),
  chosen: z
    .unknown()
    .optional()
    .transform(asList)
    .pipe(z.array(z.string().max(60)).max(200)),
  reason: z.string().max(4_000).default(''),
})

const choose = route({
  method: 'POST',
  path: `${INVESTMENT_PAGE}/:id/decide`,
  access: change,
  params: ofCase,
  async handle(request) {
    const { id } = request.params
    const form = readForm(decideForm, request.body)
    if (!form.ok) return casePageReply(request, id, request.body, form.problems)
    try {
      const { ids, already } = await decideOn(request, id, { answerId: form.value.answer, chosen: form.value.chosen, reason: form.value.reason })
      const more = already === 0 ? '' : ` ${already} stood there before.`
      return redirect('/plan', {
        notice: `Decided. ${ids.length === 1 ? '1 action is' : `${ids.length} actions are`} new in your plan.${more} Give each an owner and a date.`,
      })
    } catch (error) {
      return casePageReply(request, id, request.body, [refusalOf(error, form.value.chosen.length === 0 ? 'chosen' : 'reason')])
    }
  },
})

/** Decides for a choice, with what it is expected to save given the rest of that choice. */
export async function decideOn(
  { read, work }: Pick<RouteRequest, 'read' | 'work'>,
  id: string,
  choice: { readonly answerId: string; readonly chosen: readonly string[]; readonly reason: string },
): Promise<AddedActions> {
  const found = await read<Visible, CasePage>(db => casePage(db, id))
  const { kept } = found
  if (kept === null || kept.id !== choice.answerId || kept.isOutOfDate || kept.answer.kind !== 'solved')
    throw new Invalid('assure.investment.stale', 'The case was changed or solved again since. Look at what stands, then decide.')
  const unknown = choice.chosen.find(code => !kept.problem.improvements.some(({ id: known }) => known === code))
  if (unknown !== undefined) throw new Invalid('assure.investment.chosen', `There is no improvement ${unknown} in this case.`)
  const inPlace = found.inputs.found.inPlace
  const whole = [...new Set([...inPlace, ...choice.chosen])]
  const described = describeChoice(kept.problem, whole, inPlace, new Set())
  const actions = actionsOf(id, described, found)
  return work<Visible, AddedActions>(unit =>
    decide(unit, {
      id,
      answerId: kept.id,
      solved: kept.answer.kind === 'solved' ? kept.answer.bought : [],
      chosen: choice.chosen,
      reason: choice.reason,
      actions,
    }),
  )
}

export const answerRoutes: readonly Route[] = [frontier, exceedance, savings, progress, certificate, problem, check, choose]
