import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../platform/db/json.ts'

export type CohortKind = 'all' | 'type' | 'type-size'

/** From when on how many must contribute, how many must answer otherwise than most, and to what counts are rounded. */
export interface BenchmarkPolicyTable {
  id: GeneratedAlways<number>
  effective_from: string
  minimum: number
  alike: number
  rounding: number
  source: string
}

export interface BenchmarkCohortTable {
  kind: CohortKind
  effective_from: string
  effective_until: Generated<string | null>
  source: string
}

export interface SizeBandTable {
  code: string
  effective_from: string
  effective_until: Generated<string | null>
  name: string
  least: number
  most: number | null
}

/** What one organisation gave to the benchmark. Row-level security gives it to that organisation and to the freeze. */
export interface ContributionTable {
  id: string
  organisation_id: string
  framework_id: string
  period: string
  assessment_id: string | null
  view: 'self' | 'agreed'
  /** One character for each outcome, in the framework's order: the place of its level (the best is 0), or a hyphen. Empty once withdrawn. */
  levels: string
  organisation_type: string
  size_band: string | null
  /** SHA-256 of exactly what was sent, in hexadecimal. */
  receipt: string
  contributed_at: Instant
  contributed_by: string
  withdrawn_at: Generated<Instant | null>
  withdrawn_by: Generated<string | null>
  /** The contribution that took its place. */
  replaced_by: Generated<string | null>
}

export interface FreezeTable {
  id: string
  framework_id: string
  period: string
  /** The first of a framework and period is 1. */
  number: number
  state: 'asked' | 'frozen'
  asked_at: Instant
  asked_by: string
  frozen_at: Generated<Instant | null>
  /** The policy that was in force, word for word. */
  policy: ColumnType<unknown, string | null | undefined, string | null>
}

export interface FreezeCohortTable {
  freeze_id: string
  cohort: string
  parent: string | null
  kind: CohortKind
  organisation_type: string | null
  size_band: string | null
  name: string
  position: number
  state: 'released' | 'held'
  /** `few`: too few contribute. `changed`: too few came or went since an earlier release. `alike`: most answers are too much alike. */
  reason: 'few' | 'changed' | 'alike' | null
  /** Rounded. */
  contributors: number | null
}

export interface FigureTable {
  freeze_id: string
  cohort: string
  kind: 'outcome' | 'objective'
  code: string
  position: number
  state: 'shown' | 'held'
  /** Level → rounded count; of an objective, nothing. */
  counts: ColumnType<unknown, string | null, string | null>
  /** Of an outcome three levels; of an objective three shares in percent. The lower quartile, the middle, the upper quartile. */
  quartiles: ColumnType<unknown, string | null, string | null>
  /** The outcomes that an objective's quartiles are made of. */
  outcomes: Generated<string[]>
}

export interface LedgerKeyTable {
  framework_id: string
  period: string
  key: string
}

/** Contributions that were counted in the same cells of all releases so far, under keyed hashes, and their exact sums. */
export interface LedgerTable {
  freeze_id: string
  position: number
  /** `1 type:trust`: release 1, that cohort. */
  inside: string[]
  /** With a space between: the hash of each, and after a colon each the hashes of those whose hand it is under. */
  members: string
  counts: Json
}

export interface BenchmarkTables {
  assure_benchmark_policy: BenchmarkPolicyTable
  assure_benchmark_cohort: BenchmarkCohortTable
  assure_size_band: SizeBandTable
  assure_contribution: ContributionTable
  assure_freeze: FreezeTable
  assure_freeze_cohort: FreezeCohortTable
  assure_figure: FigureTable
  assure_ledger_key: LedgerKeyTable
  assure_ledger: LedgerTable
}
