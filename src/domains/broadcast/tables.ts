import type { ColumnType, Generated } from 'kysely'
import type { Instant } from '../../kernel/instant.ts'
import type { Json } from '../../platform/db/json.ts'
import type { DirectoryVisible } from '../directory/contract.ts'
import type { WatchVisible } from '../watch/contract.ts'
import type { AudienceTables } from './tables/audience.ts'
import type { ChaseTables } from './tables/chase.ts'
import type { DigestTables } from './tables/digest.ts'
import type { MailTables } from './tables/mail.ts'
import type { PictureTables } from './tables/picture.ts'
import type { PublicTables } from './tables/public.ts'
import type { ResponsesTables } from './tables/responses.ts'
import type { ScheduleTables } from './tables/schedule.ts'
import type { ServiceTables } from './tables/services.ts'
import type { SharingTables } from './tables/sharing.ts'
import type { WebhookTables } from './tables/webhooks.ts'
import type { WritingTables } from './tables/writing.ts'

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
  /** A holding statement is what readers see: the full version has not followed yet. */
  is_holding: Generated<boolean>
  /** The bulletin that replaces it; it is withdrawn then. */
  superseded_by: Generated<string | null>
  /** Since when those who answered before are asked to answer again. */
  answer_again_at: Generated<Instant | null>
  /** The sharing group that the newest version is for. */
  sharing_group_id: Generated<string | null>
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
  kind: Generated<'note' | 'version' | 'severity' | 'withdrawal' | 'replacement'>
  /** The version that it published. */
  version: Generated<number | null>
  /** Only a material one tells people again. */
  is_material: Generated<boolean>
  asks_again: Generated<boolean>
  /** How many contacts were told. */
  told: Generated<number>
}

export interface ReviewTable {
  id: Generated<number>
  bulletin_id: string
  version: number
  decision: 'sent' | 'approved' | 'returned'
  by_id: string
  at: Instant
  comment: string | null
  /** What was approved, to the letter. */
  content_hash: Generated<string | null>
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
  /** `[product id, version or null]` of each line of technology by which the rule reached organisations (Line of audience/queries/lines.ts). */
  matched: ColumnType<readonly (readonly [productId: number, version: string | null])[], string | undefined, string>
  /** Whether policies about silence hold for it: not for what was live before there were any. */
  is_chased: Generated<boolean>
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
  /** When a decision not to act is looked at again. */
  review_on: Generated<string | null>
  /** The organisation's name at release; `null` for what was released before names were kept. */
  name: Generated<string | null>
  /** When it was caught up after the release; `null` for the release's own audience. */
  joined_at: Generated<Instant | null>
  catch_up_id: Generated<number | null>
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

/** One carrying of a released bulletin to its contacts: the release itself, an update, a reminder. */
export interface MailingTable {
  id: string
  bulletin_id: string
  release_id: string
  kind: 'release' | 'update' | 'withdrawal' | 'catch-up' | 'reminder' | 'escalation'
  /** The dated update that it tells of. */
  update_id: number | null
  /** The version that it tells of. */
  version: number
  /** How many deliveries it has. */
  deliveries: number
  made_by: string
  made_at: Instant
  paused_at: Instant | null
  paused_by: string | null
  pause_reason: string | null
}

export interface DeliveryTable {
  id: string
  mailing_id: string
  bulletin_id: string
  organisation_id: string
  contact_id: string
  channel: string
  address: string
  state: 'queued' | 'sending' | 'sent' | 'delivered' | 'bounced' | 'failed' | 'given-up'
  attempts: Generated<number>
  /** The server's words. */
  words: string | null
  queued_at: Instant
  attempted_at: Instant | null
  /** When it may be taken up: the end of a pause or of a worker's lease. `null` means at once. */
  due_at: Generated<Instant | null>
  sent_at: Instant | null
  /** When its carrier said that it arrived. */
  delivered_at: Instant | null
  /** When word came that it could not be handed to the reader, after the first server had taken it. */
  bounced_at: Instant | null
  /** The delivery whose message names this organisation too: one message to one address. */
  carried_by: string | null
  /** The carrier's own id for it, where it gives one. */
  reference: string | null
  message_id: string
  /** When the answer link of this generation was used. */
  link_spent_at: Instant | null
  /** Grows when a new link is sent; older ones are void. */
  link_generation: Generated<number>
  /** When the organisation or the centre took the link back. */
  link_revoked_at: Generated<Instant | null>
  /** How many answers came by the links of this delivery: what tells the page after an answer from the page before it. */
  link_uses: Generated<number>
}

/** How fast a mail domain is written to. */
export interface PaceTable {
  domain: string
  /** The minute that `claimed` counts. */
  minute: Instant
  claimed: number
  /** Until when nothing is sent there, since its servers asked for patience. */
  slow_until: Instant | null
  /** How often in a row they asked. */
  slowed: Generated<number>
  words: string | null
}

export interface ResponseTable {
  id: string
  bulletin_id: string
  organisation_id: string
  state: string
  at: Instant
  by_kind: string
  by_id: string
  via: 'link' | 'portal' | 'partner' | 'command' | 'sample' | 'file' | 'machine' | 'telephone'
  /** What the organisation shares of its note and reason; what it keeps stands in broadcast_response_detail. */
  note: string | null
  reason: string | null
  next_date: string | null
  reason_code: Generated<string | null>
  review_on: Generated<string | null>
  /** Whether the organisation keeps the detail to itself: the centre may know that, and no more. */
  keeps_detail: Generated<boolean>
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
  broadcast_mailing: MailingTable
  broadcast_delivery: DeliveryTable
  broadcast_pace: PaceTable
  broadcast_response: ResponseTable
}

/** What queries of this domain may name: its own tables and what the domains below show. */
export type Visible = BroadcastTables &
  AudienceTables &
  ChaseTables &
  DigestTables &
  MailTables &
  PictureTables &
  PublicTables &
  ResponsesTables &
  ScheduleTables &
  ServiceTables &
  SharingTables &
  WritingTables &
  WebhookTables &
  DirectoryVisible &
  WatchVisible
