import { z } from 'zod'
import type { Problem } from '../../../kernel/problem.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { judgeReport } from './commands.ts'
import { LANDMARK_DAYS } from './model.ts'
import { readImpactOf, type ShownImpact } from './queries.ts'
import { impactView } from './views.ts'

const Params = z.object({ number: z.string().max(20) })
export const ImpactQuery = z.object({
  landmark: z.coerce
    .number()
    .refine(days => LANDMARK_DAYS.some(one => one === days))
    .catch(7)
    .default(7),
})
const Judgement = z.object({
  report: z
    .string()
    .trim()
    .min(1, 'Enter the number of the report, such as IN-2026-0001')
    .max(40, 'Enter the number of the report, such as IN-2026-0001'),
  ofKind: z.enum(['yes', 'no'], 'Say whether it is of the kind'),
})

type ImpactRequest = RouteRequest<z.infer<typeof Params>, z.infer<typeof ImpactQuery>>

const show = route({
  method: 'GET',
  path: '/bulletins/:number/impact',
  access: { permission: 'broadcast.impact.view' },
  params: Params,
  query: ImpactQuery,
  handle: request => showPage(request, []),
})

const judge = route({
  method: 'POST',
  path: '/bulletins/:number/impact/reports',
  access: { permission: 'broadcast.impact.judge' },
  params: Params,
  query: ImpactQuery,
  async handle(request) {
    const form = readForm(Judgement, request.body)
    if (!form.ok) return showPage(request, form.problems)
    const number = parseBulletinNumber(request.params.number) ?? 0
    const { report, ofKind } = form.value
    try {
      await request.work<Visible, void>(work => judgeReport(work, { number, report, isOfKind: ofKind === 'yes' }))
    } catch (error) {
      return showPage(request, [refusalOf(error, 'report')])
    }
    const notice = ofKind === 'yes' ? `${report} counts as of the kind of ${bulletinNumber(number)}.` : `${report} does not count any more.`
    return redirect(`/bulletins/${bulletinNumber(number)}/impact?landmark=${request.query.landmark}#reports`, { notice })
  },
})

async function showPage({ params, query, body, read, actor, now }: ImpactRequest, problems: readonly Problem[]): Promise<Reply> {
  const number = parseBulletinNumber(params.number) ?? 0
  const shown = await read<Visible, ShownImpact>(db => readImpactOf(db, actor.scope, number, query.landmark, now))
  const typed = typeof body['report'] === 'string' ? body['report'] : ''
  const model = {
    ...impactView(shown, may(actor, 'broadcast.impact.judge')),
    typed,
    error: problems.find(({ pointer }) => pointer === 'report')?.message,
  }
  return page('broadcast/impact/views/impact.njk', `Impact of ${model.number}`, model, { problems, isExercise: shown.bulletin.isExercise })
}

export const impactRoutes: readonly Route[] = [show, judge]
