import { isIP } from 'node:net'
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { decodeClientDataJSON } from '@simplewebauthn/server/helpers'
import { z } from 'zod'
import type { Work } from '../work/work.ts'
import { openChallenge, takeChallenge, type ChallengeKind } from './challenges.ts'
import type { AuthTables } from './tables.ts'

/** The site as WebAuthn knows it (Web Authentication Level 3 §5.1.2): the host's name, and the origin that a browser must say. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
}

/** `null` where passkeys cannot work: at a bare IP address browsers refuse them. */
export function relyingParty(baseUrl: string): RelyingParty | null {
  const url = URL.parse(baseUrl)
  if (url === null || isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return null
  return { id: url.hostname, origin: url.origin }
}

const REGISTER: ChallengeKind<object> = { purpose: 'passkey-register', minutes: 5, data: z.object({}) }
const AUTHENTICATE: ChallengeKind<object> = { purpose: 'passkey-authenticate', minutes: 5, data: z.object({}) }

/** What a browser's answer is at least; the library checks the rest. */
const answer = z
  .object({
    id: z.string(),
    rawId: z.string(),
    type: z.literal('public-key'),
    response: z.looseObject({ clientDataJSON: z.string() }),
    clientExtensionResults: z.looseObject({}),
  })
  .loose()

const MOST_PASSKEYS = 20

/** The kinds of signature that authenticators make (COSE): Ed25519, ECDSA on P-256, RSA with SHA-256. */
const SIGNATURES = [-8, -7, -257]

/** What the browser needs to make a passkey for the person. The key can find its account by itself, and asks for a finger, face or PIN. */
export async function passkeyRegistrationOptions(work: Work<AuthTables>, party: RelyingParty, person: { id: string; name: string; email: string }) {
  const known = await work.db
    .selectFrom('auth_passkey')
    .select(['credential_id', 'transports'])
    .where('person_id', '=', person.id)
    .limit(MOST_PASSKEYS)
    .execute()
  const options = await generateRegistrationOptions({
    rpName: 'CareCERT',
    rpID: party.id,
    userName: person.email,
    userDisplayName: person.name,
    userID: new TextEncoder().encode(person.id),
    attestationType: 'none',
    supportedAlgorithmIDs: SIGNATURES,
    excludeCredentials: known.map(row => ({ id: row.credential_id, transports: transportsOf(row.transports) })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  await openChallenge(work, REGISTER, { personId: person.id, data: {} }, options.challenge)
  return options
}

/** Stores the passkey that the browser made. Whether it could be: the challenge must be ours, the person's and unused. */
export async function addPasskey(work: Work<AuthTables>, party: RelyingParty, personId: string, name: string, credential: string): Promise<boolean> {
  const response = parseAnswer(credential) as RegistrationResponseJSON | null
  if (response === null) return false
  const expectedChallenge = challengeOf(response)
  const challenge = await takeChallenge(work, REGISTER, expectedChallenge)
  if (challenge === null || expectedChallenge === null || challenge.personId !== personId) return false
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
    supportedAlgorithmIDs: SIGNATURES,
  }).catch(() => null)
  if (verified === null || !verified.verified) return false
  const { credential: made } = verified.registrationInfo
  const taken = await work.db.selectFrom('auth_passkey').select('id').where('credential_id', '=', made.id).executeTakeFirst()
  if (taken !== undefined) return false
  const id = work.newId('passkey')
  await work.db
    .insertInto('auth_passkey')
    .values({
      id,
      person_id: personId,
      credential_id: made.id,
      public_key: Buffer.from(made.publicKey).toString('base64url'),
      counter: made.counter,
      transports: JSON.stringify(made.transports ?? []),
      name,
      created_at: work.now,
      last_used_at: null,
    })
    .execute()
  work.record({ verb: 'auth.passkey.added', subject: { kind: 'person', id: personId }, change: { passkey: id } })
  return true
}

/** Takes a passkey away. Whether it was the person's. */
export async function removePasskey(work: Work<AuthTables>, personId: string, id: string): Promise<boolean> {
  const removed = await work.db.deleteFrom('auth_passkey').where('id', '=', id).where('person_id', '=', personId).returning('id').executeTakeFirst()
  if (removed === undefined) return false
  work.record({ verb: 'auth.passkey.removed', subject: { kind: 'person', id: personId }, change: { passkey: id } })
  return true
}

/** What the browser needs to offer the passkeys it has. It names no account, so nothing is told about who has one. */
export async function passkeySignInOptions(work: Work<AuthTables>, party: RelyingParty) {
  const options = await generateAuthenticationOptions({ rpID: party.id, userVerification: 'required' })
  await openChallenge(work, AUTHENTICATE, { personId: null, data: {} }, options.challenge)
  return options
}

/** Whose passkey signed the challenge, or `null`. The challenge is used up either way. A counter that went back (a copied key) is refused. */
export async function passkeyOwner(work: Work<AuthTables>, party: RelyingParty, credential: string): Promise<string | null> {
  const response = parseAnswer(credential) as AuthenticationResponseJSON | null
  if (response === null) return null
  const expectedChallenge = challengeOf(response)
  if (expectedChallenge === null || (await takeChallenge(work, AUTHENTICATE, expectedChallenge)) === null) return null
  const passkey = await work.db.selectFrom('auth_passkey').selectAll().where('credential_id', '=', response.id).forUpdate().executeTakeFirst()
  if (passkey === undefined) return null
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge,
    expectedOrigin: party.origin,
    expectedRPID: party.id,
    requireUserVerification: true,
    credential: {
      id: passkey.credential_id,
      publicKey: new Uint8Array(Buffer.from(passkey.public_key, 'base64url')),
      counter: passkey.counter,
      transports: transportsOf(passkey.transports),
    },
  }).catch(() => null)
  if (verified === null || !verified.verified) return null
  const handle = response.response.userHandle
  if (handle !== undefined && Buffer.from(handle, 'base64url').toString('utf8') !== passkey.person_id) return null
  await work.db
    .updateTable('auth_passkey')
    .set({ counter: verified.authenticationInfo.newCounter, last_used_at: work.now })
    .where('id', '=', passkey.id)
    .execute()
  work.record({ verb: 'auth.passkey.used', subject: { kind: 'person', id: passkey.person_id }, change: { passkey: passkey.id } })
  return passkey.person_id
}

/** Whether it is an answer to making or using a key shows only when it is verified. */
function parseAnswer(credential: string): RegistrationResponseJSON | AuthenticationResponseJSON | null {
  try {
    // The parts that are not checked here are checked by the library, which trusts none of them.
    return answer.parse(JSON.parse(credential)) as unknown as RegistrationResponseJSON | AuthenticationResponseJSON
  } catch {
    return null
  }
}

/** The challenge that the browser says it signed: the key under which ours is kept. The signature over it is checked after. */
function challengeOf(response: RegistrationResponseJSON | AuthenticationResponseJSON): string | null {
  try {
    return decodeClientDataJSON(response.response.clientDataJSON).challenge
  } catch {
    return null
  }
}

function transportsOf(stored: string): string[] {
  return z.array(z.string()).catch([]).parse(JSON.parse(stored))
}
