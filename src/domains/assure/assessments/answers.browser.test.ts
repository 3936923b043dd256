import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { createTestApp, type SignedIn } from '../../../../test/support/app.ts'
import { launchBrowser, openContext } from '../../../../test/support/browser.ts'
import { plantFramework } from '../../../../test/support/review.ts'

const app = await createTestApp()
await app.server.listen({ host: '127.0.0.1', port: 0 })
const { port } = app.server.server.address() as AddressInfo
const address = `http://127.0.0.1:${port}`
const browser = await launchBrowser()
after(() => browser.close())

const { frameworkId } = await plantFramework(app.platform, {
  outcomes: [
    {
      code: 'B5.c',
      statements: { 'not-achieved': ['Nothing is backed up.'], achieved: ['Backups are kept apart.', 'Restoring was tried this year.'] },
    },
  ],
})
const ann = await app.signIn('cyber-lead', { organisation: 'RAA', name: 'Ann Lead' })
const ben = await app.signIn('cyber-lead', { organisation: 'RAA', name: 'Ben Lead' })
const opened = await ann.post('/assessments', { framework: frameworkId, period: '2026-27' }, { from: '/assessments/new' })
const path = `${String(opened.headers.location)}/outcomes/B5.c`

async function open(who: SignedIn, options: Parameters<typeof openContext>[1] = {}): Promise<{ context: BrowserContext; page: Page }> {
  const context = await openContext(browser, options)
  await context.addCookies([{ name: 'carecert', value: who.cookie('carecert') ?? '', url: address }])
  const page = await context.newPage()
  await page.goto(`${address}${path}`)
  return { context, page }
}

const standing = async () => {
  const { body } = await ann.get(path)
  return [...body.matchAll(/value="([^"]+)" checked/g)].map(([, value]) => value)
}

test('each answer saves itself; one that a colleague changed meanwhile is kept beside theirs, and both are shown', async () => {
  const one = await open(ann)
  const other = await open(ben, { viewport: { width: 320, height: 640 } })
  await one.page.getByRole('group', { name: 'B5.c.1' }).getByLabel('No', { exact: true }).check()
  await one.page.getByText('Saved at').waitFor()
  await one.page.getByText('1 of 3 answered').waitFor()
  assert.deepEqual(await standing(), ['no'])

  // Ben's page is older. His answer to another statement is taken, that to the same one is kept beside.
  await other.page.getByRole('group', { name: 'B5.c.2' }).getByLabel('Yes', { exact: true }).check()
  await other.page.getByText('Saved at').waitFor()
  await other.page.getByRole('group', { name: 'B5.c.1' }).getByLabel('Yes', { exact: true }).check()
  await other.page.getByText('Ann Lead changed this while you wrote, to: No').waitFor()
  assert.deepEqual(await standing(), ['no', 'yes'])
  await other.page.getByRole('button', { name: 'Look at both and choose' }).click()
  await other.page.getByText('Ben Lead wrote this').waitFor()
  await other.page.waitForLoadState('networkidle')
  assert.equal(
    await other.page.evaluate<boolean>('document.documentElement.scrollWidth <= window.innerWidth'),
    true,
    'nothing is wider than the screen, once its styles are there',
  )
  await other.page.getByRole('button', { name: 'Use this' }).click()
  await other.page.getByText('That stands from now on').waitFor()
  assert.deepEqual(await standing(), ['yes', 'yes'])

  // What is typed is saved without leaving the field.
  await one.page.reload()
  await one.page.getByLabel('Summary').pressSequentially('Kept in two places.')
  await one.page.getByText('Saved at').waitFor()
  assert.match((await ann.get(path)).body, /Kept in two places\./)
  await one.page.reload()
  assert.equal(await one.page.getByText('has been put back').count(), 0, 'the draft in the browser went when the server had it')
  for (const { context } of [one, other]) await context.close()
})

test('without JavaScript the Save button saves the same', async () => {
  const { context, page } = await open(ann, { javaScriptEnabled: false })
  await page.getByRole('group', { name: 'B5.c.3' }).getByLabel('Yes', { exact: true }).check()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Saved.').waitFor()
  assert.deepEqual(await standing(), ['yes', 'yes', 'yes'])
  await context.close()
})

test('pressing Save while an answer is on its way does not set one’s own words against each other', async () => {
  const { context, page } = await open(ann)
  await page.route('**/answers', async route => {
    await new Promise(resolve => setTimeout(resolve, 1_000))
    await route.continue()
  })
  const isOnItsWay = page.waitForRequest('**/answers')
  await page.getByRole('group', { name: 'B5.c.3' }).getByLabel('No', { exact: true }).check()
  await isOnItsWay
  await page.getByLabel('Summary').fill('Tried on Monday.')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText(/Saved\.|Nothing had changed\./).waitFor()
  assert.equal(await page.getByText('wrote this').count(), 0)
  assert.match((await ann.get(path)).body, /Tried on Monday\./)
  await context.close()
})
