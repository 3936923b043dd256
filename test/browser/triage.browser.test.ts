import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { launchBrowser, openContext } from '../support/browser.ts'
import { startSampleApp, type SampleApp } from '../support/sample-app.ts'

/** The queue of threats by keys alone: move, take up, dismiss with a reason. */
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

test('keys move through the queue, take up a row, and dismiss one with a reason', async () => {
  const context = await openContext(browser, { viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  const rowWithFocus = () => page.evaluate<string>(`document.activeElement.closest('tr')?.querySelector('a').textContent ?? ''`)
  const isAsking = () => page.evaluate<boolean>(`document.querySelector('dialog[open]') !== null`)
  await page.goto(app.signInAddress('analyst'))
  await page.goto(`${app.address}/threats?state=new`)
  const titles = await page.locator('tbody th a').allInnerTexts()
  assert.ok(titles.length > 2)

  await page.keyboard.press('d')
  assert.equal(await rowWithFocus(), titles[0], 'what nobody looked at is not acted on: the first row takes the focus')
  assert.equal(await isAsking(), false)
  await page.keyboard.press('j')
  assert.equal(await rowWithFocus(), titles[1])

  await page.keyboard.press('d')
  assert.equal(await isAsking(), true)
  assert.ok((await page.getByRole('dialog').innerText()).includes(titles[1] ?? 'a title'))
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`),
    [],
  )
  await page.keyboard.type('Nobody here runs it')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  assert.equal(await isAsking(), false)
  await page.locator('tbody th a').nth(1).focus()
  await page.keyboard.press('d')
  await page.getByRole('dialog').getByRole('button', { name: 'Dismiss' }).click()
  assert.match(await page.locator('main').innerText(), /The threat is dismissed/)
  assert.match(page.url(), /\/threats\?state=new$/)
  assert.ok(!(await page.locator('tbody th a').allInnerTexts()).includes(titles[1] ?? ''))

  await page.keyboard.press('j')
  await page.keyboard.press('t')
  await page.waitForURL('**/threats?state=new')
  await page.getByText('You have taken up this threat').waitFor()
  await page.goto(`${app.address}/threats?state=triaging`)
  assert.ok((await page.locator('tbody th a').allInnerTexts()).includes(titles[0] ?? ''))
  await page.goto(`${app.address}/threats?state=dismissed`)
  await page.getByRole('link', { name: titles[1] ?? '' }).click()
  assert.match(await page.locator('main').innerText(), /Nobody here runs it/)
  assert.deepEqual(complaints, [])
  await context.close()
})
