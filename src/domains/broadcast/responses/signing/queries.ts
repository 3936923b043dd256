import type { Id } from '../../../../kernel/id.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Tag } from '../../../../ui/labels.ts'
import type { Visible } from '../../tables.ts'
import { SIGNATURE_STATES, signatureState, type SignatureState } from './model.ts'

/** One signature asked for, as far as the reader may know of it. */
export interface Signature {
  readonly id: string
  readonly responseId: string
  readonly title: string
  readonly signer: string
  readonly contactId: string
  /** `null` for a reader who may not know the contact. */
  readonly name: string | null
  readonly state: SignatureState
  readonly askedAt: Instant
  readonly answeredAt: Instant | null
  readonly expiresAt: Instant
  readonly words: string | null
  readonly tag: Tag
}

/** The signatures asked for under an organisation's answers to a bulletin, newest first; those that a newer answer made void among them. */
export async function signaturesOf(
  db: Reader<Visible>,
  { bulletinId, organisationId }: { readonly bulletinId: string; readonly organisationId: string },
  now: Instant,
): Promise<readonly Signature[]> {
  const rows = await db
    .selectFrom('broadcast_signature as signature')
    .leftJoin('directory_contact as contact', 'contact.id', 'signature.contact_id')
    .where('signature.bulletin_id', '=', bulletinId)
    .where('signature.organisation_id', '=', organisationId)
    .orderBy('signature.asked_at', 'desc')
    .orderBy('signature.id', 'desc')
    .limit(50)
    .selectAll('signature')
    .select('contact.name')
    .execute()
  const newest = rows.length === 0 ? null : await newestResponseId(db, bulletinId, organisationId)
  const stateOf = (row: (typeof rows)[number]) =>
    signatureState({ outcome: row.outcome, expiresAt: row.expires_at, revokedAt: row.revoked_at }, row.response_id === newest, now)
  return rows.map(row => ({
    id: row.id,
    responseId: row.response_id,
    title: row.title,
    signer: row.signer,
    contactId: row.contact_id,
    name: row.signed_name ?? row.name,
    state: stateOf(row),
    tag: { text: SIGNATURE_STATES[stateOf(row)].label, colour: SIGNATURE_STATES[stateOf(row)].colour },
    askedAt: row.asked_at,
    answeredAt: row.answered_at,
    expiresAt: row.expires_at,
    words: row.words,
  }))
}

/** The newest answer's id; `null` without one. */
export async function newestResponseId(db: Reader<Visible>, bulletinId: string, organisationId: string): Promise<string | null> {
  const row = await db
    .selectFrom('broadcast_response')
    .where('bulletin_id', '=', bulletinId)
    .where('organisation_id', '=', organisationId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .select('id')
    .executeTakeFirst()
  return row?.id ?? null
}

/** A request as its link needs it. Read in the system's scope: nobody is known yet when a link is opened. */
export interface LinkedSignature {
  readonly id: Id<'signature'>
  readonly responseId: string
  readonly bulletinId: string
  readonly organisationId: Id<'organisation'>
  readonly organisationCode: string
  readonly organisationName: string
  readonly contactId: Id<'contact'>
  readonly contactName: string
  readonly address: string | null
  readonly title: string
  readonly decisionHash: string
  readonly generation: number
  readonly expiresAt: Instant
  readonly state: SignatureState
  readonly askedBy: string | null
}

export async function linkedSignature(db: Reader<Visible>, id: string, now: Instant): Promise<LinkedSignature | undefined> {
  const row = await db
    .selectFrom('broadcast_signature as signature')
    .innerJoin('directory_contact as contact', 'contact.id', 'signature.contact_id')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'signature.organisation_id')
    .leftJoin('directory_person as person', join =>
      join.onRef('person.id', '=', 'signature.asked_by_id').on('signature.asked_by_kind', '=', 'person'),
    )
    .leftJoin('directory_contact as asker', join =>
      join.onRef('asker.id', '=', 'signature.asked_by_id').on('signature.asked_by_kind', '=', 'contact'),
    )
    .where('signature.id', '=', id)
    .where('contact.ended_at', 'is', null)
    .selectAll('signature')
    .select([
      'contact.name as contactName',
      'contact.email',
      'organisation.code',
      'organisation.name as organisationName',
      'person.name as person',
      'asker.name as asker',
    ])
    .executeTakeFirst()
  if (row === undefined) return undefined
  const newest = await newestResponseId(db, row.bulletin_id, row.organisation_id)
  return {
    id: row.id as Id<'signature'>,
    responseId: row.response_id,
    bulletinId: row.bulletin_id,
    organisationId: row.organisation_id as Id<'organisation'>,
    organisationCode: row.code,
    organisationName: row.organisationName,
    contactId: row.contact_id as Id<'contact'>,
    contactName: row.contactName,
    address: row.email,
    title: row.title,
    decisionHash: row.decision_hash,
    generation: row.generation,
    expiresAt: row.expires_at,
    state: signatureState({ outcome: row.outcome, expiresAt: row.expires_at, revokedAt: row.revoked_at }, row.response_id === newest, now),
    askedBy: row.person ?? row.asker,
  }
}
