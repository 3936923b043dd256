import { sql } from 'kysely'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { isAgreed, type Signature } from '../model.ts'
import { changesOf, planContent, type ContentChange } from './content.ts'

/**
 * Waits until nobody else signs the plan or changes what is signed, and keeps them waiting until this unit ends: so a signature is under what the plan says, or voided.
 * A lock by name, for an assessor may write no row of the plan.
 */
export async function holdAgreement(db: Reader<Visible>, planId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`assure.plan ${planId}`}, 0))`.execute(db)
}

export interface PlanAgreement {
  /** SHA-256 of what the plan says at this moment. */
  readonly hash: string
  readonly isAgreed: boolean
  /** The newest first. */
  readonly signatures: readonly Signature[]
  /** What changed since the newest signature was voided; nothing while that one stands. */
  readonly changes: readonly ContentChange[]
}

export async function agreementOf(db: Reader<Visible>, planId: string): Promise<PlanAgreement> {
  const { hash, text } = await planContent(db, planId)
  const rows = await db
    .selectFrom('assure_plan_signature')
    .where('plan_id', '=', planId)
    .orderBy('signed_at', 'desc')
    .orderBy('id', 'desc')
    .select([
      'id',
      'party',
      'content_hash as hash',
      'content',
      'words',
      'signed_at as at',
      'signer_id as signerId',
      'signer_name as signerName',
      'voided_at as voidedAt',
    ])
    .execute()
  const signatures = rows.map(({ content: _content, ...signature }) => signature)
  const newest = rows[0]
  return {
    hash,
    signatures,
    isAgreed: isAgreed(signatures, hash),
    changes: newest === undefined || newest.voidedAt === null ? [] : changesOf(newest.content, text),
  }
}
