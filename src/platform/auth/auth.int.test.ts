import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { ANONYMOUS, SYSTEM, type Actor, type Scope } from '../work/actor.ts'
import { readAs } from '../work/read.ts'
import { runWork } from '../work/work.ts'
import { withSystemSight } from './actors.ts'
import { attemptKey, countTry, forgiveTries, LIMITS, type AttemptKey, type TryVerdict } from './attempts.ts'
import { openChallenge, readChallenge, takeChallenge } from './challenges.ts'
import { makeLink, readLink, takeLink } from './links.ts'
import { replaceRecoveryCodes } from './recovery-codes.ts'
import type { AuthTables } from './tables.ts'

const platform = await createTestPlatform()

function work<R>(body: Parameters<typeof runWork<AuthTables, R>>[2], actor: Actor = SYSTEM): Promise<R> {
  return runWork<AuthTables, R>(platform, actor, body)
}

const TABLES = [
  'auth_account',
  'auth_passkey',
  'auth_session',
  'auth_challenge',
  'auth_invitation',
  'auth_recovery_code',
  'auth_attempt',
  'auth_outside_identity',
] as const

test('the tables of sign-in are seen by the system alone, whoever asks', async () => {
  await work(async unit => {
    await replaceRecoveryCodes(unit, 'per_1')
    await makeLink(unit, 'per_1', 'invitation')
  })
  const organisationId = 'org_0192aaaaaaaaaaaaaaaaaaaaaaaaaaaa' as NonNullable<Actor['organisationId']>
  const scopes: Scope[] = [
    { kind: 'centre' },
    { kind: 'region', organisationId },
    { kind: 'partner', organisationId },
    { kind: 'organisation', organisationId },
    { kind: 'none' },
  ]
  for (const scope of scopes) {
    for (const table of TABLES) {
      const rows = await readAs<AuthTables, object[]>(platform, { ...ANONYMOUS, scope }, db => db.selectFrom(table).selectAll().execute())
      assert.deepEqual(rows, [], `${table} as ${scope.kind}`)
    }
    await assert.rejects(
      work(unit => makeLink(unit, 'per_1', 'invitation'), { ...SYSTEM, scope }),
      { code: '42501' },
    )
  }
  const seen = await readAs<AuthTables, object[]>(platform, withSystemSight({ ...ANONYMOUS, scope: { kind: 'centre' } }), db =>
    db.selectFrom('auth_recovery_code').selectAll().execute(),
  )
  assert.equal(seen.length, 10)
})

const NOTE = { purpose: 'note', minutes: 5, data: z.object({ text: z.string() }) }
const OTHER = { purpose: 'other', minutes: 5, data: z.object({ text: z.string() }) }

test('a challenge is read as often as one likes, taken once, and only for its purpose', async () => {
  const token = await work(unit => openChallenge(unit, NOTE, { personId: 'per_1', data: { text: 'hello' } }))
  const read = (kind: typeof NOTE) => readAs<AuthTables, unknown>(platform, SYSTEM, db => readChallenge(db, kind, token, platform.clock.now()))
  assert.deepEqual(await read(NOTE), { personId: 'per_1', data: { text: 'hello' } })
  assert.equal(await read(OTHER), null)
  assert.equal(await work(unit => takeChallenge(unit, OTHER, token)), null)
  const taken = await Promise.all([1, 2, 3].map(() => work(unit => takeChallenge(unit, NOTE, token))))
  assert.equal(taken.filter(found => found !== null).length, 1)
})

test('a challenge that has expired is as good as none', async () => {
  const token = await work(unit => openChallenge(unit, NOTE, { personId: null, data: { text: 'late' } }))
  platform.clock.advanceHours(6 / 60)
  assert.equal(await readAs<AuthTables, unknown>(platform, SYSTEM, db => readChallenge(db, NOTE, token, platform.clock.now())), null)
  assert.equal(await work(unit => takeChallenge(unit, NOTE, token)), null)
})

test('a link that was made is read by its token alone', async () => {
  const token = await work(unit => makeLink(unit, 'per_2', 'recovery'))
  const read = (text: string) => readAs<AuthTables, unknown>(platform, SYSTEM, db => readLink(db, text, platform.clock.now()))
  assert.deepEqual(await read(token), { personId: 'per_2', purpose: 'recovery' })
  assert.equal(await read(`${token} `), null)
})

test('who asks to recover does not take an invitation away, and the one that is used ends the other', async () => {
  const read = (token: string) => readAs<AuthTables, unknown>(platform, SYSTEM, db => readLink(db, token, platform.clock.now()))
  const invitation = await work(unit => makeLink(unit, 'per_3', 'invitation'))
  const first = await work(unit => makeLink(unit, 'per_3', 'recovery'))
  const second = await work(unit => makeLink(unit, 'per_3', 'recovery'))
  assert.notEqual(await read(invitation), null)
  assert.equal(await read(first), null)
  await work(unit => takeLink(unit, invitation))
  assert.equal(await read(second), null)
})

const tryWith = (keys: readonly AttemptKey[]): Promise<TryVerdict> => work(unit => countTry(unit, keys))

test('failures at a whole network are forgotten after a quarter of an hour, so that a large hospital does not lock itself', async () => {
  const key = attemptKey(platform.signer, 'network', 'hospital')
  for (let hour = 0; hour < 2; hour += 1) {
    for (let turn = 0; turn < LIMITS.network.free - 10; turn += 20) await Promise.all(Array.from({ length: 20 }, () => tryWith([key])))
    platform.clock.advanceHours(1)
  }
  assert.deepEqual(await tryWith([key]), { allowed: true, locks: false })
})

test('one good account does not buy endless guesses at the others from the same network', async () => {
  const network = attemptKey(platform.signer, 'network', 'guesser')
  const account = attemptKey(platform.signer, 'account', 'own')
  let allowed = 0
  for (let turn = 0; turn < LIMITS.network.free + 40; turn += 1) {
    if ((await tryWith([network])).allowed) allowed += 1
    if (turn % 10 !== 0) continue
    if ((await tryWith([account, network])).allowed) await work(unit => forgiveTries(unit, [account, network]))
  }
  assert.equal(allowed, LIMITS.network.free)
})

test('refusals while one key waits count against none of them', async () => {
  const [tight, wide] = [attemptKey(platform.signer, 'account-here', 'x'), attemptKey(platform.signer, 'network', 'y')]
  for (let turn = 0; turn < 50; turn += 1) await tryWith([tight, wide])
  const rows = await readAs<AuthTables, { failures: number }[]>(platform, SYSTEM, db =>
    db.selectFrom('auth_attempt').select('failures').where('key_hash', '=', wide.keyHash).execute(),
  )
  assert.deepEqual(rows, [{ failures: LIMITS['account-here'].free }])
})
