import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { gatherAgain } from '../gather-again.ts'
import { sourceByCode } from '../sources/queries.ts'
import type { Visible } from '../tables.ts'
import { gatherSource } from './model.ts'
import { quarantineRoutes } from './quarantine/routes.ts'
import { itemById, itemChanges } from './queries.ts'
import { itemModel } from './views.ts'

const item = route({
  method: 'GET',
  path: '/items/:id',
  access: { permission: 'watch.threat.view' },
  params: z.object({ id: z.string().max(64) }),
  async handle(request) {
    const model = await request.read<Visible, ReturnType<typeof itemModel>>(async db => {
      const found = await askedItem(db, request.params.id)
      return itemModel(found, await itemChanges(db, found.id))
    })
    return page('watch/gathering/views/item.njk', model.item.title, model)
  },
})

/** One item. Throws `NotFound` where there is none. */
export async function askedItem(db: Reader<Visible>, id: string) {
  const found = await itemById(db, id)
  if (found === undefined) throw new NotFound('watch.item.unknown', 'There is no such item. It may have been named wrongly.')
  return found
}

const gatherNow = route({
  method: 'POST',
  path: '/sources/:code/gather',
  access: { permission: 'watch.source.gather' },
  params: z.object({ code: z.string().max(64) }),
  async handle(request) {
    const { code } = request.params
    await request.work<Visible, void>(work => askToGather(work, code))
    return redirect(`/sources/${encodeURIComponent(code)}`, { notice: 'It is being gathered. Load this page again in a moment to see what came.' })
  },
})

/** Has a source gathered at once. Throws `NotFound` for one without an address. */
export async function askToGather(work: Work<Visible>, code: string): Promise<void> {
  const source = await sourceByCode(work.db, code)
  if (source === undefined || source.url === null)
    throw new NotFound('watch.source.no-address', 'There is no source of that code with an address to gather from.')
  work.enqueue(gatherSource, { source: code }, { onceKey: code })
}

const readAgain = route({
  method: 'POST',
  path: '/gatherings/:id/read-again',
  access: { permission: 'watch.source.gather' },
  params: z.object({ id: z.string().max(64) }),
  async handle(request) {
    const { source, failure, quarantined } = await gatherAgain(request.platform, request.actor, request.params.id)
    const notice = failure ?? (quarantined > 0 ? `${quarantined} of its entries still cannot be read.` : 'It could be read, and was taken in.')
    return redirect(`/sources/${encodeURIComponent(source)}`, { notice })
  },
})

export const gatheringRoutes: readonly Route[] = [...quarantineRoutes, item, gatherNow, readAgain]
