import { z } from 'zod'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { askedAnswer, askedBy, askedHead, ofAsked, placeOf } from '../api.ts'
import type { Asked } from '../asked.ts'
import { revokeLink } from '../link/commands.ts'
import { linksOf } from './queries.ts'

const access = { permission: 'broadcast.response.links' }
const path = '/api/v1/bulletins/:number/links'

const Links = z.object({
  ...askedHead,
  items: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        purpose: z.string(),
        channel: z.string(),
        sentAt: instant,
        state: z.enum(['live', 'used', 'ran out', 'taken back']),
        usedAt: instant.nullable(),
      }),
    )
    .describe('Who holds a link. The links themselves are in nobody’s reach but theirs'),
})

async function answer(db: Reader<Visible>, asked: Asked, now: Date): Promise<z.input<typeof Links>> {
  return { ...askedAnswer(asked), items: [...(await linksOf(db, asked.bulletin.id, asked.recipient.organisationId, now))] }
}

const show = operation({
  id: 'listLinks',
  summary: 'Say who holds a link by which an organisation answers',
  method: 'GET',
  path,
  page: 'GET /bulletins/:number/links',
  access,
  ...ofAsked,
  answer: Links,
  read: async (db: Reader<Visible>, request) => answer(db, await askedBy(db, request), request.now),
})

const takeBack = operation({
  id: 'revokeLink',
  summary: 'Take a link back: it works no more, and no new one is sent by it',
  method: 'POST',
  path,
  page: 'POST /bulletins/:number/links',
  access,
  ...ofAsked,
  body: z.object({ link: z.string().max(60) }),
  answer: Links,
  async write(work: Work<Visible>, request) {
    const asked = await askedBy(work.db, request)
    await revokeLink(work, { ...placeOf(asked), deliveryId: request.body.link })
    return answer(work.db, asked, request.now)
  },
})

export const linksOperations: readonly Route[] = [show, takeBack]
