import { z } from 'zod'
import type { Problem } from '../../../kernel/problem.ts'
import { withSystemSight } from '../../../platform/auth/actors.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import type { Refusal } from '../../../ui/refusal.ts'
import { noSuchAssessment, seesOnlyGiven } from '../assessments/model.ts'
import { ownAssessment } from '../assessments/queries.ts'
import type { Visible } from '../tables.ts'
import { askAssessor, endEngagement, extendEngagement, giveToAssessor, takeBack } from './commands.ts'
import { askForm, untilForm } from './fields.ts'
import { centreAssessors, engagementsOf, type Candidate } from './queries.ts'
import { askModel, engagementAddress, engagementModel, type EngagementPage } from './views.ts'

const VIEWS = 'assure/engagements/views'
const PATH = '/assessments/:id/engagement'
const view = { permission: 'assure.assessment.view' } as const
const ask = { permission: 'assure.engagement.ask' } as const
export const ofAssessment = z.object({ id: z.string().max(60) })
export const ofEngagement = z.object({ id: z.string().max(60), engagement: z.string().max(60) })

type Asked = RouteRequest<z.infer<typeof ofAssessment>>

/** The assessment of the actor's own organisation, with everybody who was asked in. Throws `NotFound`, also for a colleague who answers parts of it alone. */
export async function engagementPage(db: Reader<Visible>, actor: RouteRequest['actor'], id: string): Promise<EngagementPage> {
  const assessment = await ownAssessment(db, actor, id)
  if (seesOnlyGiven(actor)) throw noSuchAssessment()
  return { assessment, engagements: await engagementsOf(db, assessment.id) }
}

async function shown(
  request: Asked,
  options: { typed?: Readonly<Record<string, unknown>>; problems?: readonly Problem[]; refused?: Refusal } = {},
): Promise<Reply> {
  const { typed = {}, problems = [], refused = null } = options
  const found = await request.read<Visible, EngagementPage>(db => engagementPage(db, request.actor, request.params.id))
  const model = engagementModel(found, request.now, may(request.actor, ask.permission), typed, problems, refused)
  return page(`${VIEWS}/engagement.njk`, 'Who assesses', model, { problems })
}

const show = route({ method: 'GET', path: PATH, access: view, params: ofAssessment, handle: request => shown(request) })

async function askPage(request: Asked, typed: Readonly<Record<string, unknown>> = {}, problems: readonly Problem[] = []): Promise<Reply> {
  const { assessment } = await request.read<Visible, EngagementPage>(db => engagementPage(db, request.actor, request.params.id))
  // Whom the organisation may ask it does not see among its own people.
  const assessors = await readAs<Visible, readonly Candidate[]>(request.platform, withSystemSight(request.actor), db =>
    centreAssessors(db, assessment.organisationId),
  )
  return page(`${VIEWS}/ask.njk`, 'Ask an assessor in', askModel(assessment, assessors, request.now, typed, problems), { problems })
}

const askShow = route({ method: 'GET', path: `${PATH}/ask`, access: ask, params: ofAssessment, handle: request => askPage(request) })

const askPost = route({
  method: 'POST',
  path: `${PATH}/ask`,
  access: ask,
  params: ofAssessment,
  async handle(request) {
    const form = readForm(askForm, request.body)
    if (!form.ok) return askPage(request, form.typed, form.problems)
    const { id } = request.params
    try {
      await request.workWithSystemSight<Visible, string>(unit => askAssessor(unit, { assessmentId: id, ...form.value }))
    } catch (error) {
      const problem = refusalOf(error, 'kind')
      return askPage(request, request.body, [{ ...problem, pointer: problem.rule.endsWith('until') ? 'until' : 'kind' }])
    }
    return redirect(engagementAddress(id), { notice: 'They are asked in. They see nothing before they have declared their independence.' })
  },
})

const end = route({
  method: 'POST',
  path: `${PATH}/:engagement/end`,
  access: ask,
  params: ofEngagement,
  async handle(request) {
    const { id, engagement } = request.params
    const reason = typeof request.body['reason'] === 'string' ? request.body['reason'] : ''
    try {
      await request.work<Visible, void>(unit => endEngagement(unit, { assessmentId: id, engagementId: engagement, reason }))
    } catch (error) {
      const problem = refusalOf(error, 'reason')
      return shown(request, { problems: [problem], refused: { href: engagementAddress(id, `/${engagement}/end`), reason, message: problem.message } })
    }
    return redirect(engagementAddress(id), { notice: 'It is ended. From now on they read nothing of your review.' })
  },
})

const extend = route({
  method: 'POST',
  path: `${PATH}/:engagement/extend`,
  access: ask,
  params: ofEngagement,
  async handle(request) {
    const { id, engagement } = request.params
    const form = readForm(untilForm, request.body)
    if (!form.ok) return shown(request, { typed: form.typed, problems: form.problems })
    try {
      await request.work<Visible, void>(unit => extendEngagement(unit, { assessmentId: id, engagementId: engagement, ...form.value }))
    } catch (error) {
      return shown(request, { typed: request.body, problems: [refusalOf(error, 'until')] })
    }
    return redirect(engagementAddress(id), { notice: 'The day is changed.' })
  },
})

const step = (name: 'give' | 'take-back', run: typeof giveToAssessor, notice: string) =>
  route({
    method: 'POST',
    path: `${PATH}/${name}`,
    access: ask,
    params: ofAssessment,
    async handle(request) {
      const { id } = request.params
      await request.work<Visible, void>(unit => run(unit, id))
      return redirect(engagementAddress(id), { notice })
    },
  })

export const engagementRoutes: readonly Route[] = [
  show,
  askShow,
  askPost,
  step('give', giveToAssessor, 'The review is with the assessor. Your own answers stand still until they hand over, or you take it back.'),
  step('take-back', takeBack, 'The review is open again. Your own answers can be changed.'),
  end,
  extend,
]
