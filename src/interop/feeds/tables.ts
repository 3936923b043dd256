import type { Instant } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import type { Json } from '../../platform/db/json.ts'
import type { FeedFacts } from './model.ts'

/** A change of a bulletin that its readers see, as feeds tell it. Rows are added, in one order without gaps, and never changed. */
export interface FeedChangeTable {
  seq: number
  bulletin_id: string
  tlp: Tlp
  /** When the change was made. */
  at: Instant
  entry: Json<FeedFacts>
}

/** One row: how many changes were logged, and a number that grows with every change of what anybody may read. */
export interface FeedStampTable {
  is_only: boolean
  stamp: number
  last: number
  /** When the number last grew; `null` before anything was logged. */
  at: Instant | null
}

/** An address with a token in it, by which programs of an organisation read what was sent to it. */
export interface FeedAddressTable {
  id: string
  organisation_id: string
  name: string
  /** Of the token; the token itself is kept nowhere. */
  token_hash: string
  made_by: string
  made_at: Instant
  expires_at: Instant
  revoked_at: Instant | null
  revoked_by: string | null
}

/** When an address was last asked for, to the hour. */
export interface FeedUseTable {
  address_id: string
  last_at: Instant
}

export interface FeedTables {
  interop_feed_change: FeedChangeTable
  interop_feed_stamp: FeedStampTable
  interop_feed_address: FeedAddressTable
  interop_feed_use: FeedUseTable
}
