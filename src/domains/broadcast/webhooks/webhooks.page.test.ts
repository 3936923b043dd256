import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kysely } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { startWebhookReceiver } from '../../../../test/support/webhook-receiver.ts'
import type { Visible } from '../tables.ts'
import { EVENT_TYPES } from './model.ts'

const receiver = await startWebhookReceiver()
const app = await createTestApp({ env: { WEBHOOK_ALLOW_PRIVATE: receiver.host } })
const db = app.platform.database.kysely as Kysely<Visible>
const FIELDS = { kind: 'hmac', name: 'Service desk', events: ['bulletin.released', 'bulletin.updated'], leastSeverity: 'information' }

/** Adds one through the page and gives its address. */
async function added(
  browser: Awaited<ReturnType<typeof app.signIn>>,
  changes: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<string> {
  const response = await browser.post('/webhooks/add', { ...FIELDS, address: `${receiver.url}/hook`, ...changes }, { from: '/webhooks/add' })
  if (response.statusCode === 303) return String(response.headers.location)
  assert.equal(response.statusCode, 200)
  return /href="(\/webhooks\/whk_[0-9a-f]+)"/.exec(response.body)?.[1] ?? ''
}

test('who has no webhook is told what one is for, and how to add the first', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'WA1' })
  const page = await lead.get('/webhooks')
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /No webhooks yet/)
  assert.match(page.body, /href="\/webhooks\/add"/)
})

test('the secret is shown once, when it is added, and on no page, address or cookie after', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'WB1' })
  const response = await lead.post('/webhooks/add', { ...FIELDS, address: `${receiver.url}/secret-path` }, { from: '/webhooks/add' })
  const secret = /whsec_[A-Za-z0-9+/=]+/.exec(response.body)?.[0]
  assert.ok(secret)
  assert.equal(response.headers['cache-control'], 'no-store')
  assert.doesNotMatch(JSON.stringify(response.headers), /whsec_/)
  const path = /href="(\/webhooks\/whk_[0-9a-f]+)"/.exec(response.body)?.[1] ?? ''
  for (const address of ['/webhooks', path, `${path}/change`, '/api/v1/webhooks', `${path}/log.csv`]) {
    const { body } = await lead.get(address)
    assert.doesNotMatch(body, /whsec_|secret-path/, address)
    assert.equal(body.includes(secret.slice(6)), false, address)
  }
  const rotated = await lead.post(`${path}/rotate`, {}, { from: path })
  assert.match(rotated.body, /whsec_/)
  assert.equal(rotated.body.includes(secret), false)
  assert.match((await lead.get(path)).body, /Old secret signs until/)
})

test('a form that lacks something comes back with what was typed and says what is wrong', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'WC1' })
  const empty = await lead.post('/webhooks/add', { name: 'Kept words' }, { from: '/webhooks/add' })
  assert.equal(empty.statusCode, 422)
  for (const words of ['Choose what receives it', 'Enter the address', 'Choose at least one thing', 'Kept words'])
    assert.match(empty.body, new RegExp(words))
  const inside = await lead.post('/webhooks/add', { ...FIELDS, address: 'https://192.168.0.1/' })
  assert.deepEqual([inside.statusCode, /private network/.test(inside.body), /FETCH_ALLOW/.test(inside.body)], [422, true, false])
  assert.equal((await db.selectFrom('broadcast_webhook').where('organisation_id', '=', lead.organisationId).select('id').execute()).length, 0)
})

test('a test is sent from the page, its line in the log leads to what was sent, and it can be sent again', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'WD1' })
  const path = await added(lead)
  assert.match((await lead.get(path)).body, /Nothing sent yet/)
  const tested = await lead.post(`${path}/test`, {}, { from: path })
  assert.equal(tested.statusCode, 303)
  await app.platform.runJobs()
  assert.equal(receiver.hooks.length, 1)
  const shown = await lead.get(path)
  assert.match(shown.body, /Accepted/)
  assert.match(shown.body, /Working/)
  const message = /href="(\/webhooks\/whk_[0-9a-f]+\/messages\/whm_[0-9a-f]+)"/.exec(shown.body)?.[1] ?? ''
  const read = await lead.get(message)
  assert.match(read.body, /webhook\.test/)
  assert.equal((await lead.post(`${message}/replay`, {}, { from: message })).statusCode, 303)
  assert.equal((await lead.post(`${path}/replay`, { hours: '24', which: 'all' })).statusCode, 303)
  await app.platform.runJobs()
  assert.deepEqual(new Set(receiver.hooks.map(({ headers }) => headers['webhook-id'])).size, 1)
  assert.match((await lead.get(`${path}/log.csv`)).body, /webhook\.test/)
})

test('it is changed, paused, started and removed from its page', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'WE1' })
  const path = await added(lead)
  const changed = await lead.post(
    `${path}/change`,
    { ...FIELDS, name: 'New name', events: 'bulletin.withdrawn', leastSeverity: 'high' },
    { from: `${path}/change` },
  )
  assert.match((await lead.follow(changed)).body, /New name/)
  assert.match((await lead.get(path)).body, /A bulletin is withdrawn/)
  await lead.post(`${path}/pause`, {})
  assert.match((await lead.get(path)).body, /Paused/)
  await lead.post(`${path}/start`, {})
  assert.match((await lead.get(path)).body, /Send a test/)
  await lead.post(`${path}/remove`, {}, { from: `${path}/remove` })
  assert.equal((await lead.get(path)).statusCode, 404)
  assert.match((await lead.get('/webhooks')).body, /No webhooks yet/)
})

test('the webhook of another organisation is not there: to see, to change, or to be told of', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'WF1' })
  const path = await added(lead)
  for (const role of ['cyber-lead', 'partner-responder', 'administrator'] as const) {
    const other = await app.signIn(role, role === 'cyber-lead' ? { organisation: 'WF2' } : {})
    await other.get('/webhooks/add')
    assert.equal((await other.get(path)).statusCode, 404, role)
    assert.equal((await other.get(`${path}/change`)).statusCode, 404, role)
    for (const word of ['test', 'pause', 'rotate', 'remove', 'replay']) {
      const refused = await other.post(`${path}/${word}`, { hours: '24', which: 'all' })
      assert.equal(refused.statusCode, 404, `${role} ${word}`)
    }
    assert.doesNotMatch((await other.get('/webhooks')).body, new RegExp(path))
  }
  for (const role of ['board-member', 'duty-manager', 'analyst', 'regional-lead'] as const)
    assert.equal((await (await app.signIn(role)).get('/webhooks')).statusCode, 403, role)
})

test('the shape of every message is published for anybody', async () => {
  const index = JSON.parse((await app.visitor.get('/api/v1/webhook-schemas')).body) as { types: { type: string; schema: string }[] }
  assert.deepEqual(
    index.types.map(({ type }) => type),
    [...EVENT_TYPES, 'webhook.test'],
  )
  for (const { type } of index.types) {
    const schema = await app.visitor.get(`/api/v1/webhook-schemas/${type}`)
    assert.equal(schema.statusCode, 200)
    assert.equal((JSON.parse(schema.body) as { properties: { type: { const: string } } }).properties.type.const, type)
  }
  assert.equal((await app.visitor.get('/api/v1/webhook-schemas/toString')).statusCode, 404)
})
