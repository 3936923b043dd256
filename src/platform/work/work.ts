import { sql, type Kysely, type Transaction } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import { Bug } from '../../kernel/errors.ts'
import { makeId, type Id, type IdKind } from '../../kernel/id.ts'
import type { Instant } from '../../kernel/instant.ts'
import { appendToChain, type AuditEntry } from '../audit/record.ts'
import type { Clock } from '../clock/clock.ts'
import type { Database } from '../db/database.ts'
import type { JobKind, QueuedJob } from '../jobs/job.ts'
import type { Actor } from './actor.ts'
import type { Reader } from './read.ts'
import { inTransaction, type TransactionHabit } from './transaction.ts'
import { UNRECORDED_TABLES } from './unrecorded.ts'

/** A handle that can ask and change, but neither run raw SQL nor hide a write in a common table expression. */
export type Writer<T> = Reader<T> & Pick<Kysely<T>, 'insertInto' | 'updateTable' | 'deleteFrom'>

/**
 * A unit of work: one transaction that carries who, when, what it changed and what must follow. Commands get a Work and
 * nothing else, so no network and no mail can happen inside a transaction: effects are jobs, stored in the same commit.
 *
 * Invariants, each with a test that breaks it (`work.int.test.ts`):
 * 1. Inside a unit of work, nothing opens another or queries outside it.
 * 2. A unit of work that wrote something and recorded nothing is rolled back.
 * 3. A query after the end throws.
 * 4. The audit rows and the jobs are in the same commit as the change, or none of them is.
 */
export interface Work<T> {
  readonly db: Writer<T>
  readonly actor: Actor
  /** Fixed for the whole unit, so that all it writes agrees. */
  readonly now: Instant
  /** Ties this unit to the request or job that caused it. */
  readonly correlation: string
  newId<K extends IdKind>(kind: K): Id<K>
  /** Says what was done. At least once for each unit that writes. */
  record(entry: AuditEntry): void
  /** Asks for a job. It exists when, and only when, this unit commits. */
  enqueue<P extends object>(kind: JobKind<P>, payload: P, options?: { delaySeconds?: number; onceKey?: string }): void
  /** The same unit, seen with another domain's tables: for calling a lower domain's command. */
  lend<U>(): Work<U>
}

/** What a unit of work needs of the platform. */
export interface WorkPlatform {
  readonly database: Database
  readonly clock: Clock
  readonly jobs: { store(transaction: Kysely<unknown>, jobs: readonly QueuedJob[]): Promise<void> }
}

const WORK_TIMEOUT_MILLIS = 120_000

/** Runs one unit of work as the actor: all of it, or nothing. */
export async function runWork<T, R>(
  platform: WorkPlatform,
  actor: Actor,
  body: (work: Work<T>) => Promise<R>,
  correlation: string = uuidv7(),
  habit: Pick<TransactionHabit, 'isPrepared'> = {},
): Promise<R> {
  const options = { ...habit, readOnly: false, timeoutMillis: WORK_TIMEOUT_MILLIS }
  return inTransaction(platform.database, actor, options, async ({ guarded, raw, state }) => {
    const now = platform.clock.now()
    const entries: AuditEntry[] = []
    const jobs: QueuedJob[] = []
    // Part of every row of this unit, and of its hash: who reads the audit sees that the operator, or a program, acted in this person's name.
    const origin = actor.through === undefined ? correlation : `${actor.through}:${correlation}`
    const newId = <K extends IdKind>(kind: K) => makeId(kind, uuidv7())
    const work: Work<T> = {
      // The caller names the tables it may see; the handle itself is the same.
      db: guarded as Kysely<T>,
      actor,
      now,
      correlation,
      newId,
      record: entry => void entries.push(entry),
      enqueue: (kind, payload, options = {}) => {
        if (options.onceKey !== undefined && kind.atMostOneWaiting !== true)
          throw new Bug('platform.work.once-key', `${kind.name} does not say atMostOneWaiting, so a onceKey would mean nothing.`)
        jobs.push({
          name: kind.name,
          payload: kind.payload.parse(payload),
          delaySeconds: options.delaySeconds ?? 0,
          onceKey: options.onceKey ?? null,
        })
      },
      lend: <U>() => work as unknown as Work<U>,
    }
    const result = await body(work)

    const unrecorded = [...state.written].filter(table => !(table in UNRECORDED_TABLES))
    if (unrecorded.length > 0 && entries.length === 0) {
      throw new Bug(
        'platform.work.unrecorded',
        `A unit of work wrote to ${unrecorded.join(', ')} and recorded nothing. Call work.record with the verb and the subject.`,
      )
    }
    await settle(
      platform,
      raw,
      jobs,
      entries.map(entry => auditRow(entry, actor, now, origin, newId('audit'))),
    )
    return result
  })
}

/** The end of the unit, out of the actor's scope: the jobs, then the audit rows, whose lock must be held as briefly as can be. */
async function settle(
  platform: WorkPlatform,
  raw: Transaction<unknown>,
  jobs: readonly QueuedJob[],
  rows: Parameters<typeof appendToChain>[1],
): Promise<void> {
  if (jobs.length > 0) {
    await sql`select set_config('role', 'none', true)`.execute(raw)
    await platform.jobs.store(raw, jobs)
  }
  await appendToChain(raw, rows)
}

function auditRow(entry: AuditEntry, actor: Actor, at: Instant, correlation: string, id: string) {
  return {
    id,
    at,
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_role: actor.role,
    on_behalf_of: actor.organisationId,
    verb: entry.verb,
    subject_kind: entry.subject.kind,
    subject_id: entry.subject.id,
    organisation_id: entry.organisationId ?? null,
    reason: entry.reason ?? null,
    change: entry.change === undefined ? null : JSON.stringify(entry.change),
    correlation,
  }
}
