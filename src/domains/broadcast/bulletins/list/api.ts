import { z } from 'zod'
import { TLP } from '../../../../kernel/tlp.ts'
import { changedSinceQuery, instant, instantText } from '../../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { bulletinName } from '../../api.ts'
import type { Visible } from '../../tables.ts'
import { BULLETIN_STATES, SEVERITIES } from '../model.ts'
import { listBulletins } from '../queries/list.ts'
import { bulletinFilter, ListQuery } from './routes.ts'

const since = instantText.nullable().default(null)

const list = listOperation({
  id: 'listBulletins',
  summary: 'List bulletins',
  description: 'Those in the reader’s scope: for an organisation, those that were released to it.',
  path: '/api/v1/bulletins',
  page: 'GET /bulletins',
  access: { permission: 'broadcast.bulletin.list' },
  query: filtersOf(ListQuery).extend({ releasedSince: since, withdrawnSince: since, ...changedSinceQuery }),
  item: z.object({
    number: bulletinName,
    title: z.string(),
    state: z.enum(BULLETIN_STATES),
    severity: z.enum(SEVERITIES),
    tlp: z.enum(TLP),
    isExercise: z.boolean(),
    author: z.string().nullable().describe('For the centre alone'),
    updatedAt: instant,
    releasedAt: instant.nullable(),
    respondBy: instant.nullable(),
    organisations: z.int().describe('To which it was released, of those that the reader sees'),
    answered: z.int(),
    unreachable: z.int(),
    answer: z.string().nullable().describe('The newest answer of the organisation asked for, or of the reader’s own'),
  }),
  async list(db: Reader<Visible>, page, { query, actor }) {
    const { sort, changedSince } = query
    const found = await listBulletins(db, actor.scope, { ...bulletinFilter(query), changedSince }, sort, page)
    const isCentre = may(actor, 'broadcast.bulletin.work')
    return { ...found, rows: found.rows.map(row => ({ ...row, author: isCentre ? row.author : null, answer: row.response })) }
  },
})

export const bulletinListOperations: readonly Route[] = [list]
