import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Answer, Carried, View } from '../assessments/model.ts'

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
  /** `recorded` once every indicator is answered (self), or once the assessor has recorded it (independent). */
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
  /** `null` while only a comment stands there, or once the answer was taken back. */
  answer: Answer | null
  comment: Generated<string>
  /** Another control that does the same job. */
  alternative: Generated<string>
  carried: Generated<Carried | null>
  revision: Generated<number>
  changed_at: Instant
  changed_by: string
}

/** One revision of an answer; with an empty indicator, of the summary of the outcome, which stands in `comment`. */
export interface AnswerChangeTable {
  assessment_id: string
  view: View
  outcome_code: string
  indicator_code: string
  revision: number
  answer: Answer | null
  comment: Generated<string>
  alternative: Generated<string>
  carried: Generated<Carried | null>
  at: Instant
  by_id: string
}

export interface AnswerAsideTable {
  assessment_id: string
  outcome_code: string
  indicator_code: string
  answer: Answer | null
  comment: Generated<string>
  alternative: Generated<string>
  at: Instant
  by_id: string
}

export interface AssessmentStepTable {
  assessment_id: string
  at: Instant
  action: string
  state: string
  reason: Generated<string>
  by_id: string
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
  organisation_id: string
  assessor_id: string
  /** As they were called when they were asked: the organisation does not see the people of other bodies. */
  assessor_name: string
  /** The body for which they assess, by name. */
  assessor_body: string
  kind: 'independent' | 'peer' | 'second'
  /** How many outcomes a second assessor answers. */
  sample: Generated<number | null>
  purpose: string
  until: Instant
  /** What the assessor declares: how they are independent of the organisation. */
  independence: Generated<string | null>
  conflicts: Generated<string | null>
  declared_at: Generated<Instant | null>
  asked_at: Instant
  asked_by: string
  asked_by_name: string
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
  assure_answer_change: AnswerChangeTable
  assure_answer_aside: AnswerAsideTable
  assure_assessment_step: AssessmentStepTable
  assure_respondent: RespondentTable
  assure_comment: CommentTable
  assure_engagement: EngagementTable
}
