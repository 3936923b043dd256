import { z } from 'zod'
import { Invalid } from '../../../../kernel/errors.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { carryPlan } from '../carry/queries.ts'
import { addComment } from '../comments/commands.ts'
import { commentsOf } from '../comments/queries.ts'
import type { Assessment } from '../model.ts'
import { assessmentById, ownAssessment } from '../queries.ts'
import { possibleRespondents } from '../respondents/queries.ts'
import { outcomePath } from '../views.ts'
import { confirmCarried, saveAnswers, settleAside, type SavedOutcome } from './commands.ts'
import { readAnswers, readSummary, textIn } from './fields.ts'
import { historyOf, outcomeDetail, respondentsByOutcome } from './queries.ts'
import { outcomeView, statusView, type OutcomeParts } from './views.ts'

const view = { permission: 'assure.assessment.view' } as const
const answer = { permission: 'assure.assessment.answer' } as const

export const ofOutcome = z.object({ id: z.string().max(60), code: z.string().max(100) })
type Params = z.infer<typeof ofOutcome>
type OfOutcome = RouteRequest<Params>

const show = route({
  method: 'GET',
  path: '/assessments/:id/outcomes/:code',
  access: view,
  params: ofOutcome,
  handle: request => outcomePage(request, {}, []),
})

async function outcomePage(request: OfOutcome, typed: Readonly<Record<string, string>>, problems: readonly Problem[]): Promise<Reply> {
  const { actor, params, read } = request
  const parts = await read<Visible, OutcomeParts>(async db => {
    const assessment = await ownAssessment(db, actor, params.id)
    const detail = await outcomeDetail(db, actor, assessment, params.code)
    return {
      assessment,
      detail,
      people: (await respondentsByOutcome(db, assessment.id)).get(params.code) ?? [],
      colleagues: may(actor, 'assure.assessment.open') ? await possibleRespondents(db, assessment.organisationId) : [],
      comments: await commentsOf(db, assessment.id, params.code),
      history: await historyOf(db, assessment.id, params.code),
      changedWords: await changedWords(db, assessment, params.code),
      actor,
      typed,
    }
  })
  const { outcome } = parts.detail
  return page('assure/assessments/outcomes/views/outcome.njk', `${outcome.code} ${outcome.title}`, outcomeView(parts), { problems })
}

async function changedWords(db: Reader<Visible>, assessment: Assessment, code: string): Promise<ReadonlyMap<string, string>> {
  const from = assessment.carriedFrom === null ? null : await assessmentById(db, assessment.carriedFrom)
  // Within one version the words are the same.
  const plan = from === null || from.frameworkId === assessment.frameworkId ? null : await carryPlan(db, from, assessment)
  return new Map(plan?.changed.flatMap(pair => (pair.to.outcomeCode === code ? [[pair.to.code, pair.from.text] as const] : [])))
}

const status = route({
  method: 'GET',
  path: '/assessments/:id/outcomes/:code/status',
  access: view,
  params: ofOutcome,
  async handle({ actor, params, read }) {
    const model = await read<Visible, object>(async db => {
      const assessment = await ownAssessment(db, actor, params.id)
      return { status: statusView(await outcomeDetail(db, actor, assessment, params.code)) }
    })
    return page('assure/assessments/outcomes/views/fragment.njk', 'Status', model)
  },
})

const save = route({
  method: 'POST',
  path: '/assessments/:id/outcomes/:code',
  access: answer,
  params: ofOutcome,
  async handle(request) {
    const { params, body } = request
    const sent = { assessmentId: params.id, outcomeCode: params.code, answers: readAnswers(body), summary: readSummary(body) }
    try {
      const saved = await request.work<Visible, SavedOutcome>(work => saveAnswers(work, sent))
      return redirect(outcomePath(params.id, params.code), { notice: noticeOf(saved) })
    } catch (error) {
      if (!(error instanceof Invalid)) throw error
      return outcomePage(request, typedOf(body), [refusalOf(error, 'summary')])
    }
  },
})

function typedOf(body: RouteRequest['body']): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(body).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])))
}

function noticeOf({ answers, summary }: SavedOutcome): string {
  const all = summary === null ? answers : [...answers, summary]
  const aside = all.filter(one => one.outcome === 'aside').length
  if (aside === 0) return all.some(one => one.outcome === 'saved') ? 'Saved.' : 'Nothing had changed.'
  return `Saved, but for ${aside === 1 ? 'one answer' : `${aside} answers`} that a colleague changed while you wrote. What you wrote is kept beside it: choose below.`
}

const confirm = route({
  method: 'POST',
  path: '/assessments/:id/outcomes/:code/confirm',
  access: answer,
  params: ofOutcome,
  async handle({ params, body, work }) {
    const indicator = textIn(body, 'indicator')
    const which = { assessmentId: params.id, outcomeCode: params.code, indicatorCode: indicator === '' ? null : indicator }
    const confirmed = await work<Visible, number>(unit => confirmCarried(unit, which))
    const words =
      confirmed === 0 ? 'Nothing waited to be confirmed.' : confirmed === 1 ? 'One answer is confirmed.' : `${confirmed} answers are confirmed.`
    return redirect(outcomePath(params.id, params.code), { notice: words })
  },
})

const asides = route({
  method: 'POST',
  path: '/assessments/:id/outcomes/:code/asides',
  access: answer,
  params: ofOutcome,
  async handle({ params, body, work }) {
    const use = textIn(body, 'use') === 'yes'
    await work<Visible, void>(unit =>
      settleAside(unit, {
        assessmentId: params.id,
        outcomeCode: params.code,
        indicatorCode: textIn(body, 'indicator'),
        byId: textIn(body, 'by'),
        use,
      }),
    )
    return redirect(outcomePath(params.id, params.code), {
      notice: use ? 'That stands from now on. The other is in the history.' : 'What stood stays.',
    })
  },
})

const comment = route({
  method: 'POST',
  path: '/assessments/:id/outcomes/:code/comments',
  access: answer,
  params: ofOutcome,
  async handle(request) {
    const { params, body } = request
    const text = textIn(body, 'comment')
    try {
      await request.work<Visible, string>(work => addComment(work, { assessmentId: params.id, outcomeCode: params.code, indicatorCode: null, text }))
    } catch (error) {
      const problem = refusalOf(error, 'comment')
      return outcomePage(request, { comment: text, commentError: problem.message }, [problem])
    }
    return redirect(`${outcomePath(params.id, params.code)}#comments`, { notice: 'Added.' })
  },
})

export const outcomeRoutes: readonly Route[] = [show, status, save, confirm, asides, comment]
