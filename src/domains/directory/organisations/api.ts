import { z } from 'zod'
import { changedSinceQuery, instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { DirectoryTables } from '../tables.ts'
import { technologySummary } from '../technology/queries.ts'
import { boards, changesOf, listOrganisations, namesOfCodes, organisationTypes, regions, successorsOf, type OrganisationDetail } from './queries.ts'
import { askedOrganisation, filterOf, organisationsQuery, ownOrganisation } from './routes.ts'

const Organisation = z.object({
  code: z.string(),
  name: z.string(),
  type: z.string(),
  country: z.string(),
  regionCode: z.string().nullable(),
  boardCode: z.string().nullable(),
  postcode: z.string().nullable(),
  status: z.enum(['open', 'closed']),
})

const OwnOrganisation = Organisation.extend({
  typeName: z.string(),
  regionName: z.string().nullable(),
  boardName: z.string().nullable(),
  parentCode: z.string().nullable(),
  parentName: z.string().nullable(),
  address: z.array(z.string()),
  phone: z.string().nullable(),
  openedOn: z.string().nullable(),
  closedOn: z.string().nullable(),
  toldBy: z.string(),
  updatedAt: instant,
  successors: z.array(
    z.object({ code: z.string(), name: z.string().nullable(), direction: z.enum(['to', 'from']), effectiveOn: z.string().nullable() }),
  ),
  technology: z.object({ products: z.int(), newest: z.string().nullable() }),
})

const OrganisationWithHistory = OwnOrganisation.extend({
  history: z.array(
    z.object({
      at: instant,
      kind: z.enum(['added', 'renamed', 'moved', 'closed', 'reopened', 'corrected']),
      field: z.string(),
      before: z.string().nullable(),
      after: z.string().nullable(),
      toldBy: z.string(),
    }),
  ),
})

const list = listOperation({
  id: 'listOrganisations',
  summary: 'List organisations',
  description:
    'Those that you look after. `changedSince` is about the organisation itself, not its contacts or technology; ask for `status=all` to learn of those that closed.',
  page: 'GET /organisations',
  path: '/api/v1/organisations',
  access: { permission: 'directory.organisation.list' },
  query: filtersOf(organisationsQuery).extend(changedSinceQuery),
  item: Organisation,
  list: (db: Reader<DirectoryTables>, page, { actor, query }) =>
    listOrganisations(db, actor.scope, { ...filterOf(query), changedSince: query.changedSince }, query.sort, page),
})

const Area = z.object({ code: z.string(), name: z.string() })

const kinds = operation({
  id: 'listOrganisationKinds',
  summary: 'List the types, regions and boards of organisations',
  description: 'What the list of organisations can be narrowed by.',
  page: 'GET /organisations',
  method: 'GET',
  path: '/api/v1/organisation-kinds',
  access: { permission: 'directory.organisation.list' },
  answer: z.object({ types: z.array(Area.extend({ plural: z.string() })), regions: z.array(Area), boards: z.array(Area) }),
  read: async (db: Reader<DirectoryTables>) => ({
    types: [...(await organisationTypes(db))],
    regions: [...(await regions(db))],
    boards: [...(await boards(db))],
  }),
})

const show = operation({
  id: 'showOrganisation',
  summary: 'Show an organisation',
  description:
    'With who took over from it, and the latest changes to it, newest first. Contacts, partners and technology have operations of their own.',
  page: 'GET /organisations/:code',
  method: 'GET',
  path: '/api/v1/organisations/:code',
  access: { permission: 'directory.organisation.view' },
  params: z.object({ code: z.string().max(40) }),
  answer: OrganisationWithHistory,
  async read(db: Reader<DirectoryTables>, { actor, params }) {
    const organisation = await askedOrganisation(db, actor, params.code)
    const changes = await changesOf(db, organisation.id)
    return { ...(await identityOf(db, actor, organisation)), history: changes.map(({ source, ...change }) => ({ ...change, toldBy: source })) }
  },
})

const own = operation({
  id: 'showOwnOrganisation',
  summary: 'Show the organisation that you act for',
  page: 'GET /our-organisation',
  method: 'GET',
  path: '/api/v1/our-organisation',
  access: { permission: 'directory.own-organisation.view' },
  answer: OwnOrganisation,
  read: async (db: Reader<DirectoryTables>, { actor }) => identityOf(db, actor, await ownOrganisation(db, actor)),
})

async function identityOf(db: Reader<DirectoryTables>, { scope }: Parameters<typeof askedOrganisation>[1], organisation: OrganisationDetail) {
  const { regionCode, boardCode, parentCode } = organisation
  const successors = await successorsOf(db, organisation.code)
  const names = await namesOfCodes(db, [regionCode, boardCode, parentCode, ...successors.map(({ code }) => code)])
  const nameOf = (code: string | null) => (code === null ? null : (names.get(code) ?? null))
  return {
    ...organisation,
    address: [...organisation.address],
    toldBy: organisation.source,
    regionName: nameOf(regionCode),
    boardName: nameOf(boardCode),
    parentName: nameOf(parentCode),
    successors: successors.map(successor => ({ ...successor, name: nameOf(successor.code) })),
    technology: await technologySummary(db, scope, organisation.id),
  }
}

export const organisationOperations: readonly Route[] = [list, kinds, show, own]
