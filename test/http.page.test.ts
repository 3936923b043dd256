import assert from 'node:assert/strict'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createWeb } from '../src/app/web.ts'
import { createTestApp } from './support/app.ts'

const app = await createTestApp()

test('nothing inline and nothing from elsewhere may run in a page', async () => {
  const { headers } = await app.visitor.get('/sign-in')
  const policy = String(headers['content-security-policy'])
  assert.match(policy, /default-src 'none'/)
  assert.match(policy, /script-src 'self'/)
  assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|https:|\*/)
  assert.match(policy, /frame-ancestors 'none'/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['referrer-policy'], 'same-origin')
  assert.equal(headers['cache-control'], 'no-store')
})

test('without TLS there is no HSTS; behind TLS there is, and cookies are Secure with the __Host- prefix', async () => {
  assert.equal((await app.visitor.get('/sign-in')).headers['strict-transport-security'], undefined)
  const behindTls = { ...app.platform, config: { ...app.platform.config, baseUrl: 'https://carecert.example' } }
  const server = await createWeb(behindTls, app.platform.staticFiles)
  const response = await server.inject({ method: 'POST', url: '/sign-out', headers: { 'sec-fetch-site': 'same-origin' } })
  assert.match(String(response.headers['strict-transport-security']), /max-age=63072000/)
  const [cookie] = response.cookies
  assert.ok(cookie !== undefined && cookie.name.startsWith('__Host-'), JSON.stringify(response.cookies))
  assert.deepEqual(
    { secure: cookie.secure, httpOnly: cookie.httpOnly, path: cookie.path, sameSite: cookie.sameSite },
    { secure: true, httpOnly: true, path: '/', sameSite: 'Lax' },
  )
  await server.close()
})

test('every answer carries an id of its own, and an error page shows it', async () => {
  const first = await app.visitor.get('/no-such-page')
  const second = await app.visitor.get('/no-such-page')
  const id = String(first.headers['x-request-id'])
  assert.equal(first.statusCode, 404)
  assert.notEqual(id, second.headers['x-request-id'])
  assert.ok(first.body.includes(id))
})

test('a machine gets its errors as problem details', async () => {
  const response = await app.visitor.get('/api/v1/no-such-thing')
  assert.equal(response.statusCode, 404)
  assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
  const problem = JSON.parse(response.body) as Record<string, unknown>
  assert.deepEqual(Object.keys(problem).toSorted(), ['detail', 'instance', 'status', 'title', 'type'])
})

test('a form sent from another site is refused, and so is one without the session’s token', async () => {
  const administrator = await app.signIn('administrator')
  const elsewhere = await administrator.post('/account/act-as', {}, { from: '/account', headers: { 'sec-fetch-site': 'cross-site' } })
  assert.equal(elsewhere.statusCode, 403)
  const olderBrowser = await administrator.post('/account/act-as', {}, { headers: { 'sec-fetch-site': '', origin: 'https://evil.example' } })
  assert.equal(olderBrowser.statusCode, 403)
  const forged = await administrator.post('/account/act-as', { _csrf: 'forged' })
  assert.equal(forged.statusCode, 403)
})

test('a form that is too large is refused with a sentence that says so', async () => {
  const administrator = await app.signIn('administrator')
  const response = await administrator.post('/account/act-as', { text: 'x'.repeat(1_200_000) }, { from: '/account' })
  assert.equal(response.statusCode, 413)
  assert.match(response.body, /too large/i)
})

test('the figures of /metrics are for configured addresses only, whatever a header claims', async () => {
  const allowed = await app.server.inject({ url: '/metrics', remoteAddress: '127.0.0.1' })
  assert.equal(allowed.statusCode, 200)
  assert.match(allowed.body, /carecert_http_request_seconds_bucket/)
  const throughProxy = await app.server.inject({ url: '/metrics', remoteAddress: '127.0.0.1', headers: { 'x-forwarded-for': '203.0.113.9' } })
  assert.equal(throughProxy.statusCode, 404, 'a proxy on this machine must not open it to everybody')
  const outside = await app.server.inject({ url: '/metrics', remoteAddress: '203.0.113.9', headers: { 'x-forwarded-for': '127.0.0.1' } })
  assert.equal(outside.statusCode, 404)
})

test('alive says alive; ready says what is missing', async () => {
  assert.deepEqual((await app.server.inject('/healthz')).json(), { alive: true })
  const ready = await app.server.inject('/readyz')
  assert.equal(ready.statusCode, 503)
  assert.deepEqual(ready.json(), { ready: false, checks: { database: 'ok', workers: 'no worker has shown life lately' } })
})

test('a request in flight is answered before the server goes', async () => {
  const server = await createWeb(app.platform, app.platform.staticFiles)
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  const answered = new Promise<number>((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/sign-in', headers: { connection: 'close' } }, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    asked.on('error', reject)
    asked.end()
    server.server.once('request', () => void server.close())
  })
  assert.equal(await answered, 200)
})

test('too many requests in a minute are turned away', async () => {
  const statuses = new Set<number>()
  for (let count = 0; count < 130; count += 1)
    statuses.add((await app.server.inject({ url: '/no-such-page', remoteAddress: '198.51.100.7' })).statusCode)
  assert.deepEqual([...statuses].toSorted(), [404, 429])
})

test('with the database gone, whoever is signed in still gets a page that says so', async () => {
  const alone = await createTestApp()
  const reader = await alone.signIn('analyst')
  await alone.platform.database.close()
  const { statusCode, headers, body } = await reader.get('/')
  assert.ok(statusCode >= 500)
  assert.match(String(headers['content-type']), /^text\/html/)
  assert.match(body, /<h1/)
})
