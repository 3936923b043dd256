import type { FastifyReply, FastifyRequest } from 'fastify'
import { Bug, Forbidden, Invalid, SignInNeeded, TooMany } from '../../kernel/errors.ts'
import { TOKEN_PREFIX } from '../auth/api-tokens.ts'
import { networkOf } from '../auth/attempts.ts'
import { hashToken } from '../auth/tokens.ts'
import type { Clock } from '../clock/clock.ts'
import type { Actor } from '../work/actor.ts'
import type { StreamHolder } from './events.ts'
import { createMinuteCounts } from './rates.ts'
import type { Route, SessionView } from './route.ts'

/** Who a token lets its bearer act as. */
export interface TokenIdentity {
  readonly tokenId: string
  readonly actor: Actor
  readonly requestsPerMinute: number
}

/** Tokens that are unknown, ended or revoked, from one network in one minute. Beyond, it is told to wait rather than why. */
const BAD_TOKENS_PER_MINUTE = 30

/**
 * Finds out who asks by a token, where programs ask.
 *
 * 1. A token counts in the header `Authorization` alone: `Bearer TOKEN` (RFC 6750 §2.1), or Basic (RFC 7617) with it as the password and anything as the
 *    name. One in an address is refused, for addresses are logged and passed on.
 * 2. Pages never take one: whoever holds a token cannot reach what is for people, such as making another token.
 * 3. Whoever shows a token is its actor or nobody: a session that comes along does not count.
 * 4. Credentials of other kinds, such as those for a proxy before us, mean nothing here and are passed over.
 */
export function createTokenCheck(clock: Clock, identifyToken: (token: string) => Promise<TokenIdentity | null>) {
  const counts = createMinuteCounts()

  return async (route: Route, request: FastifyRequest, reply: FastifyReply): Promise<Actor | null> => {
    if (!route.isMachine) return null
    if (request.url.includes(TOKEN_PREFIX)) {
      throw new Invalid(
        'platform.token.in-address',
        'A token in an address is kept by logs and passed on. Send it in the header Authorization, and revoke this one.',
      )
    }
    const token = tokenIn(request.headers.authorization)
    if (token === null) return null
    const now = clock.now()
    const found = await identifyToken(token)
    if (found === null) {
      const { isOver, resetSeconds } = counts.take(`bad ${networkOf(request.ip)}`, BAD_TOKENS_PER_MINUTE, now)
      if (isOver) {
        reply.header('retry-after', resetSeconds)
        throw new TooMany(
          'platform.token.too-many-bad',
          'Too many tokens that do not work came from your network. Wait a minute, and check the token.',
        )
      }
      throw new SignInNeeded(
        'platform.token.unknown',
        'This token does not work: it is mistyped, has ended or was revoked. Make another under /account/tokens.',
      )
    }
    const { tokenId, actor, requestsPerMinute } = found
    const { isOver, left, resetSeconds } = counts.take(tokenId, requestsPerMinute, now)
    // draft-ietf-httpapi-ratelimit-headers: the policy, and what is left of it.
    reply.header('ratelimit-policy', `"token";q=${requestsPerMinute};w=60`).header('ratelimit', `"token";r=${left};t=${resetSeconds}`)
    if (isOver) {
      reply.header('retry-after', resetSeconds)
      throw new TooMany('platform.token.too-many', `This token may ask ${requestsPerMinute} times a minute. Wait ${resetSeconds} seconds.`)
    }
    if (route.personOnly !== null)
      throw new Forbidden('platform.token.person-only', `This is for people who are signed in, not for tokens. ${route.personOnly}`)
    return actor
  }
}

/** Who holds a stream that the request opens, so that it ends when their session or their token does. */
export function streamHolderOf(
  request: FastifyRequest,
  session: SessionView | null,
  identifyToken: (token: string) => Promise<TokenIdentity | null>,
): StreamHolder {
  if (session !== null) return { kind: 'session', hash: session.idHash }
  const token = tokenIn(request.headers.authorization)
  if (token === null) throw new Bug('platform.http.stream-of-nobody', 'A stream is for whoever is signed in or shows a token.')
  return { kind: 'token', hash: hashToken(token), stillWorks: async () => (await identifyToken(token)) !== null }
}

/** A challenge for each way to come in (RFC 9110 §11.6.1). To scripts of our own pages none that makes a browser ask for a password. */
export function challengesFor(path: string, isBadToken: boolean): string {
  const bearer = `Bearer realm="CareCERT"${isBadToken ? ', error="invalid_token"' : ''}`
  return path.startsWith('/api/') ? bearer : `${bearer}, Basic realm="CareCERT", charset="UTF-8"`
}

/** Our own kind of token in the header, or `null`. */
function tokenIn(header: string | undefined): string | null {
  const [, scheme = '', credentials = ''] = /^(Bearer|Basic) +(\S+) *$/i.exec(header ?? '') ?? []
  const token = scheme.toLowerCase() === 'basic' ? passwordIn(credentials) : credentials
  return token.startsWith(TOKEN_PREFIX) ? token : null
}

function passwordIn(credentials: string): string {
  const pair = Buffer.from(credentials, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}
