import type { Instant } from '../../kernel/instant.ts'
import type { Json } from '../db/json.ts'
import type { Reader } from '../work/read.ts'

/** How somebody showed who they are. */
export type SignInMethod = 'passkey' | 'password-and-code' | 'password-and-recovery-code' | 'outside' | 'link' | 'sample'

/** What a one-time link is for. */
export type LinkPurpose = 'first-administrator' | 'invitation' | 'recovery'

export interface AccountTable {
  person_id: string
  password_hash: string | null
  /** Sealed (`Signer.seal`), so that a copy of the database alone gives no codes. */
  totp_secret: string | null
  totp_confirmed_at: Instant | null
  /** The time step of the last code that was accepted: no code works twice (RFC 6238 §5.2). */
  totp_last_step: number | null
  created_at: Instant
}

export interface PasskeyTable {
  id: string
  person_id: string
  /** base64url, as the browser gives it. */
  credential_id: string
  /** COSE key, base64url. */
  public_key: string
  counter: number
  /** A JSON list. */
  transports: string
  name: string
  created_at: Instant
  last_used_at: Instant | null
}

export interface SessionTable {
  /** SHA-256 of the cookie's value. */
  id_hash: string
  person_id: string
  assignment_id: string | null
  csrf_secret: string
  assurance: SignInMethod
  /** When the person signed in. Kept when the session gets a new id, so that "signed in lately" stays true to its word. */
  created_at: Instant
  last_seen_at: Instant
  expires_at: Instant
  previous_visit_at: Instant | null
  ended_at: Instant | null
}

export interface ChallengeTable {
  id_hash: string
  purpose: string
  person_id: string | null
  data: Json
  expires_at: Instant
}

export interface LinkTable {
  id: string
  token_hash: string
  purpose: LinkPurpose
  person_id: string
  created_at: Instant
  expires_at: Instant
  used_at: Instant | null
}

export interface RecoveryCodeTable {
  person_id: string
  code_hash: string
  used_at: Instant | null
}

export interface AttemptTable {
  key_hash: string
  failures: number
  first_at: Instant
  last_at: Instant
}

export interface OutsideIdentityTable {
  issuer: string
  subject: string
  person_id: string
  linked_at: Instant
}

/** What a program shows to act as a person, in one role. */
export interface TokenTable {
  id: string
  /** SHA-256 of the token. */
  token_hash: string
  person_id: string
  assignment_id: string
  name: string
  /** The permissions that it may use, as far as the role still holds them. */
  scopes: Json<string[]>
  made_at: Instant
  expires_at: Instant
  last_used_at: Instant | null
  revoked_at: Instant | null
  revoked_by: string | null
}

export interface TokenPolicyTable {
  effective_from: string
  longest_days: number
  requests_per_minute: number
  source: string
}

/** Everything about signing in. Row-level security shows these tables to the system scope alone. */
export interface AuthTables {
  auth_account: AccountTable
  auth_passkey: PasskeyTable
  auth_session: SessionTable
  auth_challenge: ChallengeTable
  auth_invitation: LinkTable
  auth_recovery_code: RecoveryCodeTable
  auth_attempt: AttemptTable
  auth_outside_identity: OutsideIdentityTable
  auth_token: TokenTable
  auth_token_policy: TokenPolicyTable
}

/** Asks about signing in: a reader or a unit of work that sees at least these tables. */
export type AuthReader = Pick<Reader<AuthTables>, 'selectFrom'>
