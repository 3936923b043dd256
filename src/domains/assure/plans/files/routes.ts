import { fileOperation } from '../../../../platform/http/operation.ts'
import type { FileReply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { ownOrganisation } from '../../acting-for.ts'
import type { Visible } from '../../tables.ts'
import { planOscal, planWorkbook, wholePlan, type WholePlan } from './files.ts'

const access = { permission: 'assure.plan.view' } as const
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const JSON_TYPE = 'application/json'

const read = (request: RouteRequest) => request.read<Visible, WholePlan>(db => wholePlan(db, ownOrganisation(request.actor)))

async function sheet(request: RouteRequest): Promise<FileReply> {
  return { kind: 'file', contentType: XLSX, filename: 'plan.xlsx', body: await planWorkbook(await read(request)) }
}

async function oscal(request: RouteRequest): Promise<FileReply> {
  const document = planOscal(await read(request), request.now)
  return { kind: 'file', contentType: JSON_TYPE, filename: 'plan-oscal.json', body: JSON.stringify(document, null, 2) }
}

export const planFileRoutes: readonly Route[] = [
  route({ method: 'GET', path: '/plan.xlsx', access, handle: sheet }),
  route({ method: 'GET', path: '/plan/oscal.json', access, handle: oscal }),
  fileOperation({
    id: 'getPlanSheet',
    summary: 'Take the whole plan as a spreadsheet',
    method: 'GET',
    path: '/api/v1/plan/sheet',
    page: 'GET /plan.xlsx',
    access,
    type: XLSX,
    handle: sheet,
  }),
  fileOperation({
    id: 'getPlanOscal',
    summary: 'Take the whole plan as an OSCAL plan of action and milestones',
    method: 'GET',
    path: '/api/v1/plan/oscal',
    page: 'GET /plan/oscal.json',
    access,
    type: JSON_TYPE,
    handle: oscal,
  }),
]
