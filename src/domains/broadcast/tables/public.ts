import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../platform/db/json.ts'

/** A bulletin that anybody may read, as it stands: a view (migration 0034), which alone says which those are. */
interface PublicBulletinView {
  id: string
  number: number
  title: string
  severity: string
  version: number
  is_holding: boolean
  released_at: Instant
  changed_at: Instant
  withdrawn_at: Instant | null
  withdrawn_reason: string | null
  /** A BulletinContent (bulletins/model.ts). */
  content: Json
  state: 'live' | 'withdrawn' | 'superseded'
  /** The number of what replaced it, where anybody may read that too. */
  replaced_by: number | null
}

/** The dated updates of such a bulletin that were written for everybody. */
interface PublicUpdateView {
  id: number
  bulletin_id: string
  at: Instant
  title: string
  body: string
  kind: 'note' | 'version' | 'severity' | 'withdrawal' | 'replacement'
  is_material: boolean
}

export interface PublicTables {
  broadcast_public_bulletin: PublicBulletinView
  broadcast_public_update: PublicUpdateView
}
