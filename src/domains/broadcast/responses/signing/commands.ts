import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import { cleanLine, cleanText } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { contactsOf, proveContact } from '../../../directory/contract.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { bulletinById } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { LONGEST_LINE } from '../fields.ts'
import { RESPONSE_STATES } from '../model.ts'
import { answersOf, holdRecipient, recipientOf } from '../queries.ts'
import { ASK_SIGNATURE, decisionHash, isSameName, signatureExpiry } from './model.ts'
import type { LinkedSignature } from './queries.ts'

/** The most people that may be asked under one decision. */
const MOST_SIGNERS = 6

const OWN = 'Whoever gave this answer cannot sign it too: somebody else must. The same address counts as the same person.'

/**
 * Asks a contact of the organisation to sign its newest decision, by a mailed link. Throws `NotFound` for a contact that is not its own,
 * `Conflict` when there is no decision to sign, that contact was asked before, or gave the decision itself.
 */
export async function askSignature(
  work: Work<Visible>,
  input: {
    readonly bulletinId: string
    readonly organisationId: Id<'organisation'>
    readonly contactId: string
    readonly signer: string
    readonly title: string
  },
): Promise<void> {
  assertMay(work.actor, 'broadcast.response.answer')
  await holdRecipient(work.db, input)
  const found = await decisionOf(work, input.bulletinId, input.organisationId)
  if (found === undefined || !RESPONSE_STATES[found.decision.state].isDecided)
    throw new Conflict('broadcast.signature.no-decision', 'There is no decision to sign yet. Answer first.')
  const contact = (await contactsOf(work.db, input.organisationId)).find(({ id }) => id === input.contactId)
  if (contact === undefined || contact.email === null)
    throw new NotFound('broadcast.signature.no-contact', 'Choose a contact of your organisation that has an e-mail address.')
  if (await isOwnDecision(work, found.decision.id, contact.id)) throw new Conflict('broadcast.signature.own', OWN)
  const asked = await work.db
    .selectFrom('broadcast_signature')
    .where('response_id', '=', found.decision.id)
    .where('revoked_at', 'is', null)
    .select('contact_id')
    .execute()
  if (asked.some(row => row.contact_id === contact.id)) throw new Conflict('broadcast.signature.asked', 'They were asked to sign this already.')
  if (asked.length >= MOST_SIGNERS) throw new Conflict('broadcast.signature.many', `${MOST_SIGNERS} people at most are asked to sign one decision.`)
  const id = work.newId('signature')
  await work.db
    .insertInto('broadcast_signature')
    .values({
      id,
      response_id: found.decision.id,
      bulletin_id: input.bulletinId,
      organisation_id: input.organisationId,
      signer: input.signer,
      title: cleanLine(input.title).slice(0, LONGEST_LINE),
      contact_id: contact.id,
      decision_hash: found.hash,
      asked_at: work.now,
      asked_by_kind: work.actor.kind,
      asked_by_id: work.actor.id,
      expires_at: signatureExpiry(work.now),
      answered_at: null,
      outcome: null,
      signed_name: null,
      words: null,
      revoked_at: null,
    })
    .execute()
  work.record({
    verb: 'broadcast.signature.asked',
    subject: { kind: 'bulletin', id: found.number },
    organisationId: input.organisationId,
    change: { signature: id, signer: input.signer, contact: contact.id },
  })
  work.enqueue(ASK_SIGNATURE, { signatureId: id, generation: 1 })
}

/** Takes a request back: its link works no more. What was signed before stays in sight, as taken back. */
export async function revokeSignature(
  work: Work<Visible>,
  input: { readonly bulletinId: string; readonly organisationId: Id<'organisation'>; readonly signatureId: string },
): Promise<void> {
  assertMay(work.actor, 'broadcast.response.answer')
  const [row] = await work.db
    .updateTable('broadcast_signature')
    .where('id', '=', input.signatureId)
    .where('bulletin_id', '=', input.bulletinId)
    .where('organisation_id', '=', input.organisationId)
    .where('revoked_at', 'is', null)
    .set(eb => ({ revoked_at: work.now, generation: eb('generation', '+', 1) }))
    .returning('id')
    .execute()
  if (row === undefined) throw new NotFound('broadcast.signature.unknown', 'There is no such request, or it was taken back already.')
  work.record({ verb: 'broadcast.signature.revoked', subject: { kind: 'signature', id: row.id }, organisationId: input.organisationId })
}

/**
 * Puts a name under a decision, or says that its owner does not agree. Throws `Invalid` when the name typed is not that of whoever was asked,
 * `Conflict` when the decision changed, or the request was answered, taken back or ran out.
 */
export async function answerSignature(
  work: Work<Visible>,
  signature: LinkedSignature,
  input: { readonly outcome: 'signed' | 'declined'; readonly name: string; readonly words: string },
): Promise<void> {
  if (work.actor.kind !== 'contact' || work.actor.id !== signature.contactId)
    throw new Conflict('broadcast.signature.other', 'Only whoever was asked may sign.')
  if (!isSameName(input.name, signature.contactName))
    throw new Invalid('broadcast.signature.name', `Type your name as it stands above: ${signature.contactName}`)
  // An answer takes the same lock, so that nobody signs what is being changed.
  await holdRecipient(work.db, signature)
  const row = await work.db
    .selectFrom('broadcast_signature')
    .where('id', '=', signature.id)
    .select(['response_id', 'decision_hash', 'generation', 'outcome', 'revoked_at', 'expires_at'])
    .forUpdate()
    .executeTakeFirst()
  const found = await decisionOf(work, signature.bulletinId, signature.organisationId)
  if (row === undefined || found?.decision.id !== row.response_id || found.hash !== row.decision_hash)
    throw new Conflict(
      'broadcast.signature.changed',
      'The decision was changed, so there is nothing to sign here any more. Ask for a new link if it still needs your name.',
    )
  if (row.outcome !== null || row.revoked_at !== null || row.generation !== signature.generation || row.expires_at <= work.now)
    throw new Conflict('broadcast.signature.closed', 'This link was used, taken back or ran out. Ask for a new one if your name is still needed.')
  // Who a contact is, and where it reads, may have been changed since it was asked.
  if (await isOwnDecision(work, row.response_id, signature.contactId)) throw new Conflict('broadcast.signature.own', OWN)
  await work.db
    .updateTable('broadcast_signature')
    .where('id', '=', signature.id)
    .set({
      outcome: input.outcome,
      answered_at: work.now,
      signed_name: cleanLine(input.name).slice(0, LONGEST_LINE),
      words: cleanText(input.words).slice(0, 2_000) || null,
    })
    .execute()
  work.record({
    verb: 'broadcast.signature.answered',
    subject: { kind: 'bulletin', id: found.number },
    organisationId: signature.organisationId,
    change: { signature: signature.id, outcome: input.outcome, decision: row.decision_hash },
  })
  await proveContact(work.lend(), signature.contactId)
}

/** The newest answer with its hash; `undefined` without one. */
export async function decisionOf({ db }: { readonly db: Reader<Visible> }, bulletinId: string, organisationId: string) {
  const [decision] = await answersOf(db, bulletinId, organisationId)
  if (decision === undefined) return undefined
  const bulletin = await bulletinById(db, bulletinId)
  const number = bulletinNumber(bulletin.number)
  const recipient = await recipientOf(db, bulletinId, organisationId)
  return { decision, number, hash: decisionHash({ ...decision, bulletin: number, organisationCode: recipient?.organisationCode ?? '' }) }
}

/** Whether whoever that contact is gave the answer: one person may be several contacts, or read at one address as several. */
async function isOwnDecision(work: Work<Visible>, responseId: string, contactId: string): Promise<boolean> {
  const answer = await work.db.selectFrom('broadcast_response').where('id', '=', responseId).select(['by_kind', 'by_id']).executeTakeFirst()
  const signer = await identityOf(work, 'contact', contactId)
  if (answer === undefined || signer === undefined) return false
  if (answer.by_kind === 'contact' && answer.by_id === contactId) return true
  const decider = await identityOf(work, answer.by_kind, answer.by_id)
  if (decider === undefined) return false
  const isSamePerson = decider.personId !== null && decider.personId === signer.personId
  return isSamePerson || (decider.address !== null && decider.address === signer.address)
}

interface Identity {
  readonly personId: string | null
  /** In lower case. */
  readonly address: string | null
}

/** Who a contact or a person is, as far as the actor sees them. */
async function identityOf(work: Work<Visible>, kind: string, id: string): Promise<Identity | undefined> {
  if (kind === 'person') {
    const person = await work.db.selectFrom('directory_person').where('id', '=', id).select('email').executeTakeFirst()
    return { personId: id, address: person?.email.toLowerCase() ?? null }
  }
  if (kind !== 'contact') return undefined
  const contact = await work.db.selectFrom('directory_contact').where('id', '=', id).select(['person_id', 'email']).executeTakeFirst()
  return contact && { personId: contact.person_id, address: contact.email?.toLowerCase() ?? null }
}
