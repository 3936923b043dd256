import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import { page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
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
    const asked = { number: parseBulletinNumber(params.number) ?? 0, by, event }
    const shown = await read<Visible, ShownTimes>(db => readTimes(db, actor, asked, now))
    return page('broadcast/picture/times/views/times.njk', `Times of ${bulletinNumber(shown.bulletin.number)}`, timesView(shown), {
      isExercise: shown.bulletin.isExercise,
    })
  },
})

export const timesRoutes: readonly Route[] = [times]

/** Reads the times of a released bulletin in the reader's scope. Throws `NotFound` before its release. */
export async function readTimes(
  db: Reader<Visible>,
  { scope }: Pick<Actor, 'scope'>,
  { number, by, event }: { readonly number: number } & Pick<ShownTimes, 'by' | 'event'>,
  now: Instant,
): Promise<ShownTimes> {
  const bulletin = await bulletinOf(db, number)
  const { id, severity, releasedAt, isExercise } = bulletin
  if (releasedAt === null)
    throw new NotFound('broadcast.times.not-released', 'This bulletin has not been released, so nobody has been asked to answer.')
  const asOf = bulletin.withdrawnAt ?? now
  const hours = hoursBetween(releasedAt, asOf)
  const counts = await funnel(db, scope, id)
  const standing = await groups(db, scope, id, by)
  return {
    bulletin,
    by,
    event,
    hours,
    asOf: now,
    all: await timesOfAll(db, scope, { bulletinId: id, now: asOf }, counts),
    groups: await timesByGroup(db, scope, { bulletinId: id, now: asOf }, by, standing),
    unreachable: counts.unreachable,
    earlier: isExercise ? null : await earlierOfKind(db, scope, { id, severity, releasedAt }, hours, now),
  }
}
