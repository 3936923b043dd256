import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { page } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, versionOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { RENDITION_NAMES, RENDITIONS, type RenditionKind } from './model.ts'
import { renditionView } from './views.ts'

const show = route({
  method: 'GET',
  path: '/bulletins/:number/renditions/:kind',
  access: { permission: 'broadcast.bulletin.view' },
  params: z.object({ number: z.string().max(20), kind: z.string().max(20) }),
  async handle({ params, read, actor, platform }) {
    const kind = RENDITIONS.find(known => known === params.kind)
    if (kind === undefined) throw noRendition()
    const asked = { number: parseBulletinNumber(params.number) ?? 0, kind }
    const model = await read<Visible, RenditionView>(db => readRendition(db, actor, asked, platform.config.baseUrl))
    const template = kind === 'print' ? 'print' : 'rendition'
    return page(`broadcast/renditions/views/${template}.njk`, `${model.number}: ${RENDITION_NAMES[kind]}`, model, {
      isExercise: model.isExercise,
    })
  },
})

type RenditionView = ReturnType<typeof renditionView>

/** Reads a bulletin as it is said to somebody. Throws `NotFound`, for scripts and text messages too unless the reader is of the centre: they are its tools. */
export async function readRendition(
  db: Reader<Visible>,
  actor: Actor,
  { number, kind }: { readonly number: number; readonly kind: RenditionKind },
  baseUrl: string,
): Promise<RenditionView> {
  const isCentre = may(actor, 'broadcast.bulletin.work')
  if (!isCentre && (kind === 'call' || kind === 'text')) throw noRendition()
  const bulletin = await bulletinOf(db, number)
  const version = await versionOf(db, bulletin.id, bulletin.version)
  return renditionView(bulletin, version, kind, { isCentre, baseUrl })
}

function noRendition(): NotFound {
  return new NotFound('broadcast.rendition.not-found', 'There is no such page of a bulletin. Its own page leads to those that there are.')
}

export const renditionRoutes: readonly Route[] = [show]
