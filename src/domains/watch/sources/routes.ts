import { z } from 'zod'
import { CareCertError, NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { openedFolder } from '../../../platform/fetch/folder.ts'
import { refusalOf } from '../../../platform/forms/form.ts'
import { choiceText, cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { addSource, changeSource, setEnabled, startAnew } from './commands.ts'
import { changeFields, readChanges, readSource, sourceFields, typedOfSource } from './fields.ts'
import { ALL_GATHERINGS, listGatherings, type GatheringRow } from './gatherings/queries.ts'
import { gatheringListRoutes } from './gatherings/routes.ts'
import { FOLDER, HEALTHS, SOURCE_FORMATS, type SourceFormat } from './model.ts'
import { listSources, sourceStandings, type SourceKey, type SourceRow, type SourceStanding } from './queries.ts'
import { pageOfSources, SOURCE_SORTS, type SourceFilter } from './queries/list.ts'
import { listModel, sourceLine, sourceModel, SOURCES_HEAD } from './views.ts'

export const params = z.object({ code: z.string().max(64) })
const PAGE_ROWS = 50
const CSV_ROWS = 500
/** On the page of a source; a list of its own has the rest. */
const GATHERINGS_SHOWN = 20

export const sourcesQuery = z.object({
  q: searchText,
  health: z.enum(HEALTHS).nullable().catch(null),
  format: choiceText,
  sort: z.enum(SOURCE_SORTS).catch('need'),
  cursor: cursorText,
})

export function filterOf({ q, health, format }: Pick<z.infer<typeof sourcesQuery>, 'q' | 'health' | 'format'>): SourceFilter {
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

type Typed = Readonly<Record<string, unknown>>

function typing(typed: Typed, problems: readonly Problem[]) {
  return { typed, errorOf: (name: string) => problems.find(problem => problem.pointer === name)?.message }
}

function form({ platform }: Pick<RouteRequest, 'platform'>, typed: Typed, problems: readonly Problem[] = []) {
  const fields = sourceFields(typing(typed, problems), platform.config.gatherFolder)
  return page('watch/sources/views/add.njk', 'Add a source', { fields }, { problems })
}

/** What is wrong with the folder of a source, for the form to say; nothing for another address. */
export async function folderProblems({ platform }: Pick<RouteRequest, 'platform'>, format: string, url: string | null): Promise<readonly Problem[]> {
  if (format !== FOLDER || url === null) return []
  try {
    await openedFolder(url, platform.config.gatherFolder)
    return []
  } catch (error) {
    return [refusalOf(error, 'url')]
  }
}

const showForm = route({
  method: 'GET',
  path: '/sources/add',
  access: { permission: 'watch.source.change' },
  handle: async request => form(request, { format: 'kev-json' }),
})

const add = route({
  method: 'POST',
  path: '/sources/add',
  access: { permission: 'watch.source.change' },
  async handle(request) {
    const read = readSource(request.body)
    if (!read.ok) return form(request, request.body, read.problems)
    const problems = await folderProblems(request, read.value.format, read.value.url)
    if (problems.length > 0) return form(request, request.body, problems)
    try {
      await request.work<Visible, SourceKey>(work => addSource(work, read.value))
    } catch (error) {
      if (!(error instanceof CareCertError) || error.code !== 'watch.source.taken') throw error
      return form(request, request.body, [{ rule: error.code, pointer: 'code', severity: 'error', message: error.message }])
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
    const found = await request.read<Visible, { source: SourceRow; gatherings: Page<GatheringRow> }>(async db => {
      const source = await askedSource(db, request.params.code)
      const newest = { limit: GATHERINGS_SHOWN, cursor: null }
      return { source, gatherings: await listGatherings(db, source.id, ALL_GATHERINGS, '-when', newest) }
    })
    const { actor, platform, now } = request
    const rights = { mayGather: may(actor, 'watch.source.gather'), mayChange: may(actor, 'watch.source.change') }
    const signsInWith = credentialsOf(platform, found.source.code)
    return page('watch/sources/views/show.njk', found.source.name, sourceModel(found.source, found.gatherings, now, rights, signsInWith))
  },
})

/** The source of that code. Throws `NotFound` where there is none. */
export async function askedSource(db: Reader<Visible>, code: string): Promise<SourceRow> {
  const [source] = await listSources(db, code)
  if (source === undefined) throw new NotFound('watch.source.unknown', 'There is no such source. The list of sources names them.')
  return source
}

/** The names of the headers with which a source signs in, never their values. */
export function credentialsOf({ secrets }: RouteRequest['platform'], code: string): readonly string[] {
  return Object.keys(secrets.sourceCredentials[code] ?? {})
}

/** A source that can be changed: one that is gathered from somewhere, or may be. Throws `NotFound` for another. */
export async function changeable(db: Reader<Visible>, code: string): Promise<{ readonly source: SourceStanding; readonly format: SourceFormat }> {
  const [source] = await sourceStandings(db, code)
  const format = SOURCE_FORMATS.find(known => known === source?.format)
  if (source === undefined || format === undefined)
    throw new NotFound('watch.source.unknown', 'There is no such source that can be changed. The list of sources names them.')
  return { source, format }
}

function changePage(source: SourceStanding, format: SourceFormat, typed: Typed, problems: readonly Problem[] = []) {
  const model = { source, fields: changeFields(typing(typed, problems), format), href: `/sources/${encodeURIComponent(source.code)}` }
  return page('watch/sources/views/change.njk', `Change ${source.name}`, model, { problems })
}

const showChange = route({
  method: 'GET',
  path: '/sources/:code/change',
  access: { permission: 'watch.source.change' },
  params,
  async handle(request) {
    const { source, format } = await request.read<Visible, Awaited<ReturnType<typeof changeable>>>(db => changeable(db, request.params.code))
    return changePage(source, format, typedOfSource(source, format))
  },
})

const change = route({
  method: 'POST',
  path: '/sources/:code/change',
  access: { permission: 'watch.source.change' },
  params,
  async handle(request) {
    const { source, format } = await request.read<Visible, Awaited<ReturnType<typeof changeable>>>(db => changeable(db, request.params.code))
    const read = readChanges(request.body, format)
    if (!read.ok) return changePage(source, format, request.body, read.problems)
    const problems = await folderProblems(request, format, read.value.url)
    if (problems.length > 0) return changePage(source, format, request.body, problems)
    await request.work<Visible, void>(work => changeSource(work, source.code, read.value))
    return redirect(`/sources/${encodeURIComponent(source.code)}`, {
      notice: `${read.value.name} is changed. The clock asks it within five minutes.`,
    })
  },
})

const anew = route({
  method: 'POST',
  path: '/sources/:code/start-anew',
  access: { permission: 'watch.source.change' },
  params,
  async handle(request) {
    const { code } = request.params
    await request.work<Visible, void>(work => startAnew(work, code))
    return redirect(`/sources/${encodeURIComponent(code)}`, {
      notice: 'Everything of it is looked at anew, within five minutes. What was gathered before is kept.',
    })
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
  showChange,
  change,
  anew,
  ...gatheringListRoutes,
  switchRoute('stop', 'It is not gathered by the clock any more.'),
  switchRoute('start', 'It is gathered by the clock again.'),
]
