import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { ROLES, type Role } from '../../src/kernel/role.ts'
import type { ReceivedMessage } from '../../src/platform/mail/mailbox.ts'
import { launchBrowser, openContext } from '../support/browser.ts'
import { startSampleApp, type SampleApp } from '../support/sample-app.ts'

/**
 * Every main page as the roles that use it: axe finds nothing, nothing is wider than a telephone of 320 pixels, and the
 * browser complains of nothing (scripts, the content security policy, what could not be fetched).
 */
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

/** Of the sample: in its first days, one bulletin stands in each state. */
const [WITHDRAWN, RELEASED, SETTLED, LIVE, DRAFT, IN_REVIEW, APPROVED] = ['CC-5001', 'CC-5002', 'CC-5003', 'CC-5005', 'CC-5004', 'CC-5006', 'CC-5007']

/** `@` stands for "the first link of the page before whose address starts so", and holds what stands behind a `*`. */
const PAGES: Readonly<Partial<Record<Role, readonly string[]>>> = {
  analyst: [
    '/',
    '/threats',
    '@/threats/thr_',
    '@/items/',
    '@/threats/thr_',
    '@/bulletins/new?threat=',
    '/threats?q=nothing-like-it',
    '/threats?only=run',
    '@/threats/thr_',
    '@/threats/thr_*/organisations',
    '@/threats/thr_*/matches',
    '@/threats/thr_*/matches/',
    '/maker-names',
    '@/maker-names/*/end',
    '/maker-names/add',
    '/maker-names?q=nobody-of-that-name',
    '/sighting-writers',
    '/sighting-writers?q=nobody-of-that-name',
    '/bulletins',
    '/bulletins/new',
    `/bulletins/${DRAFT}`,
    `/bulletins/${DRAFT}/edit`,
    `/bulletins/${DRAFT}/audience`,
    `/bulletins/${DRAFT}/versions`,
    `/bulletins/${DRAFT}/versions/1`,
    `/bulletins/${LIVE}`,
    `/bulletins/${LIVE}?by=board`,
    `/bulletins/${LIVE}/times`,
    `/bulletins/${LIVE}/map`,
    `/bulletins/${RELEASED}/impact?landmark=2`,
    `/bulletins/${LIVE}/update`,
    `/bulletins/${LIVE}/recipients`,
    `/bulletins/${LIVE}/recipients?stage=silent`,
    `/bulletins/${LIVE}/deliveries`,
    '/responses',
    '/responses?q=nobody-of-that-name',
    '/organisations',
    '@/organisations/X',
    '/search?q=lumen',
    '/search?q=nothing-like-it',
    '/sources',
    '@/sources/',
    '@/gatherings/',
    '/sources/invented-news/change',
    '/quarantine',
    '/incident-notifications',
  ],
  'duty-manager': [
    '/',
    `/bulletins/${LIVE}/severity`,
    `/bulletins/${IN_REVIEW}`,
    `/bulletins/${APPROVED}`,
    `/bulletins/${APPROVED}/release`,
    `/bulletins/${DRAFT}/release`,
    `/bulletins/${WITHDRAWN}`,
    '/bulletins/holding',
    '/bulletins/templates',
    '/bulletins/templates/service-down',
    '/bulletins/templates/new',
    `/bulletins/${LIVE}/withdraw`,
    `/bulletins/${LIVE}/supersede`,
    `/bulletins/${LIVE}/renditions/board`,
    `/bulletins/${LIVE}/renditions/text`,
    `/bulletins/${LIVE}/renditions/print`,
    `/bulletins/${DRAFT}/release-alone`,
    `/bulletins/${DRAFT}/audience/conditions`,
    `/bulletins/${APPROVED}/schedule`,
    '/bulletins/calendar',
    `/bulletins/${LIVE}/chase`,
    '/chase-policies',
    '/chase-policies/closed-days',
    '/sharing-groups',
    '/sharing-groups?q=nothing-like-it',
    '/sharing-groups/add',
    '/csaf-validator',
    '/cap-policies',
    `/bulletins/${RELEASED}/telephone`,
    `@/bulletins/${RELEASED}/telephone/X`,
    '/safe-to-use',
    '/safe-to-use/sector-mail-invented/say',
  ],
  administrator: [
    '/people',
    '@/people/per_',
    '/people/new',
    '/sources/add',
    '/jobs',
    '/jobs?state=all',
    '/audit',
    '/audit?q=nobody-of-that-name',
    '/audit/verify',
    '/account',
    '/account/password',
    '/account/recovery-codes',
    '/account/tokens',
    '/account/tokens/new',
    '/tokens',
    '/tokens?q=nothing-like-it',
  ],
  cicso: ['/', '/bulletins'],
  'regional-lead': ['/', `/bulletins/${RELEASED}`, '/organisations'],
  'partner-responder': ['/', '/answers', `/answers?bulletin=${LIVE}`, `/bulletins/${LIVE}`],
  'cyber-lead': [
    '/',
    '/bulletins',
    '@/bulletins/CC-',
    '/answers',
    '/answers/list',
    `/bulletins/${SETTLED}/decision`,
    `/bulletins/${SETTLED}/tasks`,
    '/webhooks',
    '/webhooks/add',
    '/feed-addresses',
    '/feed-addresses/add',
    '/our-organisation',
    '@/organisations/X',
    '/technology',
    '/people',
    '/people/new',
    '/search?q=a',
  ],
  'board-member': ['/', '/bulletins', '/our-organisation'],
}

const API = ['/api', '/api?group=broadcast', '/api?q=nothing-like-it', '/api/operations/setAudience']
const PUBLIC = ['/public', '/public?q=nothing-like-it', `/public/${WITHDRAWN}`]
const ANYONE = [...API, ...PUBLIC, '/report-incident', '/safe-to-use', '/sign-in', '/recover', '/nowhere', '/r/not-a-link', '/mailbox', '@/mailbox/']

for (const [role, addresses] of Object.entries(PAGES)) {
  test(`${ROLES[role as Role].label}: the pages are accessible, fit a telephone, and the browser does not complain`, () =>
    lookAt(role as Role, addresses))
}

test('Anyone: the pages are accessible, fit a telephone, and the browser does not complain', () => lookAt(null, ANYONE))

test('The pages behind the links of a message, to answer and to stop messages, are accessible and fit a telephone', async () => {
  const { text, headers } = await firstMail()
  const link = /http\S+\/r\/\S+/.exec(text)?.[0] ?? ''
  const stop = headers.find(({ name }) => name === 'list-unsubscribe')?.value.slice(1, -1) ?? ''
  await lookAt(null, [new URL(link).pathname, new URL(stop).pathname])
})

async function lookAt(role: Role | null, addresses: readonly string[]): Promise<void> {
  const context = await openContext(browser, { viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const complaints: string[] = []
  let expected = 200
  page.on('pageerror', error => complaints.push(`${page.url()}: ${error.message}`))
  page.on('console', message => {
    if (!['error', 'warning'].includes(message.type())) return
    if (expected === 404 && message.text().includes('404')) return
    complaints.push(`${page.url()}: ${message.text()}`)
  })
  try {
    if (role !== null) await page.goto(app.signInAddress(role))
    const faults: string[] = []
    for (const address of addresses) {
      const path = address.startsWith('@') ? await firstLink(page, address.slice(1)) : address
      expected = path === '/nowhere' || path === '/r/not-a-link' ? 404 : 200
      const response = await page.goto(`${app.address}${path}`)
      if (response?.status() !== expected) faults.push(`${path} answered ${response?.status()}`)
      faults.push(...(await faultsOf(page)).map(fault => `${path}: ${fault}`))
    }
    assert.deepEqual([...faults, ...complaints], [])
  } finally {
    await context.close()
  }
}

async function faultsOf(page: Page): Promise<readonly string[]> {
  await page.setViewportSize({ width: 1280, height: 900 })
  const { violations } = await new AxeBuilder({ page }).analyze()
  const faults = violations.map(({ id, nodes }) => `axe ${id}: ${nodes[0]?.html.slice(0, 200) ?? ''}`)
  const wide = await tooWide(page)
  await page.setViewportSize({ width: 320, height: 640 })
  const narrow = await tooWide(page)
  return [...faults, ...(wide === null ? [] : [`wider than 1280: ${wide}`]), ...(narrow === null ? [] : [`wider than 320: ${narrow}`])]
}

/** What sticks out of the window at the side, or `null`. A page that was made narrower settles first: the header folds its navigation up. */
async function tooWide(page: Page): Promise<string | null> {
  for (let tries = 0; tries < 50; tries += 1) {
    const found = await page.evaluate<string | null>(STICKS_OUT)
    if (found === null || tries === 49) return found
    await page.waitForTimeout(100)
  }
  return null
}

const STICKS_OUT = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth <= clientWidth) return null
  const out = [...document.querySelectorAll('body *')].filter(element => element.getBoundingClientRect().right > clientWidth + 1)
  return scrollWidth + ' pixels, by ' + (out.at(-1)?.outerHTML.slice(0, 120) ?? 'something')
})()`

async function firstLink(page: Page, start: string): Promise<string> {
  const [from = '', within = ''] = start.split('*')
  const href = await page
    .locator(`a[href^="${from}"]${within === '' ? '' : `[href*="${within}"]`}`)
    .first()
    .getAttribute('href')
  assert.ok(href !== null, `${page.url()} has a link to ${start}`)
  return href
}

/** The first message that reaches the mailbox. */
async function firstMail(): Promise<Pick<ReceivedMessage, 'text' | 'headers'>> {
  for (let tries = 0; tries < 100; tries += 1) {
    const [message] = await app.mailbox.messages()
    if (message !== undefined) return message
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  throw new Error('No message came')
}
