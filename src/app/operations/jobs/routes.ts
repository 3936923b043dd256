import { z } from 'zod'
import { Conflict } from '../../../kernel/errors.ts'
import { page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { jobsInState, queueOverview, type JobRow, type QueueOverview } from '../../../platform/jobs/overview.ts'
import { may } from '../../../platform/work/actor.ts'
import type { TableModel } from '../../../ui/models.ts'

const STATES = { failed: 'Failed', retry: 'To be tried again', active: 'Running', created: 'Waiting', completed: 'Done' } as const
const LONGEST_LIST = 100

export const jobRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/jobs',
    access: { permission: 'operations.job.list' },
    query: z.object({ state: z.enum(['failed', 'retry', 'active', 'created', 'completed']).catch('failed') }),
    async handle({ query, platform, actor }) {
      const queues = await queueOverview(platform.database.kysely)
      const jobs = await jobsInState(platform.database.kysely, query.state, LONGEST_LIST)
      const mayRetry = query.state === 'failed' && may(actor, 'operations.job.retry')
      const model = {
        queues: queueTable(queues),
        jobs,
        state: query.state,
        stateLabel: STATES[query.state],
        states: STATES,
        mayRetry,
        table: jobTable(jobs),
        longest: LONGEST_LIST,
      }
      return page('operations/jobs.njk', 'Jobs', model)
    },
  }),
  route({
    method: 'POST',
    path: '/jobs/:queue/:id/retry',
    access: { permission: 'operations.job.retry' },
    params: z.object({ queue: z.string(), id: z.uuid() }),
    async handle({ params, platform, work }) {
      await work<object, void>(async unit =>
        unit.record({ verb: 'operations.job.retried', subject: { kind: 'job', id: params.id }, change: { queue: params.queue } }),
      )
      const isBack = await platform.jobs.retry(params.queue, params.id)
      if (!isBack) throw new Conflict('operations.job.not-failed', 'This job is not failed any more. Look at the list again.')
      return redirect('/jobs', { notice: 'The job is tried again.' })
    },
  }),
]

function queueTable(queues: readonly QueueOverview[]): TableModel {
  const numeric = (text: string) => ({ text, format: 'numeric' }) as const
  return {
    caption: 'Each kind of job',
    head: [
      { text: 'Job' },
      numeric('Waiting'),
      numeric('To be tried again'),
      numeric('Running'),
      numeric('Failed'),
      numeric('Done this week'),
      { text: 'Oldest waits since' },
    ],
    rows: queues.map(queue => [
      queue.name,
      { number: queue.waiting, href: '/jobs?state=created' },
      { number: queue.retrying, href: '/jobs?state=retry' },
      { number: queue.active, href: '/jobs?state=active' },
      { number: queue.failed, href: '/jobs?state=failed' },
      { number: queue.done, href: '/jobs?state=completed' },
      queue.oldestWaitingAt === null ? null : { at: queue.oldestWaitingAt },
    ]),
  }
}

function jobTable(jobs: readonly JobRow[]): TableModel {
  return {
    caption: 'The newest of them',
    captionHidden: true,
    head: [{ text: 'Job' }, { text: 'Asked for' }, { text: 'Tries' }, { text: 'Why it failed' }],
    rows: jobs.map(job => [{ text: job.name, hint: job.id }, { at: job.createdAt }, `${job.attempts} of ${job.mostAttempts}`, job.why]),
  }
}
