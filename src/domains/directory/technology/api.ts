import { z } from 'zod'
import type { PageRequest } from '../../../kernel/page.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation, type OperationRequest } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { OrganisationSummary } from '../organisations/model.ts'
import { requireOrganisation } from '../organisations/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { importTechnology, shareTechnology } from './commands.ts'
import { technologyBody } from './fields.ts'
import { listTechnology } from './queries.ts'
import { readTechnologyList } from './read-file.ts'
import { ownSummary, shareSchema, technologyQuery } from './routes.ts'

const OF_ORGANISATION = '/api/v1/organisations/:code/technology'
const ofOrganisation = z.object({ code: z.string().max(40) })
const filters = filtersOf(technologyQuery)

const Line = z.object({
  productId: z.int(),
  maker: z.string(),
  product: z.string(),
  version: z.string(),
  count: z.int().nullable(),
  source: z.string(),
  asOf: z.string().nullable(),
  isShared: z.boolean(),
  toldBy: z.enum(['organisation', 'centre']),
})

type Asked = Pick<OperationRequest<unknown, z.infer<typeof filters>, unknown>, 'actor' | 'query'>

function linesOf(db: Reader<DirectoryTables>, { id }: OrganisationSummary, page: PageRequest, { actor, query }: Asked) {
  return listTechnology(db, actor.scope, id, { search: query.q, sharing: query.sharing }, query.sort, page)
}

const own = listOperation({
  id: 'listOwnTechnology',
  summary: 'List the technology of the organisation that you act for',
  page: 'GET /technology',
  path: '/api/v1/technology',
  access: { permission: 'directory.technology.view' },
  query: filters,
  item: Line,
  list: async (db: Reader<DirectoryTables>, page, request) => linesOf(db, await ownSummary(db, request.actor), page, request),
})

const ofOne = listOperation({
  id: 'listTechnology',
  summary: "List an organisation's technology",
  description: 'The centre and a region see what is shared with them, and nothing else.',
  page: 'GET /organisations/:code/technology',
  path: OF_ORGANISATION,
  access: { permission: 'directory.organisation.view' },
  params: ofOrganisation,
  query: filters,
  item: Line,
  list: async (db: Reader<DirectoryTables>, page, request) =>
    linesOf(db, await requireOrganisation(db, request.actor.scope, request.params.code), page, request),
})

const Rows = z.array(z.object({ pointer: z.string(), message: z.string() }))

const take = operation({
  id: 'importTechnology',
  summary: 'Take in a list of what an organisation runs',
  description:
    'The text of a CSV file or of a CycloneDX inventory. The next list of the same name (`source`) replaces this one. `refusedRows` says which rows could not be taken, and why.',
  page: 'POST /organisations/:code/technology/import',
  method: 'POST',
  path: `${OF_ORGANISATION}/import`,
  access: { permission: 'directory.technology.import' },
  params: ofOrganisation,
  body: technologyBody,
  answer: z.object({
    read: z.int(),
    added: z.int(),
    changed: z.int(),
    closed: z.int(),
    unchanged: z.int(),
    refused: z.int(),
    refusedRows: Rows,
    warnings: Rows,
  }),
  async write(work: Work<DirectoryTables>, { actor, params, body }) {
    const organisation = await requireOrganisation(work.db, actor.scope, params.code)
    const file = readTechnologyList(body, organisation.code)
    const { counts, problems } = await importTechnology(work, file.import)
    return { ...counts, refusedRows: [...problems], warnings: [...file.warnings] }
  },
})

const share = operation({
  id: 'shareTechnology',
  summary: 'Share a line of technology with the centre, or keep it to yourselves',
  page: 'POST /organisations/:code/technology/share',
  method: 'POST',
  path: `${OF_ORGANISATION}/share`,
  access: { permission: 'directory.technology.share' },
  params: ofOrganisation,
  body: shareSchema,
  answer: null,
  async write(work: Work<DirectoryTables>, { actor, params, body }) {
    const { id } = await requireOrganisation(work.db, actor.scope, params.code)
    await shareTechnology(work, { ...body, organisationId: id })
  },
})

export const technologyOperations: readonly Route[] = [own, ofOne, take, share]
