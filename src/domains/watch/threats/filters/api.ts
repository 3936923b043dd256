import { z } from 'zod'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { understood } from '../routes.ts'
import { keepFilter, removeFilter } from './commands.ts'
import { savedFilters } from './queries.ts'

const access = { permission: 'watch.threat.list' }

const filters = operation({
  id: 'listThreatFilters',
  summary: 'List the filters of threats that you keep',
  page: 'GET /threats',
  method: 'GET',
  path: '/api/v1/threats/filters',
  access,
  answer: z.object({ filters: z.array(z.object({ name: z.string(), address: z.string() })) }),
  read: async (db: Reader<Visible>, { actor }) => ({ filters: [...(await savedFilters(db, actor.id))] }),
})

const keep = operation({
  id: 'keepThreatFilter',
  summary: 'Keep a filter of threats under a name',
  description:
    '`address` is that of the page so narrowed, such as `/threats?state=new&only=kev`. What the list would not understand of it is not kept.',
  page: 'POST /threats/filters',
  method: 'POST',
  path: '/api/v1/threats/filters',
  access,
  body: z.object({ name: z.string().max(200), address: z.string().max(2_000) }),
  answer: z.object({ name: z.string(), address: z.string() }),
  status: 201,
  async write(work: Work<Visible>, { actor, body: { name, address: asked } }) {
    const { address } = understood(asked, actor)
    await keepFilter(work, { name, address })
    return { name, address }
  },
})

const remove = operation({
  id: 'removeThreatFilter',
  summary: 'Remove a filter of threats that you keep',
  page: 'POST /threats/filters/remove',
  method: 'POST',
  path: '/api/v1/threats/filters/remove',
  access,
  body: z.object({ name: z.string().max(200) }),
  answer: null,
  write: (work: Work<Visible>, { body }) => removeFilter(work, body.name),
})

export const filterOperations: readonly Route[] = [filters, keep, remove]
