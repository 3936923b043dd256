import { Conflict, NotFound } from '../../../kernel/errors.ts'
import { setAuthenticator, setPassword, signInMeans } from '../../../platform/auth/accounts.ts'
import { openChallenge, readChallenge, takeChallenge } from '../../../platform/auth/challenges.ts'
import { addPasskey, removePasskey, type RelyingParty } from '../../../platform/auth/passkeys.ts'
import { replaceRecoveryCodes } from '../../../platform/auth/recovery-codes.ts'
import { continueAs, endSession, endSessions, sessionsOf } from '../../../platform/auth/sessions.ts'
import type { Signer } from '../../../platform/auth/signer.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { newTotpSecret, totpStep } from '../../../platform/auth/totp.ts'
import type { Work } from '../../../platform/work/work.ts'
import { TELL_SIGN_IN_CHANGED, type SignInChange } from '../sign-in/model.ts'
import type { SignInTables } from '../tables.ts'
import { AUTHENTICATOR_CHANGE } from './model.ts'

/** Who changes their own sign-in, and in which session: that one goes on, their others end. */
export interface Self {
  readonly personId: string
  readonly idHash: string
}

function tell(work: Work<SignInTables>, personId: string, change: SignInChange): void {
  work.enqueue(TELL_SIGN_IN_CHANGED, { personId, change })
}

/** Acts under another of one's own roles, in a session with a new id. Gives the cookie's value. Throws `NotFound` for a role that is not theirs. */
export async function actAs(work: Work<SignInTables>, self: Self, assignmentId: string): Promise<string> {
  const own = await work.db
    .selectFrom('directory_assignment')
    .select('id')
    .where('id', '=', assignmentId)
    .where('person_id', '=', self.personId)
    .where('until', 'is', null)
    .executeTakeFirst()
  const cookie = own === undefined ? null : await continueAs(work.lend<AuthTables>(), self.idHash, own.id)
  if (cookie === null) throw new NotFound('directory.assignment.unknown', 'You do not hold that role any more. Choose another.')
  return cookie
}

/** The secret for a new authenticator app: the same until the change is made or an hour has passed. */
export async function authenticatorSecret(work: Work<SignInTables>, self: Self): Promise<string> {
  const auth = work.lend<AuthTables>()
  const begun = await readChallenge(auth.db, AUTHENTICATOR_CHANGE, self.idHash, work.now)
  if (begun !== null) return begun.data.secret
  const secret = newTotpSecret()
  await openChallenge(auth, AUTHENTICATOR_CHANGE, { personId: self.personId, data: { secret } }, self.idHash)
  return secret
}

/** Ties the new app to the account once it has shown a right code. Whether it was right. */
export async function changeAuthenticator(work: Work<SignInTables>, signer: Signer, self: Self, code: string): Promise<boolean> {
  const auth = work.lend<AuthTables>()
  const begun = await readChallenge(auth.db, AUTHENTICATOR_CHANGE, self.idHash, work.now)
  const step = begun === null ? null : await totpStep(begun.data.secret, code, null, work.now)
  if (begun === null || step === null) return false
  await takeChallenge(auth, AUTHENTICATOR_CHANGE, self.idHash)
  await setAuthenticator(auth, signer, self.personId, begun.data.secret, step)
  await endSessions(auth, self.personId, { except: self.idHash })
  tell(work, self.personId, 'authenticator')
  return true
}

/** Sets a new password, with a new app where there was none. `false` when the app's code is wrong, and nothing is changed. */
export async function changePassword(
  work: Work<SignInTables>,
  signer: Signer,
  self: Self,
  input: { passwordHash: string; code: string | null },
): Promise<boolean> {
  const auth = work.lend<AuthTables>()
  const begun = input.code === null ? null : await readChallenge(auth.db, AUTHENTICATOR_CHANGE, self.idHash, work.now)
  const step = input.code === null || begun === null ? null : await totpStep(begun.data.secret, input.code, null, work.now)
  if (input.code !== null && step === null) return false
  await setPassword(auth, self.personId, input.passwordHash)
  if (begun !== null && step !== null) {
    await takeChallenge(auth, AUTHENTICATOR_CHANGE, self.idHash)
    await setAuthenticator(auth, signer, self.personId, begun.data.secret, step)
  }
  await endSessions(auth, self.personId, { except: self.idHash })
  tell(work, self.personId, 'password')
  return true
}

export async function addOwnPasskey(
  work: Work<SignInTables>,
  party: RelyingParty,
  self: Self,
  passkey: { name: string; credential: string },
): Promise<boolean> {
  const isAdded = await addPasskey(work.lend<AuthTables>(), party, self.personId, passkey.name, passkey.credential)
  if (isAdded) tell(work, self.personId, 'passkey-added')
  return isAdded
}

/** Takes away a passkey, unless it is the last way in. Throws `Conflict`, `NotFound`. */
export async function removeOwnPasskey(work: Work<SignInTables>, self: Self, passkeyId: string): Promise<void> {
  const auth = work.lend<AuthTables>()
  const means = await signInMeans(auth.db, self.personId)
  if (means.passkeys.length === 1 && !means.password && means.outside.length === 0) {
    throw new Conflict(
      'directory.account.last-means',
      'This is your only way to sign in. Add another passkey or a password first, then remove this one.',
    )
  }
  if (!(await removePasskey(auth, self.personId, passkeyId)))
    throw new NotFound('directory.account.no-passkey', 'That passkey is not on your account any more.')
  await endSessions(auth, self.personId, { except: self.idHash })
  tell(work, self.personId, 'passkey-removed')
}

/** New recovery codes in the place of the ones before: to be shown once. */
export async function makeRecoveryCodes(work: Work<SignInTables>, self: Self): Promise<readonly string[]> {
  tell(work, self.personId, 'recovery-codes')
  return replaceRecoveryCodes(work.lend<AuthTables>(), self.personId)
}

/** Ends one of one's own sessions, or with `null` all but this one. */
export async function endOwnSessions(work: Work<SignInTables>, self: Self, idHash: string | null): Promise<void> {
  const auth = work.lend<AuthTables>()
  if (idHash === null) {
    await endSessions(auth, self.personId, { except: self.idHash })
    return
  }
  const own = await sessionsOf(auth.db, self.personId, work.now)
  if (own.some(session => session.idHash === idHash)) await endSession(auth, idHash)
}
