import { z } from 'zod'
import { CareCertError, NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { readForm } from '../../../platform/forms/form.ts'
import { page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Visible } from '../tables.ts'
import { addSource, setEnabled } from './commands.ts'
import { sourceFields, sourceForm } from './fields.ts'
import { latestGatherings, listSources, type GatheringRow, type SourceKey, type SourceRow } from './queries.ts'
import { sourceModel, sourcesTable } from './views.ts'

const params = z.object({ code: z.string().max(64) })
const GATHERINGS_SHOWN = 50

const list = route({
  method: 'GET',
  path: '/sources',
  access: { permission: 'watch.source.view' },
  async handle(request) {
    const sources = await request.read<Visible, readonly SourceRow[]>(db => listSources(db))
    const mayChange = may(request.actor, 'watch.source.change')
    return page('watch/sources/views/list.njk', 'Sources', { table: sourcesTable(sources, request.now), total: sources.length, mayChange })
  },
})

function form(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[] = []) {
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  return page('watch/sources/views/add.njk', 'Add a source', { fields: sourceFields(typed, errorOf) }, { problems })
}

const showForm = route({
  method: 'GET',
  path: '/sources/add',
  access: { permission: 'watch.source.change' },
  handle: async () => form({ format: 'kev-json' }),
})

const add = route({
  method: 'POST',
  path: '/sources/add',
  access: { permission: 'watch.source.change' },
  async handle(request) {
    const read = readForm(sourceForm, request.body)
    if (!read.ok) return form(read.typed, read.problems)
    try {
      await request.work<Visible, SourceKey>(work => addSource(work, read.value))
    } catch (error) {
      if (!(error instanceof CareCertError) || error.code !== 'watch.source.taken') throw error
      return form(request.body, [{ rule: error.code, pointer: 'code', severity: 'error', message: error.message }])
    }
    return redirect(`/sources/${encodeURIComponent(read.value.code)}`, { notice: `${read.value.name} is added.` })
  },
})

const show = route({
  method: 'GET',
  path: '/sources/:code',
  access: { permission: 'watch.source.view' },
  params,
  async handle(request) {
    const found = await request.read<Visible, { source: SourceRow; gatherings: readonly GatheringRow[] } | undefined>(async db => {
      const [source] = await listSources(db, request.params.code)
      return source === undefined ? undefined : { source, gatherings: await latestGatherings(db, source.id, GATHERINGS_SHOWN) }
    })
    if (found === undefined) throw new NotFound('watch.source.unknown', 'There is no such source. The list of sources names them.')
    const { actor } = request
    const model = sourceModel(found.source, found.gatherings, request.now, may(actor, 'watch.source.gather'), may(actor, 'watch.source.change'))
    return page('watch/sources/views/show.njk', found.source.name, model)
  },
})

function switchRoute(word: 'stop' | 'start', notice: string): Route {
  return route({
    method: 'POST',
    path: `/sources/:code/${word}`,
    access: { permission: 'watch.source.change' },
    params,
    async handle(request) {
      await request.work<Visible, void>(work => setEnabled(work, request.params.code, word === 'start'))
      return redirect(`/sources/${encodeURIComponent(request.params.code)}`, { notice })
    },
  })
}

export const sourceRoutes: readonly Route[] = [
  list,
  showForm,
  add,
  show,
  switchRoute('stop', 'It is not gathered by the clock any more.'),
  switchRoute('start', 'It is gathered by the clock again.'),
]
