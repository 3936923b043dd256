import { createHash } from 'node:crypto'
import { z } from 'zod'
import { parseId, type Id } from '../../../../kernel/id.ts'
import { addDays, type Instant } from '../../../../kernel/instant.ts'
import { nameKey } from '../../../../kernel/name-key.ts'
import type { GivenAnswer } from '../model.ts'

/**
 * Counter-signatures: somebody who answers for the risk puts their name under a decision of their organisation, or under the maintenance
 * window that it proposes, from a signed link and without an account.
 *
 * Invariants:
 * 1. A link is for one decision, to its letter: its signature covers the hash of that decision. It runs out, and can be taken back.
 * 2. Opening it changes nothing; only the form on its page does, and only with the name typed.
 * 3. A signature holds while no newer answer follows. Any change of the decision leaves it void, in sight of all who saw it.
 * 4. Nobody signs their own decision.
 */
export const SIGNATURE_STATES = {
  asked: { label: 'Asked', colour: 'blue' },
  signed: { label: 'Signed', colour: 'green' },
  declined: { label: 'Does not agree', colour: 'orange' },
  expired: { label: 'Ran out unsigned', colour: 'grey' },
  revoked: { label: 'Taken back', colour: 'grey' },
  void: { label: 'Void: the decision changed', colour: 'red' },
} as const satisfies Readonly<Record<string, { label: string; colour: string }>>

export type SignatureState = keyof typeof SIGNATURE_STATES

/** Where a request stands. `isNewest`: no newer answer followed the decision. */
export function signatureState(
  signature: { readonly outcome: 'signed' | 'declined' | null; readonly expiresAt: Instant; readonly revokedAt: Instant | null },
  isNewest: boolean,
  now: Instant,
): SignatureState {
  if (signature.revokedAt !== null) return 'revoked'
  if (!isNewest) return 'void'
  if (signature.outcome !== null) return signature.outcome
  return signature.expiresAt <= now ? 'expired' : 'asked'
}

/** Mails the link by which somebody signs. */
export const ASK_SIGNATURE = {
  name: 'broadcast.ask-signature',
  payload: z.object({ signatureId: z.string(), generation: z.number().int() }),
}

/** What the signature of such a link is for. */
export const SIGNATURE_PURPOSE = 'decision-signature'
const LINK_DAYS = 14

export function signatureExpiry(askedAt: Instant): Instant {
  return addDays(askedAt, LINK_DAYS)
}

/** SHA-256 of all that a decision says, in one form: what is signed is this and nothing else. Whether it is shared is no part of it. */
export function decisionHash(decision: GivenAnswer & { readonly bulletin: string; readonly organisationCode: string }): string {
  const { bulletin, organisationCode, id, state, at, reasonCode, reason, note, reviewOn, nextDate, owner, evidence, evidenceSha256, window } =
    decision
  const said = { bulletin, organisationCode, id, state, at, reasonCode, reason, note, reviewOn, nextDate, owner, evidence, evidenceSha256, window }
  return createHash('sha256').update(JSON.stringify(said)).digest('hex')
}

export interface SignatureLink {
  readonly signatureId: Id<'signature'>
  readonly generation: number
  readonly expiresAt: Instant
}

/** The part of a link's token that is seen: `<signature>.<generation>.<expires, seconds since 1970>`. */
export function signatureLinkText({ signatureId, generation, expiresAt }: SignatureLink): string {
  return `${signatureId}.${generation}.${Math.floor(expiresAt.getTime() / 1_000)}`
}

/** What is signed of a link: the part that is seen, with the hash of the decision, which is not. */
export function signedText(linkText: string, hash: string): string {
  return `${linkText}.${hash}`
}

/** Takes a token apart. `undefined` unless it has the right form; whether it is ours, the signature says. */
export function parseSignatureToken(token: string): { readonly link: SignatureLink; readonly text: string; readonly signature: string } | undefined {
  const match = /^(sgn_[0-9a-f]{32})\.(\d{1,6})\.(\d{10,11})\.([\w-]{43})$/.exec(token)
  const signatureId = parseId('signature', match?.[1] ?? '')
  if (match === null || signatureId === undefined) return undefined
  const [, , generation = '', expires = '', signature = ''] = match
  const link = { signatureId, generation: Number(generation), expiresAt: new Date(Number(expires) * 1_000) }
  return { link, text: `${signatureId}.${generation}.${expires}`, signature }
}

/** Whether the name typed is that of whoever was asked, whatever its case, accents and signs. */
export function isSameName(typed: string, name: string): boolean {
  return nameKey(typed) !== '' && nameKey(typed) === nameKey(name)
}
