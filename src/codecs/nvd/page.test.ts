import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { IntelligenceBatch, IntelligenceItem } from '../../kernel/intelligence.ts'
import { parseJson } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import { readProducts } from '../cve/affected.ts'
import { scoreCvss } from '../cvss/score.ts'
import { nvdPaging, readNvd, recognisesNvd } from './page.ts'

function read(json: unknown): Result<IntelligenceBatch> {
  return readNvd(json, { scoreCvss, readAffected: readProducts })
}

function batchOf(json: unknown): IntelligenceBatch {
  const batch = read(json)
  assert.ok(batch.ok, JSON.stringify(batch.problems))
  return batch.value
}

function itemOf(vulnerability: object): IntelligenceItem {
  const [item] = batchOf(pageOf([vulnerability])).items
  assert.ok(item)
  return item
}

function pageOf(vulnerabilities: readonly unknown[], more: object = {}): unknown {
  return {
    resultsPerPage: vulnerabilities.length,
    startIndex: 0,
    totalResults: vulnerabilities.length,
    format: 'NVD_CVE',
    version: '2.0',
    timestamp: '2024-08-01T10:00:00.123',
    vulnerabilities: vulnerabilities.map(cve => ({ cve })),
    ...more,
  }
}

const VECTOR = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'

function cpeMatch(criteria: string, more: object = {}): object {
  return { vulnerable: true, criteria: `cpe:2.3:${criteria}`, matchCriteriaId: '0', ...more }
}

const VULNERABILITY = {
  id: 'CVE-2024-12345',
  sourceIdentifier: 'security@acme.example',
  published: '2024-07-01T09:15:00.123',
  lastModified: '2024-07-02T09:15:00.123',
  vulnStatus: 'Analyzed',
  cisaExploitAdd: '2024-07-03',
  cisaActionDue: '2024-07-24',
  cisaRequiredAction: 'Patch it.',
  cisaVulnerabilityName: 'Acme Infusion Gateway Command Injection Vulnerability',
  cveTags: [{ sourceIdentifier: 'security@acme.example', tags: ['unsupported-when-assigned'] }],
  descriptions: [
    { lang: 'es', value: 'Una inyección.' },
    { lang: 'en', value: 'An injection.' },
  ],
  metrics: {
    cvssMetricV31: [
      { source: 'nvd@nist.gov', type: 'Primary', cvssData: { version: '3.1', vectorString: VECTOR, baseScore: 9.8 } },
      {
        source: '134c704f-9b21-4f2e-91b3-4a467353bcc0',
        type: 'Secondary',
        cvssData: { version: '3.1', vectorString: VECTOR.replace('C:H', 'C:N'), baseScore: 9.1 },
      },
    ],
    ssvcV203: [
      {
        source: '134c704f-9b21-4f2e-91b3-4a467353bcc0',
        ssvcData: {
          timestamp: '2024-07-03T10:00:00.123456Z',
          options: [{ exploitation: 'active' }, { automatable: 'yes' }, { technicalImpact: 'total' }],
        },
      },
    ],
  },
  weaknesses: [
    { source: 'nvd@nist.gov', description: [{ lang: 'en', value: 'CWE-78' }] },
    {
      source: 'cve@acme.example',
      description: [
        { lang: 'en', value: 'NVD-CWE-noinfo' },
        { lang: 'en', value: 'CWE-78' },
      ],
    },
  ],
  configurations: [
    {
      operator: 'AND',
      nodes: [
        { operator: 'OR', negate: false, cpeMatch: [cpeMatch('o:acme:gateway_firmware:*:*:*:*:*:*:*:*', { versionEndExcluding: '3.2' })] },
        { operator: 'OR', negate: false, cpeMatch: [cpeMatch('h:acme:gateway:-:*:*:*:*:*:*:*', { vulnerable: false })] },
      ],
    },
  ],
  affected: [
    { source: 'security@acme.example', affectedData: [{ vendor: 'Acme', product: 'Gateway', versions: [{ version: '3.1', status: 'affected' }] }] },
  ],
  references: [{ url: 'https://acme.example/a' }, { url: 'https://acme.example/a' }, { url: 'javascript:alert(1)' }],
}

test('a vulnerability becomes an item, with its sources side by side', () => {
  const batch = batchOf(pageOf([VULNERABILITY]))
  assert.deepEqual(
    [batch.format, batch.complete, batch.label, batch.released?.toISOString()],
    ['nvd', false, 'NVD vulnerability CVE-2024-12345', '2024-08-01T10:00:00.123Z'],
  )
  assert.deepEqual(batch.items[0], {
    externalId: 'CVE-2024-12345',
    title: 'Acme Infusion Gateway Command Injection Vulnerability',
    summary: 'An injection.',
    url: 'https://nvd.nist.gov/vuln/detail/CVE-2024-12345',
    published: new Date('2024-07-01T09:15:00.123Z'),
    updated: new Date('2024-07-02T09:15:00.123Z'),
    cves: ['CVE-2024-12345'],
    severity: 'critical',
    cvssTenths: 98,
    products: [
      {
        maker: 'acme',
        product: 'gateway firmware',
        version: '< 3.2',
        cpe: 'cpe:2.3:o:acme:gateway_firmware:*:*:*:*:*:*:*:*',
        purl: null,
        affected: true,
      },
      { maker: 'acme', product: 'gateway', version: null, cpe: 'cpe:2.3:h:acme:gateway:-:*:*:*:*:*:*:*', purl: null, affected: null },
      { maker: 'Acme', product: 'Gateway', version: '3.1', cpe: null, purl: null, affected: true },
    ],
    kev: { dateAdded: '2024-07-03', dueDate: '2024-07-24', knownRansomwareUse: null, requiredAction: 'Patch it.' },
    tlp: null,
    withdrawn: false,
    references: ['https://acme.example/a'],
    details: {
      status: 'Analyzed',
      assigner: 'security@acme.example',
      vulnerabilities: [{ cve: 'CVE-2024-12345', title: null, weaknesses: ['CWE-78'], remediations: [] }],
      notes: [],
    },
    assessments: [
      {
        cve: 'CVE-2024-12345',
        cvss: [
          { version: '3.1', vector: VECTOR, baseTenths: 98, statedTenths: null, by: 'nvd@nist.gov' },
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

test('a version range is written in signs of comparison, and names without the signs of CPE', () => {
  const cases: readonly (readonly [string, object, readonly (string | null)[]])[] = [
    ['a:x.org:libxpm:*:*:*:*:*:*:*:*', { versionStartIncluding: '3.0', versionEndIncluding: '3.5' }, ['x.org', 'libxpm', '>= 3.0, <= 3.5']],
    ['a:x:y:*:*:*:*:*:*:*:*', { versionStartExcluding: '3.0' }, ['x', 'y', '> 3.0']],
    ['a:x:y:*:*:*:*:*:*:*:*', {}, ['x', 'y', 'All versions']],
    ['a:x:y:-:*:*:*:*:*:*:*', {}, ['x', 'y', null]],
    ['a:netapp:clustered_data_ontap:9.8:p7:*:*:*:*:*:*', {}, ['netapp', 'clustered data ontap', '9.8 p7']],
    ['a:netapp:clustered_data_ontap:9.8:-:*:*:*:*:*:*', {}, ['netapp', 'clustered data ontap', '9.8']],
    ['a:themeisle:wp_maintenance_mode_\\&_coming_soon:1\\:2:*:*:*:*:*:*:*', {}, ['themeisle', 'wp maintenance mode & coming soon', '1:2']],
  ]
  for (const [criteria, more, expected] of cases) {
    const [product] = itemOf({ ...VULNERABILITY, affected: [], configurations: [{ nodes: [{ cpeMatch: [cpeMatch(criteria, more)] }] }] }).products
    assert.deepEqual([product?.maker, product?.product, product?.version], expected)
  }
})

test('what a vulnerable product runs on is not called vulnerable, and what is excluded is not named', () => {
  const nodes = [
    { cpeMatch: [cpeMatch('o:microsoft:windows:-:*:*:*:*:*:*:*', { vulnerable: false })] },
    { negate: true, cpeMatch: [cpeMatch('a:acme:gateway:*:*:*:*:*:*:*:*')] },
  ]
  assert.deepEqual(itemOf({ ...VULNERABILITY, affected: [], configurations: [{ nodes }] }).products, [])
})

test('a rejected vulnerability is withdrawn', () => {
  const item = itemOf({ ...VULNERABILITY, vulnStatus: 'Rejected', descriptions: [{ lang: 'en', value: 'Rejected reason: a duplicate.' }] })
  assert.deepEqual([item.withdrawn, item.summary], [true, 'Rejected reason: a duplicate.'])
})

test('what cannot be used is left out and said', () => {
  const item = itemOf({
    ...VULNERABILITY,
    lastModified: 'lately',
    vulnStatus: undefined,
    cisaExploitAdd: 'yesterday',
    descriptions: [],
    cisaVulnerabilityName: undefined,
    metrics: { cvssMetricV2: [{ source: 'x', cvssData: { vectorString: 'AV:N', baseScore: 5 } }], ssvcV203: [{ ssvcData: { options: [] } }] },
    configurations: [{ nodes: [{ cpeMatch: [cpeMatch('z:a:b'), 7] }] }],
  })
  assert.deepEqual(item.faults?.map(fault => fault.rule).toSorted(), [
    'nvd.cpe',
    'nvd.cpe',
    'nvd.cvss.missing',
    'nvd.date',
    'nvd.description',
    'nvd.kev',
    'nvd.ssvc',
    'nvd.status',
  ])
  assert.deepEqual([item.title, item.updated, item.kev, item.cvssTenths, item.assessments?.[0]?.cvss], ['CVE-2024-12345', null, null, 50, []])
})

test('bad vulnerabilities are put aside, each with its reason, and the rest goes on', () => {
  const page = pageOf([VULNERABILITY, { ...VULNERABILITY, id: 'CVE-24-1' }, VULNERABILITY, null, { ...VULNERABILITY, id: 'CVE-2024-22222' }], {
    resultsPerPage: 7,
  })
  const batch = batchOf(page)
  assert.deepEqual(
    batch.items.map(item => item.externalId),
    ['CVE-2024-12345', 'CVE-2024-22222'],
  )
  assert.deepEqual(
    batch.rejected.map(({ position, externalId }) => [position, externalId]),
    [
      ['/vulnerabilities/1/cve', null],
      ['/vulnerabilities/2/cve', 'CVE-2024-12345'],
      ['/vulnerabilities/3/cve', null],
    ],
  )
  assert.equal(read(page).problems[0]?.rule, 'nvd.count')
})

test('an answer without any vulnerability is sound', () => {
  const batch = read(pageOf([]))
  assert.ok(batch.ok)
  assert.deepEqual([batch.value.items, batch.problems, batch.value.label], [[], [], 'NVD vulnerabilities'])
})

test('one vulnerability alone is read, in its wrapper or without', () => {
  for (const json of [{ cve: VULNERABILITY }, VULNERABILITY]) assert.equal(batchOf(json).items[0]?.externalId, 'CVE-2024-12345')
})

test('a page says where it stands among the others', () => {
  assert.deepEqual(nvdPaging(pageOf([VULNERABILITY], { startIndex: 3, totalResults: 8 })), { startIndex: 3, count: 1, total: 8 })
  for (const json of [null, {}, pageOf([], { startIndex: '0' }), pageOf([], { totalResults: -1 })]) assert.equal(nvdPaging(json), undefined)
  assert.equal(
    batchOf(pageOf([VULNERABILITY, { ...VULNERABILITY, id: 'CVE-2024-2222' }], { startIndex: 3, totalResults: 8 })).label,
    'NVD vulnerabilities 4 to 5 of 8',
  )
})

test('what is no page of version 2 is refused, saying what it is', () => {
  assert.equal(read({ CVE_data_type: 'CVE', CVE_Items: [] }).problems[0]?.rule, 'nvd.version')
  const others = [
    null,
    [],
    7,
    {},
    { vulnerabilities: [] },
    { vulnerabilities: [{ cveID: 'CVE-2024-12345' }], catalogVersion: '1' },
    { document: {}, vulnerabilities: [{ cve: 'CVE-2024-1' }] },
  ]
  for (const json of others) assert.deepEqual([recognisesNvd(json), read(json).problems[0]?.rule], [false, 'nvd.not-nvd'])
})

test('hostile names and types reach nothing, and nothing makes the reader throw', () => {
  const json = parseJson(JSON.stringify(pageOf([VULNERABILITY])).replace('"metrics"', '"__proto__":{"id":"x"},"constructor":{"name":"y"},"metrics"'))
  assert.ok(json.ok)
  assert.equal(batchOf(json.value).items.length, 1)
  assert.equal(Object.hasOwn(Object.prototype, 'id'), false)
  const names = fc.constantFrom(
    'id',
    'configurations',
    'metrics',
    'nodes',
    'cpeMatch',
    'descriptions',
    'weaknesses',
    'references',
    'vulnStatus',
    'affected',
  )
  const nested = fc.dictionary(names, fc.oneof(fc.anything(), fc.array(fc.dictionary(names, fc.array(fc.anything())))))
  fc.assert(
    fc.property(nested, hostile => {
      const batch = batchOf(pageOf([{ ...hostile, id: 'CVE-2024-12345' }]))
      assert.equal(batch.items.length, 1)
    }),
  )
  fc.assert(fc.property(fc.anything(), json => typeof read(json).ok === 'boolean' && (nvdPaging(json)?.total ?? 0) >= 0))
})

function pageFrom(file: string): unknown {
  const bytes = readFileSync(file)
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
}

test('every page, feed and single vulnerability of the reference data is read, without a fault', { skip: skipWithoutSharedData }, () => {
  const files = globSync(sharedData('nvd/{api2-*/**/*.json,feed2/*.json.gz}'))
  assert.equal(files.length, 33)
  const items = files.flatMap(file => {
    const batch = read(pageFrom(file))
    assert.ok(batch.ok && batch.problems.length === 0 && batch.value.rejected.length === 0, file)
    return batch.value.items
  })
  assert.equal(items.length, 86)
  for (const item of items) {
    assert.deepEqual(item.faults, [], item.externalId)
    assert.ok(item.published !== null && item.updated !== null && item.summary !== '' && item.title !== item.externalId, item.externalId)
  }
  const statements = items.flatMap(item => item.assessments?.flatMap(assessment => assessment.cvss) ?? [])
  assert.deepEqual(
    ['2.0', '3.0', '3.1', '4.0'].map(version => statements.filter(statement => statement.version === version).length),
    [14, 4, 83, 2],
  )
  assert.deepEqual(
    statements.filter(statement => statement.statedTenths !== null),
    [],
  )
  assert.equal(items.filter(item => item.kev !== null).length, 1)
})
