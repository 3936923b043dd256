import { z } from 'zod'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { addMakerAlias, endMakerAlias } from './commands.ts'
import { aliasForm } from './fields.ts'
import { listAliases } from './queries.ts'
import { aliasesQuery, filterOf, ofAlias } from './routes.ts'

const correct = { permission: 'watch.match.correct' }
const PATH = '/api/v1/maker-names'

const list = listOperation({
  id: 'listMakerNames',
  summary: 'List the names that people write for makers',
  page: 'GET /maker-names',
  path: PATH,
  access: { permission: 'watch.threat.view' },
  query: filtersOf(aliasesQuery),
  item: z.object({
    id: z.int(),
    alias: z.string(),
    maker: z.string(),
    why: z.string(),
    source: z.enum(['shipped', 'analyst']),
    addedBy: z.string(),
    addedAt: instant,
    endedAt: instant.nullable(),
    endedReason: z.string().nullable(),
  }),
  list: (db: Reader<Visible>, page, { query }) => listAliases(db, filterOf(query), query.sort, page),
})

const add = operation({
  id: 'addMakerName',
  summary: 'Say that a name stands for a maker',
  page: 'POST /maker-names',
  method: 'POST',
  path: PATH,
  access: correct,
  body: aliasForm,
  answer: null,
  write: (work: Work<Visible>, { body }) => addMakerAlias(work, body),
})

const end = operation({
  id: 'endMakerName',
  summary: 'End a name of a maker',
  page: 'POST /maker-names/:id/end',
  method: 'POST',
  path: `${PATH}/:id/end`,
  access: correct,
  params: ofAlias,
  body: z.object({ reason: z.string().max(10_000) }),
  answer: null,
  write: (work: Work<Visible>, { params, body }) => endMakerAlias(work, params.id, body.reason),
})

export const makerOperations: readonly Route[] = [list, add, end]
