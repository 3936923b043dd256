import { z } from 'zod'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { listHolders } from './queries.ts'
import { askedThreat, filterOf, holdersQuery } from './routes.ts'

const list = listOperation({
  id: 'listThreatOrganisations',
  summary: 'List the organisations that run what a threat is about, or may',
  page: 'GET /threats/:id/organisations',
  path: '/api/v1/threats/:id/organisations',
  access: { permission: 'watch.threat.view' },
  params: z.object({ id: z.string().max(64) }),
  query: filtersOf(holdersQuery),
  item: z.object({
    code: z.string(),
    name: z.string(),
    type: z.string(),
    typeName: z.string(),
    region: z.string().nullable(),
    isExact: z.boolean(),
    why: z.string(),
    products: z.array(z.string()),
  }),
  async list(db: Reader<Visible>, page, { params, query }) {
    const { held } = await askedThreat(db, params.id)
    const { rows, ...rest } = await listHolders(db, held, filterOf(query), query.sort, page)
    return { ...rest, rows: rows.map(row => ({ ...row, isExact: row.exact, products: [...row.products] })) }
  },
})

export const holderOperations: readonly Route[] = [list]
