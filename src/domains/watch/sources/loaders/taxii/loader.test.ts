import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { beforeEach, test } from 'node:test'
import { runLoader, sendJson, startTestServer, type Outcome } from '../../../../../../test/support/loading.ts'
import { sharedData, skipWithoutSharedData } from '../../../../../../test/support/shared-data.ts'
import { startTaxiiServer, type Added } from '../../../../../../test/support/taxii-server.ts'
import { lineAt, listAt, memberOf, recordAt } from '../../../../../kernel/json.ts'
import { taxiiLoader } from './loader.ts'

const server = await startTaxiiServer()
const NOW = new Date('2026-01-01T00:00:00Z')
const url = `${server.origin}/taxii2/`

const run = (options: Partial<Parameters<typeof runLoader>[1]> = {}) => {
  server.asked.length = 0
  return runLoader(taxiiLoader, { url, now: NOW, ...options })
}

/** An indicator, added at that second (and microsecond) of a day in 2024. */
function indicator(number: number, second = number, micros = 0): Added {
  const id = `indicator--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  const at = `${new Date(1_700_000_000_000 + second * 1_000).toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`
  return { at, object: { type: 'indicator', spec_version: '2.1', id, modified: '2024-01-01T00:00:00.000Z' } }
}

function objectsIn(...outcomes: readonly Outcome[]): string[] {
  const pages = outcomes.flatMap(({ documents }) => documents.map(({ text }): unknown => JSON.parse(text)))
  return pages.flatMap(page => listAt(page, 'objects').map(object => lineAt(object, 'id') ?? ''))
}

const idsOf = (added: readonly Added[]) => added.map(({ object }) => String(object['id']))
const many = (count: number) => Array.from({ length: count }, (_, index) => indicator(index))

beforeEach(() => {
  Object.assign(server, { size: 100, paging: 'tokens', tellsDates: true, secret: null, objects: null })
  server.collections.length = 0
  server.collections.push(
    { id: 'a', title: 'Indicators', canRead: true, added: many(25) },
    { id: 'b', title: 'Empty', canRead: true, added: [] },
    { id: 'c', title: 'Secret', canRead: false, added: many(3) },
  )
})

const collectionA = () => server.collections[0]?.added ?? []

test('every page of each collection that may be read is given, and then nothing for one request each', async () => {
  server.size = 10
  const first = await run()
  assert.deepEqual([first.thrown, first.failed, first.remarks, objectsIn(first)], [null, [], [], idsOf(collectionA())])
  assert.deepEqual(
    server.asked.map(({ path }) => path.split('?')[0]),
    ['/taxii2/', '/api/collections/', ...['a', 'a', 'a', 'b'].map(id => `/api/collections/${id}/objects/`)],
  )
  const nothing = await run({ cursor: first.cursor })
  assert.deepEqual([nothing.documents.length, server.asked.length], [0, 2])
  collectionA().push(indicator(100))
  assert.deepEqual(objectsIn(await run({ cursor: nothing.cursor })), idsOf([indicator(100)]))
  await run({ cursor: nothing.cursor, now: new Date('2026-01-02T00:00:00Z') })
  assert.equal(server.asked.length, 4, 'the collections are looked for again each day')
})

test('the address may be that of the server, a root, the collections, one of them or its objects', async () => {
  for (const path of ['/', '/taxii2/', '/api/', '/api/collections/', '/api/collections/a/', '/api/collections/a/objects/']) {
    const outcome = await run({ url: server.origin + path })
    assert.deepEqual([path, outcome.thrown, objectsIn(outcome).length], [path, null, 25])
  }
})

test('collections may be chosen by id, alias or title, and what cannot be had is said', async () => {
  server.collections.push({ id: 'd', title: 'More', canRead: true, added: [indicator(50)] })
  const chosen = await run({ settings: { collections: ['more', 'c', 'nonsense'] } })
  assert.deepEqual(objectsIn(chosen), idsOf([indicator(50)]))
  assert.deepEqual(chosen.remarks.toSorted(), ['watch.taxii.closed', 'watch.taxii.unknown-collection'])
  const again = await run({ settings: { collections: ['more', 'c', 'nonsense'] }, cursor: chosen.cursor })
  assert.deepEqual([again.remarks.length, server.asked.length], [2, 1], 'it stays on the page of the source while it holds')
  const none = await run({ settings: { collections: ['nonsense'] } })
  assert.equal(none.thrown?.code, 'watch.taxii.no-collection')
  assert.match(none.thrown?.message ?? '', /Indicators \(a\)/)
  const other = await run({ settings: { collections: ['a'] }, cursor: chosen.cursor })
  assert.equal(objectsIn(other).length, 25, 'another choice is looked for at once')
})

test('a run that is stopped at any page goes on there', async () => {
  server.size = 6
  const whole = objectsIn(await run())
  for (const most of [1, 2, 3, 4]) {
    const begun = await run({ most })
    const rest = await run({ cursor: begun.cursor })
    assert.deepEqual([objectsIn(begun, rest), server.asked.length], [whole, 6 - most], `stopped after ${most}`)
  }
})

test('a server that has forgotten its token is asked by date, and nothing is lost', async () => {
  server.size = 6
  const begun = await run({ most: 2 })
  server.forgetTokens()
  const rest = await run({ cursor: begun.cursor })
  assert.deepEqual([rest.thrown, rest.failed, new Set(objectsIn(begun, rest))], [null, [], new Set(idsOf(collectionA()))])
})

test('a server that pages by dates loses nothing where several objects were added at one moment', async () => {
  const ties = [0, 1, 2, 3, 4, 5, 6, 7].map(number => indicator(number, Math.floor(number / 3)))
  for (const paging of ['dates', 'inclusive dates'] as const) {
    collectionA().splice(0, 25, ...ties)
    Object.assign(server, { size: 4, paging })
    const outcome = await run()
    assert.deepEqual([paging, outcome.remarks, new Set(objectsIn(outcome))], [paging, [], new Set(idsOf(ties))])
    const again = await run({ cursor: outcome.cursor })
    const third = await run({ cursor: again.cursor })
    assert.deepEqual([third.documents.length, server.asked.length], [0, 2])
    collectionA().push(indicator(20, 2, 1))
    assert.deepEqual(objectsIn(await run({ cursor: third.cursor })), idsOf([indicator(20)]))
  }
})

test('more objects of one moment than a page holds are told, and the rest comes', async () => {
  const ties = [...[0, 1, 2, 3, 4].map(number => indicator(number, 0)), indicator(9)]
  for (const paging of ['dates', 'inclusive dates'] as const) {
    collectionA().splice(0, 25, ...ties)
    Object.assign(server, { size: 3, paging })
    const outcome = await run()
    assert.ok(outcome.remarks.includes('watch.taxii.ties'), paging)
    assert.ok(objectsIn(outcome).includes(idsOf([indicator(9)])[0] ?? ''))
    assert.ok(server.asked.length < 12)
  }
})

test('what was added just now is asked for once more, since others may have been added with it', async () => {
  const at = new Date(Date.now() - 60_000).toISOString().replace('Z', '000Z')
  collectionA().push({ ...indicator(70), at })
  const first = await run()
  assert.equal(objectsIn(await run({ cursor: first.cursor })).length, 1)
})

test('a server that tells no dates is asked for what was added since', async () => {
  server.tellsDates = false
  const first = await run()
  assert.equal(objectsIn(first).length, 25)
  assert.equal((await run({ cursor: first.cursor })).documents.length, 0)
  collectionA().push({ ...indicator(70), at: new Date(Date.now()).toISOString().replace('Z', '000Z') })
  assert.equal(objectsIn(await run({ cursor: first.cursor })).length, 1)
})

test('servers without an end are left: the same token, ever new tokens, the same page, no way on', async () => {
  const page = (more: object) => ({ more: true, objects: many(2).map(({ object }) => object), ...more })
  let count = 0
  const hostile: readonly (readonly [string, () => object])[] = [
    ['watch.taxii.loop', () => page({ next: 'again' })],
    ['watch.taxii.loop', () => page({ next: 'again', objects: [indicator((count += 1)).object] })],
    ['watch.taxii.loop', () => page({ next: `token ${(count += 1)}` })],
    ['watch.taxii.loop', () => ({ more: true, next: `token ${(count += 1)}`, objects: [] })],
    ['watch.taxii.no-way-on', () => page({})],
  ]
  for (const [code, body] of hostile) {
    server.objects = (_, response) => (sendJson(response, body()), true)
    const outcome = await run({ url: `${server.origin}/api/collections/a/` })
    assert.deepEqual([outcome.remarks, outcome.thrown], [[code], null])
    assert.ok(server.asked.length < 8, String(server.asked.length))
  }
  server.objects = (_, response) => (sendJson(response, { more: true, next: String((count += 1)), objects: [indicator(count).object] }), true)
  const endless = await run({ url: `${server.origin}/api/collections/a/` })
  assert.deepEqual([endless.remarks, endless.documents.length], [['watch.taxii.long'], 2_000])
})

test('who may not ask is told why', async () => {
  server.secret = 'Basic c2VjcmV0'
  for (const [credentials, code, words] of [
    [{}, 'watch.taxii.401', /who asks/],
    [{ Authorization: 'Basic wrong' }, 'watch.taxii.401', /does not accept/],
  ] as const) {
    const { thrown } = await run({ credentials })
    assert.deepEqual([thrown?.code, words.test(thrown?.message ?? '')], [code, true])
  }
  assert.equal(objectsIn(await run({ credentials: { Authorization: 'Basic c2VjcmV0' } })).length, 25)
  server.secret = null
  for (const [status, words] of [
    [403, /does not let us/],
    [404, /nothing there/],
    [406, /TAXII 2.1/],
  ] as const) {
    server.objects = (_, response) => (response.writeHead(status).end(), true)
    const outcome = await run()
    assert.match(outcome.thrown?.message ?? '', words)
    assert.deepEqual(new Set(outcome.failed.map(([, code]) => code)), new Set([`watch.taxii.${status}`]))
  }
})

test('a collection that fails delays no other, and is asked for again from where it stood', async () => {
  server.collections.push({ id: 'd', title: 'More', canRead: true, added: [indicator(50)] })
  server.size = 10
  let isBroken = true
  server.objects = ({ path }, response) => isBroken && path.includes('next=') && (response.writeHead(500).end(), true)
  const broken = await run()
  assert.deepEqual([broken.thrown, broken.failed.length, objectsIn(broken).length], [null, 1, 11])
  isBroken = false
  assert.deepEqual(objectsIn(await run({ cursor: broken.cursor })), idsOf(collectionA()).slice(10))
})

test('only hosts of the source are asked, whatever the server names', async () => {
  const answer = server.answer
  server.answer = (asked, response) =>
    asked.path === '/taxii2/'
      ? sendJson(response, { title: 'T', api_roots: ['http://10.0.0.1/', 'http://elsewhere.example/api/', '/api/'] })
      : answer(asked, response)
  const outcome = await run()
  assert.deepEqual([outcome.remarks, objectsIn(outcome).length], [['watch.taxii.elsewhere'], 25])
  server.answer = (_, response) => void response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end()
  assert.equal((await run()).thrown?.code, 'platform.fetch.host')
  server.answer = (_, response) => void response.writeHead(200, { 'content-length': String(2e9) }).end('{')
  assert.equal((await run()).thrown?.code, 'platform.fetch.too-large')
  server.answer = answer
})

test('a bundle at the address is one document, asked for again by its mark', async () => {
  const bundle = { type: 'bundle', id: 'bundle--1', objects: many(2).map(({ object }) => object) }
  for (const isStrict of [false, true]) {
    const files = await startTestServer()
    files.answer = ({ headers }, response) => {
      if (isStrict && !headers.accept?.includes('application/json')) return void response.writeHead(406).end()
      if (headers['if-none-match'] === '"a"') return void response.writeHead(304).end()
      sendJson(response, bundle, { etag: '"a"' })
    }
    const first = await run({ url: `${files.origin}/stix.json` })
    assert.deepEqual([first.thrown, objectsIn(first).length], [null, 2])
    const second = await run({ url: `${files.origin}/stix.json`, cursor: first.cursor })
    assert.deepEqual([second.documents.length, files.asked.length], [0, isStrict ? 3 : 2])
  }
})

test('what is no TAXII 2.1 is refused in words', async () => {
  const other = await startTestServer()
  for (const [body, code] of [
    ['<taxii_11:Discovery_Response xmlns:taxii_11="http://taxii.mitre.org/messages/taxii_xml_binding-1.1"/>', 'watch.taxii.version-1'],
    ['<html>', 'watch.taxii.web-page'],
    ['{"vulnerabilities":[]}', 'watch.taxii.not-taxii'],
    ['{"title":"x","versions":["taxii-2.0"]}', 'watch.taxii.version'],
    ['{', 'watch.taxii.not-json'],
    ['{"collections":[]}', 'watch.taxii.no-collection'],
  ] as const) {
    other.answer = (_, response) => void response.end(body)
    assert.equal((await run({ url: `${other.origin}/somewhere` })).thrown?.code, code)
  }
  other.answer = (_, response) => void response.writeHead(406).end()
  assert.equal((await run({ url: `${other.origin}/` })).thrown?.code, 'watch.taxii.406')
})

test('markings of earlier pages go along with later ones', async () => {
  const marking = { type: 'marking-definition', id: 'marking-definition--1', spec_version: '2.1', definition_type: 'statement' }
  collectionA().unshift({ at: '2020-01-01T00:00:00.000000Z', object: marking })
  server.size = 10
  const { given } = await run()
  const known = given.flatMap(one => (one.kind === 'document' ? [one.known?.length ?? 0] : []))
  assert.deepEqual(known, [0, 1, 1])
  const begun = await run({ most: 1 })
  const [next] = (await run({ cursor: begun.cursor })).given
  assert.deepEqual(next?.kind === 'document' ? next.known : null, [marking])
})

test('the content of the reference server comes whole, by tokens and by dates', { skip: skipWithoutSharedData }, async () => {
  const content: unknown = JSON.parse(readFileSync(sharedData('taxii/taxii21-default_data.json'), 'utf8'))
  server.collections.length = 0
  for (const collection of listAt(recordAt(content, 'trustgroup1'), 'collections')) {
    const objects = listAt(collection, 'objects').map(object => object as Readonly<Record<string, unknown>>)
    const dateOf = (object: object) =>
      listAt(collection, 'manifest').find(
        entry =>
          lineAt(entry, 'id') === lineAt(object, 'id') && (lineAt(object, 'modified') ?? lineAt(object, 'created')) === lineAt(entry, 'version'),
      )
    server.collections.push({
      id: lineAt(collection, 'id') ?? '',
      title: lineAt(collection, 'title') ?? '',
      canRead: memberOf(collection, 'can_read') === true,
      added: objects.map(object => ({ at: lineAt(dateOf(object), 'date_added') ?? '', object })),
    })
  }
  const all = server.collections.filter(({ canRead }) => canRead).flatMap(({ added }) => added.map(({ object }) => JSON.stringify(object)))
  assert.equal(all.length, 8)
  for (const paging of ['tokens', 'dates', 'inclusive dates'] as const) {
    for (const size of [2, 3, 100]) {
      Object.assign(server, { paging, size })
      const outcome = await run()
      const given = outcome.documents.flatMap(({ text }) => listAt(JSON.parse(text), 'objects').map(object => JSON.stringify(object)))
      assert.deepEqual([paging, size, outcome.thrown, new Set(given)], [paging, size, null, new Set(all)])
      const again = await run({ cursor: outcome.cursor })
      assert.equal((await run({ cursor: again.cursor })).documents.length, 0)
      assert.equal(server.asked.length, 3)
    }
  }
})
