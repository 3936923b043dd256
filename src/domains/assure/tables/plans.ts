import type { ColumnType, Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../platform/db/json.ts'

/** Whether the money of an action is there. Policy: `money` says what the code counts as. */
export interface FundingStatusTable {
  code: string
  label: string
  says: string
  money: 'missing' | 'granted' | 'none'
  position: number
}

/** Days after the date of an action on which its owner is reminded; before it, below nought. Policy. */
export interface PlanReminderTable {
  days: number
}

/** The one living plan of an organisation. */
export interface PlanTable {
  id: string
  organisation_id: string
  opened_at: Instant
  opened_by: string
}

export interface ActionTable {
  id: string
  plan_id: string
  organisation_id: string
  title: string
  text: string
  source_kind: 'improvement' | 'finding' | 'bulletin' | 'reopened' | 'hand'
  /** The improvement's code, or the id of the finding, the bulletin or the action that it follows from. */
  source_id: string | null
  source_label: string
  /** The investment case in which it was chosen. */
  case_id: string | null
  owner_id: string | null
  state: string
  /** A calendar date. Never changed once it is given: a trigger sees to it. */
  original_date: string | null
  no_date_reason: string | null
  /** The original date, or that of the newest row of `assure_action_date`. */
  due_on: string | null
  slips: Generated<number>
  funding: string
  capital_pence: number
  yearly_pence: number
  people_days: number
  /** What it was expected to save, in pence a year, when it was chosen. */
  predicted_low_pence: number | null
  predicted_likely_pence: number | null
  predicted_high_pence: number | null
  predicted_clinic_days: number | null
  /** Until when the risk is accepted. Kept after that day, as what was agreed. */
  accepted_until: string | null
  reopened_from: string | null
  made_at: ColumnType<Instant, Instant, never>
  made_by: string
  changed_at: Instant
  /** The day on which it was said to be done. */
  done_on: string | null
  /** Raised by each change: who saves says which one they saw. */
  revision: Generated<number>
}

/** A date given after an action was made. Only added. */
export interface ActionDateTable {
  action_id: string
  position: number
  organisation_id: string
  /** A slip; the first date, where there was none; or a new one, once the acceptance of a risk has ended. */
  kind: 'slip' | 'first' | 'restart'
  was: string | null
  due_on: string
  reason: string
  at: Instant
  by_id: string
}

/** What happened to an action. Only added. */
export interface ActionEventTable {
  action_id: string
  position: number
  organisation_id: string
  kind: string
  text: string
  evidence: string
  detail: Json
  at: Instant
  by_id: string
}

/** Whether it worked, and what it was seen to save. Only added. */
export interface ActionRetestTable {
  action_id: string
  position: number
  organisation_id: string
  outcome: 'worked' | 'partly' | 'did-not-work'
  tested_on: string
  tester: string
  method: string
  observed_pence: number | null
  observed_clinic_days: number | null
  at: Instant
  by_id: string
}

/** A proposal that the organisation looked at and left. */
export interface ProposalLeftTable {
  organisation_id: string
  source_kind: string
  source_id: string
  reason: string
  at: Instant
  by_id: string
}

/** A signature under the exact content of a plan. It is voided by any change of that content, and never comes back. */
export interface PlanSignatureTable {
  id: string
  plan_id: string
  organisation_id: string
  party: 'organisation' | 'board' | 'assessor'
  /** SHA-256 of `content`, in hexadecimal digits. */
  content_hash: string
  /** The content as canonical JSON. */
  content: string
  words: string
  signed_at: Instant
  signer_id: string
  signer_name: string
  voided_at: Generated<Instant | null>
  voided_by: Generated<string | null>
}

/** A reminder that was mailed, so that it is mailed once. */
export interface ActionRemindedTable {
  action_id: string
  organisation_id: string
  due_on: string
  days: number
  at: Instant
}

/** An organisation lets its unfunded improvements be counted among others'. */
export interface NeedPoolTable {
  organisation_id: string
  since: Instant
  by_id: string
  withdrawn_at: Generated<Instant | null>
}

export interface NeedFreezeTable {
  id: string
  period: string
  number: number
  state: 'asked' | 'frozen'
  codes: string[]
  asked_at: Instant
  asked_by: string
  frozen_at: Generated<Instant | null>
  /** Why nothing is released. */
  held: Generated<string | null>
  /** Rounded; `null` where nothing is released. */
  contributors: Generated<number | null>
  policy: ColumnType<unknown, string | null | undefined, string | null>
}

export interface NeedFigureTable {
  freeze_id: string
  improvement_code: string
  /** Band of amount → rounded number of organisations. */
  counts: Json
}

/** Only the system reads it, and the key. */
export interface NeedLedgerTable {
  freeze_id: string
  improvement_code: string
  position: number
  inside: string[]
  members: string
  counts: Json
}

export interface NeedKeyTable {
  period: string
  key: string
}

export interface PlanTables {
  assure_funding_status: FundingStatusTable
  assure_plan_reminder: PlanReminderTable
  assure_plan: PlanTable
  assure_action: ActionTable
  assure_action_date: ActionDateTable
  assure_action_event: ActionEventTable
  assure_action_retest: ActionRetestTable
  assure_proposal_left: ProposalLeftTable
  assure_plan_signature: PlanSignatureTable
  assure_action_reminded: ActionRemindedTable
  assure_need_pool: NeedPoolTable
  assure_need_freeze: NeedFreezeTable
  assure_need_figure: NeedFigureTable
  assure_need_ledger: NeedLedgerTable
  assure_need_key: NeedKeyTable
}
