import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createTestApp } from '../../../test/support/app.ts'
import { programOf } from '../../../test/support/tokens.ts'

// The rules that every operation keeps, seen through some of the directory: one unit of work (adding a contact), and several (taking somebody on).
const app = await createTestApp()
const CONTACTS = '/api/v1/organisations/TEST-TRUST/contacts'
const PEOPLE = '/api/v1/people'
const lead = await app.signIn('cyber-lead')
const program = await programOf(app, lead, 'cyber-lead')

const contact = (purpose: string) => ({
  name: `Desk ${purpose}`,
  purpose,
  email: `${purpose.replaceAll(' ', '-')}@test.invalid`,
  mobile: null,
  phone: null,
})
const person = (email: string) => ({ name: 'Somebody New', email, phone: null, role: 'cyber-lead', organisation: 'TEST-TRUST' })

async function counted(table: string, column: string, value: string): Promise<number> {
  const { rows } = await app.platform.database.pool.query<{ count: number }>(`select count(*)::integer as count from ${table} where ${column} = $1`, [
    value,
  ])
  return rows[0]?.count ?? 0
}

interface Problem {
  readonly type: string
  readonly status: number
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

test('what is wrong with a body is told with a pointer for each fault, unknown members too, and nothing is done', async () => {
  const answer = await program.ask('POST', CONTACTS, { ...contact('faulty'), email: 7, nmae: 'x' })
  assert.equal(answer.statusCode, 422)
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
  const { type, errors } = answer.json<Problem>()
  assert.equal(type, 'urn:carecert:platform.http.body')
  assert.deepEqual(errors?.map(({ pointer }) => pointer).toSorted(), ['#/email', '#/nmae'])
  assert.equal(await counted('directory_contact', 'purpose', 'faulty'), 0)
})

test('only JSON is taken, and only JSON that can be read', async () => {
  const headers = { authorization: `Bearer ${program.token}` }
  const form = await app.server.inject({
    method: 'POST',
    url: CONTACTS,
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'name=x',
  })
  assert.equal(form.statusCode, 415)
  const plain = await app.server.inject({ method: 'POST', url: CONTACTS, headers: { ...headers, 'content-type': 'text/plain' }, payload: '{}' })
  assert.equal(plain.statusCode, 415)
  for (const payload of ['{"name": ', '{"__proto__": {"a": 1}}', `${'['.repeat(300)}${']'.repeat(300)}`]) {
    const broken = await app.server.inject({ method: 'POST', url: CONTACTS, headers: { ...headers, 'content-type': 'application/json' }, payload })
    assert.equal(broken.statusCode, 400, payload.slice(0, 30))
    assert.match(String(broken.headers['content-type']), /problem\+json/)
  }
})

test('a body that is no object, or holds a million faults, is refused in few words', async () => {
  const headers = { authorization: `Bearer ${program.token}`, 'content-type': 'application/json' }
  const send = (url: string, payload: string) => app.server.inject({ method: 'POST', url, headers, payload })
  const text = await send(CONTACTS, JSON.stringify('a'.repeat(1_000_000)))
  assert.equal(text.statusCode, 422)
  assert.deepEqual(
    text.json<Problem>().errors?.map(({ pointer }) => pointer),
    ['#'],
  )
  const many = await send(CONTACTS, JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`k${at}`, 1]))))
  assert.equal(many.statusCode, 422)
  assert.equal(many.json<Problem>().errors?.length, 100)
  assert.ok(many.body.length < 50_000, String(many.body.length))
  assert.match((await send(CONTACTS, '{}')).json<{ detail: string }>().detail, /^The name is missing\. What they are for is missing\.$/)
  const { id } = (await program.ask('POST', CONTACTS, contact('bodiless'))).json<{ id: string }>()
  assert.match((await send(`${CONTACTS}/${id}/prove`, '5')).body, /platform\.http\.no-body/)
})

test('half a character is taken as one that cannot be shown, wherever it ends up', async () => {
  const manager = await programOf(app, await app.signIn('analyst'), 'analyst')
  const headers = { authorization: `Bearer ${manager.token}`, 'content-type': 'application/json' }
  const payload = `{"name":"Half \\ud800","rule":{"types":["trust"]}}`
  const answer = await app.server.inject({ method: 'POST', url: '/api/v1/audiences', headers, payload })
  assert.ok(answer.statusCode < 500, answer.body)
})

test('whoever asks wrongly is told in the form of every error what to do', async () => {
  const ask = (method: 'GET' | 'PUT' | 'OPTIONS' | 'POST', url: string) =>
    app.server.inject({ method, url, remoteAddress: '192.0.2.33', headers: { 'sec-fetch-site': 'same-origin' } })
  for (const [method, url, status, allow] of [
    ['PUT', '/api/v1/me', 405, 'GET, HEAD'],
    ['OPTIONS', `${CONTACTS}/x`, 405, 'GET, HEAD, POST'],
    ['POST', '/api/v1/openapi.json', 405, 'GET, HEAD'],
    ['PUT', '/api/v1/openapi-json', 404, undefined],
    ['GET', '/api/v1/organisations/%zz', 400, undefined],
    ['GET', `/api/v1/organisations/${'x'.repeat(500)}`, 414, undefined],
    ['GET', '/api/v1/me', 401, undefined],
  ] as const) {
    const answer = await ask(method, url)
    assert.equal(answer.statusCode, status, url)
    assert.equal(answer.headers.allow, allow, url)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, url)
    assert.equal(answer.json<Problem>().status, status)
  }
  assert.match((await ask('GET', '/api/v1/me')).body, /Send a token in the header Authorization/)
  assert.match((await ask('GET', '/%zz')).body, /^That cannot be used\. /)
})

test('what an address cannot say is told with what it could', async () => {
  const analyst = await programOf(app, await app.signIn('analyst'), 'analyst')
  const answer = await analyst.ask('GET', '/api/v1/bulletins?changedSince=2026-01-01T00:00:00+01:00')
  assert.equal(answer.statusCode, 400)
  assert.match(answer.body, /changedSince \(Give a time such as .*%2B\)/)
  assert.equal((await analyst.ask('GET', '/api/v1/bulletins?changedSince=2026-01-01T00:00:00%2B01:00')).statusCode, 200)
  assert.ok((await analyst.ask('GET', '/api/v1/bulletins?changedSince=0000-01-01T00:00:00Z')).statusCode < 500)
  assert.match((await analyst.ask('GET', '/api/v1/bulletins?limit=501')).body, /limit \(.*500\)/)
})

test('a misspelt filter or a cursor that is none is refused, for nobody should take the whole for a part', async () => {
  const administrator = await programOf(app, await app.signIn('administrator'), 'administrator')
  assert.equal((await administrator.ask('GET', PEOPLE)).statusCode, 200)
  assert.match((await administrator.ask('GET', `${PEOPLE}?rol=analyst`)).body, /rol \(nothing of that name/)
  assert.equal((await administrator.ask('GET', `${PEOPLE}?cursor=nonsense`)).statusCode, 400)
})

test('a person who is signed in needs the token of a page to write; a program needs none', async () => {
  const cookies = { carecert: lead.cookie('carecert') ?? '' }
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const without = await app.server.inject({ method: 'POST', url: CONTACTS, cookies, headers, payload: JSON.stringify(contact('forged')) })
  assert.equal(without.statusCode, 403)
  assert.match(without.body, /platform\.http\.csrf/)
  const elsewhere = await app.server.inject({
    method: 'POST',
    url: CONTACTS,
    cookies,
    headers: { ...headers, 'sec-fetch-site': 'cross-site' },
    payload: JSON.stringify(contact('forged')),
  })
  assert.equal(elsewhere.statusCode, 403)
  assert.equal((await program.ask('POST', CONTACTS, contact('honest'))).statusCode, 201)
})

test('the same again under one key is done once and answered as before', async () => {
  const key = randomUUID()
  const first = await program.ask('POST', CONTACTS, contact('keyed'), { 'idempotency-key': key })
  const again = await program.ask('POST', CONTACTS, contact('keyed'), { 'idempotency-key': key })
  assert.deepEqual([first.statusCode, again.statusCode, again.body], [201, 201, first.body])
  assert.deepEqual([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']], [undefined, 'true'])
  assert.equal(await counted('directory_contact', 'purpose', 'keyed'), 1)
  const other = await program.ask('POST', CONTACTS, contact('another'), { 'idempotency-key': key })
  assert.equal(other.statusCode, 409)
  assert.equal(other.json<Problem>().type, 'urn:carecert:platform.http.key-reused')
  const anybodyElse = await programOf(app, await app.signIn('cyber-lead'), 'cyber-lead')
  assert.equal((await anybodyElse.ask('POST', CONTACTS, contact('theirs'), { 'idempotency-key': key })).statusCode, 201, 'a key is its sender’s own')
  app.platform.clock.advanceHours(25)
  const later = await program.ask('POST', CONTACTS, contact('keyed'), { 'idempotency-key': key })
  assert.match(later.body, /directory\.contact\.repeated/, 'after a day it is new, and tried')
})

test('many at the same time under one key do it once', async () => {
  const key = randomUUID()
  const answers = await Promise.all(Array.from({ length: 6 }, () => program.ask('POST', CONTACTS, contact('at once'), { 'idempotency-key': key })))
  assert.deepEqual(new Set(answers.map(({ statusCode }) => statusCode)), new Set([201]))
  assert.equal(new Set(answers.map(({ body }) => body)).size, 1)
  assert.equal(await counted('directory_contact', 'purpose', 'at once'), 1)
})

test('what failed is not kept: put right, it is done under the same key', async () => {
  const key = randomUUID()
  const url = '/api/v1/organisations/NOWHERE/contacts'
  assert.equal((await program.ask('POST', url, contact('lost'), { 'idempotency-key': key })).statusCode, 404)
  assert.equal((await program.ask('POST', CONTACTS, contact('found'), { 'idempotency-key': key })).statusCode, 201)
})

test('an operation of several units is done once under a key too, though it could not be done twice', async () => {
  const key = randomUUID()
  const first = await program.ask('POST', PEOPLE, person('once@test.invalid'), { 'idempotency-key': key })
  const again = await program.ask('POST', PEOPLE, person('once@test.invalid'), { 'idempotency-key': key })
  assert.equal(first.statusCode, 201, first.body)
  assert.deepEqual([again.statusCode, again.body, again.headers['idempotency-replayed']], [201, first.body, 'true'])
  const { rows } = await app.platform.database.pool.query<{ answer: string }>('select answer from platform_answered')
  assert.ok(rows.length > 0 && rows.every(({ answer }) => !answer.includes('{')), 'what was answered is sealed')
})

test('answers to programs are kept by nobody on the way, and errors name the request', async () => {
  const answer = await program.ask('GET', '/api/v1/me')
  assert.equal(answer.headers['cache-control'], 'no-store')
  const lost = await program.ask('GET', '/api/v1/nothing')
  assert.equal(lost.json<{ instance: string }>().instance, `urn:uuid:${String(lost.headers['x-request-id'])}`)
})
