import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bundleOf, idOf, indicatorOf, itemOf, objectOf, relate, TIMES, valueOf } from '../../../test/support/stix.ts'
import { lineAt, listAt, memberOf, recordAt } from '../../kernel/json.ts'
import { readStix, recognisesStix } from './bundle.ts'
import { recognisesStix1Json, recognisesStix1Xml } from './stix1.ts'

test('an indicator becomes an item with its value, its dates and its whole self', () => {
  const indicator = indicatorOf(1, {
    description: 'Seen in lures',
    indicator_types: ['malicious-activity'],
    labels: ['phishing'],
    valid_until: '2025-01-01T00:00:00Z',
    kill_chain_phases: [{ kill_chain_name: 'mitre-attack', phase_name: 'delivery' }],
    external_references: [
      { source_name: 'acme', url: 'https://acme.example/1' },
      { source_name: 'bad', url: 'javascript:alert(1)' },
    ],
    created_by_ref: idOf('identity'),
    confidence: 80,
    x_own: { kept: ['a\u0000b'] },
  })
  const sighting = {
    type: 'sighting',
    id: idOf('sighting'),
    ...TIMES,
    sighting_of_ref: idOf('indicator'),
    first_seen: '2024-02-01T00:00:00Z',
    last_seen: '2024-02-02T00:00:00Z',
    count: 3,
    where_sighted_refs: [idOf('identity')],
  }
  const json = bundleOf(indicator, sighting, objectOf('identity', { name: 'Acme CERT' }))
  const batch = valueOf(readStix(json))
  assert.deepEqual(
    [batch.format, batch.label, batch.complete, batch.publisher, batch.released?.toISOString()],
    ['stix', 'STIX 2.1 bundle (3 objects)', false, { name: 'Acme CERT', namespace: null }, '2024-01-03T03:04:05.000Z'],
  )
  const { details, ...item } = itemOf(json, idOf('indicator'))
  assert.deepEqual(item, {
    externalId: idOf('indicator'),
    title: 'Indicator 1',
    summary: 'Seen in lures',
    url: 'https://acme.example/1',
    published: new Date('2024-01-02T03:04:05Z'),
    updated: new Date('2024-01-03T03:04:05Z'),
    cves: [],
    severity: null,
    cvssTenths: null,
    products: [],
    kev: null,
    tlp: null,
    withdrawn: false,
    references: ['https://acme.example/1'],
    indicators: [
      {
        type: 'domain',
        value: 'evil1.example',
        tlp: null,
        firstSeen: '2024-02-01T00:00:00.000Z',
        lastSeen: '2024-02-02T00:00:00.000Z',
        validUntil: '2025-01-01T00:00:00.000Z',
        note: 'Indicator 1',
      },
    ],
    tags: ['phishing', 'malicious-activity', 'mitre-attack:delivery'],
    faults: [],
  })
  assert.deepEqual(details['object'], { ...indicator, x_own: { kept: ['ab'] } })
  assert.deepEqual(
    [details['type'], details['createdBy'], details['confidence'], details['validFrom']],
    ['indicator', 'Acme CERT', 80, '2024-01-02T03:04:05.000Z'],
  )
  assert.deepEqual(listAt(details, 'sightings'), [
    { count: 3, firstSeen: '2024-02-01T00:00:00.000Z', lastSeen: '2024-02-02T00:00:00.000Z', where: ['Acme CERT'], isNegative: false },
  ])
})

test('a report carries the indicators, flaws and products that it contains, and what is said of it', () => {
  const report = objectOf('report', {
    name: 'Attacks on Gateways (CVE-2024-0003)',
    published: '2024-01-05T00:00:00Z',
    report_types: ['threat-report'],
    object_refs: [idOf('indicator'), idOf('vulnerability'), idOf('software'), idOf('malware', 9), idOf('report')],
  })
  const json = bundleOf(
    report,
    indicatorOf(1),
    objectOf('vulnerability', {
      name: 'CVE-2024-0001',
      external_references: [{ source_name: 'cve', external_id: 'cve-2024-0002' }],
      x_opencti_cvss_base_score: 9.8,
    }),
    {
      type: 'software',
      id: idOf('software'),
      spec_version: '2.1',
      name: 'Gateway',
      vendor: 'Acme',
      version: '9',
      cpe: 'cpe:2.3:a:acme:gateway:9:*:*:*:*:*:*:*',
    },
    objectOf('note', { abstract: 'Hurry', content: 'It spreads.', object_refs: [report['id']], authors: ['Ann'] }),
    objectOf('course-of-action', { name: 'Patch', description: 'Install 9.1' }),
    relate('mitigates', idOf('course-of-action'), idOf('report')),
  )
  const item = itemOf(json, idOf('report'))
  assert.equal(item.published?.toISOString(), '2024-01-05T00:00:00.000Z')
  assert.deepEqual(item.cves, ['CVE-2024-0003', 'CVE-2024-0002', 'CVE-2024-0001'])
  assert.deepEqual(
    item.products.map(({ maker, product, version, cpe, affected }) => [maker, product, version, cpe, affected]),
    [['Acme', 'Gateway', '9', 'cpe:2.3:a:acme:gateway:9:*:*:*:*:*:*:*', null]],
  )
  assert.deepEqual(
    item.indicators?.map(indicator => indicator.value),
    ['evil1.example'],
  )
  assert.deepEqual(
    listAt(item.details, 'contains').map(entry => [lineAt(entry, 'name'), memberOf(entry, 'isKnown')]),
    [
      ['Indicator 1', true],
      ['CVE-2024-0001', true],
      ['Gateway', true],
      [undefined, false],
      ['Attacks on Gateways (CVE-2024-0003)', true],
    ],
  )
  assert.deepEqual(
    listAt(item.details, 'courses').map(course => lineAt(course, 'description')),
    ['Install 9.1'],
  )
  assert.deepEqual(
    listAt(item.details, 'notes').map(note => [lineAt(note, 'title'), lineAt(note, 'text')]),
    [['Hurry', 'It spreads.']],
  )
  const flaw = itemOf(json, idOf('vulnerability'))
  assert.deepEqual([flaw.cves, flaw.cvssTenths, flaw.severity], [['CVE-2024-0002', 'CVE-2024-0001'], 98, 'critical'])
})

test('what indicates malware, and samples of it, are its indicators', () => {
  const malware = objectOf('malware', { sample_refs: [idOf('file'), idOf('file', 9)] })
  const file = { type: 'file', id: idOf('file'), spec_version: '2.1', hashes: { MD5: 'a1'.repeat(16), 'SHA-256': 'a1'.repeat(32), SSDEEP: 'x' } }
  const item = itemOf(
    bundleOf(
      malware,
      file,
      indicatorOf(1),
      indicatorOf(2, { revoked: true }),
      relate('indicates', idOf('indicator'), idOf('malware')),
      relate('indicates', idOf('indicator', 2), idOf('malware'), {}, 2),
    ),
    idOf('malware'),
  )
  assert.deepEqual(
    item.indicators?.map(indicator => indicator.type),
    ['md5', 'sha256', 'domain'],
  )
})

test('cycles, references into nothing and revoked relationships do no harm', () => {
  const actors = [1, 2, 3].map(number => objectOf('threat-actor', {}, number))
  const ids = actors.map(actor => String(actor['id']))
  const json = bundleOf(
    ...actors,
    relate('related-to', ids[0] ?? '', ids[1] ?? '', {}, 1),
    relate('related-to', ids[1] ?? '', ids[2] ?? '', {}, 2),
    relate('related-to', ids[2] ?? '', ids[0] ?? '', {}, 3),
    relate('related-to', ids[0] ?? '', ids[0] ?? '', {}, 4),
    relate('uses', ids[0] ?? '', idOf('malware', 99), { description: 'as told' }, 5),
    relate('uses', ids[0] ?? '', ids[1] ?? '', { revoked: true }, 6),
    { type: 'relationship', id: idOf('relationship', 7) },
  )
  const item = itemOf(json, ids[0] ?? '')
  assert.deepEqual(
    listAt(item.details, 'relationships').map(entry => ['type', 'direction', 'ref', 'isKnown', 'description'].map(member => memberOf(entry, member))),
    [
      ['related-to', 'to', ids[1], true, null],
      ['related-to', 'from', ids[2], true, null],
      ['related-to', 'to', ids[0], true, null],
      ['uses', 'to', idOf('malware', 99), false, 'as told'],
    ],
  )
  const selfish = objectOf('report', { object_refs: [idOf('report'), idOf('report', 2)] })
  assert.equal(valueOf(readStix(bundleOf(selfish, objectOf('report', { object_refs: [idOf('report')] }, 2)))).items.length, 2)
})

test('the newest version of an object counts, wherever it stands, and revoked means withdrawn', () => {
  const versions = ['2024-01-03', '2024-01-05', '2024-01-04'].map(day =>
    indicatorOf(1, { name: day, modified: `${day}T00:00:00Z`, revoked: day === '2024-01-05' }),
  )
  const { items } = valueOf(readStix({ more: true, next: '5', objects: versions }))
  assert.deepEqual(
    items.map(item => [item.title, item.withdrawn]),
    [['2024-01-05', true]],
  )
})

test('an indicator in another language is kept as text, and one without a name is called by its value, defanged', () => {
  const item = itemOf(bundleOf(indicatorOf(1, { pattern: 'rule x { condition: true }', pattern_type: 'yara' })), idOf('indicator'))
  assert.deepEqual(
    [item.indicators, item.faults?.map(fault => fault.rule), lineAt(recordAt(item.details, 'object'), 'pattern')],
    [[], ['stix.pattern'], 'rule x { condition: true }'],
  )
  assert.equal(itemOf(bundleOf(indicatorOf(1, { name: undefined })), idOf('indicator')).title, 'Indicator evil1[.]example')
  assert.equal(itemOf(bundleOf(indicatorOf(1, { name: 'https://evil1.example/' })), idOf('indicator')).title, 'hxxps[:]//evil1[.]example/')
})

test('STIX 1 is refused with what to do, and so are versions that do not exist', () => {
  for (const json of [
    { stix_header: { title: 'x' }, id: 'acme:Package-1' },
    { id: 'acme:STIXPackage-00000000-0000-4000-8000-000000000000', version: '1.2', indicators: [] },
    { type: 'bundle', id: idOf('bundle'), spec_version: '1.2', objects: [] },
  ]) {
    assert.equal(recognisesStix(json), true, JSON.stringify(json))
    const result = readStix(json)
    assert.equal(result.problems[0]?.rule, 'stix.version-1')
    assert.match(result.problems[0]?.message ?? '', /Ask its publisher for STIX 2\.1/)
  }
  assert.equal(recognisesStix1Json({ id: 'acme:Package-1' }), true)
  for (const xml of [
    '<?xml version="1.0"?><stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1" version="1.1.1"/>',
    '<STIX_Package xmlns="http://docs.oasis-open.org/cti/ns/stix/core-1"/>',
    '<taxii_11:Poll_Response xmlns:taxii_11="http://taxii.mitre.org/messages/taxii_xml_binding-1.1"/>',
  ])
    assert.equal(recognisesStix1Xml(xml), true, xml)
  for (const xml of ['<rss><channel><title>About STIX_Package</title></channel></rss>', '<cvrfdoc/>'])
    assert.equal(recognisesStix1Xml(xml), false, xml)
  assert.equal(readStix(bundleOf(objectOf('indicator', { spec_version: '3.0' }))).problems[0]?.rule, 'stix.version')
})

test('every shape is read, and other JSON is not', () => {
  const indicator = indicatorOf(1)
  for (const json of [bundleOf(indicator), indicator, [indicator], { objects: [indicator] }, { more: false, objects: [indicator] }]) {
    assert.equal(recognisesStix(json), true)
    assert.equal(valueOf(readStix(json)).items.length, 1)
  }
  for (const json of [{ more: false, objects: [] }, bundleOf(), { type: 'bundle', id: idOf('bundle') }])
    assert.deepEqual(valueOf(readStix(json)).items, [])
  for (const json of [{}, [], null, 'x', { objects: [{ name: 'x' }] }, { type: 'event', id: 7 }, { vulnerabilities: [] }, { Event: {} }]) {
    assert.equal(recognisesStix(json), false, JSON.stringify(json))
    assert.equal(readStix(json).problems[0]?.rule, 'stix.not-stix')
  }
})

test('an object without an id is put aside, and a poor one is taken in with its faults', () => {
  const { items, rejected } = valueOf(readStix(bundleOf({ type: 'indicator' }, 'text', { id: 'x' }, { type: 'malware', id: 'malware--1' })))
  assert.deepEqual(
    rejected.map(({ position, externalId }) => [position, externalId]),
    [
      ['/objects/0', null],
      ['/objects/1', null],
      ['/objects/2', 'x'],
    ],
  )
  assert.deepEqual(
    items.map(item => [item.externalId, item.title, item.published, item.faults?.map(fault => fault.pointer)]),
    [['malware--1', 'malware 1', null, ['/id', '/created', '/modified', '/name']]],
  )
})

test('nothing makes the reader throw, and a large hostile bundle is read in time', () => {
  const member = fc.constantFrom(
    'type',
    'id',
    'name',
    'object_refs',
    'pattern',
    'object_marking_refs',
    'granular_markings',
    'source_ref',
    'hashes',
    '__proto__',
    'external_references',
  )
  const anyObject = fc.dictionary(member, fc.jsonValue()).map(members => ({ type: 'report', id: idOf('report'), ...members }))
  fc.assert(
    fc.property(fc.array(fc.oneof(anyObject, fc.jsonValue()), { maxLength: 6 }), objects => {
      const result = readStix(bundleOf(...objects))
      if (result.ok) assert.ok(result.value.items.length + result.value.rejected.length <= objects.length)
    }),
  )
  const many = 20_000
  const refs = Array.from({ length: many }, (_, at) => idOf('indicator', at))
  const start = performance.now()
  const objects = [
    objectOf('report', { object_refs: refs }),
    ...refs.map((_, at) => indicatorOf(at)),
    ...refs.map((ref, at) => relate('indicates', ref, idOf('malware'), {}, at)),
    objectOf('malware'),
  ]
  assert.equal(valueOf(readStix(bundleOf(...objects))).items.length, many + 2)
  assert.ok(performance.now() - start < 10_000, `${performance.now() - start} ms`)
})
