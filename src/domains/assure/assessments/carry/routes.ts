import { z } from 'zod'
import { page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import type { Visible } from '../../tables.ts'
import { assessmentPath, outcomePath, titleOf } from '../views.ts'
import { carriedOf, type Carried } from './queries.ts'

const show = route({
  method: 'GET',
  path: '/assessments/:id/carried',
  access: { permission: 'assure.assessment.view' },
  params: z.object({ id: z.string().max(60) }),
  async handle({ actor, params, read }) {
    const { assessment, from, plan, waiting } = await read<Visible, Carried>(db => carriedOf(db, actor, params.id))
    const link = (code: string, outcome: string) => ({ code, href: `${outcomePath(assessment.id, outcome)}#i-${code}` })
    return page('assure/assessments/carry/views/carried.njk', 'What changed since last year’s review', {
      title: titleOf(assessment),
      path: assessmentPath(assessment.id),
      from: from === null ? null : { title: titleOf(from), href: assessmentPath(from.id) },
      waiting,
      waitingHref: `${assessmentPath(assessment.id)}?progress=to-confirm`,
      same: plan.same.length,
      changed: plan.changed.map(pair => ({ ...link(pair.to.code, pair.to.outcomeCode), text: pair.to.text, before: pair.from.text })),
      added: plan.added.map(one => ({ ...link(one.code, one.outcomeCode), text: one.text })),
      gone: plan.gone.map(({ code, text }) => ({ code, text })),
    })
  },
})

export const carryRoutes: readonly Route[] = [show]
