import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { generate } from 'otplib'
import { createTestApp, type Browser } from '../../../../test/support/app.ts'
import { setAuthenticator, setPassword } from '../../../platform/auth/accounts.ts'
import { hashPassword } from '../../../platform/auth/password.ts'
import { replaceRecoveryCodes } from '../../../platform/auth/recovery-codes.ts'
import type { AuthTables } from '../../../platform/auth/tables.ts'
import { newTotpSecret } from '../../../platform/auth/totp.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'

const PASSWORD = 'lantern gravel teacup'

interface Known {
  readonly personId: string
  readonly email: string
  readonly secret: string
  readonly recoveryCodes: readonly string[]
}

const app = await createTestApp()

/** Somebody with a password and an authenticator app. Signing in as them makes the person; then they sign out. */
async function somebody(): Promise<Known> {
  const { personId } = await app.signIn('cyber-lead')
  const secret = newTotpSecret()
  const hash = await hashPassword(PASSWORD)
  const recoveryCodes = await runWork<AuthTables, readonly string[]>(app.platform, SYSTEM, async work => {
    await setPassword(work, personId, hash)
    await setAuthenticator(work, app.platform.signer, personId, secret, 0)
    return replaceRecoveryCodes(work, personId)
  })
  return { personId, email: `${personId}@test.invalid`, secret, recoveryCodes }
}

/** A browser of its own, from an address of its own. */
function stranger(remoteAddress = '192.0.2.1'): Browser {
  return app.newVisitor(remoteAddress)
}

function codeNow(secret: string): Promise<string> {
  return generate({ secret, epoch: Math.floor(app.platform.clock.now().getTime() / 1000) })
}

const signIn = (browser: Browser, email: string, password: string, to = '/') => browser.post('/sign-in', { email, password, to })

/** The page without what differs from one request to the next. */
function sameWords(html: string): string {
  return html
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'REFERENCE')
    .replace(/per_[0-9a-f]{32}@test\.invalid|nobody@test\.invalid/g, 'ADDRESS')
    .replace(/_csrf" value="[^"]*"/g, '')
}

async function auditOf(verb: string): Promise<number> {
  const rows = await readAs<{ audit_record: { verb: string } }, { verb: string }[]>(app.platform, { ...SYSTEM, scope: { kind: 'centre' } }, db =>
    db.selectFrom('audit_record').select('verb').where('verb', '=', verb).execute(),
  )
  return rows.length
}

describe('With a password and a code', () => {
  test('somebody signs in and comes to the page that they wanted', async () => {
    const { email, secret } = await somebody()
    const browser = stranger()
    const asked = await browser.get('/account')
    assert.equal(asked.headers.location, '/sign-in?to=%2Faccount')
    const page = await browser.follow(asked)
    assert.match(page.body, /name="to" value="\/account"/)
    const password = await signIn(browser, email.toUpperCase(), PASSWORD, '/account')
    assert.equal(password.headers.location, '/sign-in/code')
    assert.equal((await browser.get('/account')).statusCode, 303, 'a password alone opens nothing')
    const code = await browser.post('/sign-in/code', { code: await codeNow(secret) })
    assert.equal(code.headers.location, '/account')
    const account = await browser.follow(code)
    assert.equal(account.statusCode, 200)
    assert.match(account.body, new RegExp(email))
  })

  test('a code that was used is refused, even in its own half minute', async () => {
    const { email, secret } = await somebody()
    const code = await codeNow(secret)
    const first = stranger()
    await signIn(first, email, PASSWORD)
    assert.equal((await first.post('/sign-in/code', { code })).statusCode, 303)
    const second = stranger()
    await signIn(second, email, PASSWORD)
    const refused = await second.post('/sign-in/code', { code })
    assert.equal(refused.statusCode, 422)
    assert.match(refused.body, /was used before/)
  })

  test('of two browsers that send the same code at once, one comes in', async () => {
    const { email, secret } = await somebody()
    const browsers = [stranger(), stranger()]
    for (const browser of browsers) await signIn(browser, email, PASSWORD)
    const code = await codeNow(secret)
    const answers = await Promise.all(browsers.map(browser => browser.post('/sign-in/code', { code })))
    assert.deepEqual(answers.map(answer => answer.statusCode).toSorted(), [303, 422])
  })

  test('a recovery code stands in for the app, once', async () => {
    const { email, recoveryCodes } = await somebody()
    const code = recoveryCodes[0] ?? ''
    for (const expected of [303, 422]) {
      const browser = stranger()
      await signIn(browser, email, PASSWORD)
      assert.equal((await browser.post('/sign-in/code', { code: code.toUpperCase().replaceAll('-', ' ') })).statusCode, expected)
    }
  })

  test('the page for the code asks nothing of somebody who has not shown the password', async () => {
    const browser = stranger()
    assert.equal((await browser.get('/sign-in/code')).headers.location, '/sign-in')
    assert.equal((await browser.post('/sign-in/code', { code: '123456' })).headers.location, '/sign-in')
  })

  test('the step between expires', async () => {
    const { email, secret } = await somebody()
    const browser = stranger()
    await signIn(browser, email, PASSWORD)
    app.platform.clock.advanceHours(1)
    assert.equal((await browser.post('/sign-in/code', { code: await codeNow(secret) })).headers.location, '/sign-in')
  })

  test('what is said does not tell whether there is such an account', async () => {
    const { email } = await somebody()
    const known = await signIn(stranger('192.0.2.20'), email, 'not the password')
    const unknown = await signIn(stranger('192.0.2.20'), 'nobody@test.invalid', 'not the password')
    assert.equal(known.statusCode, 422)
    assert.equal(unknown.statusCode, 422)
    assert.equal(sameWords(unknown.body), sameWords(known.body))
  })
})

describe('Guessing', () => {
  test('is stopped for an account from one network, and the audit says so; the right password does not help meanwhile', async () => {
    const { email } = await somebody()
    const before = await auditOf('auth.guessing.stopped')
    const browser = stranger('192.0.2.50')
    for (let turn = 0; turn < 6; turn += 1) assert.equal((await signIn(browser, email, `guess ${turn}`)).statusCode, 422)
    const stopped = await signIn(browser, email, PASSWORD)
    assert.equal(stopped.statusCode, 429)
    assert.match(stopped.body, /too many wrong tries/)
    assert.equal(await auditOf('auth.guessing.stopped'), before + 1)
  })

  test('does not lock out the owner, who is elsewhere', async () => {
    const { email, secret } = await somebody()
    const guesser = stranger('192.0.2.60')
    for (let turn = 0; turn < 8; turn += 1) await signIn(guesser, email, 'guess')
    const owner = stranger('192.0.2.61')
    assert.equal((await signIn(owner, email, PASSWORD)).headers.location, '/sign-in/code')
    assert.equal((await owner.post('/sign-in/code', { code: await codeNow(secret) })).statusCode, 303)
  })

  test('for an account that does not exist is stopped in the same way', async () => {
    const browser = stranger('192.0.2.70')
    for (let turn = 0; turn < 6; turn += 1) assert.equal((await signIn(browser, 'nobody-at-all@test.invalid', 'guess')).statusCode, 422)
    assert.equal((await signIn(browser, 'nobody-at-all@test.invalid', 'guess')).statusCode, 429)
  })

  test('goes on after the wait, and a try during it makes the wait no longer', async () => {
    const { email } = await somebody()
    const browser = stranger('192.0.2.80')
    for (let turn = 0; turn < 6; turn += 1) await signIn(browser, email, 'guess')
    for (let turn = 0; turn < 10; turn += 1) assert.equal((await signIn(browser, email, 'guess')).statusCode, 429)
    app.platform.clock.advanceHours(31 / 3600)
    assert.equal((await signIn(browser, email, PASSWORD)).headers.location, '/sign-in/code')
  })

  test('many at once do not slip past the limit', async () => {
    const { email } = await somebody()
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(stranger('192.0.2.90'), email, 'guess')))
    assert.equal(answers.filter(answer => answer.statusCode === 422).length, 6)
    assert.equal(answers.filter(answer => answer.statusCode === 429).length, 14)
  })

  test('codes by somebody who has the password is stopped, the owner is told, and showing the password again does not help', async () => {
    const { email, secret } = await somebody()
    const browser = stranger('192.0.2.100')
    await signIn(browser, email, PASSWORD)
    for (let turn = 0; turn < 6; turn += 1) {
      await signIn(stranger('192.0.2.101'), email, PASSWORD)
      assert.equal((await browser.post('/sign-in/code', { code: '000000' })).statusCode, 422)
    }
    assert.equal((await browser.post('/sign-in/code', { code: await codeNow(secret) })).statusCode, 429)
  })
})

describe('The session', () => {
  test('gets a new id at sign-in: one that was there before is worth nothing', async () => {
    const victim = await somebody()
    const attacker = await app.signIn('cyber-lead')
    const browser = stranger()
    browser.setCookie('carecert', attacker.cookie('carecert') ?? '')
    await browser.get('/sign-in?again=yes')
    await signIn(browser, victim.email, PASSWORD)
    await browser.post('/sign-in/code', { code: await codeNow(victim.secret) })
    assert.notEqual(browser.cookie('carecert'), attacker.cookie('carecert'))
    assert.match((await browser.get('/account')).body, new RegExp(victim.email))
    assert.equal((await attacker.get('/account')).statusCode, 303, 'the session that was planted has ended')
  })

  test('ends by signing out, on the server too', async () => {
    const browser = await app.signIn('cyber-lead')
    const cookie = browser.cookie('carecert') ?? ''
    await browser.post('/sign-out', {}, { from: '/account' })
    const thief = stranger()
    thief.setCookie('carecert', cookie)
    assert.equal((await thief.get('/account')).statusCode, 303)
  })

  test('ends when it was not used for eight hours, and twelve hours after sign-in whatever happens', async () => {
    const idle = await app.signIn('cyber-lead')
    app.platform.clock.advanceHours(8.1)
    assert.equal((await idle.get('/account')).statusCode, 303)
    const busy = await app.signIn('cyber-lead')
    for (const hours of [6, 5.9]) {
      app.platform.clock.advanceHours(hours)
      assert.equal((await busy.get('/account')).statusCode, 200)
    }
    app.platform.clock.advanceHours(0.2)
    assert.equal((await busy.get('/account')).statusCode, 303)
  })

  test('is stored as a hash: nothing in the database opens a door', async () => {
    const browser = await app.signIn('cyber-lead')
    const rows = await readAs<SignInTables, object[]>(app.platform, SYSTEM, db => db.selectFrom('auth_session').selectAll().execute())
    assert.ok(!JSON.stringify(rows).includes(browser.cookie('carecert') ?? 'missing'))
  })

  test('a form without its token, or with that of another session, is refused', async () => {
    const browser = await app.signIn('cyber-lead')
    const other = await app.signIn('cyber-lead')
    const token = /name="_csrf" value="([^"]+)"/.exec((await other.get('/account')).body)?.[1] ?? ''
    for (const _csrf of ['', 'made-up', token]) {
      const answer = await app.server.inject({
        method: 'POST',
        url: '/account/sessions/end',
        payload: new URLSearchParams({ _csrf }).toString(),
        cookies: { carecert: browser.cookie('carecert') ?? '' },
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      })
      assert.equal(answer.statusCode, 403)
    }
  })

  test('another site can neither sign somebody in nor out', async () => {
    for (const url of ['/sign-in', '/sign-in/code', '/sign-in/passkey', '/sign-out']) {
      const answer = await app.server.inject({
        method: 'POST',
        url,
        payload: 'email=a',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      })
      assert.equal(answer.statusCode, 403, url)
    }
  })
})

describe('The address to come back to', () => {
  test('leads nowhere but to this site', async () => {
    const { email, secret } = await somebody()
    const browser = stranger()
    await signIn(browser, email, PASSWORD, '//evil.example/login')
    const answer = await browser.post('/sign-in/code', { code: await codeNow(secret) })
    assert.equal(answer.headers.location, '/')
    const signedIn = await browser.get('/sign-in?to=https%3A%2F%2Fevil.example')
    assert.equal(signedIn.headers.location, '/')
  })
})

describe('A form that was sent after the session ran out', () => {
  test('is shown again to the same person in the same browser, without secrets, and sent with a fresh token', async () => {
    const { email, secret } = await somebody()
    const browser = stranger()
    await signIn(browser, email, PASSWORD)
    await browser.post('/sign-in/code', { code: await codeNow(secret) })
    await browser.get('/account')
    app.platform.clock.advanceHours(9)
    const late = await browser.post('/account/act-as', { assignment: 'asg_typed', newPassword: 'secret words', code: '123456', many: ['one', 'two'] })
    assert.equal(late.headers.location, '/sign-in?to=%2Finterrupted')
    await signIn(browser, email, PASSWORD, '/interrupted')
    const back = await browser.post('/sign-in/code', { code: await codeNow(secret) })
    assert.equal(back.headers.location, '/interrupted')
    const { body } = await browser.follow(back)
    assert.match(body, /action="\/account\/act-as"/)
    assert.match(body, /name="assignment" value="asg_typed"/)
    assert.match(body, /name="many" value="one"[^]*name="many" value="two"/)
    assert.doesNotMatch(body, /secret words|123456/)
    assert.match(body, /name="_csrf" value="[^"]+"/)
  })

  test('is not shown to somebody else in that browser', async () => {
    const [first, second] = [await somebody(), await somebody()]
    const browser = stranger()
    await signIn(browser, first.email, PASSWORD)
    await browser.post('/sign-in/code', { code: await codeNow(first.secret) })
    app.platform.clock.advanceHours(9)
    await browser.post('/account/act-as', { assignment: 'typed by the first' })
    await signIn(browser, second.email, PASSWORD, '/interrupted')
    await browser.post('/sign-in/code', { code: await codeNow(second.secret) })
    assert.equal((await browser.get('/interrupted')).headers.location, '/')
  })

  test('a stranger who was never signed in stores nothing with us', async () => {
    const browser = stranger()
    await browser.post('/account/act-as', { assignment: 'x'.repeat(10_000) })
    assert.equal(browser.cookie('carecert-challenge'), undefined)
  })
})

test('nothing typed while signing in is kept in the browser', async () => {
  const { email } = await somebody()
  const browser = stranger()
  const pages = [await browser.get('/sign-in'), await browser.get('/recover')]
  await signIn(browser, email, PASSWORD)
  pages.push(await browser.get('/sign-in/code'))
  for (const page of pages) {
    assert.equal(page.statusCode, 200)
    assert.doesNotMatch(page.body, /data-autosave/)
  }
})
