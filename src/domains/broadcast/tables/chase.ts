import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'

export interface ChasePolicyTable {
  id: Generated<number>
  severity: string
  /** `null` for every type that has no row of its own. */
  organisation_type: string | null
  effective_from: string
  acknowledge_hours: number | null
  act_hours: number | null
  /** Hours after release at which a reminder goes out. */
  remind_hours: number[]
  /** From when on the silent stand on the telephone list. */
  telephone_hours: number | null
  escalate_hours: number | null
  /** The purposes of contacts who are told, in lower case. */
  escalate_to: string[]
  region_hours: number | null
  /** Whether only working hours count. */
  working_hours: boolean
  source: string
  set_by: string
  set_at: Instant
}

/** A day between Monday and Friday on which nobody works. One that was entered by mistake is removed, and stays as a row. */
export interface ClosedDayTable {
  id: Generated<number>
  day: string
  name: string
  source: string
  set_by: string
  set_at: Instant
  removed_by: string | null
  removed_at: Instant | null
}

export interface ChaseStepTable {
  bulletin_id: string
  organisation_id: string
  kind: 'reminder' | 'escalation' | 'region'
  nth: number
  at: Instant
  mailing_id: string | null
}

export interface CallHoldTable {
  bulletin_id: string
  organisation_id: string
  held_by: string
  held_until: Instant
}

export interface CallTable {
  id: string
  bulletin_id: string
  organisation_id: string
  contact_id: string | null
  at: Instant
  by_id: string
  /** A CallOutcome (responses/telephone/model.ts). */
  outcome: string
  /** Who was spoken to. */
  spoke_to: string | null
  note: string | null
  call_again_at: Instant | null
}

export interface ChaseTables {
  broadcast_chase_policy: ChasePolicyTable
  broadcast_closed_day: ClosedDayTable
  broadcast_chase_step: ChaseStepTable
  broadcast_call_hold: CallHoldTable
  broadcast_call: CallTable
}
