import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'

/** One report about one delivery. */
interface BounceTable {
  id: Generated<number>
  delivery_id: string
  contact_id: string
  kind: 'hard' | 'soft' | 'policy' | 'delayed' | 'delivered' | 'complaint'
  /** As RFC 3463 has it: 5.1.1. */
  status: string | null
  words: string | null
  at: Instant
  /** Its Message-ID, or the hash of its bytes: the same report is counted once. */
  report: string
}

/** A contact that wants no digest. */
interface DigestStopTable {
  contact_id: string
  at: Instant
}

export interface MailTables {
  broadcast_bounce: BounceTable
  broadcast_digest_stop: DigestStopTable
}
