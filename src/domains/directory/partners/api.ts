import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { requireOrganisation } from '../organisations/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { endPartnership, startPartnership } from './commands.ts'
import { answeredForBy, partnersOf } from './queries.ts'
import { partnerSchema, partnershipId } from './routes.ts'

const access = { permission: 'directory.partnership.change' }
const PATH = '/api/v1/organisations/:code/partners'
const ofOrganisation = z.object({ code: z.string().max(40) })
const Partners = z.array(z.object({ id: z.string(), code: z.string(), name: z.string(), since: instant }))

const show = operation({
  id: 'showPartners',
  summary: 'Show who answers for an organisation, and for whom it answers',
  description: '`answersFor` holds the first 500 by name.',
  page: 'GET /organisations/:code',
  method: 'GET',
  path: PATH,
  access: { permission: 'directory.organisation.view' },
  params: ofOrganisation,
  answer: z.object({ partners: Partners, answersFor: Partners }),
  async read(db: Reader<DirectoryTables>, { actor, params }) {
    const { id } = await requireOrganisation(db, actor.scope, params.code)
    return { partners: [...(await partnersOf(db, id))], answersFor: [...(await answeredForBy(db, id))] }
  },
})

const start = operation({
  id: 'startPartnership',
  summary: 'Let a partner answer for an organisation',
  page: 'POST /organisations/:code/partners/new',
  method: 'POST',
  path: PATH,
  access,
  params: ofOrganisation,
  body: partnerSchema,
  answer: z.object({ id: z.string() }),
  status: 201,
  async write(work: Work<DirectoryTables>, { actor, params, body }) {
    const { code } = await requireOrganisation(work.db, actor.scope, params.code)
    return { id: await startPartnership(work, { partnerCode: body.partner, organisationCode: code }) }
  },
})

const end = operation({
  id: 'endPartnership',
  summary: 'Stop a partner answering for an organisation',
  page: 'POST /organisations/:code/partners/:id/end',
  method: 'POST',
  path: `${PATH}/:id/end`,
  access,
  params: ofOrganisation.extend({ id: z.string().max(60) }),
  answer: null,
  async write(work: Work<DirectoryTables>, { actor, params }) {
    await requireOrganisation(work.db, actor.scope, params.code)
    await endPartnership(work, partnershipId(params.id))
  },
})

export const partnerOperations: readonly Route[] = [show, start, end]
