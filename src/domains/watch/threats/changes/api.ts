import { z } from 'zod'
import { instantText } from '../../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { EventAnswer, eventAnswer, ThreatName } from '../api.ts'
import { CHANGE_KINDS, listChanges } from './queries.ts'
import { changesQuery, filterOf, visitOf } from './routes.ts'

const list = listOperation({
  id: 'listThreatChanges',
  summary: 'List what changed about threats',
  description: 'Newest first. Without `since`, what changed since your last visit, or in the last 24 hours.',
  page: 'GET /threats/changes',
  path: '/api/v1/threats/changes',
  access: { permission: 'watch.threat.list' },
  query: filtersOf(changesQuery).extend({ since: instantText.nullable().default(null) }),
  item: z.object({ kind: z.enum(CHANGE_KINDS), threat: ThreatName, event: EventAnswer }),
  async list(db: Reader<Visible>, page, request) {
    const { rows, ...rest } = await listChanges(db, filterOf(request.query, visitOf(request)), page)
    return { ...rest, rows: rows.map(row => ({ ...row, event: eventAnswer(row.event) })) }
  },
})

export const changeOperations: readonly Route[] = [list]
