import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { searchText } from '../../../platform/http/list-address.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { requireThreat } from '../threats/queries/show.ts'
import { endTrust, trustWriter } from './commands.ts'
import { listWriters, sightingsOfThreat } from './queries.ts'

const view = { permission: 'watch.threat.view' }
const trust = { permission: 'watch.sighting.trust' }
const PATH = '/api/v1/sighting-writers'
const reason = z.string('Say why, so that the next person understands.').max(10_000)

const ofThreat = operation({
  id: 'listThreatSightings',
  summary: 'List the organisations that saw a threat',
  description: 'Or an indicator of it: those that saw it last in front.',
  page: 'GET /threats/:id',
  method: 'GET',
  path: '/api/v1/threats/:id/sightings',
  access: view,
  params: z.object({ id: z.string().max(64) }),
  answer: z.object({
    organisations: z.array(
      z.object({ code: z.string(), name: z.string(), count: z.int(), firstSeen: instant.nullable(), lastSeen: instant.nullable() }),
    ),
  }),
  async read(db: Reader<Visible>, { params: { id } }) {
    await requireThreat(db, id)
    return { organisations: [...(await sightingsOfThreat(db, id))] }
  },
})

const list = listOperation({
  id: 'listSightingWriters',
  summary: 'List the organisations whose sightings are taken',
  page: 'GET /sighting-writers',
  path: PATH,
  access: view,
  query: filtersOf(z.object({ q: searchText })),
  item: z.object({ code: z.string(), name: z.string(), since: instant, by: z.string().nullable(), reason: z.string(), told: z.int() }),
  list: (db: Reader<Visible>, page, { query }) => listWriters(db, query.q, page),
})

const add = operation({
  id: 'trustSightingWriter',
  summary: "Take an organisation's sightings",
  page: 'POST /sighting-writers',
  method: 'POST',
  path: PATH,
  access: trust,
  body: z.object({ code: z.string('Enter the code of the organisation.').max(40), reason }),
  answer: null,
  write: (work: Work<Visible>, { body }) => trustWriter(work, body),
})

const end = operation({
  id: 'endSightingTrust',
  summary: "Take an organisation's sightings no more",
  description: 'What it told stays.',
  page: 'POST /sighting-writers/:code/end',
  method: 'POST',
  path: `${PATH}/:code/end`,
  access: trust,
  params: z.object({ code: z.string().max(12) }),
  body: z.object({ reason }),
  answer: null,
  write: (work: Work<Visible>, { params: { code }, body }) => endTrust(work, { code, reason: body.reason }),
})

export const sightingOperations: readonly Route[] = [ofThreat, list, add, end]
