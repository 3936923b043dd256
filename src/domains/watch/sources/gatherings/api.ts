import { z } from 'zod'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { listGatherings, OUTCOMES, type GatheringRow } from './queries.ts'
import { askedGathering, askedSource, filterOf, gatheringsQuery } from './routes.ts'

const access = { permission: 'watch.source.view' }

const Gathering = z.object({
  id: z.string(),
  at: instant,
  address: z.string(),
  label: z.string().nullable(),
  releasedAt: instant.nullable(),
  sha256: z.string().nullable(),
  bytes: z.int().nullable(),
  outcome: z.enum(OUTCOMES),
  added: z.int(),
  changed: z.int(),
  withdrawn: z.int(),
  unchanged: z.int(),
  quarantined: z.int(),
  failure: z.string().nullable(),
})

function gatheringAnswer<T extends GatheringRow>(row: T) {
  return { ...row, releasedAt: row.released_at, sha256: row.bytes_hash }
}

const list = listOperation({
  id: 'listGatherings',
  summary: 'List what was gathered of a source',
  page: 'GET /sources/:code/gatherings',
  path: '/api/v1/sources/:code/gatherings',
  access,
  params: z.object({ code: z.string().max(64) }),
  query: filtersOf(gatheringsQuery),
  item: Gathering,
  async list(db: Reader<Visible>, page, { params: { code }, query }) {
    const { id } = await askedSource(db, code)
    const { rows, ...rest } = await listGatherings(db, id, filterOf(query), query.sort, page)
    return { ...rest, rows: rows.map(gatheringAnswer) }
  },
})

const show = operation({
  id: 'showGathering',
  summary: 'Show a gathering',
  description: '`document` is the hash by which the bytes are fetched as they came; `null` where they were not kept.',
  page: 'GET /gatherings/:id',
  method: 'GET',
  path: '/api/v1/gatherings/:id',
  access,
  params: z.object({ id: z.string().max(64) }),
  answer: Gathering.extend({ source: z.string(), sourceName: z.string(), document: z.string().nullable(), inQuarantine: z.int() }),
  async read(db: Reader<Visible>, { params: { id } }) {
    const found = await askedGathering(db, id)
    return { ...gatheringAnswer(found), inQuarantine: found.openQuarantine ?? 0 }
  },
})

export const gatheringListOperations: readonly Route[] = [list, show]
