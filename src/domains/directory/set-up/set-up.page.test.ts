import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { generate } from 'otplib'
import PostalMime from 'postal-mime'
import { createTestApp, type Browser } from '../../../../test/support/app.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import { setAuthenticator, setPassword } from '../../../platform/auth/accounts.ts'
import { makeLink } from '../../../platform/auth/links.ts'
import { hashPassword } from '../../../platform/auth/password.ts'
import { replaceRecoveryCodes } from '../../../platform/auth/recovery-codes.ts'
import type { AuthTables, LinkPurpose } from '../../../platform/auth/tables.ts'
import { newTotpSecret } from '../../../platform/auth/totp.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'

const sink = await startSmtpSink()
const app = await createTestApp({ smtpUrl: sink.url })
const PASSWORD = 'lantern gravel teacup'

function auth<R>(body: Parameters<typeof runWork<AuthTables, R>>[2]): Promise<R> {
  return runWork<AuthTables, R>(app.platform, SYSTEM, body)
}

async function somebodyNew(purpose: LinkPurpose = 'invitation'): Promise<{ personId: string; email: string; token: string }> {
  const { personId } = await app.signIn('cyber-lead', { name: 'Gwendolyn Ashworth' })
  return { personId, email: `${personId}@test.invalid`, token: await auth(work => makeLink(work, personId, purpose)) }
}

/** Gives somebody a password, an app and recovery codes. */
async function equip(personId: string): Promise<{ secret: string; codes: readonly string[] }> {
  const secret = newTotpSecret()
  const hash = await hashPassword(PASSWORD)
  const codes = await auth(async work => {
    await setPassword(work, personId, hash)
    await setAuthenticator(work, app.platform.signer, personId, secret, 0)
    return replaceRecoveryCodes(work, personId)
  })
  return { secret, codes }
}

const epoch = () => Math.floor(app.platform.clock.now().getTime() / 1000)
const codeNow = (secret: string) => generate({ secret, epoch: epoch() })

/** Opens the page for a password, as shown by the link, and reads the secret that the app would scan. */
async function secretShown(browser: Browser, token: string): Promise<string> {
  const { body } = await browser.get(`/invitation/${token}/password`)
  return (/<code>([A-Z2-7 ]+)<\/code>/.exec(body)?.[1] ?? '').replaceAll(' ', '')
}

async function setUp(browser: Browser, token: string, password = PASSWORD) {
  const secret = await secretShown(browser, token)
  return browser.post(`/invitation/${token}/password`, { password, code: await codeNow(secret) })
}

describe('An invitation', () => {
  test('says who is invited and as what, and leads to a password, an app, recovery codes and a session', async () => {
    const { token, email } = await somebodyNew()
    const browser = app.newVisitor()
    const page = await browser.get(`/invitation/${token}`)
    assert.match(page.body, /Welcome, Gwendolyn Ashworth/)
    assert.match(page.body, /Cyber or IT lead, Test trust/)
    const done = await setUp(browser, token)
    assert.equal(done.headers.location, '/account/recovery-codes')
    await browser.follow(done)
    const codes = await browser.post('/account/recovery-codes', {})
    assert.equal(codes.body.match(/<code>([0-9a-z]{4}-){5}[0-9a-z]{4}<\/code>/g)?.length, 10)
    assert.match((await browser.get('/account')).body, new RegExp(email))
    assert.doesNotMatch((await browser.get('/account/recovery-codes')).body, /<code>([0-9a-z]{4}-){5}/, 'they are shown once')
  })

  test('works once', async () => {
    const { token } = await somebodyNew()
    assert.equal((await setUp(app.newVisitor(), token)).statusCode, 303)
    const second = app.newVisitor()
    assert.equal((await second.get(`/invitation/${token}`)).statusCode, 404)
    assert.equal((await second.get(`/invitation/${token}/password`)).statusCode, 404)
    assert.equal((await second.post(`/invitation/${token}/password`, { password: PASSWORD, code: '123456' })).statusCode, 404)
    assert.equal((await second.post(`/invitation/${token}/passkey/options`, {})).statusCode, 404)
  })

  test('is not used up by looking, as the scanners of mail do', async () => {
    const { token } = await somebodyNew()
    for (let turn = 0; turn < 3; turn += 1) await app.newVisitor().get(`/invitation/${token}/password`)
    assert.equal((await setUp(app.newVisitor(), token)).statusCode, 303)
  })

  test('of two who use it at once, one gets in', async () => {
    const { token } = await somebodyNew()
    const browsers = [app.newVisitor(), app.newVisitor()]
    const secret = await secretShown(app.newVisitor(), token)
    const code = await codeNow(secret)
    const answers = await Promise.all(browsers.map(browser => browser.post(`/invitation/${token}/password`, { password: PASSWORD, code })))
    assert.deepEqual(answers.map(answer => answer.statusCode).toSorted(), [303, 404])
  })

  test('stops working after a week, and when a newer one is made', async () => {
    const old = await somebodyNew()
    const replaced = await somebodyNew()
    await auth(work => makeLink(work, replaced.personId, 'invitation'))
    assert.equal((await app.newVisitor().get(`/invitation/${replaced.token}`)).statusCode, 404)
    app.platform.clock.advanceHours(7 * 24 + 1)
    assert.equal((await app.newVisitor().get(`/invitation/${old.token}`)).statusCode, 404)
  })

  test('a forged, cut or foreign token looks like one that was used', async () => {
    const { token } = await somebodyNew()
    const answers = await Promise.all(
      ['x', token.slice(0, -1), `${token}A`, token.toLowerCase(), 'A'.repeat(43), '%00', 'a%2Fb'].map(forged =>
        app.newVisitor().get(`/invitation/${forged}`),
      ),
    )
    for (const answer of answers) {
      assert.equal(answer.statusCode, 404)
      assert.match(answer.body, /This link no longer works/)
    }
  })

  test('is stored as a hash', async () => {
    const { token } = await somebodyNew()
    const rows = await readAs<SignInTables, object[]>(app.platform, SYSTEM, db => db.selectFrom('auth_invitation').selectAll().execute())
    assert.ok(!JSON.stringify(rows).includes(token))
  })

  test('a weak password, one’s own name, or a wrong code is refused with reasons, and the link and the secret stay', async () => {
    const { token, personId } = await somebodyNew()
    const browser = app.newVisitor()
    const secret = await secretShown(browser, token)
    for (const [password, code, words] of [
      ['short', await codeNow(secret), /12 characters or more/],
      ['GwendolynAshworth1', await codeNow(secret), /easy to guess/],
      [PASSWORD, '000000', /That code is not right/],
      [PASSWORD, '', /Enter the code/],
    ] as const) {
      const answer = await browser.post(`/invitation/${token}/password`, { password, code })
      assert.equal(answer.statusCode, 422)
      assert.match(answer.body, words)
      assert.ok(!answer.body.includes(`value="${password}"`), 'a password is never sent back')
    }
    assert.equal(await secretShown(browser, token), secret)
    const account = await readAs<SignInTables, object | undefined>(app.platform, SYSTEM, db =>
      db.selectFrom('auth_account').selectAll().where('person_id', '=', personId).executeTakeFirst(),
    )
    assert.equal(account, undefined)
    assert.equal((await browser.post(`/invitation/${token}/password`, { password: PASSWORD, code: await codeNow(secret) })).statusCode, 303)
  })

  test('the app’s secret is sealed in the database', async () => {
    const { token, personId } = await somebodyNew()
    const secret = await secretShown(app.newVisitor(), token)
    await app.newVisitor().post(`/invitation/${token}/password`, { password: PASSWORD, code: await codeNow(secret) })
    const account = await readAs<SignInTables, object | undefined>(app.platform, SYSTEM, db =>
      db.selectFrom('auth_account').selectAll().where('person_id', '=', personId).executeTakeFirst(),
    )
    assert.ok(account !== undefined && !JSON.stringify(account).includes(secret))
  })

  test('for somebody who could sign in ends all their sessions, and they are told by mail', async () => {
    const browser = await app.signIn('cyber-lead')
    await equip(browser.personId)
    const token = await auth(work => makeLink(work, browser.personId, 'invitation'))
    await setUp(app.newVisitor(), token)
    assert.equal((await browser.get('/account')).statusCode, 303)
    await app.platform.runJobs()
    const message = sink.messages.findLast(sent => sent.to === `${browser.personId}@test.invalid`)
    assert.match((await PostalMime.parse(message?.bytes ?? '')).text ?? '', /set up anew from a one-time link/)
  })
})

describe('Recovery', () => {
  async function askedBy(email: string): Promise<string | undefined> {
    sink.messages.length = 0
    await app.newVisitor().post('/recover', { email })
    await app.platform.runJobs()
    const message = sink.messages.find(sent => sent.to === email)
    if (message === undefined) return undefined
    return /\/recovery\/([\w-]{43})/.exec((await PostalMime.parse(message.bytes)).text ?? '')?.[1]
  }

  test('what is answered is the same whether or not there is such an account', async () => {
    const known = await somebodyNew()
    await equip(known.personId)
    const answers = await Promise.all([known.email, 'nobody@test.invalid'].map(email => app.newVisitor('192.0.2.5').post('/recover', { email })))
    const [first, second] = answers.map(answer => ({
      status: answer.statusCode,
      to: answer.headers.location,
      notice: answer.cookies.find(cookie => cookie.name === 'carecert-notice')?.value,
    }))
    assert.deepEqual(first, second)
    assert.equal(first?.status, 303)
  })

  test('needs the mailbox and a second factor, and then sets up sign-in anew', async () => {
    const { personId, email } = await somebodyNew()
    const { codes } = await equip(personId)
    const token = await askedBy(email)
    assert.ok(token !== undefined)
    const browser = app.newVisitor()
    assert.equal((await browser.get(`/invitation/${token}/password`)).statusCode, 404, 'the mailbox alone opens nothing')
    assert.equal((await browser.post(`/invitation/${token}/password`, { password: PASSWORD, code: '000000' })).statusCode, 404)
    assert.equal((await browser.post(`/recovery/${token}`, { code: '000000' }, { from: `/recovery/${token}` })).statusCode, 422)
    const proved = await browser.post(`/recovery/${token}`, { code: codes[3] ?? '' })
    const next = /^\/invitation\/([\w-]{43})$/.exec(String(proved.headers.location))?.[1]
    assert.ok(next !== undefined)
    assert.equal((await browser.get(`/recovery/${token}`)).statusCode, 404, 'it worked once')
    assert.equal((await setUp(browser, next, 'pelican quarry velvet')).statusCode, 303)
    const signIn = await app.newVisitor().post('/sign-in', { email, password: 'pelican quarry velvet' })
    assert.equal(signIn.headers.location, '/sign-in/code')
  })

  test('guessing the code is stopped', async () => {
    const { personId, email } = await somebodyNew()
    const { secret } = await equip(personId)
    const token = await askedBy(email)
    const browser = app.newVisitor()
    for (let turn = 0; turn < 6; turn += 1) assert.equal((await browser.post(`/recovery/${token}`, { code: '000000' })).statusCode, 422)
    assert.equal((await browser.post(`/recovery/${token}`, { code: await codeNow(secret) })).statusCode, 429)
  })

  test('somebody with nothing to prove themselves by is sent to an administrator, and gets no link', async () => {
    const { email } = await somebodyNew()
    assert.equal(await askedBy(email), undefined)
    const message = sink.messages.find(sent => sent.to === email)
    assert.match((await PostalMime.parse(message?.bytes ?? '')).text ?? '', /ask an administrator/)
  })

  test('a mailbox is not flooded', async () => {
    const { personId, email } = await somebodyNew()
    await equip(personId)
    sink.messages.length = 0
    for (let turn = 0; turn < 8; turn += 1) await app.newVisitor().post('/recover', { email })
    await app.platform.runJobs()
    assert.equal(sink.messages.filter(sent => sent.to === email).length, 3)
  })
})
