import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../platform/db/json.ts'

export type EntryKind = 'improvement' | 'scenario' | 'rule'

interface CatalogueEntryTable {
  kind: EntryKind
  code: string
  /** Counted from 1 for each entry. Versions are only added. */
  version: number
  name: string
  content: Json
  is_current: boolean
  is_withdrawn: Generated<boolean>
  reason: string
  at: Instant
  by_id: string
}

interface CaseTable {
  id: string
  organisation_id: string
  name: string
  /** The review from which it was suggested what is in place already. */
  assessment_id: string | null
  /** Which version of each entry of the catalogue it goes by. */
  versions: Json
  settings: Json
  /** Codes of the improvements that are in place already. */
  in_place: string[]
  revision: Generated<number>
  opened_at: Instant
  opened_by: string
  changed_at: Instant
  changed_by: string
  withdrawn_at: Generated<Instant | null>
}

interface OverrideTable {
  case_id: string
  kind: 'improvement' | 'scenario'
  code: string
  /** The figure, such as `capital`, `losses.recovery` or `effects.ransomware.prevents`. */
  field: string
  value: Json
  reason: string
  /** Who finds out better. */
  owner: Generated<string>
  at: Instant
  by_id: string
}

interface OwnEntryTable {
  case_id: string
  kind: 'improvement' | 'scenario'
  code: string
  name: string
  content: Json
  at: Instant
  by_id: string
}

interface CaseAnswerTable {
  id: string
  case_id: string
  inputs_hash: string
  problem: Json
  answer: Json
  /** The frontier, the futures and the rest, which take longer than the answer: `null` until they are there. */
  study: Json | null
  certificate: Json | null
  at: Instant
  by_id: string
}

interface CaseDecisionTable {
  id: string
  case_id: string
  answer_id: string
  chosen: string[]
  /** Whether it is another choice than the solver's. */
  is_own: boolean
  reason: Generated<string>
  at: Instant
  by_id: string
}

export interface InvestmentTables {
  assure_catalogue_entry: CatalogueEntryTable
  assure_case: CaseTable
  assure_case_override: OverrideTable
  assure_case_entry: OwnEntryTable
  assure_case_answer: CaseAnswerTable
  assure_case_decision: CaseDecisionTable
}
