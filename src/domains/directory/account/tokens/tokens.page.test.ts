import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generate } from 'otplib'
import { createTestApp } from '../../../../../test/support/app.ts'
import { runCommand } from '../../../../../test/support/command.ts'
import { asker, programOf } from '../../../../../test/support/tokens.ts'
import { permissionsOf, ROUTES } from '../../../../app/modules.ts'
import { makeLink } from '../../../../platform/auth/links.ts'
import type { AuthTables } from '../../../../platform/auth/tables.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { personActor } from '../../sign-in/queries.ts'
import { isReading } from './model.ts'

const app = await createTestApp()
const ME = '/api/v1/me'
const GUARDED = '/api/v1/webhooks'

interface Me {
  readonly id: string
  readonly role: string
  readonly permissions: readonly string[]
  readonly token: string | null
}

async function fresh(role: Parameters<typeof app.signIn>[0] = 'analyst') {
  const person = await app.signIn(role)
  await person.get('/account/tokens')
  return person
}

test('a person makes a token, sees it this once, and a program acts as them with it', async () => {
  const person = await fresh()
  const shown = await person.get('/account/tokens/new')
  assert.equal(shown.statusCode, 200)
  const made = await person.post('/account/tokens/new', { name: 'Ticket system', bundle: 'read', days: '30' })
  const token = /carecert_[0-9a-f]{56}/.exec(made.body)?.[0] ?? ''
  assert.match(token, /^carecert_/, made.body.slice(0, 300))
  const list = await person.get('/account/tokens')
  assert.ok(list.body.includes('Ticket system'))
  assert.ok(!list.body.includes(token), 'it is never shown again')

  const answer = await asker(app, token, '192.0.2.9')('GET', ME)
  assert.equal(answer.statusCode, 200)
  const me = answer.json<Me>()
  assert.equal(me.id, person.personId)
  assert.deepEqual(me.permissions, [...permissionsOf('analyst')].filter(isReading).toSorted())
  assert.match(String(answer.headers['ratelimit']), /^"token";r=\d+;t=\d+$/)

  const id = /\/account\/tokens\/(tok_[0-9a-f]+)\/revoke/.exec(list.body)?.[1] ?? ''
  assert.equal(id, me.token)
  await person.post(`/account/tokens/${id}/revoke`, {})
  const refused = await asker(app, token, '192.0.2.9')('GET', ME)
  assert.equal(refused.statusCode, 401)
  assert.equal(refused.headers['www-authenticate'], 'Bearer realm="CareCERT", error="invalid_token"')
})

test('the page with the token, loaded anew, makes no second one', async () => {
  const person = await fresh()
  const press = /name="press" value="([^"]+)"/.exec((await person.get('/account/tokens/new')).body)?.[1] ?? ''
  const typed = { name: 'Once only', bundle: 'read', days: '30', press }
  const wrong = await person.post('/account/tokens/new', { ...typed, bundle: '' })
  assert.ok(wrong.body.includes(press), 'a form that comes back is the same form')
  const first = await person.post('/account/tokens/new', typed)
  assert.match(first.body, /carecert_[0-9a-f]{56}/)
  const again = await person.post('/account/tokens/new', typed)
  assert.deepEqual([again.statusCode, again.headers.location], [303, '/account/tokens'])
  const list = (await person.get('/account/tokens')).body
  assert.match(list, /shown once\. If you did not copy it, revoke it/)
  const { rows } = await app.platform.database.pool.query<{ count: number }>(
    `select count(*)::integer as count from auth_token where person_id = $1`,
    [person.personId],
  )
  assert.deepEqual(rows, [{ count: 1 }])
})

test('the page comes back with what was typed and says what is missing', async () => {
  const person = await fresh()
  const answer = await person.post('/account/tokens/new', { name: 'Kept', days: '30' }, { from: '/account/tokens/new' })
  assert.equal(answer.statusCode, 422)
  assert.match(answer.body, /Choose what it may do/)
  assert.match(answer.body, /value="Kept"/)
  const none = await person.post('/account/tokens/new', { name: 'Kept', bundle: 'chosen', days: '30' })
  assert.match(none.body, /Choose at least one thing/)
  const long = await person.post('/account/tokens/new', { name: 'Kept', bundle: 'read', days: '4000' })
  assert.match(long.body, /365 days at most/)
  const more = await person.post('/account/tokens/new', { name: 'Kept', bundle: 'chosen', scopes: 'directory.token.manage', days: '30' })
  assert.match(more.body, /Choose at least one thing/, 'a scope that the role does not hold is none')
})

test('making one asks for a fresh sign-in', async () => {
  const person = await fresh()
  app.platform.clock.advanceHours(1)
  const answer = await person.get('/account/tokens/new')
  assert.match(String(answer.headers.location), /^\/sign-in\?again=yes&to=/)
  const sent = await person.post('/account/tokens/new', { name: 'x', bundle: 'read', days: '30' }, { from: '/account/tokens' })
  assert.match(String(sent.headers.location), /^\/sign-in\?again=yes/)
})

test('Basic with any name and the token as the password says the same', async () => {
  const person = await fresh()
  const { token } = await programOf(app, person, 'analyst')
  const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}` })
  assert.equal((await app.server.inject({ url: ME, headers: basic(token) })).json<Me>().id, person.personId)
  assert.equal((await app.server.inject({ url: ME, headers: basic(token.slice(0, -1)) })).statusCode, 401)
})

test('a token works on the addresses for programs and nowhere else, so it cannot make another', async () => {
  const person = await fresh()
  const { token } = await programOf(app, person, 'analyst')
  const headers = { authorization: `Bearer ${token}` }
  for (const url of ['/account', '/account/tokens', '/account/tokens/new', '/bulletins', '/people']) {
    const answer = await app.server.inject({ url, headers })
    assert.match(String(answer.headers.location), /^\/sign-in/, url)
  }
  const post = await app.server.inject({ method: 'POST', url: '/account/tokens/new', headers, payload: 'name=x&bundle=read&days=1' })
  assert.ok(post.statusCode === 415 || String(post.headers.location).startsWith('/sign-in'), String(post.statusCode))
})

test('no token, an unknown one, an ended one and one of somebody who left are all turned away alike', async () => {
  const none = await app.server.inject(ME)
  assert.equal(none.statusCode, 401)
  assert.equal(none.headers['www-authenticate'], 'Bearer realm="CareCERT"')
  const person = await fresh()
  const program = await programOf(app, person, 'analyst', { days: 1 })
  assert.equal((await program.ask('GET', ME)).statusCode, 200)
  app.platform.clock.advanceHours(24)
  const ended = await program.ask('GET', ME)
  assert.equal(ended.statusCode, 401)
  const unknown = await asker(app, `carecert_${'0'.repeat(56)}`, '192.0.2.8')('GET', ME)
  const withoutInstance = (body: string) => ({ ...(JSON.parse(body) as object), instance: '' })
  assert.deepEqual(withoutInstance(ended.body), withoutInstance(unknown.body))

  const leaver = await fresh()
  const theirs = await programOf(app, leaver, 'analyst')
  await app.platform.database.pool.query('update directory_assignment set until = $1 where person_id = $2', [
    app.platform.clock.now(),
    leaver.personId,
  ])
  assert.equal((await theirs.ask('GET', ME)).statusCode, 401)
})

test('a scope narrower than the role binds, and says so', async () => {
  const person = await fresh('cyber-lead')
  const wide = await programOf(app, person, 'cyber-lead')
  assert.equal((await wide.ask('GET', GUARDED)).statusCode, 200)
  const narrow = await programOf(app, person, 'cyber-lead', { scopes: ['directory.organisation.view'] })
  const refused = await narrow.ask('GET', GUARDED)
  assert.equal(refused.statusCode, 403)
  assert.match(refused.json<{ type: string; detail: string }>().detail, /broadcast\.webhook\.view/)
})

test('what the role loses, the token loses', async () => {
  const person = await fresh()
  const program = await programOf(app, person, 'analyst')
  await app.platform.database.pool.query(`update auth_token set scopes = scopes || '["directory.token.manage"]' where id = $1`, [program.tokenId])
  const { permissions } = (await program.ask('GET', ME)).json<Me>()
  assert.ok(!permissions.includes('directory.token.manage'), 'a scope that the role does not hold is worth nothing')
})

test('sign-in set up anew, as after somebody else got in, ends the tokens made before', async () => {
  const person = await app.signIn('analyst')
  const { token } = await programOf(app, person, 'analyst')
  assert.equal((await asker(app, token, '192.0.2.31')('GET', ME)).statusCode, 200)
  const link = await runWork<AuthTables, string>(app.platform, SYSTEM, work => makeLink(work, person.personId, 'invitation'))
  const visitor = app.newVisitor()
  const { body } = await visitor.get(`/invitation/${link}/password`)
  const secret = (/<code>([A-Z2-7 ]+)<\/code>/.exec(body)?.[1] ?? '').replaceAll(' ', '')
  const code = await generate({ secret, epoch: Math.floor(app.platform.clock.now().getTime() / 1_000) })
  assert.equal((await visitor.post(`/invitation/${link}/password`, { password: 'lantern gravel teacup', code })).statusCode, 303)
  assert.equal((await asker(app, token, '192.0.2.32')('GET', ME)).statusCode, 401)
})

test('a token in an address is refused, and a session that comes with a bad token does not count', async () => {
  const person = await fresh()
  const { token } = await programOf(app, person, 'analyst')
  const inAddress = await app.server.inject(`${ME}?access_token=${token}`)
  assert.equal(inAddress.statusCode, 400)
  assert.match(inAddress.body, /platform\.token\.in-address/)
  assert.ok(!inAddress.body.includes(token))
  const cookie = { carecert: person.cookie('carecert') ?? '' }
  const both = await app.server.inject({ url: ME, cookies: cookie, headers: { authorization: `Bearer carecert_${'0'.repeat(56)}` } })
  assert.equal(both.statusCode, 401)
  const foreign = await app.server.inject({ url: ME, cookies: cookie, headers: { authorization: 'Basic cHJveHk6c2VjcmV0' } })
  assert.equal(foreign.statusCode, 200, 'credentials for a proxy before us mean nothing here')
})

test('a token that asks too often is told when to come back, and others are not held up by it', async () => {
  await app.platform.database.pool.query(
    `insert into auth_token_policy (effective_from, longest_days, requests_per_minute, source) values ('2026-06-01', 365, 3, 'test')`,
  )
  const person = await fresh()
  const [busy, other] = [await programOf(app, person, 'analyst'), await programOf(app, person, 'analyst')]
  const statuses = []
  for (let count = 0; count < 4; count += 1) statuses.push((await busy.ask('GET', ME)).statusCode)
  assert.deepEqual(statuses, [200, 200, 200, 429])
  const over = await busy.ask('GET', ME)
  assert.match(String(over.headers['retry-after']), /^\d+$/)
  assert.match(String(over.headers['content-type']), /problem\+json/)
  assert.equal((await other.ask('GET', ME)).statusCode, 200)
  await app.platform.database.pool.query(`delete from auth_token_policy where source = 'test'`)
})

test('whoever tries many tokens that do not work is told to wait; one that works is not', async () => {
  const person = await fresh()
  const program = await programOf(app, person, 'analyst', { remoteAddress: '198.51.100.1' })
  const bad = asker(app, `carecert_${'1'.repeat(56)}`, '198.51.100.1')
  const statuses = new Set<number>()
  for (let count = 0; count < 32; count += 1) statuses.add((await bad('GET', ME)).statusCode)
  assert.deepEqual([...statuses], [401, 429])
  assert.equal((await program.ask('GET', ME)).statusCode, 200)
})

test('an administrator sees every token and revokes it; nobody else may', async () => {
  const person = await fresh()
  const program = await programOf(app, person, 'analyst')
  const administrator = await fresh('administrator')
  const list = await administrator.get('/tokens')
  assert.ok(list.body.includes(program.tokenId))
  assert.match((await administrator.get('/tokens.csv')).body, new RegExp(program.tokenId))
  const other = await fresh()
  assert.equal((await other.get('/tokens')).statusCode, 403)
  assert.equal((await other.post(`/account/tokens/${program.tokenId}/revoke`, {}, { from: '/account/tokens' })).statusCode, 404)
  assert.equal((await program.ask('GET', ME)).statusCode, 200)
  await administrator.post(`/tokens/${program.tokenId}/revoke`, {}, { from: '/tokens' })
  assert.equal((await program.ask('GET', ME)).statusCode, 401)
})

test('the audit names the token that did it, and neither the audit nor the table holds the token', async () => {
  const person = await fresh()
  const { token, tokenId } = await programOf(app, person, 'analyst')
  const { rows } = await app.platform.database.pool.query<{ whole: string }>(`select row_to_json(audit_record)::text as whole from audit_record`)
  assert.ok(rows.some(({ whole }) => whole.includes(tokenId)))
  assert.ok(!rows.some(({ whole }) => whole.includes(token)))
  const stored = await app.platform.database.pool.query<{ whole: string }>(`select row_to_json(auth_token)::text as whole from auth_token`)
  assert.ok(!stored.rows.some(({ whole }) => whole.includes(token.slice('carecert_'.length, -8))))
})

test('the command line makes, lists and revokes', async () => {
  const person = await fresh()
  const actor = await personActor(app.platform, `${person.personId}@test.invalid`, permissionsOf)
  await assert.rejects(runCommand(app.platform, actor, 'tokens make', ['Nightly'], {}), /Say what it may do/)
  const { data } = await runCommand<{ id: string; token: string }>(app.platform, actor, 'tokens make', ['Nightly'], { readOnly: true, days: '7' })
  assert.equal((await asker(app, data.token, '192.0.2.7')('GET', ME)).statusCode, 200)
  const listed = await runCommand<{ tokens: { id: string }[] }>(app.platform, actor, 'tokens list', [], {})
  assert.deepEqual(
    listed.data.tokens.map(({ id }) => id),
    [data.id],
  )
  await runCommand(app.platform, actor, 'tokens revoke', [data.id], {})
  assert.equal((await asker(app, data.token, '192.0.2.7')('GET', ME)).statusCode, 401)
})

test('with what "read only" holds nothing is changed but a view of one’s own, or where the command asks for more', () => {
  const checked = [/^(\/api\/v1)?\/people(\/|$)/, /^(\/api\/v1)?\/threats\/filters/, /^\/taxii2\//]
  const writing = ROUTES.filter(({ method, access }) => method === 'POST' && 'permission' in access && isReading(access.permission))
  const unknown = writing.map(({ path }) => path).filter(path => !checked.some(known => known.test(path)))
  assert.deepEqual(unknown, [])
})

test('a token that only reads cannot look after people', async () => {
  const person = await fresh('administrator')
  const program = await programOf(app, person, 'administrator', { scopes: [...permissionsOf('administrator')].filter(isReading) })
  const answer = await program.ask('POST', `/api/v1/people/${person.personId}/roles`, { role: 'administrator', organisation: 'TEST-CENTRE' })
  assert.equal(answer.statusCode, 403, answer.body)
})
