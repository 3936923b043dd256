import { createHash } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type { Instant } from '../../kernel/instant.ts'

/** What a command says of what it did. Names and codes, never a person's name or address, and no bodies of text. */
export interface AuditEntry {
  /** `domain.thing.past-participle`, such as `broadcast.bulletin.released`. */
  readonly verb: string
  readonly subject: { readonly kind: string; readonly id: string }
  /** The organisation whom it concerns, when it is one. */
  readonly organisationId?: string
  /** The reason that the actor gave, where the rule asks for one. */
  readonly reason?: string
  /** What changed, small and free of personal data. Long texts as digests (`digest`). */
  readonly change?: Readonly<Record<string, unknown>>
}

/** One row of the chain, as it is hashed. */
export interface AuditRow {
  readonly seq: number
  readonly id: string
  readonly at: Instant
  readonly actor_kind: string
  readonly actor_id: string
  readonly actor_role: string | null
  readonly on_behalf_of: string | null
  readonly verb: string
  readonly subject_kind: string
  readonly subject_id: string
  readonly organisation_id: string | null
  readonly reason: string | null
  /** JSON, kept as text so that the very bytes that were hashed are stored. */
  readonly change: string | null
  readonly correlation: string
  readonly previous_hash: string
  readonly hash: string
}

export const CHAIN_START = '0'.repeat(64)

/** The key of the advisory lock under which the chain grows. Any fixed number that nothing else here uses. */
const CHAIN_LOCK = 4_012_017_0512

/** SHA-256, in hexadecimal, of a text that the audit should be able to prove but not show. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The hash of a row: SHA-256 over its fields and the hash of the row before it, in one fixed order. */
export function hashRow(row: Omit<AuditRow, 'hash'>): string {
  const fields = [
    row.previous_hash,
    row.seq,
    row.id,
    row.at.toISOString(),
    row.actor_kind,
    row.actor_id,
    row.actor_role,
    row.on_behalf_of,
    row.verb,
    row.subject_kind,
    row.subject_id,
    row.organisation_id,
    row.reason,
    row.change,
    row.correlation,
  ]
  return digest(JSON.stringify(fields))
}

type Unchained = Omit<AuditRow, 'seq' | 'previous_hash' | 'hash'>

/**
 * Appends rows to the chain, as the last statements of a transaction, which leaves the actor's scope here.
 *
 * The lock is held from here to the commit, a few milliseconds: two writers can neither fork the chain nor wait for each
 * other's work, only for each other's commit. Being in the same transaction, a change and its record stand or fall together.
 * It is taken and the head read in one trip (`audit_chain_head`, migration 0035), because every other writer waits for that trip.
 */
export async function appendToChain(transaction: Kysely<unknown>, rows: readonly Unchained[]): Promise<void> {
  if (rows.length === 0) return
  const head = await sql<{ seq: number | null; hash: string | null }>`
    select head.seq, head.hash, set_config('role', 'none', true) from audit_chain_head(${CHAIN_LOCK}) as head`.execute(transaction)
  let { seq, hash } = { seq: head.rows[0]?.seq ?? 0, hash: head.rows[0]?.hash ?? CHAIN_START }
  const chained = rows.map(row => {
    const unhashed = { ...row, seq: ++seq, previous_hash: hash }
    hash = hashRow(unhashed)
    return { ...unhashed, hash }
  })
  for (let start = 0; start < chained.length; start += 500) {
    await (transaction as Kysely<{ audit_record: AuditRow }>)
      .insertInto('audit_record')
      .values(chained.slice(start, start + 500))
      .execute()
  }
}
