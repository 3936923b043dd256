import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../test/support/shared-data.ts'
import { cweIdsIn, parseCveId, parseCweId } from './identifiers.ts'

test('a CVE identifier is a year and at least four digits', () => {
  assert.equal(parseCveId(' cve-2024-12345 '), 'CVE-2024-12345')
  assert.equal(parseCveId('CVE-1999-0001'), 'CVE-1999-0001')
  for (const text of ['', 'CVE-24-1234', 'CVE-2024-123', `CVE-2024-${'1'.repeat(20)}`, 'CVE-2024-1234 and more', 'CVE-2024-١٢٣٤'])
    assert.equal(parseCveId(text), undefined, text)
})

test('a CWE identifier is a number without leading zeros', () => {
  assert.equal(parseCweId('cwe-79'), 'CWE-79')
  for (const text of ['', '79', 'CWE-', 'CWE-0', 'CWE-079', 'CWE-1234567', 'CWE-79 XSS', 'NVD-CWE-Other', 'CWE-noinfo'])
    assert.equal(parseCweId(text), undefined, text)
})

test('CWE identifiers are found in a text, each once', () => {
  assert.deepEqual(cweIdsIn('CWE-79: Cross-site scripting (XSS), see CWE-80 and cwe-79'), ['CWE-79', 'CWE-80'])
  assert.deepEqual(cweIdsIn('NVD-CWE-Other, NVD-CWE-79, CWE-79x, CWE-'), [])
})

test('every identifier of the list of MITRE is well formed', { skip: skipWithoutSharedData }, () => {
  const ids = readFileSync(sharedData('cvss/cwe_4.20_2026-04-30.csv'), 'utf8')
    .split('\n')
    .map(line => /^(\d+)\t/.exec(line)?.[1])
    .filter(id => id !== undefined)
  assert.ok(ids.length > 900)
  for (const id of ids) assert.equal(parseCweId(`CWE-${id}`), `CWE-${id}`)
})
