import { z } from 'zod'
import { Invalid } from '../../../../kernel/errors.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { csvText } from '../../../../platform/csv/csv.ts'
import { refusalOf } from '../../../../platform/forms/form.ts'
import { csv, page, type FileReply, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import type { Visible } from '../../tables.ts'
import { frameworkOf, outcomeLines } from '../outcomes/queries.ts'
import { ownAssessment } from '../queries.ts'
import { assessmentPath, titleOf } from '../views.ts'
import { takeAnswers, type Taken } from './commands.ts'
import { differingStatuses, SHEET_HEAD } from './model.ts'
import { sheetRows } from './queries.ts'
import { readAnswersFile } from './read-file.ts'
import { sheetWorkbook } from './workbook.ts'

const view = { permission: 'assure.assessment.view' } as const
const answer = { permission: 'assure.assessment.answer' } as const
const params = z.object({ id: z.string().max(60) })
type OfAssessment = RouteRequest<z.infer<typeof params>>

const LARGEST_FILE = 5_242_880
const PROBLEMS_SHOWN = 200
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

const show = route({ method: 'GET', path: '/assessments/:id/sheet', access: answer, params, handle: request => sheetPage(request, null, []) })

interface Outcome {
  readonly taken: Taken
  readonly differing: readonly string[]
}

async function sheetPage(request: OfAssessment, outcome: Outcome | null, problems: readonly Problem[]): Promise<Reply> {
  const { actor, read } = request
  const assessment = await read<Visible, Awaited<ReturnType<typeof ownAssessment>>>(db => ownAssessment(db, actor, request.params.id))
  const path = assessmentPath(assessment.id)
  const model = {
    title: titleOf(assessment),
    path,
    isOpen: assessment.state === 'open',
    error: problems[0]?.message ?? null,
    outcome:
      outcome === null
        ? null
        : {
            ...outcome.taken,
            differing: outcome.differing,
            problems: outcome.taken.problems.slice(0, PROBLEMS_SHOWN).map(({ message }) => message),
            all: outcome.taken.problems.length,
          },
  }
  return page('assure/assessments/sheet/views/sheet.njk', 'Answer in a spreadsheet', model, { problems })
}

const asCsv = route({
  method: 'GET',
  path: '/assessments/:id/sheet.csv',
  access: view,
  params,
  handle: async request => csv('answers.csv', csvText(SHEET_HEAD, await rowsOf(request))),
})

const asWorkbook = route({
  method: 'GET',
  path: '/assessments/:id/sheet.xlsx',
  access: view,
  params,
  async handle(request): Promise<FileReply> {
    return { kind: 'file', contentType: XLSX, filename: 'answers.xlsx', body: await sheetWorkbook(await rowsOf(request)) }
  },
})

function rowsOf({ actor, params: { id }, read }: OfAssessment): ReturnType<typeof sheetRows> {
  return read<Visible, Awaited<ReturnType<typeof sheetRows>>>(async db => sheetRows(db, actor, await ownAssessment(db, actor, id)))
}

const take = route({
  method: 'POST',
  path: '/assessments/:id/sheet',
  access: answer,
  params,
  perMinute: 30,
  largestFile: LARGEST_FILE,
  async handle(request) {
    const file = request.files.get('file')
    if (file === undefined)
      return sheetPage(request, null, [{ rule: 'assure.sheet.no-file', pointer: 'file', severity: 'error', message: 'Choose the file' }])
    try {
      const read = await readAnswersFile(file.bytes)
      const taken = await request.work<Visible, Taken>(work => takeAnswers(work, request.params.id, read))
      const differing = await differingOf(request, read.statuses)
      return await sheetPage(request, { taken: { ...taken, problems: [...read.problems, ...taken.problems] }, differing }, [])
    } catch (error) {
      if (!(error instanceof Invalid)) throw error
      return sheetPage(request, null, [refusalOf(error, 'file')])
    }
  },
})

function differingOf({ actor, params: { id }, read }: OfAssessment, statuses: ReadonlyMap<string, string>): Promise<readonly string[]> {
  return read<Visible, readonly string[]>(async db => {
    const assessment = await ownAssessment(db, actor, id)
    return differingStatuses(await outcomeLines(db, actor, assessment), (await frameworkOf(db, assessment)).levels, statuses)
  })
}

export const sheetRoutes: readonly Route[] = [show, asCsv, asWorkbook, take]
