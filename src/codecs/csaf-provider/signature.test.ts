import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { createMessage, generateKey, readPrivateKey, reformatKey, revokeKey, sign } from 'openpgp'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { readVerificationKeys, verifySignature, type VerificationKey } from './signature.ts'

const NOW = new Date('2026-01-01T00:00:00Z')
const DOCUMENT = Buffer.from('{"document":{}}\r\n')

async function keyOf(armoured: string): Promise<VerificationKey> {
  const result = await readVerificationKeys(Buffer.from(armoured))
  assert.ok(result.ok && result.value[0] !== undefined)
  return result.value[0]
}

async function signed(bytes: Uint8Array, privateKey: string, date: Date): Promise<Buffer> {
  const signature = await sign({
    message: await createMessage({ binary: bytes }),
    signingKeys: await readPrivateKey({ armoredKey: privateKey }),
    detached: true,
    date,
  })
  return Buffer.from(signature)
}

const generate = (options: { keyExpirationTime?: number } = {}) =>
  generateKey({ type: 'ecc', userIDs: [{ name: 'Acme' }], date: new Date('2024-01-01T00:00:00Z'), ...options })

let acme: Awaited<ReturnType<typeof generate>>
let other: Awaited<ReturnType<typeof generate>>

before(async () => {
  acme = await generate()
  other = await generate()
})

test('the signature of a provider proves its document, and gives the fingerprint of its key', async () => {
  const key = await keyOf(acme.publicKey)
  assert.match(key.fingerprint, /^[0-9A-F]{40}$/)
  const signature = await signed(DOCUMENT, acme.privateKey, new Date('2025-01-01T00:00:00Z'))
  const keys = [await keyOf(other.publicKey), key]
  assert.deepEqual(await verifySignature(DOCUMENT, signature, keys, NOW), { ok: true, value: key.fingerprint, problems: [] })
})

test('a document that differs by one byte is not what was signed', async () => {
  const signature = await signed(DOCUMENT, acme.privateKey, new Date('2025-01-01T00:00:00Z'))
  const keys = [await keyOf(acme.publicKey)]
  for (const bytes of [Buffer.concat([DOCUMENT, Buffer.from(' ')]), Buffer.from(String(DOCUMENT).replace('\r\n', '\n'))]) {
    const result = await verifySignature(bytes, signature, keys, NOW)
    assert.equal(result.problems[0]?.rule, 'csaf-provider.signature.wrong')
    assert.equal(result.ok, false)
  }
})

test('a signature by a key that is not the provider’s proves nothing', async () => {
  const signature = await signed(DOCUMENT, other.privateKey, new Date('2025-01-01T00:00:00Z'))
  const result = await verifySignature(DOCUMENT, signature, [await keyOf(acme.publicKey)], NOW)
  assert.equal(result.problems[0]?.rule, 'csaf-provider.signature.unknown-key')
  assert.equal((await verifySignature(DOCUMENT, signature, [], NOW)).ok, false)
})

test('what is no signature, and what is no key, is said to be so', async () => {
  const keys = [await keyOf(acme.publicKey)]
  for (const bytes of [Buffer.from('<html>'), Buffer.alloc(0), Buffer.from('-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----')])
    assert.equal((await verifySignature(DOCUMENT, bytes, keys, NOW)).problems[0]?.rule, 'csaf-provider.signature.unreadable')
  for (const bytes of [Buffer.from('<html>'), Buffer.alloc(0), Buffer.from('-----BEGIN PGP PUBLIC KEY BLOCK-----')])
    assert.equal((await readVerificationKeys(bytes)).problems[0]?.rule, 'csaf-provider.key.unreadable')
})

test('a key that has expired still proves what it signed while it was good, and nothing after', async () => {
  const day = 86_400
  const brief = await generate({ keyExpirationTime: 100 * day })
  const keys = [await keyOf(brief.publicKey)]
  const inTime = await signed(DOCUMENT, brief.privateKey, new Date('2024-02-01T00:00:00Z'))
  assert.equal((await verifySignature(DOCUMENT, inTime, keys, NOW)).ok, true)
  // The same key without its end makes a signature that the published one cannot have made.
  const endless = await reformatKey({
    privateKey: await readPrivateKey({ armoredKey: brief.privateKey }),
    userIDs: [{ name: 'Acme' }],
    date: new Date('2024-01-01T00:00:01Z'),
  })
  const late = await signed(DOCUMENT, endless.privateKey, new Date('2025-01-01T00:00:00Z'))
  assert.equal((await verifySignature(DOCUMENT, late, keys, NOW)).ok, false)
})

test('a signature from the future, and one by a key that was revoked, prove nothing', async () => {
  const future = await signed(DOCUMENT, acme.privateKey, new Date('2026-06-01T00:00:00Z'))
  assert.equal((await verifySignature(DOCUMENT, future, [await keyOf(acme.publicKey)], NOW)).ok, false)
  const revoked = await revokeKey({
    key: await readPrivateKey({ armoredKey: other.privateKey }),
    date: new Date('2025-06-01T00:00:00Z'),
    format: 'armored',
  })
  const earlier = await signed(DOCUMENT, other.privateKey, new Date('2025-01-01T00:00:00Z'))
  assert.equal((await verifySignature(DOCUMENT, earlier, [await keyOf(revoked.publicKey)], NOW)).ok, false)
})

test('signatures of a real publisher are read, and name the key that made them', { skip: skipWithoutSharedData }, async () => {
  const path = sharedData('csaf/cisa-it/va-24-201-01.json')
  const result = await verifySignature(readFileSync(path), readFileSync(`${path}.asc`), [await keyOf(acme.publicKey)], NOW)
  assert.equal(result.problems[0]?.rule, 'csaf-provider.signature.unknown-key')
  assert.match(result.problems[0]?.message ?? '', /\([0-9A-F]{16}\)/)
})
