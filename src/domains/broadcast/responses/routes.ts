import { z } from 'zod'
import type { Problem } from '../../../kernel/problem.ts'
import { refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { askedOf, viaOf, type Asked } from './asked.ts'
import { respond } from './commands.ts'
import { readAnswer, textOf } from './fields.ts'
import { isResponseState, RESPONSE_STATES, seenField, type Answer, type GivenAnswer, type Reason } from './model.ts'
import { answersOf, type Recipient } from './queries.ts'
import { reasonsOn } from './queries/reasons.ts'
import { overtakenBy, seenIn } from './seen.ts'
import { sharesDetail } from './sharing/queries.ts'
import { answerPage, morePage } from './views.ts'

const ANSWER_PAGE = 'broadcast/responses/views/answer.njk'
const NumberParams = z.object({ number: z.string().max(20) })
const AnswerQuery = z.object({ organisation: z.string().max(20).default(''), state: z.string().max(30).default('') })

interface Found extends Asked {
  readonly current: GivenAnswer | null
  readonly reasons: readonly Reason[]
  readonly sharesDetail: boolean
}

const showAnswer = route({
  method: 'GET',
  path: '/bulletins/:number/answer',
  access: { permission: 'broadcast.response.answer' },
  params: NumberParams,
  query: AnswerQuery,
  async handle(request) {
    const found = await readFound(request, request.params.number, request.query.organisation)
    return answerForm(request, found, { state: request.query.state })
  },
})

const giveAnswer = route({
  method: 'POST',
  path: '/bulletins/:number/answer',
  access: { permission: 'broadcast.response.answer' },
  params: NumberParams,
  async handle(request) {
    const { body } = request
    const found = await readFound(request, request.params.number, textOf(body, 'organisation'))
    const read = readAnswer(body, request.now, found.reasons)
    if (!read.ok) return answerForm(request, found, body, body['more'] === 'yes' || !isResponseState(textOf(body, 'state')) ? read.problems : [])
    try {
      await request.work<Visible, void>(work =>
        respond(work, {
          bulletinId: found.bulletin.id,
          organisationId: found.recipient.organisationId,
          ...read.answer,
          seenAt: seenIn(body),
          via: viaOf(request.actor, found.recipient.organisationId),
        }),
      )
    } catch (error) {
      // Withdrawn meanwhile, say, or answered by a colleague: what was typed is shown again with the reason, and with what it has not seen.
      const { seen: _seen, ...typed } = body
      const again = await readFound(request, request.params.number, textOf(body, 'organisation'))
      return answerForm(request, again, typed, [refusalOf(error, '')])
    }
    const number = bulletinNumber(found.bulletin.number)
    return redirect(body['back'] === 'home' ? '/' : `/bulletins/${number}`, { notice: noticeOf(number, found.recipient, read.answer) })
  },
})

function readFound(request: RouteRequest, number: string, code: string): Promise<Found> {
  return request.read<Visible, Found>(async db => {
    const asked = await askedOf(db, request.actor, number, code)
    const [current = null] = await answersOf(db, asked.bulletin.id, asked.recipient.organisationId)
    return {
      ...asked,
      current,
      reasons: await reasonsOn(db, request.now),
      sharesDetail: await sharesDetail(db, asked.recipient.organisationId),
    }
  })
}

function answerForm(request: RouteRequest, found: Found, typed: Readonly<Record<string, unknown>>, wrong: readonly Problem[] = []): Reply {
  const { bulletin, recipient, current, reasons } = found
  const number = bulletinNumber(bulletin.number)
  const action = `/bulletins/${number}/answer`
  const problems = [...overtakenBy(recipient, typed), ...wrong]
  const values = { organisation: recipient.organisationCode, ...seenField(recipient), ...(typed['back'] === 'home' ? { back: 'home' } : {}) }
  const state = textOf(typed, 'state')
  // What the centre may read is the organisation's own choice, and not its partner's.
  const mayShare = request.actor.organisationId === recipient.organisationId
  const model = {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    respondBy: bulletin.respondBy,
    organisation: recipient.organisationName,
    isAskedAgain: recipient.isAskedAgain,
    isWaiting: current === null || recipient.isAskedAgain,
    values,
    answer: answerPage({ action, recipient, typed, sharesDetail: found.sharesDetail, mayShare }),
    more: isResponseState(state)
      ? morePage({ action, state, typed, now: request.now, values, problems, current, reasons, sharesDetail: found.sharesDetail, mayShare })
      : null,
  }
  return page(ANSWER_PAGE, `Answer ${number}`, model, { problems, isExercise: bulletin.isExercise })
}

function noticeOf(number: string, recipient: Recipient, { state }: Answer): string {
  return `Recorded for ${recipient.organisationName}: ${RESPONSE_STATES[state].label}. You can change it at any time. (${number})`
}

export const responseRoutes: readonly Route[] = [showAnswer, giveAnswer]
