import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { ANSWERS } from '../assessments/model.ts'
import { engagementState } from '../engagements/model.ts'
import { engagementsFor } from '../engagements/queries.ts'
import type { Visible } from '../tables.ts'
import { addFinding, explainDifference, handOver, removeFinding, saveConclusion, saveView } from './commands.ts'
import { declareIndependence } from './declare/commands.ts'
import { conclusionForm, declareForm, differenceForm, findingForm, optionalText } from './fields.ts'
import { missingOf, type Desk, type OutcomeSheet } from './model.ts'
import { deskOf, outcomeSheet } from './queries.ts'
import { filterOf, ListQuery, ofDesk, ofFinding, ofOutcome } from './routes.ts'

const access = { permission: 'assure.review.assess' }
const path = '/api/v1/independent'

const list = listOperation({
  id: 'listIndependent',
  summary: 'List the assessments that you were asked for',
  path,
  page: 'GET /independent',
  access,
  query: filtersOf(ListQuery),
  item: z.object({
    id: z.string(),
    organisationCode: z.string(),
    organisationName: z.string(),
    kind: z.string(),
    state: z.string(),
    purpose: z.string(),
    until: instant,
  }),
  async list(db: Reader<Visible>, page, { actor, query, now }) {
    const found = await engagementsFor(db, actor, filterOf(query), page, now)
    return { ...found, rows: found.rows.map(one => ({ ...one, state: engagementState(one, now) })) }
  },
})

const DeskAnswer = z.object({
  engagementId: z.string(),
  assessmentId: z.string(),
  organisation: z.string(),
  framework: z.string(),
  state: z.string(),
  outcomes: z.array(
    z.object({
      code: z.string(),
      title: z.string(),
      required: z.string().nullable(),
      status: z.string().nullable(),
      state: z.enum(['open', 'recorded']).nullable(),
      selfStatus: z.string().nullable().describe('null until the own view is recorded'),
      differs: z.boolean(),
      findings: z.int(),
      strengths: z.int(),
    }),
  ),
  missing: z.array(z.object({ what: z.string(), outcome: z.string().nullable() })).describe('What stands between you and handing over'),
})

function deskAnswer(desk: Desk): z.input<typeof DeskAnswer> {
  return {
    engagementId: desk.engagement.id,
    assessmentId: desk.assessment.id,
    organisation: desk.engagement.organisationName,
    framework: `${desk.framework.code} ${desk.framework.version}`,
    state: desk.assessment.state,
    outcomes: desk.lines.map(({ outcome, own, self, differs, findings, strengths }) => ({
      code: outcome.code,
      title: outcome.title,
      required: outcome.required,
      status: own?.status ?? null,
      state: own?.state ?? null,
      selfStatus: self?.status ?? null,
      differs,
      findings,
      strengths,
    })),
    missing: [...missingOf(desk)],
  }
}

const desk = operation({
  id: 'getIndependent',
  summary: 'Read where you stand with an assessment',
  method: 'GET',
  path: `${path}/:id`,
  page: 'GET /independent/:id',
  access,
  params: ofDesk,
  answer: DeskAnswer,
  read: async (db: Reader<Visible>, { actor, params, now }) => deskAnswer(await deskOf(db, actor, params.id, now)),
})

const Said = z.object({ answer: z.enum(ANSWERS).nullable(), comment: z.string() })
const SheetAnswer = z.object({
  code: z.string(),
  title: z.string(),
  status: z.string().nullable(),
  state: z.enum(['open', 'recorded']).nullable(),
  summary: z.string(),
  evidenceGrade: z.string().nullable(),
  difference: z.string(),
  revision: z.int(),
  self: z.object({ status: z.string(), summary: z.string() }).nullable().describe('null until your own view is recorded'),
  indicators: z.array(z.object({ code: z.string(), level: z.string(), text: z.string(), own: Said.nullable(), self: Said.nullable() })),
  findings: z.array(z.object({ id: z.string(), kind: z.enum(['finding', 'strength']), what: z.string(), detail: z.string(), advice: z.string() })),
})

function sheetAnswer({ line, indicators, own, self, findings }: OutcomeSheet): z.input<typeof SheetAnswer> {
  return {
    code: line.outcome.code,
    title: line.outcome.title,
    status: line.own?.status ?? null,
    state: line.own?.state ?? null,
    summary: line.own?.summary ?? '',
    evidenceGrade: line.own?.evidenceGrade ?? null,
    difference: line.own?.difference ?? '',
    revision: line.own?.revision ?? 0,
    self: line.self,
    indicators: indicators.map(one => ({
      ...one,
      own: own.get(one.code) ?? null,
      self: line.self === null ? null : (self.get(one.code) ?? null),
    })),
    findings: [...findings],
  }
}

async function answered(db: Reader<Visible>, actor: Work<Visible>['actor'], { id, code }: z.infer<typeof ofOutcome>, now: Date) {
  return sheetAnswer(await outcomeSheet(db, await deskOf(db, actor, id, now), code))
}

const sheet = operation({
  id: 'getIndependentOutcome',
  summary: 'Read one outcome of an assessment, without what the organisation said of it until you have recorded your own view',
  method: 'GET',
  path: `${path}/:id/outcomes/:code`,
  page: 'GET /independent/:id/outcomes/:code',
  access,
  params: ofOutcome,
  answer: SheetAnswer,
  read: (db: Reader<Visible>, { actor, params, now }) => answered(db, actor, params, now),
})

const save = operation({
  id: 'saveIndependentOutcome',
  summary: 'Keep your view of an outcome, or record it',
  method: 'POST',
  path: `${path}/:id/outcomes/:code`,
  page: 'POST /independent/:id/outcomes/:code',
  access,
  params: ofOutcome,
  body: z.object({
    answers: z.array(z.object({ code: z.string().max(60), answer: z.enum(ANSWERS).nullable(), comment: optionalText })).max(1_000),
    summary: optionalText,
    evidenceGrade: z.string().max(40).nullable().default(null),
    revision: z.int().min(0).max(2_147_483_647).describe('The one that you saw; 0 for none'),
    record: z.boolean().default(false),
    reason: optionalText.describe('Why a recorded view is changed'),
  }),
  answer: SheetAnswer,
  async write(work: Work<Visible>, { actor, params, body, now }) {
    await saveView(work, { engagementId: params.id, outcomeCode: params.code, ...body })
    return answered(work.db, actor, params, now)
  },
})

const explain = operation({
  id: 'explainIndependentOutcome',
  summary: 'Say why you see an outcome differently',
  method: 'POST',
  path: `${path}/:id/outcomes/:code/explain`,
  page: 'POST /independent/:id/outcomes/:code/explain',
  access,
  params: ofOutcome,
  body: differenceForm,
  answer: SheetAnswer,
  async write(work: Work<Visible>, { actor, params, body, now }) {
    await explainDifference(work, { engagementId: params.id, outcomeCode: params.code, ...body })
    return answered(work.db, actor, params, now)
  },
})

const find = operation({
  id: 'addFinding',
  summary: 'Add a finding or a strength to an outcome',
  method: 'POST',
  path: `${path}/:id/outcomes/:code/findings`,
  page: 'POST /independent/:id/outcomes/:code/findings',
  access,
  params: ofOutcome,
  status: 201,
  body: findingForm,
  answer: SheetAnswer,
  async write(work: Work<Visible>, { actor, params, body, now }) {
    await addFinding(work, { engagementId: params.id, outcomeCode: params.code, ...body })
    return answered(work.db, actor, params, now)
  },
})

const remove = operation({
  id: 'removeFinding',
  summary: 'Remove a finding or a strength that you wrote',
  method: 'POST',
  path: `${path}/:id/outcomes/:code/findings/:finding/remove`,
  page: 'POST /independent/:id/outcomes/:code/findings/:finding/remove',
  access,
  params: ofFinding,
  answer: SheetAnswer,
  async write(work: Work<Visible>, { actor, params, now }) {
    await removeFinding(work, { engagementId: params.id, outcomeCode: params.code, findingId: params.finding })
    return answered(work.db, actor, params, now)
  },
})

const step = (name: 'declare' | 'conclusion' | 'hand-over') => ({
  method: 'POST' as const,
  path: `${path}/:id/${name}` as const,
  page: `POST /independent/:id/${name}`,
  access,
  params: ofDesk,
  answer: DeskAnswer,
})

const declare = operation({
  ...step('declare'),
  id: 'declareIndependence',
  summary: 'Declare your independence and your conflicts of interest, before you see anything',
  body: declareForm,
  async write(work: Work<Visible>, { actor, params, body, now }) {
    await declareIndependence(work, { engagementId: params.id, ...body })
    return deskAnswer(await deskOf(work.db, actor, params.id, now))
  },
})

const conclude = operation({
  ...step('conclusion'),
  id: 'concludeIndependent',
  summary: 'Keep your conclusions: of the risk, and of how true the self-assessment is',
  body: conclusionForm,
  async write(work: Work<Visible>, { actor, params, body, now }) {
    await saveConclusion(work, { engagementId: params.id, ...body })
    return deskAnswer(await deskOf(work.db, actor, params.id, now))
  },
})

const hand = operation({
  ...step('hand-over'),
  id: 'handOverIndependent',
  summary: 'Hand your view over to the organisation; refused while something is missing',
  async write(work: Work<Visible>, { actor, params, now }) {
    await handOver(work, params.id)
    return deskAnswer(await deskOf(work.db, actor, params.id, now))
  },
})

export const independentOperations: readonly Route[] = [list, desk, sheet, save, explain, find, remove, declare, conclude, hand]
