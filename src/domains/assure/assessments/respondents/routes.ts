import { z } from 'zod'
import type { Problem } from '../../../../kernel/problem.ts'
import { asList, refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import type { Visible } from '../../tables.ts'
import { outcomeLines, respondentsByOutcome } from '../outcomes/queries.ts'
import { ownAssessment } from '../queries.ts'
import { assessmentPath, outcomePath, titleOf } from '../views.ts'
import { giveOutcomes, takeOutcome } from './commands.ts'
import { possibleRespondents } from './queries.ts'

const access = { permission: 'assure.assessment.open' } as const
const params = z.object({ id: z.string().max(60) })
type OfAssessment = RouteRequest<z.infer<typeof params>>

const show = route({
  method: 'GET',
  path: '/assessments/:id/respondents',
  access,
  params,
  handle: request => respondentsPage(request, [], { chosen: [], person: '' }),
})

interface Typed {
  readonly chosen: readonly string[]
  readonly person: string
}

async function respondentsPage(request: OfAssessment, problems: readonly Problem[], { chosen, person }: Typed): Promise<Reply> {
  const { actor, read } = request
  const model = await read<Visible, object>(async db => {
    const assessment = await ownAssessment(db, actor, request.params.id)
    const lines = await outcomeLines(db, actor, assessment)
    const people = await respondentsByOutcome(db, assessment.id)
    const colleagues = await possibleRespondents(db, assessment.organisationId)
    return {
      title: titleOf(assessment),
      path: assessmentPath(assessment.id),
      error: problems[0]?.message ?? null,
      person,
      colleagues: [{ value: '', text: 'Choose a colleague' }, ...colleagues.map(({ id, name }) => ({ value: id, text: name }))],
      groups: [...Map.groupBy(lines, line => line.groups[0]?.title ?? 'Outcomes')].map(([title, ofGroup]) => ({
        title,
        items: ofGroup.map(({ code, title: name }) => ({
          code,
          name,
          href: outcomePath(assessment.id, code),
          isChosen: chosen.includes(code),
          who: (people.get(code) ?? []).map(one => (one.part === 'owner' ? `${one.name} (owner)` : one.name)).join(', '),
        })),
      })),
    }
  })
  return page('assure/assessments/respondents/views/respondents.njk', 'Who answers what', model, { problems })
}

const give = route({
  method: 'POST',
  path: '/assessments/:id/respondents',
  access,
  params,
  async handle(request) {
    const { body } = request
    const outcomeCodes = asList(body['outcomes'])
    const personId = asList(body['person'])[0] ?? ''
    const part = body['part'] === 'owner' ? ('owner' as const) : ('respondent' as const)
    try {
      await request.work<Visible, void>(work => giveOutcomes(work, { assessmentId: request.params.id, outcomeCodes, personId, part }))
    } catch (error) {
      const problem = refusalOf(error, 'person')
      return respondentsPage(request, [problem], { chosen: outcomeCodes, person: personId })
    }
    const [one] = outcomeCodes
    const to =
      outcomeCodes.length === 1 && one !== undefined
        ? `${outcomePath(request.params.id, one)}#people`
        : `${assessmentPath(request.params.id)}/respondents`
    return redirect(to, { notice: 'Given. They find it under Our review.' })
  },
})

const take = route({
  method: 'POST',
  path: '/assessments/:id/respondents/take',
  access,
  params,
  async handle(request) {
    const { body } = request
    const [outcomeCode = ''] = asList(body['outcome'])
    const [personId = ''] = asList(body['person'])
    await request.work<Visible, void>(work => takeOutcome(work, { assessmentId: request.params.id, outcomeCode, personId }))
    return redirect(`${outcomePath(request.params.id, outcomeCode)}#people`, { notice: 'Taken from them. What they wrote stays.' })
  },
})

export const respondentRoutes: readonly Route[] = [show, give, take]
