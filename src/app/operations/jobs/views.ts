import type { Page } from '../../../kernel/page.ts'
import type { CsvLine } from '../../../platform/csv/csv.ts'
import { JOB_STATES, type JobFilter, type JobRow, type JobSort, type JobState, type QueueOverview } from '../../../platform/jobs/overview.ts'
import type { Tag } from '../../../ui/labels.ts'
import { sortColumn, withQuery } from '../../../ui/links.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'

const STATES: Readonly<Record<JobState, Tag>> = {
  failed: { text: 'Failed', colour: 'red' },
  retry: { text: 'To be tried again', colour: 'orange' },
  active: { text: 'Running', colour: 'blue' },
  created: { text: 'Waiting', colour: 'grey' },
  completed: { text: 'Done', colour: 'green' },
}

/** Each figure opens the list behind it. */
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
    rows: queues.map(({ name: kind, waiting, retrying, active, failed, done, oldestWaitingAt }) => {
      const figure = (number: number, state: JobState) => ({ number, href: `${withQuery('/jobs', { state, kind })}#list` })
      return [
        { text: kind, href: `${withQuery('/jobs', { state: 'all', kind })}#list` },
        figure(waiting, 'created'),
        figure(retrying, 'retry'),
        figure(active, 'active'),
        figure(failed, 'failed'),
        figure(done, 'completed'),
        oldestWaitingAt === null ? null : { at: oldestWaitingAt },
      ]
    }),
  }
}

export const JOBS_HEAD = ['Id', 'Job', 'State', 'Asked for', 'Tries', 'Most tries', 'Not before', 'Ended', 'Why it failed']

export function jobLine(job: JobRow): CsvLine {
  return [
    job.id,
    job.name,
    STATES[job.state].text,
    job.createdAt.toISOString(),
    job.attempts,
    job.mostAttempts,
    job.startsAfter.toISOString(),
    job.endedAt?.toISOString() ?? null,
    job.why,
  ]
}

export function jobsModel(
  queues: readonly QueueOverview[],
  found: Page<JobRow>,
  filter: JobFilter,
  sort: JobSort,
  cursor: string | null,
  mayRetry: boolean,
) {
  const query = {
    q: filter.search,
    // What failed is what needs somebody: that is the list without a word.
    state: filter.state === 'failed' ? null : (filter.state ?? 'all'),
    kind: filter.kind,
    sort: sort === '-asked' ? null : sort,
  }
  const retries = found.rows.map(job =>
    mayRetry && job.state === 'failed' ? { href: `/jobs/${encodeURIComponent(job.name)}/${job.id}/retry`, name: job.name } : null,
  )
  return {
    queues: queueTable(queues),
    total: found.total,
    isFiltered: withQuery('/jobs', query, { sort: null }) !== '/jobs',
    filters: {
      action: '/jobs',
      search: { label: 'Search jobs', value: filter.search, hint: 'Words of the name, or of why it failed' },
      selects: [
        {
          name: 'state',
          label: 'State',
          value: filter.state ?? 'all',
          options: [...JOB_STATES.map(state => ({ value: state, text: STATES[state].text })), { value: 'all', text: 'All' }],
        },
        {
          name: 'kind',
          label: 'Kind',
          value: filter.kind ?? '',
          options: [{ value: '', text: 'All' }, ...queues.map(({ name }) => ({ value: name, text: name }))],
        },
      ],
      keep: { sort: query.sort },
      clearHref: '/jobs',
    },
    table: jobTable(found.rows, { ...query, sort }),
    /** Beside each row: where it is tried again, when it may be. */
    retries,
    offersRetry: retries.some(retry => retry !== null),
    firstHref: cursor === null ? null : withQuery('/jobs', query),
    nextHref: found.next === null ? null : withQuery('/jobs', query, { cursor: found.next }),
    csvHref: withQuery('/jobs.csv', query),
  }
}

function jobTable(jobs: readonly JobRow[], query: Parameters<typeof sortColumn>[3]): TableModel {
  return {
    caption: 'Jobs',
    captionHidden: true,
    head: [
      sortColumn({ text: 'Job' }, 'name', '/jobs', query),
      { text: 'State' },
      sortColumn({ text: 'Asked for' }, 'asked', '/jobs', query),
      { text: 'Next try, or end' },
      { text: 'Tries' },
      { text: 'Why it failed' },
    ],
    rows: jobs.map((job): Cell[] => [
      { text: job.name, hint: job.id },
      { text: '', tags: [STATES[job.state]] },
      { at: job.createdAt },
      job.state === 'created' || job.state === 'retry' ? { at: job.startsAfter } : job.endedAt === null ? null : { at: job.endedAt },
      `${job.attempts} of ${job.mostAttempts}`,
      job.why,
    ]),
  }
}
