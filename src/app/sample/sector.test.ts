import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildSector, LARGEST } from './sector.ts'

test('the same seed gives the same sector, another seed another', () => {
  const first = buildSector({ organisations: 300, seed: 7 })
  assert.deepEqual(first, buildSector({ organisations: 300, seed: 7 }))
  assert.notDeepEqual(first, buildSector({ organisations: 300, seed: 8 }))
})

for (const organisations of [200, 2_000, LARGEST]) {
  test(`a sector of ${organisations} has that many, each with a code of its own, within one in a hundred`, () => {
    const sector = buildSector({ organisations, seed: 1 })
    const codes = new Set(sector.organisations.map(organisation => organisation.code))
    assert.equal(codes.size, sector.organisations.length)
    assert.ok(Math.abs(sector.organisations.length - organisations) <= organisations / 100)
  })
}

test('some contacts are missing, some are stale, and every address leads nowhere', () => {
  const { organisations } = buildSector({ organisations: 2_000, seed: 1 })
  const contacts = organisations.flatMap(organisation => organisation.contacts)
  assert.ok(organisations.some(organisation => organisation.contacts.length === 0))
  assert.ok(contacts.some(contact => contact.provedDaysAgo === null))
  assert.ok(contacts.every(contact => contact.email.endsWith('.sample.invalid')))
})
