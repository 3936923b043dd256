import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages, type CsvLine } from '../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { figureForm, reasonField } from '../figure-form.ts'
import type { NamedFigure } from '../figures.ts'
import type { Visible } from '../tables.ts'
import { changeFigure, withdrawEntry } from './commands.ts'
import { CATALOGUE_PAGE, entryAddress, PARTS, type Entry, type Part } from './model.ts'
import { entriesOf, entryOf, ENTRY_SORTS, scenarioNames, versionsOf } from './queries.ts'
import { changeModel, entryModel, figuresOf, listModel, partTitle, summaryOf, type EntryPage } from './views.ts'

const VIEWS = 'assure/catalogue/views'
const view = { permission: 'assure.catalogue.view' } as const
const change = { permission: 'assure.catalogue.change' } as const
const ROWS_A_PAGE = 50
const CSV_PART = 500

export const ofPart = z.object({ part: z.enum(['improvements', 'scenarios', 'rules']) })
export const ofEntry = ofPart.extend({ code: z.string().max(60) })
export const ofChangeable = z.object({ part: z.enum(['improvements', 'scenarios']), code: z.string().max(60) })
const ofFigure = ofChangeable.extend({ field: z.string().max(200) })
export const ListQuery = z.object({ q: searchText, sort: z.enum(ENTRY_SORTS).catch('name').default('name'), cursor: cursorText.default(null) })
const VersionQuery = z.object({ version: z.coerce.number().int().positive().max(1_000_000).nullable().catch(null).default(null) })

const start = route({ method: 'GET', path: CATALOGUE_PAGE, access: view, handle: async () => redirect(`${CATALOGUE_PAGE}/improvements`) })

const list = route({
  method: 'GET',
  path: `${CATALOGUE_PAGE}/:part`,
  access: view,
  params: ofPart,
  query: ListQuery,
  async handle({ read, params: { part }, query: { q, sort, cursor } }) {
    const found = await read<Visible, Page<Entry<unknown>>>(db => entriesOf(db, PARTS[part], { search: q, sort }, { limit: ROWS_A_PAGE, cursor }))
    return page(`${VIEWS}/list.njk`, partTitle(part), listModel(part, found, { search: q, sort, cursor }))
  },
})

const listCsv = route({
  method: 'GET',
  path: `${CATALOGUE_PAGE}/:part/all.csv`,
  access: view,
  params: ofPart,
  query: ListQuery,
  async handle({ read, params: { part }, query: { q, sort } }) {
    const names = await read<Visible, ReadonlyMap<string, string>>(db => scenarioNames(db))
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Page<Entry<unknown>>>(db => entriesOf(db, PARTS[part], { search: q, sort }, { limit: CSV_PART, cursor }))
    const lines = (entry: Entry<unknown>): readonly CsvLine[] => {
      const named = figuresOf(part, entry, names)
      const head = [entry.code, entry.name, entry.version, summaryOf(entry)] as const
      if (named.length === 0) return [[...head, null, null, null, null, null, null, null, null]]
      return named.map(({ field, unit, figure: { low, likely, high, source } }) => [
        ...head,
        field,
        unit.startsWith('money') ? 'pence' : unit,
        low,
        likely,
        high,
        source.grade,
        source.saidBy,
        source.asOf,
      ])
    }
    const columns = ['code', 'name', 'version', 'summary', 'figure', 'unit', 'low', 'likely', 'high', 'grade', 'said_by', 'as_of']
    return csv(
      `${part}.csv`,
      csvPages<CsvLine>(
        columns,
        line => line,
        async cursor => {
          const found = await rowsAfter(cursor)
          return { rows: found.rows.flatMap(lines), next: found.next }
        },
      ),
    )
  },
})

const show = route({
  method: 'GET',
  path: `${CATALOGUE_PAGE}/:part/:code`,
  access: view,
  params: ofEntry,
  query: VersionQuery,
  handle: request => entryPage(request, request.params.part, request.params.code, request.query.version, []),
})

async function entryPage(
  { read, actor }: Pick<RouteRequest, 'read' | 'actor'>,
  part: Part,
  code: string,
  version: number | null,
  problems: readonly Problem[],
): Promise<Reply> {
  const found = await read<Visible, EntryPage>(async db => ({
    part,
    entry: await entryOf(db, PARTS[part], code, version),
    versions: await versionsOf(db, PARTS[part], code),
    scenarios: await scenarioNames(db),
    mayChange: may(actor, change.permission),
  }))
  return page(`${VIEWS}/entry.njk`, found.entry.name, entryModel(found), { problems })
}

const changeForm = route({
  method: 'GET',
  path: `${CATALOGUE_PAGE}/:part/:code/figures/:field`,
  access: change,
  params: ofFigure,
  handle: request => figurePage(request, request.params, null, []),
})

type OfFigure = z.infer<typeof ofFigure>

async function figurePage(
  request: Pick<RouteRequest, 'read'>,
  params: OfFigure,
  typed: RouteRequest['body'] | null,
  problems: readonly Problem[],
): Promise<Reply> {
  const { entry, named } = await namedFigure(request, params)
  const errorOf = (name: string) => problems.find(({ pointer }) => pointer === name)?.message
  return page(`${VIEWS}/figure.njk`, `Change: ${named.label}`, changeModel(params.part, entry, named, typed, errorOf), { problems })
}

async function namedFigure({ read }: Pick<RouteRequest, 'read'>, { part, code, field }: OfFigure) {
  return read<Visible, { entry: Entry<unknown>; named: NamedFigure }>(async db => {
    const entry = await entryOf(db, PARTS[part], code)
    const named = figuresOf(part, entry, await scenarioNames(db)).find(figure => figure.field === field)
    if (named === undefined) throw new NotFound('assure.catalogue.figure', 'It has no such figure. Look at the entry.')
    return { entry, named }
  })
}

const changeOne = route({
  method: 'POST',
  path: `${CATALOGUE_PAGE}/:part/:code/figures/:field`,
  access: change,
  params: ofFigure,
  async handle(request) {
    const { body, params } = request
    const { part, code, field } = params
    const { named } = await namedFigure(request, params)
    const form = readForm(figureForm(named.unit), body)
    const reason = readForm(z.object({ reason: reasonField, seen: z.coerce.number().int().positive() }), body)
    if (!form.ok || !reason.ok) return figurePage(request, params, body, [...(form.ok ? [] : form.problems), ...(reason.ok ? [] : reason.problems)])
    try {
      const input = { kind: PARTS[part], code, field, figure: form.value, ...reason.value }
      const version = await request.work<Visible, number>(unit => changeFigure(unit, input))
      return redirect(entryAddress(part, code), {
        notice: `Changed. It is version ${version}; cases that go by an older one keep it until they take this up.`,
      })
    } catch (error) {
      return figurePage(request, params, body, [refusalOf(error, 'low')])
    }
  },
})

const withdraw = route({
  method: 'POST',
  path: `${CATALOGUE_PAGE}/:part/:code/withdraw`,
  access: change,
  params: ofChangeable,
  async handle(request) {
    const { part, code } = request.params
    const reason = typeof request.body['reason'] === 'string' ? request.body['reason'] : ''
    try {
      await request.work<Visible, void>(unit => withdrawEntry(unit, { kind: PARTS[part], code, reason }))
    } catch (error) {
      return entryPage(request, part, code, null, [refusalOf(error, 'reason')])
    }
    return redirect(`${CATALOGUE_PAGE}/${part}`, { notice: 'It is out of use. Cases that go by it keep it.' })
  },
})

export const catalogueRoutes: readonly Route[] = [start, list, listCsv, show, changeForm, changeOne, withdraw]
