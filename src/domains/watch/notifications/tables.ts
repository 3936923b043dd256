import type { Generated, GeneratedAlways } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import type { Acknowledgement, Care, IncidentKind, NoteKind, RecognisedBy, Standing, Suspicion, Via } from './model.ts'

export interface NotificationTable {
  id: string
  /** What the sender quotes: `IN-2026-0001`. */
  number: string
  year: number
  sequence: number
  received_at: Instant
  via: Via
  kind: IncidentKind
  /** What is happening, in the sender's words. */
  what: string
  /** Since when, in the sender's words. */
  since_words: string
  /** As far as the words could be read. */
  since_at: Instant | null
  since_has_time: Generated<boolean>
  care: Care
  people_affected: number | null
  /** What the sender called the organisation. */
  organisation_given: string
  organisation_id: string | null
  recognised_by: RecognisedBy | null
  /** Whether it is certain that it comes from that organisation: sent by somebody signed in for it, or confirmed by the centre. */
  is_confirmed: Generated<boolean>
  shares_with_region: Generated<boolean>
  tlp: Generated<Tlp>
  may_call: boolean
  /** When somebody at the centre first rang them. */
  rung_at: Instant | null
  standing: Standing
  suspicions: Suspicion[]
  /** The mail with the number. `null` when no address was given. */
  acknowledgement: Acknowledgement | null
  /** Whether its item and threat have yet to be told what stands here. */
  needs_understanding: boolean
  words_hash: string
  /** What the search box looks in, lower case. */
  search: string
  /** Sorts the list: lower is more pressing. */
  urgency: GeneratedAlways<number>
}

/** Who sent it. Row-level security shows it to the centre alone. */
export interface NotificationSenderTable {
  notification_id: string
  at: Instant
  /** Who was signed in. */
  person_id: string | null
  name: string | null
  phone: string | null
  email: string | null
  /** Keyed hashes, by which floods are counted. */
  network_hash: string | null
  email_hash: string | null
  /** Of all that was sent and by whom: the same again is the same notification. */
  content_hash: string
  /** Of the idempotency key. */
  request_hash: string | null
}

export interface NotificationNoteTable {
  id: Generated<number>
  notification_id: string
  at: Instant
  actor_id: string
  kind: NoteKind
  note: string | null
}
