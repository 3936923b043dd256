import { sql } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { GatheringTable, Visible } from '../tables.ts'
import { UNRECOGNISED, type SourceState } from './model.ts'

export interface SourceRow extends SourceState {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly format: string
  /** The words of the latest failure, while it is failing. */
  readonly failure: string | null
  readonly items: number
  readonly openQuarantine: number
}

/** The sources with how they do, by name; or the one of that code. */
export async function listSources(db: Reader<Visible>, code: string | null = null): Promise<readonly SourceRow[]> {
  let query = db.selectFrom('watch_source as source').select(eb => [
    'source.id',
    'source.code',
    'source.name',
    'source.format',
    'source.url',
    'source.enabled',
    eb
      .selectFrom('watch_gathering as g')
      .whereRef('g.source_id', '=', 'source.id')
      .select(fn => fn.fn.max('g.at').as('at'))
      .as('lastAttemptAt'),
    eb
      .selectFrom('watch_gathering as g')
      .whereRef('g.source_id', '=', 'source.id')
      .where('g.outcome', '<>', 'failed')
      .select(fn => fn.fn.max('g.at').as('at'))
      .as('lastSuccessAt'),
    eb
      .selectFrom('watch_item as item')
      .whereRef('item.source_id', '=', 'source.id')
      .where('item.withdrawn_at', 'is', null)
      .select(fn => fn.fn.countAll<number>().as('count'))
      .as('items'),
    eb
      .selectFrom('watch_quarantine as quarantine')
      .whereRef('quarantine.source_id', '=', 'source.id')
      .where('quarantine.resolved_at', 'is', null)
      .select(fn => fn.fn.countAll<number>().as('count'))
      .as('openQuarantine'),
  ])
  if (code !== null) query = query.where('source.code', '=', code)
  const rows = await query.orderBy('source.name').orderBy('source.id').execute()
  return Promise.all(
    rows.map(async row => {
      // Files that nobody can read are not a source that fails.
      const run = row.format === UNRECOGNISED ? null : await failingRun(db, row.id, row.lastSuccessAt)
      return {
        ...row,
        items: row.items ?? 0,
        openQuarantine: row.openQuarantine ?? 0,
        failingSince: run?.since ?? null,
        failure: run?.failure ?? null,
      }
    }),
  )
}

/** When the run of failures since the last success began, and what the latest of them said. */
async function failingRun(db: Reader<Visible>, sourceId: string, lastSuccessAt: Instant | null) {
  let query = db.selectFrom('watch_gathering').select(['at', 'failure']).where('source_id', '=', sourceId).where('outcome', '=', 'failed')
  if (lastSuccessAt !== null) query = query.where('at', '>', lastSuccessAt)
  const [first, last] = await Promise.all([
    query.orderBy('at').orderBy('id').limit(1).executeTakeFirst(),
    query.orderBy('at', 'desc').orderBy('id', 'desc').limit(1).executeTakeFirst(),
  ])
  return first === undefined ? null : { since: first.at, failure: last?.failure ?? null }
}

/** The sources by name, for a filter to offer. */
export function sourceNames(db: Reader<Visible>): Promise<readonly { code: string; name: string }[]> {
  return db.selectFrom('watch_source').select(['code', 'name']).orderBy('name').orderBy('code').execute()
}

export interface SourceKey {
  readonly id: string
  readonly code: string
  readonly format: string
  readonly url: string | null
}

export function sourceByCode(db: Reader<Visible>, code: string): Promise<SourceKey | undefined> {
  return db.selectFrom('watch_source').select(['id', 'code', 'format', 'url']).where('code', '=', code).executeTakeFirst()
}

export function sourceByUrl(db: Reader<Visible>, url: string): Promise<SourceKey | undefined> {
  return db
    .selectFrom('watch_source')
    .select(['id', 'code', 'format', 'url'])
    .where('url', '=', url)
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst()
}

/** The first source of a format that has an address, for a file of a kind that has one source only. */
export function sourceByFormat(db: Reader<Visible>, format: string): Promise<SourceKey | undefined> {
  return db
    .selectFrom('watch_source')
    .select(['id', 'code', 'format', 'url'])
    .where('format', '=', format)
    .where('url', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst()
}

export interface GatheringRow extends Omit<GatheringTable, 'added' | 'changed' | 'withdrawn' | 'unchanged' | 'quarantined'> {
  readonly added: number
  readonly changed: number
  readonly withdrawn: number
  readonly unchanged: number
  readonly quarantined: number
}

/** The latest gatherings of a source, newest first. */
export function latestGatherings(db: Reader<Visible>, sourceId: string, limit: number): Promise<readonly GatheringRow[]> {
  return db
    .selectFrom('watch_gathering')
    .selectAll()
    .where('source_id', '=', sourceId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Lets one unit of work at a time store what was gathered, so that two never make one source, item or threat twice. Held until it ends. */
export async function lockGathering(db: Pick<Reader<Visible>, 'getExecutor'>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('watch.gathering'))`.execute(db)
}
