import { z } from 'zod'
import { page, svg } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Visible } from '../../tables.ts'
import { cohortMiddle } from '../outcomes/cohort.ts'
import { linesAndLevels } from '../outcomes/queries.ts'
import { ownAssessment } from '../queries.ts'
import { trendOf, type Trend } from './queries.ts'
import { levelsChart, trendChart, trendView } from './views.ts'

const access = { permission: 'assure.assessment.view' } as const
const params = z.object({ id: z.string().max(60) })

const show = route({
  method: 'GET',
  path: '/assessments/:id/trend',
  access,
  params,
  async handle({ actor, params: { id }, read }) {
    const trend = await read<Visible, Trend>(db => trendOf(db, actor, id))
    return page('assure/assessments/trend/views/trend.njk', 'Year on year', trendView(trend, may(actor, 'assure.assessment.open')))
  },
})

const drawn = route({
  method: 'GET',
  path: '/assessments/:id/trend.svg',
  access,
  params,
  handle: async ({ actor, params: { id }, read }) => svg(trendChart(await read<Visible, Trend>(db => trendOf(db, actor, id))).svg),
})

const levels = route({
  method: 'GET',
  path: '/assessments/:id/levels.svg',
  access,
  params,
  async handle({ actor, params: { id }, read, now }) {
    const chart = await read<Visible, string>(async db => {
      const assessment = await ownAssessment(db, actor, id)
      const { lines, levels: ofFramework } = await linesAndLevels(db, actor, assessment)
      return levelsChart(lines, ofFramework, await cohortMiddle(db, assessment, lines, now)).svg
    })
    return svg(chart)
  },
})

export const trendRoutes: readonly Route[] = [show, drawn, levels]
