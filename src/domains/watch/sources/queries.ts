import { sql } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../kernel/json.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { UNRECOGNISED, type SourceState } from './model.ts'

export interface SourceStanding extends SourceState {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly format: string
  /** When the clock asks it next; `null` for at once. */
  readonly nextAt: Instant | null
  /** How often the clock asks it. */
  readonly everyMinutes: number
  /** How often it failed in a row. */
  readonly failures: number
  readonly opensThreats: boolean
  /** What a person chose for it (settings.ts). */
  readonly settings: Readonly<Record<string, Json>>
  /** What the last run had to say about the source as a whole. */
  readonly remarks: readonly string[]
  /** The words of the latest failure, while it is failing. */
  readonly failure: string | null
}

export interface SourceRow extends SourceStanding {
  readonly items: number
  readonly openQuarantine: number
}

/** How each source stands, by name; or the one of that code. */
export async function sourceStandings(db: Reader<Visible>, code: string | null = null): Promise<readonly SourceStanding[]> {
  return (
    db
      .selectFrom('watch_source as source')
      .leftJoinLateral(
        eb =>
          eb
            .selectFrom('watch_gathering as g')
            .whereRef('g.source_id', '=', 'source.id')
            .select('g.at')
            .orderBy('g.at', 'desc')
            .limit(1)
            .as('attempt'),
        join => join.onTrue(),
      )
      .leftJoinLateral(
        eb =>
          eb
            .selectFrom('watch_gathering as g')
            .whereRef('g.source_id', '=', 'source.id')
            .where('g.outcome', '<>', 'failed')
            .select('g.at')
            .orderBy('g.at', 'desc')
            .limit(1)
            .as('success'),
        join => join.onTrue(),
      )
      // The run of failures since the last success: when it began, and what the latest of them said.
      .leftJoinLateral(
        eb =>
          eb
            .selectFrom('watch_gathering as g')
            .whereRef('g.source_id', '=', 'source.id')
            .where('g.outcome', '=', 'failed')
            .where(run => run.or([run('success.at', 'is', null), run('g.at', '>', run.ref('success.at'))]))
            .select([
              run => run.fn.min('g.at').as('since'),
              sql<string | null>`(array_agg(g.failure order by g.at desc, g.id desc))[1]`.as('failure'),
            ])
            .as('run'),
        // Files that nobody can read are not a source that fails.
        join => join.on('source.format', '<>', UNRECOGNISED),
      )
      .$if(code !== null, query => query.where('source.code', '=', code ?? ''))
      .select([
        'source.id',
        'source.code',
        'source.name',
        'source.format',
        'source.url',
        'source.enabled',
        'source.next_at as nextAt',
        'source.every_minutes as everyMinutes',
        'source.failures',
        'source.opens_threats as opensThreats',
        'source.settings',
        'source.remarks',
        'attempt.at as lastAttemptAt',
        'success.at as lastSuccessAt',
        'run.since as failingSince',
        'run.failure',
      ])
      .orderBy('source.name')
      .orderBy('source.id')
      .execute()
  )
}

/** The sources with how they do and what is held of each, by name; or the one of that code. */
export async function listSources(db: Reader<Visible>, code: string | null = null): Promise<readonly SourceRow[]> {
  return withCounts(db, await sourceStandings(db, code))
}

/** Adds what is held of each, and what lies in quarantine. */
export async function withCounts(db: Reader<Visible>, sources: readonly SourceStanding[]): Promise<readonly SourceRow[]> {
  const isAsked = sql<boolean>`source_id = any(${sources.map(({ id }) => id)}::text[])`
  const items = await db
    .selectFrom('watch_item')
    .where(isAsked)
    .where('withdrawn_at', 'is', null)
    .groupBy('source_id')
    .select(({ fn }) => ['source_id', fn.countAll<number>().as('count')])
    .execute()
  const quarantined = await db
    .selectFrom('watch_quarantine')
    .where(isAsked)
    .where('resolved_at', 'is', null)
    .groupBy('source_id')
    .select(({ fn }) => ['source_id', fn.countAll<number>().as('count')])
    .execute()
  const countIn = (rows: typeof items, id: string) => rows.find(row => row.source_id === id)?.count ?? 0
  return sources.map(source => ({ ...source, items: countIn(items, source.id), openQuarantine: countIn(quarantined, source.id) }))
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
  /** What a person chose for it (settings.ts). */
  readonly settings: Readonly<Record<string, Json>>
}

export function sourceByCode(db: Reader<Visible>, code: string): Promise<SourceKey | undefined> {
  return db.selectFrom('watch_source').select(['id', 'code', 'format', 'url', 'settings']).where('code', '=', code).executeTakeFirst()
}

/** What its loader needs to know. */
export function sourceToGather(db: Reader<Visible>, code: string) {
  return db
    .selectFrom('watch_source')
    .select(['id', 'code', 'format', 'url', 'cursor', 'settings', 'failures', 'every_minutes as everyMinutes'])
    .where('code', '=', code)
    .executeTakeFirst()
}

export type SourceToGather = NonNullable<Awaited<ReturnType<typeof sourceToGather>>>

export function sourceByUrl(db: Reader<Visible>, url: string): Promise<SourceKey | undefined> {
  return db
    .selectFrom('watch_source')
    .select(['id', 'code', 'format', 'url', 'settings'])
    .where('url', '=', url)
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst()
}

/** The first source of a format that has an address, for a file of a kind that has one source only. */
export function sourceByFormat(db: Reader<Visible>, format: string): Promise<SourceKey | undefined> {
  return db
    .selectFrom('watch_source')
    .select(['id', 'code', 'format', 'url', 'settings'])
    .where('format', '=', format)
    .where('url', 'is not', null)
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst()
}

/** Lets one unit of work at a time store what was gathered, so that two never make one source, item or threat twice. Held until it ends. */
export async function lockGathering(db: Pick<Reader<Visible>, 'getExecutor'>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('watch.gathering'))`.execute(db)
}
