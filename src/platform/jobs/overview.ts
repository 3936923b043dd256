import { sql, type Kysely, type RawBuilder } from 'kysely'
import { parseInstant, type Instant } from '../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../kernel/page.ts'
import { holdsWords } from '../db/search.ts'

/** How one kind of job stands, for the operator. */
export interface QueueOverview {
  readonly name: string
  readonly waiting: number
  /** Failed before, and waiting to be tried again. */
  readonly retrying: number
  readonly active: number
  readonly failed: number
  readonly done: number
  readonly oldestWaitingAt: Instant | null
}

export interface JobRow {
  readonly id: string
  readonly name: string
  readonly state: JobState
  readonly attempts: number
  readonly mostAttempts: number
  readonly createdAt: Instant
  readonly startsAfter: Instant
  readonly endedAt: Instant | null
  /** What the last attempt failed with. Codes and sentences of ours, free of personal data. */
  readonly why: string | null
}

/** The queue's own. */
const INTERNAL = '\\_\\_pgboss\\_\\_%'

/** Every kind of job with its counts. The queue keeps finished jobs for a week. */
export async function queueOverview(db: Executor): Promise<readonly QueueOverview[]> {
  const { rows } = await sql<QueueOverview>`
    select queue.name,
      count(*) filter (where job.state = 'created')::int as waiting,
      count(*) filter (where job.state = 'retry')::int as retrying,
      count(*) filter (where job.state = 'active')::int as active,
      count(*) filter (where job.state = 'failed')::int as failed,
      count(*) filter (where job.state = 'completed')::int as done,
      min(job.created_on) filter (where job.state = 'created') as "oldestWaitingAt"
    from pgboss.queue queue left join pgboss.job job on job.name = queue.name
    where queue.name not like ${INTERNAL}
    group by queue.name order by queue.name`.execute(db)
  return rows
}

export const JOB_STATES = ['failed', 'retry', 'active', 'created', 'completed'] as const
export type JobState = (typeof JOB_STATES)[number]

export interface JobFilter {
  /** `null` for all. */
  readonly state: JobState | null
  /** The name of a kind of job; `null` for all. */
  readonly kind: string | null
  /** Words, each of which must occur in the name of the job or in why it failed. */
  readonly search: string
}

/** By when it was asked for, or by name and inside it by when. */
export const JOB_SORTS = ['-asked', 'asked', 'name', '-name'] as const
export type JobSort = (typeof JOB_SORTS)[number]

type Executor = Pick<Kysely<unknown>, 'getExecutor'>

/** A page of the jobs, with how many there are. */
export async function listJobs(db: Executor, filter: JobFilter, sort: JobSort, request: PageRequest): Promise<Page<JobRow>> {
  const { rows } = await sql<{ total: number }>`select count(*)::int as total ${matching(filter)}`.execute(db)
  return { ...(await jobsAfter(db, filter, sort, request)), total: rows[0]?.total ?? 0 }
}

/** The jobs after a cursor, without a count: for a download, part by part. */
export async function jobsAfter(db: Executor, filter: JobFilter, sort: JobSort, request: PageRequest): Promise<Omit<Page<JobRow>, 'total'>> {
  const direction = sql.raw(sort.startsWith('-') ? 'desc' : 'asc')
  const cursor = readCursor(request.cursor)
  const isAfter = cursor === null ? sql`` : sql`and ${positionOf(sort, cursor)}`
  const byName = sort.endsWith('name') ? sql`job.name ${direction},` : sql``
  const { rows } = await sql<JobRow & { exactly: string }>`
    select job.id, job.name, job.state::text, job.retry_count + (job.state in ('failed', 'completed', 'active'))::int as attempts, job.retry_limit + 1 as "mostAttempts",
      job.created_on as "createdAt", job.start_after as "startsAfter", job.completed_on as "endedAt", ${WHY} as why,
      to_char(job.created_on at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as exactly
    ${matching(filter)} ${isAfter} order by ${byName} job.created_on ${direction}, job.id ${direction} limit ${request.limit + 1}`.execute(db)
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    rows: shown.map(({ exactly: _exactly, ...row }) => row),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.name, last.exactly, last.id]) : null,
  }
}

const WHY = sql`coalesce(job.output ->> 'message', job.output #>> '{value,message}', job.output #>> '{}')`

function matching({ state, kind, search }: JobFilter): RawBuilder<unknown> {
  const conditions = [
    sql`job.name not like ${INTERNAL}`,
    ...(state === null ? [] : [sql`job.state = ${state}::pgboss.job_state`]),
    ...(kind === null ? [] : [sql`job.name = ${kind}`]),
    holdsWords(sql`concat_ws(' ', job.name, ${WHY})`, search),
  ]
  return sql`from pgboss.job job where ${sql.join(conditions, sql` and `)}`
}

interface Position {
  readonly name: string
  /** To the microsecond, as PostgreSQL keeps it: many jobs are asked for within one millisecond. */
  readonly askedAt: string
  readonly id: string
}

function readCursor(cursor: string | null): Position | null {
  const [name, askedAt, id] = decodeCursor(cursor, 3) ?? []
  if (typeof name !== 'string' || typeof askedAt !== 'string' || typeof id !== 'string') return null
  return parseInstant(askedAt) !== undefined && UUID.test(id) ? { name, askedAt, id } : null
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function positionOf(sort: JobSort, { name, askedAt, id }: Position): RawBuilder<unknown> {
  const beyond = sql.raw(sort.startsWith('-') ? '<' : '>')
  return sort.endsWith('name')
    ? sql`(job.name, job.created_on, job.id) ${beyond} (${name}, ${askedAt}::timestamptz, ${id}::uuid)`
    : sql`(job.created_on, job.id) ${beyond} (${askedAt}::timestamptz, ${id}::uuid)`
}
