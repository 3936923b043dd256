import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { valueOf } from '../../../../test/support/stix.ts'
import { INDICATOR_TYPES, type IndicatorType, type IntelligenceIndicator } from '../../../kernel/intelligence.ts'
import { isRecord, lineAt, linesAt, listAt, recordAt } from '../../../kernel/json.ts'
import { TLP } from '../../../kernel/tlp.ts'
import { readStix } from '../bundle.ts'
import { objectsOfBulletin, type StixBulletin } from './bulletin.ts'
import { EXTENSION_ID, EXTENSION_OBJECTS } from './extension.ts'
import { MARKING_IDS, markingOf } from './markings.ts'
import { bundleOf, type StixObject } from './object.ts'
import { identityObject } from './parts.ts'
import { objectsOfThreat } from './threat.ts'

const at = (hour: number) => new Date(Date.UTC(2026, 10, 20, hour))
const CENTRE = identityObject({ key: 'org_1', name: 'Cyber centre', since: at(0), changed: at(1) })

const SAMPLES: Readonly<Record<IndicatorType, string>> = {
  ipv4: '198.51.100.0/24',
  ipv6: '2001:db8::1',
  domain: 'evil.example',
  url: "https://evil.example/it's?q=1",
  email: 'a@evil.example',
  md5: 'a1'.repeat(16),
  sha1: 'a1'.repeat(20),
  sha256: 'a1'.repeat(32),
  sha512: 'a1'.repeat(64),
  'file-name': "it's bad.exe",
  'registry-key': 'hkey_local_machine\\software\\evil',
}

// What the codec is given is clean text, without blanks at its ends.
const words = (longest: number) => fc.stringMatching(/^[A-Za-z'"\\é]{1,12}( [A-Za-z'"\\é]{1,12}){0,5}$/).map(text => text.slice(0, longest).trim())
const indicators = fc.uniqueArray(fc.constantFrom(...INDICATOR_TYPES)).map(types =>
  types.map((type): IntelligenceIndicator => ({
    type,
    value: SAMPLES[type],
    tlp: null,
    firstSeen: null,
    lastSeen: null,
    validUntil: null,
    note: null,
  })),
)
const bulletins = fc.record({
  tlp: fc.constantFrom(...TLP),
  title: words(100),
  description: words(200),
  cves: fc.uniqueArray(
    fc.integer({ min: 1, max: 99_999 }).map(number => `CVE-2050-${String(number).padStart(5, '0')}`),
    { maxLength: 4 },
  ),
  products: fc
    .uniqueArray(words(40), { maxLength: 3 })
    .chain(names => fc.constant(names.map((name, index) => ({ name, versions: index === 0 ? [] : ['1', '< 2'] })))),
  steps: fc.array(
    fc.record({ type: fc.constantFrom('Patch', 'Guidance'), text: words(200), link: fc.option(fc.constant('https://maker.example/2')) }),
    { maxLength: 3 },
  ),
  indicators,
  sources: fc.constantFrom([], ['https://source.example/1']),
  clinicalImpact: fc.option(words(100)),
  isLive: fc.boolean(),
  changes: fc.array(
    words(60).map(summary => ({ at: at(5), summary })),
    { maxLength: 3 },
  ),
  note: words(100),
})

function bulletinOf({ tlp, note, ...more }: typeof bulletins extends fc.Arbitrary<infer T> ? T : never): StixBulletin {
  return {
    origin: { key: 'bul_1', createdBy: CENTRE.id, tlp, created: at(2), modified: at(6) },
    number: 'CC-5001',
    url: 'https://centre.example/bulletins/CC-5001',
    threatType: 'Malware',
    labels: ['high'],
    confidence: 'likely',
    facts: {
      number: 'CC-5001',
      boardWords: note,
      safeToUse: '',
      sources: [],
      respondBy: null,
      platforms: [{ platform: 'Records', versions: ['1'], text: '' }],
    },
    ...more,
  }
}

test('what is written of any bulletin is read back by our own reader with nothing lost', () => {
  fc.assert(
    fc.property(bulletins.map(bulletinOf), bulletin => {
      const objects = objectsOfBulletin(bulletin)
      const bundle: unknown = JSON.parse(JSON.stringify(bundleOf('test', [markingOf(bulletin.origin.tlp), ...EXTENSION_OBJECTS, CENTRE, ...objects])))
      const batch = valueOf(readStix(bundle))
      assert.deepEqual(batch.rejected, [])
      assert.equal(batch.publisher?.name, 'Cyber centre')
      const item = batch.items.find(one => one.details['type'] === 'report')
      assert.ok(item)
      assert.deepEqual(
        [item.title, item.summary, item.tlp, item.withdrawn, item.published, item.faults],
        [bulletin.title, bulletin.description, bulletin.origin.tlp, !bulletin.isLive, at(2), []],
      )
      assert.equal(item.url, bulletin.url)
      assert.deepEqual(item.references, [bulletin.url, ...bulletin.sources])
      assert.deepEqual(item.cves.toSorted(), bulletin.cves.toSorted())
      assert.deepEqual(
        item.products.map(({ product, version }) => `${product} ${version}`).toSorted(),
        bulletin.products
          .flatMap(({ name, versions }) => (versions.length === 0 ? [`${name} null`] : versions.map(version => `${name} ${version}`)))
          .toSorted(),
      )
      // What is taken back looks for nothing any more.
      const read = item.indicators?.map(({ type, value, note }) => ({ type, value, note })) ?? []
      assert.deepEqual(read, bulletin.isLive ? bulletin.indicators.map(({ type, value, note }) => ({ type, value, note })) : [])
      const notes = listAt(item.details, 'notes').map(note => [lineAt(note, 'title'), lineAt(note, 'text')])
      assert.deepEqual(notes, [
        ...(bulletin.clinicalImpact === null ? [] : [['What it means for care', bulletin.clinicalImpact]]),
        ...bulletin.changes.map(({ summary }) => [summary, summary]),
      ])
      const steps = objects
        .filter(({ type }) => type === 'course-of-action')
        .map(step => [step['description'], listAt(step, 'external_references').map(one => lineAt(one, 'url'))])
      assert.deepEqual(
        steps,
        bulletin.steps.map(({ text, link }) => [text, link === null ? [] : [link]]),
      )
      const facts = recordAt(recordAt(recordAt(recordAt(item.details, 'object'), 'extensions'), EXTENSION_ID), 'bulletin')
      assert.deepEqual(facts, { number: 'CC-5001', board_words: bulletin.facts['boardWords'], platforms: [{ platform: 'Records', versions: ['1'] }] })
    }),
  )
})

test('every object is what STIX 2.1 asks of one, and is marked by TLP 2.0', () => {
  fc.assert(
    fc.property(bulletins.map(bulletinOf), bulletin => {
      const objects = objectsOfBulletin(bulletin)
      assert.equal(new Set(objects.map(({ id }) => id)).size, objects.length)
      const known = new Set([...objects.map(({ id }) => id), CENTRE.id, ...Object.values(MARKING_IDS)])
      for (const object of objects) {
        assert.match(object.id, new RegExp(`^${object.type}--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`))
        assert.equal(object['spec_version'], '2.1')
        assert.deepEqual(object['object_marking_refs'], [MARKING_IDS[bulletin.origin.tlp]])
        for (const ref of refsOf(object)) assert.ok(known.has(ref), `${object.type} refers to ${ref}, which is not there`)
        assertSound(object, object.type)
      }
    }),
  )
})

test('the same bulletin has the same ids in every version, and another has others', () => {
  const [one] = fc.sample(bulletins, { numRuns: 1, seed: 7 })
  assert.ok(one)
  const ids = (bulletin: StixBulletin) => objectsOfBulletin(bulletin).map(({ id }) => id)
  const first = bulletinOf(one)
  assert.deepEqual(ids(first), ids({ ...first, origin: { ...first.origin, modified: at(9) }, title: 'Another title' }))
  assert.notDeepEqual(ids(first), ids({ ...first, origin: { ...first.origin, key: 'bul_2' } }))
})

test('a threat is called by its CVE only as the schema of OASIS has it: by the source cve, and else in words', () => {
  const origin = { key: 'thr_1', createdBy: CENTRE.id, tlp: 'AMBER' as const, created: at(2), modified: at(6) }
  const [report, flaw] = objectsOfThreat({
    origin,
    url: 'https://centre.example/threats/thr_1',
    title: 'A flaw',
    summary: '',
    cves: ['CVE-2050-0001'],
    steps: [],
    products: [],
    indicators: [],
    references: [
      { source: 'A catalogue', externalId: 'CVE-2050-0001', url: null },
      { source: 'A maker', externalId: 'ADV-1', url: 'https://maker.example/1' },
    ],
    sourceRefs: [],
    sightings: [],
    facts: {},
  })
  assert.deepEqual(listAt(report, 'external_references').slice(1), [
    { source_name: 'A catalogue', description: 'CVE-2050-0001' },
    { source_name: 'A maker', external_id: 'ADV-1', url: 'https://maker.example/1' },
  ])
  assert.deepEqual(listAt(flaw, 'external_references'), [
    { source_name: 'cve', external_id: 'CVE-2050-0001', url: 'https://www.cve.org/CVERecord?id=CVE-2050-0001' },
  ])
})

function refsOf(object: StixObject): readonly string[] {
  return Object.keys(object).flatMap(member =>
    member.endsWith('_ref') ? [lineAt(object, member) ?? ''] : member.endsWith('_refs') ? linesAt(object, member) : [],
  )
}

/** No member is empty, and names are of the kind that §3.1 allows. */
function assertSound(value: unknown, where: string): void {
  assert.ok(value !== null && value !== '' && !(Array.isArray(value) && value.length === 0), where)
  if (Array.isArray(value)) for (const [index, member] of value.entries()) assertSound(member, `${where}/${index}`)
  else if (isRecord(value))
    for (const [name, member] of Object.entries(value)) {
      assert.match(name, /^[a-z][a-z0-9_]{2,249}$|^id$|^extension-definition--/, where)
      assertSound(member, `${where}/${name}`)
    }
}
