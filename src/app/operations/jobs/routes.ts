import { z } from 'zod'
import { Conflict } from '../../../kernel/errors.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { choiceText, cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { JOB_SORTS, JOB_STATES, jobsAfter, listJobs, queueOverview, type JobFilter } from '../../../platform/jobs/overview.ts'
import { may } from '../../../platform/work/actor.ts'
import { jobLine, JOBS_HEAD, jobsModel } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500

const access = { permission: 'operations.job.list' }
export const jobsQuery = z.object({
  q: searchText,
  state: z.enum([...JOB_STATES, 'all']).catch('failed'),
  kind: choiceText,
  sort: z.enum(JOB_SORTS).catch('-asked'),
  cursor: cursorText,
})

export function filterOf({ q, state, kind }: Pick<z.infer<typeof jobsQuery>, 'q' | 'state' | 'kind'>): JobFilter {
  return { search: q, state: state === 'all' ? null : state, kind }
}

export const ofJob = z.object({ queue: z.string(), id: z.uuid() })

/** Has a failed job tried again. Throws `Conflict` for one that is not failed. */
export async function retry({ params, platform, work }: Pick<RouteRequest<z.infer<typeof ofJob>>, 'params' | 'platform' | 'work'>): Promise<void> {
  await work<object, void>(async unit =>
    unit.record({ verb: 'operations.job.retried', subject: { kind: 'job', id: params.id }, change: { queue: params.queue } }),
  )
  const isBack = await platform.jobs.retry(params.queue, params.id)
  if (!isBack) throw new Conflict('operations.job.not-failed', 'This job is not failed any more. Look at the list again.')
}

export const jobRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/jobs',
    access,
    query: jobsQuery,
    async handle({ query, platform, actor }) {
      const db = platform.database.kysely
      const found = await listJobs(db, filterOf(query), query.sort, { limit: PAGE_ROWS, cursor: query.cursor })
      const mayRetry = may(actor, 'operations.job.retry')
      return page('operations/jobs.njk', 'Jobs', jobsModel(await queueOverview(db), found, filterOf(query), query.sort, query.cursor, mayRetry))
    },
  }),
  route({
    method: 'GET',
    path: '/jobs.csv',
    access,
    query: jobsQuery,
    async handle({ query, platform }) {
      const part = (cursor: string | null) => jobsAfter(platform.database.kysely, filterOf(query), query.sort, { limit: CSV_ROWS, cursor })
      return csv('jobs.csv', csvPages(JOBS_HEAD, jobLine, part))
    },
  }),
  route({
    method: 'POST',
    path: '/jobs/:queue/:id/retry',
    access: { permission: 'operations.job.retry' },
    params: ofJob,
    async handle(request) {
      await retry(request)
      return redirect('/jobs', { notice: 'The job is tried again.' })
    },
  }),
]
