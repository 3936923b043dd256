import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { csv, page } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { contactsOf } from '../contacts/queries.ts'
import { repairsOf } from '../contacts/repairs/queries.ts'
import { answeredForBy, partnersOf } from '../partners/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { listTechnology, technologySummary } from '../technology/queries.ts'
import type { OrganisationSummary } from './model.ts'
import {
  boards,
  changesOf,
  listOrganisations,
  namesOfCodes,
  organisationById,
  organisationDetail,
  organisationTypes,
  regions,
  successorsOf,
  type OrganisationDetail,
} from './queries.ts'
import { listView, ownView, showView, type ListQuery, type OrganisationFacts } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500
const TECHNOLOGY_SHOWN = 10

const text = z.string().max(200).catch('')

/** What cannot be read in a list's address is left out: a filter never breaks a bookmark. */
const listQuery = z.object({
  q: text,
  type: text,
  region: text,
  board: text,
  status: z.enum(['open', 'closed', 'all']).catch('open'),
  sort: z.enum(['name', '-name', 'code', '-code']).catch('name'),
  cursor: z.string().max(1_000).nullable().catch(null),
})

function filterOf(query: ListQuery) {
  return { search: query.q, type: query.type, region: query.region, board: query.board, status: query.status }
}

const list = route({
  method: 'GET',
  path: '/organisations',
  access: { permission: 'directory.organisation.list' },
  query: listQuery,
  async handle({ read, actor, query }) {
    const model = await read<DirectoryTables, object>(async db => {
      const found = await listOrganisations(db, actor.scope, filterOf(query), query.sort, { limit: PAGE_ROWS, cursor: query.cursor })
      return listView({ found, query, types: await organisationTypes(db), regions: await regions(db), boards: await boards(db) })
    })
    return page('directory/organisations/views/list.njk', 'Organisations', model)
  },
})

const listAsCsv = route({
  method: 'GET',
  path: '/organisations.csv',
  access: { permission: 'directory.organisation.list' },
  query: listQuery,
  async handle({ read, actor, query }) {
    const rowsAfter = (cursor: string | null) =>
      read<DirectoryTables, Page<OrganisationSummary>>(db =>
        listOrganisations(db, actor.scope, filterOf(query), query.sort, { limit: CSV_ROWS, cursor }),
      )
    return csv(
      'organisations.csv',
      csvPages(CSV_COLUMNS, row => CSV_COLUMNS.map(column => row[column]), rowsAfter),
    )
  },
})

const CSV_COLUMNS = [
  'code',
  'name',
  'type',
  'country',
  'regionCode',
  'boardCode',
  'postcode',
  'status',
] as const satisfies readonly (keyof OrganisationSummary)[]

const show = route({
  method: 'GET',
  path: '/organisations/:code',
  access: { permission: 'directory.organisation.view' },
  params: z.object({ code: z.string().max(40) }),
  async handle({ read, actor, params }) {
    const facts = await read<DirectoryTables, OrganisationFacts | undefined>(async db => {
      const organisation = await organisationDetail(db, actor.scope, params.code)
      return organisation === undefined ? undefined : factsOf(db, actor, organisation)
    })
    if (facts === undefined) throw notFound()
    return page('directory/organisations/views/show.njk', facts.organisation.name, showView(facts, actor))
  },
})

const own = route({
  method: 'GET',
  path: '/our-organisation',
  access: { permission: 'directory.own-organisation.view' },
  async handle({ read, actor }) {
    const facts = await read<DirectoryTables, OrganisationFacts | undefined>(async db => {
      const { organisationId } = actor
      const summary = organisationId === null ? undefined : await organisationById(db, organisationId)
      const organisation = summary === undefined ? undefined : await organisationDetail(db, actor.scope, summary.code)
      return organisation === undefined ? undefined : factsOf(db, actor, organisation)
    })
    if (facts === undefined) throw notFound()
    return page('directory/organisations/views/own.njk', 'Who we are to the centre', ownView(facts, actor))
  },
})

async function factsOf(db: Reader<DirectoryTables>, { scope }: RouteRequest['actor'], organisation: OrganisationDetail): Promise<OrganisationFacts> {
  const successors = await successorsOf(db, organisation.code)
  return {
    organisation,
    successors,
    contacts: await contactsOf(db, organisation.id),
    repairs: await repairsOf(db, organisation.id),
    partners: await partnersOf(db, organisation.id),
    answersFor: await answeredForBy(db, organisation.id),
    technology: await listTechnology(db, scope, organisation.id, { search: '', sharing: 'all' }, 'product', {
      limit: TECHNOLOGY_SHOWN,
      cursor: null,
    }),
    technologySummary: await technologySummary(db, scope, organisation.id),
    changes: await changesOf(db, organisation.id),
    names: await namesOfCodes(db, [
      organisation.regionCode,
      organisation.boardCode,
      organisation.parentCode,
      ...successors.map(successor => successor.code),
    ]),
  }
}

function notFound(): NotFound {
  return new NotFound('directory.organisation.unknown', 'There is no such organisation among those that you look after. Check the code, or search.')
}

export const ORGANISATION_ROUTES: readonly Route[] = [list, listAsCsv, show, own]
