import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runLoader, sendJson, startTestServer, type Outcome } from '../../../../../../test/support/loading.ts'
import { sharedData, skipWithoutSharedData } from '../../../../../../test/support/shared-data.ts'
import { addHours } from '../../../../../kernel/instant.ts'
import { nhsCyberAlertsLoader } from './loader.ts'

const server = await startTestServer()
const url = `${server.origin}/restapi/CyberAlert/page`
const NOW = new Date('2026-01-01T00:00:00Z')

interface Alert {
  readonly threatId: string
  readonly title: string
  readonly publishedDate: number
}

/** The newest first, ten a page. */
class Alerts {
  held: Alert[]

  constructor(count: number) {
    this.held = Array.from({ length: count }, (_, index) => alert(5_000 - index))
  }

  page(query: URLSearchParams) {
    const currentPage = Number(query.get('page') ?? '1')
    const items = this.held.slice((currentPage - 1) * 10, currentPage * 10)
    return { pageSize: 10, total: this.held.length, items, currentPage, totalPages: Math.ceil(this.held.length / 10) }
  }
}

const alert = (number: number, title = 'An alert') => ({ threatId: `CC-${number}`, title, publishedDate: 1_600_000_000_000 + number })

function serve(alerts: Alerts, afterPage: (page: number) => void = () => {}): void {
  let pages = 0
  server.asked.length = 0
  server.answer = ({ query }, response) => {
    sendJson(response, alerts.page(query))
    afterPage((pages += 1))
  }
}

const run = (options: Partial<Parameters<typeof runLoader>[1]> = {}) => runLoader(nhsCyberAlertsLoader, { url, now: NOW, ...options })

function idsIn(...outcomes: readonly Outcome[]): string[] {
  const pages = outcomes.flatMap(({ documents }) => documents.map(({ text }): unknown => JSON.parse(text)))
  return pages.flatMap(page => (page as { items: Alert[] }).items.map(({ threatId }) => threatId))
}

const idsOf = (alerts: Alerts) => alerts.held.map(({ threatId }) => threatId)
const pagesAsked = () => server.asked.map(({ query }) => Number(query.get('page') ?? '1'))

test('all pages come at the first, then nothing for one request, then what is new for two pages more', async () => {
  const alerts = new Alerts(95)
  serve(alerts)
  const first = await run()
  assert.deepEqual([first.thrown, idsIn(first), pagesAsked()], [null, idsOf(alerts), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]])
  server.asked.length = 0
  const nothing = await run({ cursor: first.cursor, now: addHours(NOW, 1) })
  assert.deepEqual([nothing.documents.length, pagesAsked()], [0, [1]])
  server.asked.length = 0
  alerts.held.unshift(alert(5_001), alert(5_002))
  const news = await run({ cursor: nothing.cursor, now: addHours(NOW, 2) })
  assert.deepEqual([idsIn(news), pagesAsked()], [idsOf(alerts).slice(0, 10), [1, 2, 3]])
})

test('a change deep in the list is seen within a day, and only its page is given', async () => {
  const alerts = new Alerts(95)
  serve(alerts)
  const { cursor } = await run()
  alerts.held[72] = { ...alert(4_928), title: 'Changed' }
  assert.equal((await run({ cursor, now: addHours(NOW, 23) })).documents.length, 0)
  const whole = await run({ cursor, now: addHours(NOW, 24) })
  assert.deepEqual(idsIn(whole), idsOf(alerts).slice(70, 80))
  const weekly = await run({ cursor, now: addHours(NOW, 25), settings: { wholeEveryDays: 7 } })
  assert.equal(weekly.documents.length, 0)
  alerts.held[72] = alert(4_928)
  assert.deepEqual(idsIn(await run({ cursor: whole.cursor, now: addHours(NOW, 48) })), idsOf(alerts).slice(70, 80), 'changed back is changed')
})

test('an alert that comes elsewhere than in front is found by the total', async () => {
  const alerts = new Alerts(95)
  serve(alerts)
  const { cursor } = await run()
  alerts.held.splice(60, 0, alert(9_999))
  const outcome = await run({ cursor, now: addHours(NOW, 1) })
  assert.ok(idsIn(outcome).includes('CC-9999'))
})

test('what comes in or is taken out while the pages are read loses nothing', async () => {
  const growing = new Alerts(45)
  serve(growing, page => void (page === 2 && growing.held.unshift(alert(6_000))))
  const grown = await run()
  assert.deepEqual(new Set([...idsIn(grown), 'CC-6000']), new Set(idsOf(growing)))
  assert.ok(idsIn(await run({ cursor: grown.cursor, now: addHours(NOW, 1) })).includes('CC-6000'))
  const shrinking = new Alerts(45)
  serve(shrinking, page => void (page === 2 && shrinking.held.splice(3, 1)))
  const met = new Set(idsIn(await run()))
  assert.deepEqual(
    idsOf(shrinking).filter(id => !met.has(id)),
    [],
  )
})

test('a run that is stopped at any page goes on there', async () => {
  const alerts = new Alerts(45)
  serve(alerts)
  const whole = idsIn(await run())
  for (const most of [1, 2, 3, 4]) {
    const begun = await run({ most })
    server.asked.length = 0
    const rest = await run({ cursor: begun.cursor, now: addHours(NOW, 1) })
    assert.deepEqual([idsIn(begun, rest), pagesAsked()[0]], [whole, most + 1])
  }
})

test('names of the CMS that change are no news', async () => {
  const alerts = new Alerts(15)
  let noise = 0
  server.answer = ({ query }, response) => {
    const page = alerts.page(query)
    sendJson(response, { ...page, items: page.items.map(item => ({ ...item, versionedNode: (noise += 1) })) })
  }
  const { cursor } = await run()
  assert.equal((await run({ cursor, now: addHours(NOW, 1) })).documents.length, 0)
})

test('an API that gives the same page for each, has no end, or is another address is refused in words', async () => {
  const alerts = new Alerts(45)
  server.answer = (_, response) => sendJson(response, alerts.page(new URLSearchParams()))
  const same = await run()
  assert.deepEqual([same.thrown?.code, same.documents.length], ['watch.nhs.other-page', 1])
  assert.equal((await run({ cursor: same.cursor })).thrown?.code, 'watch.nhs.other-page')
  server.answer = ({ query }, response) => sendJson(response, { ...alerts.page(query), totalPages: 1e9 })
  assert.equal((await run()).thrown?.code, 'watch.nhs.endless')
  for (const body of ['{"items":1}', '<html>', '[]']) {
    server.answer = (_, response) => void response.end(body)
    assert.equal((await run()).thrown?.code, 'watch.nhs.not-a-page')
  }
  server.answer = (_, response) => void response.writeHead(200, { 'content-length': String(1e9) }).end()
  assert.equal((await run()).thrown?.code, 'platform.fetch.too-large')
  server.answer = (_, response) => void response.writeHead(302, { location: 'http://192.168.0.1/' }).end()
  assert.equal((await run()).thrown?.code, 'platform.fetch.host')
})

test('the page of the reference data is one of many, and one alert alone is one document', { skip: skipWithoutSharedData }, async () => {
  const page = JSON.parse(readFileSync(sharedData('nhs-alerts/cyber-alerts-api-page.json'), 'utf8')) as { items: Alert[] }
  server.asked.length = 0
  server.answer = ({ query }, response) =>
    query.has('page') ? void response.writeHead(503).end() : sendJson(response, query.has('threatid') ? page.items[0] : page)
  const outcome = await run()
  assert.deepEqual([outcome.thrown?.code, idsIn(outcome).length, pagesAsked()], ['platform.fetch.busy', 10, [1, 2]])
  const single = await run({ url: `${server.origin}/restapi/CyberAlert/single?threatid=CC-2763` })
  assert.deepEqual([single.thrown, single.documents.length], [null, 1])
})
