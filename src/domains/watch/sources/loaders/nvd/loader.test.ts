import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { runLoader, sendJson, startTestServer, type Outcome } from '../../../../../../test/support/loading.ts'
import { sharedData, skipWithoutSharedData } from '../../../../../../test/support/shared-data.ts'
import { addDays, addHours, type Instant } from '../../../../../kernel/instant.ts'
import type { Json } from '../../../../../kernel/json.ts'
import { nvdLoader } from './loader.ts'

const server = await startTestServer()
const url = `${server.origin}/rest/json/cves/2.0`
const NOW = new Date('2026-01-01T00:00:00Z')

/** A database that answers as the NVD's API does. Its vulnerabilities stand in the order in which they came. */
class Database {
  readonly held = new Map<string, Instant>()
  size = 3
  now = NOW

  /** So many vulnerabilities, one a day, the last of them changed a day ago. */
  constructor(count: number) {
    for (let index = 0; index < count; index += 1) this.held.set(`CVE-2025-${1_000 + index}`, addDays(NOW, index - count))
  }

  page(query: URLSearchParams) {
    const [from, to] = [query.get('lastModStartDate'), query.get('lastModEndDate')]
    const found = [...this.held].filter(([, changed]) => from === null || to === null || (changed >= new Date(from) && changed <= new Date(to)))
    const start = Number(query.get('startIndex'))
    const shown = found.slice(start, start + this.size)
    return {
      resultsPerPage: shown.length,
      startIndex: start,
      totalResults: found.length,
      format: 'NVD_CVE',
      version: '2.0',
      timestamp: this.now.toISOString().slice(0, -1),
      vulnerabilities: shown.map(([id, changed]) => ({ cve: { id, vulnStatus: 'Analyzed', lastModified: changed.toISOString().slice(0, -1) } })),
    }
  }
}

/** Answers from the database, and lets it change after each page. */
function serve(database: Database, afterPage: (page: number) => void = () => {}): void {
  let pages = 0
  server.asked.length = 0
  server.answer = ({ query }, response) => {
    sendJson(response, database.page(query))
    afterPage((pages += 1))
  }
}

const run = (options: Partial<Parameters<typeof runLoader>[1]> = {}) => runLoader(nvdLoader, { url, now: NOW, ...options })

function idsIn(...outcomes: readonly Outcome[]): string[] {
  const pages = outcomes.flatMap(({ documents }) => documents.map(({ text }): unknown => JSON.parse(text)))
  return pages.flatMap(page => (page as ReturnType<Database['page']>).vulnerabilities.map(({ cve }) => cve.id))
}

test('the first run asks for what changed in 120 days, and the next for what changed since, with a few minutes before', async () => {
  const database = new Database(200)
  serve(database)
  const first = await run()
  assert.equal(first.thrown, null)
  assert.deepEqual(new Set(idsIn(first)), new Set([...database.held.keys()].slice(-120)))
  server.asked.length = 0
  database.now = addHours(NOW, 1)
  const nothing = await run({ cursor: first.cursor, now: addHours(NOW, 1) })
  assert.deepEqual([server.asked.length, nothing.documents.length, nothing.given.map(one => one.kind)], [1, 0, ['checked']])
  assert.equal(server.asked[0]?.query.get('lastModStartDate'), '2025-12-31T23:55:00.000Z')
  assert.equal(server.asked[0]?.query.get('lastModEndDate'), '2026-01-01T01:00:00.000Z')
  database.held.set('CVE-2025-1000', addHours(NOW, 1.5))
  database.now = addHours(NOW, 2)
  assert.deepEqual(idsIn(await run({ cursor: nothing.cursor, now: addHours(NOW, 2) })), ['CVE-2025-1000'])
})

test('what was not asked for a long time is asked for in windows that the API takes', async () => {
  const database = new Database(400)
  serve(database)
  const outcome = await run({ settings: { since: '2025-01-01' } })
  assert.deepEqual(new Set(idsIn(outcome)), new Set([...database.held.keys()].slice(-365)))
  const windows = new Set(server.asked.map(({ query }) => `${query.get('lastModStartDate')} ${query.get('lastModEndDate')}`))
  assert.equal(windows.size, 4)
  for (const window of windows) {
    const [from = '', to = ''] = window.split(' ')
    assert.ok(new Date(to).getTime() - new Date(from).getTime() <= 120 * 24 * 3_600_000, window)
  }
})

test('a full load asks without a window, and what changes while it lasts comes with the next run', async () => {
  const database = new Database(10)
  serve(database, page => {
    if (page === 2) {
      database.held.set('CVE-2025-1000', addHours(NOW, 0.2))
      database.now = addHours(NOW, 0.5)
    }
  })
  const full = await run({ settings: { all: true } })
  assert.deepEqual(idsIn(full), [...database.held.keys()])
  assert.ok(server.asked.every(({ query }) => !query.has('lastModStartDate')))
  const next = await run({ settings: { all: true }, cursor: full.cursor, now: addHours(NOW, 1) })
  assert.deepEqual(idsIn(next), ['CVE-2025-1000'])
})

test('another choice begins anew', async () => {
  serve(new Database(10))
  const { cursor } = await run({ settings: { since: '2025-12-30' } })
  assert.equal(idsIn(await run({ settings: { since: '2025-12-30' }, cursor })).length, 0)
  assert.equal(idsIn(await run({ settings: { all: true }, cursor })).length, 10)
})

test('a total that grows or falls meanwhile loses nothing', async () => {
  const database = new Database(9)
  serve(database, page => {
    if (page === 2) database.held.set('CVE-2025-9999', addHours(NOW, -1))
  })
  assert.deepEqual(new Set(idsIn(await run())), new Set(database.held.keys()))
  const shrinking = new Database(9)
  serve(shrinking, page => {
    if (page === 1) shrinking.held.delete('CVE-2025-1000')
  })
  const met = new Set(idsIn(await run()))
  assert.deepEqual(
    [...shrinking.held.keys()].filter(id => !met.has(id)),
    [],
  )
})

test('a run that is stopped at any page goes on there, and gives nothing twice but what its cursor was not kept for', async () => {
  const database = new Database(14)
  serve(database)
  const whole = idsIn(await run())
  for (const most of [1, 2, 3, 4]) {
    serve(database)
    const begun = await run({ most })
    const rest = await run({ cursor: begun.cursor })
    assert.deepEqual(idsIn(begun, rest), whole, `stopped after ${most}`)
  }
})

test('a clock of the NVD that is behind ours loses nothing', async () => {
  const database = new Database(2)
  database.now = addHours(NOW, -1)
  serve(database)
  const first = await run()
  database.held.set('CVE-2025-9999', addHours(NOW, -0.5))
  assert.deepEqual(idsIn(await run({ cursor: first.cursor, now: addHours(NOW, 1) })), ['CVE-2025-9999'])
})

test('it is asked slowly, and less slowly with a key, which goes along', async () => {
  serve(new Database(7))
  assert.deepEqual((await run()).pauses, [6_000, 6_000, 6_000])
  assert.equal(server.asked[0]?.headers['apikey'], undefined)
  serve(new Database(7))
  assert.deepEqual((await run({ credentials: { apiKey: 'secret' } })).pauses, [600, 600, 600])
  assert.ok(server.asked.every(({ headers }) => headers['apikey'] === 'secret'))
})

test('further parameters of the address stay in each question', async () => {
  serve(new Database(7))
  await run({ url: `${url}?hasKev&startIndex=5` })
  assert.ok(server.asked.every(({ query }) => query.has('hasKev')))
  assert.deepEqual(
    server.asked.map(({ query }) => query.get('startIndex')),
    ['0', '3', '6'],
  )
})

test('an empty page before the end, another page than was asked for, and endless totals end the run; the next begins anew', async () => {
  const database = new Database(7)
  const wrong: readonly ((page: ReturnType<Database['page']>) => object)[] = [
    page => ({ ...page, vulnerabilities: [] }),
    page => ({ ...page, startIndex: 0 }),
    page => ({ ...page, totalResults: 1e12 }),
  ]
  for (const change of wrong) {
    server.answer = ({ query }, response) => {
      const page = database.page(query)
      sendJson(response, page.startIndex === 0 ? page : change(page))
    }
    const broken = await run()
    assert.equal(broken.thrown?.code, 'watch.nvd.walk')
    serve(database)
    assert.deepEqual(new Set(idsIn(await run({ cursor: broken.cursor }))), new Set(database.held.keys()))
  }
})

test('a database that never settles is left in the end', async () => {
  const database = new Database(400)
  serve(database, () => {
    for (const id of [...database.held.keys()].slice(0, 3)) database.held.delete(id)
  })
  const { thrown } = await run({ settings: { all: true } })
  assert.equal(thrown?.code, 'watch.nvd.walk')
  assert.ok(server.asked.length < 60, String(server.asked.length))
})

test('what is refused or no page is said in words', async () => {
  for (const [status, credentials, code, words] of [
    [404, { apiKey: 'wrong' }, 'watch.nvd.refused', /API key/],
    [404, {}, 'watch.nvd.refused', /address/],
    [403, {}, 'platform.fetch.not-allowed', /403/],
    [503, {}, 'platform.fetch.busy', /busy/],
  ] as const) {
    server.answer = (_, response) => void response.writeHead(status).end()
    const { thrown } = await run({ credentials })
    assert.equal(thrown?.code, code)
    assert.match(thrown?.message ?? '', words)
  }
  for (const body of ['<html>', '{"vulnerabilities":[]}', '']) {
    server.answer = (_, response) => void response.end(body)
    assert.equal((await run()).thrown?.code, 'watch.nvd.not-a-page')
  }
  server.answer = (_, response) => void response.writeHead(302, { location: 'http://10.0.0.1/' }).end()
  assert.equal((await run()).thrown?.code, 'platform.fetch.host')
})

test('a feed file is one document, asked for again by its mark', async () => {
  server.answer = ({ headers }, response) =>
    headers['if-none-match'] === '"a"' ? void response.writeHead(304).end() : void response.writeHead(200, { etag: '"a"' }).end('{}')
  const first = await run({ url: `${server.origin}/feeds/nvdcve-2.0-modified.json` })
  assert.equal(first.documents.length, 1)
  assert.equal((await run({ url: `${server.origin}/feeds/nvdcve-2.0-modified.json`, cursor: first.cursor })).documents.length, 0)
})

test('each conversation of the reference data ends with the full set', { skip: skipWithoutSharedData }, async () => {
  for (const [folder, size, count] of [
    ['1_item', 1, 1],
    ['3_items', 3, 3],
    ['3_pages', 3, 8],
    ['increase', 3, 8],
  ] as const) {
    server.answer = ({ query }, response) => {
      const file = sharedData(`nvd/api2-paging/${folder}/${query.get('startIndex')}-${size}.json`)
      if (existsSync(file)) response.end(readFileSync(file))
      else response.writeHead(404).end()
    }
    const settings: Record<string, Json> = { all: true }
    const outcome = await run({ settings })
    assert.deepEqual([folder, outcome.thrown, idsIn(outcome).length, new Set(idsIn(outcome)).size], [folder, null, count, count])
    for (let most = 1; most < count / size; most += 1) {
      const begun = await run({ settings, most })
      assert.deepEqual(idsIn(begun, await run({ settings, cursor: begun.cursor })), idsIn(outcome))
    }
  }
})
