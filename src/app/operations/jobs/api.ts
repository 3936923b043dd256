import { z } from 'zod'
import { instant, listAnswer, listOf, listQuery } from '../../../platform/http/api-schemas.ts'
import { filtersOf } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import { JOB_STATES, listJobs, queueOverview } from '../../../platform/jobs/overview.ts'
import { filterOf, jobsQuery, ofJob, retry } from './routes.ts'

const access = { permission: 'operations.job.list' }

// The queue is the platform's own and knows no scopes: whoever may look sees all of it.
const list = operation({
  id: 'listJobs',
  summary: 'List jobs',
  description: 'Those that failed, unless `state` says otherwise.',
  page: 'GET /jobs',
  method: 'GET',
  path: '/api/v1/jobs',
  access,
  query: filtersOf(jobsQuery).extend(listQuery),
  answer: listOf(
    z.object({
      id: z.string(),
      name: z.string(),
      state: z.enum(JOB_STATES),
      attempts: z.int(),
      mostAttempts: z.int(),
      createdAt: instant,
      startsAfter: instant,
      endedAt: instant.nullable(),
      why: z.string().nullable(),
    }),
  ),
  handle: async ({ platform, query }) =>
    listAnswer(await listJobs(platform.database.kysely, filterOf(query), query.sort, { limit: query.limit, cursor: query.cursor }), row => row),
})

const queues = operation({
  id: 'listQueues',
  summary: 'Show how each kind of job stands',
  page: 'GET /jobs',
  method: 'GET',
  path: '/api/v1/jobs/queues',
  access,
  answer: z.object({
    queues: z.array(
      z.object({
        name: z.string(),
        waiting: z.int(),
        retrying: z.int(),
        active: z.int(),
        failed: z.int(),
        done: z.int(),
        oldestWaitingAt: instant.nullable(),
      }),
    ),
  }),
  handle: async ({ platform }) => ({ queues: [...(await queueOverview(platform.database.kysely))] }),
})

const retryOne = operation({
  id: 'retryJob',
  summary: 'Try a failed job again',
  page: 'POST /jobs/:queue/:id/retry',
  method: 'POST',
  path: '/api/v1/jobs/:queue/:id/retry',
  access: { permission: 'operations.job.retry' },
  params: ofJob,
  answer: null,
  handle: retry,
})

export const jobOperations: readonly Route[] = [list, queues, retryOne]
