import { z } from 'zod'
import { londonDate } from '../../../kernel/instant.ts'
import { fileOperation, operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { ownAssessment } from '../assessments/queries.ts'
import type { Visible } from '../tables.ts'
import { standingText } from './files.ts'
import { gapsOf, objectivesOf, type Report } from './model.ts'
import { boardMoney } from './money/queries.ts'
import { reportOf } from './queries.ts'
import { csvFile, ofReport, oscalFile, XLSX, xlsxFile } from './routes.ts'

const access = { permission: 'assure.report.view' }
const path = '/api/v1/assessments/:id/report'
const page = 'GET /assessments/:id/report'

const Objective = z.object({ code: z.string(), title: z.string(), meets: z.int(), below: z.int(), notAsked: z.int() })
const head = {
  assessmentId: z.string(),
  organisation: z.string(),
  framework: z.string(),
  period: z.string(),
  standing: z.string().describe('How far it is agreed and signed, in words'),
  isSigned: z.boolean(),
  hash: z.string().nullable(),
  risk: z.object({ level: z.string(), share: z.number(), source: z.string() }),
  objectives: z.array(Objective),
}

function headAnswer(report: Report) {
  return {
    assessmentId: report.assessment.id,
    organisation: report.organisation.name,
    framework: `${report.framework.code} ${report.framework.version}`,
    period: report.assessment.period,
    standing: standingText(report),
    isSigned: report.standing === 'signed',
    hash: report.hash,
    risk: { level: report.risk.level.code, share: report.risk.share, source: `${report.riskSource}, from ${report.riskRuleFrom}` },
    objectives: [...objectivesOf(report)],
  }
}

const Finding = z.object({ kind: z.enum(['finding', 'strength']), what: z.string(), detail: z.string(), advice: z.string() })
const Coefficient = z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable()
const Agreement = z.object({
  n: z.int(),
  same: z.number().nullable(),
  kappa: Coefficient,
  ac1: Coefficient,
  flattering: z.int(),
  harsh: z.int(),
})

const show = operation({
  id: 'getReport',
  summary: 'Read the report of a review',
  method: 'GET',
  path,
  page,
  access,
  params: ofReport,
  answer: z.object({
    ...head,
    narrative: z.string(),
    veracity: z.object({ indicators: Agreement, outcomes: Agreement, objectives: z.array(Agreement.extend({ code: z.string() })) }).nullable(),
    veracityWords: z.string(),
    outcomes: z.array(
      z.object({
        code: z.string(),
        title: z.string(),
        required: z.string().nullable(),
        self: z.string(),
        independent: z.string().nullable(),
        agreed: z.string().nullable(),
        status: z.string(),
        meets: z.boolean().nullable(),
        text: z.string(),
        difference: z.string(),
        why: z.string(),
        evidenceGrade: z.string().nullable(),
        findings: z.array(Finding),
      }),
    ),
  }),
  async read(db: Reader<Visible>, { actor, params, now }) {
    const report = await reportOf(db, actor, params.id, now)
    const { narrative, veracity, veracityWords, outcomes } = report
    return {
      ...headAnswer(report),
      narrative,
      veracity: veracity === null ? null : { ...veracity, objectives: [...veracity.objectives] },
      veracityWords,
      outcomes: outcomes.map(one => ({
        ...one,
        code: one.outcome.code,
        title: one.outcome.title,
        required: one.outcome.required,
        findings: [...one.findings],
      })),
    }
  },
})

const board = operation({
  id: 'getBoardPage',
  summary: 'Read the page for the board of a review of your own',
  method: 'GET',
  path: '/api/v1/assessments/:id/board',
  page: 'GET /assessments/:id/board',
  access,
  params: ofReport,
  answer: z.object({
    ...head,
    strengths: z.array(z.object({ code: z.string(), what: z.string() })),
    gaps: z.array(z.object({ code: z.string(), title: z.string(), status: z.string(), required: z.string().nullable() })),
    money: z
      .object({ open: z.int(), late: z.int(), granted: z.int(), missing: z.int() })
      .nullable()
      .describe('Of the plan, in pence: capital and one year together; null without a plan'),
  }),
  async read(db: Reader<Visible>, { actor, params, now }) {
    await ownAssessment(db, actor, params.id)
    const report = await reportOf(db, actor, params.id, now)
    return {
      ...headAnswer(report),
      strengths: report.outcomes.flatMap(({ outcome, findings }) =>
        findings.filter(({ kind }) => kind === 'strength').map(({ what }) => ({ code: outcome.code, what })),
      ),
      gaps: gapsOf(report).map(({ outcome, status }) => ({ code: outcome.code, title: outcome.title, status, required: outcome.required })),
      money: await boardMoney(db, actor, londonDate(now)),
    }
  },
})

const file = { method: 'GET', access, params: ofReport } as const

const asCsv = fileOperation({
  ...file,
  id: 'getReportCsv',
  summary: 'Take the outcomes of a review as CSV',
  type: 'text/csv; charset=utf-8',
  path: `${path}.csv`,
  page: `${page}.csv`,
  handle: csvFile,
})

const asXlsx = fileOperation({
  ...file,
  id: 'getReportWorkbook',
  summary: 'Take a review as a spreadsheet',
  type: XLSX,
  path: `${path}.xlsx`,
  page: `${page}.xlsx`,
  handle: xlsxFile,
})

const asOscal = fileOperation({
  ...file,
  id: 'getReportOscal',
  summary: 'Take a review as OSCAL assessment results',
  type: 'application/json; charset=utf-8',
  path: `${path}.oscal.json`,
  page: `${page}.oscal.json`,
  handle: oscalFile,
})

export const reportOperations: readonly Route[] = [show, board, asCsv, asXlsx, asOscal]
