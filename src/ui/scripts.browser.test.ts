import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import formbody from '@fastify/formbody'
import { generateRegistrationOptions, verifyRegistrationResponse, type RegistrationResponseJSON } from '@simplewebauthn/server'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { launchBrowser, openContext } from '../../test/support/browser.ts'
import { sampleModel, sampleShell } from '../../test/support/kitchen-sink.ts'
import { registerStaticFiles } from '../platform/http/static-files.ts'
import { loadAssets } from './assets.ts'
import { createViews } from './environment.ts'

/** The scripts and the style sheet in a real browser, under the content security policy that the product sends. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'"

const assets = loadAssets()
const views = createViews({ assets, templateFolders: [fileURLToPath(new URL('../../test/support', import.meta.url))], baseContext: {} })
let server: FastifyInstance
let browser: Browser
let base: string
let live: { status: number; body: unknown; asked: number; isStream: boolean }
let lastForm: Record<string, string>
let challenge = ''

before(async () => {
  server = await startServer()
  base = `http://localhost:${new URL(await server.listen({ port: 0, host: '127.0.0.1' })).port}`
  browser = await launchBrowser()
})

after(async () => {
  await browser.close()
  await server.close()
})

async function startServer(): Promise<FastifyInstance> {
  const made = fastify({ forceCloseConnections: true })
  await made.register(formbody)
  registerStaticFiles(made, assets)
  made.addHook('onRequest', async (_request, reply) => {
    reply.header('content-security-policy', POLICY)
  })
  made.get<{ Querystring: { owner?: string; notice?: string; problems?: string } }>('/', async ({ query }, reply) => {
    const { owner = 'Ada', notice = null, problems } = query
    const shell = {
      ...sampleShell('Words'),
      notice,
      problems: problems === undefined ? [] : sampleShell('Words').problems,
      account: { name: owner, acting: 'The centre', roleLabel: 'Analyst', canSwitch: true },
    }
    return reply.type('text/html').send(views.render('kitchen-sink.njk', { ...sampleModel('Words'), shell }))
  })
  made.get('/live', async (_request, reply) => {
    live.asked++
    if (live.isStream) return reply.type('text/event-stream').send(`data: ${JSON.stringify(live.body)}\n\n`)
    return reply.code(live.status).send(live.body)
  })
  made.get('/charts/x.svg', async (_request, reply) =>
    reply.type('image/svg+xml').send('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
  )
  made.post('/passkeys/options', async ({ headers }, reply) => {
    if (headers['x-csrf-token'] !== 'Words') return reply.code(403).send({})
    const options = await generateRegistrationOptions({ rpName: 'CareCERT', rpID: 'localhost', userName: 'ada' })
    challenge = options.challenge
    return options
  })
  for (const address of ['/passkeys', '/save', '/sign-out']) {
    made.post<{ Body: Record<string, string> }>(address, async ({ body }, reply) => {
      lastForm = body
      return reply.redirect(address === '/save' ? '/?notice=Saved' : '/?owner=Nobody', 303)
    })
  }
  return made
}

/** Opens the page in a profile of its own and fails on anything that the browser complains of. */
async function withPage(
  action: (page: Page, context: BrowserContext) => Promise<void>,
  options: BrowserContextOptions = {},
  expected = /^$/,
): Promise<void> {
  live = { status: 200, body: { figures: {} }, asked: 0, isStream: false }
  const context = await openContext(browser, options)
  const complaints: string[] = []
  try {
    const page = await context.newPage()
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type()) && !expected.test(message.text())) complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(error.message))
    await page.goto(base)
    await action(page, context)
    assert.deepEqual(complaints, [])
  } finally {
    await context.close()
  }
}

test('axe finds nothing on a page with every macro on it, with and without errors', async () => {
  await withPage(async page => {
    for (const address of ['/', '/?problems=yes', '/?notice=Done']) {
      await page.goto(base + address)
      const { violations } = await new AxeBuilder({ page }).analyze()
      assert.deepEqual(
        violations.map(found => `${found.id}: ${found.nodes[0]?.html ?? ''}`),
        [],
        address,
      )
    }
  })
})

test('nothing runs out of the side at 320 pixels, which is also 1280 at 400 %', async () => {
  await withPage(
    async page => {
      const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      assert.equal(overflow, 0)
    },
    { viewport: { width: 320, height: 700 } },
  )
})

test('without JavaScript every field and action is there', async () => {
  await withPage(
    async page => {
      await page.getByLabel('Note', { exact: true }).fill('typed')
      await page.locator('details', { hasText: 'Dismiss' }).locator('summary').click()
      await page.locator('form[action="/save"] button[type=submit]').click()
      assert.equal(lastForm['note'], 'typed')
      assert.match(page.url(), /notice=Saved/)
    },
    { javaScriptEnabled: false },
  )
})

test('figures, bars and progress follow the live address until it is done', async () => {
  await withPage(async page => {
    live.body = { figures: { silent: 1200, done: 400, value: 1204, max: 1204 } }
    await page.locator('[data-live] > [data-figure=silent]', { hasText: '1,200' }).waitFor()
    await page.locator('.app-progress__text', { hasText: '1,204 of 1,204' }).waitFor()
    assert.equal(await page.evaluate('document.querySelector("progress").value'), 1204)
    assert.equal(await page.locator('.app-funnel [data-part=silent]').getAttribute('width'), '75%')
    live.body = { figures: { silent: 0, done: 1600 }, done: true }
    await page.locator('[data-live] > [data-figure=silent]').getByText('0', { exact: true }).waitFor()
    // Three parts of the page follow the address, each in its own second.
    await page.waitForTimeout(1_200)
    const asked = live.asked
    await page.waitForTimeout(1_500)
    assert.equal(live.asked, asked)
  })
})

test('an address that pushes its figures is listened to', async () => {
  await withPage(async page => {
    live.isStream = true
    live.body = { figures: { silent: 42 }, done: true }
    await page.locator('[data-live] > [data-figure=silent]').getByText('42', { exact: true }).waitFor()
  })
})

test('when the live address fails, the page says that the figures may be old', async () => {
  await withPage(
    async page => {
      live.status = 500
      await page.locator('.app-live__state', { hasText: 'may be out of date' }).first().waitFor()
      live.status = 200
      live.body = { figures: { silent: 7 } }
      await page.locator('[data-live] > [data-figure=silent]').getByText('7', { exact: true }).waitFor()
      await page.waitForFunction('![...document.querySelectorAll(".app-live__state")].some(state => state.textContent !== "")')
    },
    {},
    /500/,
  )
})

test('what was typed comes back, to the same person only, until it is saved', async () => {
  await withPage(async page => {
    const note = page.getByLabel('Note', { exact: true })
    await note.fill('a long night of typing')
    await page.getByRole('textbox', { name: 'Password' }).fill('hunter2 hunter2')
    await page.waitForTimeout(600)
    assert.doesNotMatch(await page.evaluate<string>('JSON.stringify({ ...localStorage })'), /hunter2/)

    await page.goto(`${base}/?owner=Grace`)
    assert.notEqual(await note.inputValue(), 'a long night of typing')
    await page.goto(base)
    assert.equal(await note.inputValue(), 'a long night of typing')
    assert.match(await page.locator('.app-draft').innerText(), /What you typed at .* has been put back/)

    await page.locator('form[action="/save"] button[type=submit]').click()
    await page.waitForURL(/notice=Saved/)
    await page.goto(base)
    assert.notEqual(await note.inputValue(), 'a long night of typing')
    assert.equal(await page.locator('.app-draft').count(), 0)
  })
})

test('a draft can be discarded, and signing out leaves none behind', async () => {
  await withPage(async page => {
    const note = page.getByLabel('Note', { exact: true })
    const shown = await note.inputValue()
    await note.fill('first')
    await page.waitForTimeout(600)
    await page.reload()
    await page.getByRole('button', { name: 'Discard it' }).click()
    assert.equal(await note.inputValue(), shown)
    await note.fill('second')
    await page.waitForTimeout(600)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(/owner=Nobody/)
    assert.equal(await page.evaluate('Object.keys(localStorage).filter(key => key.includes("draft")).length'), 0)
  })
})

test('keys search, move through rows, press actions, list themselves and can be turned off', async () => {
  await withPage(async page => {
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    assert.equal(await page.evaluate('document.activeElement.getAttribute("href")'), '/threats/1')
    await page.keyboard.press('k')
    assert.equal(await page.evaluate('document.activeElement.getAttribute("href")'), '/threats/0')
    await page.keyboard.press('d')
    assert.equal(await page.evaluate('document.activeElement.getAttribute("name")'), 'reason')
    await page.keyboard.type('jd?/')
    assert.equal(await page.locator('textarea[name=reason]').inputValue(), 'jd?/')
    await page.locator('h1').click()
    await page.keyboard.press('/')
    assert.equal(await page.evaluate('document.activeElement.id'), 'search-field')
    await page.locator('h1').click()
    await page.keyboard.press('?')
    assert.match(await page.getByRole('dialog', { name: 'Keys' }).innerText(), /Search[\s\S]*Next row[\s\S]*Dismiss/)
    await page.getByLabel('Turn the keys off in this browser').check()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.evaluate('document.activeElement.blur()')
    await page.keyboard.press('/')
    assert.notEqual(await page.evaluate('document.activeElement.id'), 'search-field')
  })
})

test('a passkey is made by the browser and posted with the form', async () => {
  await withPage(async (page, context) => {
    const session = await context.newCDPSession(page)
    await session.send('WebAuthn.enable')
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await page.locator('form[data-passkey] button').click()
    await page.waitForURL(/owner=Nobody/)
    const { verified } = await verifyRegistrationResponse({
      // The verification itself refuses whatever is not a registration.
      response: JSON.parse(lastForm['credential'] ?? '') as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: base,
      expectedRPID: 'localhost',
    })
    assert.equal(verified, true)
    assert.equal(lastForm['_csrf'], 'Words')
  })
})

test('a passkey that is refused is said in words, and can be tried again', async () => {
  await withPage(
    async page => {
      await page.evaluate('document.querySelector("form[data-passkey] input[name=_csrf]").value = "old"')
      await page.locator('form[data-passkey] button').click()
      await page.locator('form[data-passkey] [role=status]', { hasText: 'out of date' }).waitFor()
      assert.equal(await page.locator('form[data-passkey] button').isEnabled(), true)
    },
    {},
    /403/,
  )
})
