import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { recognise } from './recognise.ts'

function formatOf(content: unknown): string | undefined {
  const batch = recognise(Buffer.isBuffer(content) ? content : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)))
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
  assert.equal(formatOf('<rss version="2.0"><channel><title>About CVRF and stix.mitre.org</title></channel></rss>'), 'feed')
  assert.equal(formatOf('<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>'), 'feed')
  assert.equal(formatOf({ version: 'https://jsonfeed.org/version/1.1', title: 'News', items: [] }), 'feed')
  assert.equal(formatOf({ type: 'bundle', id: 'bundle--00000000-0000-4000-8000-000000000001', objects: [] }), 'stix')
  assert.equal(formatOf({ more: false, objects: [] }), 'stix')
  assert.equal(formatOf({ Event: { uuid: '00000000-0000-4000-8000-000000000001', info: 'Attacks' } }), 'misp')
  assert.equal(formatOf('<stix:STIX_Package xmlns:stix="http://stix.mitre.org/stix-1"/>'), 'stix.version-1')
  assert.equal(formatOf('<cvrfdoc xmlns="http://www.icasi.org/CVRF/schema/cvrf/1.1"/>'), 'csaf.cvrf')
  assert.equal(formatOf('<!DOCTYPE html><html><body>Sign in</body></html>'), 'feed.web-page')
  assert.equal(formatOf({ fetchTime: '2023-11-02T05:36:48.781Z', numberOfChanges: 0 }), 'cve.listing')
})

test('a feed is read in any encoding, and by what it came with', () => {
  const bytes = Buffer.from('\uFEFF<rss version="2.0"><channel><item><title>Überblick</title><link>/1</link></item></channel></rss>', 'utf16le')
  const wide = recognise(bytes, { address: 'https://acme.example/feed' })
  assert.deepEqual(wide.ok && wide.value.items.map(item => [item.title, item.url]), [['Überblick', 'https://acme.example/1']])
  const latin = recognise(Buffer.from('<rss version="2.0"><channel><item><title>\xe9</title></item></channel></rss>', 'latin1'), {
    contentType: 'text/xml; charset=iso-8859-5',
  })
  assert.equal(latin.ok && latin.value.items[0]?.title, 'щ')
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
    ['rss/{jvn,node-feedparser,rss-parser/input,feedparser/encoding}/*.{xml,rss,atom,rdf}', 'feed'],
    ['stix/{attack/ics-*,attack-flow/*,misp-stix/*,oasis-examples/*,opencti/*,python-stix2/*,schemas-examples/*}.json', 'stix'],
    ['misp/eset-events/*.json', 'misp'],
  ] as const
  for (const [pattern, format] of folders) {
    const files = globSync(sharedData(pattern))
    assert.ok(files.length > 0, pattern)
    for (const file of files) assert.equal(formatOf(readFileSync(file)), format, file)
  }
})
