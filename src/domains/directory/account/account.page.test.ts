import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { generate } from 'otplib'
import { createTestApp, type Browser, type SignedIn } from '../../../../test/support/app.ts'
import { setAuthenticator, setPassword } from '../../../platform/auth/accounts.ts'
import { hashPassword } from '../../../platform/auth/password.ts'
import { startSession } from '../../../platform/auth/sessions.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { newTotpSecret } from '../../../platform/auth/totp.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'

const app = await createTestApp()
const PASSWORD = 'lantern gravel teacup'

function change<R>(body: Parameters<typeof runWork<SignInTables, R>>[2]): Promise<R> {
  return runWork<SignInTables, R>(app.platform, SYSTEM, body)
}

async function withPassword(browser: SignedIn): Promise<string> {
  const secret = newTotpSecret()
  const hash = await hashPassword(PASSWORD)
  await runWork<AuthTables, void>(app.platform, SYSTEM, async work => {
    await setPassword(work, browser.personId, hash)
    await setAuthenticator(work, app.platform.signer, browser.personId, secret, 0)
  })
  return secret
}

/** The same person in another browser. */
async function elsewhere(browser: SignedIn): Promise<Browser> {
  const cookie = await change(async work => {
    const assignment = await work.db
      .selectFrom('directory_assignment')
      .select('id')
      .where('person_id', '=', browser.personId)
      .executeTakeFirstOrThrow()
    return startSession(work.lend<AuthTables>(), { personId: browser.personId, assignmentId: assignment.id, how: 'passkey', replaces: null })
  })
  const other = app.newVisitor()
  other.setCookie('carecert', cookie)
  return other
}

const codeNow = (secret: string) => generate({ secret, epoch: Math.floor(app.platform.clock.now().getTime() / 1000) })

describe('Acting for another organisation', () => {
  async function withTwoRoles(): Promise<{ browser: SignedIn; second: string; stranger: string }> {
    const browser = await app.signIn('cyber-lead', { organisation: 'AAA' })
    const other = await app.signIn('board-member', { organisation: 'BBB' })
    return change(async work => {
      const theirs = await work.db.selectFrom('directory_assignment').select('id').where('person_id', '=', other.personId).executeTakeFirstOrThrow()
      const second = work.newId('assignment')
      await work.db
        .insertInto('directory_assignment')
        .values({
          id: second,
          person_id: browser.personId,
          organisation_id: other.organisationId,
          role: 'board-member',
          since: work.now,
          until: null,
        })
        .execute()
      work.record({ verb: 'test', subject: { kind: 'test', id: 'test' } })
      return { browser, second, stranger: theirs.id }
    })
  }

  test('is one button away, always says for whom, and gives the session a new id', async () => {
    const { browser, second } = await withTwoRoles()
    const before = await browser.get('/account')
    assert.match(before.body, /Acting for Test trust AAA, Cyber or IT lead \(switch\)/)
    const cookie = browser.cookie('carecert')
    assert.equal((await browser.post('/account/act-as', { assignment: second })).statusCode, 303)
    assert.notEqual(browser.cookie('carecert'), cookie)
    assert.match((await browser.get('/account')).body, /Acting for Test trust BBB, Senior information risk owner \(switch\)/)
    const old = app.newVisitor()
    old.setCookie('carecert', cookie ?? '')
    assert.equal((await old.get('/account')).statusCode, 303)
  })

  test('is not possible in a role of somebody else, nor in one that has ended', async () => {
    const { browser, second, stranger } = await withTwoRoles()
    await change(async work => {
      await work.db.updateTable('directory_assignment').set({ until: work.now }).where('id', '=', second).execute()
      work.record({ verb: 'test', subject: { kind: 'test', id: 'test' } })
    })
    for (const assignment of [second, stranger, 'asg_made-up'])
      assert.equal((await browser.post('/account/act-as', { assignment }, { from: '/account' })).statusCode, 404)
    assert.match((await browser.get('/account')).body, /Test trust AAA/)
  })

  test('a session whose role ended while it ran opens nothing', async () => {
    const { browser } = await withTwoRoles()
    await change(async work => {
      await work.db
        .updateTable('directory_assignment')
        .set({ until: work.now })
        .where('person_id', '=', browser.personId)
        .where('role', '=', 'cyber-lead')
        .execute()
      work.record({ verb: 'test', subject: { kind: 'test', id: 'test' } })
    })
    assert.equal((await browser.get('/account')).statusCode, 303)
  })
})

describe('Changing how one signs in', () => {
  test('asks to sign in again after ten minutes, on every way to it', async () => {
    const browser = await app.signIn('cyber-lead')
    await withPassword(browser)
    await browser.get('/account')
    app.platform.clock.advanceHours(11 / 60)
    for (const path of ['/account/password', '/account/authenticator', '/account/recovery-codes']) {
      assert.match(String((await browser.get(path)).headers.location), /^\/sign-in\?again=yes/, path)
      assert.match(String((await browser.post(path, { newPassword: 'x', code: '1' })).headers.location), /^\/sign-in\?again=yes/, path)
    }
    assert.match(String((await browser.post('/account/passkeys', { credential: '{}' })).headers.location), /again=yes/)
    assert.match(String((await browser.post('/account/passkeys/pky_x/remove', {})).headers.location), /again=yes/)
    assert.equal((await browser.post('/account/passkeys/options', {})).statusCode, 404)
  })

  test('the password: the one before is asked for, others are signed out, the person is told', async () => {
    const browser = await app.signIn('cyber-lead')
    await withPassword(browser)
    const other = await elsewhere(browser)
    assert.equal((await other.get('/account')).statusCode, 200)
    await browser.get('/account/password')
    assert.equal((await browser.post('/account/password', { currentPassword: 'wrong', newPassword: 'pelican quarry velvet' })).statusCode, 422)
    assert.match((await browser.post('/account/password', { currentPassword: PASSWORD, newPassword: 'short' })).body, /12 characters or more/)
    assert.equal(
      (await browser.post('/account/password', { currentPassword: PASSWORD, newPassword: 'pelican quarry velvet' })).headers.location,
      '/account',
    )
    assert.equal((await other.get('/account')).statusCode, 303)
    assert.equal((await browser.get('/account')).statusCode, 200)
    const email = `${browser.personId}@test.invalid`
    assert.equal((await app.newVisitor().post('/sign-in', { email, password: 'pelican quarry velvet' })).headers.location, '/sign-in/code')
    assert.equal((await app.newVisitor().post('/sign-in', { email, password: PASSWORD })).statusCode, 422)
  })

  test('guessing the password as it is now, in a browser left open, is stopped', async () => {
    const browser = await app.signIn('cyber-lead')
    await withPassword(browser)
    await browser.get('/account/password')
    for (let turn = 0; turn < 20; turn += 1)
      await browser.post('/account/password', { currentPassword: `guess ${turn}`, newPassword: 'pelican quarry velvet' })
    assert.equal((await browser.post('/account/password', { currentPassword: PASSWORD, newPassword: 'pelican quarry velvet' })).statusCode, 429)
  })

  test('a first password comes with an app: a password alone is never enough', async () => {
    const browser = await app.signIn('cyber-lead')
    const { body } = await browser.get('/account/password')
    const secret = (/<code>([A-Z2-7 ]+)<\/code>/.exec(body)?.[1] ?? '').replaceAll(' ', '')
    assert.equal((await browser.post('/account/password', { newPassword: PASSWORD })).statusCode, 422)
    assert.equal((await browser.post('/account/password', { newPassword: PASSWORD, code: '000000' })).statusCode, 422)
    assert.equal((await browser.post('/account/password', { newPassword: PASSWORD, code: await codeNow(secret) })).statusCode, 303)
  })

  test('the app: the old one works until the new one has shown a code', async () => {
    const browser = await app.signIn('cyber-lead')
    const old = await withPassword(browser)
    const { body } = await browser.get('/account/authenticator')
    const next = (/<code>([A-Z2-7 ]+)<\/code>/.exec(body)?.[1] ?? '').replaceAll(' ', '')
    assert.notEqual(next, old)
    assert.equal((await browser.post('/account/authenticator', { code: await codeNow(old) })).statusCode, 422)
    assert.equal((await browser.post('/account/authenticator', { code: await codeNow(next) })).headers.location, '/account')
    const again = app.newVisitor()
    await again.post('/sign-in', { email: `${browser.personId}@test.invalid`, password: PASSWORD })
    assert.equal((await again.post('/sign-in/code', { code: await codeNow(old) })).statusCode, 422)
  })

  test('new recovery codes end the ones before', async () => {
    const browser = await app.signIn('cyber-lead')
    await browser.get('/account/recovery-codes')
    await browser.post('/account/recovery-codes', {})
    await browser.post('/account/recovery-codes', {})
    const rows = await readAs<SignInTables, object[]>(app.platform, SYSTEM, db =>
      db.selectFrom('auth_recovery_code').selectAll().where('person_id', '=', browser.personId).execute(),
    )
    assert.equal(rows.length, 10)
  })
})

describe('Sessions', () => {
  test('can be ended from another, one or all, but never another person’s', async () => {
    const browser = await app.signIn('cyber-lead')
    const victim = await app.signIn('cyber-lead')
    const [first, second] = [await elsewhere(browser), await elsewhere(browser)]
    const hashes = await readAs<SignInTables, { id_hash: string; person_id: string }[]>(app.platform, SYSTEM, db =>
      db.selectFrom('auth_session').select(['id_hash', 'person_id']).execute(),
    )
    const theirs = hashes.find(row => row.person_id === victim.personId)?.id_hash ?? ''
    await browser.post('/account/sessions/end', { session: theirs }, { from: '/account' })
    assert.equal((await victim.get('/account')).statusCode, 200)
    const { body } = await browser.get('/account')
    const one = /name="session" value="([0-9a-f]{64})"/.exec(body)?.[1] ?? ''
    await browser.post('/account/sessions/end', { session: one })
    assert.deepEqual((await Promise.all([first.get('/account'), second.get('/account')])).map(answer => answer.statusCode).toSorted(), [200, 303])
    await browser.post('/account/sessions/end', {}, { from: '/account' })
    assert.deepEqual(
      (await Promise.all([first.get('/account'), second.get('/account'), browser.get('/account')])).map(answer => answer.statusCode),
      [303, 303, 200],
    )
  })
})
