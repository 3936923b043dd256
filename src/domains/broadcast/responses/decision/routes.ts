import { z } from 'zod'
import type { Problem } from '../../../../kernel/problem.ts'
import { refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import type { Visible } from '../../tables.ts'
import { askedOf, type Asked } from '../asked.ts'
import { textOf } from '../fields.ts'
import type { GivenAnswer } from '../model.ts'
import { answersOf } from '../queries.ts'
import { chooseSharing, shareAnswer } from '../sharing/commands.ts'
import { sharesDetail } from '../sharing/queries.ts'
import { askSignature, revokeSignature } from '../signing/commands.ts'
import { readAskView, type AskView } from '../signing/read-ask.ts'

/** The newest answer in full: its detail, who signed it, and who may read that. */
const NumberParams = z.object({ number: z.string().max(20) })
const OfOrganisation = z.object({ organisation: z.string().max(20).default('') })
const answerAccess = { permission: 'broadcast.response.answer' } as const

interface Found extends Asked {
  readonly current: GivenAnswer | null
  readonly history: readonly GivenAnswer[]
  readonly sharesDetail: boolean
  readonly ask: AskView
}

const show = route({
  method: 'GET',
  path: '/bulletins/:number/decision',
  access: answerAccess,
  params: NumberParams,
  query: OfOrganisation,
  handle: request => decisionPage(request, request.params.number, request.query.organisation),
})

const ask = route({
  method: 'POST',
  path: '/bulletins/:number/decision/ask',
  access: answerAccess,
  params: NumberParams,
  handle: request =>
    change(request, request.params.number, 'Asked. The link to sign is on its way to them alone.', async (work, found) => {
      const { bulletin, recipient } = found
      const signer = found.ask.signerOf(textOf(request.body, 'signer'))
      await askSignature(work, {
        bulletinId: bulletin.id,
        organisationId: recipient.organisationId,
        contactId: textOf(request.body, 'contact'),
        ...signer,
      })
    }),
})

const revoke = route({
  method: 'POST',
  path: '/bulletins/:number/decision/revoke',
  access: answerAccess,
  params: NumberParams,
  handle: request =>
    change(request, request.params.number, 'Taken back. Its link works no more.', (work, { bulletin, recipient }) =>
      revokeSignature(work, {
        bulletinId: bulletin.id,
        organisationId: recipient.organisationId,
        signatureId: textOf(request.body, 'signature'),
      }),
    ),
})

const shareOne = route({
  method: 'POST',
  path: '/bulletins/:number/decision/share',
  access: { permission: 'broadcast.response.share' },
  params: NumberParams,
  handle: request => {
    const shares = textOf(request.body, 'share') === 'yes'
    return change(
      request,
      request.params.number,
      shares ? 'The centre may read the detail of this answer.' : 'The detail of this answer is yours alone.',
      (work, found) => shareAnswer(work, found.bulletin.id, found.recipient.organisationId, shares),
    )
  },
})

const shareAll = route({
  method: 'POST',
  path: '/bulletins/:number/decision/share-all',
  access: { permission: 'broadcast.response.share' },
  params: NumberParams,
  handle: request => {
    const shares = textOf(request.body, 'share') === 'yes'
    return change(
      request,
      request.params.number,
      shares ? 'From now on the detail of your answers is shared.' : 'From now on the centre sees the answer alone.',
      (work, found) => chooseSharing(work, found.recipient.organisationId, shares),
    )
  },
})

async function change(
  request: RouteRequest,
  number: string,
  notice: string,
  body: (work: Work<Visible>, found: Found) => Promise<void>,
): Promise<Reply> {
  const code = textOf(request.body, 'organisation')
  const found = await readFound(request, number, code)
  try {
    await request.work<Visible, void>(work => body(work, found))
  } catch (error) {
    return decisionPage(request, number, code, [refusalOf(error, 'contact')])
  }
  return redirect(
    `/bulletins/${bulletinNumber(found.bulletin.number)}/decision?organisation=${encodeURIComponent(found.recipient.organisationCode)}`,
    { notice },
  )
}

function readFound(request: RouteRequest, number: string, code: string): Promise<Found> {
  return request.read<Visible, Found>(async db => {
    const asked = await askedOf(db, request.actor, number, code)
    const { organisationId } = asked.recipient
    const history = await answersOf(db, asked.bulletin.id, organisationId)
    return {
      ...asked,
      history,
      current: history[0] ?? null,
      sharesDetail: await sharesDetail(db, organisationId),
      ask: await readAskView(db, request.actor, { bulletinId: asked.bulletin.id, organisationId }, request.body, request.now),
    }
  })
}

async function decisionPage(request: RouteRequest, number: string, code: string, problems: readonly Problem[] = []): Promise<Reply> {
  const found = await readFound(request, number, code)
  const { bulletin, recipient, current } = found
  const shown = bulletinNumber(bulletin.number)
  const address = `/bulletins/${shown}/decision`
  const model = {
    number: shown,
    tlp: bulletin.tlp,
    title: bulletin.title,
    organisation: recipient.organisationName,
    current,
    history: found.history,
    sharesDetail: found.sharesDetail,
    maySay: may(request.actor, 'broadcast.response.share') && request.actor.organisationId === recipient.organisationId,
    ask: found.ask.isOffered ? found.ask : null,
    askAddress: `${address}/ask`,
    askValues: { organisation: recipient.organisationCode },
    revokeAddress: `${address}/revoke`,
    shareAddress: `${address}/share`,
    shareAllAddress: `${address}/share-all`,
    answerHref: `/bulletins/${shown}/answer?organisation=${encodeURIComponent(recipient.organisationCode)}`,
    detailHref: `/bulletins/${shown}/answer?organisation=${encodeURIComponent(recipient.organisationCode)}&state=${current?.state ?? ''}`,
  }
  return page('broadcast/responses/decision/views/decision.njk', `Our answer to ${shown}`, model, { problems, isExercise: bulletin.isExercise })
}

export const decisionRoutes: readonly Route[] = [show, ask, revoke, shareOne, shareAll]
