import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generate } from 'otplib'
import { looksLikeTotpCode, newTotpSecret, totpSetUp, totpStep } from './totp.ts'

/** The SHA-1 secret of RFC 6238 Appendix B, "12345678901234567890", in base32. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

for (const [seconds, code] of [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const) {
  test(`the vector of RFC 6238 at ${seconds} seconds is accepted`, async () => {
    assert.equal(await totpStep(RFC_SECRET, code, null, new Date(seconds * 1000)), Math.floor(seconds / 30))
  })
}

const now = new Date('2026-11-20T09:00:15Z')
const step = Math.floor(now.getTime() / 30_000)
const codeAt = (secret: string, offsetSeconds: number) => generate({ secret, epoch: Math.floor(now.getTime() / 1000) + offsetSeconds })

test('one step of drift either way is accepted, two are not', async () => {
  const secret = newTotpSecret()
  const found = await Promise.all([-60, -30, 0, 30, 60].map(async offset => totpStep(secret, await codeAt(secret, offset), null, now)))
  assert.deepEqual(found, [null, step - 1, step, step + 1, null])
})

test('a code is refused once its step, or a later one, was used', async () => {
  const secret = newTotpSecret()
  const code = await codeAt(secret, 0)
  assert.equal(await totpStep(secret, code, step - 1, now), step)
  for (const last of [step, step + 1, step + 5]) assert.equal(await totpStep(secret, code, last, now), null)
})

test('what is not six digits is refused without a fuss, and the space that apps show is no matter', async () => {
  const secret = newTotpSecret()
  for (const typed of ['', '12345', '1234567', 'abcdef', '12 34 5x', '１２３４５６']) {
    assert.equal(looksLikeTotpCode(typed), false, typed)
    assert.equal(await totpStep(secret, typed, null, now), null)
  }
  const code = await codeAt(secret, 0)
  assert.equal(await totpStep(secret, `${code.slice(0, 3)} ${code.slice(3)} `, null, now), step)
})

test('an authenticator app is given an address and the same as a picture', async () => {
  const { address, qrCode, typed } = await totpSetUp(RFC_SECRET, 'a.person@example.org')
  assert.equal(new URL(address).searchParams.get('secret'), RFC_SECRET)
  assert.equal(new URL(address).searchParams.get('issuer'), 'CareCERT')
  assert.match(qrCode, /^data:image\/png;base64,/)
  assert.equal(typed.replaceAll(' ', ''), RFC_SECRET)
})
