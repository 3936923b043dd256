import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { StoredItem } from '../gathering/model.ts'
import { factsOf, listed, placeItems, type KnownThreat, type ThreatItem } from './understanding.ts'

function place(items: readonly (readonly [string, readonly string[]])[], known: readonly KnownThreat[] = []) {
  let made = 0
  return placeItems(
    items.map(([id, cves]) => ({ id, cves })),
    known,
    () => `new-${(made += 1)}`,
  )
}

test('items that share a CVE are one threat, others are their own', () => {
  const placed = place([
    ['a', ['CVE-1']],
    ['b', ['CVE-2', 'CVE-1']],
    ['c', ['CVE-2']],
    ['d', ['CVE-3']],
  ])
  assert.deepEqual(
    placed.map(one => one.threatId),
    ['new-1', 'new-1', 'new-1', 'new-2'],
  )
})

test('an item without a CVE stands alone, and says so', () => {
  const placed = place([
    ['a', []],
    ['b', []],
  ])
  assert.deepEqual(
    placed.map(one => one.threatId),
    ['new-1', 'new-2'],
  )
  assert.equal(placed[0]?.why, 'It names no CVE, so it stands alone.')
})

test('an item between two threats joins the older, and both are told', () => {
  const known = [
    { id: 'old', cves: ['CVE-1'] },
    { id: 'young', cves: ['CVE-2', 'CVE-3'] },
  ]
  const [bridge] = place([['x', ['CVE-3', 'CVE-2', 'CVE-1']]], known)
  assert.equal(bridge?.threatId, 'old')
  assert.deepEqual(bridge?.others, [{ threatId: 'young', cves: ['CVE-3', 'CVE-2'] }])
  assert.equal(bridge?.why, 'It is about CVE-1, as this threat is. It is also about CVE-3 and CVE-2, which a newer threat holds.')
})

test('every item is placed once, and placing is the same however it is cut into documents', () => {
  const cve = fc.integer({ min: 1, max: 8 }).map(number => `CVE-${number}`)
  const itemsOf = fc
    .array(fc.uniqueArray(cve, { maxLength: 3 }), { maxLength: 12 })
    .map(list => list.map((cves, index) => ({ id: `i${index}`, cves })))
  fc.assert(
    fc.property(itemsOf, fc.nat(12), (items, cut) => {
      const newIds = () => {
        let made = 0
        return () => `t${(made += 1)}`
      }
      const whole = placeItems(items, [], newIds())
      assert.equal(whole.length, items.length)
      const id = newIds()
      const first = placeItems(items.slice(0, cut), [], id)
      const held = new Map<string, string[]>()
      for (const [index, one] of first.entries()) held.set(one.threatId, [...(held.get(one.threatId) ?? []), ...(items[index]?.cves ?? [])])
      const second = placeItems(
        items.slice(cut),
        [...held].map(([threat, cves]) => ({ id: threat, cves })),
        id,
      )
      assert.deepEqual(
        [...first, ...second].map(one => one.threatId),
        whole.map(one => one.threatId),
      )
    }),
  )
})

const ITEM: StoredItem = {
  externalId: 'X',
  title: 'First',
  summary: '',
  url: null,
  published: null,
  updated: null,
  cves: [],
  severity: null,
  cvssTenths: null,
  products: [],
  kev: null,
  tlp: null,
  withdrawn: false,
  references: [],
  details: {},
}

function item(changes: Partial<StoredItem>, format = 'csaf', isWithdrawn = false): ThreatItem {
  return { externalId: 'X', format, isWithdrawn, content: { ...ITEM, ...changes } }
}

test('the first gives the title, the worst the severity and score, the newest the date', () => {
  const facts = factsOf([
    item({ severity: 'medium', cvssTenths: 55, published: '2024-01-01T00:00:00.000Z' }),
    item({ title: 'Second', severity: 'critical', cvssTenths: 98, published: '2024-05-01T00:00:00.000Z', summary: 'Words' }),
  ])
  assert.deepEqual(
    [facts.title, facts.summary, facts.severity, facts.cvssTenths, facts.publishedAt?.toISOString()],
    ['First', 'Words', 'critical', 98, '2024-05-01T00:00:00.000Z'],
  )
})

test('the narrowest label counts, what is unmarked is never wider than its source, and a withdrawn item still binds', () => {
  assert.equal(factsOf([item({ tlp: 'CLEAR' }), item({ tlp: 'AMBER+STRICT' }, 'csaf', true)]).tlp, 'AMBER+STRICT')
  assert.equal(factsOf([item({}, 'kev-json')]).tlp, 'CLEAR')
  assert.equal(factsOf([item({}, 'csaf')]).tlp, 'GREEN')
  assert.equal(factsOf([item({}, 'something new')]).tlp, 'AMBER')
})

test('what is withdrawn counts no more, and a threat of which all is withdrawn is withdrawn', () => {
  const kev = { dateAdded: '2024-01-02', dueDate: null, knownRansomwareUse: true, requiredAction: '' } as unknown as StoredItem['kev']
  const facts = factsOf([item({ kev }, 'kev-json', true), item({ title: 'Live' })])
  assert.deepEqual([facts.kevSince, facts.title, facts.isWithdrawn], [null, 'Live', false])
  assert.equal(factsOf([item({ kev }, 'kev-json', true)]).isWithdrawn, true)
})

test('products are named once whatever the spelling, those said to be safe not at all', () => {
  const product = (maker: string, name: string, affected: boolean | null) => ({
    maker,
    product: name,
    version: null,
    cpe: null,
    purl: null,
    affected,
  })
  const { products } = factsOf([
    item({
      products: [
        product('B. Braun Melsungen AG', 'Infusomat', true),
        product('b braun melsungen', 'INFUSOMAT', null),
        product('Acme', 'Safe', false),
      ],
    }),
  ])
  assert.deepEqual(
    products.map(one => [one.makerKey, one.productKey]),
    [['b braun melsungen', 'infusomat']],
  )
})

test('many CVEs are shortened to a number', () => {
  assert.equal(listed(['A']), 'A')
  assert.equal(listed(['A', 'B']), 'A and B')
  assert.equal(listed(['A', 'B', 'C', 'D', 'E']), 'A, B, C and 2 more')
})
