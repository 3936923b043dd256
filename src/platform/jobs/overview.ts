import { sql, type Kysely } from 'kysely'
import type { Instant } from '../../kernel/instant.ts'

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
  readonly state: string
  readonly attempts: number
  readonly mostAttempts: number
  readonly createdAt: Instant
  readonly startsAfter: Instant
  readonly endedAt: Instant | null
  /** What the last attempt failed with. Codes and sentences of ours, free of personal data. */
  readonly why: string | null
}

/** Every kind of job with its counts. The queue keeps finished jobs for a week. */
export async function queueOverview(db: Pick<Kysely<unknown>, 'getExecutor'>): Promise<readonly QueueOverview[]> {
  const { rows } = await sql<QueueOverview>`
    select queue.name,
      count(*) filter (where job.state = 'created')::int as waiting,
      count(*) filter (where job.state = 'retry')::int as retrying,
      count(*) filter (where job.state = 'active')::int as active,
      count(*) filter (where job.state = 'failed')::int as failed,
      count(*) filter (where job.state = 'completed')::int as done,
      min(job.created_on) filter (where job.state = 'created') as "oldestWaitingAt"
    from pgboss.queue queue left join pgboss.job job on job.name = queue.name
    where queue.name not like '\\_\\_pgboss\\_\\_%'
    group by queue.name order by queue.name`.execute(db)
  return rows
}

/** The newest jobs in some state, failed ones first to be asked for; at most `limit`. */
export async function jobsInState(
  db: Pick<Kysely<unknown>, 'getExecutor'>,
  state: 'created' | 'retry' | 'active' | 'failed' | 'completed',
  limit: number,
): Promise<readonly JobRow[]> {
  const { rows } = await sql<JobRow>`
    select id, name, state::text, retry_count + (state in ('failed', 'completed', 'active'))::int as attempts, retry_limit + 1 as "mostAttempts", created_on as "createdAt",
      start_after as "startsAfter", completed_on as "endedAt", coalesce(output ->> 'message', output #>> '{value,message}', output #>> '{}') as why
    from pgboss.job where state = ${state}::pgboss.job_state and name not like '\\_\\_pgboss\\_\\_%'
    order by created_on desc limit ${limit}`.execute(db)
  return rows
}
