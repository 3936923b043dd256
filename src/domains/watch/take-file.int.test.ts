import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createTestPlatform, type TestPlatform } from '../../../test/support/platform.ts'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { AMBER, bundleOf, idOf, indicatorOf, objectOf, relate, TIMES, WHITE } from '../../../test/support/stix.ts'
import { createFetcher } from '../../platform/fetch/fetch.ts'
import { spool } from '../../platform/fetch/spool.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { gatherAgain } from './gather-again.ts'
import { gatherFromSource } from './gather-source.ts'
import { wasRead } from './gathering/queries.ts'
import { addSource } from './sources/commands.ts'
import { sourceByCode } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import type { GatherResult } from './take-document.ts'
import { takeFile, type TakingLimits } from './take-file.ts'
import { takeWhole } from './take-message.ts'

const [held, parted] = [await createTestPlatform(), await createTestPlatform()]
const OWN = 'marking-definition--00000000-0000-4000-8000-0000000000aa'

/** What a bundle can tie together, with what is referred to standing far behind what refers to it. */
const bundle = bundleOf(
  objectOf('identity', { name: 'Invented centre', identity_class: 'organization' }),
  ...Array.from({ length: 9 }, (_, index) =>
    indicatorOf(index + 1, {
      created_by_ref: idOf('identity'),
      pattern: `[domain-name:value = 'n${index}.invented.example']`,
      object_marking_refs: [index % 2 === 0 ? WHITE : OWN],
    }),
  ),
  objectOf('vulnerability', { name: 'CVE-1900-0001', object_marking_refs: [AMBER] }),
  objectOf('report', {
    name: 'Invented report',
    published: TIMES.created,
    object_refs: [idOf('indicator', 2), idOf('vulnerability'), idOf('indicator', 8)],
    object_marking_refs: [OWN],
  }),
  objectOf('malware', { name: 'Invented', is_family: false, created_by_ref: idOf('identity') }),
  { type: 'indicator', name: 'no id' },
  objectOf('malware', { name: 'Invented, newer', modified: '2024-02-03T03:04:05.000Z', is_family: false }),
  relate('indicates', idOf('indicator', 3), idOf('malware'), { description: 'Words' }, 1),
  relate('indicates', idOf('indicator', 4), idOf('malware'), {}, 2),
  { ...relate('indicates', idOf('indicator', 4), idOf('malware'), { modified: '2024-05-03T03:04:05.000Z', revoked: true }, 2) },
  objectOf('sighting', { sighting_of_ref: idOf('indicator', 2), first_seen: TIMES.created, where_sighted_refs: [idOf('identity')] }),
  objectOf('note', { abstract: 'Noted', content: 'More', object_refs: [idOf('malware'), idOf('indicator', 1)] }),
  objectOf('course-of-action', { name: 'Do this' }),
  relate('mitigates', idOf('course-of-action'), idOf('malware'), {}, 3),
  relate('uses', idOf('malware'), idOf('malware', 7), {}, 4),
  { type: 'marking-definition', ...TIMES, id: OWN, definition_type: 'tlp', definition: { tlp: 'green' } },
)

test('a bundle that is taken in by parts gives the same items, threats and counts as one that is held whole', async () => {
  for (const elements of [1, 3]) {
    const [whole, parts] = [await createTestPlatform(), await createTestPlatform()]
    const bytes = Buffer.from(JSON.stringify(bundle))
    const one = await takeWhole(whole, SYSTEM, undefined, { address: 'bundle.json', bytes })
    const other = await take(parts, 'bundle.json', bytes, { elements, bytes: 1e6 })
    assert.deepEqual(other, one)
    assert.equal(one.quarantined, 1)
    assert.deepEqual(await stateOf(parts), await stateOf(whole))
  }
})

test('real bundles, pages and catalogues come out the same by parts', { skip: skipWithoutSharedData }, async () => {
  const files = [
    'stix/attack/ics-attack-8.2.json',
    'kev/2025-01-24/known_exploited_vulnerabilities.json',
    'kev/2025-02-05/known_exploited_vulnerabilities.json',
  ]
  for (const file of files) {
    const bytes = readFileSync(sharedData(file))
    const one = await takeWhole(held, SYSTEM, undefined, { address: file, bytes })
    const other = await take(parted, file, file.startsWith('kev') ? bytes : gzipSync(bytes), { elements: 100, bytes: 1e6 })
    assert.deepEqual(other, one, file)
  }
  assert.deepEqual(await stateOf(parted, false), await stateOf(held, false))
})

test('taken in again nothing changes, what is missing from a catalogue is withdrawn, and an older one undoes nothing', async () => {
  const platform = await createTestPlatform()
  const entry = (number: number, words = 'Invented.') => ({
    cveID: `CVE-1900-000${number}`,
    vendorProject: 'Invented',
    product: 'Thing',
    vulnerabilityName: 'Flaw',
    dateAdded: '2024-01-02',
    shortDescription: words,
    requiredAction: 'Update.',
    dueDate: '2024-01-23',
    knownRansomwareCampaignUse: 'Unknown',
    notes: '',
  })
  const catalogue = (day: number, entries: readonly unknown[], count = entries.length) =>
    Buffer.from(JSON.stringify({ catalogVersion: `2024.01.0${day}`, dateReleased: `2024-01-0${day}T00:00:00Z`, count, vulnerabilities: entries }))
  const size = { elements: 2, bytes: 1e6 }
  const counts = async (bytes: Buffer) => {
    const { added, changed, withdrawn, unchanged, quarantined, remarks } = await take(platform, 'kev.json', bytes, size)
    return [added, changed, withdrawn, unchanged, quarantined, remarks.length]
  }
  const first = [1, 2, 3, 4, 5].map(number => entry(number))
  assert.deepEqual(await counts(catalogue(2, first)), [5, 0, 0, 0, 0, 0])
  assert.deepEqual(await counts(catalogue(2, first)), [0, 0, 0, 5, 0, 0])
  assert.deepEqual(await counts(catalogue(3, [...first.slice(0, 3), entry(6)], 9)), [1, 0, 0, 3, 0, 1])
  assert.deepEqual(await counts(catalogue(4, [...first.slice(0, 3), entry(1, 'Twice.'), entry(6)])), [0, 0, 2, 4, 1, 0])
  assert.deepEqual(await counts(catalogue(2, first)), [0, 0, 0, 5, 0, 1])
})

test('of a file that was cut off what came whole is taken in, the rest lies in quarantine, and the whole file mends it', async () => {
  const platform = await createTestPlatform()
  const bytes = Buffer.from(JSON.stringify(bundle, null, 2))
  for (const [cut, packed] of [
    [bytes.indexOf('"Invented, newer"'), false],
    [bytes.indexOf('"type": "marking-definition"'), true],
  ] as const) {
    const some = bytes.subarray(0, cut)
    const result = await take(platform, 'cut.json', packed ? gzipSync(some) : some, { elements: 4, bytes: 1e6 })
    assert.equal(result.failure, null)
    assert.match(result.remarks.join(' '), /cut off/)
    const [fault] = (await quarantine(platform)).filter(({ reason }) => /cut off/.test(reason))
    assert.match(fault?.position ?? '', /^\/objects\/\d+$/)
  }
  // What it is marked with stands behind the cut.
  assert.deepEqual(await labels(platform), ['AMBER', 'CLEAR', 'RED', null])
  assert.equal(await wasReadBy(platform, bytes), false)
  const result = await take(platform, 'cut.json', bytes, { elements: 4, bytes: 1e6 })
  assert.deepEqual([result.added, result.changed > 0], [0, true])
  assert.deepEqual(await labels(platform), ['AMBER', 'CLEAR', 'GREEN', null])
  assert.deepEqual(
    (await quarantine(platform)).map(({ position }) => position),
    ['/objects/13'],
  )
})

test('one that was stopped in the middle counts as not read, and nothing of it is doubled when it comes again', async () => {
  const platform = await createTestPlatform()
  const bytes = Buffer.from(JSON.stringify(bundle))
  const limits = { above: 0, partSize: { elements: 4, bytes: 1e6 } }
  const stop = async () => {
    throw new Error('The machine went down.')
  }
  const file = await spool(only(bytes), 1e9)
  await assert.rejects(takeFile(platform, SYSTEM, undefined, { address: 'stopped.json', file }, stop, limits), /went down/)
  assert.deepEqual([await wasReadBy(platform, bytes), existsSync(file.path)], [false, false])
  const again = await take(platform, 'stopped.json', bytes, limits.partSize)
  assert.deepEqual([again.added, again.changed, again.unchanged > 10], [0, 0, true])
  assert.equal(await wasReadBy(platform, bytes), true)
})

test('a packed file that was cut off or that unpacks without end is no harm', async () => {
  const platform = await createTestPlatform()
  const packed = gzipSync(
    JSON.stringify(bundleOf(...Array.from({ length: 500 }, (_, index) => indicatorOf(index + 1, { name: `${Math.sin(index)}` })))),
  )
  const cut = await take(platform, 'packed.gz', packed.subarray(0, packed.length - 2_000), { elements: 100, bytes: 1e6 })
  assert.ok(cut.added > 50 && cut.added < 500)
  assert.match(cut.remarks.join(' '), /cut off/)
  const bomb = gzipSync(Buffer.alloc(3_000_000, '[{},'))
  const refused = await take(platform, 'bomb.gz', bomb, undefined, { largest: 2_000_000 })
  assert.match(refused.failure ?? '', /unpacks to more than 1 MB/)
})

test('a part that is no good stops no other, and what is too large for any limit is refused in words', async () => {
  const platform = await createTestPlatform()
  const objects = [1, 2, 3].map(number => indicatorOf(number))
  const text = JSON.stringify(bundleOf(...objects, { a: 'x'.repeat(50) }, objectOf('malware', { name: 'Last' })))
  const deep = text.replace(`"${'x'.repeat(50)}"`, '['.repeat(250) + ']'.repeat(250))
  const result = await take(platform, 'deep.json', Buffer.from(deep), { elements: 1, bytes: 1e6 })
  assert.equal(result.failure?.includes('200 levels deep') ?? result.remarks.join().includes('200 levels deep'), true)
  const listless = await take(platform, 'other.json', Buffer.from('[{"neither":"this"},{"nor":"that"}]'), { elements: 1, bytes: 1e6 })
  assert.match(listless.failure ?? '', /of no kind that can be gathered/)
})

test('the original bytes are kept in pieces, are given out whole, and can be read again', async () => {
  const platform = await createTestPlatform()
  const bytes = Buffer.from(JSON.stringify(largeBundle()))
  const result = await take(platform, 'large.json', bytes)
  assert.equal(result.added, 60)
  const rows = await readAs<Visible, { pieces: number; whole: Buffer | null; gathering: string }>(platform, SYSTEM, async db => ({
    pieces: (await db.selectFrom('watch_document_piece').select('number').execute()).length,
    whole: (await db.selectFrom('watch_document').select('gzip').executeTakeFirstOrThrow()).gzip,
    gathering: (await db.selectFrom('watch_gathering').select('id').executeTakeFirstOrThrow()).id,
  }))
  assert.deepEqual([rows.pieces, rows.whole], [Math.ceil(bytes.length / (4 * 1024 * 1024)), null])
  const again = await gatherAgain(platform, SYSTEM, rows.gathering)
  assert.deepEqual([again.unchanged, again.failure], [60, null])
  assert.equal(await wasReadBy(platform, bytes), true)
})

test('a large list comes by a source at an address, and by a folder, and what was read once is not read again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'carecert-drop-'))
  const bytes = Buffer.from(JSON.stringify(largeBundle()))
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.setHeader('content-encoding', 'gzip').end(gzipSync(bytes))
  }).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const made = await createTestPlatform({ env: { GATHER_FOLDER: folder } })
    const platform = { ...made, fetch: createFetcher({ allowPrivate: [host] }) }
    const add = (code: string, format: 'stix' | 'folder', url: string) =>
      runWork<Visible, unknown>(platform, SYSTEM, work => addSource(work, { code, name: code, format, url }))
    await add('large', 'stix', `http://${host}/bundle.json`)
    const result = await gatherFromSource(platform, SYSTEM, 'large')
    assert.deepEqual([result.added, result.failure, asked], [60, null, 1])
    assert.deepEqual((await gatherFromSource(platform, SYSTEM, 'large')).unchanged, 60)

    await add('drop', 'folder', folder)
    await writeFile(join(folder, 'copy.json'), bytes)
    await writeFile(join(folder, 'other.json'), JSON.stringify(largeBundle(100)))
    platform.clock.advanceHours(1)
    const dropped = await gatherFromSource(platform, SYSTEM, 'drop')
    assert.deepEqual([dropped.added, dropped.unchanged, dropped.failure], [60, 0, null])
  } finally {
    server.close()
    server.closeAllConnections()
    await rm(folder, { recursive: true })
  }
})

test('a source that gives another format is told so, and the temporary files are gone', async () => {
  const platform = await createTestPlatform()
  await take(platform, 'bundle.json', Buffer.from(JSON.stringify(bundle)), { elements: 5, bytes: 1e6 })
  const source = await readAs<Visible, Awaited<ReturnType<typeof sourceByCode>>>(platform, SYSTEM, db => sourceByCode(db, 'stix-invented-centre'))
  assert.ok(source !== undefined)
  const file = await spool(only(Buffer.from('{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-1900-0001"}]}')), 1e6)
  const result = await takeFile(platform, SYSTEM, source, { address: 'kev.json', file }, undefined, { above: 0 })
  assert.match(result.failure ?? '', /but the source/)
  assert.equal(existsSync(file.path), false)
})

/** Of 9 MB. */
function largeBundle(first = 1): unknown {
  const words = 'invented '.repeat(17_000)
  return bundleOf(...Array.from({ length: 60 }, (_, index) => indicatorOf(first + index, { description: `${index} ${words}` })))
}

async function take(
  platform: TestPlatform,
  address: string,
  bytes: Buffer,
  partSize?: TakingLimits['partSize'],
  limits: TakingLimits = {},
): Promise<GatherResult> {
  const file = await spool(only(bytes), 1e9)
  return takeFile(platform, SYSTEM, undefined, { address, file }, undefined, { ...(partSize === undefined ? {} : { above: 0, partSize }), ...limits })
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

function wasReadBy(platform: TestPlatform, bytes: Buffer): Promise<boolean> {
  return spool(only(bytes), 1e9).then(async ({ hash, discard }) => {
    await discard()
    return readAs<Visible, boolean>(platform, SYSTEM, db => wasRead(db, hash))
  })
}

function quarantine(platform: TestPlatform) {
  return readAs<Visible, { position: string; reason: string }[]>(platform, SYSTEM, db =>
    db.selectFrom('watch_quarantine').select(['position', 'reason']).where('resolved_at', 'is', null).orderBy('id').execute(),
  )
}

async function labels(platform: TestPlatform): Promise<readonly (string | null)[]> {
  const rows = await readAs<Visible, { content: { tlp: string | null } }[]>(platform, SYSTEM, db =>
    db.selectFrom('watch_item').select('content').execute(),
  )
  return [...new Set(rows.map(({ content }) => content.tlp))].toSorted((a, b) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
}

function stateOf(platform: TestPlatform, withGatherings = true) {
  return readAs<Visible, object>(platform, SYSTEM, async db => ({
    items: await db
      .selectFrom('watch_item')
      .select(['external_id', 'title', 'content', 'content_hash', 'withdrawn_at'])
      .orderBy('external_id')
      .execute()
      .then(rows => rows.map(row => ({ ...row, withdrawn_at: row.withdrawn_at !== null }))),
    threats: await db.selectFrom('watch_threat').select(['title', 'state', 'tlp', 'priority', 'reason']).orderBy('title').orderBy('reason').execute(),
    links: await db
      .selectFrom('watch_threat_item as link')
      .innerJoin('watch_item as item', 'item.id', 'link.item_id')
      .innerJoin('watch_threat as threat', 'threat.id', 'link.threat_id')
      .select(['item.external_id', 'threat.title'])
      .orderBy('item.external_id')
      .execute(),
    gatherings: withGatherings
      ? await db
          .selectFrom('watch_gathering')
          .select(['label', 'outcome', 'added', 'changed', 'withdrawn', 'unchanged', 'quarantined', 'failure', 'released_at'])
          .execute()
      : null,
    quarantined: await db.selectFrom('watch_quarantine').select(['position', 'external_id', 'reason', 'excerpt']).orderBy('position').execute(),
  }))
}
