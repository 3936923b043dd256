import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { csvText } from '../../../platform/csv/csv.ts'
import { csv, page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { sourceByCode, sourceNames } from '../sources/queries.ts'
import type { Visible } from '../tables.ts'
import { gatherSource } from './model.ts'
import { itemById, itemChanges, listQuarantine, type QuarantineFilter } from './queries.ts'
import { itemModel, quarantineModel, QUARANTINE_HEAD } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 50_000

const query = z.object({
  source: z.string().max(64).optional().catch(undefined),
  resolved: z.string().optional().catch(undefined),
  cursor: z.string().max(500).optional().catch(undefined),
})

function filterOf(asked: z.infer<typeof query>): QuarantineFilter {
  return { source: asked.source === undefined || asked.source === '' ? null : asked.source, resolved: asked.resolved === 'yes' }
}

const quarantine = route({
  method: 'GET',
  path: '/quarantine',
  access: { permission: 'watch.source.view' },
  query,
  async handle(request) {
    const filter = filterOf(request.query)
    const cursor = request.query.cursor ?? null
    const model = await request.read<Visible, object>(async db =>
      quarantineModel(await listQuarantine(db, filter, { limit: PAGE_ROWS, cursor }), filter, await sourceNames(db), cursor),
    )
    return page('watch/gathering/views/quarantine.njk', 'Quarantine', model)
  },
})

const quarantineCsv = route({
  method: 'GET',
  path: '/quarantine.csv',
  access: { permission: 'watch.source.view' },
  query,
  async handle(request) {
    const { rows } = await request.read<Visible, Awaited<ReturnType<typeof listQuarantine>>>(db =>
      listQuarantine(db, filterOf(request.query), { limit: CSV_ROWS, cursor: null }),
    )
    const lines = rows.map(row => [
      row.source,
      row.address,
      row.position,
      row.external_id,
      row.reason,
      row.excerpt,
      row.at.toISOString(),
      row.resolved_at?.toISOString() ?? null,
    ])
    return csv('quarantine.csv', csvText(QUARANTINE_HEAD, lines))
  },
})

const item = route({
  method: 'GET',
  path: '/items/:id',
  access: { permission: 'watch.threat.view' },
  params: z.object({ id: z.string().max(64) }),
  async handle(request) {
    const model = await request.read<Visible, ReturnType<typeof itemModel> | undefined>(async db => {
      const found = await itemById(db, request.params.id)
      return found === undefined ? undefined : itemModel(found, await itemChanges(db, found.id))
    })
    if (model === undefined) throw new NotFound('watch.item.unknown', 'There is no such item. It may have been named wrongly.')
    return page('watch/gathering/views/item.njk', model.item.title, model)
  },
})

const gatherNow = route({
  method: 'POST',
  path: '/sources/:code/gather',
  access: { permission: 'watch.source.gather' },
  params: z.object({ code: z.string().max(64) }),
  async handle(request) {
    const { code } = request.params
    await request.work<Visible, void>(async work => {
      const source = await sourceByCode(work.db, code)
      if (source === undefined || source.url === null)
        throw new NotFound('watch.source.no-address', 'There is no source of that code with an address to gather from.')
      work.enqueue(gatherSource, { source: code }, { onceKey: code })
    })
    return redirect(`/sources/${encodeURIComponent(code)}`, { notice: 'It is being gathered. Load this page again in a moment to see what came.' })
  },
})

export const gatheringRoutes: readonly Route[] = [quarantine, quarantineCsv, item, gatherNow]
