import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../platform/db/json.ts'

/** One place to which an organisation has its events sent. Its address and secrets are sealed with the installation's key. */
export interface WebhookTable {
  id: string
  organisation_id: string
  kind: 'hmac' | 'ed25519' | 'teams'
  name: string
  /** The host of the address, for people. */
  host: string
  address_sealed: string
  secret_sealed: string | null
  /** Signs too, until `previous_until`. */
  previous_secret_sealed: string | null
  previous_until: Instant | null
  /** `whpk_…`, for a receiver that checks ed25519. */
  public_key: string | null
  events: string[]
  /** The least severity of a bulletin that is told. */
  least_severity: string
  takes_exercises: boolean
  state: 'active' | 'paused' | 'disabled' | 'removed'
  state_at: Instant
  state_reason: string | null
  created_by: string
  created_at: Instant
  last_accepted_at: Instant | null
  /** Since when no message was accepted, with at least one refused. */
  failing_since: Instant | null
  last_words: string | null
  /** Nothing is sent there before. */
  throttled_until: Instant | null
}

/** Something that happened, to be told. The database writes a message for each endpoint that listens (migration 0022). */
export interface AnnouncementTable {
  id: string
  type: string
  at: Instant
  /** `null` for a test. */
  bulletin_id: string | null
  /** Only endpoints that these concern; `null` for all who got the bulletin. */
  only_organisations: string[] | null
  /** Only this endpoint: a test. */
  webhook_id: string | null
  /** What may be told: Facts (webhooks/model.ts). */
  facts: Json
}

export interface WebhookMessageTable {
  id: string
  webhook_id: string
  announcement_id: string
  type: string
  state: 'waiting' | 'sending' | 'accepted' | 'failed' | 'given-up'
  attempts: Generated<number>
  queued_at: Instant
  attempted_at: Instant | null
  due_at: Instant | null
  accepted_at: Instant | null
  /** What the receiver answered last, in HTTP. */
  status: number | null
  words: string | null
}

export interface WebhookAttemptTable {
  id: Generated<number>
  message_id: string
  attempt: number
  at: Instant
  milliseconds: number
  status: number | null
  words: string
}

/** What GOV.UK Notify told us, counted. */
export interface NotifyCallbackTable {
  status: string
  /** Whether it named a delivery of ours. */
  is_known: boolean
  count: number
  last_at: Instant
}

export interface WebhookTables {
  broadcast_webhook: WebhookTable
  broadcast_announcement: AnnouncementTable
  broadcast_webhook_message: WebhookMessageTable
  broadcast_webhook_attempt: WebhookAttemptTable
  broadcast_notify_callback: NotifyCallbackTable
}
