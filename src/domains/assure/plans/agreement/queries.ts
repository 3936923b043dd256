import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { isAgreed, type Signature } from '../model.ts'
import { changesOf, planContent, type ContentChange } from './content.ts'

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
