import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'

/** By whom something is said: the organisation, the assessor, or both together. */
export type View = 'self' | 'independent' | 'agreed'
/** What became of an answer that came from last year's review. `new`: last year's framework did not ask it. */
export type Carried = 'unconfirmed' | 'confirmed' | 'changed' | 'new'

export interface AssessmentTable {
  id: string
  organisation_id: string
  framework_id: string
  profile_id: string | null
  /** The year that it is for, such as `2026-27`. */
  period: string
  /** What is reviewed: the whole organisation, or a named system or service. */
  subject: string
  state: string
  carried_from: string | null
  opened_at: Instant
  opened_by: string
  changed_at: Instant
  closed_at: Generated<Instant | null>
}

export interface ViewTable {
  assessment_id: string
  view: View
  outcome_code: string
  /** A level of the framework, or `unanswered`. Computed from the answers by the framework's rule. */
  status: string
  state: Generated<'open' | 'recorded'>
  summary: Generated<string>
  /** Why the assessor sees it differently. */
  difference: Generated<string>
  evidence_grade: Generated<string | null>
  carried: Generated<Carried | null>
  /** Raised by each change: who saves says which one they saw. */
  revision: Generated<number>
  changed_at: Instant
  changed_by: string
  recorded_at: Generated<Instant | null>
}

export interface AnswerTable {
  assessment_id: string
  view: View
  indicator_code: string
  outcome_code: string
  answer: 'yes' | 'no' | 'not-applicable'
  comment: Generated<string>
  /** Another control that does the same job. */
  alternative: Generated<string>
  carried: Generated<Carried | null>
  revision: Generated<number>
  changed_at: Instant
  changed_by: string
}

export interface RespondentTable {
  assessment_id: string
  outcome_code: string
  person_id: string
  part: 'owner' | 'respondent'
  since: Instant
  by_id: string
}

export interface CommentTable {
  id: string
  assessment_id: string
  outcome_code: string
  indicator_code: string | null
  text: string
  at: Instant
  by_id: string
}

export interface EngagementTable {
  id: string
  assessment_id: string
  assessor_id: string
  kind: 'independent' | 'peer'
  purpose: string
  until: Instant
  /** What the assessor declares: how they are independent of the organisation. */
  independence: Generated<string | null>
  conflicts: Generated<string | null>
  declared_at: Generated<Instant | null>
  asked_at: Instant
  asked_by: string
  /** The independent view is handed over: the organisation reads it from now on. */
  submitted_at: Generated<Instant | null>
  ended_at: Generated<Instant | null>
  ended_by: Generated<string | null>
  end_reason: Generated<string | null>
}

export interface AssessmentTables {
  assure_assessment: AssessmentTable
  assure_view: ViewTable
  assure_answer: AnswerTable
  assure_respondent: RespondentTable
  assure_comment: CommentTable
  assure_engagement: EngagementTable
}
