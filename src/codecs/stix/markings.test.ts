import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AMBER, bundleOf, idOf, indicatorOf, itemOf, objectOf, RED, relate, STRICT, TIMES, valueOf, WHITE } from '../../../test/support/stix.ts'
import { linesAt } from '../../kernel/json.ts'
import { tlpRank, type Tlp } from '../../kernel/tlp.ts'
import { readStix } from './bundle.ts'

const OWN = (definition: object, number = 1) => ({
  type: 'marking-definition',
  id: idOf('marking-definition', number),
  spec_version: '2.1',
  created: TIMES.created,
  ...definition,
})

test('markings are obeyed: both protocols, AMBER+STRICT, parts, and what is not understood is RED and said', () => {
  const labelled = (members: object, ...definitions: readonly object[]) =>
    itemOf(bundleOf(indicatorOf(1, members), ...definitions), idOf('indicator'))
  const own = idOf('marking-definition')
  const cases: readonly (readonly [object, readonly object[], Tlp | null, number])[] = [
    [{}, [], null, 0],
    [{ object_marking_refs: [] }, [], null, 0],
    [{ object_marking_refs: [WHITE] }, [], 'CLEAR', 0],
    [{ object_marking_refs: [WHITE, STRICT] }, [], 'AMBER+STRICT', 0],
    [{ object_marking_refs: [AMBER] }, [OWN({ id: AMBER, definition_type: 'tlp', definition: { tlp: 'white' } })], 'AMBER', 0],
    [{ object_marking_refs: [WHITE], granular_markings: [{ marking_ref: RED, selectors: ['description'] }] }, [], 'RED', 0],
    [{ object_marking_refs: [WHITE], granular_markings: [{ lang: 'fr', selectors: ['name'] }] }, [], 'CLEAR', 0],
    [{ object_marking_refs: [own] }, [OWN({ definition_type: 'tlp', definition: { tlp: 'green' } })], 'GREEN', 0],
    [{ object_marking_refs: [own] }, [OWN({ definition_type: 'TLP', definition: { TLP: 'TLP:AMBER+STRICT' } })], 'AMBER+STRICT', 0],
    [
      { object_marking_refs: [own] },
      [
        OWN({
          name: 'TLP:AMBER+STRICT',
          extensions: {
            'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d': { extension_type: 'property-extension', tlp_2_0: 'amber+strict' },
          },
        }),
      ],
      'AMBER+STRICT',
      0,
    ],
    [{ object_marking_refs: [own] }, [OWN({ definition_type: 'statement', definition: { statement: '(c) Acme' } })], null, 0],
    [{ object_marking_refs: [own, WHITE] }, [OWN({ name: 'PAP:RED', extensions: {} })], 'CLEAR', 0],
    [{ object_marking_refs: [own] }, [OWN({ definition_type: 'tlp', definition: { tlp: 'purple' } })], 'RED', 1],
    [{ object_marking_refs: [own] }, [OWN({ definition_type: 'iep', definition: {} })], 'RED', 1],
    [{ object_marking_refs: [own, WHITE] }, [], 'RED', 1],
    [{ object_marking_refs: AMBER }, [], 'RED', 1],
    [{ object_marking_refs: [7] }, [], 'RED', 1],
    [{ granular_markings: [{ selectors: ['name'] }] }, [], 'RED', 1],
  ]
  for (const [members, definitions, tlp, faults] of cases) {
    const item = labelled(members, ...definitions)
    assert.deepEqual(
      [item.tlp, item.faults?.filter(fault => fault.rule === 'stix.marking').length],
      [tlp, faults],
      JSON.stringify([members, definitions]),
    )
  }
  const earlier = [OWN({ definition_type: 'tlp', definition: { tlp: 'green' } })]
  assert.equal(valueOf(readStix(bundleOf(indicatorOf(1, { object_marking_refs: [own] })), earlier)).items[0]?.tlp, 'GREEN')
})

test('nothing that is marked narrowly is told in an item with a wider label', () => {
  const secret = { object_marking_refs: [RED] }
  const report = objectOf('report', {
    object_marking_refs: [WHITE],
    object_refs: [idOf('indicator'), idOf('indicator', 2), idOf('indicator', 3), idOf('vulnerability'), idOf('software')],
  })
  const json = bundleOf(
    report,
    indicatorOf(1, { ...secret, name: 'SECRET' }),
    indicatorOf(2, { object_marking_refs: [WHITE] }),
    indicatorOf(3, { name: 'UNLABELLED' }),
    objectOf('vulnerability', { ...secret, name: 'CVE-2024-0666', description: 'SECRET' }),
    { type: 'software', id: idOf('software'), spec_version: '2.1', name: 'SECRET', ...secret },
    objectOf('note', { ...secret, content: 'SECRET', object_refs: [idOf('report')] }),
    objectOf('course-of-action', { ...secret, name: 'SECRET' }),
    objectOf('identity', { ...secret, name: 'SECRET' }),
    relate('mitigates', idOf('course-of-action'), idOf('report'), { description: 'UNLABELLED' }, 1),
    relate('related-to', idOf('indicator', 2), idOf('report'), { ...secret, description: 'SECRET' }, 2),
    {
      type: 'sighting',
      id: idOf('sighting'),
      ...TIMES,
      ...secret,
      sighting_of_ref: idOf('indicator', 2),
      last_seen: '2024-06-06T00:00:00Z',
      count: 666,
    },
  )
  const item = itemOf(json, idOf('report'))
  const told = JSON.stringify({ ...item, indicators: item.indicators?.filter(indicator => indicator.tlp !== 'RED') })
  assert.doesNotMatch(told, /SECRET|UNLABELLED|0666|666|evil1|evil3/)
  assert.deepEqual(
    item.indicators?.map(({ value, tlp }) => [value, tlp]),
    [
      ['evil1.example', 'RED'],
      ['evil2.example', 'CLEAR'],
    ],
  )
  assert.deepEqual(linesAt(item.details, 'withheld').toSorted(), [
    idOf('course-of-action'),
    idOf('indicator', 3),
    idOf('note'),
    idOf('relationship', 2),
    idOf('software'),
    idOf('vulnerability'),
  ])
  assert.equal(itemOf(json, idOf('indicator', 2)).indicators?.[0]?.lastSeen, null)
  assert.deepEqual(itemOf(json, idOf('vulnerability')).tlp, 'RED')
})

test('an item never says more than the narrowest label of what it tells allows, whatever the labels', () => {
  const label = fc.constantFrom<readonly [string, Tlp]>([WHITE, 'CLEAR'], [AMBER, 'AMBER'], [STRICT, 'AMBER+STRICT'], [RED, 'RED'])
  fc.assert(
    fc.property(label, fc.array(fc.option(label), { minLength: 1, maxLength: 8 }), ([mark, tlp], labels) => {
      const marks = (other: readonly [string, Tlp] | null) => (other === null ? {} : { object_marking_refs: [other[0]] })
      const flaws = labels.map((other, at) => objectOf('vulnerability', { ...marks(other), name: `CVE-2024-${9_000 + at}` }, at))
      const report = objectOf('report', { object_marking_refs: [mark], object_refs: flaws.map(flaw => flaw['id']) })
      const { cves } = itemOf(bundleOf(report, ...flaws), idOf('report'))
      for (const [at, other] of labels.entries())
        assert.equal(cves.includes(`CVE-2024-${9_000 + at}`), tlp === 'RED' || (other !== null && tlpRank(other[1]) <= tlpRank(tlp)))
    }),
  )
})
