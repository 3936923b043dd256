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
  type OrganisationFilter,
} from './queries.ts'
import { listView, ownView, showView, type ListQuery, type OrganisationFacts } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500
const TECHNOLOGY_SHOWN = 10

const text = z.string().max(200).catch('')

/** What cannot be read in a list's address is left out: a filter never breaks a bookmark. */
export const organisationsQuery = z.object({
  q: text,
  type: text,
  region: text,
  board: text,
  status: z.enum(['open', 'closed', 'all']).catch('open'),
  sort: z.enum(['name', '-name', 'code', '-code']).catch('name'),
  cursor: z.string().max(1_000).nullable().catch(null),
})

export function filterOf(query: Omit<ListQuery, 'sort' | 'cursor'>): OrganisationFilter {
  return { search: query.q, type: query.type, region: query.region, board: query.board, status: query.status, changedSince: null }
}

const list = route({
  method: 'GET',
  path: '/organisations',
  access: { permission: 'directory.organisation.list' },
  query: organisationsQuery,
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
  query: organisationsQuery,
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
    const facts = await read<DirectoryTables, OrganisationFacts>(async db => factsOf(db, actor, await askedOrganisation(db, actor, params.code)))
    return page('directory/organisations/views/show.njk', facts.organisation.name, showView(facts, actor))
  },
})

const own = route({
  method: 'GET',
  path: '/our-organisation',
  access: { permission: 'directory.own-organisation.view' },
  async handle({ read, actor }) {
    const facts = await read<DirectoryTables, OrganisationFacts>(async db => factsOf(db, actor, await ownOrganisation(db, actor)))
    return page('directory/organisations/views/own.njk', 'Who we are to the centre', ownView(facts, actor))
  },
})

/** The organisation of that code. Throws `NotFound` unless the actor looks after it. */
export async function askedOrganisation(db: Reader<DirectoryTables>, { scope }: RouteRequest['actor'], code: string): Promise<OrganisationDetail> {
  const organisation = await organisationDetail(db, scope, code)
  if (organisation === undefined) throw noSuchOrganisation()
  return organisation
}

/** The organisation for which the actor acts. Throws `NotFound` for whoever acts for none. */
export async function ownOrganisation(db: Reader<DirectoryTables>, actor: RouteRequest['actor']): Promise<OrganisationDetail> {
  const summary = actor.organisationId === null ? undefined : await organisationById(db, actor.organisationId)
  if (summary === undefined) throw noSuchOrganisation()
  return askedOrganisation(db, actor, summary.code)
}

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

function noSuchOrganisation(): NotFound {
  return new NotFound('directory.organisation.unknown', 'There is no such organisation among those that you look after. Check the code, or search.')
}

export const ORGANISATION_ROUTES: readonly Route[] = [list, listAsCsv, show, own]
