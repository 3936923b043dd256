import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { attemptKey, LIMITS, networkOf, waitSeconds, type AttemptKind } from './attempts.ts'
import { createSigner } from './signer.ts'

const kinds = Object.keys(LIMITS) as AttemptKind[]

test('the first tries are free, then each wait is at least as long as the one before, and none passes the longest', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.nat({ max: 100_000 }), (kind, failures) => {
      const limit = LIMITS[kind]
      const wait = waitSeconds(limit, failures)
      assert.equal(wait > 0, failures >= limit.free)
      assert.ok(wait <= waitSeconds(limit, failures + 1))
      assert.ok(wait <= limit.longestSeconds)
    }),
  )
})

test('a stranger’s guesses from everywhere close an account for a quarter of an hour at most', () => {
  assert.equal(Math.max(...Array.from({ length: 10_000 }, (_, failures) => waitSeconds(LIMITS.account, failures))), 900)
})

test('an IPv6 host cannot take another of its own addresses to get more tries', () => {
  assert.equal(networkOf('2001:db8:1:2:aaaa::1'), networkOf('2001:0db8:0001:0002:ffff:1:2:3'))
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'))
  assert.equal(networkOf('::1'), '0:0:0:0')
  assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0')
})

test('an IPv4 address is the same however it is written', () => {
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7')
  assert.notEqual(networkOf('192.0.2.7'), networkOf('192.0.2.8'))
})

test('keys of different kinds and parts never coincide', () => {
  const signer = createSigner('a secret for tests only, of no worth')
  assert.notEqual(attemptKey(signer, 'account', 'a', 'b').keyHash, attemptKey(signer, 'account', 'ab').keyHash)
  assert.notEqual(attemptKey(signer, 'account', 'a').keyHash, attemptKey(signer, 'network', 'a').keyHash)
  assert.equal(attemptKey(signer, 'account', 'a').keyHash, attemptKey(signer, 'account', 'a').keyHash)
})
