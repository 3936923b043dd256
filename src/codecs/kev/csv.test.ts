import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { IntelligenceBatch } from '../../kernel/intelligence.ts'
import type { Result } from '../../kernel/problem.ts'
import { parseKevCatalogue } from './catalogue.ts'
import { parseKevCsv, recognisesKevCsv } from './csv.ts'

const HEADER = 'cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,knownRansomwareCampaignUse,notes,cwes'
const ROW =
  'CVE-2024-12345,Acme,"Infusion Gateway","Acme Injection, Remote",2024-07-01,"A ""command"" injection.",Patch it.,2024-07-22,Known,https://acme.example/a,"CWE-78, CWE-20"'

function valueOf(result: Result<IntelligenceBatch>): IntelligenceBatch {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function batchOf(...lines: readonly string[]): IntelligenceBatch {
  return valueOf(parseKevCsv(lines.map(line => `${line}\r\n`).join('')))
}

test('a row becomes the item that the entry of the JSON form becomes', () => {
  const [item] = batchOf(HEADER, ROW).items
  const entry = {
    cveID: 'CVE-2024-12345',
    vendorProject: 'Acme',
    product: 'Infusion Gateway',
    vulnerabilityName: 'Acme Injection, Remote',
    dateAdded: '2024-07-01',
    shortDescription: 'A "command" injection.',
    requiredAction: 'Patch it.',
    dueDate: '2024-07-22',
    knownRansomwareCampaignUse: 'Known',
    notes: 'https://acme.example/a',
    cwes: ['CWE-78', 'CWE-20'],
  }
  const json = valueOf(parseKevCatalogue(JSON.stringify({ catalogVersion: '1', vulnerabilities: [entry] })))
  assert.deepEqual(item, json.items[0])
  assert.equal(batchOf(HEADER, ROW).complete, true)
})

test('an old file without the column of ransomware use does not claim to know', () => {
  const batch = batchOf(
    'cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,notes',
    'CVE-2021-27104,Acme,FTA,Acme FTA Injection,2021-11-03,An injection.,Patch it.,2021-11-17,',
  )
  assert.equal(batch.items[0]?.kev?.knownRansomwareUse, null)
  assert.deepEqual(batch.items[0]?.details['cwes'], [])
})

test('the order of the columns is that of the header', () => {
  const batch = batchOf('dateAdded,product,vulnerabilityName,cveID,vendorProject', '2024-07-01,Gateway,Gateway Flaw,CVE-2024-12345,Acme')
  assert.equal(batch.items[0]?.products[0]?.maker, 'Acme')
  assert.equal(batch.items[0]?.kev?.dateAdded, '2024-07-01')
})

test('bad rows are put aside, each with its line, and nothing is withdrawn when one cannot be told from others', () => {
  const batch = batchOf(HEADER, ROW, 'CVE-2024-1', ROW.replace('12345', '22222').replace('2024-07-01', 'today'), ROW)
  assert.deepEqual(batch.rejected.map(({ position, externalId }) => [position, externalId]).toSorted(), [
    ['line 3', null],
    ['line 4', 'CVE-2024-22222'],
    ['line 5', 'CVE-2024-12345'],
  ])
  assert.equal(batch.complete, false)
  assert.equal(batchOf(HEADER, ROW, ROW.replace('12345', '22222').replace('2024-07-01', 'today')).complete, true)
})

test('a file that was cut off withdraws nothing', () => {
  const inQuotes = parseKevCsv(`${HEADER}\n${ROW.slice(0, 40)}`)
  assert.equal(inQuotes.problems[0]?.rule, 'kev.cut-off')
  assert.equal(inQuotes.ok, false)
  const inCell = parseKevCsv(`${HEADER}\n${ROW}\n${ROW.replace('12345', '22222')}`)
  assert.equal(valueOf(inCell).complete, false)
  assert.equal(inCell.problems[0]?.rule, 'kev.cut-off')
  const empty = parseKevCsv(`${HEADER}\n`)
  assert.deepEqual([valueOf(empty).complete, empty.problems[0]?.rule], [false, 'kev.empty'])
})

test('other files are not taken for it', () => {
  for (const text of ['', 'cve,epss,percentile\nCVE-2024-1234,0.1,0.2\n', 'CVE,CVSS3,EPSS\n', '{"cveID":1}', '<html>cveID,vendorProject']) {
    assert.equal(recognisesKevCsv(text), false, text)
    assert.equal(parseKevCsv(text).ok, false, text)
  }
  assert.equal(recognisesKevCsv(`\uFEFF"${HEADER.replaceAll(',', '","')}"\r\n`), true)
  assert.match(parseKevCsv('cveID,vendorProject\n').problems[0]?.message ?? '', /no column product, vulnerabilityName, dateAdded/)
})

test('hostile headers and cells reach nothing', () => {
  const batch = batchOf(`${HEADER},__proto__,constructor`, `${ROW},CVE-2020-0001,x`)
  assert.equal(batch.items[0]?.externalId, 'CVE-2024-12345')
  assert.equal(Object.hasOwn(Object.prototype, 'cveID'), false)
  assert.equal(parseKevCsv(`${HEADER}\n"${'x'.repeat(100_000)}`).ok, false)
  fc.assert(fc.property(fc.string(), text => typeof parseKevCsv(`${HEADER}\n${text}`).ok === 'boolean'))
})

test('the CSV and the JSON of one version give one state', { skip: skipWithoutSharedData }, () => {
  const csv = valueOf(parseKevCsv(readFileSync(sharedData('kev/2025-01-24/known_exploited_vulnerabilities.csv'), 'utf8')))
  const json = valueOf(parseKevCatalogue(readFileSync(sharedData('kev/2025-01-24/known_exploited_vulnerabilities.json'), 'utf8')))
  const byId = (batch: IntelligenceBatch) => new Map(batch.items.map(item => [item.externalId, item]))
  assert.deepEqual(byId(csv), byId(json))
  assert.deepEqual([csv.items.length, csv.rejected, csv.complete, csv.format], [1252, [], json.complete, json.format])
})
