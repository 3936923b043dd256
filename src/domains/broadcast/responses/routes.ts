import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { organisationByCode } from '../../directory/contract.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { respond } from './commands.ts'
import { isResponseState, readAnswer, RESPONSE_STATES, type Answer } from './model.ts'
import { recipientOf, type Recipient } from './queries.ts'
import { answerPage, morePage } from './views.ts'

const ANSWER_PAGE = 'broadcast/responses/views/answer.njk'
const NumberParams = z.object({ number: z.string().max(20) })
const AnswerQuery = z.object({ organisation: z.string().max(20).default(''), state: z.string().max(30).default('') })

interface Asked {
  readonly bulletin: Bulletin
  readonly recipient: Recipient
}

const showAnswer = route({
  method: 'GET',
  path: '/bulletins/:number/answer',
  access: { permission: 'broadcast.response.answer' },
  params: NumberParams,
  query: AnswerQuery,
  async handle(request) {
    const asked = await request.read<Visible, Asked>(db => askedOf(db, request.actor, request.params.number, request.query.organisation))
    return answerForm(request, asked, { state: request.query.state })
  },
})

const giveAnswer = route({
  method: 'POST',
  path: '/bulletins/:number/answer',
  access: { permission: 'broadcast.response.answer' },
  params: NumberParams,
  async handle(request) {
    const { body } = request
    const asked = await request.read<Visible, Asked>(db => askedOf(db, request.actor, request.params.number, textOf(body['organisation'])))
    const read = readAnswer(body, request.now)
    if (!read.ok) return answerForm(request, asked, body, body['more'] === 'yes' || !isResponseState(textOf(body['state'])) ? read.problems : [])
    try {
      await request.work<Visible, void>(work =>
        respond(work, {
          bulletinId: asked.bulletin.id,
          organisationId: asked.recipient.organisationId,
          ...read.answer,
          via: viaOf(request.actor, asked.recipient),
        }),
      )
    } catch (error) {
      // Withdrawn meanwhile, say: what was typed is shown again with the reason.
      return answerForm(request, asked, body, [refusalOf(error, '')])
    }
    const number = bulletinNumber(asked.bulletin.number)
    return redirect(body['back'] === 'home' ? '/' : `/bulletins/${number}`, { notice: noticeOf(number, asked.recipient, read.answer) })
  },
})

function answerForm(request: RouteRequest, asked: Asked, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[] = []): Reply {
  const { bulletin, recipient } = asked
  const number = bulletinNumber(bulletin.number)
  const action = `/bulletins/${number}/answer`
  const values = { organisation: recipient.organisationCode, ...(typed['back'] === 'home' ? { back: 'home' } : {}) }
  const state = textOf(typed['state'])
  const isMore = isResponseState(state) && (RESPONSE_STATES[state].needs !== 'nothing' || problems.length > 0)
  const model = {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    respondBy: bulletin.respondBy,
    organisation: recipient.organisationName,
    values,
    answer: answerPage({ action, current: recipient.response, typed }),
    more: isMore ? morePage({ action, state, typed, now: request.now, values, problems }) : null,
  }
  return page(ANSWER_PAGE, `Answer ${number}`, model, { problems, isExercise: bulletin.isExercise })
}

/** The bulletin and the organisation for whom the actor answers: its own, or for a partner the one named. */
async function askedOf(db: Reader<Visible>, actor: Actor, number: string, code: string): Promise<Asked> {
  const bulletin = await bulletinOf(db, parseBulletinNumber(number) ?? 0)
  const organisationId = code === '' ? actor.organisationId : ((await organisationByCode(db, code))?.id ?? null)
  const recipient = organisationId === null ? undefined : await recipientOf(db, bulletin.id, organisationId)
  if (recipient === undefined)
    throw new NotFound('broadcast.response.not-a-recipient', 'This bulletin was not sent to that organisation, or you do not answer for it.')
  return { bulletin, recipient }
}

function viaOf(actor: Actor, recipient: { readonly organisationId: Id<'organisation'> }): 'portal' | 'partner' {
  return actor.organisationId === recipient.organisationId ? 'portal' : 'partner'
}

function noticeOf(number: string, recipient: Recipient, { state }: Answer): string {
  return `Recorded for ${recipient.organisationName}: ${RESPONSE_STATES[state].label}. You can change it at any time. (${number})`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export const responseRoutes: readonly Route[] = [showAnswer, giveAnswer]
