import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

/** One message that it took. */
export interface NotifyMessage {
  readonly id: string
  readonly type: 'email' | 'sms'
  readonly to: string
  readonly reference: string | null
  /** With the placeholders filled, before Markdown is rendered. */
  readonly body: string
  readonly subject: string | null
  readonly unsubscribe: string | null
}

export interface NotifyStandIn {
  /** What `NOTIFY_URL` would be. */
  readonly url: string
  /** What the settings would be, for `createTestPlatform({ env })`. */
  readonly env: Readonly<Record<string, string>>
  readonly messages: NotifyMessage[]
  /** How many requests came, refused ones included. */
  readonly asked: () => number
  /** Answers the next requests so, instead of as it would. */
  failNext(status: number, times?: number): void
  /** How many it takes a minute, of one kind of key, and a day, of each channel. */
  readonly limits: { perMinute: number; emailsPerDay: number; textsPerDay: number }
  /** Tells our callback what became of a message, as Notify does: again when we do not answer 2xx, five times at most. Gives the statuses of our answers. */
  tell(address: string, token: string, message: NotifyMessage, status: string, changes?: object): Promise<readonly number[]>
}

const SERVICE = randomUUID()
const SECRET = randomUUID()
const EMAIL_TEMPLATE = randomUUID()
const TEXT_TEMPLATE = randomUUID()
const CLOCK_TOLERANCE_SECONDS = 30

interface Sent {
  readonly template_id?: string
  readonly email_address?: string
  readonly phone_number?: string
  readonly personalisation?: Readonly<Record<string, unknown>>
  readonly reference?: string
  readonly one_click_unsubscribe_url?: string
}

class Refusal extends Error {
  readonly status: number
  readonly error: string

  constructor(status: number, error: string, message: string) {
    super(message)
    this.status = status
    this.error = error
  }
}

/**
 * GOV.UK Notify as it answers on the network: JWT HS256 of the key with `iss` and a fresh `iat`, its error bodies, its rate of 3,000 a
 * minute and limits of the day, what it says of a reference, and callbacks with a bearer token that are tried again. Closed after the test file.
 */
export async function startNotify(): Promise<NotifyStandIn> {
  const messages: NotifyMessage[] = []
  const limits = { perMinute: 3_000, emailsPerDay: 250_000, textsPerDay: 250_000 }
  const times: number[] = []
  let asked = 0
  const failures: number[] = []
  const statuses = new Map<string, string>()

  function admit(request: IncomingMessage): void {
    assertToken(request.headers.authorization)
    const failure = failures.shift()
    if (failure !== undefined) throw new Refusal(failure, 'Exception', 'Internal server error')
    const now = performance.now()
    while ((times[0] ?? now) < now - 60_000) times.shift()
    if (times.length >= limits.perMinute)
      throw new Refusal(429, 'RateLimitError', `Exceeded rate limit for key type LIVE of ${limits.perMinute} requests per 60 seconds`)
    times.push(now)
  }

  /** What it took under a reference, newest first. */
  function list(reference: string | null): object {
    const found = messages.filter(message => reference === null || message.reference === reference).toReversed()
    return {
      notifications: found.map(({ id, type, reference: its }) => ({ id, type, reference: its, status: statuses.get(id) ?? 'sending' })),
      links: { current: '/v2/notifications' },
    }
  }

  function take(request: IncomingMessage, sent: Sent): object {
    const type = request.url === '/v2/notifications/email' ? 'email' : 'sms'
    const day = type === 'email' ? limits.emailsPerDay : limits.textsPerDay
    if (messages.filter(message => message.type === type).length >= day)
      throw new Refusal(429, 'TooManyRequestsError', `Exceeded send limits (${type}: ${day}) for today`)
    const to = addressOf(type, sent)
    const isKnown = sent.template_id === (type === 'email' ? EMAIL_TEMPLATE : TEXT_TEMPLATE)
    if (!isKnown) throw new Refusal(400, 'BadRequestError', 'Template not found')
    const wanted = type === 'email' ? ['subject', 'body'] : ['body']
    const missing = wanted.filter(name => typeof sent.personalisation?.[name] !== 'string')
    if (missing.length > 0) throw new Refusal(400, 'BadRequestError', `Missing personalisation: ${missing.join(', ')}`)
    const text = (name: string) => {
      const value = sent.personalisation?.[name]
      return typeof value === 'string' ? value : ''
    }
    if (type === 'sms' && text('body').length > 918)
      throw new Refusal(400, 'ValidationError', 'Content for template has a character count greater than the limit of 918')
    const message = {
      id: randomUUID(),
      type,
      to,
      reference: sent.reference ?? null,
      body: text('body'),
      subject: type === 'email' ? text('subject') : null,
      unsubscribe: sent.one_click_unsubscribe_url ?? null,
    } as const
    messages.push(message)
    return {
      id: message.id,
      reference: message.reference,
      content: { body: message.body },
      uri: `/v2/notifications/${message.id}`,
      template: { id: sent.template_id, version: 1 },
    }
  }

  const server = createServer((request, response) => {
    asked += 1
    void bodyOf(request).then(body => {
      try {
        const address = new URL(request.url ?? '/', 'http://notify')
        if (request.method === 'GET' && address.pathname === '/v2/notifications') {
          admit(request)
          return answer(response, 200, list(address.searchParams.get('reference')))
        }
        if (request.method !== 'POST' || !/^\/v2\/notifications\/(email|sms)$/.test(request.url ?? ''))
          throw new Refusal(404, 'NoResultFound', 'Not found')
        admit(request)
        answer(response, 201, take(request, JSON.parse(body) as Sent))
      } catch (error) {
        const refusal = error instanceof Refusal ? error : new Refusal(400, 'BadRequestError', 'Invalid JSON supplied in POST data')
        answer(response, refusal.status, { status_code: refusal.status, errors: [{ error: refusal.error, message: refusal.message }] })
      }
    })
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    env: {
      NOTIFY_URL: url,
      NOTIFY_API_KEY: `carecert-${SERVICE}-${SECRET}`,
      NOTIFY_EMAIL_TEMPLATE: EMAIL_TEMPLATE,
      NOTIFY_TEXT_TEMPLATE: TEXT_TEMPLATE,
    },
    messages,
    asked: () => asked,
    limits,
    failNext: (status, count = 1) => void failures.push(...Array.from({ length: count }, () => status)),
    async tell(address, token, message, status, changes = {}) {
      statuses.set(message.id, status)
      const callback = {
        id: message.id,
        reference: message.reference,
        to: message.to,
        status,
        created_at: '2026-11-20T09:00:00.000000Z',
        completed_at: '2026-11-20T09:00:05.000000Z',
        sent_at: '2026-11-20T09:00:01.000000Z',
        notification_type: message.type,
        template_id: message.type === 'email' ? EMAIL_TEMPLATE : TEXT_TEMPLATE,
        template_version: 1,
        ...changes,
      }
      const answers: number[] = []
      for (let attempt = 0; attempt < 5; attempt += 1) {
        const response = await fetch(address, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(callback),
        })
        await response.arrayBuffer()
        answers.push(response.status)
        if (response.ok) break
      }
      return answers
    },
  }
}

/** As Notify checks it: HS256 under the key's last 36 characters, its service as `iss`, made within 30 seconds. */
function assertToken(header: string | undefined): void {
  const token = /^Bearer (.+)$/.exec(header ?? '')?.[1]
  if (token === undefined) throw new Refusal(401, 'AuthError', 'Unauthorized: authentication token must be provided')
  const [head = '', body = '', signature = ''] = token.split('.')
  const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg?: string }
  if (alg !== 'HS256') throw new Refusal(403, 'AuthError', 'Invalid token: algorithm used is not HS256')
  const { iss, iat = 0 } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { iss?: string; iat?: number }
  if (iss !== SERVICE) throw new Refusal(403, 'AuthError', 'Invalid token: service not found')
  const right = createHmac('sha256', SECRET).update(`${head}.${body}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== right.length || !timingSafeEqual(given, right)) throw new Refusal(403, 'AuthError', 'Invalid token: API key not found')
  if (Math.abs(Date.now() / 1_000 - iat) > CLOCK_TOLERANCE_SECONDS)
    throw new Refusal(403, 'AuthError', 'Error: Your system clock must be accurate to within 30 seconds')
}

function addressOf(type: 'email' | 'sms', sent: Sent): string {
  if (type === 'email') {
    const address = sent.email_address ?? ''
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address)) throw new Refusal(400, 'ValidationError', 'email_address Not a valid email address')
    return address
  }
  const digits = (sent.phone_number ?? '').replace(/[\s()+-]/g, '')
  if (!/^\d+$/.test(digits)) throw new Refusal(400, 'ValidationError', 'phone_number Must not contain letters or symbols')
  if (digits.length < 10) throw new Refusal(400, 'ValidationError', 'phone_number Not enough digits')
  return sent.phone_number ?? ''
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
