import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { recognise } from './recognise.ts'

function formatOf(content: unknown): string | undefined {
  const batch = recognise(Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)))
  return batch.ok ? batch.value.format : batch.problems[0]?.rule
}

test('what a document holds says what it is', () => {
  assert.equal(formatOf({ catalogVersion: '1', vulnerabilities: [] }), 'kev-json')
  assert.equal(formatOf('\uFEFFcveID,vendorProject,product,vulnerabilityName,dateAdded\r\n'), 'kev-json')
  assert.equal(formatOf({ dataType: 'CVE_RECORD', cveMetadata: { cveId: 'CVE-2024-12345' } }), 'cve')
  assert.equal(formatOf({ format: 'NVD_CVE', vulnerabilities: [] }), 'nvd')
  assert.equal(formatOf({ pageSize: 10, items: [] }), 'nhs-cyber-alerts')
  assert.equal(formatOf({ document: { csaf_version: '2.0' }, vulnerabilities: [{ cve: 'CVE-2024-12345' }] }), 'csaf')
  assert.equal(formatOf({ vulnerabilities: [] }), 'gather.not-recognised')
  assert.equal(formatOf({ fetchTime: '2023-11-02T05:36:48.781Z', numberOfChanges: 0 }), 'cve.listing')
})

test('what was cut off, or nests without end, is refused whatever it is', () => {
  const record = JSON.stringify({ dataType: 'CVE_RECORD', cveMetadata: { cveId: 'CVE-2024-12345' }, containers: { cna: {} } })
  for (const share of [0.2, 0.6, 0.99]) assert.equal(formatOf(record.slice(0, record.length * share)), 'json.cut-off')
  assert.equal(formatOf(`{"format":"NVD_CVE","vulnerabilities":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 'json.too-deep')
})

test('every file of the reference data is known for what it is', { skip: skipWithoutSharedData }, () => {
  const folders = [
    ['kev/2025-*/*.{json,csv}', 'kev-json'],
    ['cve/**/CVE-*.json', 'cve'],
    ['nvd/api2-*/**/*.json', 'nvd'],
    ['csaf/cisa-medical/**/icsma-*.json', 'csaf'],
  ] as const
  for (const [pattern, format] of folders) {
    const files = globSync(sharedData(pattern))
    assert.ok(files.length > 0, pattern)
    for (const file of files) assert.equal(formatOf(readFileSync(file, 'utf8')), format, file)
  }
})
