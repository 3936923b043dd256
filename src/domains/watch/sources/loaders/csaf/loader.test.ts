import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import {
  advisory,
  createSigningKey,
  FEED,
  METADATA,
  NOW,
  runCsafLoader,
  signDetached,
  startCsafProvider,
  trustedProvider,
  writeFeed,
  writeMetadata,
  type SigningKey,
} from '../../../../../../test/support/csaf-provider.ts'
import { addHours } from '../../../../../kernel/instant.ts'

let key: SigningKey
let otherKey: SigningKey

before(async () => {
  key = await createSigningKey()
  otherKey = await createSigningKey()
})

test('a provider’s advisories are given with their proofs, the newest first', async () => {
  const { provider } = await trustedProvider(key)
  const { given, documents, failed, remarks, thrown } = await runCsafLoader(provider)
  assert.deepEqual([thrown, failed, remarks], [null, [], []])
  assert.deepEqual(documents, ['/csaf/2025/a-3.json', '/csaf/2025/a-2.json', '/csaf/2025/a-1.json'])
  const [first] = given
  assert.ok(first?.kind === 'document')
  assert.deepEqual(first.integrity, { hash: 'sha512', signedBy: key.fingerprint })
  assert.deepEqual([first.tlp, first.remarks, Buffer.from(first.bytes)], ['CLEAR', [], advisory('/csaf/2025/a-3.json')])
})

test('nothing new costs two requests, and a change those of its document', async () => {
  const { provider, documents } = await trustedProvider(key)
  const first = await runCsafLoader(provider)
  const second = await runCsafLoader(provider, { cursor: first.cursor })
  assert.deepEqual(provider.asked, [METADATA, FEED])
  assert.deepEqual(
    second.given.map(one => one.kind),
    ['checked'],
  )
  await provider.publish('/csaf/2025/a-2.json', advisory('/csaf/2025/a-2.json', 'changed'), key)
  writeFeed(
    provider,
    documents.map(document => (document.path.includes('a-2') ? { ...document, updated: '2025-11-01T00:00:00Z' } : document)),
  )
  const third = await runCsafLoader(provider, { cursor: second.cursor })
  assert.deepEqual(third.documents, ['/csaf/2025/a-2.json'])
  assert.equal(provider.asked.length, 2 + 3 + 1)
  assert.deepEqual((await runCsafLoader(provider, { cursor: third.cursor })).documents, [])
})

test('an advisory that comes with an old date is found', async () => {
  const { provider, documents } = await trustedProvider(key)
  const { cursor } = await runCsafLoader(provider)
  await provider.publish('/csaf/2017/old.json', advisory('OLD'), key)
  writeFeed(provider, [...documents, { path: '/csaf/2017/old.json', updated: '2017-01-01T00:00:00Z' }])
  assert.deepEqual((await runCsafLoader(provider, { cursor })).documents, ['/csaf/2017/old.json'])
})

test('a wrong hash is refused and delays no other; it is asked for again after a while, and less and less often', async () => {
  const { provider } = await trustedProvider(key)
  provider.files.set('/csaf/2025/a-2.json', advisory('/csaf/2025/a-2.json', 'tampered'))
  const first = await runCsafLoader(provider)
  assert.deepEqual(first.failed, [['/csaf/2025/a-2.json', 'watch.csaf.hash']])
  assert.deepEqual(first.documents, ['/csaf/2025/a-3.json', '/csaf/2025/a-1.json'])
  const refused = first.given.find(one => one.kind === 'failed')
  assert.ok(refused?.kind === 'failed' && refused.bytes !== null && Buffer.from(refused.bytes).includes('tampered'))

  const soon = await runCsafLoader(provider, { cursor: first.cursor, now: addHours(NOW, 0.4) })
  assert.deepEqual(provider.asked, [METADATA, FEED])
  const later = await runCsafLoader(provider, { cursor: soon.cursor, now: addHours(NOW, 0.5) })
  assert.deepEqual(later.failed, [['/csaf/2025/a-2.json', 'watch.csaf.hash']])
  assert.deepEqual((await runCsafLoader(provider, { cursor: later.cursor, now: addHours(NOW, 1.4) })).failed, [])

  await provider.publish('/csaf/2025/a-2.json', advisory('/csaf/2025/a-2.json'), key)
  const mended = await runCsafLoader(provider, { cursor: later.cursor, now: addHours(NOW, 1.5) })
  assert.deepEqual([mended.documents, mended.failed], [['/csaf/2025/a-2.json'], []])
  const after = await runCsafLoader(provider, { cursor: mended.cursor, now: addHours(NOW, 100) })
  assert.deepEqual([after.documents, provider.asked], [[], [METADATA, FEED]])
})

test('a signature that does not hold, of another key, or that is missing from a provider that promised it, is refused', async () => {
  const { provider } = await trustedProvider(key)
  const [first, second, third] = ['/csaf/2025/a-1.json', '/csaf/2025/a-2.json', '/csaf/2025/a-3.json'] as const
  provider.files.set(`${first}.asc`, await signDetached(advisory('another'), key))
  provider.files.set(`${second}.asc`, await signDetached(advisory(second), otherKey))
  provider.files.delete(`${third}.asc`)
  const strict = await runCsafLoader(provider)
  assert.deepEqual(strict.documents, [])
  assert.deepEqual(strict.failed, [
    [third, 'watch.csaf.unsigned'],
    [second, 'watch.csaf.signature'],
    [first, 'watch.csaf.signature'],
  ])
  const lenient = await runCsafLoader(provider, { settings: { integrity: 'lenient' } })
  assert.deepEqual(lenient.documents, [third])
  const unsigned = lenient.given.find(one => one.kind === 'document')
  assert.ok(unsigned?.kind === 'document')
  assert.deepEqual([unsigned.integrity, unsigned.remarks.map(remark => remark.rule)], [{ hash: 'sha512', signedBy: null }, ['watch.csaf.unsigned']])
  assert.equal(lenient.failed.length, 2)
})

test('a page that says "not found" in place of a proof is no proof', async () => {
  const { provider } = await trustedProvider(key, 1)
  provider.files.set('/csaf/2025/a-1.json.sha512', '<html>Not found</html>')
  const signed = await runCsafLoader(provider)
  assert.ok(signed.given[0]?.kind === 'document')
  assert.deepEqual([signed.given[0].integrity?.hash, signed.given[0].remarks[0]?.rule], [null, 'csaf-provider.hash.malformed'])
  provider.files.set('/csaf/2025/a-1.json.asc', '<html>Not found</html>')
  assert.deepEqual((await runCsafLoader(provider)).failed, [['/csaf/2025/a-1.json', 'watch.csaf.unsigned']])
})

test('a provider that promises no signatures is taken in without, and what it signs must hold all the same', async () => {
  const { provider } = await trustedProvider(key, 2)
  writeMetadata(provider, key, { role: 'csaf_provider' })
  provider.files.delete('/csaf/2025/a-1.json.asc')
  provider.files.delete('/csaf/2025/a-1.json.sha512')
  provider.files.set('/csaf/2025/a-2.json.asc', await signDetached(advisory('another'), key))
  const { given, documents, failed } = await runCsafLoader(provider)
  assert.deepEqual([documents, failed], [['/csaf/2025/a-1.json'], [['/csaf/2025/a-2.json', 'watch.csaf.signature']]])
  assert.deepEqual(
    given.flatMap(one => (one.kind === 'document' ? [one.integrity] : [])),
    [{ hash: null, signedBy: null }],
  )
})

test('a key that changes without a word is told once, with both fingerprints', async () => {
  const { provider, documents } = await trustedProvider(key, 1)
  writeMetadata(provider, key, { public_openpgp_keys: [{ url: `${provider.origin}/key.asc` }] })
  const first = await runCsafLoader(provider)
  provider.files.set('/key.asc', otherKey.publicKey)
  await provider.publish('/csaf/2025/new.json', advisory('NEW'), otherKey)
  writeFeed(provider, [...documents, { path: '/csaf/2025/new.json', updated: '2025-12-01T00:00:00Z' }])
  const second = await runCsafLoader(provider, { cursor: first.cursor })
  assert.deepEqual([second.remarks, second.documents], [['watch.csaf.key.changed'], ['/csaf/2025/new.json']])
  const remark = second.given.find(one => one.kind === 'remark')
  assert.ok(remark?.kind === 'remark')
  for (const { fingerprint } of [key, otherKey]) assert.ok(remark.remark.message.includes(fingerprint))
  writeFeed(provider, [{ path: '/csaf/2025/new.json', updated: '2025-12-02T00:00:00Z' }])
  assert.deepEqual((await runCsafLoader(provider, { cursor: second.cursor })).remarks, [])
})

test('a key that is not the one that the metadata or a person names proves nothing', async () => {
  const { provider } = await trustedProvider(key, 1)
  provider.files.set('/key.asc', otherKey.publicKey)
  const mismatch = await runCsafLoader(provider)
  assert.equal(mismatch.thrown?.code, 'watch.csaf.no-key')
  assert.ok(mismatch.thrown.message.includes(key.fingerprint) && mismatch.thrown.message.includes(otherKey.fingerprint))
  assert.deepEqual(mismatch.documents, [])
  provider.files.set('/key.asc', key.publicKey)
  assert.equal((await runCsafLoader(provider, { settings: { fingerprints: [otherKey.fingerprint] } })).thrown?.code, 'watch.csaf.no-key')
  const pinned = await runCsafLoader(provider, { settings: { fingerprints: [key.fingerprint.toLowerCase().replace(/(.{4})/g, '$1 ')] } })
  assert.deepEqual([pinned.thrown, pinned.documents.length], [null, 1])
})

test('a promise to sign is not taken back by a change of the metadata', async () => {
  const { provider, documents } = await trustedProvider(key, 1)
  const first = await runCsafLoader(provider)
  writeMetadata(provider, key, { role: 'csaf_publisher', maintained_until: '2025-06-01T00:00:00Z' })
  await provider.publish('/csaf/2025/new.json', advisory('NEW'), null)
  writeFeed(provider, [...documents, { path: '/csaf/2025/new.json', updated: '2025-12-01T00:00:00Z' }])
  const second = await runCsafLoader(provider, { cursor: first.cursor })
  assert.deepEqual(second.remarks, ['watch.csaf.role', 'watch.csaf.unmaintained'])
  assert.deepEqual(second.failed, [['/csaf/2025/new.json', 'watch.csaf.unsigned']])
})

test('a run that ends anywhere is taken up from any cursor that was kept, and nothing is left out', async () => {
  const { provider } = await trustedProvider(key, 5)
  provider.files.set('/csaf/2025/a-3.json', advisory('tampered'))
  const whole = await runCsafLoader(provider)
  const good = ['/csaf/2025/a-1.json', '/csaf/2025/a-2.json', '/csaf/2025/a-4.json', '/csaf/2025/a-5.json']
  assert.deepEqual(whole.documents.toSorted(), good)
  for (let most = 1; most < whole.given.length; most += 1) {
    const before = await runCsafLoader(provider, { most })
    const after = await runCsafLoader(provider, { cursor: before.cursor, now: addHours(NOW, 1) })
    assert.deepEqual([...before.documents, ...after.documents].toSorted(), good, `stopped after ${most}`)
    // Nobody kept the last cursor: what came with it comes again, and nothing is left out.
    const earlier = await runCsafLoader(provider, { cursor: before.given.at(-2)?.kept ?? null, now: addHours(NOW, 1) })
    const stored = new Set([...before.documents, ...earlier.documents])
    assert.deepEqual([...stored].toSorted(), good, `lost the cursor of ${most}`)
    assert.ok([...before.failed, ...earlier.failed].some(([path]) => path === '/csaf/2025/a-3.json'))
  }
})

test('a host that stops answering is left alone after a few tries, and the rest follows next time', async () => {
  const { provider, documents } = await trustedProvider(key, 9)
  const files = new Map(provider.files)
  for (const { path } of documents.slice(0, 8)) provider.files.set(path, (_request, response) => response.destroy())
  const first = await runCsafLoader(provider)
  assert.deepEqual(first.documents, ['/csaf/2025/a-9.json'])
  assert.equal(first.thrown?.code, 'platform.fetch.failed')
  assert.equal(first.failed.length, 6)
  for (const [path, file] of files) provider.files.set(path, file)
  const second = await runCsafLoader(provider, { cursor: first.cursor, now: addHours(NOW, 1) })
  assert.deepEqual([second.thrown, second.documents.length], [null, 8])
})

test('a host that asks to be left alone is left alone at once', async () => {
  const { provider, documents } = await trustedProvider(key, 4)
  const third = documents[2]?.path ?? ''
  provider.files.set(third, (_request, response) => response.writeHead(429, { 'retry-after': '600' }).end())
  const { documents: given, thrown, cursor } = await runCsafLoader(provider)
  assert.deepEqual([given, thrown?.code], [['/csaf/2025/a-4.json'], 'platform.fetch.busy'])
  await provider.publish(third, advisory(third), key)
  const second = await runCsafLoader(provider, { cursor, now: addHours(NOW, 1) })
  assert.equal(second.documents.length, 3)
})

test('of a great many that fail some are set aside, and the rest is asked for in the next run', async () => {
  const { provider, documents } = await trustedProvider(key, 1)
  const missing = Array.from({ length: 503 }, (_, at) => ({ path: `/missing/${at}.json`, updated: '2025-06-01T00:00:00Z' }))
  writeFeed(provider, [...missing, ...documents])
  const first = await runCsafLoader(provider, { most: 504 })
  assert.deepEqual([first.failed.length, first.documents], [503, ['/csaf/2025/a-1.json']])
  const whole = await runCsafLoader(provider, { cursor: first.cursor })
  assert.deepEqual(
    whole.failed.map(([path]) => path),
    ['/missing/500.json', '/missing/501.json', '/missing/502.json'],
  )
  assert.equal((await runCsafLoader(provider, { cursor: whole.cursor })).failed.length, 3)
})

test('what begins encrypted does not go on in the open', async () => {
  const { provider } = await trustedProvider(key)
  const { cursor } = await runCsafLoader(provider, { most: 1 })
  const outcome = await runCsafLoader(provider, { cursor, url: 'https://127.0.0.1:1/provider-metadata.json', hosts: [provider.host] })
  assert.equal(outcome.thrown?.code, 'watch.csaf.open')
  assert.deepEqual(provider.asked, [])
})

test('a list that cannot be read delays no other, and when there is no other the source fails', async () => {
  const { provider } = await trustedProvider(key)
  const feeds = ['/broken.json', '/missing.json', FEED].map(path => ({ url: provider.origin + path, tlp_label: 'GREEN' }))
  writeMetadata(provider, key, { distributions: [{ rolie: { feeds } }] })
  provider.files.set('/broken.json', '<html>')
  const first = await runCsafLoader(provider)
  assert.deepEqual(first.failed, [
    ['/broken.json', 'watch.csaf.list'],
    ['/missing.json', 'platform.fetch.missing'],
  ])
  assert.deepEqual([first.documents.length, first.thrown], [3, null])
  assert.ok(first.given.every(one => one.kind !== 'document' || one.tlp === 'GREEN'))
  writeMetadata(provider, key, { distributions: [{ rolie: { feeds: feeds.slice(0, 2) } }] })
  assert.equal((await runCsafLoader(provider, { cursor: first.cursor })).thrown?.code, 'watch.csaf.list')
  writeMetadata(provider, key, { distributions: [] })
  assert.equal((await runCsafLoader(provider)).thrown?.code, 'watch.csaf.empty')
})

test('metadata that cannot be had for once is no reason to stop', async () => {
  const { provider } = await trustedProvider(key)
  const first = await runCsafLoader(provider, { most: 1 })
  provider.files.set(METADATA, (_request, response) => response.writeHead(500).end())
  const second = await runCsafLoader(provider, { cursor: first.cursor })
  assert.deepEqual([second.failed, second.documents.length], [[[METADATA, 'platform.fetch.status']], 2])
  assert.equal((await runCsafLoader(provider)).thrown?.code, 'platform.fetch.status')
})

test('lists for known readers are asked with credentials only, which go nowhere else', async () => {
  const { provider } = await trustedProvider(key, 1)
  const elsewhere = await startCsafProvider()
  const seen: unknown[] = []
  const closed = (request: { headers: Record<string, unknown> }, response: { writeHead(status: number): { end(text?: string): void } }) => {
    seen.push(request.headers['authorization'])
    if (request.headers['authorization'] !== 'Bearer secret') response.writeHead(401).end()
    else response.writeHead(200).end(JSON.stringify({ feed: { entry: [] } }))
  }
  provider.files.set('/amber.json', closed)
  elsewhere.files.set('/red.json', closed)
  const feeds = [
    { url: provider.origin + FEED, tlp_label: 'WHITE' },
    { url: `${provider.origin}/amber.json`, tlp_label: 'AMBER' },
    { url: `${elsewhere.origin}/red.json`, tlp_label: 'RED' },
  ]
  writeMetadata(provider, key, { distributions: [{ rolie: { feeds } }] })
  const outside = [elsewhere.host]
  const open = await runCsafLoader(provider, { outside, hosts: outside })
  assert.deepEqual([open.remarks, open.documents.length, seen], [['watch.csaf.closed'], 1, []])
  const known = await runCsafLoader(provider, { outside, hosts: outside, credentials: { authorization: 'Bearer secret' } })
  assert.deepEqual(seen, ['Bearer secret', undefined])
  assert.deepEqual(known.failed, [[`${elsewhere.origin}/red.json`, 'platform.fetch.not-allowed']])
})

test('a list that names other hosts, or redirects to the inside, reaches nothing there', async () => {
  const { provider } = await trustedProvider(key, 1)
  const victim = await startCsafProvider()
  victim.files.set('/secret.json', advisory('SECRET'))
  writeFeed(provider, [{ path: `${victim.origin}/secret.json`, updated: '2025-05-01T00:00:00Z' }])
  const named = await runCsafLoader(provider, { outside: [victim.host] })
  assert.deepEqual(named.failed, [[FEED, 'watch.csaf.elsewhere']])
  assert.ok(named.thrown?.message.includes(victim.host))

  writeFeed(provider, [
    { path: '/turn.json', updated: '2025-05-01T00:00:00Z' },
    { path: '/csaf/2025/a-1.json', updated: '2025-01-01T00:00:00Z' },
  ])
  provider.files.set('/turn.json', (_request, response) => response.writeHead(302, { location: `${victim.origin}/secret.json` }).end())
  await provider.publish('/csaf/2025/a-1.json', advisory('A'), key)
  const turned = await runCsafLoader(provider, { outside: [victim.host] })
  assert.deepEqual([turned.failed, turned.documents], [[['/turn.json', 'platform.fetch.host']], ['/csaf/2025/a-1.json']])
  const inside = await runCsafLoader(provider, { hosts: [victim.host] })
  assert.deepEqual([inside.failed, inside.documents], [[['/turn.json', 'platform.fetch.private']], ['/csaf/2025/a-1.json']])
  assert.deepEqual(victim.asked, [])
})

test('an advisory that unpacks without end, or is too large, delays no other', async () => {
  const { provider, documents } = await trustedProvider(key)
  const bomb = gzipSync(Buffer.alloc(70 * 1_048_576))
  provider.files.set(documents[2]?.path ?? '', (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb))
  provider.files.set(documents[1]?.path ?? '', (_request, response) => response.writeHead(200, { 'content-length': '99000000' }).flushHeaders())
  const { failed, documents: given } = await runCsafLoader(provider)
  assert.deepEqual(failed, [
    ['/csaf/2025/a-3.json', 'platform.fetch.too-large'],
    ['/csaf/2025/a-2.json', 'platform.fetch.too-large'],
  ])
  assert.deepEqual(given, ['/csaf/2025/a-1.json'])
})

test('a cursor that nobody can read, or of another time, begins anew', async () => {
  const { provider } = await trustedProvider(key, 1)
  for (const cursor of ['nonsense', { version: 99 }, [], 7]) assert.equal((await runCsafLoader(provider, { cursor })).documents.length, 1)
})
