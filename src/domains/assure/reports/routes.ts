import { z } from 'zod'
import { londonDate } from '../../../kernel/instant.ts'
import { csv, page, type FileReply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { ownAssessment } from '../assessments/queries.ts'
import type { Visible } from '../tables.ts'
import { reportCsv, reportOscal, reportWorkbook } from './files.ts'
import type { Report } from './model.ts'
import { boardMoney, type BoardMoney } from './money/queries.ts'
import { reportOf } from './queries.ts'
import { boardModel, reportModel } from './views.ts'

const VIEWS = 'assure/reports/views'
const access = { permission: 'assure.report.view' } as const
const PATH = '/assessments/:id/report'
export const ofReport = z.object({ id: z.string().max(60) })
export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

type Asked = Pick<RouteRequest<{ readonly id: string }>, 'read' | 'actor' | 'params' | 'now'>

const read = ({ read: ask, actor, params, now }: Asked) => ask<Visible, Report>(db => reportOf(db, actor, params.id, now))

const show = route({
  method: 'GET',
  path: PATH,
  access,
  params: ofReport,
  query: z.object({ view: z.enum(['full', 'summary']).catch('full').default('full') }),
  async handle(request) {
    const report = await read(request)
    return page(
      `${VIEWS}/report.njk`,
      `Report: ${report.organisation.name}`,
      reportModel(report, request.query.view, {
        organisationId: request.actor.organisationId,
        mayOffer: may(request.actor, 'assure.practice.offer'),
      }),
    )
  },
})

const board = route({
  method: 'GET',
  path: '/assessments/:id/board',
  access,
  params: ofReport,
  async handle({ read: ask, actor, params, now }) {
    const found = await ask<Visible, { report: Report; money: BoardMoney | null }>(async db => {
      await ownAssessment(db, actor, params.id)
      return { report: await reportOf(db, actor, params.id, now), money: await boardMoney(db, actor, londonDate(now)) }
    })
    return page(`${VIEWS}/board.njk`, 'For the board', boardModel(found.report, found.money))
  },
})

export async function csvFile(request: Asked): Promise<FileReply> {
  return csv('review.csv', reportCsv(await read(request)))
}

export async function xlsxFile(request: Asked): Promise<FileReply> {
  return { kind: 'file', contentType: XLSX, filename: 'review.xlsx', body: await reportWorkbook(await read(request)) }
}

export async function oscalFile(request: Asked): Promise<FileReply> {
  const body = JSON.stringify(reportOscal(await read(request)), null, 2)
  return { kind: 'file', contentType: 'application/json; charset=utf-8', filename: 'assessment-results.json', body }
}

const asCsv = route({ method: 'GET', path: `${PATH}.csv`, access, params: ofReport, handle: csvFile })
const asXlsx = route({ method: 'GET', path: `${PATH}.xlsx`, access, params: ofReport, handle: xlsxFile })
const asOscal = route({ method: 'GET', path: `${PATH}.oscal.json`, access, params: ofReport, handle: oscalFile })

export const reportRoutes: readonly Route[] = [show, board, asCsv, asXlsx, asOscal]
