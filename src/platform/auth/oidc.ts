import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  discovery,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type Configuration,
} from 'openid-client'
import { z } from 'zod'
import { Unavailable } from '../../kernel/errors.ts'
import type { OidcConfig } from '../config/config.ts'
import type { Work } from '../work/work.ts'
import type { ChallengeKind } from './challenges.ts'
import type { AuthReader, AuthTables } from './tables.ts'

/** The path that the outside provider sends people back to. Register it there as `BASE_URL` and this. */
export const OUTSIDE_RETURN_PATH = '/sign-in/outside/return'

/** What must be the same when somebody comes back from the provider, and where they wanted to go. */
const started = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), to: z.string() })
export type OutsideSignIn = z.infer<typeof started>
export const OUTSIDE: ChallengeKind<OutsideSignIn> = { purpose: 'outside', minutes: 10, data: started }

/** Who the provider says it is. `verifiedEmail` only when the provider vouches for the address. */
export interface OutsideIdentity {
  readonly issuer: string
  readonly subject: string
  readonly verifiedEmail: string | null
}

const TIMEOUT_SECONDS = 10
const REDISCOVER_AFTER_MILLIS = 3_600_000

const discovered = new WeakMap<OidcConfig, { readonly at: number; readonly configuration: Promise<Configuration> }>()

/** What the provider publishes about itself (OpenID Connect Discovery 1.0), asked for once an hour. Throws `Unavailable`. */
function configurationOf(oidc: OidcConfig, now: Date): Promise<Configuration> {
  const known = discovered.get(oidc)
  if (known !== undefined && now.getTime() - known.at < REDISCOVER_AFTER_MILLIS) return known.configuration
  const issuer = new URL(oidc.issuer)
  // Without TLS only on this machine: for tests and a first try.
  const execute = issuer.protocol === 'http:' && isLoopback(issuer.hostname) ? [allowInsecureRequests] : []
  const configuration = discovery(issuer, oidc.clientId, undefined, ClientSecretBasic(oidc.clientSecret), {
    execute,
    timeout: TIMEOUT_SECONDS,
  }).catch((cause: unknown) => {
    discovered.delete(oidc)
    throw unreachable(cause)
  })
  discovered.set(oidc, { at: now.getTime(), configuration })
  return configuration
}

/** Begins a sign-in: where to send the browser (authorisation code with PKCE, state and nonce), and what to keep until it is back. */
export async function startOutside(oidc: OidcConfig, baseUrl: string, to: string, now: Date): Promise<{ address: string; keep: OutsideSignIn }> {
  const configuration = await configurationOf(oidc, now)
  const keep = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier(), to }
  const address = buildAuthorizationUrl(configuration, {
    redirect_uri: baseUrl + OUTSIDE_RETURN_PATH,
    scope: 'openid email',
    state: keep.state,
    nonce: keep.nonce,
    code_challenge: await calculatePKCECodeChallenge(keep.verifier),
    code_challenge_method: 'S256',
  })
  return { address: address.href, keep }
}

/**
 * Ends a sign-in: redeems the code and checks the ID token (signature, issuer, audience, nonce, times) and the
 * response's own issuer (RFC 9207). `null` when anything is not as it must be; `address` is the path and query come back to.
 */
export async function finishOutside(
  oidc: OidcConfig,
  baseUrl: string,
  address: string,
  kept: OutsideSignIn,
  now: Date,
): Promise<OutsideIdentity | null> {
  const configuration = await configurationOf(oidc, now)
  const checks = { pkceCodeVerifier: kept.verifier, expectedState: kept.state, expectedNonce: kept.nonce, idTokenExpected: true }
  const tokens = await authorizationCodeGrant(configuration, new URL(baseUrl + address), checks).catch(() => null)
  const claims = tokens?.claims()
  if (tokens === null || claims === undefined) return null
  // Many providers tell the address only when they are asked for it (OpenID Connect Core 1.0 §5.4).
  const about = claims['email'] !== undefined ? claims : await fetchUserInfo(configuration, tokens.access_token, claims.sub).catch(() => null)
  const { email, email_verified: isVerified } = about ?? {}
  // An address that the provider does not vouch for could be anybody's, so it links to nobody.
  return { issuer: claims.iss, subject: claims.sub, verifiedEmail: typeof email === 'string' && isVerified === true ? email : null }
}

/** Who was linked to that identity before, or `null`. */
export async function personLinkedTo(db: AuthReader, identity: OutsideIdentity): Promise<string | null> {
  const row = await db
    .selectFrom('auth_outside_identity')
    .select('person_id')
    .where('issuer', '=', identity.issuer)
    .where('subject', '=', identity.subject)
    .executeTakeFirst()
  return row?.person_id ?? null
}

/** Ties the identity to the person, who is from then on known by issuer and subject, whatever happens to the address. */
export async function linkOutside(work: Work<AuthTables>, identity: OutsideIdentity, personId: string): Promise<void> {
  await work.db
    .insertInto('auth_outside_identity')
    .values({ issuer: identity.issuer, subject: identity.subject, person_id: personId, linked_at: work.now })
    .execute()
  work.record({ verb: 'auth.outside.linked', subject: { kind: 'person', id: personId }, change: { issuer: identity.issuer } })
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function unreachable(cause: unknown): Unavailable {
  return new Unavailable(
    'platform.auth.outside-unreachable',
    'The outside sign-in cannot be reached just now. Sign in another way, or try again later.',
    undefined,
    { cause },
  )
}
