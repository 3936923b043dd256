import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSigner, installationSecret } from './signer.ts'

const signer = createSigner('a secret for tests only, of no worth')

test('what is signed for one purpose does not pass for another, nor changed, nor under another secret', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      const signature = signer.sign('link', text)
      assert.ok(signer.verify('link', text, signature))
      assert.ok(!signer.verify('cookie', text, signature))
      assert.ok(!createSigner('another secret for tests, just as long').verify('link', text, signature))
      if (other !== text) assert.ok(!signer.verify('link', other, signature))
    }),
  )
})

test('a short signature is another than the start of the long one, and is as strict', () => {
  const signature = signer.signShort('link', 'text')
  assert.equal(signature.length, 16)
  assert.ok(signer.verifyShort('link', 'text', signature))
  const long = signer.sign('link', 'text')
  const others = [
    long.slice(0, 16),
    long,
    signer.signShort('link', 'other'),
    signer.signShort('cookie', 'text'),
    `${signature}A`,
    signature.slice(0, -1),
  ]
  for (const other of others) assert.ok(!signer.verifyShort('link', 'text', other), other)
  assert.ok(!signer.verify('link', 'text', signature))
})

test('a signature is taken in its one spelling only', () => {
  const signature = signer.sign('link', 'text')
  for (const spelled of [`${signature}=`, ` ${signature}`, `${signature}\n`, signature.slice(0, -1), ''])
    assert.ok(!signer.verify('link', 'text', spelled))
})

test('what is sealed opens for whom it belongs to and for nobody else', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, owner) => {
      const sealed = signer.seal('totp', text, owner)
      assert.equal(signer.open('totp', sealed, owner), text)
      assert.throws(() => signer.open('totp', sealed, `${owner}x`), { code: 'platform.auth.cannot-open' })
      assert.throws(() => signer.open('other', sealed, owner), { code: 'platform.auth.cannot-open' })
    }),
  )
})

test('a sealed text that was changed or cut anywhere does not open', () => {
  const sealed = Buffer.from(signer.seal('totp', 'secret', 'per_1'), 'base64url')
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
    assert.throws(() => signer.open('totp', changed.toString('base64url'), 'per_1'))
    assert.throws(() => signer.open('totp', sealed.subarray(0, at).toString('base64url'), 'per_1'))
  }
})

test('the same text sealed twice looks different', () => {
  assert.notEqual(signer.seal('totp', 'secret', 'per_1'), signer.seal('totp', 'secret', 'per_1'))
})

test('processes that start together share one key, whole, which nobody else can read', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'carecert-key-'))
  t.after(() => rm(folder, { recursive: true }))
  const secrets = await Promise.all(Array.from({ length: 8 }, () => installationSecret(null, folder)))
  assert.equal(new Set(secrets).size, 1)
  assert.ok((secrets[0] ?? '').length >= 64)
  assert.equal((await stat(join(folder, 'secret.key'))).mode & 0o777, 0o600)
  assert.deepEqual(await readdir(folder), ['secret.key'])
  assert.equal(await installationSecret(null, folder), secrets[0], 'and it is there at the next start')
})

test('a key file that was emptied signs nothing: anybody could sign the same', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'carecert-key-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'secret.key'), '')
  await assert.rejects(installationSecret(null, folder), { code: 'platform.auth.key-file' })
})
