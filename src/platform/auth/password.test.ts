import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, verifyPassword } from './password.ts'

test('a password is stored as argon2id with the parameters of the OWASP cheat sheet', async () => {
  assert.match(await hashPassword('lantern gravel teacup'), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

test('the right password passes, another does not, and the same text typed with other code points does', async () => {
  const stored = await hashPassword('café gravel teacup')
  assert.equal(await verifyPassword(stored, 'café gravel teacup'), true)
  assert.equal(await verifyPassword(stored, 'cafe\u0301 gravel teacup'), true)
  assert.equal(await verifyPassword(stored, 'cafe gravel teacup'), false)
})

test('an account that does not exist costs the same work, and is refused', async () => {
  const stored = await hashPassword('lantern gravel teacup')
  const time = async (hash: string | null) => {
    const start = process.hrtime.bigint()
    assert.equal(await verifyPassword(hash, 'not the password at all'), false)
    return Number(process.hrtime.bigint() - start) / 1e6
  }
  const median = async (hash: string | null) => {
    const times: number[] = []
    for (let turn = 0; turn < 7; turn += 1) times.push(await time(hash))
    return times.toSorted((a, b) => a - b)[3] ?? 0
  }
  const [known, unknown] = [await median(stored), await median(null)]
  // Work left out would show as a thousandth of the time, so a wide margin keeps a busy machine from failing this.
  assert.ok(unknown > known / 4 && known > unknown / 4, `${known} ms against ${unknown} ms`)
})

test('a flood of sign-ins is refused at once rather than kept waiting', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 120 }, () => verifyPassword(null, 'x')))
  const refused = tries.filter(outcome => outcome.status === 'rejected')
  assert.ok(refused.length > 0 && refused.length < 120)
  assert.equal(await verifyPassword(await hashPassword('lantern gravel teacup'), 'lantern gravel teacup'), true)
})
