import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'

export interface DigestPolicyTable {
  effective_from: string
  /** 1 is Monday; `null` sends none. */
  weekday: number | null
  /** Of the day in London. */
  hour: number
  /** Who decided so. */
  source: string
}

export interface DigestTable {
  id: string
  /** The day on which it was made. */
  week: string
  made_at: Instant
  letters: number
}

export interface DigestLetterTable {
  id: string
  digest_id: string
  /** In lower case: one letter for each address, whatever it stands for. */
  address: string
  name: string
  /** `empty`: by its turn everything had been answered, so that nothing was sent. */
  state: 'queued' | 'sending' | 'sent' | 'failed' | 'given-up' | 'empty'
  attempts: Generated<number>
  due_at: Instant | null
  sent_at: Instant | null
  words: string | null
}

export interface DigestTables {
  broadcast_digest_policy: DigestPolicyTable
  broadcast_digest: DigestTable
  broadcast_digest_letter: DigestLetterTable
}
