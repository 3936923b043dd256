import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'

export interface ScheduleTable {
  id: Generated<number>
  bulletin_id: string
  release_at: Instant
  /** What whoever scheduled it agreed to: that version, and so many organisations. */
  version: number
  organisations: number
  /** Of the rule by which those were found, saved audiences taken apart. */
  rule_hash: string
  /** The approval that stood then. */
  approval_id: number
  state: Generated<'waiting' | 'released' | 'cancelled' | 'failed'>
  scheduled_by: string
  scheduled_at: Instant
  ended_at: Instant | null
  /** Why it was cancelled, or did not go out. */
  words: string | null
}

export interface ScheduleTables {
  broadcast_schedule: ScheduleTable
}
