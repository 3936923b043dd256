import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { bulletinName, ofBulletin } from '../api.ts'
import type { Visible } from '../tables.ts'
import { judgeReport } from './commands.ts'
import { differenceOf, rateOf, TOO_FEW, type Cell, type Impact } from './model.ts'
import { readImpactOf, type ShownImpact } from './queries.ts'
import { ImpactQuery } from './routes.ts'

const Interval = z.tuple([z.number(), z.number()]).describe('95%')
const Rate = z
  .object({ organisations: z.int(), reported: z.int().nullable(), share: z.number().nullable(), interval: Interval.nullable() })
  .describe(`Where fewer than ${TOO_FEW} reported, but some, how many is not said: a figure of one or two is an organisation by another name`)
const Row = z
  .object({ acted: Rate, notActed: Rate, difference: z.number().nullable(), differenceInterval: Interval.nullable() })
  .describe('An association, not a proof: nobody drew lots who acts')
const Report = z.object({
  number: z.string(),
  kind: z.string(),
  at: instant,
  organisationCode: z.string(),
  organisationName: z.string(),
  isConfirmed: z.boolean(),
})

const Answer = z.object({
  number: bulletinName,
  landmarkDays: z.int().describe('Who acted by so many days after the release is compared with who did not'),
  before: Row.nullable().describe('Over as long a time before the release; null while nothing lies after the landmark'),
  after: Row.nullable(),
  between: z
    .int()
    .nullable()
    .describe(`Reported between the release and the landmark; null also for one to ${TOO_FEW - 1}`),
  elsewhere: z
    .int()
    .nullable()
    .describe(`Reported, and are in neither group; null also for one to ${TOO_FEW - 1}`),
  reports: z.array(Report),
  reportsTotal: z.int(),
  toJudge: z.array(Report),
})

function rate(cell: Cell): z.input<typeof Rate> {
  const found = rateOf(cell)
  return {
    organisations: cell.organisations,
    reported: found === null ? null : cell.reported,
    share: found?.share ?? null,
    interval: found === null ? null : [...found.interval],
  }
}

/** A count, unless it is too small to be said. */
function said(count: number | undefined): number | null {
  return count === undefined || (count > 0 && count < TOO_FEW) ? null : count
}

function row({ acted, notActed }: Impact['before']): z.input<typeof Row> {
  const found = differenceOf({ acted, notActed })
  return {
    acted: rate(acted),
    notActed: rate(notActed),
    difference: found?.difference ?? null,
    differenceInterval: found === null ? null : [...found.interval],
  }
}

function answer({ bulletin, landmarkDays, impact, reports, toJudge }: ShownImpact): z.input<typeof Answer> {
  return {
    number: bulletin.number,
    landmarkDays,
    before: impact === null ? null : row(impact.before),
    after: impact === null ? null : row(impact.after),
    between: said(impact?.between),
    elsewhere: said(impact?.elsewhere),
    reports: [...reports.rows],
    reportsTotal: reports.total,
    toJudge: [...toJudge],
  }
}

const show = operation({
  id: 'getImpact',
  summary: 'Compare what was reported of the kind before and after a bulletin, by who acted on it',
  method: 'GET',
  path: '/api/v1/bulletins/:number/impact',
  page: 'GET /bulletins/:number/impact',
  access: { permission: 'broadcast.impact.view' },
  params: ofBulletin,
  query: filtersOf(ImpactQuery),
  answer: Answer,
  read: async (db: Reader<Visible>, { params: { number }, query, actor, now }) =>
    answer(await readImpactOf(db, actor.scope, number, query.landmark, now)),
})

const judge = operation({
  id: 'judgeReport',
  summary: 'Say that a reported incident is of the kind that a bulletin warns of, or that it is not',
  method: 'POST',
  path: '/api/v1/bulletins/:number/impact/reports',
  page: 'POST /bulletins/:number/impact/reports',
  access: { permission: 'broadcast.impact.judge' },
  params: ofBulletin,
  body: z.object({ report: z.string().trim().min(1).max(40).describe('Its number, such as IN-2026-0001'), ofKind: z.boolean() }),
  answer: null,
  write: (work: Work<Visible>, { params: { number }, body }) => judgeReport(work, { number, report: body.report, isOfKind: body.ofKind }),
})

export const impactOperations: readonly Route[] = [show, judge]
