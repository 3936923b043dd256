import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROUTES } from '../src/app/modules.ts'
import { createWeb } from '../src/app/web.ts'
import { bulletinNumber } from '../src/domains/broadcast/bulletins/model.ts'
import type { Route } from '../src/platform/http/route.ts'
import { createLog } from '../src/platform/log/log.ts'
import { createTestApp } from './support/app.ts'
import { releasedBulletin } from './support/released-bulletin.ts'
import { programOf, type Program } from './support/tokens.ts'

const app = await createTestApp()
const SECRET = 'Tamarind Quill'
const bulletin = await releasedBulletin(app.platform, {
  organisations: 1,
  tlp: 'RED',
  title: SECRET,
  content: { shortSummary: SECRET, summary: SECRET },
})
const number = bulletinNumber(bulletin.number)
const { rows } = await app.platform.database.pool.query<{ code: string }>('select code from directory_organisation where id = $1', [
  bulletin.organisationIds[0],
])
const told = rows[0]?.code ?? ''
const outsider = await app.signIn('cyber-lead', { organisation: 'OUTSIDE' })
const operations = ROUTES.filter(route => route.operation !== null && !route.path.startsWith('/api/v1/openapi'))

function addressOf(route: Route): string {
  return route.path.replaceAll(':number', number).replaceAll(':code', told).replaceAll(/:\w+/g, bulletin.bulletinId)
}

async function everyAnswer(program: Program): Promise<Map<string, { status: number; body: string }>> {
  const answers = new Map<string, { status: number; body: string }>()
  for (const route of operations) {
    const answer = await program.ask(route.method, addressOf(route), route.method === 'POST' ? {} : undefined)
    answers.set(`${route.method} ${route.path}`, { status: answer.statusCode, body: answer.body })
  }
  return answers
}

test('whom the bulletin was sent to reads it by a token; another organisation finds nothing there', async () => {
  const insider = await programOf(app, await app.signIn('cyber-lead', { organisation: told }), 'cyber-lead')
  const read = await insider.ask('GET', `/api/v1/bulletins/${number}`)
  assert.equal(read.statusCode, 200, read.body)
  assert.ok(read.body.includes(SECRET), 'the test would prove nothing otherwise')
  const other = await (await programOf(app, outsider, 'cyber-lead')).ask('GET', `/api/v1/bulletins/${number}`)
  assert.equal(other.statusCode, 404)
})

test('no operation shows another organisation’s program a word of it, and none breaks', async () => {
  for (const [name, { status, body }] of await everyAnswer(await programOf(app, outsider, 'cyber-lead'))) {
    assert.ok(!body.includes(SECRET), name)
    assert.ok(status < 500, `${name}: ${status} ${body.slice(0, 300)}`)
  }
})

test('a token whose scopes are narrow gets no more by any operation than those say', async () => {
  const manager = await app.signIn('duty-manager')
  const narrow = await programOf(app, manager, 'duty-manager', { scopes: ['directory.organisation.list'] })
  for (const [name, { status, body }] of await everyAnswer(narrow)) {
    const route = operations.find(one => `${one.method} ${one.path}` === name)
    assert.ok(!body.includes(SECRET), name)
    // What is for every role shows of it what the scopes say.
    if (route !== undefined && 'permission' in route.access && route.access.permission !== 'directory.organisation.list')
      assert.equal(status, 403, name)
  }
})

test('a search by a narrow token finds nothing that its scopes leave out', async () => {
  const manager = await app.signIn('duty-manager')
  const search = `/api/v1/search?q=${encodeURIComponent(SECRET)}`
  assert.ok(
    (await (await programOf(app, manager, 'duty-manager')).ask('GET', search)).body.includes(SECRET),
    'the test would prove nothing otherwise',
  )
  const narrow = await programOf(app, manager, 'duty-manager', { scopes: ['directory.organisation.list'] })
  assert.ok(!(await narrow.ask('GET', search)).body.includes(SECRET))
})

test('somebody without a token gets no further than 401 where anything is asked of them', async () => {
  for (const route of operations) {
    if ('public' in route.access) continue
    const answer = await app.server.inject({ method: route.method, url: addressOf(route), remoteAddress: '192.0.2.77' })
    assert.equal(answer.statusCode, 401, route.path)
    assert.match(String(answer.headers['www-authenticate']), /^Bearer /)
  }
})

test('what a token may not do at all, it may not with every scope', async () => {
  const administrator = await programOf(app, await app.signIn('administrator'), 'administrator')
  for (const route of operations.filter(({ personOnly }) => personOnly !== null)) {
    const answer = await administrator.ask(route.method, addressOf(route), {})
    assert.equal(answer.statusCode, 403, route.path)
    assert.match(answer.body, /platform\.token\.person-only/)
  }
})

test('a token stands in no line of the log, wherever it was put', async () => {
  const lines: string[] = []
  const log = createLog('debug', { write: line => void lines.push(line) })
  const { token } = await programOf(app, outsider, 'cyber-lead')
  const server = await createWeb({ ...app.platform, log }, app.platform.staticFiles)
  const ask = (url: string, headers: Record<string, string>) => server.inject({ url, headers })
  await ask('/api/v1/me', { authorization: `Bearer ${token}` })
  await ask('/api/v1/me', { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` })
  await ask('/api/v1/me', { authorization: `Bearer ${token}x` })
  await ask(`/api/v1/me?access_token=${token}`, {})
  await ask(`/bulletins?token=${token}`, {})
  await ask(`/api/v1/organisations/${token}`, {})
  await server.close()
  assert.ok(lines.length >= 6)
  assert.ok(
    !lines.join('').includes(token.slice(0, 30)),
    lines.find(line => line.includes(token.slice(0, 30))),
  )
})
