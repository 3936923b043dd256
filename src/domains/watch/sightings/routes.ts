import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { textOf } from '../../../kernel/text.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { refusalOf } from '../../../platform/forms/form.ts'
import { cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type FormBody, type Route } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Visible } from '../tables.ts'
import { endTrust, trustWriter } from './commands.ts'
import { listWriters, type SightingWriterRow } from './queries.ts'
import { trustModel, writerLine, WRITERS_HEAD, WRITERS_PATH, writersModel } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500
const view = { permission: 'watch.threat.view' }
const trust = { permission: 'watch.sighting.trust' }
const query = z.object({ q: searchText, cursor: cursorText })
const ofOrganisation = z.object({ code: z.string().max(12) })

const list = route({
  method: 'GET',
  path: WRITERS_PATH,
  access: view,
  query,
  async handle({ query: { q, cursor }, read, actor }) {
    const found = await read<Visible, Page<SightingWriterRow>>(db => listWriters(db, q, { limit: PAGE_ROWS, cursor }))
    return page('watch/sightings/views/list.njk', 'Who may report sightings', writersModel(found, q, cursor, may(actor, 'watch.sighting.trust')))
  },
})

const listCsv = route({
  method: 'GET',
  path: `${WRITERS_PATH}.csv`,
  access: view,
  query,
  async handle({ query: { q }, read }) {
    const part = (cursor: string | null) => read<Visible, Page<SightingWriterRow>>(db => listWriters(db, q, { limit: CSV_ROWS, cursor }))
    return csv('sighting-writers.csv', csvPages(WRITERS_HEAD, writerLine, part))
  },
})

function formPage(code: string | null, typed: FormBody, problems: readonly Problem[]): Reply {
  const model = trustModel(code, typed, problems)
  return page('watch/sightings/views/form.njk', model.title, model, { problems })
}

const addForm = route({ method: 'GET', path: `${WRITERS_PATH}/add`, access: trust, handle: async () => formPage(null, {}, []) })

const add = route({
  method: 'POST',
  path: WRITERS_PATH,
  access: trust,
  async handle({ body, work }) {
    try {
      await work<Visible, void>(unit => trustWriter(unit, { code: textOf(body, 'code'), reason: textOf(body, 'reason') }))
    } catch (error) {
      return formPage(null, body, [pointed(error)])
    }
    return redirect(WRITERS_PATH, { notice: 'Its sightings are taken from now on.' })
  },
})

const endForm = route({
  method: 'GET',
  path: `${WRITERS_PATH}/:code/end`,
  access: trust,
  params: ofOrganisation,
  handle: async ({ params }) => formPage(params.code, {}, []),
})

const end = route({
  method: 'POST',
  path: `${WRITERS_PATH}/:code/end`,
  access: trust,
  params: ofOrganisation,
  async handle({ params, body, work }) {
    try {
      await work<Visible, void>(unit => endTrust(unit, { code: params.code, reason: textOf(body, 'reason') }))
    } catch (error) {
      if (error instanceof NotFound) throw error
      return formPage(params.code, body, [refusalOf(error, 'reason')])
    }
    return redirect(WRITERS_PATH, { notice: 'Its sightings are taken no more. What it told stays.' })
  },
})

/** What is wrong, beside the field that it is about. */
function pointed(error: unknown): Problem {
  if (error instanceof NotFound) return { rule: error.code, pointer: 'code', severity: 'error', message: error.message }
  const problem = refusalOf(error, 'code')
  return problem.rule === 'watch.sighting.reason' ? { ...problem, pointer: 'reason' } : problem
}

export const sightingRoutes: readonly Route[] = [list, listCsv, addForm, add, endForm, end]
