import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { launchBrowser, openContext } from '../support/browser.ts'
import { startSampleApp, type SampleApp } from '../support/sample-app.ts'

/** Writing a bulletin: the text as readers will see it follows what is typed, what is missing is listed, and nothing typed is lost. */
const DRAFT = '/bulletins/CC-5004/edit'
const PAPER = `document.querySelector('.app-paper').innerText`
const BAR = `document.querySelector('.app-writing__bar')`

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

test('the preview and what is missing follow the typing, and what was folded open stays open', () =>
  writing({}, async page => {
    await page.goto(app.address + DRAFT)
    const asked: string[] = []
    page.on('request', request => {
      if (request.method() === 'POST') asked.push(new URL(request.url()).pathname)
    })
    assert.match(await page.locator('.app-writing__bar').innerText(), /1 thing to mend before it can go for review/)
    await page.getByText('The message that will carry it').click()
    await page.getByLabel('Summary').pressSequentially(' Typed **in haste**.')
    await until(page, `${PAPER}.includes('Typed in haste.')`)
    assert.ok(asked.length < 5, `typing 20 letters asked ${asked.length} times`)
    await page.getByRole('textbox', { name: 'Step 1', exact: true }).fill('Switch it off.')
    await until(page, `${BAR}.innerText.includes('Can go for review')`)
    await until(
      page,
      `document.querySelector('#preview-message').open && document.querySelector('#preview-message').innerText.includes('Switch it off.')`,
    )
    assert.match(await page.locator('.app-writing__bar').innerText(), /Kept in this browser at \d\d:\d\d\. Save to share it\./)
    const { violations } = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`),
      [],
    )
    assert.ok(asked.every(path => path === '/bulletins/CC-5004/preview'))
  }))

test('saving is in reach from every field, by the bar and by the keyboard, and Enter in a field saves', () =>
  writing({ viewport: { width: 320, height: 640 } }, async page => {
    await page.goto(app.address + DRAFT)
    await page.getByLabel('Indicators of compromise').fill('203.0.113.9')
    const [bar, field] = [await page.locator('.app-writing__bar').boundingBox(), await page.getByLabel('Indicators of compromise').boundingBox()]
    assert.ok(bar !== null && bar.y + bar.height <= 641 && bar.height < 640 / 3, JSON.stringify(bar))
    assert.ok(field !== null && field.y < bar.y, 'the bar does not cover the field that is written in')
    await page.keyboard.press('Control+s')
    await page.waitForURL('**/bulletins/CC-5004')
    assert.match(await page.locator('main').innerText(), /Version 2 is saved/)
    await page.goto(app.address + DRAFT)
    await page.getByLabel('Title').fill('Dispenso Pharmacy, by Enter')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/bulletins/CC-5004')
    assert.match(await page.locator('main').innerText(), /Version 3 is saved/)
    assert.equal(await page.evaluate('Object.keys(localStorage).length'), 0)
  }))

test('more rows keep what was typed, and a draft with more rows than the page has is put back whole', () =>
  writing({}, async page => {
    await page.goto(app.address + DRAFT)
    await page.getByLabel('Summary').fill('Not saved yet')
    await page.getByRole('button', { name: 'More steps' }).click()
    await page.getByRole('textbox', { name: /^Step 4/ }).fill('The fourth')
    assert.equal(await page.getByLabel('Summary').inputValue(), 'Not saved yet')
    await until(page, `${PAPER}.includes('The fourth')`)
    await until(page, `Object.values(localStorage).some(text => text.includes('The fourth'))`)
    await page.goto(app.address + DRAFT)
    await page.getByRole('button', { name: 'Put back what I typed' }).click()
    await page.waitForURL('**/preview*')
    assert.equal(await page.getByRole('textbox', { name: /^Step 4/ }).inputValue(), 'The fourth')
    await page.getByRole('button', { name: 'Save' }).click()
    assert.match(await page.locator('main').innerText(), /is saved[\s\S]*The fourth/)
  }))

test('who was signed out meanwhile is told, and loses nothing', () =>
  writing({}, async (page, context) => {
    await page.goto(`${app.address}/bulletins/new`)
    await context.clearCookies()
    await page.getByLabel('Title').fill('Typed after the session')
    await until(page, `${BAR}.innerText.includes('you were signed out')`)
    assert.match(await page.locator('.app-writing__bar').innerText(), /Kept in this browser/)
  }))

test('without JavaScript the button Preview shows the same, with all that was typed', () =>
  writing({ javaScriptEnabled: false }, async page => {
    await page.goto(`${app.address}/bulletins/new`)
    await page.getByLabel('Title').fill('A flaw')
    await page.getByLabel('Summary').fill('Typed **without scripts**.')
    await page.getByRole('button', { name: 'Preview' }).click()
    assert.match(await page.locator('.app-paper').innerText(), /A flaw[\s\S]*Typed without scripts\./)
    assert.equal(await page.getByLabel('Summary').inputValue(), 'Typed **without scripts**.')
    assert.match(await page.locator('.app-writing__preview').innerText(), /Before it can go for review:\s+Say what to do/)
    await page.getByRole('button', { name: 'Send for review' }).click()
    assert.match(await page.getByRole('alert').innerText(), /Say what to do/)
    assert.equal(await page.getByLabel('Summary').inputValue(), 'Typed **without scripts**.')
  }))

async function writing(options: BrowserContextOptions, action: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await openContext(browser, { viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  try {
    await page.goto(app.signInAddress('analyst'))
    await action(page, context)
    assert.deepEqual(
      complaints.filter(text => !text.includes('422')),
      [],
    )
  } finally {
    await context.close()
  }
}

/** Waits until an expression holds in the page. (The product's content security policy forbids the browser driver's own way of waiting.) */
async function until(page: Page, expression: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await page.evaluate<boolean>(expression)) return
    await page.waitForTimeout(100)
  }
  throw new Error(`It did not come to hold: ${expression}`)
}
