import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWebAddress } from './web-address.ts'

test('http and https addresses are read', () => {
  assert.equal(parseWebAddress(' https://www.first.org/tlp/ '), 'https://www.first.org/tlp/')
})

test('nothing else is a web address', () => {
  for (const text of [
    'javascript:alert(1)',
    'data:text/html,x',
    '/cyber-alerts',
    'https://',
    'https://user:secret@example.org/',
    'ftp://example.org/',
    'java\nscript:x',
  ]) {
    assert.equal(parseWebAddress(text), undefined, text)
  }
})
