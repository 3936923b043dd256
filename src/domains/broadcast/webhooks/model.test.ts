import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { systemClock } from '../../../platform/clock/clock.ts'
import { consequenceOf, factsToKeep, LARGEST_BYTES, MOST_ATTEMPTS, payloadOf, schemaOf, type Attempted, type Facts } from './model.ts'
import { newSecret, signedHeaders } from './signing.ts'
import { teamsMessage } from './teams.ts'

const NOW = new Date('2026-11-20T09:00:00Z')
const URL_OF_IT = 'https://carecert.example/bulletins/CC-5001'
const failed = (changes: Partial<Attempted> = {}): Attempted => ({ isAccepted: false, status: 500, words: 'no', retryAfterSeconds: null, ...changes })
const facts = (changes: Partial<Facts> = {}): Facts => ({
  number: 'CC-5001',
  tlp: 'CLEAR',
  isExercise: false,
  title: 'A flaw in a [records](https://evil.example) system',
  severity: 'high',
  summary: 'It lets anybody in.',
  version: 2,
  respondBy: null,
  cves: ['CVE-2026-1234'],
  ...changes,
})

test('a message that fails is tried again after 5 seconds, then up to a day later each time, ten times in all', () => {
  const pauses = Array.from({ length: MOST_ATTEMPTS }, (_, index) => {
    const { dueAt } = consequenceOf(failed(), index + 1, NOW, 0)
    return dueAt === null ? null : (dueAt.getTime() - NOW.getTime()) / 1_000
  })
  assert.deepEqual(pauses, [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, null])
  const spread = consequenceOf(failed(), 2, NOW, 1).dueAt
  assert.equal(spread?.getTime(), NOW.getTime() + 330_000)
  const last = consequenceOf(failed(), MOST_ATTEMPTS, NOW, 0)
  assert.equal(last.state, 'given-up')
  assert.match(last.disabledBecause ?? '', /never accepted/)
})

test('410 switches the endpoint off at once; 429, 502 and 504 slow all of it down; other failures only the message', () => {
  assert.match(consequenceOf(failed({ status: 410 }), 1, NOW, 0).disabledBecause ?? '', /410/)
  for (const status of [429, 502, 504]) assert.ok(consequenceOf(failed({ status }), 1, NOW, 0).throttledUntil, String(status))
  for (const status of [500, 404, 301, null]) assert.equal(consequenceOf(failed({ status }), 1, NOW, 0).throttledUntil, null, String(status))
})

test('Retry-After is heeded when it is longer than our own pause, and never for more than a day', () => {
  const until = (seconds: number) =>
    ((consequenceOf(failed({ status: 503, retryAfterSeconds: seconds }), 1, NOW, 0).dueAt?.getTime() ?? 0) - NOW.getTime()) / 1_000
  assert.deepEqual([until(120), until(1), until(9_999_999)], [120, 5, 86_400])
  assert.ok(consequenceOf(failed({ status: 503, retryAfterSeconds: 120 }), 1, NOW, 0).throttledUntil)
})

test('an HMAC signature is one that the specifiers’ own verifier accepts, for that body, id and time alone', () => {
  const now = systemClock.now()
  const { secret, publicKey } = newSecret('hmac')
  assert.match(secret, /^whsec_/)
  assert.equal(publicKey, null)
  const length = Buffer.from(secret.slice(6), 'base64').length
  assert.ok(length >= 24 && length <= 64)
  const body = JSON.stringify({ type: 'bulletin.released', data: { id: 'CC-5001' } })
  const headers = signedHeaders([secret], 'whm_1', now, body)
  assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body))
  assert.throws(() => new Webhook(secret).verify(body.replace('5001', '5002'), headers))
  assert.throws(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'whm_2' }))
  assert.throws(() => new Webhook(newSecret('hmac').secret).verify(body, headers))
})

test('an ed25519 signature is over id, time and body, and holds under the public key that is shown', () => {
  const { secret, publicKey } = newSecret('ed25519')
  assert.match(publicKey ?? '', /^whpk_/)
  const raw = Buffer.from((publicKey ?? '').slice(5), 'base64')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' })
  const headers = signedHeaders([secret], 'whm_1', NOW, '{}')
  const [version, signature = ''] = (headers['webhook-signature'] ?? '').split(',')
  assert.equal(version, 'v1a')
  const signed = Buffer.from(`whm_1.${NOW.getTime() / 1_000}.{}`)
  assert.equal(verify(null, signed, key, Buffer.from(signature, 'base64')), true)
  assert.equal(verify(null, Buffer.from('whm_2'), key, Buffer.from(signature, 'base64')), false)
})

test('while a secret changes, both sign, each accepted by who knows only the one', () => {
  const now = systemClock.now()
  const [old, fresh] = [newSecret('hmac').secret, newSecret('hmac').secret]
  const headers = signedHeaders([fresh, old], 'whm_1', now, '{}')
  assert.equal(headers['webhook-signature']?.split(' ').length, 2)
  for (const secret of [old, fresh]) assert.deepEqual(new Webhook(secret).verify('{}', headers), {})
})

test('above CLEAR a message holds the number and the address and nothing more; above GREEN nothing more is kept', () => {
  for (const tlp of ['GREEN', 'AMBER', 'AMBER+STRICT', 'RED'] as const)
    for (const type of ['bulletin.released', 'bulletin.updated', 'bulletin.withdrawn', 'response.recorded'] as const) {
      const told = facts({ tlp, update: 'new', reason: 'why', organisation: 'ABC', state: 'done' })
      assert.deepEqual(payloadOf({ type, at: NOW, facts: told }, URL_OF_IT), {
        type,
        timestamp: '2026-11-20T09:00:00.000Z',
        data: { id: 'CC-5001', url: URL_OF_IT },
      })
    }
  assert.deepEqual(factsToKeep(facts({ tlp: 'AMBER' }), false), { number: 'CC-5001', tlp: 'AMBER', isExercise: false })
  assert.equal(factsToKeep(facts({ tlp: 'GREEN' }), false).title, facts().title)
  assert.deepEqual(factsToKeep(facts({ tlp: 'GREEN' }), true), { number: 'CC-5001', tlp: 'GREEN', isExercise: false }, 'of a sharing group')
  const open = payloadOf({ type: 'bulletin.released', at: NOW, facts: facts() }, URL_OF_IT)
  assert.equal((open.data as { title: string }).title, facts().title)
})

test('an exercise says so in every message, above CLEAR too', () => {
  for (const tlp of ['CLEAR', 'RED'] as const)
    assert.equal(
      (payloadOf({ type: 'bulletin.released', at: NOW, facts: facts({ tlp, isExercise: true }) }, URL_OF_IT).data as { exercise?: boolean }).exercise,
      true,
    )
  const card = JSON.stringify(teamsMessage({ type: 'bulletin.released', at: NOW, facts: facts({ isExercise: true }) }, URL_OF_IT))
  assert.equal(card.match(/EXERCISE/g)?.length, 2)
})

test('a message stays under 20 kB whatever it tells of', () => {
  const cves = Array.from({ length: 1_000 }, (_, index) => `CVE-2026-${String(index).padStart(19, '1')}`)
  const large = payloadOf({ type: 'bulletin.released', at: NOW, facts: facts({ cves, summary: 'ß'.repeat(9_000) }) }, URL_OF_IT)
  assert.ok(Buffer.byteLength(JSON.stringify(large)) < LARGEST_BYTES)
  assert.deepEqual(large.data, { id: 'CC-5001', url: URL_OF_IT })
})

test('the schema of a type names each key that a message of it has', () => {
  const shape = schemaOf('bulletin.released') as { properties: { type: { const: string }; data: { properties: object; required: string[] } } }
  assert.equal(shape.properties.type.const, 'bulletin.released')
  assert.deepEqual(shape.properties.data.required, ['id', 'url'])
  const { data } = payloadOf({ type: 'bulletin.released', at: NOW, facts: facts({ isExercise: true }) }, URL_OF_IT)
  assert.deepEqual(
    Object.keys(data).filter(key => !(key in shape.properties.data.properties)),
    [],
  )
})

test('a card of Teams says whose answer was recorded, in words', () => {
  const told = facts({ organisation: 'RX1', state: 'not-acting' })
  assert.match(JSON.stringify(teamsMessage({ type: 'response.recorded', at: NOW, facts: told }, URL_OF_IT)), /"RX1: We choose not to act"/)
})

test('a card of Teams shows the title up to GREEN, and above it the number and the link alone', () => {
  const card = (tlp: Facts['tlp']) => JSON.stringify(teamsMessage({ type: 'bulletin.released', at: NOW, facts: facts({ tlp }) }, URL_OF_IT))
  assert.match(card('GREEN'), /A flaw in a/)
  for (const tlp of ['AMBER', 'AMBER+STRICT', 'RED'] as const) {
    assert.doesNotMatch(card(tlp), /flaw|anybody|High|records/)
    assert.match(card(tlp), /CC-5001/)
  }
  const { attachments } = JSON.parse(card('CLEAR')) as { attachments: [{ contentType: string; content: { type: string; body: { text: string }[] } }] }
  assert.deepEqual([attachments[0].contentType, attachments[0].content.type], ['application/vnd.microsoft.card.adaptive', 'AdaptiveCard'])
  assert.ok(
    attachments[0].content.body.every(({ text }) => !/(?<!\\)\[/.test(text)),
    'a text of others makes no link',
  )
})
