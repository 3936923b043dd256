import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { CvssScore } from '../../kernel/cvss.ts'
import type { IntelligenceBatch, IntelligenceItem } from '../../kernel/intelligence.ts'
import { parseJson } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import { scoreCvss } from '../cvss/score.ts'
import { readCve, recognisesCve } from './record.ts'

function read(json: unknown): Result<IntelligenceBatch> {
  return readCve(json, scoreCvss)
}

function batchOf(json: unknown): IntelligenceBatch {
  const batch = read(json)
  assert.ok(batch.ok, JSON.stringify(batch.problems))
  return batch.value
}

function itemOf(json: unknown): IntelligenceItem {
  const [item] = batchOf(json).items
  assert.ok(item)
  return item
}

const VECTOR = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'
const SSVC = {
  timestamp: '2024-07-03T10:00:00.123456Z',
  id: 'CVE-2024-12345',
  options: [{ Exploitation: 'Active' }, { Automatable: 'yes' }, { 'Technical Impact': 'total' }],
  role: 'CISA Coordinator',
  version: '2.0.3',
}

const CNA = {
  providerMetadata: { orgId: '0', shortName: 'acme', dateUpdated: '2024-07-02T09:00:00.000Z' },
  title: 'Command injection in Infusion Gateway',
  descriptions: [
    { lang: 'de', value: 'Ein Fehler.' },
    { lang: 'en-GB', value: 'An injection.' },
  ],
  affected: [{ vendor: 'Acme', product: 'Infusion Gateway', versions: [{ version: '3.0', lessThan: '3.2', status: 'affected' }] }],
  metrics: [{ format: 'CVSS', cvssV3_1: { version: '3.1', vectorString: VECTOR, baseScore: 9.8 } }],
  problemTypes: [{ descriptions: [{ lang: 'en', description: 'CWE-78 OS command injection' }] }],
  references: [{ url: 'https://acme.example/a' }, { url: 'javascript:alert(1)' }],
  solutions: [{ lang: 'en', value: 'Update to 3.2.' }],
  workarounds: [{ lang: 'en', value: 'Close port 80.' }],
  tags: ['unsupported-when-assigned', 'x_own'],
}

const CISA = {
  providerMetadata: { orgId: '1', shortName: 'CISA-ADP', dateUpdated: '2024-07-03T10:00:00.000Z' },
  title: 'CISA ADP Vulnrichment',
  metrics: [
    { cvssV3_1: { version: '3.1', vectorString: VECTOR.replace('C:H', 'C:N'), baseScore: 9.1 } },
    { other: { type: 'ssvc', content: SSVC } },
    { other: { type: 'kev', content: { dateAdded: '2024-07-03', reference: 'https://www.cisa.gov/' } } },
  ],
  problemTypes: [{ descriptions: [{ lang: 'en', cweId: 'CWE-78', description: 'CWE-78', type: 'CWE' }] }],
  references: [{ url: 'https://acme.example/a' }, { url: 'https://other.example/' }],
}

function recordOf({ cna = {}, adp = [CISA], metadata = {} }: { cna?: object; adp?: readonly unknown[]; metadata?: object } = {}): unknown {
  return {
    dataType: 'CVE_RECORD',
    dataVersion: '5.1',
    cveMetadata: {
      cveId: 'CVE-2024-12345',
      state: 'PUBLISHED',
      assignerShortName: 'acme',
      datePublished: '2024-07-01T00:00:00',
      dateUpdated: '2024-07-02T09:00:00.000Z',
      ...metadata,
    },
    containers: { cna: { ...CNA, ...cna }, adp },
  }
}

test('a record becomes an item, with what each container says side by side', () => {
  const batch = batchOf(recordOf())
  assert.deepEqual([batch.format, batch.complete, batch.label, batch.rejected], ['cve', false, 'CVE record CVE-2024-12345', []])
  assert.deepEqual(batch.items[0], {
    externalId: 'CVE-2024-12345',
    title: 'Command injection in Infusion Gateway',
    summary: 'An injection.',
    url: 'https://www.cve.org/CVERecord?id=CVE-2024-12345',
    published: new Date('2024-07-01T00:00:00Z'),
    updated: new Date('2024-07-03T10:00:00Z'),
    cves: ['CVE-2024-12345'],
    severity: 'critical',
    cvssTenths: 98,
    products: [{ maker: 'Acme', product: 'Infusion Gateway', version: '>= 3.0, < 3.2', cpe: null, purl: null, affected: true }],
    kev: { dateAdded: '2024-07-03', dueDate: null, knownRansomwareUse: null, requiredAction: '' },
    tlp: null,
    withdrawn: false,
    references: ['https://acme.example/a', 'https://other.example/'],
    details: {
      state: 'PUBLISHED',
      assigner: 'acme',
      containers: [
        { by: 'acme', title: 'Command injection in Infusion Gateway', updated: '2024-07-02T09:00:00.000Z' },
        { by: 'CISA-ADP', title: 'CISA ADP Vulnrichment', updated: '2024-07-03T10:00:00.000Z' },
      ],
      replacedBy: [],
      vulnerabilities: [
        {
          cve: 'CVE-2024-12345',
          title: 'Command injection in Infusion Gateway',
          weaknesses: ['CWE-78'],
          remediations: [
            { category: 'vendor_fix', details: 'Update to 3.2.', url: null },
            { category: 'workaround', details: 'Close port 80.', url: null },
          ],
        },
      ],
      notes: [],
    },
    assessments: [
      {
        cve: 'CVE-2024-12345',
        cvss: [
          { version: '3.1', vector: VECTOR, baseTenths: 98, statedTenths: null, by: 'acme' },
          { version: '3.1', vector: VECTOR.replace('C:H', 'C:N'), baseTenths: 91, statedTenths: null, by: 'CISA-ADP' },
        ],
        ssvc: { exploitation: 'active', automatable: true, technicalImpact: 'total', at: '2024-07-03T10:00:00.123Z' },
        cwes: ['CWE-78'],
      },
    ],
    tags: ['unsupported-when-assigned'],
    faults: [],
  })
})

test('a rejected record is withdrawn, and says why', () => {
  const item = itemOf({
    dataType: 'CVE_RECORD',
    dataVersion: '5.1',
    cveMetadata: { cveId: 'CVE-2024-12345', state: 'REJECTED', dateRejected: '2024-08-01T00:00:00Z' },
    containers: { cna: { rejectedReasons: [{ lang: 'en', value: 'Not a vulnerability.' }], replacedBy: ['CVE-2024-54321'] } },
  })
  assert.deepEqual([item.withdrawn, item.summary, item.details['replacedBy']], [true, 'Not a vulnerability.', ['CVE-2024-54321']])
  assert.deepEqual([item.title, item.updated?.toISOString(), item.faults], ['Not a vulnerability.', '2024-08-01T00:00:00.000Z', []])
})

test('a record without a title is known by the start of its description, and without that by its number', () => {
  assert.match(itemOf(recordOf({ cna: { title: undefined, descriptions: [{ lang: 'en', value: 'A '.repeat(200) }] } })).title, /^A A .*…$/)
  const bare = itemOf({ dataType: 'CVE_RECORD', cveMetadata: { cveId: 'cve-2024-12345', state: 'PUBLISHED' }, containers: {} })
  assert.deepEqual([bare.title, bare.faults?.map(fault => fault.rule)], ['CVE-2024-12345', ['cve.container', 'cve.description']])
})

test('of several SSVC decisions the latest counts', () => {
  const earlier = {
    ...SSVC,
    timestamp: '2024-05-01T00:00:00Z',
    options: [{ Exploitation: 'none' }, { Automatable: 'no' }, { 'Technical Impact': 'partial' }],
  }
  const adp = [SSVC, earlier].map(content => ({ metrics: [{ other: { type: 'ssvc', content } }] }))
  for (const order of [adp, adp.toReversed()]) assert.equal(itemOf(recordOf({ adp: order })).assessments?.[0]?.ssvc?.exploitation, 'active')
})

test('what cannot be used is left out and said', () => {
  const metrics = [
    { cvssV3_1: { version: '3.1', vectorString: 'CVSS:3.1/AV:N', baseScore: 7.5 } },
    { cvssV3_0: { version: '3.1', vectorString: VECTOR.replace('3.1', '3.0'), baseScore: 5 } },
    { cvssV4_0: { version: '4.0', baseScore: 'high' } },
    { other: { type: 'ssvc', content: { options: [{ Exploitation: 'constructor' }, { Automatable: 'toString' }] } } },
    { other: { type: 'kev', content: { dateAdded: 'yesterday' } } },
  ]
  const item = itemOf(recordOf({ cna: { metrics }, adp: [], metadata: { datePublished: 'soon', state: 'DONE' } }))
  assert.deepEqual(
    item.faults?.map(fault => [fault.rule, fault.pointer]),
    [
      ['cve.state', '/cveMetadata/state'],
      ['cve.cvss.missing', '/containers/cna/metrics/0/cvssV3_1'],
      ['cve.cvss.version', '/containers/cna/metrics/1/cvssV3_0'],
      ['cve.cvss.stated', '/containers/cna/metrics/1/cvssV3_0'],
      ['cve.cvss.no-vector', '/containers/cna/metrics/2/cvssV4_0'],
      ['cve.ssvc', '/containers/cna/metrics/3/other/content'],
      ['cve.kev', '/containers/cna/metrics/4/other/content'],
      ['cve.date', '/cveMetadata/datePublished'],
    ],
  )
  assert.deepEqual([item.published, item.kev, item.assessments?.[0]?.ssvc, item.cvssTenths], [null, null, null, 75])
  assert.deepEqual(item.assessments?.[0]?.cvss, [
    { version: '3.0', vector: VECTOR.replace('3.1', '3.0'), baseTenths: 98, statedTenths: 50, by: 'acme' },
  ])
})

test('the score of all metrics of CVSS 4.0 is no fault where the base score is asked for', () => {
  const vectorString = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U'
  const item = itemOf(recordOf({ cna: { metrics: [{ cvssV4_0: { version: '4.0', vectorString, baseScore: 8.1 } }] }, adp: [] }))
  assert.deepEqual(item.assessments?.[0]?.cvss[0], { version: '4.0', vector: vectorString, baseTenths: 93, statedTenths: 81, by: 'acme' })
  assert.deepEqual(item.faults, [])
})

test('a record whose number cannot be read is put aside', () => {
  const batch = batchOf(recordOf({ metadata: { cveId: 'CVE-24-1' } }))
  assert.deepEqual([batch.items, batch.rejected[0]?.position, batch.released], [[], '/cveMetadata/cveId', null])
  assert.match(batch.rejected[0]?.reason ?? '', /CVE-24-1/)
})

test('what is no record in version 5 is refused, saying what it is', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{ data_type: 'CVE', data_version: '4.0', CVE_data_meta: { ID: 'CVE-2024-12345' } }, 'cve.version'],
    [{ dataType: 'CVE_RECORD', dataVersion: '6.0', cveMetadata: {} }, 'cve.version'],
    [{ fetchTime: '2023-11-02T05:36:48.781Z', numberOfChanges: 2, new: [] }, 'cve.listing'],
    [[{ fetchTime: '2023-11-02T05:36:48.781Z', numberOfChanges: 2, new: [] }], 'cve.listing'],
  ]
  for (const [json, rule] of cases) assert.deepEqual([recognisesCve(json), read(json).problems[0]?.rule], [true, rule])
  for (const json of [null, [], 7, 'CVE-2024-12345', {}, { vulnerabilities: [{ cve: { id: 'CVE-2024-12345' } }] }]) {
    assert.deepEqual([recognisesCve(json), read(json).problems[0]?.rule], [false, 'cve.not-cve'])
  }
})

test('hostile names and types reach nothing, and nothing makes the reader throw', () => {
  const text = JSON.stringify(recordOf()).replace('"affected"', '"__proto__":{"title":"x"},"constructor":{"name":"y"},"affected"')
  const json = parseJson(text)
  assert.ok(json.ok)
  assert.equal(itemOf(json.value).products.length, 1)
  assert.equal(Object.hasOwn(Object.prototype, 'title'), false)
  const scored = (): Result<CvssScore> => ({ ok: false, problems: [] })
  const anything = fc.oneof(
    fc.anything(),
    fc.array(fc.anything()),
    fc.array(fc.dictionary(fc.constantFrom('versions', 'options', 'other', 'lang', 'cvssV3_1', 'cpes'), fc.anything())),
  )
  const container = fc.dictionary(
    fc.constantFrom('affected', 'metrics', 'descriptions', 'problemTypes', 'references', 'providerMetadata', 'tags'),
    anything,
  )
  fc.assert(
    fc.property(container, fc.anything(), (cna, adp) => {
      assert.equal(readCve({ cveMetadata: { cveId: 'CVE-2024-12345' }, containers: { cna, adp: [adp] } }, scored).ok, true)
    }),
  )
  fc.assert(fc.property(fc.anything(), json => typeof readCve(json, scored).ok === 'boolean'))
})

const files = skipWithoutSharedData ? [] : globSync(sharedData('cve/**/CVE-*.json'))

test('every record of the reference data is read, without a fault', { skip: skipWithoutSharedData }, () => {
  const items = files.map(file => ({ file, item: itemOf(JSON.parse(readFileSync(file, 'utf8'))) }))
  assert.equal(items.length, 335)
  for (const { file, item } of items) {
    assert.deepEqual(item.faults, [], file)
    assert.ok(file.endsWith(`${item.externalId}.json`) && item.summary !== '' && item.updated !== null, file)
  }
  // The counts of its PROVENANCE.md are of the records of vulnrichment; nine of the others have SSVC too, and one CVSS 4.0.
  const count = (chosen: typeof items, has: (item: IntelligenceItem) => boolean) => chosen.filter(({ item }) => has(item)).length
  const hasSsvc = (item: IntelligenceItem) => item.assessments?.[0]?.ssvc !== null
  const hasVersion4 = (item: IntelligenceItem) => item.assessments?.[0]?.cvss.some(({ version }) => version === '4.0') === true
  const enriched = items.filter(({ file }) => file.includes('vulnrichment'))
  assert.deepEqual([count(enriched, hasSsvc), count(enriched, item => item.kev !== null), count(enriched, hasVersion4)], [315, 111, 36])
  assert.deepEqual([count(items, hasSsvc), count(items, item => item.kev !== null), count(items, hasVersion4)], [324, 111, 37])
})

test('the list of the changes of a day is refused as such', { skip: skipWithoutSharedData }, () => {
  const json: unknown = JSON.parse(readFileSync(sharedData('cve/cvelistV5-mini/cves/delta.json'), 'utf8'))
  assert.equal(read(json).problems[0]?.rule, 'cve.listing')
})
