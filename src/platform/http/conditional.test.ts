import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isUnchanged } from './conditional.ts'

const held = { etag: '"abc"', 'last-modified': 'Fri, 01 May 2026 10:00:00 GMT' }

test('who holds the very bytes has nothing to fetch, also where a proxy weakened the tag or several are named', () => {
  for (const tag of ['"abc"', 'W/"abc"', '"old", "abc"', '*']) assert.equal(isUnchanged({ 'if-none-match': tag }, held), true, tag)
  for (const tag of ['"old"', 'abc', '']) assert.equal(isUnchanged({ 'if-none-match': tag }, held), false, tag)
})

test('a time counts only where no tag is named', () => {
  const since = 'Fri, 01 May 2026 10:00:00 GMT'
  assert.equal(isUnchanged({ 'if-modified-since': since }, held), true)
  assert.equal(isUnchanged({ 'if-modified-since': 'Fri, 01 May 2026 09:59:59 GMT' }, held), false)
  assert.equal(isUnchanged({ 'if-modified-since': since, 'if-none-match': '"old"' }, held), false)
  assert.equal(isUnchanged({ 'if-modified-since': 'yesterday' }, held), false)
  assert.equal(isUnchanged({ 'if-modified-since': since }, { etag: '"abc"' }), false)
  assert.equal(isUnchanged({}, held), false)
})
