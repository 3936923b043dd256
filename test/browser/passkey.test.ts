import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, test } from 'node:test'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { makeLink } from '../../src/platform/auth/links.ts'
import type { AuthTables } from '../../src/platform/auth/tables.ts'
import { SYSTEM } from '../../src/platform/work/actor.ts'
import { runWork } from '../../src/platform/work/work.ts'
import { createTestApp } from '../support/app.ts'
import { launchBrowser, openContext } from '../support/browser.ts'

const port = await freePort()
const origin = `http://localhost:${port}`
const app = await createTestApp({ env: { BASE_URL: origin } })
await app.server.listen({ port, host: '127.0.0.1' })
const browser = await launchBrowser()
after(() => browser.close())

/** Somebody invited, and a browser whose authenticator is Chromium's own virtual one. */
async function invited(): Promise<{ context: BrowserContext; page: Page; authenticator: Authenticator; link: string; email: string }> {
  const { personId } = await app.signIn('cyber-lead', { name: 'Petra Passkey' })
  const token = await runWork<AuthTables, string>(app.platform, SYSTEM, work => makeLink(work, personId, 'invitation'))
  const context = await openContext(browser)
  after(() => context.close())
  const page = await context.newPage()
  return {
    context,
    page,
    authenticator: await addAuthenticator(context, page),
    link: `${origin}/invitation/${token}`,
    email: `${personId}@test.invalid`,
  }
}

interface Authenticator {
  readonly session: CDPSession
  readonly authenticatorId: string
}

async function addAuthenticator(context: BrowserContext, page: Page): Promise<Authenticator> {
  const session = await context.newCDPSession(page)
  await session.send('WebAuthn.enable')
  const options = {
    protocol: 'ctap2',
    transport: 'internal',
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
  } as const
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options })
  return { session, authenticatorId }
}

async function makePasskey(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.getByRole('button', { name: 'Make a passkey' }).click()
  await page.waitForURL(`${origin}/account/recovery-codes`)
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign out' }).first().click()
  await page.waitForURL(`${origin}/sign-in`)
}

test('a passkey is made from an invitation, and signs in with nothing typed', async () => {
  const { page, link, email } = await invited()
  await makePasskey(page, link)
  await signOut(page)
  await page.goto(`${origin}/account`)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.waitForURL(`${origin}/account`)
  assert.match(await page.content(), new RegExp(email))
  assert.match(await page.content(), /First passkey<\/strong>, made .*last used/)
})

test('the same answer of the authenticator does not sign in twice, nor in another browser', async () => {
  const { page, link } = await invited()
  await makePasskey(page, link)
  await signOut(page)
  const sent = page.waitForRequest(request => request.url() === `${origin}/sign-in/passkey` && request.method() === 'POST')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  const credential = new URLSearchParams((await sent).postData() ?? '').get('credential') ?? ''
  assert.match(credential, /authenticatorData/)
  await page.waitForURL(`${origin}/`)
  const thief = app.newVisitor()
  assert.equal((await thief.post('/sign-in/passkey', { credential, to: '/' })).statusCode, 422)
  assert.equal(thief.cookie('carecert'), undefined)
})

test('a key that did not ask for finger, face or PIN is not enough', async () => {
  const { page, link, authenticator } = await invited()
  await makePasskey(page, link)
  await signOut(page)
  await authenticator.session.send('WebAuthn.setUserVerified', { authenticatorId: authenticator.authenticatorId, isUserVerified: false })
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByText('The passkey was not used').waitFor()
  assert.equal(new URL(page.url()).pathname, '/sign-in')
})

test('a copied key, whose counter has gone back, is refused', async () => {
  const { page, link, authenticator } = await invited()
  await makePasskey(page, link)
  await signOut(page)
  const { session, authenticatorId } = authenticator
  const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId })
  const [copy] = credentials
  assert.ok(copy !== undefined)
  for (let turn = 0; turn < 2; turn += 1) {
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.waitForURL(`${origin}/`)
    await signOut(page)
  }
  await session.send('WebAuthn.clearCredentials', { authenticatorId })
  await session.send('WebAuthn.addCredential', { authenticatorId, credential: copy })
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByText('That passkey is not known here').first().waitFor()
})

test('another passkey is added and removed; the last way in stays', async () => {
  const { context, page, link, authenticator } = await invited()
  await makePasskey(page, link)
  // Another device: a second authenticator in the place of the first, which already holds one for this account.
  await authenticator.session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: authenticator.authenticatorId })
  await addAuthenticator(context, page)
  await page.goto(`${origin}/account`)
  await page.getByLabel('A name for it').fill('Work telephone')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByText('The passkey was added.').waitFor()
  await page.getByRole('button', { name: 'Remove First passkey' }).click()
  await page.getByText('The passkey was removed.').waitFor()
  await page.getByRole('button', { name: 'Remove Work telephone' }).click()
  await page.getByText('This is your only way to sign in').waitFor()
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('No free port.')
  return address.port
}
