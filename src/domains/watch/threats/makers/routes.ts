import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../../platform/forms/form.ts'
import { cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Visible } from '../../tables.ts'
import { addMakerAlias, endMakerAlias } from './commands.ts'
import { aliasForm } from './fields.ts'
import { ALIAS_SORTS, aliasById, aliasesAfter, listAliases, type MakerAliasFilter, type MakerAliasRow } from './queries.ts'
import { ALIASES_HEAD, aliasesModel, aliasFormModel, aliasLine, endFormModel } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500

const view = { permission: 'watch.threat.view' }
const correct = { permission: 'watch.match.correct' }
export const ofAlias = z.object({ id: z.coerce.number().int().positive().max(2_147_483_647) })
export const aliasesQuery = z.object({
  q: searchText,
  state: z.enum(['in-force', 'ended', 'all']).catch('in-force'),
  source: z.enum(['shipped', 'analyst']).nullable().catch(null),
  sort: z.enum(ALIAS_SORTS).catch('alias'),
  cursor: cursorText,
})

export function filterOf({ q, state, source }: Pick<z.infer<typeof aliasesQuery>, 'q' | 'state' | 'source'>): MakerAliasFilter {
  return { search: q, state, source }
}

const list = route({
  method: 'GET',
  path: '/maker-names',
  access: view,
  query: aliasesQuery,
  async handle({ query, read, actor }) {
    const { sort, cursor } = query
    const found = await read<Visible, Page<MakerAliasRow>>(db => listAliases(db, filterOf(query), sort, { limit: PAGE_ROWS, cursor }))
    return page(
      'watch/threats/makers/views/list.njk',
      'Names of makers',
      aliasesModel(found, filterOf(query), sort, cursor, may(actor, 'watch.match.correct')),
    )
  },
})

const listCsv = route({
  method: 'GET',
  path: '/maker-names.csv',
  access: view,
  query: aliasesQuery,
  async handle({ query, read }) {
    const part = (cursor: string | null) =>
      read<Visible, Omit<Page<MakerAliasRow>, 'total'>>(db => aliasesAfter(db, filterOf(query), query.sort, { limit: CSV_ROWS, cursor }))
    return csv('maker-names.csv', csvPages(ALIASES_HEAD, aliasLine, part))
  },
})

function addPage(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]): Reply {
  return page('watch/threats/makers/views/add.njk', 'Add a name of a maker', aliasFormModel(typed, problems), { problems })
}

const addForm = route({ method: 'GET', path: '/maker-names/add', access: correct, handle: async () => addPage({}, []) })

const add = route({
  method: 'POST',
  path: '/maker-names',
  access: correct,
  async handle({ body, work }) {
    const form = readForm(aliasForm, body)
    if (!form.ok) return addPage(form.typed, form.problems)
    try {
      await work<Visible, void>(unit => addMakerAlias(unit, form.value))
    } catch (error) {
      return addPage(body, [refusalOf(error, 'alias')])
    }
    return redirect('/maker-names', { notice: 'The two names count as one maker. The threats are being counted anew.' })
  },
})

async function endPage(request: RouteRequest, id: number, reason: string, problems: readonly Problem[]): Promise<Reply> {
  const found = await request.read<Visible, Awaited<ReturnType<typeof aliasById>>>(db => aliasById(db, id))
  if (found === undefined) throw new NotFound('watch.maker.unknown', 'There is no such name of a maker.')
  return page('watch/threats/makers/views/end.njk', 'End a name of a maker', endFormModel(found, reason, problems), { problems })
}

const endForm = route({
  method: 'GET',
  path: '/maker-names/:id/end',
  access: correct,
  params: ofAlias,
  handle: request => endPage(request, request.params.id, '', []),
})

const end = route({
  method: 'POST',
  path: '/maker-names/:id/end',
  access: correct,
  params: ofAlias,
  async handle(request) {
    const reason = typeof request.body['reason'] === 'string' ? request.body['reason'] : ''
    try {
      await request.work<Visible, void>(work => endMakerAlias(work, request.params.id, reason))
    } catch (error) {
      return endPage(request, request.params.id, reason, [refusalOf(error, 'reason')])
    }
    return redirect('/maker-names', { notice: 'The name is ended. The threats are being counted anew.' })
  },
})

export const makerRoutes: readonly Route[] = [list, listCsv, addForm, add, endForm, end]
