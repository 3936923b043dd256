import { z } from 'zod'
import { events, json } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { DIMENSIONS } from '../model.ts'
import { watchProgress } from './hub.ts'
import { progressOf, readGroupFigures, readProgress, type Figures, type Progress } from './queries.ts'

const VIEW = { permission: 'broadcast.picture.view' }
const NumberParams = z.object({ number: z.string().max(20) })
/** Without `by`, the figures of all and of no group. */
const LiveQuery = z.object({ by: z.enum(DIMENSIONS).nullable().catch(null).default(null) })

/** The figures as they stand: for a machine, and for a browser that cannot listen. */
const progress = route({
  method: 'GET',
  path: '/api/v1/bulletins/:number/progress',
  access: VIEW,
  params: NumberParams,
  query: LiveQuery,
  async handle({ params, query: { by }, read, actor }) {
    const { number, found, groups } = await read<Visible, { number: number; found: Progress; groups: Figures }>(async db => {
      const asked = await bulletinOf(db, parseBulletinNumber(params.number) ?? 0)
      return {
        number: asked.number,
        found: await readProgress(db, actor.scope, asked.id),
        groups: by === null ? {} : await readGroupFigures(db, actor.scope, asked.id, by),
      }
    })
    return json({ number: bulletinNumber(number), ...progressOf(found, groups) })
  },
})

/** The same as server-sent events: one now, and one whenever a figure has changed. */
const watch = route({
  method: 'GET',
  path: '/api/v1/bulletins/:number/events',
  access: VIEW,
  params: NumberParams,
  query: LiveQuery,
  async handle({ params, query, read, actor, platform }) {
    const bulletin = await read<Visible, Bulletin>(db => bulletinOf(db, parseBulletinNumber(params.number) ?? 0))
    return events(sink => watchProgress(platform, actor, bulletin.id, query.by ?? 'type', sink))
  },
})

export const liveRoutes: readonly Route[] = [progress, watch]
