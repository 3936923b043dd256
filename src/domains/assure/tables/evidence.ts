import type { Generated } from 'kysely'
import type { Instant, LocalDate } from '../../../kernel/instant.ts'
import type { EvidenceKind } from '../evidence/model.ts'
import type { ShareItem } from '../sharing/model.ts'

export interface EvidenceGradeTable {
  code: string
  label: string
  meaning: string
  position: number
}

export interface EvidenceTable {
  id: string
  organisation_id: string
  kind: EvidenceKind
  title: string
  note: Generated<string>
  grade: string
  /** The address of a link, or in words where a file lies that stays with the organisation. */
  place: Generated<string>
  file_name: Generated<string | null>
  /** As its bytes say, not as it was called. */
  media_type: Generated<string | null>
  bytes: Generated<number | null>
  sha256: Generated<string | null>
  /** The day on which it was true, which is not the day on which it was added. */
  effective_on: LocalDate
  expires_on: Generated<LocalDate | null>
  /** The person who sees to a newer one. */
  owner_id: Generated<string | null>
  added_at: Instant
  added_by: string
  /** The older piece in whose place this one stands. */
  replaces: Generated<string | null>
  withdrawn_at: Generated<Instant | null>
  withdrawn_by: Generated<string | null>
  withdrawn_reason: Generated<string | null>
  /** The expiry of which its owner was reminded last. */
  reminded_for: Generated<LocalDate | null>
}

export interface EvidenceFileTable {
  evidence_id: string
  content: Buffer
}

export interface EvidenceOutcomeTable {
  evidence_id: string
  assessment_id: string
  outcome_code: string
  at: Instant
  by_id: string
}

export interface EvidenceCheckTable {
  id: string
  evidence_id: string
  sha256: string
  is_same: boolean
  at: Instant
  by_id: string
}

export interface ShareTable {
  id: string
  organisation_id: string
  /** `null` for the plan, which is of the whole organisation. */
  assessment_id: string | null
  item: ShareItem
  /** The objective or the outcome. */
  part_code: string | null
  receiver_id: string
  purpose: string
  until: Instant
  given_at: Instant
  given_by: string
  revoked_at: Generated<Instant | null>
  revoked_by: Generated<string | null>
  revoke_reason: Generated<string | null>
}

export interface LookTable {
  id: string
  share_id: string
  organisation_id: string
  at: Instant
  person_id: string
  person_name: string
  person_role: string
  by_program: Generated<boolean>
  what: string
}

export interface PracticeTable {
  id: string
  organisation_id: string
  /** The strength that it comes from. */
  finding_id: string | null
  framework_id: string
  outcome_code: string
  title: string
  what: string
  helped: Generated<string>
  is_named: boolean
  may_ask: boolean
  state: 'draft' | 'offered' | 'withdrawn'
  /** What others see of it; `null` before the nightly round where it has no name. */
  offer_id: Generated<string | null>
  made_at: Instant
  changed_at: Instant
  changed_by: string
}

export interface PracticeOfferTable {
  id: string
  /** `null`: offered without a name. */
  organisation_id: string | null
  organisation_type: string
  size_band: string
  framework_id: string
  outcome_code: string
  title: string
  what: string
  helped: string
  may_ask: boolean
  offered_on: LocalDate
}

export interface EvidenceTables {
  assure_evidence_grade: EvidenceGradeTable
  assure_evidence: EvidenceTable
  assure_evidence_file: EvidenceFileTable
  assure_evidence_outcome: EvidenceOutcomeTable
  assure_evidence_check: EvidenceCheckTable
  assure_share: ShareTable
  assure_look: LookTable
  assure_practice: PracticeTable
  assure_practice_offer: PracticeOfferTable
}
