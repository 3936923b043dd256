import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'

export interface ServiceTable {
  code: string
  name: string
  /** What it is for, in a few words. */
  purpose: string
  added_by: string
  added_at: Instant
  ended_at: Instant | null
}

export interface ServiceStatementTable {
  id: Generated<number>
  service_code: string
  /** A ServiceState (services/model.ts). */
  state: string
  words: string
  /** When the centre promised to say more. */
  more_by: Instant | null
  bulletin_id: string | null
  is_exercise: Generated<boolean>
  at: Instant
  by_id: string
  by_role: string | null
}

export interface ServiceTables {
  broadcast_service: ServiceTable
  broadcast_service_statement: ServiceStatementTable
}
