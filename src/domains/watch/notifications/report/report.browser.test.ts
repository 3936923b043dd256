import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchBrowser, openContext } from '../../../../../test/support/browser.ts'
import { startSampleApp, type SampleApp } from '../../../../../test/support/sample-app.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** Reporting an incident in a real browser, with a network that comes and goes. */
let app: SampleApp
let browser: Browser
let network: Network

interface Network {
  readonly address: string
  cut(): void
  mend(): void
  close(): void
}

before(async () => {
  app = await startSampleApp()
  network = await startNetwork(Number(new URL(app.address).port))
  browser = await launchBrowser()
})

after(async () => {
  await browser.close()
  network.close()
  await app.stop()
})

/** A wire to the server that can be cut: what a browser calls offline, its workers need not obey. */
async function startNetwork(port: number): Promise<Network> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer(client => {
    if (isCut) return void client.destroy()
    const wire = connect(port, '127.0.0.1')
    for (const socket of [client, wire]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    client.pipe(wire).pipe(client)
    client.on('close', () => wire.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const drop = () => sockets.forEach(socket => socket.destroy())
  return {
    address: `http://localhost:${typeof address === 'object' ? address?.port : 0}`,
    cut: () => void ((isCut = true), drop()),
    mend: () => void (isCut = false),
    close: () => void (server.close(), drop()),
  }
}

async function withPage(
  options: BrowserContextOptions,
  action: (page: Page, setOnline: (online: boolean) => Promise<void>) => Promise<void>,
): Promise<void> {
  const context = await openContext(browser, { viewport: { width: 390, height: 844 }, ...options })
  try {
    await action(await context.newPage(), async online => {
      if (online) network.mend()
      else network.cut()
      await context.setOffline(!online)
    })
  } finally {
    network.mend()
    await context.close()
  }
}

async function reported(what: string): Promise<readonly { number: string; standing: string; since: string | null }[]> {
  const rows = await readAs<Visible, { number: string; standing: string; since_at: Date | null }[]>(app.platform, SYSTEM, db =>
    db.selectFrom('watch_notification').select(['number', 'standing', 'since_at']).where('what', '=', what).execute(),
  )
  return rows.map(row => ({ number: row.number, standing: row.standing, since: row.since_at?.toISOString() ?? null }))
}

async function fillIn(page: Page, what: string): Promise<void> {
  await page.getByLabel('What is happening?').fill(what)
  await page.getByRole('group', { name: 'Is care affected?' }).getByLabel('Yes').check()
  await page.getByLabel('Since when?').fill('an hour ago')
  await page.getByLabel('Your organisation').fill('Somewhere')
  await page.getByRole('group', { name: 'May we ring you?' }).getByLabel('No', { exact: true }).check()
}

/** The NHS button takes a second press within a second for a slip of the finger. */
const DOUBLE_CLICK = 1_100

test('what is typed outlives a lost network, waits, and is sent once by itself when the network is back', async () => {
  await withPage({}, async (page, setOnline) => {
    await page.goto(`${network.address}/report-incident`)
    await page.evaluate('navigator.serviceWorker.ready')
    await fillIn(page, 'The wards are dark')
    await page.waitForTimeout(3_000)
    await setOnline(false)
    await page.reload()
    assert.equal(await page.getByLabel('What is happening?').inputValue(), 'The wards are dark', 'the page opens and what was typed is back')
    await page.getByRole('button', { name: 'Send the report' }).click()
    await page.getByText('Not sent yet. There is no network.').waitFor()
    assert.equal((await reported('The wards are dark')).length, 0)
    await page.reload()
    await page.getByText('Not sent yet.').waitFor()
    const written = Date.now()
    await setOnline(true)
    await page.getByText('We have your report').waitFor()
    const [one, ...more] = await reported('The wards are dark')
    assert.ok(one !== undefined && more.length === 0)
    assert.equal(one.standing, 'taken')
    assert.ok(Math.abs(Date.parse(one.since ?? '') + 3_600_000 - written) < 60_000, 'an hour before it was written')
    assert.match(await page.locator('main').innerText(), new RegExp(`Write the number down: ${one.number}`))
    await page.reload()
    assert.match(await page.locator('main').innerText(), new RegExp(`The last report from this browser has the number ${one.number}`))
    assert.equal(await page.getByLabel('What is happening?').inputValue(), '')
  })
})

test('what waits can be changed, and sent on a tap', async () => {
  await withPage({}, async (page, setOnline) => {
    await page.goto(`${network.address}/report-incident`)
    await page.waitForTimeout(3_000)
    await setOnline(false)
    await page.getByRole('button', { name: 'Send the report' }).click()
    await page.getByText('say what is happening').waitFor()
    await page.waitForTimeout(DOUBLE_CLICK)
    await fillIn(page, 'A first thought')
    await page.getByRole('button', { name: 'Send the report' }).click()
    await page.getByRole('button', { name: 'Change it' }).click()
    assert.equal(await page.getByLabel('Since when?').inputValue(), 'an hour ago')
    await page.getByLabel('What is happening?').fill('A second thought')
    await page.waitForTimeout(DOUBLE_CLICK)
    await page.getByRole('button', { name: 'Send the report' }).click()
    await page.getByText('Not sent yet.').waitFor()
    network.mend()
    await page.context().setOffline(false)
    await page.getByText('We have your report').waitFor()
    assert.deepEqual([(await reported('A first thought')).length, (await reported('A second thought')).length], [0, 1])
  })
})

test('what the centre does not take comes back with its faults', async () => {
  await withPage({}, async page => {
    await page.goto(`${network.address}/report-incident`)
    await fillIn(page, 'With a wrong address')
    await page.getByLabel('E-mail address').fill('nobody')
    await page.getByRole('button', { name: 'Send the report' }).click()
    await page.getByText('There is a problem').waitFor()
    assert.equal(await page.getByLabel('What is happening?').inputValue(), 'With a wrong address')
    assert.match(await page.locator('main').innerText(), /Enter an e-mail address/)
  })
})

test('without JavaScript, at 320 pixels and by the keyboard alone', async () => {
  await withPage({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } }, async page => {
    await page.goto(`${network.address}/report-incident`)
    await page.getByLabel('What is happening?').focus()
    await page.keyboard.type('By keys')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await page.keyboard.press('Tab')
    await page.keyboard.type('9:30')
    await page.getByRole('group', { name: 'May we ring you?' }).getByLabel('No', { exact: true }).focus()
    await page.keyboard.press('Space')
    await page.waitForTimeout(3_000)
    await page.getByRole('button', { name: 'Send the report' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Write the number down').waitFor()
    const [one] = await reported('By keys')
    assert.equal(one?.standing, 'taken')
    assert.match(await page.locator('main').innerText(), new RegExp(one?.number ?? 'none'))
  })
})

test('the pages are accessible, with faults and without, and nothing runs out of the side at 320 pixels', async () => {
  await withPage({ viewport: { width: 320, height: 640 } }, async page => {
    for (const address of ['/report-incident', 'faults', 'sent']) {
      if (address === 'faults') {
        await page.getByRole('button', { name: 'Send the report' }).click()
        await page.getByText('There is a problem').waitFor()
      } else if (address === 'sent') {
        await fillIn(page, 'Looked at')
        await page.getByRole('button', { name: 'Send the report' }).click()
        await page.getByRole('link', { name: 'What happens next' }).click()
        await page.getByText('Write the number down').waitFor()
      } else await page.goto(network.address + address)
      assert.deepEqual(await axeFaults(page), [], address)
      assert.equal(await page.evaluate(TOO_WIDE), 0, address)
    }
    // The centre's own pages of it, at the address that its cookie is for.
    await page.goto(app.signInAddress('analyst'))
    for (const address of ['/incident-notifications', '/incident-notifications?q=nothing-like-it', 'one']) {
      await page.goto(`${app.address}${address === 'one' ? '/incident-notifications' : address}`)
      if (address === 'one') {
        await page.locator('a[href^="/incident-notifications/IN-"]').first().click()
        await page.waitForURL(/\/incident-notifications\/IN-/, { waitUntil: 'load' })
      }
      assert.equal(await page.evaluate(TOO_WIDE), 0, address)
      await page.setViewportSize({ width: 1280, height: 900 })
      assert.deepEqual(await axeFaults(page), [], address)
      await page.setViewportSize({ width: 320, height: 640 })
    }
  })
})

const TOO_WIDE = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'

async function axeFaults(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)
}
