import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import type { Role } from '../src/kernel/role.ts'
import { launchBrowser, openContext } from '../test/support/browser.ts'
import { startSampleApp, type SampleApp } from '../test/support/sample-app.ts'

/**
 * Makes the pictures of README again, in docs/images, from the invented sample sector:
 *
 *     node_modules/.bin/node tools/screenshots.ts
 */
const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url))
const DESK = { width: 1280, height: 1000 }
const LONG_PAGE = { width: 1280, height: 1540 }
const WHOLE_CHECK = { width: 1280, height: 2120 }
const TELEPHONE = { width: 375, height: 812 }

/** What was clicked to is there by then, and has stopped moving. */
const SETTLED_MILLIS = 1_500

mkdirSync(FOLDER, { recursive: true })
const app = await startSampleApp({ organisations: 2000 })
const browser = await launchBrowser()
try {
  await take(browser, 'now.png', 'duty-manager', LONG_PAGE, page => page.goto(app.address))
  await take(browser, 'live-bulletin.png', 'duty-manager', DESK, page => page.goto(`${app.address}/bulletins/CC-5005`))
  await take(browser, 'release-check.png', 'duty-manager', WHOLE_CHECK, page => page.goto(`${app.address}/bulletins/CC-5007/release`))
  await take(browser, 'telephone-call.png', 'duty-manager', LONG_PAGE, async page => {
    await page.goto(`${app.address}/bulletins/CC-5005/telephone`)
    await page.getByRole('button', { name: 'Ring the next' }).click()
    await page.getByRole('heading', { name: 'What to say' }).waitFor()
  })
  await take(browser, 'map.png', 'incident-commander', LONG_PAGE, page => page.goto(`${app.address}/bulletins/CC-5005/map`))
  await take(browser, 'queue.png', 'analyst', LONG_PAGE, page => page.goto(`${app.address}/threats`))
  await take(browser, 'threat.png', 'analyst', LONG_PAGE, async page => {
    await page.goto(`${app.address}/threats?state=all&q=CVE-1900-0002`)
    await page.locator('a[href*="/threats/thr_"]').first().click()
  })
  await take(browser, 'review.png', 'cyber-lead', LONG_PAGE, async page => {
    await page.goto(`${app.address}/assessments`)
    await page.getByRole('link', { name: 'First steps' }).first().click()
    await page.getByRole('heading', { name: /First steps/ }).waitFor()
  })
  await take(browser, 'board.png', 'board-member', LONG_PAGE, async page => {
    await page.goto(`${app.address}/assessments`)
    await page.getByRole('link', { name: 'First steps' }).first().click()
    await page.getByRole('link', { name: 'One page for the board' }).click()
  })
  await take(browser, 'next-pound.png', 'cyber-lead', LONG_PAGE, async page => {
    await page.goto(`${app.address}/investment`)
    await page.getByRole('link', { name: 'Budget' }).first().click()
    await page.getByRole('button', { name: 'Solve' }).click()
    await untilStudied(page)
  })
  const link = await answerLink(app)
  await take(browser, 'answer-on-a-telephone.png', null, TELEPHONE, page => page.goto(link))
} finally {
  await browser.close()
  await app.stop()
}

async function take(
  from: Browser,
  file: string,
  role: Role | null,
  viewport: { width: number; height: number },
  open: (page: Page) => Promise<unknown>,
): Promise<void> {
  const context = await openContext(from, { viewport })
  const page = await context.newPage()
  if (role !== null) await page.goto(app.signInAddress(role))
  await open(page)
  await page.waitForTimeout(SETTLED_MILLIS)
  await page.screenshot({ path: `${FOLDER}${file}` })
  await context.close()
  console.log(`docs/images/${file}`)
}

/** The frontier of a case is worked out in the background: waits until it is there, and shows it. */
async function untilStudied(page: Page): Promise<void> {
  const frontier = page.locator('img[src*="frontier"]')
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await frontier.count()) > 0) return frontier.first().scrollIntoViewIfNeeded()
    await page.waitForTimeout(5_000)
    await page.reload()
  }
  throw new Error('The frontier did not come')
}

/** The link in a message that the sample has just sent. */
async function answerLink({ mailbox }: SampleApp): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    const [message] = await mailbox.messages()
    const found = /http\S+\/r\/\S+/.exec(message?.text ?? '')?.[0]
    if (found !== undefined) return found
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  throw new Error('No message came')
}
