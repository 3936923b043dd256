import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { Result } from '../../kernel/problem.ts'
import { parseTechnologyCsv } from './csv.ts'
import { NAMED_MAPPINGS, parseMapping } from './mapping.ts'
import type { TechnologyFile } from './technology.ts'

const HEADER = 'organisation,maker,product,version,count,as_of\n'

function valueOf(result: Result<TechnologyFile>): TechnologyFile {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function reasonOf(row: string): string {
  const file = valueOf(parseTechnologyCsv(`${HEADER}${row}\nRZ9,Acme,Spare,,,\n`))
  assert.deepEqual(
    file.rows.map(kept => kept.product),
    ['Spare'],
  )
  assert.equal(file.rejected[0]?.position, 'line 2')
  return file.rejected[0].reason
}

test('a row says what an organisation runs, how many, and when that was true', () => {
  const file = valueOf(parseTechnologyCsv(`${HEADER}rz1, Acme ,"Gateway, large",9.1,"1,200",31/01/2024\nRZ2,,Viewer,,,\n`))
  assert.deepEqual(file.rows, [
    {
      position: 'line 2',
      organisationCode: 'RZ1',
      maker: 'Acme',
      product: 'Gateway, large',
      version: '9.1',
      count: 1200,
      asOf: '2024-01-31',
      purl: null,
      cpe: null,
    },
    { position: 'line 3', organisationCode: 'RZ2', maker: '', product: 'Viewer', version: null, count: null, asOf: null, purl: null, cpe: null },
  ])
  assert.deepEqual(file.rejected, [])
})

test('headings may come in any order and case, with columns that nobody asked for, without those that may lack', () => {
  const file = valueOf(parseTechnologyCsv('\uFEFFPRODUCT;Colour;Organisation\nGateway;red;RZ1\n'))
  assert.deepEqual(
    file.rows.map(row => [row.organisationCode, row.product, row.count]),
    [['RZ1', 'Gateway', null]],
  )
})

test('a bad row is put aside with its line and its reason, the rest counts', () => {
  assert.match(reasonOf(',Acme,Gateway,,,'), /organisation is missing/)
  assert.match(reasonOf('1 High Street,Acme,Gateway,,,'), /"1 HIGH STREET" is not the code/)
  assert.match(reasonOf('RZ1,Acme,-,,,'), /product is missing/)
  assert.match(reasonOf('RZ1,Acme,Gateway,,many,'), /"many" is not a whole number/)
  assert.match(reasonOf('RZ1,Acme,Gateway,,0,'), /from 1 to/)
  assert.match(reasonOf('RZ1,Acme,Gateway,,,2024-02-30'), /not a date/)
  assert.match(reasonOf('RZ1,Acme,Gateway'), /has 3 columns, and the header has 6/)
  assert.match(reasonOf(`RZ1,Acme,${'x'.repeat(301)},,,`), /longer than 300/)
})

test('what a spreadsheet would run as a formula is not taken in', () => {
  for (const cell of ['=cmd|calc!A0', '+1+2', '-2+3', '@SUM(A1)', "'=1", '"\t=1"', ' =1'])
    assert.match(reasonOf(`RZ1,Acme,${cell},,,`), /begins like a formula/)
  const file = valueOf(parseTechnologyCsv(`${HEADER}RZ1,-,@angular/core,-,,\n`))
  assert.deepEqual(
    file.rows.map(row => [row.maker, row.product, row.version]),
    [['', '@angular/core', null]],
  )
})

test('control characters do not get into names', () => {
  const file = valueOf(parseTechnologyCsv(`${HEADER}RZ1,Ac\u0000me,"Gate\u0007way\n\u202Etxt",,,\n`))
  assert.deepEqual(
    file.rows.map(row => [row.maker, row.product]),
    [['Acme', 'Gateway txt']],
  )
})

test('the same product of the same organisation counts once, however it is spelt', () => {
  const file = valueOf(parseTechnologyCsv(`${HEADER}RZ1,Acme Ltd,Gateway,1,5,\nRZ1,ACME,gateway,1,7,\nRZ1,Acme,Gateway,2,,\n`))
  assert.deepEqual(
    file.rows.map(row => row.count),
    [5, null],
  )
  assert.match(file.rejected[0]?.reason ?? '', /^Line 2 says the same/)
})

test('a file without the columns it needs is refused, saying which and what it has', () => {
  const result = parseTechnologyCsv('org,system\nRZ1,Gateway\n')
  assert.deepEqual(
    result.problems.map(problem => problem.rule),
    ['technology.header'],
  )
  assert.match(result.problems[0]?.message ?? '', /lacks "organisation" and "product"; it has: org, system/)
  assert.match(parseTechnologyCsv('organisation,product,product\n').problems[0]?.message ?? '', /Two columns/)
  const rules = ['', '<bom/>', '{"bomFormat":"CycloneDX"}', `${HEADER}RZ1,"Acme`, `${HEADER}RZ1,"A"c,Gateway,,,`].map(
    text => parseTechnologyCsv(text).problems[0]?.rule,
  )
  assert.deepEqual(rules, ['technology.empty', 'technology.header', 'technology.header', 'technology.cut-off', 'technology.quotes'])
})

test('a mapping is named, or written as pairs', () => {
  assert.deepEqual(parseMapping(' GP-system-supplier '), { ok: true, value: NAMED_MAPPINGS['gp-system-supplier'], problems: [] })
  const written = parseMapping('organisation=Site, product=System Name ,as_of=Seen')
  assert.deepEqual(written.ok && written.value, {
    organisation: 'Site',
    product: 'System Name',
    maker: null,
    version: null,
    count: null,
    asOf: 'Seen',
  })
  for (const text of ['', 'constructor', '__proto__=x', 'organisation=Site', 'colour=red', 'organisation=,product=x'])
    assert.equal(parseMapping(text).ok, false, text)
})

test('a column that a person named must be there', () => {
  const mapping = parseMapping('organisation=Site,product=System,count=Number')
  assert.ok(mapping.ok)
  assert.match(parseTechnologyCsv('Site,System\nRZ1,X\n', mapping.value).problems[0]?.message ?? '', /lacks "Number"/)
  assert.deepEqual(
    valueOf(parseTechnologyCsv('Site,System,Number\nRZ1,X,4\n', mapping.value)).rows.map(row => row.count),
    [4],
  )
})

test('no text makes the reader throw', () => {
  const cell = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('RZ1', '=', '"', '\r', '31/12/2020'))
  const rows = fc.array(
    fc.array(cell, { minLength: 5, maxLength: 7 }).map(cells => cells.join(',')),
    { maxLength: 5 },
  )
  fc.assert(fc.property(rows, lines => typeof parseTechnologyCsv(HEADER + lines.join('\n')).ok === 'boolean'))
  fc.assert(fc.property(fc.string(), text => typeof parseTechnologyCsv(text).ok === 'boolean' && typeof parseMapping(text).ok === 'boolean'))
})

test('the real list of practice systems is read, with its mapping and without', { skip: skipWithoutSharedData }, () => {
  const text = readFileSync(sharedData('ods/gp-system-supplier.csv'), 'utf8')
  const file = valueOf(parseTechnologyCsv(text, NAMED_MAPPINGS['gp-system-supplier']))
  assert.deepEqual([file.rows.length, file.rejected.length], [6_640, 0])
  const running = (product: string) => file.rows.filter(row => row.product === product && row.maker === product).length
  assert.deepEqual([running('EMIS'), running('TPP')], [4_125, 2_515])
  assert.deepEqual(valueOf(parseTechnologyCsv(text)), file)
})
