import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { fileOperation, operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { SIZES } from '../catalogue/model.ts'
import { reasonField } from '../figure-form.ts'
import type { Visible } from '../tables.ts'
import { certificateReply, checkedAnswer, decideOn } from './answer/routes.ts'
import { askedOf, caseInputs, casePage, type CaseInputs, type CasePage } from './case-page.ts'
import { addOwn, changeSettings, openCase, overrideFigure, removeOwn, resetOverrides, takeUpCatalogue, withdrawCase } from './commands.ts'
import { figureContent, ownImprovementContent, ownScenarioContent } from './content.ts'
import { FiguresQuery, figuresPage, ofFigure } from './figures/routes.ts'
import { casesOf } from './queries.ts'
import { change, ListQuery, ofCase, solveAndKeep, view } from './routes.ts'
import { solveProblem } from './solving.ts'

const path = '/api/v1/investment'

const Case = z.object({
  id: z.string(),
  name: z.string(),
  revision: z.int(),
  versions: z.unknown().describe('Which version of each entry of the catalogue the case goes by'),
  settings: z.unknown().describe('Money in pence'),
  inPlace: z.array(z.string()),
  suggestedInPlace: z.array(z.string()).describe('By the newest review, to be confirmed'),
  newerEntries: z.int(),
  answer: z
    .object({
      id: z.string(),
      isOutOfDate: z.boolean(),
      at: instant,
      answer: z.unknown().describe('Pounds a year; savings are never to be added up'),
      study: z.unknown().describe('The frontier, the futures and the rest; null until they are worked out'),
    })
    .nullable(),
  decision: z.object({ chosen: z.array(z.string()), isOwn: z.boolean(), reason: z.string(), at: instant }).nullable(),
})

function caseAnswer({ inputs: { found }, kept, decision, suggested, newer }: CasePage): z.input<typeof Case> {
  const { id, name, revision, versions, settings, inPlace } = found
  return {
    id,
    name,
    revision,
    versions,
    settings,
    inPlace: [...inPlace],
    suggestedInPlace: [...suggested],
    newerEntries: newer,
    answer: kept === null ? null : { id: kept.id, isOutOfDate: kept.isOutOfDate, at: kept.at, answer: kept.answer, study: kept.study },
    decision: decision === null ? null : { ...decision, chosen: [...decision.chosen] },
  }
}

const read = async (db: Reader<Visible>, id: string) => caseAnswer(await casePage(db, id))

const list = listOperation({
  id: 'listInvestmentCases',
  summary: 'List the cases of your organisation, the newest first',
  path,
  page: 'GET /investment',
  access: view,
  query: filtersOf(ListQuery),
  item: z.object({
    id: z.string(),
    name: z.string(),
    openedAt: instant,
    changedAt: instant,
    answeredAt: instant.nullable(),
    decidedAt: instant.nullable(),
  }),
  list: (db: Reader<Visible>, page, { actor, query: { q } }) => casesOf(db, actor, q, page),
})

const open = operation({
  id: 'openInvestmentCase',
  summary: 'Open a case, with what is assumed for your type and size, and solve it',
  method: 'POST',
  path,
  page: 'POST /investment',
  access: change,
  status: 201,
  body: z.object({ name: z.string().max(200) }),
  answer: Case,
  async handle(request) {
    const id = await request.work<Visible, string>(unit => openCase(unit, request.body))
    await solveAndKeep(request, id)
    return request.read<Visible, z.input<typeof Case>>(db => read(db, id))
  },
})

const show = operation({
  id: 'getInvestmentCase',
  summary: 'Read a case, its newest answer and what was decided',
  method: 'GET',
  path: `${path}/:id`,
  page: 'GET /investment/:id',
  access: view,
  params: ofCase,
  answer: Case,
  read: (db: Reader<Visible>, { params: { id } }) => read(db, id),
})

const codes = z.array(z.string().max(60)).max(200)
const money = z.int('Give whole pence').min(0, 'An amount cannot be below nothing').max(1e13)
const Settings = z.object({
  size: z.enum(SIZES).optional(),
  capital: money.optional(),
  revenue: money.optional(),
  peopleDays: z.number().min(0).max(1e6).optional(),
  dayRate: money.optional(),
  required: codes.optional(),
  excluded: codes.optional(),
  years: z.int().min(1).max(5).optional(),
  inPlace: codes.optional(),
})

type Asked = z.infer<typeof Settings>

function settingsIn({ inPlace: _, ...settings }: Asked) {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

const solve = operation({
  id: 'solveInvestmentCase',
  summary: 'Change what there is to spend and what is wished, solve, and keep the answer',
  description: 'Money in pence. What is not named stays as it is. What takes longer than the answer stands beside it some seconds later.',
  method: 'POST',
  path: `${path}/:id/solve`,
  page: 'POST /investment/:id/solve',
  access: change,
  params: ofCase,
  body: Settings.extend({ seen: z.int().positive().nullable().default(null).describe('The revision that you saw') }),
  answer: Case,
  async handle(request) {
    const { id } = request.params
    const { seen, ...asked } = request.body
    await request.work<Visible, void>(unit =>
      changeSettings(unit, { id, seen, settings: settingsIn(asked), ...(asked.inPlace === undefined ? {} : { inPlace: asked.inPlace }) }),
    )
    await solveAndKeep(request, id)
    return request.read<Visible, z.input<typeof Case>>(db => read(db, id))
  },
})

const attempt = operation({
  id: 'tryInvestmentCase',
  summary: 'Solve a case with other figures, and keep nothing',
  method: 'POST',
  path: `${path}/:id/preview`,
  page: 'POST /investment/:id/preview',
  access: change,
  params: ofCase,
  body: Settings,
  answer: z.object({ answer: z.unknown() }),
  async handle(request) {
    const inputs = await request.read<Visible, CaseInputs>(db => caseInputs(db, request.params.id))
    const settings = { ...inputs.found.settings, ...settingsIn(request.body) }
    const inPlace = request.body.inPlace ?? inputs.found.inPlace
    const { problem, hash, mustDos } = askedOf(inputs, { settings, inPlace })
    const { answer } = await solveProblem(request.platform, problem, { hash, mustDos, inPlace })
    return { answer }
  },
})

const figures = listOperation({
  id: 'listInvestmentFigures',
  summary: 'List every figure that a case goes by, and what you say otherwise',
  path: `${path}/:id/figures`,
  page: 'GET /investment/:id/figures',
  access: view,
  params: ofCase,
  query: filtersOf(FiguresQuery),
  item: z.object({
    kind: z.enum(['improvement', 'scenario']),
    code: z.string(),
    of: z.string(),
    field: z.string(),
    unit: z.string(),
    version: z.int().nullable(),
    figure: z.unknown(),
    catalogue: z.unknown().describe('What the catalogue says, where you say otherwise'),
    override: z.unknown(),
  }),
  async list(db: Reader<Visible>, { limit, cursor }, { params: { id }, query: { q, show: shown } }) {
    const { rows, ...rest } = figuresPage(await casePage(db, id), { q, show: shown, cursor }, limit)
    return { rows, ...rest }
  },
})

const say = operation({
  id: 'sayInvestmentFigureOtherwise',
  summary: 'Say one figure otherwise than the catalogue; nobody else reads it',
  method: 'POST',
  path: `${path}/:id/figures/:kind/:code/:field`,
  page: 'POST /investment/:id/figures/:kind/:code/:field',
  access: change,
  params: ofFigure,
  body: z.object({ figure: figureContent, reason: reasonField, owner: z.string().max(200).default('') }),
  answer: null,
  write: (work: Work<Visible>, { params, body }) => overrideFigure(work, { ...params, ...body }),
})

const resetOne = operation({
  id: 'resetInvestmentFigure',
  summary: 'Go back to what the catalogue says of one figure',
  method: 'POST',
  path: `${path}/:id/figures/:kind/:code/:field/reset`,
  page: 'POST /investment/:id/figures/:kind/:code/:field/reset',
  access: change,
  params: ofFigure,
  answer: null,
  write: (work: Work<Visible>, { params: { id, ...only } }) => resetOverrides(work, { id, only }),
})

const resetAll = operation({
  id: 'resetInvestmentFigures',
  summary: 'Go back to what the catalogue says of every figure',
  method: 'POST',
  path: `${path}/:id/reset`,
  page: 'POST /investment/:id/reset',
  access: change,
  params: ofCase,
  answer: null,
  write: (work: Work<Visible>, { params: { id } }) => resetOverrides(work, { id, only: null }),
})

const ownImprovement = operation({
  id: 'addOwnImprovement',
  summary: 'Add an improvement of your own to a case',
  method: 'POST',
  path: `${path}/:id/own/improvement`,
  page: 'POST /investment/:id/own/improvement',
  access: change,
  params: ofCase,
  status: 201,
  body: z.object({ name: z.string().max(200), content: ownImprovementContent }),
  answer: z.object({ code: z.string() }),
  write: async (work: Work<Visible>, { params: { id }, body }) => ({ code: await addOwn(work, { id, entry: { kind: 'improvement', ...body } }) }),
})

const ownScenario = operation({
  id: 'addOwnScenario',
  summary: 'Add something that can happen, of your own, to a case',
  method: 'POST',
  path: `${path}/:id/own/scenario`,
  page: 'POST /investment/:id/own/scenario',
  access: change,
  params: ofCase,
  status: 201,
  body: z.object({ name: z.string().max(200), content: ownScenarioContent }),
  answer: z.object({ code: z.string() }),
  write: async (work: Work<Visible>, { params: { id }, body }) => ({ code: await addOwn(work, { id, entry: { kind: 'scenario', ...body } }) }),
})

const removeOne = operation({
  id: 'removeOwnEntry',
  summary: 'Take something of your own out of a case',
  method: 'POST',
  path: `${path}/:id/own/:code/remove`,
  page: 'POST /investment/:id/own/:code/remove',
  access: change,
  params: ofCase.extend({ code: z.string().max(60) }),
  answer: null,
  write: (work: Work<Visible>, { params }) => removeOwn(work, params),
})

const takeUp = operation({
  id: 'takeUpCatalogue',
  summary: 'Let a case go by the catalogue as it is today',
  method: 'POST',
  path: `${path}/:id/take-up`,
  page: 'POST /investment/:id/take-up',
  access: change,
  params: ofCase,
  answer: null,
  write: (work: Work<Visible>, { params: { id } }) => takeUpCatalogue(work, id),
})

const withdraw = operation({
  id: 'withdrawInvestmentCase',
  summary: 'Take a case away; what was decided stays in the plan',
  method: 'POST',
  path: `${path}/:id/withdraw`,
  page: 'POST /investment/:id/withdraw',
  access: change,
  params: ofCase,
  answer: null,
  write: (work: Work<Visible>, { params: { id } }) => withdrawCase(work, id),
})

const decide = operation({
  id: 'decideInvestmentCase',
  summary: 'Choose what to do, and put it into the plan; another choice than the answer says why',
  method: 'POST',
  path: `${path}/:id/decide`,
  page: 'POST /investment/:id/decide',
  access: change,
  params: ofCase,
  body: z.object({ answer: z.string().max(60), chosen: codes, reason: z.string().max(4_000).default('') }),
  answer: z.object({ ids: z.array(z.string()), already: z.int() }),
  async handle(request) {
    const { answer: answerId, chosen, reason } = request.body
    const { ids, already } = await decideOn(request, request.params.id, { answerId, chosen, reason })
    return { ids: [...ids], already }
  },
})

const ofAnswer = ofCase.extend({ answer: z.string().max(60) })

const certificate = fileOperation({
  id: 'getInvestmentCertificate',
  summary: 'Take the problem and the certificate of an answer, for a checker of your own',
  path: `${path}/:id/answers/:answer/certificate`,
  page: 'GET /investment/:id/answers/:answer/certificate.json',
  method: 'GET',
  access: view,
  params: ofAnswer,
  type: 'application/json',
  handle: request => certificateReply(request, request.params),
})

const check = operation({
  id: 'checkInvestmentAnswer',
  summary: 'Let the independent checker look at an answer again',
  method: 'GET',
  path: `${path}/:id/answers/:answer/check`,
  page: 'GET /investment/:id/answers/:answer/check',
  access: view,
  params: ofAnswer,
  answer: z.object({ agrees: z.boolean(), findings: z.array(z.string()) }),
  async handle(request) {
    const { findings } = await checkedAnswer(request, request.params)
    return { agrees: findings.length === 0, findings: [...findings] }
  },
})

export const investmentOperations: readonly Route[] = [
  list,
  open,
  show,
  solve,
  attempt,
  figures,
  say,
  resetOne,
  resetAll,
  ownImprovement,
  ownScenario,
  removeOne,
  takeUp,
  withdraw,
  decide,
  certificate,
  check,
]
