import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../platform/db/json.ts'
import type { View } from '../assessments/model.ts'

/** What was recorded of an outcome before it was changed: both are kept. */
export interface ViewChangeTable {
  id: GeneratedAlways<string>
  assessment_id: string
  view: View
  outcome_code: string
  at: Instant
  by_id: string
  reason: string
  before: Json
}

/** What an assessor found about an outcome: something to mend, or something done well. */
export interface FindingTable {
  id: string
  assessment_id: string
  engagement_id: string
  outcome_code: string
  kind: 'finding' | 'strength'
  what: string
  /** Why it matters; of a strength, how it is done. */
  detail: string
  /** What is recommended; of a strength, where it could help others. */
  advice: string
  at: Instant
  by_id: string
}

export interface ConclusionTable {
  assessment_id: string
  engagement_id: string
  narrative: string
  veracity: string
  /** The level that the published rule gave, when it was handed over. */
  risk: Generated<string | null>
  risk_rule_id: Generated<number | null>
  /** What was compared when it was handed over: the answers and statuses of both views (veracity.ts). */
  compared: ColumnType<unknown, string | null | undefined, string | null>
  changed_at: Instant
  by_id: string
}

/** The rule by which the overall risk follows from the outcomes: policy, with its source and from when it holds. */
export interface RiskRuleTable {
  id: GeneratedAlways<number>
  effective_from: string
  source: string
  /** A RiskRule (overall-risk.ts). */
  rule: Json
}

export interface ModeratedTable {
  assessment_id: string
  outcome_code: string
  status: string
  reason: string
  by_id: string
  by_name: string
  at: Instant
}

export interface AgreedChangeTable {
  id: GeneratedAlways<string>
  assessment_id: string
  outcome_code: string
  at: Instant
  by_id: string
  by_name: string
}

/** Content that somebody signed, word for word, so that it can be shown whatever became of the rows. */
export interface AgreementTable {
  assessment_id: string
  /** SHA-256 of `content` as UTF-8, in hexadecimal. */
  hash: string
  content: string
  at: Instant
}

export interface AgreementSignatureTable {
  id: string
  assessment_id: string
  hash: string
  side: 'organisation' | 'assessor'
  person_id: string
  name: string
  body: string
  at: Instant
}

export interface ReviewTables {
  assure_view_change: ViewChangeTable
  assure_finding: FindingTable
  assure_conclusion: ConclusionTable
  assure_risk_rule: RiskRuleTable
  assure_moderated: ModeratedTable
  assure_agreed_change: AgreedChangeTable
  assure_agreement: AgreementTable
  assure_agreement_signature: AgreementSignatureTable
}
