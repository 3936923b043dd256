import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { IntelligenceBatch } from '../../kernel/intelligence.ts'
import { linesAt, recordAt } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import { parseKevCatalogue, readKevCatalogue, recognisesKev } from './catalogue.ts'

function load(path: string): IntelligenceBatch {
  return valueOf(parseKevCatalogue(readFileSync(sharedData(path), 'utf8')))
}

function valueOf(result: Result<IntelligenceBatch>): IntelligenceBatch {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

const ENTRY = {
  cveID: 'CVE-2024-12345',
  vendorProject: 'Acme ',
  product: 'Infusion Gateway',
  vulnerabilityName: 'Acme Infusion Gateway Command Injection Vulnerability',
  dateAdded: '2024-07-01',
  shortDescription: 'Acme Infusion Gateway contains a command injection vulnerability.',
  requiredAction: 'Apply mitigations per vendor instructions.',
  dueDate: '2024-07-22',
  knownRansomwareCampaignUse: 'Known',
  notes: 'See the advisory; https://acme.example/a ; https://nvd.nist.gov/vuln/detail/CVE-2024-12345; javascript:alert(1)',
  cwes: ['CWE-78', 'CWE-78'],
}

function catalogueOf(vulnerabilities: readonly unknown[], more: object = {}): unknown {
  return { catalogVersion: '2024.07.01', dateReleased: '2024-07-01T15:00:00.0000Z', count: vulnerabilities.length, vulnerabilities, ...more }
}

test('an entry becomes an item with its duty, its product and its links', () => {
  const batch = valueOf(readKevCatalogue(catalogueOf([ENTRY])))
  assert.equal(batch.label, 'CISA KEV catalogue 2024.07.01')
  assert.equal(batch.released?.toISOString(), '2024-07-01T15:00:00.000Z')
  assert.equal(batch.complete, true)
  assert.deepEqual(batch.items[0], {
    externalId: 'CVE-2024-12345',
    title: 'Acme Infusion Gateway Command Injection Vulnerability',
    summary: 'Acme Infusion Gateway contains a command injection vulnerability.',
    url: 'https://nvd.nist.gov/vuln/detail/CVE-2024-12345',
    published: new Date('2024-07-01T00:00:00Z'),
    updated: null,
    cves: ['CVE-2024-12345'],
    severity: null,
    cvssTenths: null,
    products: [{ maker: 'Acme', product: 'Infusion Gateway', version: null, cpe: null, purl: null, affected: true }],
    kev: { dateAdded: '2024-07-01', dueDate: '2024-07-22', knownRansomwareUse: true, requiredAction: 'Apply mitigations per vendor instructions.' },
    tlp: null,
    withdrawn: false,
    references: ['https://acme.example/a', 'https://nvd.nist.gov/vuln/detail/CVE-2024-12345'],
    details: { cwes: ['CWE-78'], notes: 'See the advisory; javascript:alert(1)' },
  })
})

test('an old catalogue, without ransomware use and weaknesses, is read and does not claim to know', () => {
  const { knownRansomwareCampaignUse: _, cwes: __, ...old } = ENTRY
  const batch = valueOf(readKevCatalogue(catalogueOf([old])))
  assert.equal(batch.items[0]?.kev?.knownRansomwareUse, null)
  assert.deepEqual(batch.items[0]?.details['cwes'], [])
})

test('"Unknown" ransomware use means that none is known', () => {
  const batch = valueOf(readKevCatalogue(catalogueOf([{ ...ENTRY, knownRansomwareCampaignUse: 'Unknown' }])))
  assert.equal(batch.items[0]?.kev?.knownRansomwareUse, false)
})

test('bad entries are put aside, each with its reason, and the rest goes on', () => {
  const bad = [
    { ...ENTRY, cveID: 'CVE-24-1' },
    { ...ENTRY, cveID: 'CVE-2024-22222', dateAdded: '2024-02-30' },
    { ...ENTRY, cveID: 'CVE-2024-33333', dueDate: 'soon' },
    { ...ENTRY, cveID: 'CVE-2024-44444', product: ' ' },
    'CVE-2024-55555',
    null,
  ]
  const batch = valueOf(readKevCatalogue(catalogueOf([...bad, ENTRY])))
  assert.deepEqual(
    batch.items.map(item => item.externalId),
    ['CVE-2024-12345'],
  )
  assert.deepEqual(
    batch.rejected.map(entry => entry.externalId),
    [null, 'CVE-2024-22222', 'CVE-2024-33333', 'CVE-2024-44444', null, null],
  )
  assert.deepEqual(
    batch.rejected.map(entry => entry.position),
    [0, 1, 2, 3, 4, 5].map(index => `/vulnerabilities/${index}`),
  )
  assert.match(batch.rejected[0]?.reason ?? '', /CVE-24-1/)
  assert.match(batch.rejected[1]?.reason ?? '', /2024-02-30/)
  assert.match(batch.rejected[3]?.reason ?? '', /lacks product/)
  assert.match(batch.rejected[2]?.excerpt ?? '', /"soon"/)
})

test('a CVE that is listed twice is taken once', () => {
  const batch = valueOf(readKevCatalogue(catalogueOf([ENTRY, { ...ENTRY, product: 'Other' }])))
  assert.deepEqual(
    batch.items.map(item => item.products[0]?.product),
    ['Infusion Gateway'],
  )
  assert.match(batch.rejected[0]?.reason ?? '', /listed twice: entry 1 was kept, entry 2 was not/)
})

test('nothing is withdrawn on the word of a catalogue that contradicts itself', () => {
  const wrongCount = readKevCatalogue(catalogueOf([ENTRY], { count: 1200 }))
  const empty = readKevCatalogue(catalogueOf([]))
  const nameless = readKevCatalogue(catalogueOf([ENTRY, { ...ENTRY, cveID: 'garbled' }]))
  assert.deepEqual(
    [wrongCount, empty, nameless].map(result => valueOf(result).complete),
    [false, false, false],
  )
  assert.deepEqual(
    wrongCount.problems.map(problem => [problem.rule, problem.severity]),
    [['kev.count', 'warning']],
  )
  assert.deepEqual(
    empty.problems.map(problem => problem.rule),
    ['kev.empty'],
  )
  assert.equal(valueOf(readKevCatalogue(catalogueOf([ENTRY, { ...ENTRY, cveID: 'CVE-2024-99999', dateAdded: '' }]))).complete, true)
})

test('a file that is something else is refused, saying what is missing', () => {
  for (const json of [
    {},
    [],
    null,
    'text',
    7,
    ENTRY,
    { vulnerabilities: {} },
    { document: { csaf_version: '2.0' }, vulnerabilities: [{ cve: 'CVE-2024-1' }] },
  ]) {
    assert.equal(recognisesKev(json), false)
    assert.equal(readKevCatalogue(json).problems[0]?.rule, 'kev.not-kev')
  }
  assert.equal(parseKevCatalogue('cveID,vendorProject').ok, false)
})

test('hostile names and characters reach nothing', () => {
  const text = JSON.stringify(catalogueOf([{ ...ENTRY, product: 'a\u0000b\ud800' }])).replace(
    '"cwes"',
    '"__proto__":{"cveID":"CVE-2020-0001"},"cwes"',
  )
  const item = valueOf(parseKevCatalogue(text)).items[0]
  assert.equal(item?.products[0]?.product, 'ab\uFFFD')
  assert.equal(item?.externalId, 'CVE-2024-12345')
  assert.equal(Object.hasOwn(Object.prototype, 'cveID'), false)
})

test('nothing makes the reader throw', () => {
  const anyEntry = fc.oneof(
    fc.anything(),
    fc.record({ cveID: fc.anything(), notes: fc.anything(), dueDate: fc.anything(), cwes: fc.anything() }).map(some => ({ ...ENTRY, ...some })),
  )
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 5 }), entries => {
      const batch = valueOf(parseKevCatalogue(JSON.stringify({ catalogVersion: '1', vulnerabilities: entries })))
      assert.equal(batch.items.length + batch.rejected.length, entries.length)
    }),
  )
  fc.assert(fc.property(fc.string(), text => typeof parseKevCatalogue(text).ok === 'boolean'))
})

test('the real catalogues are read whole', { skip: skipWithoutSharedData }, () => {
  const batch = load('kev/2025-01-24/known_exploited_vulnerabilities.json')
  assert.equal(batch.items.length, 1252)
  assert.deepEqual(batch.rejected, [])
  assert.equal(batch.complete, true)
  assert.equal(batch.items.filter(item => item.kev?.knownRansomwareUse).length, 245)
  assert.ok(batch.items.every(item => item.references.length > 0 && item.summary !== ''))
})

test('the next version differs from the one before exactly as expected', { skip: skipWithoutSharedData }, () => {
  const expected: unknown = JSON.parse(readFileSync(sharedData('kev/EXPECTED-delta-2025-01-24_2025-02-05.json'), 'utf8'))
  const before = new Map(load('kev/2025-01-24/known_exploited_vulnerabilities.json').items.map(item => [item.externalId, item]))
  const after = new Map(load('kev/2025-02-05/known_exploited_vulnerabilities.json').items.map(item => [item.externalId, item]))
  assert.deepEqual([...after.keys()].filter(id => !before.has(id)).toSorted(), linesAt(expected, 'added').toSorted())
  assert.deepEqual(
    [...before.keys()].filter(id => !after.has(id)),
    linesAt(expected, 'removed'),
  )
  const changed = [...after].filter(([id, item]) => before.has(id) && JSON.stringify(before.get(id)) !== JSON.stringify(item))
  assert.deepEqual(
    changed.map(([id]) => id),
    Object.keys(recordAt(expected, 'changed') ?? {}),
  )
})

test('a catalogue cut off in the middle is refused whole', { skip: skipWithoutSharedData }, () => {
  const text = readFileSync(sharedData('kev/2025-02-05/known_exploited_vulnerabilities.json'), 'utf8')
  for (const share of [0.1, 0.5, 0.999]) assert.equal(parseKevCatalogue(text.slice(0, text.length * share)).problems[0]?.rule, 'json.cut-off')
})

test('a scanner’s fixture with a wrong count is read with a warning', { skip: skipWithoutSharedData }, () => {
  const result = parseKevCatalogue(readFileSync(sharedData('kev/fixtures/vunnel-valid-catalog-1.json'), 'utf8'))
  assert.equal(valueOf(result).items.length, 3)
  assert.equal(result.problems[0]?.rule, 'kev.count')
})
