import { addDays } from '../../../kernel/instant.ts'
import { takeTotpCode } from '../../../platform/auth/accounts.ts'
import { forgiveTries, type AttemptKey } from '../../../platform/auth/attempts.ts'
import { takeChallenge } from '../../../platform/auth/challenges.ts'
import { linkOutside, personLinkedTo, type OutsideIdentity } from '../../../platform/auth/oidc.ts'
import { takeRecoveryCode } from '../../../platform/auth/recovery-codes.ts'
import { startSession } from '../../../platform/auth/sessions.ts'
import type { Signer } from '../../../platform/auth/signer.ts'
import type { AuthTables, SignInMethod } from '../../../platform/auth/tables.ts'
import { looksLikeTotpCode } from '../../../platform/auth/totp.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'
import { SECOND_FACTOR, TELL_SIGN_IN_CHANGED } from './model.ts'
import { assignmentToActUnder, personByEmail } from './queries.ts'

/** Signs the person in: a new session in the place of the browser's old one. Gives the cookie's value; `null` for somebody without a role. */
export async function signIn(work: Work<SignInTables>, personId: string, how: SignInMethod, replaces: string | null): Promise<string | null> {
  const assignmentId = await assignmentToActUnder(work.db, personId)
  if (assignmentId === null) return null
  return startSession(work.lend<AuthTables>(), { personId, assignmentId, how, replaces })
}

export interface SecondFactor {
  readonly personId: string
  /** The token of the sign-in that began with the right password. */
  readonly step: string | null
  readonly code: string
  readonly forgiven: readonly AttemptKey[]
}

/** How the second factor was shown, or `null` when the code is wrong. With a right code, the code and the step are used up and the tries forgiven. */
export async function takeSecondFactor(
  work: Work<SignInTables>,
  signer: Signer,
  { personId, step, code, forgiven }: SecondFactor,
): Promise<SignInMethod | null> {
  const auth = work.lend<AuthTables>()
  const isTotp = looksLikeTotpCode(code)
  const isRight = isTotp ? await takeTotpCode(auth, signer, personId, code) : await takeRecoveryCode(auth, personId, code)
  if (!isRight || (await takeChallenge(auth, SECOND_FACTOR, step)) === null) return null
  await forgiveTries(auth, forgiven)
  if (!isTotp) work.enqueue(TELL_SIGN_IN_CHANGED, { personId, change: 'recovery-code-used' })
  return isTotp ? 'password-and-code' : 'password-and-recovery-code'
}

/** Says in the audit that guessing was stopped for a while. `personId` is `null` when no such account exists. */
export function recordLock(work: Work<SignInTables>, personId: string | null, keys: readonly AttemptKey[]): void {
  const subject = personId === null ? { kind: 'unknown-account', id: keys[0]?.keyHash ?? '' } : { kind: 'person', id: personId }
  work.record({ verb: 'auth.guessing.stopped', subject, change: { limits: keys.map(key => key.kind) } })
}

/** Who the outside identity is here: whoever it was linked to, or the person whom we invited at the address it vouches for. Makes nobody. */
export async function personOutside(work: Work<SignInTables>, identity: OutsideIdentity): Promise<string | null> {
  const auth = work.lend<AuthTables>()
  const linked = await personLinkedTo(auth.db, identity)
  if (linked !== null) return linked
  const person = identity.verifiedEmail === null ? null : await personByEmail(work.db, identity.verifiedEmail)
  if (person === null) return null
  await linkOutside(auth, identity, person.id)
  return person.id
}

const DAYS_KEPT = 30

/** Clears away what no longer counts: spent challenges, forgotten failures, sessions that ended long ago. */
export async function tidySignIn(work: Work<AuthTables>): Promise<void> {
  const longAgo = addDays(work.now, -DAYS_KEPT)
  await work.db.deleteFrom('auth_challenge').where('expires_at', '<', work.now).execute()
  await work.db.deleteFrom('auth_attempt').where('last_at', '<', longAgo).execute()
  await work.db.deleteFrom('auth_session').where('expires_at', '<', longAgo).execute()
}
