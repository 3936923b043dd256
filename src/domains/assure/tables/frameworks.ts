import type { ColumnType, Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../platform/db/json.ts'

export interface FrameworkTable {
  id: string
  /** Such as `caf`. With the version it is the key; codes of outcomes mean something only within it. */
  code: string
  version: string
  name: string
  description: Generated<string>
  publisher: Generated<string>
  /** Where the text comes from: a title, an address, a date. */
  source: string
  licence: Generated<string>
  subject: 'organisation' | 'service'
  /** A ScoringRule (frameworks/scoring.ts). */
  rule: Json
  /** Levels (frameworks/model.ts), the best first. */
  levels: Json
  /** What the check of its own structure found odd. */
  findings: ColumnType<unknown, string | undefined, string>
  content_hash: string
  /** Comes with the product. */
  is_shipped: Generated<boolean>
  loaded_at: Instant
  loaded_by: string
  withdrawn_at: Generated<Instant | null>
}

export interface FrameworkNodeTable {
  framework_id: string
  code: string
  kind: 'group' | 'outcome'
  parent_code: string | null
  title: string
  description: Generated<string>
  position: number
  /** The levels that an outcome can have. Some have no partial one. */
  levels: Generated<string[]>
}

export interface IndicatorTable {
  framework_id: string
  code: string
  outcome_code: string
  /** The level that the indicator speaks for. */
  level: string
  text: string
  /** What the publisher or others call it, such as `A1.a.NA.1`. */
  reference: Generated<string>
  position: number
}

export interface ProfileTable {
  id: string
  framework_id: string
  code: string
  name: string
  organisation_type: string | null
  period: string | null
  source: string
  entered_at: Instant
  entered_by: string
  withdrawn_at: Generated<Instant | null>
}

export interface ProfileLevelTable {
  profile_id: string
  outcome_code: string
  level: string
}

export interface CrosswalkTable {
  id: string
  from_framework: string
  from_version: string
  to_framework: string
  to_version: string
  name: string
  source: string
  loaded_at: Instant
  loaded_by: string
}

export interface CrosswalkPairTable {
  crosswalk_id: string
  from_code: string
  to_code: string
  relation: 'equal' | 'subset' | 'superset' | 'intersect'
  strength: number | null
  rationale: Generated<string>
}

export interface FrameworkTables {
  assure_framework: FrameworkTable
  assure_framework_node: FrameworkNodeTable
  assure_indicator: IndicatorTable
  assure_profile: ProfileTable
  assure_profile_level: ProfileLevelTable
  assure_crosswalk: CrosswalkTable
  assure_crosswalk_pair: CrosswalkPairTable
}
