import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import { page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { funnel, groups } from '../queries.ts'
import { earlierOfKind } from '../queries/earlier.ts'
import { timesByGroup, timesOfAll } from '../queries/times.ts'
import { hoursBetween, TIME_DIMENSIONS, TIME_EVENTS } from '../times.ts'
import { timesView, type ShownTimes } from './views.ts'

const times = route({
  method: 'GET',
  path: '/bulletins/:number/times',
  access: { permission: 'broadcast.picture.view' },
  params: z.object({ number: z.string().max(20) }),
  query: z.object({
    by: z.enum(TIME_DIMENSIONS).catch('type').default('type'),
    event: z.enum(TIME_EVENTS).catch('acknowledged').default('acknowledged'),
  }),
  async handle({ params, query: { by, event }, read, actor, now }) {
    const shown = await read<Visible, ShownTimes>(async db => {
      const bulletin = await bulletinOf(db, parseBulletinNumber(params.number) ?? 0)
      const { id, severity, releasedAt, isExercise } = bulletin
      if (releasedAt === null)
        throw new NotFound('broadcast.times.not-released', 'This bulletin has not been released, so nobody has been asked to answer.')
      const asOf = bulletin.withdrawnAt ?? now
      const hours = hoursBetween(releasedAt, asOf)
      const counts = await funnel(db, actor.scope, id)
      const standing = await groups(db, actor.scope, id, by)
      return {
        bulletin,
        by,
        event,
        hours,
        asOf: now,
        all: await timesOfAll(db, actor.scope, { bulletinId: id, now: asOf }, counts),
        groups: await timesByGroup(db, actor.scope, { bulletinId: id, now: asOf }, by, standing),
        unreachable: counts.unreachable,
        earlier: isExercise ? null : await earlierOfKind(db, actor.scope, { id, severity, releasedAt }, hours, now),
      }
    })
    return page('broadcast/picture/times/views/times.njk', `Times of ${bulletinNumber(shown.bulletin.number)}`, timesView(shown), {
      isExercise: shown.bulletin.isExercise,
    })
  },
})

export const timesRoutes: readonly Route[] = [times]
