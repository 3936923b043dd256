import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { listed } from './evidence.ts'
import { placeItems, type KnownThreat } from './placement.ts'
import { traitsOf, type ItemTraits } from './traits.ts'

const DAY = 86_400_000
const START = Date.UTC(2026, 0, 1)

interface Given {
  readonly title?: string
  readonly cves?: readonly string[]
  /** Days after the start; `null` for no date. */
  readonly day?: number | null
  readonly url?: string
  readonly references?: readonly string[]
  readonly externalId?: string
  readonly products?: readonly (readonly [string, string])[]
}

function item(id: string, { title = id, cves = [], day = 0, url, references = [], externalId = id, products = [] }: Given): ItemTraits {
  return traitsOf(id, day === null ? null : new Date(START + day * DAY), {
    externalId,
    title,
    cves,
    url: url ?? null,
    references,
    products: products.map(([maker, product]) => ({ maker, product, affected: true })),
  })
}

function place(items: readonly ItemTraits[], known: readonly KnownThreat[] = []) {
  let made = 0
  return placeItems(items, known, () => `new-${(made += 1)}`)
}

const threatsOf = (...items: readonly ItemTraits[]) => place(items).map(one => one.threatId)
const isOne = (a: Given, b: Given) => new Set(threatsOf(item('a', a), item('b', b))).size === 1

test('items that share a CVE are one threat, others are their own', () => {
  assert.deepEqual(
    threatsOf(
      item('a', { cves: ['CVE-2026-0001'] }),
      item('b', { cves: ['CVE-2026-0002', 'CVE-2026-0001'] }),
      item('c', { cves: ['CVE-2026-0002'] }),
      item('d', { cves: ['CVE-2026-0003'] }),
    ),
    ['new-1', 'new-1', 'new-1', 'new-2'],
  )
})

test('an item that nothing ties to another stands alone, and says so', () => {
  const placed = place([item('a', { title: 'Invented pump leaks' }), item('b', { title: 'Other matter entirely' })])
  assert.deepEqual(
    placed.map(one => one.threatId),
    ['new-1', 'new-2'],
  )
  assert.equal(placed[0]?.why, 'Nothing gathered before is about the same.')
})

test('an item between two threats joins the older, and both are told', () => {
  const known = [
    { id: 'old', items: [item('o', { cves: ['CVE-1'] })] },
    { id: 'young', items: [item('y', { cves: ['CVE-2', 'CVE-3'] })] },
  ]
  const [bridge] = place([item('x', { cves: ['CVE-3', 'CVE-2', 'CVE-1'] })], known)
  assert.equal(bridge?.threatId, 'old')
  assert.deepEqual(bridge?.others, [{ threatId: 'young', cves: ['CVE-3', 'CVE-2'] }])
  assert.equal(bridge?.why, 'It is about CVE-1, as this threat is. It is also about CVE-3 and CVE-2, which a newer threat holds.')
})

test('a roll-up of many CVEs glues nothing together', () => {
  const month = Array.from({ length: 60 }, (_, index) => `CVE-2026-1${String(index).padStart(3, '0')}`)
  const placed = place([item('month', { cves: month }), item('one', { cves: [month[3] ?? ''] }), item('two', { cves: [month[9] ?? ''] })])
  assert.equal(new Set(placed.map(one => one.threatId)).size, 3)
  assert.equal(placed[0]?.why, 'It lists 60 CVEs at once, so it stands alone.')
})

test('an item without CVE joins the one whose page or number it refers to, whichever came first', () => {
  const advisory = { cves: ['CVE-2026-0001'], externalId: 'ICSMA-26-010-01', url: 'https://www.vendor.example/advisories/ICSMA-26-010-01/' }
  assert.ok(isOne(advisory, { references: ['http://vendor.example/advisories/ICSMA-26-010-01?utm_source=mail#top'] }))
  assert.ok(isOne({ references: ['https://other.example/news/icsma-26-010-01.html'] }, advisory))
  assert.ok(!isOne(advisory, { references: ['https://www.vendor.example/'] }), 'a front page is nobody’s')
  assert.ok(
    !isOne({ references: ['https://x.example/page'] }, { references: ['https://x.example/page'] }),
    'to refer to one page is not to be about one thing',
  )
  const [, joined] = place([item('a', advisory), item('b', { references: [advisory.url] })])
  assert.equal(joined?.why, 'It and “a” refer to one page or number (vendor.example/advisories/ICSMA-26-010-01).')
})

test('titles that nearly agree within a fortnight are one; other figures, a longer time or other CVEs keep them apart', () => {
  const said = { title: 'Critical vulnerability in Invented Infusion Gateway firmware', cves: ['CVE-2026-0001'] }
  assert.ok(isOne(said, { title: 'Invented infusion gateway firmware flaw exploited', day: 6 }))
  assert.ok(!isOne(said, { title: 'Invented infusion gateway firmware flaw exploited', day: 16 }))
  assert.ok(!isOne(said, { title: 'Invented infusion gateway firmware flaw exploited', day: null }))
  assert.ok(!isOne(said, { title: 'Invented infusion gateway firmware flaw exploited', cves: ['CVE-2026-0002'] }))
  assert.ok(!isOne({ title: 'Invented browser engine update 102' }, { title: 'Invented browser engine update 115' }))
  assert.ok(!isOne({ title: 'Security update' }, { title: 'Security update' }), 'words that every title has prove nothing')
})

test('a title that names maker and product of another item within a week belongs to it', () => {
  const advisory = { title: 'ICS medical advisory', cves: ['CVE-2026-0001'], products: [['Invented Healthcare GmbH', 'Vivid Monitor']] as const }
  assert.ok(isOne(advisory, { title: 'Hospitals told to unplug Invented Healthcare Vivid Monitor', day: 5 }))
  assert.ok(!isOne(advisory, { title: 'Hospitals told to unplug Invented Healthcare Vivid Monitor', day: 9 }))
  assert.ok(!isOne(advisory, { title: 'Hospitals told to unplug Invented Healthcare pumps', day: 5 }))
  assert.ok(!isOne({ ...advisory, products: [['Invented', 'OS']] }, { title: 'Invented OS in the news', day: 1 }), 'two letters prove nothing')
})

test('what reads like two threats equally joins neither, and says so; one that it refers to decides', () => {
  const known = ['one', 'two'].map(id => ({
    id,
    items: [item(id, { title: `Invented browser ${id}`, cves: [`CVE-${id}`], products: [['Invented', 'Browser']], url: `https://x.example/${id}` })],
  }))
  const [doubtful] = place([item('x', { title: 'Invented Browser under attack' })], known)
  assert.deepEqual([doubtful?.isFounder, doubtful?.doubtful], [true, ['one', 'two']])
  assert.match(doubtful?.why ?? '', /more than one threat/)
  const [decided] = place([item('x', { title: 'Invented Browser under attack', references: ['https://x.example/two'] })], known)
  assert.equal(decided?.threatId, 'two')
})

test('a CVE is stronger than any likeness, and the stronger tie wins over the older threat', () => {
  const known = [
    { id: 'alike', items: [item('o', { title: 'Invented infusion gateway firmware' })] },
    { id: 'same', items: [item('y', { cves: ['CVE-2026-0001'] })] },
  ]
  const [placed] = place([item('x', { title: 'Invented infusion gateway firmware', cves: ['CVE-2026-0001'] })], known)
  assert.equal(placed?.threatId, 'same')
})

test('every item is placed once, and placing is the same however it is cut into documents', () => {
  const cve = fc.integer({ min: 1, max: 8 }).map(number => `CVE-2026-${number}`)
  const title = fc.constantFrom('Invented gateway firmware flaw', 'Invented gateway firmware', 'Other pump console display', 'Pump console display')
  const itemsOf = fc
    .array(fc.tuple(fc.uniqueArray(cve, { maxLength: 3 }), title, fc.nat(20)), { maxLength: 12 })
    .map(list => list.map(([cves, words, day], index) => item(`i${index}`, { cves, title: words, day })))
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
      const held = new Map<string, ItemTraits[]>()
      for (const [index, one] of first.entries()) held.set(one.threatId, [...(held.get(one.threatId) ?? []), ...items.slice(index, index + 1)])
      const second = placeItems(
        items.slice(cut),
        [...held].map(([threat, own]) => ({ id: threat, items: own })),
        id,
      )
      assert.deepEqual(
        [...first, ...second].map(one => one.threatId),
        whole.map(one => one.threatId),
      )
    }),
  )
})

test('many CVEs are shortened to a number', () => {
  assert.equal(listed(['A']), 'A')
  assert.equal(listed(['A', 'B']), 'A and B')
  assert.equal(listed(['A', 'B', 'C', 'D', 'E']), 'A, B, C and 2 more')
})
