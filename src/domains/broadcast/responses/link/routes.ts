import { z } from 'zod'
import type { Problem } from '../../../../kernel/problem.ts'
import { cleanText } from '../../../../kernel/text.ts'
import { refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { SYSTEM, type Actor } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { bulletinById, versionOf, type Bulletin } from '../../bulletins/queries.ts'
import { LINK_PURPOSE, parseLinkToken, type AnswerLink } from '../../deliveries/model.ts'
import { linkedDelivery, type LinkedDelivery } from '../../deliveries/queries.ts'
import type { Visible } from '../../tables.ts'
import { renewLink, respond, spendLink } from '../commands.ts'
import { isResponseState, readAnswer, RESPONSE_STATES } from '../model.ts'
import { answersOf, recipientOf, type GivenAnswer } from '../queries.ts'
import { answerPage, linkedBulletin, morePage } from '../views.ts'

/**
 * Answering from the link in a message, without an account.
 *
 * Opening a link changes nothing: mail scanners open every link. Only the form on its page records an answer, once; then the
 * link is spent, and a new one can be had by the same address alone.
 */
const TokenParams = z.object({ token: z.string().max(300) })
const PUBLIC = { public: 'The link is signed, belongs to one contact and one bulletin, runs out and records once: it stands in for signing in.' }

type LinkState = 'open' | 'spent' | 'replaced' | 'expired'

interface Opened {
  readonly token: string
  readonly link: AnswerLink
  readonly delivery: LinkedDelivery
  readonly actor: Actor
  readonly state: LinkState
}

const showLink = route({
  method: 'GET',
  path: '/r/:token',
  access: PUBLIC,
  perMinute: 60,
  params: TokenParams,
  async handle(request) {
    const opened = await open(request, request.params.token)
    return opened === undefined ? unknownLink() : linkPage(request, opened)
  },
})

const answerByLink = route({
  method: 'POST',
  path: '/r/:token',
  access: PUBLIC,
  perMinute: 30,
  params: TokenParams,
  async handle(request) {
    const opened = await open(request, request.params.token)
    if (opened === undefined) return unknownLink()
    // Used or run out meanwhile, by a double tap perhaps: its page says what is recorded, and gives back what was typed and was not.
    if (opened.state !== 'open') return typedIn(request.body).length === 0 ? redirect(`/r/${opened.token}`) : linkPage(request, opened)
    const { delivery } = opened
    const read = readAnswer(request.body, request.now)
    if (!read.ok) return linkPage(request, opened, request.body['more'] === 'yes' || !isResponseState(stateOf(request.body)) ? read.problems : [])
    try {
      await runWork<Visible, void>(
        request.platform,
        opened.actor,
        async work => {
          await spendLink(work, { ...delivery, generation: opened.link.generation })
          await respond(work, { bulletinId: delivery.bulletinId, organisationId: delivery.organisationId, ...read.answer, via: 'link' })
        },
        request.requestId,
      )
    } catch (error) {
      const problem = refusalOf(error, '')
      const again = await open(request, opened.token)
      return again === undefined ? unknownLink() : linkPage(request, again, [problem], 409)
    }
    return redirect(`/r/${opened.token}`, { notice: `Thank you. Recorded: ${RESPONSE_STATES[read.answer.state].label}` })
  },
})

const sendNewLink = route({
  method: 'POST',
  path: '/r/:token/new',
  access: PUBLIC,
  perMinute: 10,
  params: TokenParams,
  async handle(request) {
    const opened = await open(request, request.params.token)
    if (opened === undefined) return unknownLink()
    await runWork<Visible, void>(request.platform, opened.actor, work => renewLink(work, opened.delivery), request.requestId)
    return redirect(`/r/${opened.token}`, { notice: 'A new link is on its way to the address that this one went to. Use that one.' })
  },
})

/** What the token stands for; `undefined` when it is not ours, was cut, or its contact has gone. The four look the same from outside. */
async function open(request: RouteRequest, token: string): Promise<Opened | undefined> {
  const parsed = parseLinkToken(token)
  if (parsed === undefined || !request.platform.signer.verify(LINK_PURPOSE, parsed.text, parsed.signature)) return undefined
  const { link } = parsed
  const delivery = await readAs<Visible, LinkedDelivery | undefined>(request.platform, SYSTEM, db => linkedDelivery(db, link.deliveryId))
  return delivery === undefined
    ? undefined
    : { token, link, delivery, actor: contactActor(delivery), state: stateOfLink(link, delivery, request.now) }
}

function stateOfLink(link: AnswerLink, delivery: LinkedDelivery, now: Date): LinkState {
  if (link.generation !== delivery.generation) return 'replaced'
  if (delivery.spentAt !== null) return 'spent'
  return link.expiresAt.getTime() <= now.getTime() ? 'expired' : 'open'
}

/** Whoever holds the link acts as the contact: for that one organisation, and to answer only. */
function contactActor({ contactId, contactName, organisationId }: LinkedDelivery): Actor {
  return {
    kind: 'contact',
    id: contactId,
    name: contactName,
    role: null,
    organisationId,
    scope: { kind: 'organisation', organisationId },
    permissions: new Set(['broadcast.response.answer']),
  }
}

async function linkPage(request: RouteRequest, opened: Opened, problems: readonly Problem[] = [], refusedWith = 422): Promise<Reply> {
  const { delivery } = opened
  const found = await readAs<Visible, { bulletin: Bulletin; view: ReturnType<typeof linkedBulletin>; current: GivenAnswer | null } | undefined>(
    request.platform,
    opened.actor,
    async db => {
      const bulletin = await bulletinById(db, delivery.bulletinId)
      const version = await versionOf(db, bulletin.id, bulletin.version)
      const recipient = await recipientOf(db, bulletin.id, delivery.organisationId)
      if (recipient === undefined) return undefined
      const [current = null] = await answersOf(db, bulletin.id, delivery.organisationId)
      return { bulletin, view: linkedBulletin(bulletin, version.content, recipient), current }
    },
  )
  if (found === undefined) return unknownLink()
  const action = `/r/${opened.token}`
  const state = stateOf(request.body)
  const isMore = opened.state === 'open' && isResponseState(state)
  const model = {
    bulletin: found.view,
    current: found.current,
    state: opened.state,
    newLinkAddress: `${action}/new`,
    kept: isMore && found.bulletin.state === 'released' ? null : unrecorded(request.body, found.current),
    answer: answerPage({ action, current: found.current?.state ?? null, typed: request.body }),
    more: isMore ? morePage({ action, state, typed: request.body, now: request.now, values: {}, problems }) : null,
  }
  const status = problems.length > 0 ? refusedWith : opened.state === 'expired' || opened.state === 'replaced' ? 410 : 200
  return page('broadcast/responses/views/link.njk', `Answer ${bulletinNumber(found.bulletin.number)}`, model, {
    problems,
    status,
    isExercise: found.bulletin.isExercise,
  })
}

/** What was typed and is not in the answer on record; `null` when there is nothing of it. */
function unrecorded(body: RouteRequest['body'], current: GivenAnswer | null): string | null {
  const lost = typedIn(body).filter(text => text !== current?.reason && text !== current?.note)
  return lost.length === 0 ? null : lost.join('\n\n')
}

function typedIn(body: RouteRequest['body']): readonly string[] {
  return [body['reason'], body['note']].flatMap(text => (typeof text === 'string' && cleanText(text).trim() !== '' ? [cleanText(text).trim()] : []))
}

function unknownLink(): Reply {
  return page('broadcast/responses/views/link-unknown.njk', 'This answer link does not work', {}, { status: 404 })
}

function stateOf(body: RouteRequest['body']): string {
  const value = body['state']
  return typeof value === 'string' ? value : ''
}

export const linkRoutes: readonly Route[] = [showLink, answerByLink, sendNewLink]
