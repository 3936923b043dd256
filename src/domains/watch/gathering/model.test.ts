import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IntelligenceItem } from '../../../kernel/intelligence.ts'
import { changedFields, contentHash, fateOf, isMaterial, toStored, type HeldItem } from './model.ts'

const ITEM: IntelligenceItem = {
  externalId: 'A-1',
  title: 'Title',
  summary: '',
  url: null,
  published: null,
  updated: new Date('2026-02-01T00:00:00Z'),
  cves: [],
  severity: null,
  cvssTenths: null,
  products: [],
  kev: null,
  tlp: null,
  withdrawn: false,
  references: [],
  details: { notes: 'a', updates: [] },
}
const HELD: HeldItem = { id: 'itm_1', externalId: 'A-1', contentHash: contentHash(toStored(ITEM)), changedAt: ITEM.updated, isWithdrawn: false }

function fate(changes: Partial<IntelligenceItem>, held: Partial<HeldItem> | null = {}) {
  const item = { ...ITEM, ...changes }
  return fateOf(item, contentHash(toStored(item)), held === null ? undefined : { ...HELD, ...held })
}

test('an item is added once, and changes only when it says something else', () => {
  assert.equal(fate({}, null), 'added')
  assert.equal(fate({}), 'unchanged')
  assert.equal(fate({ title: 'Other' }), 'changed')
})

test('an older copy of an item undoes nothing', () => {
  assert.equal(fate({ title: 'Old', updated: new Date('2026-01-01T00:00:00Z') }), 'unchanged')
  assert.equal(fate({ title: 'Undated', updated: null }), 'changed')
})

test('an item that says it is withdrawn goes, and may come back', () => {
  assert.equal(fate({ withdrawn: true }), 'withdrawn')
  assert.equal(fate({}, { isWithdrawn: true }), 'returned')
})

test('the order of members does not change what an item says', () => {
  const reordered = toStored({ ...ITEM, details: { updates: [], notes: 'a' } })
  assert.equal(contentHash(reordered), HELD.contentHash)
  assert.deepEqual(changedFields(toStored(ITEM), reordered), [])
})

test('what changed is named to the member, and only what alters what to do is material', () => {
  const fields = changedFields(toStored(ITEM), toStored({ ...ITEM, title: 'T', cvssTenths: 98, details: { notes: 'b', updates: [] } }))
  assert.deepEqual(fields, ['title', 'cvssTenths', 'details.notes'])
  assert.ok(isMaterial(fields))
  assert.ok(!isMaterial(['title', 'details.notes']))
})
