import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../platform/db/json.ts'

/** Why an organisation may choose not to act, from a day on. The newest row of a code that has begun and not ended holds. */
export interface ReasonTable {
  code: string
  effective_from: string
  ended_on: Generated<string | null>
  label: string
  says: string
  /** Whether the code alone says too little. */
  needs_words: boolean
  /** After how many days the decision is looked at again, unless the organisation names a day. */
  review_days: number
  position: number
  source: string
}

/** Who is asked to sign a decision not to act, by the bulletin's severity, the type of organisation and, where named, the reason. */
export interface SignaturePolicyTable {
  id: Generated<number>
  effective_from: string
  ended_on: Generated<string | null>
  severity: string
  organisation_type: string
  /** `null`: whatever the reason. */
  reason_code: string | null
  signer: string
  title: string
  source: string
}

/**
 * What an answer says beyond its state. Row-level security shows it to the organisation and its partner, and to the centre and the
 * region only while `is_shared`. Answers given before there was such a row have none: all that they say was shared.
 */
export interface ResponseDetailTable {
  response_id: string
  bulletin_id: string
  organisation_id: string
  is_shared: boolean
  note: string | null
  reason: string | null
  owner: string | null
  /** A link, or where the organisation keeps it. */
  evidence: string | null
  /** Of a file that stays with the organisation: 64 hexadecimal digits. */
  evidence_sha256: string | null
  window_from: Instant | null
  window_to: Instant | null
  window_stops: string | null
  window_agreed_by: string | null
}

/** Whether an organisation shares the detail of its answers, unless it says otherwise for one. Without a row it does not. */
export interface SharingTable {
  organisation_id: string
  shares_detail: boolean
  changed_at: Instant
  changed_by: string
}

/** A signature asked for under one decision, and what became of it. It holds while no newer answer follows that decision. */
export interface SignatureTable {
  id: string
  response_id: string
  bulletin_id: string
  organisation_id: string
  /** A signer of the policy, or `other` where the organisation asks of itself. */
  signer: string
  title: string
  contact_id: string
  /** SHA-256 of the decision as it was when the signature was asked for. */
  decision_hash: string
  generation: Generated<number>
  asked_at: Instant
  asked_by_kind: string
  asked_by_id: string
  expires_at: Instant
  answered_at: Instant | null
  outcome: 'signed' | 'declined' | null
  signed_name: string | null
  words: string | null
  revoked_at: Instant | null
}

/** How far an organisation has come with one product or group of devices. Its own alone. */
export interface AssetProgressTable {
  bulletin_id: string
  organisation_id: string
  asset_key: string
  label: string
  total: number
  done: number
  updated_at: Instant
  updated_by_kind: string
  updated_by_id: string
}

/** The sum of an organisation's progress; the centre and the region see it while it is shared. */
export interface ProgressTotalTable {
  bulletin_id: string
  organisation_id: string
  total: number
  done: number
  is_shared: boolean
  updated_at: Instant
}

/** A step of a bulletin, ticked or given to somebody at the organisation. Its own alone. */
export interface StepTickTable {
  bulletin_id: string
  organisation_id: string
  /** The first 16 hexadecimal digits of the SHA-256 of what the step says: a step that is written anew is a new step. */
  step_key: string
  is_done: boolean
  delegated_to: string | null
  updated_at: Instant
  updated_by_kind: string
  updated_by_id: string
}

/** What was answered to a machine that gave an idempotency key, so that the same request gets the same answer. */
export interface MachineAnswerTable {
  organisation_id: string
  key_hash: string
  request_hash: string
  bulletin_id: string
  outcome: Json
  at: Instant
}

export interface ResponsesTables {
  broadcast_reason: ReasonTable
  broadcast_signature_policy: SignaturePolicyTable
  broadcast_response_detail: ResponseDetailTable
  broadcast_sharing: SharingTable
  broadcast_signature: SignatureTable
  broadcast_asset_progress: AssetProgressTable
  broadcast_progress_total: ProgressTotalTable
  broadcast_step_tick: StepTickTable
  broadcast_machine_answer: MachineAnswerTable
}
