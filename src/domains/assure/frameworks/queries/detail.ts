import type { Instant } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { Framework, Indicator, Outcome } from '../model.ts'
import { frameworkByKey, indicatorsOf } from '../queries.ts'

export interface NodeRow extends Outcome {
  readonly kind: 'group' | 'outcome'
}

export interface ProfileRow {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly organisationType: string | null
  readonly period: string | null
  readonly source: string
  readonly enteredAt: Instant
  /** Level → how many outcomes it is asked of. */
  readonly counts: ReadonlyMap<string, number>
  readonly levels: ReadonlyMap<string, string>
}

export interface CrosswalkRow {
  readonly from: string
  readonly to: string
  readonly name: string
  readonly source: string
  readonly pairs: number
}

export interface FrameworkDetail {
  readonly framework: Framework
  readonly isShipped: boolean
  readonly loadedAt: Instant
  readonly withdrawnAt: Instant | null
  readonly findings: readonly Problem[]
  readonly nodes: readonly NodeRow[]
  readonly indicators: readonly Indicator[]
  readonly profiles: readonly ProfileRow[]
  readonly crosswalks: readonly CrosswalkRow[]
}

/** Everything that the page of a framework shows; `undefined` where there is none. */
export async function frameworkDetail(db: Reader<Visible>, code: string, version: string): Promise<FrameworkDetail | undefined> {
  const framework = await frameworkByKey(db, code, version)
  if (framework === undefined) return undefined
  const { findings, is_shipped, loaded_at, withdrawn_at } = await db
    .selectFrom('assure_framework')
    .where('id', '=', framework.id)
    .select(['findings', 'is_shipped', 'loaded_at', 'withdrawn_at'])
    .executeTakeFirstOrThrow()
  const nodes = await db
    .selectFrom('assure_framework_node')
    .where('framework_id', '=', framework.id)
    .select(['code', 'kind', 'parent_code as parentCode', 'title', 'description', 'position', 'levels'])
    .orderBy('position')
    .execute()
  return {
    framework,
    isShipped: is_shipped,
    loadedAt: loaded_at,
    withdrawnAt: withdrawn_at,
    // Written by our own check when it was taken in.
    findings: findings as readonly Problem[],
    nodes,
    indicators: await indicatorsOf(db, framework.id),
    profiles: await profilesOf(db, framework.id),
    crosswalks: await crosswalksOf(db, code, version),
  }
}

/** The profiles of a framework that are in force, by name. */
export async function profilesOf(db: Reader<Visible>, frameworkId: string): Promise<readonly ProfileRow[]> {
  const rows = await db
    .selectFrom('assure_profile as profile')
    .leftJoin('assure_profile_level as asked', 'asked.profile_id', 'profile.id')
    .where('profile.framework_id', '=', frameworkId)
    .where('profile.withdrawn_at', 'is', null)
    .select([
      'profile.id',
      'profile.code',
      'profile.name',
      'organisation_type',
      'period',
      'source',
      'entered_at',
      'asked.outcome_code',
      'asked.level',
    ])
    .orderBy('profile.name')
    .orderBy('profile.id')
    .execute()
  return [...Map.groupBy(rows, row => row.id).values()].flatMap(held => {
    const [row] = held
    if (row === undefined) return []
    const levels = new Map(held.flatMap(one => (one.outcome_code === null || one.level === null ? [] : [[one.outcome_code, one.level] as const])))
    const counts = new Map([...Map.groupBy(levels.values(), level => level)].map(([level, all]) => [level, all.length]))
    const { id, code, name, organisation_type, period, source, entered_at } = row
    return [{ id, code, name, organisationType: organisation_type, period, source, enteredAt: entered_at, counts, levels }]
  })
}

async function crosswalksOf(db: Reader<Visible>, code: string, version: string): Promise<readonly CrosswalkRow[]> {
  const rows = await db
    .selectFrom('assure_crosswalk as crosswalk')
    .where(eb => eb.or([eb.and({ from_framework: code, from_version: version }), eb.and({ to_framework: code, to_version: version })]))
    .select(eb => [
      'from_framework',
      'from_version',
      'to_framework',
      'to_version',
      'name',
      'source',
      eb
        .selectFrom('assure_crosswalk_pair as pair')
        .whereRef('pair.crosswalk_id', '=', 'crosswalk.id')
        .select(inner => inner.fn.countAll<number>().as('pairs'))
        .as('pairs'),
    ])
    .orderBy('name')
    .execute()
  return rows.map(row => ({
    from: `${row.from_framework} ${row.from_version}`.trim(),
    to: `${row.to_framework} ${row.to_version}`.trim(),
    name: row.name,
    source: row.source,
    pairs: Number(row.pairs),
  }))
}
