import { z } from 'zod'
import { INDICATOR_TYPES } from '../../../../kernel/intelligence.ts'
import { TLP } from '../../../../kernel/tlp.ts'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { requireThreat } from '../queries/show.ts'
import { listIndicators } from './queries.ts'
import { filterOf, indicatorsQuery } from './routes.ts'

const list = listOperation({
  id: 'listIndicators',
  summary: "List a threat's indicators of compromise",
  description: 'In their plain form, never defanged, each with the narrowest label under which a source names it.',
  page: 'GET /threats/:id/indicators',
  path: '/api/v1/threats/:id/indicators',
  access: { permission: 'watch.threat.view' },
  params: z.object({ id: z.string().max(64) }),
  query: filtersOf(indicatorsQuery.omit({ form: true })),
  item: z.object({
    type: z.enum(INDICATOR_TYPES),
    value: z.string(),
    tlp: z.enum(TLP),
    firstSeen: instant,
    lastSeen: instant,
    validUntil: instant.nullable(),
    isExpired: z.boolean(),
    sources: z.array(z.string()),
    note: z.string().nullable(),
  }),
  async list(db: Reader<Visible>, page, { params: { id }, query, now }) {
    await requireThreat(db, id)
    const { rows, ...rest } = await listIndicators(db, id, filterOf(query), page, now)
    return { ...rest, rows: rows.map(row => ({ ...row, sources: [...row.sources] })) }
  },
})

export const indicatorOperations: readonly Route[] = [list]
