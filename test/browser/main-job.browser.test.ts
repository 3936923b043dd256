import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Role } from '../../src/kernel/role.ts'
import { launchBrowser, openContext } from '../support/browser.ts'
import { startSampleApp, type SampleApp } from '../support/sample-app.ts'

/** The main job as people do it: from a threat to an answer without JavaScript, then what JavaScript adds to it. */
let app: SampleApp
let browser: Browser

before(async () => {
  app = await startSampleApp()
  browser = await launchBrowser()
})

after(async () => {
  await browser.close()
  await app.stop()
})

test('Without JavaScript: from a threat to a released bulletin, and from the link in the message to an answer in two taps', async () => {
  const analyst = await open('analyst', { javaScriptEnabled: false })
  const { page } = analyst
  await page.goto(`${app.address}/threats?q=signet`)
  await page
    .getByRole('link', { name: /Signet File Exchange/ })
    .first()
    .click()
  await page.getByRole('button', { name: 'Draft a bulletin' }).click()
  assert.match(await page.getByLabel('Title').inputValue(), /Signet File Exchange/)
  await page.getByLabel('In one sentence').fill('Anyone on the internet can read the files of Signet File Exchange.')
  await page.getByRole('textbox', { name: 'Step 1', exact: true }).fill('Install the maker’s update.')
  await page.getByRole('button', { name: 'Save draft' }).click()
  const number = /CC-\d+/.exec(page.url())?.[0] ?? ''
  assert.match(await page.locator('main').innerText(), new RegExp(`${number} is saved as a draft`))

  await page.getByRole('link', { name: 'Choose who gets it' }).click()
  await page.getByRole('button', { name: 'Take or change this suggestion' }).click()
  await page.getByRole('button', { name: `Save for ${number}` }).click()
  assert.match(await page.locator('main').innerText(), /\d+\s+organisations/)
  await page.goto(`${app.address}/bulletins/${number}`)
  await page.getByRole('button', { name: 'Send for review' }).click()
  assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0, 'the author is offered no approval')
  await analyst.context.close()

  const manager = await open('duty-manager', { javaScriptEnabled: false })
  await manager.page.getByRole('link', { name: new RegExp(`Review ${number}`) }).click()
  await manager.page.getByRole('button', { name: 'Approve' }).click()
  await manager.page.getByRole('button', { name: 'Release' }).click()
  const press = manager.page.getByRole('button', { name: /^Release to [\d,]+ organisations?$/ })
  const audience = Number(/[\d,]+/.exec(await press.innerText())?.[0].replace(',', ''))
  await press.click()
  assert.match(manager.page.url(), new RegExp(`/bulletins/${number}$`))

  const message = await mailAbout(number)
  const before = await figures(manager.page, number)
  assert.equal(before['audience'], audience)
  assert.equal(before['acknowledged'], 0)

  const anyone = await openContext(browser, { javaScriptEnabled: false, viewport: { width: 320, height: 640 } })
  const telephone = await anyone.newPage()
  await telephone.goto(/http\S+\/r\/\S+/.exec(message)?.[0] ?? '') // the first tap
  assert.match(await telephone.locator('main').innerText(), new RegExp(number))
  await telephone.getByRole('button', { name: 'Acknowledged' }).click() // the second
  assert.match(await telephone.locator('main').innerText(), /Recorded/)
  const after = await figures(manager.page, number)
  assert.equal(after['acknowledged'], 1)
  assert.equal(after['silent'], (before['silent'] ?? 0) - 1)
  await manager.page.goto(`${app.address}/bulletins/${number}/recipients?stage=acknowledged`)
  assert.match(await manager.page.locator('main').innerText(), /1 organisation/)
  await anyone.close()
  await manager.context.close()
})

test('Without JavaScript: an organisation chooses not to act, and says why', async () => {
  const { page, context } = await open('cyber-lead', { javaScriptEnabled: false })
  await page
    .getByRole('button', { name: /^We choose not to act/ })
    .first()
    .click()
  await page.getByRole('button', { name: 'Record: We choose not to act' }).click()
  assert.match(await page.getByRole('alert').innerText(), /There is a problem/)
  await page.getByRole('radio', { name: 'Another reason' }).check()
  await page.getByLabel('In your own words').fill('It leaves service next week.')
  await page.getByRole('button', { name: 'Record: We choose not to act' }).click()
  assert.match(await page.locator('main').innerText(), /Recorded/)
  await context.close()
})

for (const way of ['pushed', 'asked for, where a proxy lets no events through'] as const) {
  test(`The figures of a live bulletin move while one looks, ${way}`, () => watchFigures(way !== 'pushed'))
}

async function watchFigures(areEventsRefused: boolean): Promise<void> {
  const manager = await open('duty-manager')
  const asked: string[] = []
  manager.page.on('request', request => void asked.push(new URL(request.url()).pathname))
  if (areEventsRefused) await manager.page.route('**/events?*', route => route.fulfill({ status: 502 }))
  await manager.page.goto(`${app.address}/bulletins/CC-5005`)
  const silent = manager.page.locator('[data-figure="silent"]').first()
  const before = Number(await silent.innerText())
  const partner = await open('partner-responder', { javaScriptEnabled: false })
  await partner.page.goto(`${app.address}/answers?bulletin=CC-5005`)
  const row = partner.page.getByRole('row').filter({ hasText: 'No answer yet' }).first()
  await row.getByRole('checkbox').check()
  await partner.page.getByRole('radio', { name: 'Acknowledged' }).check()
  await partner.page.getByRole('button', { name: 'Record this answer for all of them' }).click()
  assert.match(await partner.page.locator('main').innerText(), /Recorded for one organisation/)
  await until(manager.page, `Number(document.querySelector('[data-figure="silent"]').textContent) === ${before - 1}`)
  assert.equal(asked.includes('/api/v1/bulletins/CC-5005/events'), true)
  assert.equal(asked.includes('/api/v1/bulletins/CC-5005/progress'), areEventsRefused, 'asked for only where it is not pushed')
  await partner.context.close()
  await manager.context.close()
}

test('What was typed comes back after the session ran out', async () => {
  const { page, context } = await open('analyst')
  await page.goto(`${app.address}/bulletins/CC-5004/edit`)
  await page.getByLabel('Summary').fill('Typed at four in the morning.')
  await until(page, `Object.values(localStorage).some(text => text.includes('four in the morning'))`)
  await context.clearCookies()
  await page.getByRole('button', { name: 'Save' }).click()
  assert.match(page.url(), /\/sign-in/)
  await page.goto(app.signInAddress('analyst'))
  await page.goto(`${app.address}/bulletins/CC-5004/edit`)
  await until(page, `document.querySelector('#summary').value === 'Typed at four in the morning.'`)
  await context.close()
})

test('The keyboard is enough: a skip link, a visible focus, the keys of a page on "?"', async () => {
  const { page, context } = await open('analyst')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate('document.activeElement.textContent.trim()'), 'Skip to main content')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate('document.activeElement.textContent.trim()'), 'Open the first', 'the main action comes first after the skip link')
  assert.notEqual(
    await page.evaluate('getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow'),
    'nonenone',
  )
  await page.keyboard.press('?')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  assert.equal(await page.evaluate('document.activeElement.name'), 'q')
  await context.close()
})

test('A bulletin prints on two pages, with nothing cut off', async () => {
  const { page, context } = await open('cyber-lead')
  await page
    .getByRole('link', { name: /^CC-5003/ })
    .first()
    .click()
  await page.emulateMedia({ media: 'print' })
  const pdf = await page.pdf({ format: 'A4', margin: { top: '15mm', bottom: '15mm', left: '15mm', right: '15mm' } })
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
  assert.ok(pages > 0 && pages <= 2, `${pages} pages`)
  const hidden = await page.evaluate(
    `['.nhsuk-header__navigation', '.app-actions', '.nhsuk-header__search'].filter(name => [...document.querySelectorAll(name)].some(element => element.getClientRects().length > 0))`,
  )
  assert.deepEqual(hidden, [])
  await context.close()
})

test('The printable page of the longest bulletin is two sheets, that say where the rest is', async () => {
  const { page, context } = await open('analyst')
  await page.goto(`${app.address}/bulletins/new`)
  const lines = (line: string, count: number) => Array.from({ length: count }, (_, at) => line.replace('N', String(at + 1))).join('\n')
  await page.getByLabel('Title').fill('A title as long as it may be. '.repeat(7).slice(0, 200))
  await page.getByLabel('In one sentence').fill('What has happened. '.repeat(16).slice(0, 300))
  await page.getByLabel('Platform 1', { exact: true }).fill('Larch Records')
  await page.getByLabel('Versions of platform 1').fill(lines('Version N', 100))
  await page.getByLabel('Advice before the steps').fill(`## First\n\n${lines('- Advice **N**', 60)}`)
  await page.getByRole('textbox', { name: 'Step 1', exact: true }).fill(lines('Line N\n', 60))
  await page.getByLabel('What stays safe to use').fill(lines('- Service N', 60))
  await page.getByLabel('What it means for care').fill(lines('N. Wards write on paper, and ring the laboratory', 60))
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByRole('link', { name: 'Printable' }).click()
  await page.emulateMedia({ media: 'print' })
  const pdf = await page.pdf({ format: 'A4', margin: { top: '15mm', bottom: '15mm', left: '15mm', right: '15mm' } })
  assert.ok((pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0) <= 2)
  const said = await page.locator('article').innerText()
  assert.match(said, /Advice 1\n[^]*Service 1\n[^]*Wards write on paper[^]*…[^]*The whole bulletin\s+http/)
  assert.doesNotMatch(said, /\*\*|## /, 'no marks on paper')
  await context.close()
})

async function open(role: Role, options: { javaScriptEnabled?: boolean } = {}): Promise<{ page: Page; context: BrowserContext }> {
  const context = await openContext(browser, { viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  await page.goto(app.signInAddress(role))
  return { page, context }
}

/** Waits until an expression holds in the page. (The product's content security policy forbids the browser driver's own way of waiting.) */
async function until(page: Page, expression: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await page.evaluate<boolean>(expression)) return
    await page.waitForTimeout(100)
  }
  throw new Error(`It did not come to hold: ${expression}`)
}

/** The figures that a live page asks for, asked as this page's owner would. */
async function figures(page: Page, number: string): Promise<Record<string, number>> {
  const response = await page.context().request.get(`${app.address}/api/v1/bulletins/${number}/progress`)
  assert.equal(response.status(), 200)
  const { figures: shown } = (await response.json()) as { figures: Record<string, number> }
  return shown
}

/** The text of the first message about a bulletin, once its whole release is out. */
async function mailAbout(number: string): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    const [message] = await app.mailbox.messages(number)
    if (message !== undefined) return message.text
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  throw new Error(`No message about ${number} came`)
}
