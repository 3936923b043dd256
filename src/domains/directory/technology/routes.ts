import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanLine } from '../../../kernel/text.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { OrganisationSummary } from '../organisations/model.ts'
import { organisationById, requireOrganisation } from '../organisations/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { importTechnology, shareTechnology } from './commands.ts'
import { technologySchema } from './fields.ts'
import type { Technology } from './model.ts'
import { listTechnology, type TechnologySort } from './queries.ts'
import { readTechnologyList } from './read-file.ts'
import { importedView, importView, listView, NEW_LIST, technologyPath, type TechnologyQuery } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500

const ofOrganisation = z.object({ code: z.string().max(40) })

export const technologyQuery = z.object({
  q: z.string().max(200).catch(''),
  sharing: z.enum(['all', 'shared', 'own']).catch('all'),
  sort: z.enum(['product', '-product', 'as-of', '-as-of']).catch('product'),
  cursor: z.string().max(2_000).nullable().catch(null),
})

type OfList = RouteRequest<unknown, z.infer<typeof technologyQuery>>

const own = route({
  method: 'GET',
  path: '/technology',
  access: { permission: 'directory.technology.view' },
  query: technologyQuery,
  async handle(request) {
    return listPage(request, await request.read<DirectoryTables, OrganisationSummary>(db => ownSummary(db, request.actor)))
  },
})

const ofOne = route({
  method: 'GET',
  path: '/organisations/:code/technology',
  access: { permission: 'directory.organisation.view' },
  params: ofOrganisation,
  query: technologyQuery,
  async handle(request) {
    return listPage(request, await organisationOf(request))
  },
})

/** The organisation for which the actor acts. Throws `NotFound` for whoever acts for none. */
export async function ownSummary(db: Reader<DirectoryTables>, { organisationId }: Actor): Promise<OrganisationSummary> {
  const organisation = organisationId === null ? undefined : await organisationById(db, organisationId)
  if (organisation !== undefined) return organisation
  throw new NotFound('directory.organisation.unknown', 'You act for no organisation, so there is no list of what it runs.')
}

async function listPage(request: OfList, organisation: OrganisationSummary): Promise<Reply> {
  const { read, actor, query } = request
  const found = await read<DirectoryTables, Page<Technology>>(db =>
    listTechnology(db, actor.scope, organisation.id, { search: query.q, sharing: query.sharing }, query.sort, {
      limit: PAGE_ROWS,
      cursor: query.cursor,
    }),
  )
  return page('directory/technology/views/list.njk', 'Technology', listView({ found, query, organisation, actor }))
}

const asCsv = route({
  method: 'GET',
  path: '/organisations/:code/technology.csv',
  access: { permission: 'directory.organisation.view' },
  params: ofOrganisation,
  query: technologyQuery,
  async handle(request) {
    const organisation = await organisationOf(request)
    return csv(`technology-${organisation.code}.csv`, csvRows(request, organisation))
  },
})

const CSV_COLUMNS = ['organisation', 'maker', 'product', 'version', 'count', 'as_of', 'source', 'shared'] as const

/** In the columns that the import reads, so that what is downloaded can be put right and sent back. */
async function* csvRows(
  { read, actor, query }: RouteRequest<unknown, TechnologyQuery & { sort: TechnologySort }>,
  organisation: OrganisationSummary,
): AsyncGenerator<string> {
  const options = { columns: [...CSV_COLUMNS], escape_formulas: true }
  const rowsAfter = (cursor: string | null) =>
    read<DirectoryTables, Page<Technology>>(db =>
      listTechnology(db, actor.scope, organisation.id, { search: query.q, sharing: query.sharing }, query.sort, { limit: CSV_ROWS, cursor }),
    )
  const lines = (found: Page<Technology>) =>
    stringify(
      found.rows.map(row => ({ ...row, organisation: organisation.code, as_of: row.asOf, shared: row.isShared ? 'yes' : 'no' })),
      options,
    )
  yield stringify([], { ...options, header: true })
  let found = await rowsAfter(null)
  yield lines(found)
  while (found.next !== null) {
    found = await rowsAfter(found.next)
    yield lines(found)
  }
}

const importForm = route({
  method: 'GET',
  path: '/organisations/:code/technology/import',
  access: { permission: 'directory.technology.import' },
  params: ofOrganisation,
  async handle(request) {
    const organisation = await organisationOf(request)
    return page('directory/technology/views/import.njk', 'Import a list', importView(organisation, request.actor, NEW_LIST, []))
  },
})

const importList = route({
  method: 'POST',
  path: '/organisations/:code/technology/import',
  access: { permission: 'directory.technology.import' },
  params: ofOrganisation,
  async handle(request) {
    const { work, actor, body } = request
    const organisation = await organisationOf(request)
    const again = (problems: readonly Problem[]) =>
      page('directory/technology/views/import.njk', 'Import a list', importView(organisation, actor, body, problems), { problems })
    const form = readForm(technologySchema, body)
    if (!form.ok) return again(form.problems)
    try {
      const file = readTechnologyList(form.value, organisation.code)
      const outcome = await work<DirectoryTables, Awaited<ReturnType<typeof importTechnology>>>(unit => importTechnology(unit, file.import))
      return page('directory/technology/views/imported.njk', 'The list was taken in', importedView(organisation, actor, outcome, file.warnings))
    } catch (error) {
      return again([refusalOf(error, 'list')])
    }
  },
})

export const shareSchema = z.object({
  productId: z.coerce.number().int().positive().max(2_147_483_647),
  version: z.string().max(400).transform(cleanLine),
  source: z.string().max(400),
  shared: z.union([z.boolean(), z.enum(['yes', 'no']).transform(word => word === 'yes')]),
})

const share = route({
  method: 'POST',
  path: '/organisations/:code/technology/share',
  access: { permission: 'directory.technology.share' },
  params: ofOrganisation,
  async handle(request) {
    const organisation = await organisationOf(request)
    const form = readForm(shareSchema, request.body)
    if (!form.ok) throw new NotFound('directory.technology.unknown', 'That line is no longer there. Look at the list.')
    await request.work<DirectoryTables, void>(unit => shareTechnology(unit, { ...form.value, organisationId: organisation.id }))
    return redirect(technologyPath(organisation, request.actor), {
      notice: form.value.shared ? 'That is shared with the centre from now on.' : 'That is kept to yourselves from now on.',
    })
  },
})

function organisationOf({ read, actor, params }: RouteRequest<z.infer<typeof ofOrganisation>>): Promise<OrganisationSummary> {
  return read<DirectoryTables, OrganisationSummary>(db => requireOrganisation(db, actor.scope, params.code))
}

export const TECHNOLOGY_ROUTES: readonly Route[] = [own, ofOne, asCsv, importForm, importList, share]
