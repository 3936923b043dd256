import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { reasonField } from '../figure-form.ts'
import type { Visible } from '../tables.ts'
import { putEntry, withdrawEntry } from './commands.ts'
import { PARTS } from './model.ts'
import { entriesOf, entryOf } from './queries.ts'
import { ListQuery, ofChangeable, ofEntry, ofPart } from './routes.ts'

const path = '/api/v1/catalogue'
const view = { permission: 'assure.catalogue.view' }
const change = { permission: 'assure.catalogue.change' }

const Entry = z.object({
  code: z.string(),
  version: z.int(),
  name: z.string(),
  content: z.unknown().describe('Amounts in pence, shares from 0 to 1; each figure with its low, likely and high end and its source'),
  isCurrent: z.boolean(),
  isWithdrawn: z.boolean(),
  reason: z.string().describe('Why this version was made'),
  at: instant,
})

const list = listOperation({
  id: 'listCatalogue',
  summary: 'List the improvements, scenarios or rules in use',
  path: `${path}/:part`,
  page: 'GET /catalogue/:part',
  access: view,
  params: ofPart,
  query: filtersOf(ListQuery),
  item: Entry,
  list: (db: Reader<Visible>, page, { params: { part }, query: { q, sort } }) => entriesOf(db, PARTS[part], { search: q, sort }, page),
})

const show = operation({
  id: 'getCatalogueEntry',
  summary: 'Read one entry of the catalogue, as it is or as it was in a version',
  method: 'GET',
  path: `${path}/:part/:code`,
  page: 'GET /catalogue/:part/:code',
  access: view,
  params: ofEntry,
  query: z.object({ version: z.coerce.number().int().positive().max(1_000_000).nullable().default(null) }),
  answer: Entry,
  read: (db: Reader<Visible>, { params: { part, code }, query: { version } }) => entryOf(db, PARTS[part], code, version),
})

const put = operation({
  id: 'putCatalogueEntry',
  summary: 'Add an entry to the catalogue, or a new version of one',
  description: 'The version before stays for the cases that go by it.',
  method: 'POST',
  path: `${path}/:part/:code`,
  page: 'POST /catalogue/:part/:code/figures/:field',
  access: change,
  params: ofEntry,
  body: z.object({
    seen: z.int().positive().nullable().describe('The version that you saw; null makes a new entry'),
    name: z.string().min(1).max(200),
    content: z.record(z.string(), z.unknown()),
    reason: reasonField,
  }),
  answer: Entry,
  async write(work: Work<Visible>, { params: { part, code }, body }) {
    await putEntry(work, { kind: PARTS[part], code, ...body })
    return entryOf(work.db, PARTS[part], code)
  },
})

const withdraw = operation({
  id: 'withdrawCatalogueEntry',
  summary: 'Take an entry out of use; the cases that go by it keep it',
  method: 'POST',
  path: `${path}/:part/:code/withdraw`,
  page: 'POST /catalogue/:part/:code/withdraw',
  access: change,
  params: ofChangeable,
  body: z.object({ reason: reasonField }),
  answer: null,
  write: (work: Work<Visible>, { params: { part, code }, body }) => withdrawEntry(work, { kind: PARTS[part], code, ...body }),
})

export const catalogueOperations: readonly Route[] = [list, show, put, withdraw]
