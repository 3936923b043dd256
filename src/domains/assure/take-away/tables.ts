/**
 * Every table of assure stands in one of these lists, a line each: a test fails for one that does not. In the order in which rows load, those first that others
 * refer to.
 */

/** Rows that are an organisation's own: by its id in a column, or by a row of another table here that is. */
export interface OwnTable {
  readonly table: string
  /** The column that says whose the row is. */
  readonly column: string
  /** The table whose `id` stands in that column; `null` where it is the organisation's. */
  readonly parent: string | null
  /** What becomes of its rows in another installation. `stays`: it says what was agreed with others there, and means nothing here. */
  readonly loads: 'as-it-is' | 'new-reviews-only' | 'ended' | 'as-draft' | 'stays'
}

function own(table: string, loads: OwnTable['loads'] = 'as-it-is'): OwnTable {
  return { table, column: 'organisation_id', parent: null, loads }
}

function of(parent: string, column: string, ...tables: readonly string[]): readonly OwnTable[] {
  return tables.map(table => ({ table, column, parent, loads: 'as-it-is' as const }))
}

const ASSESSMENT = 'assure_assessment'

export const OWN_TABLES: readonly OwnTable[] = [
  own(ASSESSMENT),
  own('assure_engagement', 'ended'),
  ...of(
    ASSESSMENT,
    'assessment_id',
    'assure_assessment_step',
    'assure_view',
    'assure_answer',
    'assure_answer_change',
    'assure_answer_aside',
    'assure_respondent',
    'assure_comment',
    'assure_finding',
    'assure_conclusion',
    'assure_moderated',
    'assure_agreement',
    'assure_agreement_signature',
  ),
  // Their rows are numbered by the database, so they come with a review that was not there before, or not at all.
  { table: 'assure_view_change', column: 'assessment_id', parent: ASSESSMENT, loads: 'new-reviews-only' },
  { table: 'assure_agreed_change', column: 'assessment_id', parent: ASSESSMENT, loads: 'new-reviews-only' },
  own('assure_evidence'),
  ...of('assure_evidence', 'evidence_id', 'assure_evidence_outcome', 'assure_evidence_check'),
  own('assure_plan'),
  own('assure_action'),
  ...of('assure_action', 'action_id', 'assure_action_date', 'assure_action_event', 'assure_action_retest'),
  { table: 'assure_action_reminded', column: 'action_id', parent: 'assure_action', loads: 'stays' },
  ...of('assure_plan', 'plan_id', 'assure_plan_signature'),
  own('assure_proposal_left'),
  own('assure_case'),
  ...of('assure_case', 'case_id', 'assure_case_entry', 'assure_case_override', 'assure_case_answer', 'assure_case_decision'),
  own('assure_practice', 'as-draft'),
  own('assure_share', 'stays'),
  own('assure_look', 'stays'),
  own('assure_contribution', 'stays'),
  own('assure_need_pool', 'stays'),
]

/** The bytes of evidence, which travel as files. */
export const FILE_TABLE = 'assure_evidence_file'

/** What frameworks say, which is everybody's: of those that the organisation's rows refer to, a copy comes along. */
export const FRAMEWORK_TABLES: readonly { readonly table: string; readonly column: string }[] = [
  { table: 'assure_framework', column: 'id' },
  { table: 'assure_framework_node', column: 'framework_id' },
  { table: 'assure_indicator', column: 'framework_id' },
]
export const PROFILE_TABLES: readonly { readonly table: string; readonly column: string }[] = [
  { table: 'assure_profile', column: 'id' },
  { table: 'assure_profile_level', column: 'profile_id' },
]

/** Everybody's: lists that ship or that the centre keeps, and what was published from what organisations pooled. None of an organisation's words is in them. */
export const SHARED_TABLES: readonly string[] = [
  'assure_benchmark_cohort',
  'assure_benchmark_policy',
  'assure_catalogue_entry',
  'assure_crosswalk',
  'assure_crosswalk_pair',
  'assure_evidence_grade',
  'assure_figure',
  'assure_freeze',
  'assure_freeze_cohort',
  'assure_funding_status',
  'assure_need_figure',
  'assure_need_freeze',
  'assure_plan_reminder',
  'assure_practice_offer',
  'assure_risk_rule',
  'assure_size_band',
]

/** What only the system reads: how pooled figures were made, so that none can be undone. */
export const SYSTEM_TABLES: readonly string[] = ['assure_ledger', 'assure_ledger_key', 'assure_need_key', 'assure_need_ledger']
