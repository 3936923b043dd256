import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePurl } from './purl.ts'

test('a package keeps its identity whatever its version, its qualifiers and the case of its type', () => {
  assert.deepEqual(parsePurl('pkg:npm/%40acme/gateway@1.2.3'), { identity: 'npm/@acme/gateway', version: '1.2.3' })
  assert.deepEqual(parsePurl('pkg:DEB/debian/openssl@3.0.11-1?arch=amd64'), { identity: 'deb/debian/openssl', version: '3.0.11-1' })
  assert.deepEqual(parsePurl('pkg:pypi/Django_Rest'), { identity: 'pypi/django-rest', version: null })
})

test('what is no package URL is none', () => {
  for (const written of ['', 'openssl', 'pkg:', 'pkg:npm', 'pkg:npm/', 'https://example.org/a', 'pkg:npm/a%ZZ@%'])
    assert.equal(parsePurl(written), undefined, written)
})
