import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { IntelligenceItem } from '../../kernel/intelligence.ts'
import { lineAt, listAt, recordAt } from '../../kernel/json.ts'
import { scoreCvss } from '../cvss/score.ts'
import { readCsaf } from './advisory.ts'

// What CSAF 2.1 adds to 2.0.

function read(json: unknown): { item: IntelligenceItem; rules: string[] } {
  const result = readCsaf(json, scoreCvss)
  assert.ok(result.ok && result.value.items[0] !== undefined, JSON.stringify(result.problems))
  return { item: result.value.items[0], rules: result.problems.map(problem => problem.rule) }
}

const oasis = (path: string): unknown => JSON.parse(readFileSync(sharedData(`csaf/oasis-2.1/${path}`), 'utf8'))

const VECTOR = 'CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:H/I:H/A:N'

function advisory(document: object, rest: object = {}): unknown {
  return {
    $schema: 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json',
    document: {
      category: 'csaf_security_advisory',
      csaf_version: '2.1',
      title: 'Acme Gateway flaws',
      publisher: { category: 'multiplier', name: 'A centre', namespace: 'https://centre.example' },
      tracking: {
        id: 'ACME-2026-1',
        status: 'final',
        version: '1',
        initial_release_date: '2026-01-02T03:04:05Z',
        current_release_date: '2026-01-02T03:04:05Z',
      },
      distribution: { tlp: { label: 'CLEAR' } },
      ...document,
    },
    ...rest,
  }
}

const point = (key: string, ...values: string[]) => ({ namespace: 'ssvc', key, version: '1.0.0', values: values.map(value => ({ key: value })) })

test('scores, decisions and the chance of exploitation are taken from the metrics, with who gave them', () => {
  const { item, rules } = read(
    advisory(
      {},
      {
        product_tree: { full_product_names: [{ product_id: 'P1', name: 'Acme Gateway' }] },
        vulnerabilities: [
          {
            cve: 'CVE-2026-0001',
            cwes: [
              { id: 'CWE-79', name: 'XSS', version: '4.15' },
              { id: 'CWE-20', name: 'Input', version: '4.15' },
              { id: 'none', name: 'x', version: '4.15' },
            ],
            ids: [{ system_name: 'Acme Tracker', text: '4711' }],
            first_known_exploitation_dates: [{ date: '2026-01-01T00:00:00Z', exploitation_date: '2025-12-24T00:00:00Z', product_ids: ['P1'] }],
            threats: [{ category: 'impact', details: 'Anyone can stop it.' }],
            metrics: [
              {
                products: ['P1'],
                source: 'https://scorer.example/CVE-2026-0001',
                content: { cvss_v3: { version: '3.1', baseScore: 8.7, vectorString: VECTOR } },
              },
              {
                products: ['P1'],
                content: { cvss_v3: { version: '3.1', baseScore: 9.9, vectorString: VECTOR }, qualitative_severity_rating: 'high' },
              },
              {
                products: ['P1'],
                content: {
                  epss: { probability: '0.5', percentile: '0.99', timestamp: '2026-01-02T00:00:00Z' },
                  ssvc_v2: {
                    schemaVersion: '2.0.0',
                    timestamp: '2026-01-02T10:00:00Z',
                    selections: [point('E', 'A'), point('A', 'Y'), point('TI', 'T')],
                  },
                },
              },
            ],
          },
        ],
      },
    ),
  )
  assert.deepEqual(rules, ['csaf.cvss.stated', 'csaf.cwe'])
  assert.deepEqual(item.assessments, [
    {
      cve: 'CVE-2026-0001',
      cvss: [
        { version: '3.1', vector: VECTOR, baseTenths: 87, statedTenths: null, by: 'https://scorer.example/CVE-2026-0001' },
        { version: '3.1', vector: VECTOR, baseTenths: 87, statedTenths: 99, by: null },
      ],
      ssvc: { exploitation: 'active', automatable: true, technicalImpact: 'total', at: '2026-01-02T10:00:00.000Z' },
      cwes: ['CWE-79', 'CWE-20'],
    },
  ])
  assert.equal(item.cvssTenths, 99)
  const vulnerability = listAt(item.details, 'vulnerabilities')[0]
  assert.deepEqual(recordAt(vulnerability, 'epss'), { probability: 0.5, percentile: 0.99, at: '2026-01-02T00:00:00.000Z' })
  assert.deepEqual(listAt(vulnerability, 'decisions'), ['E: A', 'A: Y', 'TI: T'])
  assert.deepEqual(listAt(vulnerability, 'otherIds'), ['Acme Tracker 4711'])
  assert.deepEqual(
    listAt(vulnerability, 'threats').map(threat => lineAt(threat, 'details')),
    ['Anyone can stop it.', 'Known to be exploited since 2025-12-24T00:00:00Z.'],
  )
})

test('a decision that is open or not complete is no decision', () => {
  const of = (...selections: object[]) =>
    read(advisory({}, { vulnerabilities: [{ cve: 'CVE-2026-0001', metrics: [{ content: { ssvc_v2: { selections } } }] }] })).item
  for (const item of [
    of(point('E', 'A')),
    of(point('E', 'P', 'A'), point('A', 'Y'), point('TI', 'T')),
    of(point('E', 'X'), point('A', 'Y'), point('TI', 'T')),
  ])
    assert.deepEqual(item.assessments, [])
  const other = of({ ...point('E', 'A'), namespace: 'x_example.test#private' }, point('A', 'Y'), point('TI', 'T'))
  assert.deepEqual(other.assessments, [])
})

test('a rating in a word counts where there is no score', () => {
  const rated = (rating: string) => ({ metrics: [{ content: { qualitative_severity_rating: rating } }] })
  const { item } = read(advisory({}, { vulnerabilities: [rated('low'), rated('critical'), rated('none')] }))
  assert.deepEqual([item.severity, item.cvssTenths], ['critical', null])
})

test('what is said of a product at the end of a path is said of every part of it', () => {
  const name = (id: string) => ({ product_id: id, name: id })
  const { item, rules } = read(
    advisory(
      {},
      {
        product_tree: {
          full_product_names: ['Library', 'Server', 'Platform', 'Other'].map(name),
          product_paths: [
            {
              beginning_product_reference: 'Library',
              full_product_name: name('Library in Server on Platform'),
              subpaths: [
                { category: 'default_component_of', next_product_reference: 'Server' },
                { category: 'installed_on', next_product_reference: 'Platform' },
              ],
            },
          ],
        },
        vulnerabilities: [{ product_status: { known_affected: ['Library in Server on Platform'] } }],
      },
    ),
  )
  assert.deepEqual(rules, [])
  assert.deepEqual(
    item.products.map(({ product, affected }) => [product, affected]),
    [
      ['Library', true],
      ['Server', true],
      ['Platform', true],
      ['Other', null],
    ],
  )
})

test('the example of a national centre says the same in both versions', { skip: skipWithoutSharedData }, () => {
  const older = JSON.parse(readFileSync(sharedData('csaf/oasis-2.0/examples/csaf/rhsa-2021_5186.json'), 'utf8')) as unknown
  const [first, second] = [read(older).item, read(oasis('examples/csaf/rhsa-2021_5186.json')).item]
  assert.deepEqual(second.products, first.products)
  assert.deepEqual([second.cves, second.cvssTenths, second.externalId], [first.cves, first.cvssTenths, first.externalId])
})

test('withdrawn and superseded advisories withdraw, and say what came instead', { skip: skipWithoutSharedData }, () => {
  const { item } = read(oasis('validator/mandatory/oasis_csaf_tc-csaf_2_1-2024-6-1-27-03-03.json'))
  assert.deepEqual([item.withdrawn, item.details['ending']], [true, 'superseded'])
  assert.deepEqual(item.details['supersededBy'], ['https://example.com/.well-known/csaf/clear/2024/esa-2024-1234.json'])
  const tombstone = read(advisory({ category: 'csaf_withdrawn', notes: [{ category: 'description', text: 'It was wrong.' }] })).item
  assert.deepEqual([tombstone.withdrawn, tombstone.summary, tombstone.cves, tombstone.products], [true, 'It was wrong.', [], []])
})

const GROUP = '86c81730-1a06-478d-82d4-978e41eb332f'

test('an advisory for one group of readers reaches no wider than that', () => {
  const of = (label: string | undefined, id: string) =>
    read(advisory({ distribution: { ...(label === undefined ? {} : { tlp: { label } }), sharing_group: { id, name: 'Members' } } }))
  const kept = of('AMBER', GROUP)
  assert.deepEqual([kept.item.tlp, kept.rules, kept.item.details['sharingGroup']], ['AMBER', [], { id: GROUP, name: 'Members' }])
  assert.deepEqual([of('CLEAR', GROUP).item.tlp, of('CLEAR', GROUP).rules], ['RED', ['csaf.sharing-group']])
  assert.deepEqual([of(undefined, GROUP).item.tlp, of(undefined, GROUP).rules], ['RED', ['csaf.tlp', 'csaf.sharing-group']])
  const nobody = of('GREEN', '00000000-0000-0000-0000-000000000000')
  assert.deepEqual([nobody.item.tlp, nobody.rules], ['RED', ['csaf.sharing-group']])
  const everybody = of('CLEAR', 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  assert.deepEqual([everybody.item.tlp, everybody.rules, everybody.item.details['sharingGroup']], ['CLEAR', [], null])
  assert.equal(read(advisory({ distribution: { tlp: { label: 'GREEN' }, sharing_group: {} } })).item.tlp, 'RED')
})

test('labels of TLP 2.0 are read, and one of the other version is told', () => {
  const of = (label: string) => read(advisory({ distribution: { tlp: { label } } }))
  for (const label of ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED']) assert.deepEqual([of(label).item.tlp, of(label).rules], [label, []])
  assert.deepEqual([of('WHITE').item.tlp, of('WHITE').rules], ['CLEAR', ['csaf.tlp']])
  assert.deepEqual(read(advisory({ distribution: undefined })).rules, ['csaf.tlp'])
})

test('each state of an advisory is known, and a draft is told', () => {
  for (const status of ['draft', 'interim', 'final']) {
    const { item, rules } = read(
      advisory({
        tracking: { id: 'A', status, version: '0.1', initial_release_date: '2026-01-01T00:00:00Z', current_release_date: '2026-01-01T00:00:00Z' },
      }),
    )
    assert.equal(item.details['status'], status)
    assert.deepEqual(rules, status === 'draft' ? ['csaf.status'] : [])
  }
})

test('a date that is nearly right is read, and told', () => {
  const dated = (current: string) =>
    read(
      advisory({ tracking: { id: 'A', status: 'final', version: '1', initial_release_date: '2024-01-01T00:00:00Z', current_release_date: current } }),
    )
  for (const current of ['2024-01-24 10:00:00.000Z', '2024-01-24T10:00:00+0000', '2024-01-24T10:00:00'])
    assert.deepEqual([dated(current).item.updated?.toISOString(), dated(current).rules], ['2024-01-24T10:00:00.000Z', ['csaf.date']], current)
  assert.deepEqual(dated('2023-12-31T00:00:00Z').rules, ['csaf.date'])
  const late = { discovery_date: 'spring', remediations: [{ category: 'vendor_fix', details: 'Update', date: '2024-01-24' }] }
  assert.deepEqual(read(advisory({}, { vulnerabilities: [late] })).rules, ['csaf.date', 'csaf.date'])
})

test('names that are no CPE and no package URL are kept, and told', { skip: skipWithoutSharedData }, () => {
  const product = (helper: object, at: number) => ({ product_id: `P${at}`, name: `Product ${at}`, product_identification_helper: helper })
  const of = (...helpers: object[]) => read(advisory({}, { product_tree: { full_product_names: helpers.map(product) } }))
  const good = readFileSync(sharedData('csaf/oasis-2.1/cpe/valid-cpe.txt'), 'utf8')
    .split('\n')
    .filter(line => line !== '')
  assert.ok(good.length >= 10)
  assert.deepEqual(of(...good.map(cpe => ({ cpe })), { purls: ['pkg:rpm/redhat/kernel@5.14?arch=x86_64'] }).rules, [])
  for (const cpe of ['cpe:2.3:a:acme:gateway', 'acme:gateway', 'cpe:2.3:a:acme:gate way:1:*:*:*:*:*:*:*', `cpe:2.3:a:${'?'.repeat(5_000)}`]) {
    const { item, rules } = of({ cpe })
    assert.deepEqual([rules, item.products[0]?.cpe], [['csaf.cpe'], cpe])
  }
  assert.deepEqual(of({ purl: 'npm/left-pad' }).rules, ['csaf.purl'])
})
