import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortColumn, withQuery } from './links.ts'

test('an address keeps its filters, and leaves out what is empty', () => {
  assert.equal(withQuery('/threats', { q: 'a&b', state: '', type: ['x', 'y'] }, { cursor: null }), '/threats?q=a%26b&type=x&type=y')
  assert.equal(withQuery('/threats', {}), '/threats')
})

test('choosing a heading sorts by it, choosing it again turns it round, and either goes back to the first page', () => {
  const column = { text: 'Opened' }
  assert.deepEqual(sortColumn(column, 'opened', '/t', { q: 'x', cursor: 'c' }), { text: 'Opened', sort: 'none', href: '/t?q=x&sort=opened' })
  assert.deepEqual(sortColumn(column, 'opened', '/t', { sort: 'opened' }), { text: 'Opened', sort: 'ascending', href: '/t?sort=-opened' })
  assert.deepEqual(sortColumn(column, 'opened', '/t', { sort: '-opened' }), { text: 'Opened', sort: 'descending', href: '/t?sort=opened' })
})
