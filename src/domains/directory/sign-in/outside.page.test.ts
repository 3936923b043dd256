import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, type Browser } from '../../../../test/support/app.ts'
import { startOutsideProvider } from '../../../../test/support/oidc-provider.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { SignInTables } from '../tables.ts'

const provider = await startOutsideProvider('http://localhost:8080/sign-in/outside/return')
const app = await createTestApp({
  env: {
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OIDC_NAME: 'the Health Account',
  },
})

/** Somebody invited, with an account at the provider at the same address. */
async function invited(name: string, verified = true): Promise<{ personId: string; email: string }> {
  const { personId } = await app.signIn('cyber-lead')
  const email = `${personId}@test.invalid`
  provider.people.set(name, { email, email_verified: verified })
  return { personId, email }
}

/** Goes to the provider and signs in there; gives the path that the browser is sent back to. */
async function goOutside(browser: Browser, name: string, to = '/account'): Promise<string> {
  const away = await browser.get(`/sign-in/outside?to=${encodeURIComponent(to)}`)
  const back = new URL(await provider.signIn(String(away.headers.location), name))
  return back.pathname + back.search
}

async function linked(): Promise<{ subject: string; person_id: string }[]> {
  return readAs<SignInTables, { subject: string; person_id: string }[]>(app.platform, SYSTEM, db =>
    db.selectFrom('auth_outside_identity').select(['subject', 'person_id']).execute(),
  )
}

test('the page for signing in offers the provider by its name', async () => {
  assert.match(
    (await app.newVisitor().get('/sign-in?to=%2Faccount')).body,
    /href="\/sign-in\/outside\?to=%2Faccount"[^>]*>\s*Sign in with the Health Account/,
  )
})

test('the request carries state, nonce and a PKCE challenge', async () => {
  const address = new URL(String((await app.newVisitor().get('/sign-in/outside')).headers.location))
  assert.equal(address.origin, provider.issuer)
  assert.equal(address.searchParams.get('response_type'), 'code')
  assert.equal(address.searchParams.get('code_challenge_method'), 'S256')
  for (const name of ['state', 'nonce', 'code_challenge']) assert.ok((address.searchParams.get(name) ?? '').length >= 43, name)
})

test('somebody whom we invited at a verified address comes in, and to the page that they wanted', async () => {
  const { email, personId } = await invited('alma')
  const browser = app.newVisitor()
  const answer = await browser.get(await goOutside(browser, 'alma'))
  assert.equal(answer.headers.location, '/account')
  assert.match((await browser.follow(answer)).body, new RegExp(email))
  assert.ok((await linked()).some(link => link.subject === 'alma' && link.person_id === personId))
})

test('once linked they are known by issuer and subject, whatever the address becomes', async () => {
  const { email } = await invited('bertil')
  const first = app.newVisitor()
  await first.get(await goOutside(first, 'bertil'))
  const other = await invited('somebody else')
  provider.people.set('bertil', { email: other.email, email_verified: true })
  const second = app.newVisitor()
  await second.get(await goOutside(second, 'bertil'))
  assert.match((await second.get('/account')).body, new RegExp(email))
})

test('an address that the provider does not vouch for lets nobody in', async () => {
  await invited('carin', false)
  const browser = app.newVisitor()
  const answer = await browser.get(await goOutside(browser, 'carin'))
  assert.equal(answer.statusCode, 403)
  assert.match(answer.body, /Nobody here is known by that account/)
  assert.ok(!(await linked()).some(link => link.subject === 'carin'))
})

test('somebody whom nobody invited is not made', async () => {
  provider.people.set('dora', { email: 'dora@elsewhere.invalid', email_verified: true })
  const browser = app.newVisitor()
  assert.equal((await browser.get(await goOutside(browser, 'dora'))).statusCode, 403)
  const people = await readAs<SignInTables, object[]>(app.platform, SYSTEM, db =>
    db.selectFrom('directory_person').select('id').where('email', '=', 'dora@elsewhere.invalid').execute(),
  )
  assert.deepEqual(people, [])
})

test('the way back works once, and only in the browser that began', async () => {
  await invited('erik')
  const browser = app.newVisitor()
  const back = await goOutside(browser, 'erik')
  assert.equal((await app.newVisitor().get(back)).statusCode, 422, 'another browser')
  const cookie = browser.cookie('carecert-challenge') ?? ''
  assert.equal((await browser.get(back)).statusCode, 303)
  const again = app.newVisitor()
  again.setCookie('carecert-challenge', cookie)
  const second = await again.get(back)
  assert.equal(second.statusCode, 422)
  assert.match(second.body, /begun in another browser, or too long ago/, 'what was kept for it is gone')
})

test('a code, a state or an issuer from elsewhere is refused', async () => {
  await invited('frida')
  await invited('gustav')
  const attacker = new URL(await goOutside(app.newVisitor(), 'gustav'), 'http://localhost')
  for (const change of [
    (back: URL) => back.searchParams.set('code', attacker.searchParams.get('code') ?? ''),
    (back: URL) => back.searchParams.set('state', attacker.searchParams.get('state') ?? ''),
    (back: URL) => back.searchParams.set('iss', 'https://evil.example'),
    (back: URL) => back.searchParams.delete('state'),
    (back: URL) => back.searchParams.delete('iss'),
  ]) {
    const browser = app.newVisitor()
    const back = new URL(await goOutside(browser, 'frida'), 'http://localhost')
    change(back)
    const answer = await browser.get(back.pathname + back.search)
    assert.equal(answer.statusCode, 422, change.toString())
    assert.equal(browser.cookie('carecert'), undefined)
  }
})

test('a refusal at the provider leads back to the page for signing in', async () => {
  const browser = app.newVisitor()
  const away = new URL(String((await browser.get('/sign-in/outside')).headers.location))
  const answer = await browser.get(
    `/sign-in/outside/return?error=access_denied&state=${away.searchParams.get('state')}&iss=${encodeURIComponent(provider.issuer)}`,
  )
  assert.equal(answer.statusCode, 422)
  assert.match(answer.body, /the Health Account did not sign you in/)
})
