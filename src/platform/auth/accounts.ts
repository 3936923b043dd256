import type { Instant } from '../../kernel/instant.ts'
import type { Work } from '../work/work.ts'
import type { Signer } from './signer.ts'
import type { AuthReader, AuthTables } from './tables.ts'
import { totpStep } from './totp.ts'

const TOTP_PURPOSE = 'totp-secret'

/** What a person can sign in with. */
export interface SignInMeans {
  readonly password: boolean
  readonly authenticator: boolean
  readonly passkeys: readonly PasskeySummary[]
  readonly outside: readonly string[]
}

export interface PasskeySummary {
  readonly id: string
  readonly name: string
  readonly createdAt: Instant
  readonly lastUsedAt: Instant | null
}

export async function signInMeans(db: AuthReader, personId: string): Promise<SignInMeans> {
  const account = await db
    .selectFrom('auth_account')
    .select(['password_hash', 'totp_confirmed_at'])
    .where('person_id', '=', personId)
    .executeTakeFirst()
  const passkeys = await db
    .selectFrom('auth_passkey')
    .select(['id', 'name', 'created_at', 'last_used_at'])
    .where('person_id', '=', personId)
    .orderBy('created_at')
    .execute()
  const outside = await db.selectFrom('auth_outside_identity').select('issuer').where('person_id', '=', personId).execute()
  return {
    password: (account?.password_hash ?? null) !== null,
    authenticator: (account?.totp_confirmed_at ?? null) !== null,
    passkeys: passkeys.map(row => ({ id: row.id, name: row.name, createdAt: row.created_at, lastUsedAt: row.last_used_at })),
    outside: outside.map(row => row.issuer),
  }
}

/** Whether the person can sign in by any means. */
export function hasMeans(means: SignInMeans): boolean {
  return means.password || means.passkeys.length > 0 || means.outside.length > 0
}

/** The stored hash, or `null` when there is no such account or it has no password. */
export async function passwordHashOf(db: AuthReader, personId: string | null): Promise<string | null> {
  // Asked for nobody too: a query less would tell that there is no such account.
  const row = await db
    .selectFrom('auth_account')
    .select('password_hash')
    .where('person_id', '=', personId ?? '')
    .executeTakeFirst()
  return row?.password_hash ?? null
}

export async function setPassword(work: Work<AuthTables>, personId: string, passwordHash: string): Promise<void> {
  await work.db
    .insertInto('auth_account')
    .values({
      person_id: personId,
      password_hash: passwordHash,
      totp_secret: null,
      totp_confirmed_at: null,
      totp_last_step: null,
      created_at: work.now,
    })
    .onConflict(clash => clash.column('person_id').doUpdateSet({ password_hash: passwordHash }))
    .execute()
  work.record({ verb: 'auth.password.set', subject: { kind: 'person', id: personId } })
}

/** Stores an authenticator's secret that a code of time step `step` has just proved; that code is used up. Needs the account to exist. */
export async function setAuthenticator(work: Work<AuthTables>, signer: Signer, personId: string, secret: string, step: number): Promise<void> {
  const changes = { totp_secret: signer.seal(TOTP_PURPOSE, secret, personId), totp_confirmed_at: work.now, totp_last_step: step }
  await work.db.updateTable('auth_account').set(changes).where('person_id', '=', personId).execute()
  work.record({ verb: 'auth.authenticator.set', subject: { kind: 'person', id: personId } })
}

/** Whether it is the right code just now and was not used before. It is used up by this. */
export async function takeTotpCode(work: Work<AuthTables>, signer: Signer, personId: string, code: string): Promise<boolean> {
  // The lock: of two requests with the same code, the second sees the step that the first stored.
  const account = await work.db
    .selectFrom('auth_account')
    .select(['totp_secret', 'totp_confirmed_at', 'totp_last_step'])
    .where('person_id', '=', personId)
    .forUpdate()
    .executeTakeFirst()
  if (account === undefined || account.totp_secret === null || account.totp_confirmed_at === null) return false
  const step = await totpStep(signer.open(TOTP_PURPOSE, account.totp_secret, personId), code, account.totp_last_step, work.now)
  if (step === null) return false
  await work.db.updateTable('auth_account').set({ totp_last_step: step }).where('person_id', '=', personId).execute()
  work.record({ verb: 'auth.code.used', subject: { kind: 'person', id: personId } })
  return true
}
