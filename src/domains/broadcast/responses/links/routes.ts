import { z } from 'zod'
import { page, redirect } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { checkCode } from '../../deliveries/answer-link/model.ts'
import type { Visible } from '../../tables.ts'
import { askedOf, type Asked } from '../asked.ts'
import { textOf } from '../fields.ts'
import { revokeLink } from '../link/commands.ts'
import { linksOf, type LinkLine } from './queries.ts'

/** Who holds a link by which an organisation answers, and taking one back: for the organisation, and for the centre when it is told of a leak. */
const access = { permission: 'broadcast.response.links' } as const
const NumberParams = z.object({ number: z.string().max(20) })

const show = route({
  method: 'GET',
  path: '/bulletins/:number/links',
  access,
  params: NumberParams,
  query: z.object({ organisation: z.string().max(20).default('') }),
  async handle({ read, actor, params, query, now, platform }) {
    const { bulletin, recipient, lines } = await read<Visible, Asked & { lines: readonly LinkLine[] }>(async db => {
      const asked = await askedOf(db, actor, params.number, query.organisation)
      return { ...asked, lines: await linksOf(db, asked.bulletin.id, asked.recipient.organisationId, now) }
    })
    const number = bulletinNumber(bulletin.number)
    const model = {
      number,
      organisation: recipient.organisationName,
      tlp: bulletin.tlp,
      lines,
      checkCode: checkCode(platform.signer.sign, bulletin.id, recipient.organisationId),
      action: `/bulletins/${number}/links`,
      values: { organisation: recipient.organisationCode },
    }
    return page('broadcast/responses/links/views/links.njk', `Links to answer ${number}`, model, { isExercise: bulletin.isExercise })
  },
})

const takeBack = route({
  method: 'POST',
  path: '/bulletins/:number/links',
  access,
  params: NumberParams,
  async handle({ read, work, actor, params, body }) {
    const { bulletin, recipient } = await read<Visible, Asked>(db => askedOf(db, actor, params.number, textOf(body, 'organisation')))
    await work<Visible, void>(unit =>
      revokeLink(unit, { bulletinId: bulletin.id, organisationId: recipient.organisationId, deliveryId: textOf(body, 'link') }),
    )
    const address = `/bulletins/${bulletinNumber(bulletin.number)}/links?organisation=${encodeURIComponent(recipient.organisationCode)}`
    return redirect(address, { notice: 'Taken back. It works no more, and no new one is sent by it.' })
  },
})

export const linksRoutes: readonly Route[] = [show, takeBack]
