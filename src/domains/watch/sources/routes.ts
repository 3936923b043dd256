import { z } from 'zod'
import { CareCertError, NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { readForm } from '../../../platform/forms/form.ts'
import { choiceText, cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Visible } from '../tables.ts'
import { addSource, setEnabled } from './commands.ts'
import { sourceFields, sourceForm } from './fields.ts'
import { ALL_GATHERINGS, listGatherings, type GatheringRow } from './gatherings/queries.ts'
import { gatheringListRoutes } from './gatherings/routes.ts'
import { HEALTHS } from './model.ts'
import { listSources, type SourceKey, type SourceRow } from './queries.ts'
import { pageOfSources, SOURCE_SORTS, type SourceFilter } from './queries/list.ts'
import { listModel, sourceLine, sourceModel, SOURCES_HEAD } from './views.ts'

const params = z.object({ code: z.string().max(64) })
const PAGE_ROWS = 50
const CSV_ROWS = 500
/** On the page of a source; a list of its own has the rest. */
const GATHERINGS_SHOWN = 20

const sourcesQuery = z.object({
  q: searchText,
  health: z.enum(HEALTHS).nullable().catch(null),
  format: choiceText,
  sort: z.enum(SOURCE_SORTS).catch('need'),
  cursor: cursorText,
})

function filterOf({ q, health, format }: z.infer<typeof sourcesQuery>): SourceFilter {
  return { search: q, health, format }
}

const list = route({
  method: 'GET',
  path: '/sources',
  access: { permission: 'watch.source.view' },
  query: sourcesQuery,
  async handle({ query, read, actor, now }) {
    const filter = filterOf(query)
    const found = await read<Visible, Awaited<ReturnType<typeof pageOfSources>>>(db =>
      pageOfSources(db, filter, query.sort, now, { limit: PAGE_ROWS, cursor: query.cursor }),
    )
    const model = listModel(found, filter, query.sort, now, query.cursor)
    return page('watch/sources/views/list.njk', 'Sources', { ...model, mayChange: may(actor, 'watch.source.change') })
  },
})

const listCsv = route({
  method: 'GET',
  path: '/sources.csv',
  access: { permission: 'watch.source.view' },
  query: sourcesQuery,
  async handle({ query, read, now }) {
    const part = (cursor: string | null) =>
      read<Visible, Page<SourceRow>>(db => pageOfSources(db, filterOf(query), query.sort, now, { limit: CSV_ROWS, cursor }))
    return csv(
      'sources.csv',
      csvPages(SOURCES_HEAD, row => sourceLine(row, now), part),
    )
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
    const found = await request.read<Visible, { source: SourceRow; gatherings: Page<GatheringRow> } | undefined>(async db => {
      const [source] = await listSources(db, request.params.code)
      if (source === undefined) return undefined
      const newest = { limit: GATHERINGS_SHOWN, cursor: null }
      return { source, gatherings: await listGatherings(db, source.id, ALL_GATHERINGS, '-when', newest) }
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
  listCsv,
  showForm,
  add,
  show,
  ...gatheringListRoutes,
  switchRoute('stop', 'It is not gathered by the clock any more.'),
  switchRoute('start', 'It is gathered by the clock again.'),
]
