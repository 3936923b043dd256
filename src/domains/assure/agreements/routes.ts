import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type FileReply, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Visible } from '../tables.ts'
import { decideOutcome, signAgreement } from './commands.ts'
import { decideForm, signForm } from './fields.ts'
import { sideOf, type AgreedLine, type AgreedReview } from './model.ts'
import { agreedReview } from './queries.ts'
import { agreementAddress, agreementModel, decideModel } from './views.ts'

const VIEWS = 'assure/agreements/views'
const PATH = '/assessments/:id/agreement'
const view = { permission: 'assure.report.view' } as const
const sign = { permission: 'assure.agreement.sign' } as const
export const ofReview = z.object({ id: z.string().max(60) })
export const ofDecision = z.object({ id: z.string().max(60), code: z.string().max(60) })

type Asked = RouteRequest<{ readonly id: string }>
const reviewOf = ({ read, params }: Asked) => read<Visible, AgreedReview>(db => agreedReview(db, params.id))

async function shown(request: Asked, problems: readonly Problem[] = []): Promise<Reply> {
  const review = await reviewOf(request)
  const { actor } = request
  const model = agreementModel(review, { id: actor.id, organisationId: actor.organisationId, maySign: may(actor, sign.permission) })
  return page(`${VIEWS}/agreement.njk`, 'What is agreed', model, { problems })
}

const show = route({ method: 'GET', path: PATH, access: view, params: ofReview, handle: request => shown(request) })

export async function contentFile({ read, actor, params }: Asked): Promise<FileReply> {
  const review = await read<Visible, AgreedReview>(db => agreedReview(db, params.id))
  sideOf(actor, review)
  return { kind: 'file', contentType: 'application/json; charset=utf-8', filename: 'agreement.json', body: review.text }
}

const content = route({ method: 'GET', path: `${PATH}/content.json`, access: view, params: ofReview, handle: contentFile })

type AskedOutcome = RouteRequest<z.infer<typeof ofDecision>>

async function decidePage(request: AskedOutcome, typed: Readonly<Record<string, unknown>> = {}, problems: readonly Problem[] = []): Promise<Reply> {
  const review = await reviewOf(request)
  sideOf(request.actor, review)
  const line = lineOf(review, request.params.code)
  return page(`${VIEWS}/decide.njk`, `${line.outcome.code} ${line.outcome.title}`, decideModel(review, line, typed, problems), { problems })
}

/** Throws `NotFound`. */
export function lineOf(review: AgreedReview, code: string): AgreedLine {
  const line = review.lines.find(({ outcome }) => outcome.code === code)
  if (line === undefined) throw new NotFound('assure.outcome.unknown', 'There is no such outcome in this review.')
  return line
}

const decideShow = route({ method: 'GET', path: `${PATH}/:code`, access: sign, params: ofDecision, handle: request => decidePage(request) })

const decide = route({
  method: 'POST',
  path: `${PATH}/:code`,
  access: sign,
  params: ofDecision,
  async handle(request) {
    const form = readForm(decideForm, request.body)
    if (!form.ok) return decidePage(request, form.typed, form.problems)
    const { id, code } = request.params
    try {
      await request.work<Visible, void>(unit => decideOutcome(unit, { assessmentId: id, outcomeCode: code, ...form.value }))
    } catch (error) {
      return decidePage(request, request.body, [refusalOf(error, 'status')])
    }
    return redirect(agreementAddress(id), { notice: `${code} is decided.` })
  },
})

const signIt = route({
  method: 'POST',
  path: `${PATH}/sign`,
  access: sign,
  params: ofReview,
  async handle(request) {
    const form = readForm(signForm, request.body)
    if (!form.ok) return shown(request, form.problems)
    const { id } = request.params
    try {
      const after = await request.work<Visible, 'half' | 'signed'>(unit => signAgreement(unit, { assessmentId: id, ...form.value }))
      return redirect(agreementAddress(id), {
        notice: after === 'signed' ? 'Both have signed. It is agreed.' : 'You have signed. The other side signs the same content.',
      })
    } catch (error) {
      return shown(request, [refusalOf(error, '')])
    }
  },
})

export const agreementRoutes: readonly Route[] = [show, content, signIt, decideShow, decide]
