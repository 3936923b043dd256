import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { IntelligenceBatch, IntelligenceItem } from '../../kernel/intelligence.ts'
import { listAt, recordAt } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import { scoreCvss } from '../cvss/score.ts'
import { parseCsaf as parseCsafWith, readCsaf as readCsafWith } from './advisory.ts'

const parseCsaf = (text: string) => parseCsafWith(text, scoreCvss)
const readCsaf = (json: unknown) => readCsafWith(json, scoreCvss)

function valueOf(result: Result<IntelligenceBatch>): IntelligenceBatch {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function itemOf(result: Result<IntelligenceBatch>): IntelligenceItem {
  const item = valueOf(result).items[0]
  assert.ok(item !== undefined, JSON.stringify(result))
  return item
}

function rulesOf(result: Result<IntelligenceBatch>): string[] {
  return result.problems.map(problem => problem.rule)
}

/** 8.7 and 9.3. */
const VECTOR = 'CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:H/I:H/A:N'
const VECTOR_4 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N'

const TRACKING = {
  id: 'ACME-2024-1',
  status: 'final',
  version: '2',
  initial_release_date: '2024-01-02T03:04:05Z',
  current_release_date: '2024-02-03T00:00:00.000+01:00',
}
const DOCUMENT = {
  category: 'csaf_security_advisory',
  csaf_version: '2.0',
  title: 'Acme Gateway flaws',
  publisher: { category: 'vendor', name: 'Acme', namespace: 'https://acme.example' },
  tracking: TRACKING,
  distribution: { tlp: { label: 'AMBER' } },
  references: [
    { category: 'self', url: 'https://acme.example/1.json', summary: 'JSON' },
    { category: 'self', url: 'https://acme.example/1.html', summary: 'page' },
    { category: 'external', url: 'javascript:alert(1)', summary: 'bad' },
  ],
  notes: [
    { category: 'general', text: 'Boilerplate' },
    { category: 'summary', text: 'What it is about.' },
  ],
}
const TREE = {
  branches: [
    {
      category: 'vendor',
      name: 'Acme',
      branches: [
        {
          category: 'product_name',
          name: 'Gateway',
          branches: [
            {
              category: 'product_version_range',
              name: '<9.3',
              product: { product_id: 'P1', name: 'Acme Gateway <9.3', product_identification_helper: { cpe: 'cpe:/a:acme:gateway' } },
            },
            { category: 'product_version', name: '9.3', product: { product_id: 'P2', name: 'Acme Gateway 9.3' } },
          ],
        },
        { category: 'product_name', name: 'Viewer', product: { product_id: 'P3', name: 'Acme Viewer' } },
        { category: 'product_name', name: 'Library', product: { product_id: 'P4', name: 'Acme Library' } },
      ],
    },
  ],
  relationships: [
    {
      category: 'default_component_of',
      product_reference: 'P4',
      relates_to_product_reference: 'P5',
      full_product_name: { product_id: 'P4-on-P5', name: 'both' },
    },
  ],
  full_product_names: [{ product_id: 'P5', name: 'Acme Platform' }],
}
const ADVISORY = {
  document: DOCUMENT,
  product_tree: TREE,
  vulnerabilities: [
    {
      cve: 'CVE-2024-0001',
      cwe: { id: 'CWE-79', name: 'XSS' },
      product_status: { known_affected: ['P1', 'P4-on-P5'], fixed: ['P2'], known_not_affected: ['P3'] },
      scores: [
        { cvss_v3: { version: '3.1', baseScore: 8.7, vectorString: VECTOR }, products: ['P1'] },
        { cvss_v2: { version: '2.0', baseScore: 5, vectorString: 'AV:N/AC:L/Au:N/C:P/I:N/A:N' }, products: ['P1', 'P2'] },
      ],
      remediations: [
        { category: 'vendor_fix', details: 'Update', product_ids: ['P1'] },
        { category: 'vendor_fix', details: 'Update', product_ids: ['P4'] },
      ],
    },
    { cve: 'cve-2024-0001' },
    { cve: 'CVE-2024-0002', metrics: [{ content: { cvss_v4: { version: '4.0', baseScore: 9.3, vectorString: VECTOR_4 } } }] },
  ],
}

function withDocument(changes: object): unknown {
  return { ...ADVISORY, document: { ...DOCUMENT, ...changes } }
}

test('an advisory becomes one item', () => {
  const result = readCsaf(ADVISORY)
  const item = itemOf(result)
  assert.deepEqual(result.problems, [])
  assert.equal(item.externalId, 'ACME-2024-1')
  assert.equal(item.title, 'Acme Gateway flaws')
  assert.equal(item.summary, 'What it is about.')
  assert.equal(item.url, 'https://acme.example/1.html')
  assert.equal(item.published?.toISOString(), '2024-01-02T03:04:05.000Z')
  assert.equal(item.updated?.toISOString(), '2024-02-02T23:00:00.000Z')
  assert.deepEqual(item.cves, ['CVE-2024-0001', 'CVE-2024-0002'])
  assert.deepEqual([item.cvssTenths, item.severity, item.tlp, item.withdrawn], [93, 'critical', 'AMBER', false])
  assert.deepEqual(item.references, ['https://acme.example/1.json', 'https://acme.example/1.html'])
  assert.deepEqual(valueOf(result).publisher, { name: 'Acme', namespace: 'https://acme.example' })
  const first = listAt(item.details, 'vulnerabilities')[0]
  assert.deepEqual(item.assessments, [
    {
      cve: 'CVE-2024-0001',
      cvss: [
        { version: '3.1', vector: VECTOR, baseTenths: 87, statedTenths: null, by: null },
        { version: '2.0', vector: 'AV:N/AC:L/Au:N/C:P/I:N/A:N', baseTenths: 50, statedTenths: null, by: null },
      ],
      ssvc: null,
      cwes: ['CWE-79'],
    },
    { cve: 'CVE-2024-0002', cvss: [{ version: '4.0', vector: VECTOR_4, baseTenths: 93, statedTenths: null, by: null }], ssvc: null, cwes: [] },
  ])
  assert.deepEqual(item.faults, [])
  assert.deepEqual(recordAt(first, 'score'), { version: '3.1', tenths: 87, vector: VECTOR })
  assert.deepEqual(
    listAt(first, 'scores').map(score => listAt(score, 'products')),
    [['Acme Gateway <9.3'], ['Acme Gateway <9.3', 'Acme Gateway 9.3']],
  )
  assert.deepEqual(listAt(first, 'remediations'), [
    { category: 'vendor_fix', details: 'Update', url: null, products: ['Acme Gateway <9.3', 'Acme Library'], moreProducts: 0 },
  ])
})

test('products carry maker, name and version, and whether they are affected', () => {
  const products = itemOf(readCsaf(ADVISORY)).products.map(({ maker, product, version, cpe, affected }) => [maker, product, version, cpe, affected])
  assert.deepEqual(products, [
    ['Acme', 'Acme Platform', null, null, true],
    ['Acme', 'Gateway', '<9.3', 'cpe:/a:acme:gateway', true],
    ['Acme', 'Gateway', '9.3', null, null],
    ['Acme', 'Viewer', null, null, false],
    ['Acme', 'Library', null, null, true],
  ])
})

test('a maker is not made up: a coordinator is not the maker of what it warns about', () => {
  const item = itemOf(readCsaf(withDocument({ publisher: { category: 'coordinator', name: 'A centre', namespace: 'https://centre.example' } })))
  assert.equal(item.products[0]?.maker, '')
})

test('a document that breaks the standard in small ways is taken in with warnings', () => {
  const tracking = { ...TRACKING, current_release_date: '2024-02-03T08:00:00', initial_release_date: 'last week', status: 'draft' }
  const result = readCsaf({
    ...ADVISORY,
    document: { ...DOCUMENT, csaf_version: undefined, title: undefined, tracking, publisher: {} },
    vulnerabilities: [{ cve: 'pending', scores: [{ cvss_v3: { baseScore: 11 } }] }],
  })
  const item = itemOf(result)
  assert.deepEqual(
    [item.title, item.published, item.updated?.toISOString(), item.cvssTenths],
    ['ACME-2024-1', null, '2024-02-03T08:00:00.000Z', null],
  )
  assert.deepEqual(rulesOf(result).toSorted(), [
    'csaf.cve',
    'csaf.cvss.no-vector',
    'csaf.date',
    'csaf.date',
    'csaf.publisher',
    'csaf.schema',
    'csaf.score',
    'csaf.status',
    'csaf.title',
  ])
  assert.ok(result.problems.every(problem => problem.severity === 'warning'))
  assert.deepEqual(item.faults, result.problems)
})

test('a marking that cannot be read is taken for the narrowest, no marking for none', () => {
  const odd = readCsaf(withDocument({ distribution: { tlp: { label: 'AMBRE' } } }))
  assert.equal(itemOf(odd).tlp, 'RED')
  assert.deepEqual(rulesOf(odd), ['csaf.tlp'])
  assert.equal(itemOf(readCsaf(withDocument({ distribution: { tlp: null } }))).tlp, 'RED')
  assert.equal(itemOf(readCsaf(withDocument({ distribution: undefined }))).tlp, null)
})

test('withdrawn and superseded advisories are known', () => {
  assert.equal(itemOf(readCsaf(withDocument({ category: 'csaf_withdrawn' }))).withdrawn, true)
  assert.equal(itemOf(readCsaf(withDocument({ category: 'csaf_superseded' }))).withdrawn, true)
  const nearly = readCsaf(withDocument({ category: 'CSAF_Withdrawn' }))
  assert.deepEqual([itemOf(nearly).withdrawn, rulesOf(nearly)], [true, ['csaf.category']])
  assert.equal(itemOf(readCsaf(withDocument({ title: '[Withdrawn] Acme Gateway flaws' }))).withdrawn, true)
  assert.equal(itemOf(readCsaf(withDocument({ title: 'Acme Withdrawnable' }))).withdrawn, false)
})

test('an advisory without an id is put aside', () => {
  const batch = valueOf(readCsaf(withDocument({ tracking: { ...TRACKING, id: ' ' } })))
  assert.deepEqual(batch.items, [])
  assert.match(batch.rejected[0]?.reason ?? '', /no id/)
})

test('what is no advisory is refused for its own reason', () => {
  const refusals: [unknown, string][] = [
    [{}, 'csaf.not-csaf'],
    [[ADVISORY], 'csaf.not-csaf'],
    [null, 'csaf.not-csaf'],
    [{ document: 'text' }, 'csaf.not-csaf'],
    [{ feed: { id: 'x' } }, 'csaf.listing'],
    [{ canonical_url: 'https://acme.example/provider-metadata.json' }, 'csaf.listing'],
    [withDocument({ csaf_version: '1.2' }), 'csaf.version'],
  ]
  for (const [json, rule] of refusals) assert.deepEqual(rulesOf(readCsaf(json)), [rule])
  assert.deepEqual(rulesOf(parseCsaf('<?xml version="1.0"?><cvrfdoc xmlns="http://www.icasi.org/CVRF/schema/cvrf/1.1">')), ['csaf.cvrf'])
  assert.deepEqual(rulesOf(parseCsaf('<html>')), ['json.not-json'])
})

test('a product tree that nests without end is refused before it is walked', () => {
  const deep = `{"branches":[`.repeat(50_000) + `]}`.repeat(50_000)
  assert.deepEqual(rulesOf(parseCsaf(`{"document":${JSON.stringify(DOCUMENT)},"product_tree":${deep}}`)), ['json.too-deep'])
})

test('what is said of a whole is said of the parts of its parts', () => {
  const relationships = [
    ...TREE.relationships,
    {
      category: 'installed_on',
      product_reference: 'P4-on-P5',
      relates_to_product_reference: 'P3',
      full_product_name: { product_id: 'P4-on-P5-on-P3', name: 'all' },
    },
  ]
  const item = itemOf(
    readCsaf({
      ...ADVISORY,
      product_tree: { ...TREE, relationships },
      vulnerabilities: [{ product_status: { known_affected: ['P4-on-P5-on-P3'] } }],
    }),
  )
  assert.deepEqual(
    item.products.filter(product => product.affected === true).map(product => product.product),
    ['Acme Platform', 'Viewer', 'Library'],
  )
})

test('relationships that go in a circle end', () => {
  const relationships = [
    { product_reference: 'B', relates_to_product_reference: 'A', full_product_name: { product_id: 'A', name: 'a' } },
    { product_reference: 'A', relates_to_product_reference: 'B', full_product_name: { product_id: 'B', name: 'b' } },
  ]
  const item = itemOf(
    readCsaf({ ...ADVISORY, product_tree: { ...TREE, relationships }, vulnerabilities: [{ product_status: { known_affected: ['A'] } }] }),
  )
  assert.equal(item.products.length, 5)
})

test('hostile names reach nothing', () => {
  const text = JSON.stringify(ADVISORY).replace('"document":{', '"document":{"__proto__":{"title":"stolen"},"constructor":{"x":1},')
  assert.equal(itemOf(parseCsaf(text)).title, 'Acme Gateway flaws')
  assert.equal(Object.hasOwn(Object.prototype, 'title'), false)
})

test('nothing makes the reader throw', () => {
  const odd = fc.jsonValue({ maxDepth: 4 })
  const arbitrary = fc.record({
    document: fc.record({
      csaf_version: fc.constant('2.0'),
      tracking: fc.oneof(odd, fc.constant(TRACKING)),
      publisher: odd,
      notes: odd,
      references: odd,
      distribution: odd,
      title: odd,
    }),
    product_tree: fc.oneof(odd, fc.record({ branches: odd, relationships: odd, full_product_names: odd })),
    vulnerabilities: fc.oneof(odd, fc.array(fc.record({ cve: odd, scores: odd, product_status: odd, remediations: odd }))),
  })
  fc.assert(fc.property(arbitrary, json => parseCsaf(JSON.stringify(json)).ok))
})
