import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { assertNever } from '../../kernel/assert-never.ts'
import { NotFound, SignInNeeded } from '../../kernel/errors.ts'
import { withSystemSight } from '../auth/actors.ts'
import type { GaugeSample, MetricsHook } from '../module.ts'
import type { Platform } from '../platform.ts'
import type { StaticFiles } from '../views.ts'
import { ANONYMOUS, assertMay, SYSTEM, type Actor } from '../work/actor.ts'
import { readAs } from '../work/read.ts'
import { runWork } from '../work/work.ts'
import { isUnchanged } from './conditional.ts'
import { challengesFor, createTokenCheck, streamHolderOf, type TokenIdentity } from './credentials.ts'
import { openToAnyOrigin } from './cross-origin.ts'
import { assertCsrfToken, assertSameOrigin, csrfTokenOf } from './csrf.ts'
import { createEventStreams } from './events.ts'
import { failureOf } from './failure.ts'
import { assertJson, parseInput, registerJson, withoutNul } from './input.ts'
import { methodsOf, WrongMethod } from './methods.ts'
import { createMetrics } from './metrics.ts'
import { problemDetails } from './problem-details.ts'
import type { CookieChange, PageReply, Reply } from './reply.ts'
import { isMachinePath, type FormBody, type Route, type RouteRequest, type SessionView } from './route.ts'
import { registerStaticFiles } from './static-files.ts'
import { bodyLimitOf, filesOf, registerUploads } from './upload.ts'

/** Who asks. Made from the cookie by the app, which knows sessions and roles. */
export interface Identity {
  readonly actor: Actor
  readonly session: SessionView | null
}

/** What the server needs of the floors above. */
export interface ServerParts {
  readonly routes: readonly Route[]
  readonly staticFiles: StaticFiles
  readonly metrics: readonly MetricsHook[]
  identify(sessionCookie: string | null): Promise<Identity>
  /** Whom a program acts as by that token; `null` when it does not work. */
  identifyToken(token: string): Promise<TokenIdentity | null>
  /** The model of the frame around every page: navigation, who is signed in, notices. */
  shell(page: ShellRequest): object
  /**
   * Keeps a form that was sent after the session ran out, for whoever that session belonged to. Gives the value of a cookie
   * under which sign-in finds it; `null` when the browser never was signed in, so that strangers store nothing.
   */
  keepInterruptedForm(address: string, body: FormBody, sessionCookie: string | null): Promise<string | null>
  isReady(): Promise<{ readonly ready: boolean; readonly checks: Readonly<Record<string, string>> }>
}

export interface ShellRequest {
  readonly title: string
  readonly identity: Identity
  readonly csrfToken: string
  readonly notice: string | null
  readonly problems: PageReply['problems']
  readonly isExercise: boolean
  readonly address: string
  readonly requestId: string
  readonly now: Date
}

const LARGEST_FORM_BYTES = 1_048_576
const REQUESTS_PER_MINUTE = 1_200
const EVENT_STREAM = 'text/event-stream'

/** Builds the web server. It listens to nothing until told to, so tests call it by `inject`. */
export async function createServer(platform: Platform, parts: ServerParts): Promise<FastifyInstance> {
  const isHttps = platform.config.baseUrl.startsWith('https:')
  const trusted = [...platform.config.trustProxy]
  const roots = parts.routes.filter(({ rootOf }) => rootOf !== null)
  const loggerInstance: FastifyBaseLogger = platform.log
  const server = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LARGEST_FORM_BYTES,
    trustProxy: trusted.length > 0 ? trusted : false,
    requestIdHeader: false,
    genReqId: () => uuidv7(),
    rewriteUrl: ({ url = '/', headers: { host = '' } }) =>
      (url === '/' ? roots.find(({ rootOf }) => host.toLowerCase().startsWith(rootOf ?? '')) : undefined)?.path ?? url,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 400 },
    // What no route can be found for, such as half of a percent sign: the same form of error as everywhere.
    frameworkErrors: (error, request, reply) => void failEarly(request, reply, error),
    forceCloseConnections: 'idle',
    requestTimeout: 60_000,
  })
  const cookies = cookieNames(isHttps)
  const metrics = createMetrics(parts.metrics, () =>
    readAs<never, readonly GaugeSample[]>(platform, SYSTEM, async db => {
      const samples: GaugeSample[] = []
      for (const hook of parts.metrics) samples.push(...(await hook.read(db, platform.clock.now())))
      return samples
    }),
  )

  await server.register(cookie)
  registerJson(server)
  await server.register(formbody, { bodyLimit: LARGEST_FORM_BYTES })
  registerUploads(server, parts.routes)
  await server.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: CONTENT_SECURITY_POLICY },
    strictTransportSecurity: isHttps ? { maxAge: 63_072_000, includeSubDomains: true } : false,
    // Nothing to other sites, for an address may hold a link's token. To ourselves it must be sent: without it, a browser that
    // knows no Fetch Metadata calls the origin of a form null, and the form would be refused.
    referrerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
    xFrameOptions: { action: 'deny' },
  })
  await server.register(rateLimit, {
    max: REQUESTS_PER_MINUTE,
    timeWindow: '1 minute',
    allowList: request => request.url.startsWith('/assets/') || request.url === '/healthz',
  })

  const streams = createEventStreams(platform)
  server.addHook('preClose', async () => streams.endAll())

  server.addHook('onResponse', async (request, reply) => {
    // How long somebody watched says nothing of how quickly we answer.
    if (reply.getHeader('content-type') !== EVENT_STREAM)
      metrics.observe(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime)
    platform.log.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime),
      },
      'http',
    )
  })
  server.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (!request.url.startsWith('/assets/')) reply.header('cache-control', 'no-store')
  })

  registerStaticFiles(server, parts.staticFiles)
  server.get('/healthz', async () => ({ alive: true }))
  server.get('/readyz', async (_request, reply) => {
    const { ready, checks } = await parts.isReady()
    return reply.code(ready ? 200 : 503).send({ ready, checks })
  })
  server.get('/metrics', async (request, reply) => {
    // The address of the connection itself: a forwarded one could be claimed by anybody.
    const peer = request.socket.remoteAddress ?? ''
    if (isForwarded(request) || !platform.config.metricsAllow.includes(peer.replace(/^::ffff:/, '')))
      throw new NotFound('platform.http.no-page', 'There is no such page.')
    const text = await metrics.text(error => platform.log.warn({ err: error }, 'metrics: the figures of the domains could not be read'))
    return reply.type(metrics.contentType).send(text)
  })

  const checkToken = createTokenCheck(platform.clock, parts.identifyToken)
  const routes = new Map(parts.routes.map(route => [`${route.method} ${route.path}`, route]))
  const methodsAt = methodsOf(parts.routes.filter(({ operation, failure }) => operation !== null || failure !== null))
  const failureForms = new Map(parts.routes.flatMap(({ path, failure }) => (failure === null ? [] : [[path.split('/')[1], failure] as const])))
  const identities = new WeakMap<FastifyRequest, Identity>()
  const identityOf = (request: FastifyRequest): Identity => identities.get(request) ?? { actor: ANONYMOUS, session: null }

  function sendPage(request: FastifyRequest, reply: FastifyReply, content: PageReply): FastifyReply {
    const identity = identityOf(request)
    const shell = parts.shell({
      title: content.title,
      identity,
      csrfToken: csrfTokenOf(identity.session),
      notice: takeNotice(request, reply),
      problems: content.problems,
      isExercise: content.isExercise,
      address: request.url,
      requestId: request.id,
      now: platform.clock.now(),
    })
    const html = platform.views.render(content.template, { ...content.model, shell })
    return reply.code(content.status).type('text/html; charset=utf-8').send(html)
  }

  function takeNotice(request: FastifyRequest, reply: FastifyReply): string | null {
    const value = request.cookies[cookies.notice]
    if (value === undefined) return null
    reply.clearCookie(cookies.notice, cookies.options)
    const [text = '', signature = ''] = value.split('.')
    return platform.signer.verify('notice', text, signature) ? Buffer.from(text, 'base64url').toString('utf8') : null
  }

  function setCookie(reply: FastifyReply, change: CookieChange): void {
    if (change.value === null) reply.clearCookie(cookies[change.name], cookies.options)
    else reply.setCookie(cookies[change.name], change.value, { ...cookies.options, maxAge: change.maxAgeSeconds })
  }

  async function send(request: FastifyRequest, reply: FastifyReply, content: Reply): Promise<FastifyReply> {
    switch (content.kind) {
      case 'page':
        return sendPage(request, reply, content)
      case 'redirect': {
        for (const change of content.cookies) setCookie(reply, change)
        if (content.notice !== null) {
          const text = Buffer.from(content.notice, 'utf8').toString('base64url')
          reply.setCookie(cookies.notice, `${text}.${platform.signer.sign('notice', text)}`, { ...cookies.options, maxAge: 60 })
        }
        return reply.redirect(content.to, 303)
      }
      case 'json': {
        const answer = reply.code(content.status).headers(content.headers ?? {})
        if (content.status === 204) return answer.send()
        return answer.type(`application/${content.isProblem ? 'problem+json' : 'json'}; charset=utf-8`).send(JSON.stringify(content.body))
      }
      case 'file': {
        if (content.filename !== null) reply.header('content-disposition', `attachment; filename="${content.filename.replace(/[^\w.-]/g, '-')}"`)
        reply.headers(content.headers ?? {})
        if (content.headers !== undefined && isUnchanged(request.headers, content.headers)) return reply.code(304).send()
        const body = typeof content.body === 'string' || Buffer.isBuffer(content.body) ? content.body : streamOf(content.body)
        return reply
          .code(content.status ?? 200)
          .type(content.contentType)
          .send(body)
      }
      case 'events': {
        const body = streams.open(streamHolderOf(request, identityOf(request).session, parts.identifyToken), content)
        // A proxy that gathers an answer before it passes it on would tell nothing until the end.
        return reply.header('x-accel-buffering', 'no').header('content-type', EVENT_STREAM).send(body)
      }
      default:
        return assertNever(content)
    }
  }

  for (const route of parts.routes) {
    server.route({
      method: route.method,
      url: route.path,
      ...bodyLimitOf(route),
      ...(route.isForAnyOrigin ? openToAnyOrigin(server, route.path) : {}),
      ...(route.perMinute === null ? {} : { config: { rateLimit: { max: route.perMinute, timeWindow: '1 minute' } } }),
      handler: async (request, reply) => {
        const identity = await identityFor(route, request, reply)
        identities.set(request, identity)
        await assertAccess(route, identity, request, reply)
        if (request.method === 'POST' && identity.session !== null && route.crossSite === null) assertCsrfToken(request, identity.session)
        if (route.operation !== null) assertJson(request)
        const now = platform.clock.now()
        const routeRequest: RouteRequest = {
          actor: identity.actor,
          session: identity.session,
          params: parseInput(route.params, request.params),
          query: parseInput(route.query, request.query),
          body: withoutNul(request.body ?? {}) as FormBody,
          files: filesOf(request),
          address: request.url,
          remoteAddress: trusted.length === 0 && isForwarded(request) ? `behind ${request.ip}` : request.ip,
          requestId: request.id,
          bearerToken: /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null,
          idempotencyKey: [request.headers['idempotency-key']].flat()[0] ?? null,
          header: name => (name === 'authorization' || name === 'cookie' ? null : ([request.headers[name]].flat()[0] ?? null)),
          now,
          challengeCookie: request.cookies[cookies.challenge] ?? null,
          platform,
          read: body => readAs(platform, identity.actor, body),
          work: body => runWork(platform, identity.actor, body, request.id),
          workWithSystemSight: body => runWork(platform, withSystemSight(identity.actor), body, request.id),
        }
        return send(request, reply, await route.handle(routeRequest))
      },
    })
  }

  /** A token proves by itself that the request was meant: no browser adds it unasked, as it does a cookie. */
  async function identityFor(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<Identity> {
    const bearer = await checkToken(route, request, reply)
    if (bearer !== null) return { actor: bearer, session: null }
    if (request.method === 'POST' && route.crossSite === null) assertSameOrigin(request)
    return parts.identify(request.cookies[cookies.session] ?? null)
  }

  async function assertAccess(route: Route, identity: Identity, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if ('public' in route.access) return
    if (identity.actor.kind === 'anonymous') {
      if (request.method === 'POST' && !route.isMachine) {
        const value = await parts.keepInterruptedForm(request.url, (request.body ?? {}) as FormBody, request.cookies[cookies.session] ?? null)
        if (value !== null) setCookie(reply, { name: 'challenge', value, maxAgeSeconds: 3_600 })
      }
      throw new SignInNeeded('platform.http.sign-in-needed', route.isMachine ? SEND_A_TOKEN : SIGN_IN_FIRST)
    }
    if ('permission' in route.access) assertMay(identity.actor, route.access.permission)
  }

  server.setNotFoundHandler({ preHandler: server.rateLimit({ max: 120, timeWindow: '1 minute' }) }, async (request, reply) => {
    const allowed = methodsAt(pathOf(request))
    if (allowed.length > 0) return fail(request, reply.header('allow', allowed.join(', ')), new WrongMethod())
    identities.set(request, await parts.identify(request.cookies[cookies.session] ?? null))
    return fail(
      request,
      reply,
      new NotFound('platform.http.no-page', 'There is no page at this address, or it is not for your role. Check the address, or search.'),
    )
  })
  server.setErrorHandler(async (error, request, reply) => {
    // What is refused before its route is asked, such as a body too large, still gets the frame of whoever sent it.
    const cookie = request.cookies[cookies.session] ?? null
    try {
      if (!identities.has(request) && cookie !== null) identities.set(request, await parts.identify(cookie))
    } catch {
      // With the database gone nobody can be known, and the page of the error still comes.
    }
    return fail(request, reply, error)
  })

  /** Before there is a route there are no cookies either, so a page could not be made. */
  function failEarly(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
    if (isMachinePath(pathOf(request))) return fail(request, reply, error)
    const { status, title, message } = failureOf(error)
    return reply.code(status).type('text/plain; charset=utf-8').send(`${title}. ${message}`)
  }

  function fail(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
    const failure = failureOf(error)
    if (failure.status >= 500) platform.log.error({ err: error, requestId: request.id, route: request.routeOptions.url ?? 'none' }, 'http: failed')
    const route = routes.get(`${request.method} ${request.routeOptions.url ?? ''}`)
    if (route?.isMachine ?? isMachinePath(pathOf(request))) {
      const problem = { contentType: 'application/problem+json; charset=utf-8', body: JSON.stringify(problemDetails(failure, request.id)) }
      if (failure.status === 401) reply.header('www-authenticate', challengesFor(request.url, failure.code === 'platform.token.unknown'))
      // Where nothing is, the form of what lies around it.
      const form = route?.failure ?? failureForms.get(request.url.split('/')[1] ?? '')
      const { contentType, body } = form?.(failure, request.id) ?? problem
      // Bytes: of a text Fastify writes the type anew, and a reader of TAXII compares it to the letter.
      return reply.code(failure.status).type(contentType).send(Buffer.from(body))
    }
    if (failure.status === 401)
      return reply.redirect(`/sign-in?to=${encodeURIComponent(request.method === 'GET' ? request.url : '/interrupted')}`, 303)
    try {
      const model = { failure, reference: request.id }
      return sendPage(request, reply, {
        kind: 'page',
        template: 'errors/error.njk',
        title: failure.title,
        model,
        status: failure.status,
        problems: [],
        isExercise: false,
      })
    } catch (broken) {
      platform.log.error({ err: broken, requestId: request.id }, 'http: the error page failed')
      return reply.code(failure.status).type('text/plain; charset=utf-8').send(`${failure.title}. ${failure.message} Reference: ${request.id}`)
    }
  }

  return server
}

const SIGN_IN_FIRST = 'Sign in, and you come back to this page. What you typed is kept for an hour.'
const SEND_A_TOKEN = 'Send a token in the header Authorization: Bearer TOKEN. People make them under /account/tokens; they begin with carecert_.'

/** Nothing from elsewhere, nothing inline. */
const CONTENT_SECURITY_POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'manifest-src': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
}

/** The `__Host-` prefix (RFC 6265bis §4.1.3.2) ties a cookie to this host over TLS; without TLS a browser would drop it. */
function cookieNames(isHttps: boolean) {
  const prefix = isHttps ? '__Host-' : ''
  return {
    session: `${prefix}carecert`,
    challenge: `${prefix}carecert-challenge`,
    notice: `${prefix}carecert-notice`,
    options: { path: '/', httpOnly: true, sameSite: 'lax' as const, secure: isHttps },
  }
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? ''
}

/** Whether a proxy stands between: then the connection's own address says nothing of who asks. */
function isForwarded(request: FastifyRequest): boolean {
  return request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined
}

async function* encode(parts: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const part of parts) yield typeof part === 'string' ? Buffer.from(part, 'utf8') : part
}

function streamOf(parts: AsyncIterable<string | Uint8Array>): ReadableStream {
  return ReadableStream.from(encode(parts))
}
