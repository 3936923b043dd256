import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { Result } from '../../kernel/problem.ts'
import { readChanges, readIndex, recognisesChanges } from './directory.ts'
import { readRolieFeed, recognisesRolieFeed } from './feed.ts'
import { hashAlgorithmOf, readHashFile } from './hash-file.ts'
import { normaliseFingerprint, readProviderMetadata, recognisesProviderMetadata } from './metadata.ts'
import { csafAddresses } from './security-text.ts'

function valueOf<T>(result: Result<T>): T {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function rulesOf(result: Result<unknown>): string[] {
  return result.problems.map(problem => problem.rule)
}

const json = (path: string): unknown => JSON.parse(readFileSync(sharedData(`csaf/${path}`), 'utf8'))

const FINGERPRINT = '8F5F267907B2C4559DB360DB2294BA7D2B2298B1'
const METADATA = {
  canonical_url: 'https://acme.example/.well-known/csaf/provider-metadata.json',
  metadata_version: '2.0',
  role: 'csaf_trusted_provider',
  publisher: { category: 'vendor', name: 'Acme', namespace: 'https://acme.example' },
  distributions: [{ directory_url: 'https://acme.example/csaf/white' }],
}

test('the metadata of the standard, of both versions, says where to look and who signs', { skip: skipWithoutSharedData }, () => {
  for (const [version, label] of [
    ['2.0', 'white'],
    ['2.1', 'clear'],
  ] as const) {
    const result = readProviderMetadata(json(`oasis-${version}/examples/provider-metadata/example-01-provider-metadata.json`))
    assert.deepEqual(result.problems, [])
    const metadata = valueOf(result)
    assert.deepEqual(metadata.feeds, [
      {
        url: `https://www.example.com/.well-known/csaf/feed-tlp-${label}.json`,
        tlp: 'CLEAR',
        lastUpdated: version === '2.1' ? '2024-01-24T20:20:56.169Z' : null,
      },
    ])
    assert.deepEqual(metadata.keys, [{ url: `https://keys.example.net/vks/v1/by-fingerprint/${FINGERPRINT}`, fingerprint: FINGERPRINT }])
    assert.deepEqual([metadata.role, metadata.publisher?.name, metadata.directories], ['csaf_trusted_provider', 'Example Company ProductCERT', []])
  }
})

test('a folder is an address in CSAF 2.0, and an address with a label in 2.1', () => {
  assert.deepEqual(valueOf(readProviderMetadata(METADATA)).directories, [{ url: 'https://acme.example/csaf/white/', tlp: null, lastUpdated: null }])
  const later = readProviderMetadata({
    ...METADATA,
    $schema: 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/provider.json',
    metadata_version: '2.1',
    maintained_until: '2027-01-01T00:00:00Z',
    distributions: [{ directory: { tlp_label: 'AMBER+STRICT', url: 'https://acme.example/csaf/amber/' } }],
  })
  assert.deepEqual(later.problems, [])
  assert.deepEqual(valueOf(later).directories, [{ url: 'https://acme.example/csaf/amber/', tlp: 'AMBER+STRICT', lastUpdated: null }])
  assert.equal(valueOf(later).maintainedUntil, '2027-01-01T00:00:00.000Z')
})

test('metadata that departs from the standard is used as far as it goes', () => {
  const result = readProviderMetadata({
    canonical_url: 'here',
    metadata_version: '2.1',
    role: 'csaf_friend',
    distributions: [
      { rolie: { feeds: [{ url: 'javascript:alert(1)' }, { url: 'https://acme.example/feed.json', tlp_label: 'PINK', last_updated: 'soon' }] } },
      { rolie: { feeds: [{ url: 'https://acme.example/feed-2.json', tlp_label: 'UNLABELED' }] } },
      'nonsense',
    ],
    public_openpgp_keys: [{}, { url: 'https://acme.example/key.asc', fingerprint: 'abc' }],
  })
  const metadata = valueOf(result)
  assert.deepEqual(
    metadata.feeds.map(feed => [feed.url, feed.tlp]),
    [
      ['https://acme.example/feed.json', 'RED'],
      ['https://acme.example/feed-2.json', null],
    ],
  )
  assert.deepEqual([metadata.role, metadata.keys], ['csaf_provider', [{ url: 'https://acme.example/key.asc', fingerprint: null }]])
  const names = ['date', 'key', 'key', 'label', 'publisher', 'role', 'schema', 'url', 'url']
  assert.deepEqual(
    rulesOf(result).toSorted(),
    names.map(name => `csaf-provider.metadata.${name}`),
  )
  assert.deepEqual(rulesOf(readProviderMetadata({ ...METADATA, distributions: [] })), ['csaf-provider.metadata.empty'])
  const many = Array.from({ length: 500 }, (_, at) => ({ directory_url: `https://acme.example/${at}/` }))
  assert.equal(valueOf(readProviderMetadata({ ...METADATA, distributions: many })).directories.length, 100)
})

test('a list of providers is not the metadata of one', { skip: skipWithoutSharedData }, () => {
  for (const version of ['2.0', '2.1']) {
    const aggregator = json(`oasis-${version}/examples/aggregator/example-01-aggregator.json`)
    assert.equal(recognisesProviderMetadata(aggregator), false)
    assert.deepEqual(rulesOf(readProviderMetadata(aggregator)), ['csaf-provider.metadata.not-metadata'])
  }
})

test('a feed of the standard lists its documents with their hashes and signatures', { skip: skipWithoutSharedData }, () => {
  const result = readRolieFeed(json('oasis-2.1/examples/ROLIE/example-01-feed-tlp-white.json'), 'https://psirt.domain.tld/feed.json')
  assert.deepEqual(result.problems, [])
  const address = 'https://psirt.domain.tld/advisories/csaf/2024/esa-2024-001.json'
  assert.deepEqual(valueOf(result), [{ address, hashes: [`${address}.sha512`], signature: `${address}.asc`, updated: '2024-01-01T12:00:00.000Z' }])
  for (const other of ['category', 'service'])
    assert.deepEqual(rulesOf(readRolieFeed(json(`oasis-2.0/examples/ROLIE/example-01-${other}.json`), '')), ['csaf-provider.feed.not-feed'])
})

test('the feeds of a national centre and of a maker are read, and a fault in each entry is told once', { skip: skipWithoutSharedData }, () => {
  const centre = json('cisa-it/cisa-csaf-it-feed-tlp-white.json')
  assert.ok(recognisesRolieFeed(centre))
  const result = readRolieFeed(centre, 'https://centre.example/feed.json')
  assert.ok(valueOf(result).length >= 4)
  for (const entry of valueOf(result)) assert.deepEqual([entry.hashes, entry.signature], [[`${entry.address}.sha512`], `${entry.address}.asc`])
  assert.deepEqual([...new Set(rulesOf(result))], ['csaf-provider.feed.link'])
  assert.ok(result.problems.length <= 4)
  const maker = readRolieFeed(json('vendor/siemens/ssa-feed-tlp-white.json'), 'https://maker.example/feed.json')
  assert.deepEqual(maker.problems, [])
  assert.ok(valueOf(maker).every(entry => entry.hashes.length === 1 && entry.signature !== null && entry.updated !== null))
})

test('an entry that names no document is left out; addresses are resolved, and only those of the web are taken', () => {
  const entry = {
    id: 'A',
    updated: '2024-01-01T00:00:00Z',
    link: [
      { rel: 'self', href: '2024/a.json' },
      { rel: 'hash', href: '2024/a.json.md5' },
    ],
  }
  const feed = {
    feed: {
      link: [{ rel: 'next', href: 'feed-2.json' }],
      entry: [entry, { id: 'B', content: { src: 'file:///etc/passwd' } }, { ...entry, updated: 'yesterday' }, { ...entry, updated: undefined }, null],
    },
  }
  const result = readRolieFeed(feed, 'https://acme.example/csaf/feed.json')
  assert.deepEqual(
    valueOf(result).map(document => [document.address, document.hashes, document.signature, document.updated]),
    [
      ['https://acme.example/csaf/2024/a.json', [], null, '2024-01-01T00:00:00.000Z'],
      ['https://acme.example/csaf/2024/a.json', [], null, 'yesterday'],
      ['https://acme.example/csaf/2024/a.json', [], null, null],
    ],
  )
  assert.deepEqual(
    rulesOf(result),
    ['paged', 'entry', 'entry', 'date', 'date'].map(name => `csaf-provider.feed.${name}`),
  )
})

const BASE = 'https://acme.example/csaf/white/'

test('the list of changes is read with quotes and without', () => {
  const expected = [
    { address: `${BASE}2024/a.json`, updated: '2024-01-02T03:04:05.000Z' },
    { address: `${BASE}2023/b+1.json`, updated: '2023-01-01T00:00:00.000Z' },
  ]
  for (const text of [
    '"2024/a.json","2024-01-02T03:04:05Z"\r\n"2023/b+1.json","2023-01-01T01:00:00+01:00"\r\n',
    '\uFEFF2024/a.json,2024-01-02T03:04:05Z\n2023/b+1.json,2023-01-01T00:00:00.000Z',
  ]) {
    assert.ok(recognisesChanges(text))
    assert.deepEqual(readChanges(text, BASE), { ok: true, value: expected, problems: [] })
  }
  assert.equal(recognisesChanges('<html>'), false)
  assert.equal(recognisesChanges('name,date\n'), false)
})

test('a row that leads out of the folder, or is none, is left out, and the others stay', () => {
  const rows = [
    '../secret.json,2024-01-01T00:00:00Z',
    '/etc/passwd.json,2024-01-01T00:00:00Z',
    'https://evil.example/a.json,2024-01-01T00:00:00Z',
    '//evil.example/a.json,2024-01-01T00:00:00Z',
    '2024/%2e%2e/%2e%2e/a.json,2024-01-01T00:00:00Z',
    'readme.html,2024-01-01T00:00:00Z',
    'a,b,c,d',
    'later.json,soon',
    '2024/good.json,2024-01-01T00:00:00Z',
  ]
  const result = readChanges(rows.join('\n'), BASE)
  assert.deepEqual(
    valueOf(result).map(row => row.address),
    [`${BASE}later.json`, `${BASE}2024/good.json`],
  )
  assert.deepEqual([...new Set(rulesOf(result))], ['csaf-provider.changes.path', 'csaf-provider.changes.row', 'csaf-provider.changes.date'])
})

test('lists of real folders are read, one whose paths repeat those of the folder too', { skip: skipWithoutSharedData }, () => {
  const folder = 'https://centre.example/csaf_files/IT/white/'
  const changes = valueOf(readChanges(readFileSync(sharedData('csaf/cisa-it/changes.csv'), 'utf8'), folder))
  const index = readIndex(readFileSync(sharedData('csaf/cisa-it/index.txt'), 'utf8'), folder)
  assert.equal(changes[0]?.address, `${folder}2024/va-24-254-02.json`)
  assert.deepEqual(index.problems, [])
  assert.deepEqual(
    valueOf(index)
      .map(row => row.address)
      .toSorted(),
    changes.map(row => row.address).toSorted(),
  )
  for (const file of ['changes', 'deletions'])
    assert.equal(valueOf(readChanges(readFileSync(sharedData(`csaf/vendor/redhat/_feed/${file}.csv`), 'utf8'), BASE)).length, 3)
})

test('security.txt gives its CSAF lines, and only those that are encrypted', () => {
  const text = [
    '-----BEGIN PGP SIGNED MESSAGE-----',
    'Hash: SHA256',
    '',
    'Contact: mailto:security@acme.example',
    '# CSAF: https://comment.example/',
    'CSAF: https://acme.example/.well-known/csaf/provider-metadata.json',
    'csaf:https://acme.example/2/provider-metadata.json  ',
    'CSAF: http://acme.example/open.json',
    'CSAF: https://acme.example/.well-known/csaf/provider-metadata.json',
  ].join('\r\n')
  assert.deepEqual(csafAddresses(text), [
    'https://acme.example/.well-known/csaf/provider-metadata.json',
    'https://acme.example/2/provider-metadata.json',
  ])
})

test('hash files of real publishers are read', { skip: skipWithoutSharedData }, () => {
  const files = [
    ['cisa-it/va-24-201-01.json', 'sha512'],
    ['vendor/suse/opensuse-su-2016_1623-1.json', 'sha256'],
  ] as const
  for (const [path, algorithm] of files) {
    const result = readHashFile(readFileSync(sharedData(`csaf/${path}.${algorithm}`), 'utf8'), algorithm, path.split('/').at(-1) ?? '')
    assert.deepEqual(result.problems, [])
    assert.match(valueOf(result), /^[0-9a-f]+$/)
  }
})

test('a hash of the wrong length is none, and one of another file is told', () => {
  const hash = 'A'.repeat(64)
  assert.deepEqual(readHashFile(`${hash} *a.json\n`, 'sha256', 'a.json'), { ok: true, value: hash.toLowerCase(), problems: [] })
  assert.deepEqual(readHashFile(hash, 'sha256', 'a.json').problems, [])
  assert.deepEqual(rulesOf(readHashFile(`${hash}  b.json`, 'sha256', 'a.json')), ['csaf-provider.hash.name'])
  for (const text of ['', '<html>not found</html>', hash.slice(1), `${hash}0`, 'a.json'])
    assert.deepEqual(rulesOf(readHashFile(text, 'sha256', 'a.json')), ['csaf-provider.hash.malformed'], text)
  assert.deepEqual(['x.sha512', 'x.sha256', 'x.md5'].map(hashAlgorithmOf), ['sha512', 'sha256', undefined])
})

test('a fingerprint is one however people write it', () => {
  assert.equal(normaliseFingerprint('8f5f 2679 07b2 c455 9db3  60db 2294 ba7d 2b22 98b1'), FINGERPRINT)
  assert.equal(normaliseFingerprint(`0x${FINGERPRINT}`), FINGERPRINT)
  assert.equal(normaliseFingerprint('2B2298B1'), undefined)
})

test('nothing makes the readers throw', () => {
  const odd = fc.jsonValue({ maxDepth: 4 })
  const lists = fc.record({
    canonical_url: odd,
    distributions: fc.oneof(odd, fc.array(fc.record({ rolie: odd, directory: odd, directory_url: odd }))),
    public_openpgp_keys: odd,
  })
  fc.assert(fc.property(lists, value => readProviderMetadata(value).ok || true))
  const feeds = fc.record({
    feed: fc.record({ link: odd, entry: fc.oneof(odd, fc.array(fc.record({ id: odd, link: odd, content: odd, updated: odd }))) }),
  })
  fc.assert(fc.property(feeds, value => readRolieFeed(value, 'https://acme.example/').ok))
  fc.assert(fc.property(fc.string(), text => readChanges(text, BASE).ok && readIndex(text, BASE).ok && csafAddresses(text).length >= 0))
})
