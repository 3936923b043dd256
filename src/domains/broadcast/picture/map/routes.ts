import { z } from 'zod'
import { page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import type { Group } from '../model.ts'
import { groups } from '../queries.ts'
import { boardsOf } from '../queries/boards.ts'
import type { PlacedBoard } from './board-places.ts'
import { boardMap } from './model.ts'
import { boardRows } from './views.ts'

const map = route({
  method: 'GET',
  path: '/bulletins/:number/map',
  access: { permission: 'broadcast.picture.view' },
  params: z.object({ number: z.string().max(20) }),
  async handle({ params, read, actor, now }) {
    const { bulletin, found, boards } = await read<Visible, { bulletin: Bulletin; found: readonly Group[]; boards: readonly PlacedBoard[] }>(
      async db => {
        const asked = await bulletinOf(db, parseBulletinNumber(params.number) ?? 0)
        const byBoard = await groups(db, actor.scope, asked.id, 'board')
        return { bulletin: asked, found: byBoard, boards: await boardsOf(db, byBoard) }
      },
    )
    const number = bulletinNumber(bulletin.number)
    const { map: drawn, isGeographic, unplaced } = boardMap(bulletin.number, found, boards)
    const model = {
      number,
      title: bulletin.title,
      tlp: bulletin.tlp,
      asOf: now,
      address: `/bulletins/${number}/map`,
      map: drawn.linked,
      isGeographic,
      unplaced: unplaced.map(({ name }) => name).join(', '),
      unplacedCount: unplaced.length,
      rows: boardRows(bulletin.number, found),
    }
    return page('broadcast/picture/map/views/map.njk', `Map of ${number}`, model, { isExercise: bulletin.isExercise })
  },
})

export const mapRoutes: readonly Route[] = [map]
