import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { isRole, type Role } from '../../../src/kernel/role.ts'
import type { ReceivedMessage } from '../../../src/platform/mail/mailbox.ts'
import { launchBrowser, openContext } from '../../support/browser.ts'
import { startSampleApp, type SampleApp } from '../../support/sample-app.ts'

/** A person before a screen. */
export interface Reader {
  readonly page: Page
  /** What stands on the page, as one line of words. */
  words(): Promise<string>
  /** What the page offers to press. */
  buttons(): Promise<readonly string[]>
  /** The bulletin whose page it is, such as `CC-5001`. */
  number(): string
  go(path: string): Promise<void>
  /** Presses the first button or link of this name, whichever of the two it is: a reader does not care. */
  press(name: string | RegExp): Promise<void>
  close(): Promise<void>
}

/** The product with its sample sector, and a browser to read it in. */
export interface Journeys {
  readonly app: SampleApp
  /** Somebody who is signed in with this role, or by their e-mail address or the beginning of it; with `null` nobody. */
  open(who: Role | `${string}@${string}` | null, options?: BrowserContextOptions): Promise<Reader>
  /** The newest message that holds these words, once it has come. */
  mail(words: string): Promise<ReceivedMessage>
  stop(): Promise<void>
}

const DESK = { width: 1280, height: 900 }
export const TELEPHONE = { width: 375, height: 812 }

export async function startJourneys(env: Readonly<Record<string, string>> = {}): Promise<Journeys> {
  const app = await startSampleApp({ env })
  const browser = await launchBrowser()
  return {
    app,
    open: (who, options = {}) => openReader(app, browser, who, options),
    async mail(words) {
      let found: ReceivedMessage | undefined
      await until(async () => (found = (await app.mailbox.messages(words))[0]) !== undefined, `a message about ${words} comes`)
      if (found === undefined) throw new Error('unreachable: it came')
      return found
    },
    async stop() {
      await browser.close()
      await app.stop()
    },
  }
}

/** Waits until it holds. (The product's content security policy forbids the browser driver's own way of waiting for an expression.) */
export async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await holds()) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`It did not come to be that ${what}`)
}

async function openReader(app: SampleApp, browser: Browser, who: string | null, options: BrowserContextOptions): Promise<Reader> {
  const context = await openContext(browser, { viewport: DESK, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  if (who !== null) await page.goto(isRole(who) ? app.signInAddress(who) : await app.signInAddressOf(who))
  return {
    page,
    words: async () => (await page.locator('main').innerText()).replace(/\s+/g, ' '),
    buttons: async () =>
      (await page.locator('main').locator('button:visible, a.nhsuk-button:visible').allInnerTexts())
        .map(text => text.trim())
        .filter(text => text !== ''),
    number() {
      const [number] = /CC-\d+/.exec(page.url()) ?? []
      if (number === undefined) throw new Error(`No bulletin's page: ${page.url()}`)
      return number
    },
    go: async path => void (await page.goto(path.startsWith('http') ? path : `${app.address}${path}`)),
    press: name => page.getByRole('main').getByRole('button', { name }).or(page.getByRole('main').getByRole('link', { name })).first().click(),
    close: () => context.close(),
  }
}
