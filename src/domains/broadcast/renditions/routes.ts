import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { page } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, versionOf, type Bulletin, type Version } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { RENDITION_NAMES, RENDITIONS } from './model.ts'
import { renditionView } from './views.ts'

const show = route({
  method: 'GET',
  path: '/bulletins/:number/renditions/:kind',
  access: { permission: 'broadcast.bulletin.view' },
  params: z.object({ number: z.string().max(20), kind: z.string().max(20) }),
  async handle({ params, read, actor, platform }) {
    const number = parseBulletinNumber(params.number)
    const kind = RENDITIONS.find(known => known === params.kind)
    const isCentre = may(actor, 'broadcast.bulletin.work')
    // Scripts and text messages are the centre's tools.
    if (number === undefined || kind === undefined || (!isCentre && (kind === 'call' || kind === 'text')))
      throw new NotFound('broadcast.rendition.not-found', 'There is no such page of a bulletin. Its own page leads to those that there are.')
    const { bulletin, version } = await read<Visible, { bulletin: Bulletin; version: Version }>(async db => {
      const found = await bulletinOf(db, number)
      return { bulletin: found, version: await versionOf(db, found.id, found.version) }
    })
    const model = renditionView(bulletin, version, kind, { isCentre, baseUrl: platform.config.baseUrl })
    const template = kind === 'print' ? 'print' : 'rendition'
    return page(`broadcast/renditions/views/${template}.njk`, `${bulletinNumber(bulletin.number)}: ${RENDITION_NAMES[kind]}`, model, {
      isExercise: bulletin.isExercise,
    })
  },
})

export const renditionRoutes: readonly Route[] = [show]
