import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { IntelligenceBatch, IntelligenceItem } from '../../kernel/intelligence.ts'
import { memberOf } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import { readMisp, recognisesMisp } from './events.ts'
import { readMispManifest } from './manifest.ts'

function valueOf(result: Result<IntelligenceBatch>): IntelligenceBatch {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function itemOf(json: unknown): IntelligenceItem {
  const item = valueOf(readMisp(json)).items[0]
  assert.ok(item !== undefined)
  return item
}

const UUID = '00000000-0000-4000-8000-000000000001'

function attributeOf(type: string, value: string, members: object = {}): Record<string, unknown> {
  return {
    uuid: UUID.replace('1', '2'),
    type,
    value,
    category: 'Network activity',
    to_ids: true,
    comment: '',
    distribution: '5',
    deleted: false,
    ...members,
  }
}

function eventOf(members: object = {}): { Event: Record<string, unknown> } {
  return {
    Event: {
      uuid: UUID,
      info: 'Attacks on gateways',
      date: '2024-01-02',
      timestamp: '1704250000',
      threat_level_id: '1',
      analysis: '2',
      published: true,
      distribution: '3',
      Orgc: { name: 'Acme CERT' },
      Attribute: [attributeOf('domain', 'EVIL.example')],
      ...members,
    },
  }
}

test('an event becomes an item with its indicators, references, words and counts', () => {
  const json = eventOf({
    Attribute: [
      attributeOf('domain', 'EVIL.example', { comment: 'server', first_seen: '2024-01-01T00:00:00+00:00', Tag: [{ name: 'kill-chain:delivery' }] }),
      attributeOf('domain|ip', 'b.evil.example|198.51.100.7'),
      attributeOf('ip-dst|port', '2001:db8::1|443'),
      attributeOf('filename|sha256', `C:\\Temp\\evil.exe|${'A1'.repeat(32)}`, { category: 'Payload delivery' }),
      attributeOf('link', 'https://acme.example/report', { category: 'External analysis', to_ids: false }),
      attributeOf('comment', 'It spreads by mail.', { category: 'External analysis', to_ids: false }),
      attributeOf('vulnerability', 'CVE-2024-0001', { category: 'External analysis', to_ids: false }),
      attributeOf('cpe', 'cpe:2.3:a:acme:gateway:9:*:*:*:*:*:*:*', { category: 'Other', to_ids: false }),
      attributeOf('link', 'javascript:alert(1)', { category: 'External analysis', to_ids: false }),
      attributeOf('md5', 'nonsense'),
    ],
    Object: [
      { name: 'file', 'meta-category': 'file', comment: 'dropper', Attribute: [attributeOf('sha1', 'B2'.repeat(20), { object_relation: 'sha1' })] },
    ],
    Tag: [{ name: 'tlp:amber+strict' }, { name: 'rsit:fraud="phishing"' }],
    Galaxy: [{ name: 'Ransomware', GalaxyCluster: [{ value: 'Evil', tag_name: 'misp-galaxy:ransomware="Evil"', description: 'Bad.' }] }],
    RelatedEvent: [{ Event: { uuid: UUID.replace('1', '9'), info: 'SECRET' } }],
  })
  const batch = valueOf(readMisp(json))
  assert.deepEqual(
    [batch.format, batch.label, batch.complete, batch.publisher, batch.released?.toISOString()],
    ['misp', 'MISP event "Attacks on gateways"', false, { name: 'Acme CERT', namespace: null }, '2024-01-03T02:46:40.000Z'],
  )
  const { details, indicators = [], ...item } = itemOf(json)
  assert.deepEqual(item, {
    externalId: UUID,
    title: 'Attacks on gateways',
    summary: 'It spreads by mail.',
    url: null,
    published: new Date('2024-01-02T00:00:00Z'),
    updated: new Date('2024-01-03T02:46:40Z'),
    cves: ['CVE-2024-0001'],
    severity: 'high',
    cvssTenths: null,
    products: [
      {
        maker: '',
        product: 'cpe:2.3:a:acme:gateway:9:*:*:*:*:*:*:*',
        version: null,
        cpe: 'cpe:2.3:a:acme:gateway:9:*:*:*:*:*:*:*',
        purl: null,
        affected: null,
      },
    ],
    kev: null,
    tlp: 'AMBER+STRICT',
    withdrawn: false,
    references: ['https://acme.example/report'],
    tags: ['tlp:amber+strict', 'rsit:fraud="phishing"', 'misp-galaxy:ransomware="Evil"', 'kill-chain:delivery'],
    faults: [
      {
        rule: 'misp.value',
        pointer: '',
        severity: 'warning',
        message: '1 of its values are not what their type says, so they were kept as text ("nonsense").',
      },
    ],
  })
  assert.deepEqual(
    indicators.map(({ type, value }) => `${type} ${value}`),
    [
      'domain evil.example',
      'domain b.evil.example',
      'ipv4 198.51.100.7',
      'ipv6 2001:db8::1',
      'file-name evil.exe',
      `sha256 ${'a1'.repeat(32)}`,
      `sha1 ${'b2'.repeat(20)}`,
    ],
  )
  assert.deepEqual(indicators[0], {
    type: 'domain',
    value: 'evil.example',
    tlp: null,
    firstSeen: '2024-01-01T00:00:00.000Z',
    lastSeen: '2024-01-01T00:00:00.000Z',
    validUntil: null,
    note: 'server',
  })
  assert.deepEqual(
    [details['analysis'], details['threatLevel'], details['isPublished'], details['publisher']],
    ['complete', 'high', true, 'Acme CERT'],
  )
  assert.deepEqual(details['counts'], { attributes: 11, indicators: 7, deleted: 0, withheld: 0 })
  assert.deepEqual(details['galaxies'], [{ galaxy: 'Ransomware', value: 'Evil', description: 'Bad.' }])
  assert.doesNotMatch(JSON.stringify(details), /SECRET/)
})

test('what is not ticked for detection counts as evidence only, and says so', () => {
  const item = itemOf(
    eventOf({
      Attribute: [
        attributeOf('domain', 'a.example', { to_ids: false, comment: 'server' }),
        attributeOf('md5', 'a1'.repeat(16), { to_ids: false, category: 'External analysis' }),
        attributeOf('email-dst', 'victim@hospital.example', { to_ids: false, category: 'Payload delivery' }),
        attributeOf('domain', 'b.example', { to_ids: '1' }),
        attributeOf('filename', 'c.exe', { to_ids: undefined, category: 'Payload delivery' }),
      ],
    }),
  )
  assert.deepEqual(
    item.indicators?.map(({ value, note }) => [value, note]),
    [
      ['a.example', 'server Not marked for detection by its source.'],
      ['b.example', null],
      ['c.exe', 'Not marked for detection by its source.'],
    ],
  )
})

test('deleted attributes and those of deleted objects are left out', () => {
  const item = itemOf(
    eventOf({
      Attribute: [
        attributeOf('domain', 'a.example', { deleted: true }),
        attributeOf('domain', 'b.example', { deleted: '1' }),
        attributeOf('vulnerability', 'CVE-2024-0001', { deleted: 1 }),
      ],
      Object: [{ name: 'file', deleted: true, Attribute: [attributeOf('md5', 'a1'.repeat(16))] }],
    }),
  )
  assert.deepEqual([item.indicators, item.cves, memberOf(item.details['counts'], 'deleted'), item.details['objects']], [[], [], 4, []])
})

test('sightings say when it was seen and until when it holds', () => {
  const Sighting = [
    { type: '0', date_sighting: '1704250000' },
    { type: '0', date_sighting: '1704070000' },
    { type: '1', date_sighting: '1804250000' },
    { type: '2', date_sighting: '1714250000' },
  ]
  const [indicator] = itemOf(eventOf({ Attribute: [attributeOf('domain', 'a.example', { Sighting })] })).indicators ?? []
  assert.deepEqual(
    [indicator?.firstSeen, indicator?.lastSeen, indicator?.validUntil],
    ['2024-01-01T00:46:40.000Z', '2024-01-03T02:46:40.000Z', '2024-04-27T20:33:20.000Z'],
  )
})

const SHARING: readonly (readonly [object, Tlp | null, number])[] = [
  [{ distribution: '3' }, null, 0],
  [{ distribution: undefined }, null, 0],
  [{ distribution: '0' }, 'RED', 0],
  [{ distribution: 0 }, 'RED', 0],
  [{ distribution: '4', sharing_group_id: '7' }, 'RED', 0],
  [{ distribution: '1' }, null, 0],
  [{ distribution: '9' }, 'RED', 1],
  [{ distribution: {} }, 'RED', 1],
  [{ Tag: [{ name: 'tlp:white' }] }, 'CLEAR', 0],
  [{ Tag: [{ name: 'TLP:GREEN' }], distribution: '1' }, 'GREEN', 0],
  [{ Tag: [{ name: 'tlp:green' }, { name: 'tlp:amber+strict' }] }, 'AMBER+STRICT', 0],
  [{ Tag: [{ name: 'tlp:clear' }], distribution: '0' }, 'RED', 0],
  [{ Tag: [{ name: 'tlp:purple' }] }, 'RED', 1],
  [{ Tag: [{ name: 'tlp:clear' }, { name: 'tlp:ex:chr' }] }, 'RED', 1],
  [{ Tag: [{ name: 'osint:source-type="blog-post"' }] }, null, 0],
]

test('labels and distribution are obeyed, the narrowest wins, and a missing label is not CLEAR', () => {
  for (const [members, tlp, faults] of SHARING) {
    const item = itemOf(eventOf(members))
    assert.deepEqual([item.tlp, item.faults?.filter(fault => fault.rule === 'misp.sharing').length], [tlp, faults], JSON.stringify(members))
  }
})

test('an attribute that is marked more narrowly than its event is told under its own label only', () => {
  const secret = { distribution: '0', comment: 'SECRET', Tag: [{ name: 'secret:tag' }] }
  const json = eventOf({
    Tag: [{ name: 'tlp:green' }],
    Attribute: [
      attributeOf('domain', 'secret.example', secret),
      attributeOf('domain', 'amber.example', { Tag: [{ name: 'tlp:amber' }] }),
      attributeOf('domain', 'open.example', { Tag: [{ name: 'tlp:clear' }] }),
      attributeOf('domain', 'plain.example'),
      attributeOf('vulnerability', 'CVE-2024-0666', secret),
      attributeOf('link', 'https://secret.example/', { ...secret, category: 'External analysis' }),
      attributeOf('text', 'SECRET', { ...secret, category: 'External analysis' }),
    ],
    Object: [{ name: 'SECRET', distribution: '4', comment: 'SECRET', Attribute: [attributeOf('md5', '6'.repeat(32))] }],
    EventReport: [{ name: 'SECRET', content: 'SECRET', distribution: '0' }],
  })
  const item = itemOf(json)
  assert.deepEqual(
    item.indicators?.map(({ value, tlp }) => [value, tlp]),
    [
      ['secret.example', 'RED'],
      ['amber.example', 'AMBER'],
      ['open.example', null],
      ['plain.example', null],
      ['6'.repeat(32), 'RED'],
    ],
  )
  assert.doesNotMatch(
    JSON.stringify({ ...item, indicators: item.indicators?.filter(indicator => indicator.tlp === null) }),
    /secret|amber\.|0666|666/i,
  )
  assert.equal(memberOf(item.details['counts'], 'withheld'), 6)
})

test('an event that is not published yet is taken in and says so', () => {
  assert.deepEqual(
    itemOf(eventOf({ published: false })).faults?.map(fault => fault.rule),
    ['misp.unpublished'],
  )
  assert.deepEqual(itemOf(eventOf({ published: undefined })).faults, [])
})

test('every shape is read', () => {
  const { Event } = eventOf()
  const other = eventOf({ uuid: UUID.replace('1', '3') })
  for (const [json, count] of [
    [{ Event }, 1],
    [Event, 1],
    [{ response: [{ Event }, other] }, 2],
    [{ response: { Event } }, 1],
    [[{ Event }, other], 2],
    [[Event], 1],
    [{ response: [] }, 0],
    [{ response: { Attribute: [] } }, 0],
  ] as const) {
    assert.equal(recognisesMisp(json), true, JSON.stringify(json).slice(0, 80))
    assert.equal(valueOf(readMisp(json)).items.length, count)
  }
  const twice = valueOf(readMisp([{ Event }, { Event }, { Event: { ...Event, uuid: undefined } }]))
  assert.deepEqual(
    twice.rejected.map(({ position, externalId }) => [position, externalId]),
    [
      ['/1/Event', UUID],
      ['/2/Event', null],
    ],
  )
})

test('what a search found of one event is one item, that never stands in for the whole event', () => {
  const Event = { id: '7', uuid: UUID, info: 'Attacks on gateways', distribution: '0' }
  const found = [
    attributeOf('domain', 'a.example', { Event }),
    attributeOf('domain', 'b.example', { Event }),
    attributeOf('domain', 'c.example', { uuid: UUID.replace('1', '5') }),
  ]
  const { items, label } = valueOf(readMisp({ response: { Attribute: found } }))
  assert.equal(label, '2 MISP events')
  assert.deepEqual(
    items.map(item => [item.externalId, item.title, item.tlp, item.indicators?.length, item.details['isPart']]),
    [
      [`search:${UUID}`, 'Attacks on gateways', 'RED', 2, true],
      [UUID.replace('1', '5'), 'MISP domain: c[.]example', null, 1, true],
    ],
  )
  const objects = { response: [{ Object: { uuid: UUID, name: 'file', 'meta-category': 'file', Attribute: [attributeOf('md5', 'a1'.repeat(16))] } }] }
  assert.deepEqual([itemOf(objects).externalId, itemOf(objects).title], [UUID, `MISP file: ${'a1'.repeat(16)}`])
})

test('lists of events and feeds, and vocabularies, are refused with what to do', () => {
  const manifest = {
    [UUID]: { info: 'Attacks', timestamp: '1704250000', Orgc: { name: 'Acme' } },
    [UUID.replace('1', 'a').toUpperCase()]: { info: 'More', timestamp: 1704250001 },
  }
  assert.equal(readMisp(manifest).problems[0]?.rule, 'misp.listing')
  assert.deepEqual(readMispManifest({ ...manifest, '../../etc/passwd': { info: 'x' } }), [
    { uuid: UUID, title: 'Attacks', updated: new Date('2024-01-03T02:46:40Z') },
    { uuid: UUID.replace('1', 'a'), title: 'More', updated: new Date('2024-01-03T02:46:41Z') },
  ])
  assert.equal(readMisp([{ id: '1', info: 'x', attribute_count: '9', uuid: UUID }]).problems[0]?.rule, 'misp.listing')
  for (const json of [{}, [], null, { response: 'x' }, { objects: [] }, { Attribute: 'x' }, { info: 'x' }]) {
    assert.equal(recognisesMisp(json), false, JSON.stringify(json))
    assert.equal(readMisp(json).problems[0]?.rule, 'misp.not-misp')
  }
})

test('nothing makes the reader throw', () => {
  const member = fc.constantFrom(
    'uuid',
    'info',
    'Attribute',
    'Object',
    'Tag',
    'Galaxy',
    'distribution',
    'date',
    'timestamp',
    '__proto__',
    'Orgc',
    'deleted',
  )
  const anyEvent = fc.dictionary(member, fc.jsonValue())
  fc.assert(
    fc.property(
      fc.array(fc.oneof(anyEvent, fc.jsonValue()), { maxLength: 4 }),
      entries => void readMisp({ response: entries.map(Event => ({ Event })) }),
    ),
  )
  const anyAttribute = fc.dictionary(
    fc.constantFrom('type', 'value', 'category', 'to_ids', 'Sighting', 'Event', 'Tag', 'first_seen'),
    fc.oneof(fc.constantFrom('md5', 'url', 'a|b', '|', true), fc.jsonValue()),
  )
  fc.assert(fc.property(fc.array(anyAttribute, { maxLength: 4 }), Attribute => void readMisp(eventOf({ Attribute }))))
})
