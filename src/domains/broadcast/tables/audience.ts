import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import type { Json } from '../../../platform/db/json.ts'

/** One version of an audience that can be used again by its name. */
interface SavedAudienceTable {
  name: string
  version: number
  /** An AudienceRule (audience/model.ts). */
  rule: Json
  saved_by: string
  saved_at: Instant
}

/** The narrowest label that organisations of a type may be told, from a day on until the next row of the same type. */
interface ClearanceTable {
  type: string
  effective_from: string
  tlp: Tlp
  /** Who decided so. */
  source: string
}

/** What one organisation may be told, whatever its type. */
interface ClearanceOverrideTable {
  id: Generated<number>
  organisation_id: string
  tlp: Tlp
  reason: string
  by_id: string
  at: Instant
  ended_at: Instant | null
  ended_by: string | null
}

/** After how many days without a proof a contact is in doubt, from a day on. */
interface StaleContactTable {
  effective_from: string
  days: number
  source: string
}

/** Organisations that were told of a bulletin after its release, together. The release's own hash stays as it is. */
interface CatchUpTable {
  id: Generated<number>
  bulletin_id: string
  release_id: string
  reason: string
  audience_hash: string
  organisations: number
  contacts: number
  unreachable: number
  by_id: string
  at: Instant
}

export interface AudienceTables {
  broadcast_saved_audience: SavedAudienceTable
  broadcast_clearance: ClearanceTable
  broadcast_clearance_override: ClearanceOverrideTable
  broadcast_stale_contact: StaleContactTable
  broadcast_catch_up: CatchUpTable
}
