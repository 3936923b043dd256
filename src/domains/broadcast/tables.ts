import type { Generated } from 'kysely'
import type { Instant } from '../../kernel/instant.ts'
import type { Json } from '../../platform/db/json.ts'
import type { DirectoryVisible } from '../directory/contract.ts'
import type { WatchVisible } from '../watch/contract.ts'

export interface BulletinTable {
  id: string
  /** Shown as CC-5001. Given by the database. */
  number: Generated<number>
  threat_id: string | null
  state: string
  /** The newest version. */
  version: number
  approved_version: number | null
  author_id: string
  title: string
  /** The newest of the severity history, for lists. */
  severity: string
  tlp: string
  respond_by: Instant | null
  created_at: Instant
  updated_at: Instant
  released_at: Instant | null
  withdrawn_at: Instant | null
  withdrawn_reason: string | null
  is_exercise: Generated<boolean>
}

export interface VersionTable {
  bulletin_id: string
  version: number
  /** A BulletinContent (bulletins/model.ts). */
  content: Json
  content_hash: string
  saved_by: string
  saved_at: Instant
}

export interface SeverityTable {
  id: Generated<number>
  bulletin_id: string
  severity: string
  at: Instant
  by_id: string
  reason: string | null
}

export interface UpdateTable {
  id: Generated<number>
  bulletin_id: string
  at: Instant
  title: string
  body: string
  by_id: string
}

export interface ReviewTable {
  id: Generated<number>
  bulletin_id: string
  version: number
  decision: 'sent' | 'approved' | 'returned'
  by_id: string
  at: Instant
  comment: string | null
}

/** By when an answer to a bulletin of that severity is asked for, from a day on until the next row of the same severity. */
export interface ResponseDeadlineTable {
  severity: string
  effective_from: string
  hours: number
  /** Who decided so. */
  source: string
}

export interface AudienceTable {
  bulletin_id: string
  /** An AudienceRule (audience/model.ts). */
  rule: Json
  saved_by: string
  saved_at: Instant
}

export interface ReleaseTable {
  id: string
  bulletin_id: string
  version: number
  released_by: string
  released_at: Instant
  /** The rule as it was at release. */
  rule: Json
  audience_hash: string
  organisations: number
  contacts: number
  unreachable: number
}

/** One organisation in the frozen audience, with where it stands: kept in step with deliveries and responses. */
export interface RecipientTable {
  bulletin_id: string
  organisation_id: string
  release_id: string
  /** As the directory had them at release: an organisation that moves later stays counted where it was. */
  type: string | null
  region_code: string | null
  board_code: string | null
  /** The code of the region that looks after it today: the database keeps it in step with the directory (migration 0009). */
  looked_after_by: string | null
  is_reachable: boolean
  delivered_at: Instant | null
  acknowledged_at: Instant | null
  decided_at: Instant | null
  done_at: Instant | null
  /** The newest answer. */
  response: string | null
  response_at: Instant | null
  next_date: string | null
}

/**
 * Recipients counted by where they stand. The database adds rows as recipients change (migrations 0004 and 0009); the count of a key
 * is the sum of its rows. The centre and the regions read it: others count their own recipients.
 */
export interface TallyTable {
  bulletin_id: string
  type: string | null
  region_code: string | null
  board_code: string | null
  looked_after_by: string | null
  is_reachable: boolean
  is_delivered: boolean
  response: string | null
  /** How many more, or fewer, stand so. */
  change: number
}

export interface DeliveryTable {
  id: string
  release_id: string
  bulletin_id: string
  organisation_id: string
  contact_id: string
  channel: string
  address: string
  state: 'waiting' | 'sending' | 'sent' | 'failed' | 'given-up'
  attempts: Generated<number>
  /** The server's words. */
  words: string | null
  queued_at: Instant
  attempted_at: Instant | null
  /** When it may be taken up: the end of a pause or of a worker's lease. `null` means at once. */
  due_at: Generated<Instant | null>
  sent_at: Instant | null
  message_id: string
  /** When the answer link of this generation was used. */
  link_spent_at: Instant | null
  /** Grows when a new link is sent; older ones are void. */
  link_generation: Generated<number>
}

export interface ResponseTable {
  id: string
  bulletin_id: string
  organisation_id: string
  state: string
  at: Instant
  by_kind: string
  by_id: string
  via: 'link' | 'portal' | 'partner' | 'command' | 'sample'
  note: string | null
  reason: string | null
  next_date: string | null
}

interface BroadcastTables {
  broadcast_bulletin: BulletinTable
  broadcast_version: VersionTable
  broadcast_severity: SeverityTable
  broadcast_update: UpdateTable
  broadcast_review: ReviewTable
  broadcast_response_deadline: ResponseDeadlineTable
  broadcast_audience: AudienceTable
  broadcast_release: ReleaseTable
  broadcast_recipient: RecipientTable
  broadcast_tally: TallyTable
  broadcast_delivery: DeliveryTable
  broadcast_response: ResponseTable
}

/** What queries of this domain may name: its own tables and what the domains below show. */
export type Visible = BroadcastTables & DirectoryVisible & WatchVisible
