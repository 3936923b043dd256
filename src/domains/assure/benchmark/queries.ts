import { sql } from 'kysely'
import type { Id } from '../../../kernel/id.ts'
import { londonDate, type Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import type { CohortKind } from '../tables/benchmark.ts'
import {
  noSuchFreeze,
  objectivesOf,
  type BenchmarkPolicy,
  type Figure,
  type Freeze,
  type FrozenCohort,
  type Objective,
  type SizeBand,
} from './model.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

/** The policy in force that day: the newest row that has begun. */
export async function policyInForce(db: Asks, now: Instant): Promise<BenchmarkPolicy> {
  return db
    .selectFrom('assure_benchmark_policy')
    .where('effective_from', '<=', londonDate(now))
    .select(['minimum', 'alike', 'rounding', 'source'])
    .orderBy('effective_from', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
}

export async function cohortKindsInForce(db: Asks, now: Instant): Promise<readonly CohortKind[]> {
  const today = londonDate(now)
  const rows = await db
    .selectFrom('assure_benchmark_cohort')
    .where('effective_from', '<=', today)
    .where(eb => eb.or([eb('effective_until', 'is', null), eb('effective_until', '>', today)]))
    .select('kind')
    .execute()
  return rows.map(({ kind }) => kind)
}

export async function bandsInForce(db: Asks, now: Instant): Promise<readonly SizeBand[]> {
  const today = londonDate(now)
  return db
    .selectFrom('assure_size_band')
    .where('effective_from', '<=', today)
    .where(eb => eb.or([eb('effective_until', 'is', null), eb('effective_until', '>', today)]))
    .select(['code', 'name', 'least', 'most'])
    .orderBy('least')
    .execute()
}

/** The objectives of a framework with their outcomes, in its own order. */
export async function frameworkObjectives(db: Asks, frameworkId: string): Promise<readonly Objective[]> {
  const nodes = await db
    .selectFrom('assure_framework_node')
    .where('framework_id', '=', frameworkId)
    .select(['code', 'kind', 'parent_code as parentCode', 'title'])
    .orderBy('position')
    .execute()
  return objectivesOf(nodes)
}

function freezes(db: Asks) {
  return db
    .selectFrom('assure_freeze as freeze')
    .innerJoin('assure_framework as framework', 'framework.id', 'freeze.framework_id')
    .select([
      'freeze.id',
      'freeze.framework_id as frameworkId',
      'framework.code as frameworkCode',
      'framework.version as frameworkVersion',
      'framework.name as frameworkName',
      'freeze.period',
      'freeze.number',
      'freeze.state',
      'freeze.asked_at as askedAt',
      'freeze.asked_by as askedBy',
      'freeze.frozen_at as frozenAt',
      'freeze.policy',
    ])
}

type FreezeRow = Awaited<ReturnType<ReturnType<typeof freezes>['executeTakeFirstOrThrow']>>

/** The freeze wrote its policy itself. */
function freezeOf(row: FreezeRow): Freeze {
  return { ...row, policy: row.policy as BenchmarkPolicy | null }
}

/** All freezes, the newest first, a page of them. */
export async function listFreezes(db: Asks, { limit, cursor }: PageRequest): Promise<Page<Freeze>> {
  const { total } = await db
    .selectFrom('assure_freeze')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const [after] = decodeCursor(cursor, 1) ?? []
  // Ids sort by the time at which they were made.
  const rows = await freezes(db)
    .$if(typeof after === 'string', query => query.where('freeze.id', '<', String(after)))
    .orderBy('freeze.id', 'desc')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown.map(freezeOf), total, next: rows.length > limit && last !== undefined ? encodeCursor([last.id]) : null }
}

/** Throws `NotFound`. */
export async function freezeById(db: Asks, id: string): Promise<Freeze> {
  const row = await freezes(db).where('freeze.id', '=', id).executeTakeFirst()
  if (row === undefined) throw noSuchFreeze()
  return freezeOf(row)
}

/** The last frozen release of each framework and year, the newest first. */
export async function latestReleases(db: Asks): Promise<readonly Freeze[]> {
  const rows = await freezes(db)
    .where('freeze.state', '=', 'frozen')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('assure_freeze as later')
            .select('later.id')
            .whereRef('later.framework_id', '=', 'freeze.framework_id')
            .whereRef('later.period', '=', 'freeze.period')
            .whereRef('later.number', '>', 'freeze.number')
            .where('later.state', '=', 'frozen'),
        ),
      ),
    )
    .orderBy('freeze.frozen_at', 'desc')
    .orderBy('freeze.id', 'desc')
    .limit(200)
    .execute()
  return rows.map(freezeOf)
}

/** The cohorts of a release in the order of its page, those that are held among them. */
export async function cohortsOfFreeze(db: Asks, freezeId: string): Promise<readonly FrozenCohort[]> {
  return db
    .selectFrom('assure_freeze_cohort')
    .where('freeze_id', '=', freezeId)
    .select(['cohort as code', 'parent', 'kind', 'organisation_type as type', 'size_band as band', 'name', 'state', 'reason', 'contributors'])
    .orderBy('position')
    .execute()
}

/** All published figures of a release, or those of one cohort. */
export async function figuresOf(db: Asks, freezeId: string, cohort: string | null = null): Promise<readonly Figure[]> {
  const rows = await db
    .selectFrom('assure_figure')
    .where('freeze_id', '=', freezeId)
    .$if(cohort !== null, query => query.where('cohort', '=', cohort ?? ''))
    .select(['cohort', 'kind', 'code', 'state', 'counts', 'quartiles', 'outcomes'])
    .orderBy('cohort')
    .orderBy('kind')
    .orderBy('position')
    .execute()
  // The freeze alone writes them.
  return rows.map(({ state, counts, quartiles, ...row }) => ({
    ...row,
    isShown: state === 'shown',
    counts: counts as Figure['counts'],
    quartiles: quartiles as Figure['quartiles'],
  }))
}

/** What of a sector is lacking, by published figures alone. */
export interface SectorNeed {
  readonly outcomeCode: string
  /** Rounded numbers of organisations, from the release. */
  readonly lacking: number
  readonly answered: number
}

/**
 * The outcomes that most organisations lack, the worst first: from the last release of the framework and year, its widest cohort that is released. `null` where
 * nothing is released. For the centre: there is nothing in it that is not published.
 */
export async function sectorNeeds(
  db: Asks,
  framework: { readonly id: string; readonly levels: readonly { readonly code: string }[] },
  period: string,
): Promise<{ readonly freezeId: string; readonly frozenAt: Instant | null; readonly cohort: string; readonly needs: readonly SectorNeed[] } | null> {
  const release = (await latestReleases(db)).find(one => one.frameworkId === framework.id && one.period === period)
  if (release === undefined) return null
  const cohort = (await cohortsOfFreeze(db, release.id)).find(({ state }) => state === 'released')
  if (cohort === undefined) return null
  const [best] = framework.levels
  const needs = (await figuresOf(db, release.id, cohort.code)).flatMap(({ kind, code, counts }) => {
    if (kind !== 'outcome' || counts === null) return []
    const answered = framework.levels.reduce((sum, level) => sum + (counts[level.code] ?? 0), 0)
    return [{ outcomeCode: code, lacking: answered - (counts[best?.code ?? ''] ?? 0), answered }]
  })
  return {
    freezeId: release.id,
    frozenAt: release.frozenAt,
    cohort: cohort.name,
    needs: needs.toSorted(
      (a, b) => b.lacking / Math.max(b.answered, 1) - a.lacking / Math.max(a.answered, 1) || (a.outcomeCode < b.outcomeCode ? -1 : 1),
    ),
  }
}

export interface Contribution {
  readonly id: string
  readonly frameworkId: string
  readonly period: string
  readonly assessmentId: string | null
  readonly view: 'self' | 'agreed'
  readonly levels: string
  readonly organisationType: string
  readonly sizeBand: string | null
  readonly receipt: string
  readonly contributedAt: Instant
  readonly withdrawnAt: Instant | null
  readonly replacedBy: string | null
}

/** What the organisation has contributed and not taken back, and its receipts of what it did; the newest first. */
export async function contributionsOf(db: Asks, organisationId: Id<'organisation'>): Promise<readonly Contribution[]> {
  return db
    .selectFrom('assure_contribution')
    .where('organisation_id', '=', organisationId)
    .select([
      'id',
      'framework_id as frameworkId',
      'period',
      'assessment_id as assessmentId',
      'view',
      'levels',
      'organisation_type as organisationType',
      'size_band as sizeBand',
      'receipt',
      'contributed_at as contributedAt',
      'withdrawn_at as withdrawnAt',
      'replaced_by as replacedBy',
    ])
    .orderBy('contributed_at', 'desc')
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
}

/** What may be contributed: the organisation's own reviews that are not withdrawn. */
export interface OwnReview {
  readonly id: Id<'assessment'>
  readonly frameworkId: string
  readonly period: string
  readonly subject: string
  readonly state: string
}

export async function ownReviews(db: Asks, organisationId: Id<'organisation'>): Promise<readonly OwnReview[]> {
  const rows = await db
    .selectFrom('assure_assessment')
    .where('organisation_id', '=', organisationId)
    .where('state', '<>', 'withdrawn')
    .select(['id', 'framework_id as frameworkId', 'period', 'subject', 'state'])
    .orderBy('opened_at', 'desc')
    .orderBy('id', 'desc')
    .limit(200)
    .execute()
  return rows.map(row => ({ ...row, id: row.id as Id<'assessment'> }))
}

/** The statuses of a review: the agreed ones where both sides have signed, its own otherwise. */
export async function statusesOf(
  db: Asks,
  review: Pick<OwnReview, 'id' | 'state'>,
): Promise<{ readonly view: 'self' | 'agreed'; readonly statuses: ReadonlyMap<string, string> }> {
  const rows = await db
    .selectFrom('assure_view')
    .where('assessment_id', '=', review.id)
    .where('view', 'in', ['self', 'agreed'])
    .select(['view', 'outcome_code', 'status'])
    .execute()
  const of = (view: 'self' | 'agreed') => new Map(rows.filter(row => row.view === view).map(row => [row.outcome_code, row.status] as const))
  const agreed = of('agreed')
  return (review.state === 'agreed' || review.state === 'closed') && agreed.size > 0
    ? { view: 'agreed', statuses: agreed }
    : { view: 'self', statuses: of('self') }
}

/** The type and size that the directory has of an organisation. */
export async function factsOf(db: Asks, organisationId: Id<'organisation'>): Promise<{ readonly type: string; readonly size: number | null }> {
  return db.selectFrom('directory_organisation').where('id', '=', organisationId).select(['type', 'size']).executeTakeFirstOrThrow()
}

/** Types of bodies that have others below them and own none of them: they plan for them. */
export const NO_OWNERS = ['centre', 'region', 'board'] as const

/**
 * For the freeze alone, as the system: everything that counts. What is of a closed organisation or a withdrawn review does not. `owner` is the code of the
 * body that it is a part of, or its own.
 */
export async function contributionsToFreeze(db: Asks, frameworkId: string, period: string) {
  return db
    .selectFrom('assure_contribution as contribution')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'contribution.organisation_id')
    .leftJoin('assure_assessment as assessment', 'assessment.id', 'contribution.assessment_id')
    .leftJoin('directory_organisation as parent', join =>
      join.onRef('parent.code', '=', 'organisation.parent_code').on('parent.type', 'not in', [...NO_OWNERS]),
    )
    .where('contribution.framework_id', '=', frameworkId)
    .where('contribution.period', '=', period)
    .where('contribution.withdrawn_at', 'is', null)
    .where('organisation.status', '=', 'open')
    .where(sql<string>`coalesce(assessment.state, '')`, '<>', 'withdrawn')
    .select(({ fn }) => [
      'contribution.id',
      'contribution.levels',
      'contribution.organisation_type as type',
      'contribution.size_band as band',
      'contribution.contributed_by as person',
      fn.coalesce('parent.code', 'organisation.code').as('owner'),
    ])
    .execute()
}

/** The frameworks that can be frozen by: those that are not withdrawn, by name. */
export async function usableFrameworks(db: Asks): Promise<readonly { readonly id: string; readonly name: string; readonly version: string }[]> {
  return db
    .selectFrom('assure_framework')
    .where('withdrawn_at', 'is', null)
    .select(['id', 'name', 'version'])
    .orderBy('name')
    .orderBy('version')
    .execute()
}

/** Who asked for freezes, by name: people of the centre. */
export async function namesOf(db: Asks, personIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (personIds.length === 0) return new Map()
  const rows = await db.selectFrom('directory_person').where('id', 'in', personIds).select(['id', 'name']).execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}
