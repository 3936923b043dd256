import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import { runLoader, sendJson, startTestServer, type Asked, type Outcome } from '../../../../../../test/support/loading.ts'
import { sharedData, skipWithoutSharedData } from '../../../../../../test/support/shared-data.ts'
import { recognisesMisp } from '../../../../../codecs/misp/events.ts'
import { addDays, addHours } from '../../../../../kernel/instant.ts'
import { isRecord, lineAt, listAt, recordAt, type Json } from '../../../../../kernel/json.ts'
import { mispLoader } from './loader.ts'

const server = await startTestServer()
const NOW = new Date('2026-01-01T00:00:00Z')
const SECONDS = NOW.getTime() / 1_000

const run = (url: string, options: Partial<Parameters<typeof runLoader>[1]> = {}) => {
  server.asked.length = 0
  return runLoader(mispLoader, { url, now: NOW, ...options })
}

const uuidOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

interface Event {
  uuid: string
  info: string
  timestamp: number
}

/** So many events, each changed an hour before the one that came after it, the last of them ten days ago. */
function events(count: number): Event[] {
  return Array.from({ length: count }, (_, index) => ({
    uuid: uuidOf(index),
    info: `Event ${index}`,
    timestamp: SECONDS - 240 * 3_600 - (count - index) * 3_600,
  }))
}

const wrap = ({ uuid, info, timestamp }: Event) => ({ Event: { uuid, info, timestamp: String(timestamp), Attribute: [] } })

let held = events(5)
let mark = 0
let broken = new Set<string>()
let largest = Number.MAX_SAFE_INTEGER
let key: string | null = null

beforeEach(() => {
  held = events(5)
  broken = new Set()
  largest = Number.MAX_SAFE_INTEGER
  key = null
  mark += 1
  server.answer = (asked, response) => {
    const { pathname } = new URL(asked.path, server.origin)
    if (pathname.startsWith('/feed/')) return serveFeed(pathname.slice('/feed/'.length), asked, response)
    if (pathname === '/misp/events/restSearch') return serveSearch(asked, response)
    if (pathname === '/misp/') return void response.end('<html>Sign in</html>')
    response.writeHead(404).end()
  }
})

function serveFeed(file: string, { headers }: Asked, response: Parameters<typeof server.answer>[1]): void {
  if (file === '') return void response.end('<html>Index of /feed</html>')
  if (file === 'manifest.json') {
    const etag = `"${mark}"`
    if (headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end()
    const manifest = Object.fromEntries(held.map(({ uuid, info, timestamp }) => [uuid, { info, timestamp: String(timestamp), Orgc: { name: 'O' } }]))
    return sendJson(response, manifest, { etag })
  }
  const event = held.find(({ uuid }) => file === `${uuid}.json`)
  if (event === undefined || broken.has(event.uuid)) return void response.writeHead(404).end()
  sendJson(response, wrap(event))
}

function serveSearch({ method, body, headers }: Asked, response: Parameters<typeof server.answer>[1]): void {
  if (key !== null && headers.authorization !== key) return void response.writeHead(403).end('{"name":"Authentication failed."}')
  if (method !== 'POST') return void response.writeHead(405).end()
  const { page, limit, timestamp } = JSON.parse(body) as { page: number; limit: number; timestamp?: string }
  const found = held.filter(event => event.timestamp >= Number(timestamp ?? 0)).slice((page - 1) * limit, page * limit)
  const padding = found.length > largest || found.some(({ uuid }) => broken.has(uuid)) ? { 'content-length': String(1e9) } : {}
  sendJson(response, { response: found.map(wrap) }, padding)
}

function uuidsIn(...outcomes: readonly Outcome[]): string[] {
  const documents = outcomes.flatMap(outcome => outcome.documents.map(({ text }): unknown => JSON.parse(text)))
  return documents.flatMap(document => {
    const found = isRecord(document) && 'response' in document ? listAt(document, 'response') : [document]
    return found.map(entry => lineAt(recordAt(entry, 'Event'), 'uuid') ?? '')
  })
}

const feed = `${server.origin}/feed/`
const instance = `${server.origin}/misp/`
const idsOf = (list: readonly Event[]) => list.map(({ uuid }) => uuid)
const pathsAsked = () => server.asked.map(({ path }) => path)

test('a feed gives each event, the newest first, then nothing for one request, then what changed', async () => {
  const first = await run(`${feed}manifest.json`)
  assert.deepEqual([first.thrown, first.failed, uuidsIn(first)], [null, [], idsOf(held).toReversed()])
  const nothing = await run(`${feed}manifest.json`, { cursor: first.cursor })
  assert.deepEqual([nothing.documents.length, pathsAsked()], [0, ['/feed/manifest.json']])
  mark += 1
  held[1] = { ...(held[1] ?? assert.fail()), info: 'Changed', timestamp: SECONDS }
  held.push({ uuid: uuidOf(9), info: 'New', timestamp: SECONDS + 1 })
  const news = await run(`${feed}manifest.json`, { cursor: nothing.cursor })
  assert.deepEqual([uuidsIn(news), server.asked.length], [[uuidOf(9), uuidOf(1)], 3])
})

test('an event that the manifest does not name any more is gone, and an empty manifest takes nothing back', async () => {
  const first = await run(feed)
  held.splice(2, 1)
  mark += 1
  const second = await run(feed, { cursor: first.cursor })
  assert.deepEqual([second.gone, second.documents.length], [[`${feed}${uuidOf(2)}.json`], 0])
  assert.deepEqual((await run(feed, { cursor: second.cursor })).gone, [])
  held = []
  mark += 1
  const empty = await run(feed, { cursor: second.cursor })
  assert.deepEqual([empty.gone, empty.remarks], [[], ['watch.misp.empty']])
})

test('a run over a feed that is stopped anywhere goes on there', async () => {
  const whole = uuidsIn(await run(feed))
  for (const most of [1, 2, 3, 4]) {
    const begun = await run(feed, { most })
    assert.deepEqual(uuidsIn(begun, await run(feed, { cursor: begun.cursor })), whole)
  }
})

test('an event that cannot be had delays no other, and is asked for again, more and more rarely', async () => {
  broken.add(uuidOf(3))
  const first = await run(feed)
  assert.deepEqual([first.failed.map(([address]) => address), uuidsIn(first).length], [[`${feed}${uuidOf(3)}.json`], 4])
  let cursor = first.cursor
  const tries: number[] = []
  for (let hour = 0; hour < 8; hour += 0.5) {
    const again = await run(feed, { cursor, now: addHours(NOW, hour) })
    if (again.failed.length > 0) tries.push(hour)
    cursor = again.cursor
  }
  assert.deepEqual(tries, [0.5, 1.5, 3.5, 7.5])
  broken.clear()
  assert.deepEqual(uuidsIn(await run(feed, { cursor, now: addDays(NOW, 2) })), [uuidOf(3)])
})

test('a host that fails again and again is left alone', async () => {
  held = events(50)
  const answer = server.answer
  server.answer = (asked, response) => (asked.path.endsWith('manifest.json') ? answer(asked, response) : void response.writeHead(500).end())
  const outcome = await run(feed)
  assert.deepEqual([outcome.failed.length, outcome.thrown?.code, server.asked.length], [5, 'platform.fetch.status', 8])
})

test('what is at the address is found out: a folder, its manifest, a server, its search, an event', async () => {
  for (const [url, kind] of [
    [feed, 'feed'],
    [feed.slice(0, -1), 'feed'],
    [`${feed}manifest.json`, 'feed'],
    [instance, 'instance'],
    [`${instance}events/restSearch`, 'instance'],
    [`${feed}${uuidOf(0)}.json`, 'document'],
  ] as const) {
    const { cursor, thrown } = await run(url)
    assert.deepEqual([url, thrown, lineAt(recordAt(cursor, 'place'), 'kind')], [url, null, kind])
  }
})

test('a server gives what changed, page by page, and then nothing for one request', async () => {
  held = events(70)
  const first = await run(instance)
  assert.deepEqual([first.thrown, uuidsIn(first)], [null, idsOf(held)])
  const nothing = await run(instance, { cursor: first.cursor, now: addHours(NOW, 1) })
  assert.deepEqual([nothing.documents.length, server.asked.length], [0, 1])
  held[5] = { ...(held[5] ?? assert.fail()), timestamp: SECONDS + 1_800 }
  const changed = await run(instance, { cursor: nothing.cursor, now: addHours(NOW, 1) })
  assert.deepEqual(uuidsIn(changed), [uuidOf(5)])
  const again = await run(instance, { cursor: changed.cursor, now: addHours(NOW, 2) })
  assert.deepEqual([again.documents.length, server.asked.length], [0, 2], 'what changed lately comes again, and is known')
})

test('an event that came late from another server is found when all are looked at again', async () => {
  const first = await run(instance)
  held.push({ uuid: uuidOf(9), info: 'Late', timestamp: SECONDS - 1_000 * 3_600 })
  assert.equal((await run(instance, { cursor: first.cursor, now: addDays(NOW, 6) })).documents.length, 0)
  const whole = await run(instance, { cursor: first.cursor, now: addDays(NOW, 7), settings: { wholeEveryDays: 7 } })
  assert.ok(uuidsIn(whole).includes(uuidOf(9)))
})

test('a run over a server that is stopped at any page goes on there', async () => {
  held = events(100)
  const whole = uuidsIn(await run(instance))
  for (const most of [1, 2, 3, 4, 5, 6]) {
    const begun = await run(instance, { most })
    assert.deepEqual(new Set(uuidsIn(begun, await run(instance, { cursor: begun.cursor }))), new Set(whole))
  }
})

test('pages that are too large are asked for in smaller ones, and one event that is too large is left out', async () => {
  held = events(70)
  largest = 5
  broken.add(uuidOf(33))
  const outcome = await run(instance)
  assert.deepEqual([outcome.thrown, outcome.failed.map(([, code]) => code)], [null, ['platform.fetch.too-large']])
  assert.deepEqual(
    uuidsIn(outcome),
    idsOf(held).filter(uuid => uuid !== uuidOf(33)),
  )
})

test('a day may be chosen, and drafts left out or not', async () => {
  held = [...events(3), { uuid: uuidOf(9), info: 'Old', timestamp: SECONDS - 400 * 24 * 3_600 }]
  assert.deepEqual(uuidsIn(await run(instance, { settings: { since: '2025-06-01' } })), idsOf(held.slice(0, 3)))
  const bodies = () => server.asked.flatMap(({ body }) => (body === '' ? [] : [JSON.parse(body) as Json]))
  assert.ok(
    bodies()
      .slice(1)
      .every(body => isRecord(body) && body['published'] === true),
  )
  await run(instance, { settings: { unpublished: true } })
  assert.ok(bodies().every(body => isRecord(body) && body['published'] === undefined))
})

test('servers without an end, and answers that are none, end the run', async () => {
  held = events(40)
  server.answer = ({ body }, response) => (body === '' ? void response.writeHead(404).end() : sendJson(response, { response: held.map(wrap) }))
  const same = await run(instance)
  assert.deepEqual([same.remarks, same.thrown, server.asked.length], [['watch.misp.loop'], null, 5])
  server.answer = (_, response) => sendJson(response, { message: 'hello' })
  assert.equal((await run(`${instance}events/restSearch`)).thrown?.code, 'watch.misp.no-search')
  for (const [body, code] of [
    ['<html>', 'watch.misp.not-json'],
    ['{"namespace":"tlp","predicates":[]}', 'watch.misp.not-misp'],
  ] as const) {
    server.answer = (_, response) => void response.end(body)
    assert.equal((await run(instance)).thrown?.code, code)
  }
  server.answer = (_, response) => void response.writeHead(302, { location: 'http://127.0.0.2/' }).end()
  assert.equal((await run(instance)).thrown?.code, 'platform.fetch.host')
})

test('who may not search is told why, and a key goes along', async () => {
  key = 'secret'
  for (const [credentials, words] of [
    [{}, /who asks/],
    [{ Authorization: 'wrong' }, /does not accept/],
  ] as const) {
    const { thrown } = await run(instance, { credentials })
    assert.deepEqual([thrown?.code, words.test(thrown?.message ?? '')], ['watch.misp.refused', true])
  }
  assert.equal(uuidsIn(await run(instance, { credentials: { Authorization: 'secret' } })).length, 5)
})

test('every event of the reference data comes through a feed', { skip: skipWithoutSharedData }, async () => {
  const files = globSync(sharedData('misp/{eset-events,pymisp,misp}/**/*.json'))
  const sound = files.flatMap(file => {
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const event = recordAt(json, 'Event')
    return recognisesMisp(json) && event !== undefined
      ? [{ uuid: (lineAt(event, 'uuid') ?? '').toLowerCase(), event, bytes: readFileSync(file) }]
      : []
  })
  const byUuid = new Map(sound.map(one => [one.uuid, one]))
  assert.ok(byUuid.size > 10)
  server.answer = ({ path }, response) => {
    const name = path.split('/').at(-1)?.replace('.json', '') ?? ''
    const manifest = Object.fromEntries(
      [...byUuid].map(([uuid, { event }]) => [uuid, { info: lineAt(event, 'info') ?? '-', timestamp: event['timestamp'] }]),
    )
    if (name === 'manifest') sendJson(response, manifest)
    else response.end(byUuid.get(name)?.bytes)
  }
  const outcome = await run(`${feed}manifest.json`)
  assert.deepEqual(
    [outcome.thrown, new Set(outcome.documents.map(({ text }) => text))],
    [null, new Set([...byUuid.values()].map(({ bytes }) => bytes.toString('utf8')))],
  )
})
