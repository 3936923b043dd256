import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredItem } from '../gathering/model.ts'
import { factsOf, type ThreatItem } from './understanding.ts'

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
