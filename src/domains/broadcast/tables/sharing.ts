import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'

/** A named set of organisations. Ended, never deleted. */
interface SharingGroupTable {
  /** A UUIDv4 that it keeps for good. */
  id: string
  name: string
  purpose: string
  made_by: string
  made_at: Instant
  ended_at: Instant | null
  ended_by: string | null
  end_reason: string | null
}

/** One membership. A member is who has one without `until`. */
interface SharingGroupMemberTable {
  id: Generated<number>
  group_id: string
  organisation_id: string
  since: Instant
  added_by: string
  until: Instant | null
  removed_by: string | null
  reason: string | null
}

export interface SharingTables {
  broadcast_sharing_group: SharingGroupTable
  broadcast_sharing_group_member: SharingGroupMemberTable
}
