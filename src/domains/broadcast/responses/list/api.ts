import { z } from 'zod'
import { changedSinceQuery, instant, instantText } from '../../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { bulletinName } from '../../api.ts'
import type { Visible } from '../../tables.ts'
import { listAnswers } from '../queries/list.ts'
import { AnswersQuery, filterOf } from './routes.ts'

const list = listOperation({
  id: 'listAnswers',
  summary: 'List every answer as it came in, to all bulletins',
  description: 'Answers are never changed: what came in since is what has changed.',
  path: '/api/v1/responses',
  page: 'GET /responses',
  access: { permission: 'broadcast.response.view' },
  query: filtersOf(AnswersQuery).extend({ since: instantText.nullable().default(null), ...changedSinceQuery }),
  item: z.object({
    id: z.string(),
    at: instant,
    state: z.string(),
    number: bulletinName,
    title: z.string(),
    tlp: z.string(),
    isExercise: z.boolean(),
    organisationCode: z.string(),
    organisationName: z.string(),
    by: z.string().nullable(),
    via: z.string(),
    note: z.string().nullable(),
    reason: z.string().nullable(),
    reasonLabel: z.string().nullable(),
  }),
  list(db: Reader<Visible>, page, { query, actor }) {
    return listAnswers(db, actor.scope, { ...filterOf(query), changedSince: query.changedSince }, query.sort, page)
  },
})

export const responseListOperations: readonly Route[] = [list]
