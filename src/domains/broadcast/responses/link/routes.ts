import { z } from 'zod'
import type { Problem } from '../../../../kernel/problem.ts'
import { cleanText } from '../../../../kernel/text.ts'
import { refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { bulletinById, updatesOf, versionOf, type Bulletin } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { respond } from '../commands.ts'
import { readAnswer, textOf } from '../fields.ts'
import { isResponseState, RESPONSE_STATES, seenField, type GivenAnswer, type Reason } from '../model.ts'
import { answersOf, recipientOf, successorNumber, type Recipient } from '../queries.ts'
import { reasonsOn } from '../queries/reasons.ts'
import { overtakenBy, seenIn } from '../seen.ts'
import { sharesDetail } from '../sharing/queries.ts'
import { askSignature } from '../signing/commands.ts'
import { readAskView, type AskView } from '../signing/read-ask.ts'
import { answerPage, linkedBulletin, morePage } from '../views.ts'
import { renewLink, spendLink } from './commands.ts'
import { nextStepAddress, openLink, type Opened } from './open.ts'

/**
 * Answering from the link in a message, without an account.
 *
 * Opening a link changes nothing: mail scanners open every link. Only the form on its page records an answer, once; then the link is spent.
 * Whoever gave the answer goes on from the page that follows, for an hour, each page taking one answer; anybody else has a new link sent to the
 * same address alone.
 */
const TokenParams = z.object({ token: z.string().max(300) })
const ShownQuery = z.object({ state: z.string().max(30).default('') })
const PUBLIC = { public: 'The link is signed, belongs to one contact and one bulletin, runs out and records once: it stands in for signing in.' }

/**
 * How much comes from one network address in a minute. Hospitals of a whole country may go out by a few addresses, and all answer in the minutes
 * after a release; mail scanners open every link before. What keeps a stranger out is the signature, and not these.
 */
const OPENED_A_MINUTE = 1_200
const ANSWERED_A_MINUTE = 600
const ASKED_A_MINUTE = 120

const showLink = route({
  method: 'GET',
  path: '/r/:token',
  access: PUBLIC,
  perMinute: OPENED_A_MINUTE,
  params: TokenParams,
  query: ShownQuery,
  async handle(request) {
    const opened = await openLink(request, request.params.token)
    return opened === undefined ? unknownLink() : linkPage(request, opened, { state: request.query.state })
  },
})

const answerByLink = route({
  method: 'POST',
  path: '/r/:token',
  access: PUBLIC,
  perMinute: ANSWERED_A_MINUTE,
  params: TokenParams,
  async handle(request) {
    const { body } = request
    const opened = await openLink(request, request.params.token)
    if (opened === undefined) return unknownLink()
    // Used or run out meanwhile, by a double tap perhaps: its page says what is recorded, and gives back what was typed and was not.
    if (opened.state !== 'open') return typedIn(body).length === 0 ? redirect(`/r/${opened.token}`) : linkPage(request, opened, body)
    const { delivery } = opened
    const read = readAnswer(body, request.now, await reasonsFor(request, opened, textOf(body, 'state')))
    if (!read.ok) return linkPage(request, opened, body, body['more'] === 'yes' || !isResponseState(textOf(body, 'state')) ? read.problems : [])
    let uses: number
    try {
      uses = await runWork<Visible, number>(
        request.platform,
        opened.actor,
        async work => {
          const spent = await spendLink(work, { ...delivery, generation: opened.link.generation }, opened.link.isNextStep ? delivery.uses : null)
          await respond(work, {
            bulletinId: delivery.bulletinId,
            organisationId: delivery.organisationId,
            ...read.answer,
            seenAt: seenIn(body),
            via: 'link',
          })
          return spent
        },
        request.requestId,
        { isPrepared: true },
      )
    } catch (error) {
      const problem = refusalOf(error, '')
      const again = await openLink(request, opened.token)
      // The page that comes back shows the newest answer, so whoever sends it again has seen it.
      const { seen: _seen, ...typed } = body
      return again === undefined ? unknownLink() : linkPage(request, again, typed, [problem], 409)
    }
    return redirect(nextStepAddress(request.platform, opened, uses), { notice: `Thank you. Recorded: ${RESPONSE_STATES[read.answer.state].label}` })
  },
})

const askByLink = route({
  method: 'POST',
  path: '/r/:token/ask',
  access: PUBLIC,
  perMinute: ASKED_A_MINUTE,
  params: TokenParams,
  async handle(request) {
    const { body } = request
    const opened = await openLink(request, request.params.token)
    if (opened === undefined) return unknownLink()
    // Only whoever just answered: the link of the message alone does not show who else there is at the organisation.
    if (opened.state !== 'open' || !opened.link.isNextStep) return redirect(`/r/${opened.token}`)
    const { bulletinId, organisationId } = opened.delivery
    const view = await readAs<Visible, AskView>(request.platform, opened.actor, db =>
      readAskView(db, opened.actor, { bulletinId, organisationId }, body, request.now),
    )
    const signer = view.signerOf(textOf(body, 'signer'))
    try {
      await runWork<Visible, void>(
        request.platform,
        opened.actor,
        work => askSignature(work, { bulletinId, organisationId, contactId: textOf(body, 'contact'), ...signer }),
        request.requestId,
      )
    } catch (error) {
      return linkPage(request, opened, body, [refusalOf(error, 'contact')], 409)
    }
    return redirect(`/r/${opened.token}`, { notice: 'Asked. The link to sign is on its way to them alone.' })
  },
})

const sendNewLink = route({
  method: 'POST',
  path: '/r/:token/new',
  access: PUBLIC,
  perMinute: ASKED_A_MINUTE,
  params: TokenParams,
  async handle(request) {
    const opened = await openLink(request, request.params.token)
    if (opened === undefined) return unknownLink()
    await runWork<Visible, void>(request.platform, opened.actor, work => renewLink(work, opened.delivery), request.requestId)
    return redirect(`/r/${opened.token}`, { notice: 'A new link is on its way to the address that this one went to. Use that one.' })
  },
})

/** Those of today's policy, where the answer needs one: most answers need none, and cost no look. */
async function reasonsFor(request: RouteRequest, opened: Opened, state: string): Promise<readonly Reason[]> {
  if (!isResponseState(state) || RESPONSE_STATES[state].needs !== 'reason') return []
  return readAs<Visible, readonly Reason[]>(request.platform, opened.actor, db => reasonsOn(db, request.now))
}

interface Found {
  readonly bulletin: Bulletin
  readonly recipient: Recipient
  readonly view: ReturnType<typeof linkedBulletin>
  readonly current: GivenAnswer | null
  readonly successor: string | null
  readonly reasons: readonly Reason[]
  readonly sharesDetail: boolean
  readonly ask: AskView | null
}

async function linkPage(
  request: RouteRequest,
  opened: Opened,
  typed: Readonly<Record<string, unknown>>,
  wrong: readonly Problem[] = [],
  refusedWith = 422,
): Promise<Reply> {
  const found = await readAs<Visible, Found | undefined>(request.platform, opened.actor, async db => {
    const { bulletinId, organisationId } = opened.delivery
    const bulletin = await bulletinById(db, bulletinId)
    const version = await versionOf(db, bulletin.id, bulletin.version)
    const recipient = await recipientOf(db, bulletin.id, organisationId)
    if (recipient === undefined) return undefined
    const [current = null] = await answersOf(db, bulletin.id, organisationId)
    const updates = recipient.isAskedAgain ? await updatesOf(db, bulletin.id) : []
    const mayAsk = opened.state === 'open' && opened.link.isNextStep
    return {
      bulletin,
      recipient,
      view: linkedBulletin(
        bulletin,
        version.content,
        recipient,
        updates.find(({ asksAgain }) => asksAgain),
      ),
      current,
      successor: await successorNumber(db, bulletin.supersededBy),
      reasons: await reasonsOn(db, request.now),
      sharesDetail: await sharesDetail(db, organisationId),
      ask: mayAsk ? await readAskView(db, opened.actor, { bulletinId, organisationId }, typed, request.now) : null,
    }
  })
  if (found === undefined) return unknownLink()
  const problems = [...overtakenBy(found.recipient, typed), ...wrong]
  const values = seenField(found.recipient)
  const action = `/r/${opened.token}`
  const state = textOf(typed, 'state')
  const isMore = opened.state === 'open' && isResponseState(state)
  const model = {
    bulletin: found.view,
    current: found.current,
    successor: found.successor,
    state: opened.state,
    isNextStep: opened.link.isNextStep,
    values,
    newLinkAddress: `${action}/new`,
    askAddress: `${action}/ask`,
    detailHref: found.current === null ? null : `${action}?state=${found.current.state}`,
    ask: found.ask?.isOffered === true ? found.ask : null,
    kept: isMore && found.bulletin.state === 'released' ? null : unrecorded(typed, found.current),
    answer: answerPage({ action, recipient: found.recipient, typed, sharesDetail: found.sharesDetail, mayShare: true }),
    more: isMore
      ? morePage({
          action,
          state,
          typed,
          now: request.now,
          values,
          problems,
          current: found.current,
          reasons: found.reasons,
          mayShare: true,
          sharesDetail: found.sharesDetail,
        })
      : null,
  }
  const isGone = opened.state === 'expired' || opened.state === 'replaced' || opened.state === 'revoked'
  const status = problems.length > 0 ? refusedWith : isGone ? 410 : 200
  return page('broadcast/responses/views/link.njk', `Answer ${bulletinNumber(found.bulletin.number)}`, model, {
    problems,
    status,
    isExercise: found.bulletin.isExercise,
  })
}

/** What was typed and is not in the answer on record; `null` when there is nothing of it. */
function unrecorded(body: Readonly<Record<string, unknown>>, current: GivenAnswer | null): string | null {
  const lost = typedIn(body).filter(text => text !== current?.reason && text !== current?.note)
  return lost.length === 0 ? null : lost.join('\n\n')
}

function typedIn(body: Readonly<Record<string, unknown>>): readonly string[] {
  return [body['reason'], body['note']].flatMap(text => (typeof text === 'string' && cleanText(text) !== '' ? [cleanText(text)] : []))
}

function unknownLink(): Reply {
  return page('broadcast/responses/views/link-unknown.njk', 'This answer link does not work', {}, { status: 404 })
}

export const linkRoutes: readonly Route[] = [showLink, answerByLink, askByLink, sendNewLink]
