import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { Result } from '../../kernel/problem.ts'
import { parseOdsFile, parseOdsText } from './file.ts'
import { kindOfFileName } from './layouts.ts'
import type { OdsFile, OdsOrganisation } from './organisation.ts'

const TRUST = {
  1: 'RZ1',
  2: 'INVENTED NHS TRUST',
  3: 'Y56',
  4: 'QMJ',
  5: '1 HIGH STREET',
  8: 'LONDON',
  10: 'ab1 2cd',
  11: '20010401',
  18: '020 7946 0000',
  24: 'H',
}
const PRACTICE = { 1: 'Z81001', 2: 'INVENTED SURGERY', 3: 'Y63', 4: 'QHM', 11: '19740401', 13: 'A', 14: 'B', 15: '00L', 16: '20130401', 26: '4' }

/** A row of an extract, its cells by their number in the ODS guides, from 1. */
function row(...cells: Readonly<Record<number, string>>[]): string {
  const merged = new Map(cells.flatMap(Object.entries<string>))
  return Array.from({ length: 27 }, (_, index) => `"${merged.get(String(index + 1)) ?? ''}"`).join(',')
}

function csv(...rows: readonly string[]): string {
  return rows.map(line => `${line}\r\n`).join('')
}

function valueOf(result: Result<OdsFile>): OdsFile {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function only(text: string, fileName?: string): OdsOrganisation {
  const organisation = valueOf(parseOdsText(text, fileName)).organisations[0]
  assert.ok(organisation !== undefined)
  return organisation
}

function refusalOf(result: Result<OdsFile>): { rule: string | undefined; message: string } {
  assert.equal(result.ok, false)
  const error = result.problems.find(problem => problem.severity === 'error')
  return { rule: error?.rule, message: error?.message ?? '' }
}

test('a row of the trusts becomes an organisation', () => {
  assert.deepEqual(only(csv(row(TRUST))), {
    code: 'RZ1',
    codeScheme: 'ods',
    name: 'INVENTED NHS TRUST',
    type: 'trust',
    subtype: null,
    regionCode: 'Y56',
    boardCode: 'QMJ',
    parentCode: null,
    addressLines: ['1 HIGH STREET', 'LONDON'],
    postcode: 'AB1 2CD',
    phone: '020 7946 0000',
    openedOn: '2001-04-01',
    closedOn: null,
    status: 'open',
    statusCode: null,
    country: 'England',
    prescribingSetting: null,
  })
})

test('a trust of Wales in the English file is not an English trust', () => {
  const byOffice = only(csv(row(TRUST, { 3: '', 4: '', 24: 'W' }), row(TRUST, { 1: 'RZ2' })))
  const byRegion = only(csv(row(TRUST, { 3: 'W00' }), row(TRUST, { 1: 'RZ2' })))
  assert.deepEqual([byOffice.type, byOffice.country, byRegion.type, byRegion.country], ['welsh-trust', 'Wales', 'welsh-trust', 'Wales'])
})

test('a practice is what prescribes as a GP practice, the rest of the file is not', () => {
  const file = valueOf(
    parseOdsText(csv(row(PRACTICE), row(PRACTICE, { 1: 'Z81002', 26: '25' }), row(PRACTICE, { 1: 'JER123', 3: '', 4: 'YAD', 14: 'Z', 26: '0' }))),
  )
  assert.equal(file.kind, 'epraccur')
  assert.deepEqual(
    file.organisations.map(({ type, country, parentCode }) => [type, country, parentCode]),
    [
      ['practice', 'England', '00L'],
      ['prescribing-cost-centre', 'England', '00L'],
      ['prescribing-cost-centre', 'Crown dependency', '00L'],
    ],
  )
})

test('a closing date or the status C makes an organisation closed; dormant ones are open', () => {
  const file = valueOf(
    parseOdsText(csv(row(PRACTICE, { 12: '20171031' }), row(PRACTICE, { 1: 'Z81002', 13: 'C' }), row(PRACTICE, { 1: 'Z81003', 13: 'D' }))),
  )
  assert.deepEqual(
    file.organisations.map(organisation => organisation.status),
    ['closed', 'closed', 'open'],
  )
})

test('the other files are known by their codes', () => {
  const kinds: [Record<number, string>, string, string][] = [
    [{ 1: 'TAX' }, 'ect', 'care-trust'],
    [{ 1: '00L', 14: 'RO319' }, 'eccg', 'sub-board'],
    [{ 1: 'A3A8R', 14: 'RO319|RO326' }, 'eccg', 'sub-board'],
    [{ 1: '13N', 14: 'RO218' }, 'eccg', 'commissioning-hub'],
    [{ 1: '0AR' }, 'ecsu', 'support-unit'],
    [{ 1: 'Y56' }, 'eauth', 'region'],
    [{ 1: 'QMJ' }, 'eauth', 'board'],
    [{ 1: 'Z81001001' }, 'ebranchs', 'branch-surgery'],
    [{ 1: 'FAA01' }, 'edispensary', 'pharmacy'],
    [{ 1: 'V00001' }, 'egdpprac', 'dentist'],
    [{ 1: 'VAA01' }, 'ecarehomesite', 'care-home'],
  ]
  for (const [cells, kind, type] of kinds) {
    const file = valueOf(parseOdsText(csv(row(TRUST, { 24: '' }, cells))))
    assert.deepEqual([file.kind, file.organisations[0]?.type], [kind, type])
  }
})

test('a code that says nothing of its kind goes with the rest of the file, or with the name of the file', () => {
  const file = valueOf(parseOdsText(csv(row(TRUST, { 1: 'G6V2S' }), row(TRUST))))
  assert.deepEqual(
    file.organisations.map(organisation => organisation.type),
    ['trust', 'trust'],
  )
  assert.equal(only(csv(row(TRUST, { 1: 'G6V2S' })), 'etr.csv').type, 'trust')
  assert.equal(only(csv(row(TRUST, { 1: 'A0AA' })), 'ecarehomehq.csv').type, 'care-home-operator')
  assert.equal(refusalOf(parseOdsText(csv(row(TRUST, { 1: 'G6V2S' })))).rule, 'ods.kind.unknown')
})

test('a file that is not what its name claims is refused', () => {
  assert.deepEqual(['etr.csv', '/tmp/epraccur-2019-12.csv', 'C:\\ods\\ECCG.csv', 'etruscans.csv', 'list.csv'].map(kindOfFileName), [
    'etr',
    'epraccur',
    'eccg',
    undefined,
    undefined,
  ])
  const { rule, message } = refusalOf(parseOdsText(csv(row(PRACTICE)), 'etr.csv'))
  assert.equal(rule, 'ods.kind.claim')
  assert.match(message, /NHS trusts.*GP practices/)
})

test('one row that does not belong refuses the file, naming its line', () => {
  const { rule, message } = refusalOf(parseOdsText(csv(row(TRUST), row(PRACTICE), row(TRUST, { 1: 'RZ2' }))))
  assert.equal(rule, 'ods.row.stranger')
  assert.match(message, /^Line 2: "Z81001"/)
})

test('cells that slipped into other columns refuse the file', () => {
  const faults: [Record<number, string>, RegExp][] = [
    [{ 11: '2001-04-01' }, /Line 2: column 11 is "2001-04-01"/],
    [{ 12: '20010231' }, /column 12/],
    [{ 3: 'LONDON' }, /column 3 .*region/],
    [{ 4: '1 HIGH STREET' }, /column 4/],
    [{ 2: ' ' }, /name in column 2/],
    [{ 1: 'rz2' }, /column 1 is "rz2"/],
    [{ 15: 'N/A' }, /column 15/],
  ]
  for (const [cells, pattern] of faults) {
    const { rule, message } = refusalOf(parseOdsText(csv(row(TRUST), row(TRUST, { 1: 'RZ2' }, cells))))
    assert.equal(rule, 'ods.row.cell')
    assert.match(message, pattern)
  }
})

test('headings on top of an extract are refused, saying to delete the line', () => {
  const headings = row({ 1: 'Organisation Code', 2: 'Name', 3: 'National Grouping', 11: 'Open Date' })
  const { rule, message } = refusalOf(parseOdsText(csv(headings, row(TRUST))))
  assert.equal(rule, 'ods.header')
  assert.match(message, /^Line 1: .*delete this line/)
})

test('a file that was cut off is refused wherever the cut falls, unless nothing of it is lost', () => {
  const whole = csv(row(TRUST), row(TRUST, { 1: 'RZ2', 2: 'SECOND, OF "TWO"'.replaceAll('"', '""') }))
  const firstRow = csv(row(TRUST)).length
  for (let length = firstRow + 1; length < whole.length - 4; length++) {
    assert.equal(refusalOf(parseOdsText(whole.slice(0, length))).rule, 'ods.cut-off', JSON.stringify(whole.slice(firstRow, length)))
  }
  assert.equal(valueOf(parseOdsText(whole.slice(0, -2))).organisations.length, 2)
})

test('wrong column counts, loose quotation marks and endless fields are refused, naming the line', () => {
  const oneMore = refusalOf(parseOdsText(csv(row(TRUST), `${row(TRUST, { 1: 'RZ2' })},""`, row(TRUST, { 1: 'RZ3' }))))
  assert.deepEqual([oneMore.rule, oneMore.message.startsWith('Line 2: this row has 28 columns')], ['ods.row.columns', true])
  assert.equal(refusalOf(parseOdsText(csv(row(TRUST), row(TRUST, { 1: 'RZ2', 2: 'A "B" C' })))).rule, 'ods.quotes')
  assert.equal(refusalOf(parseOdsText(csv(row(TRUST, { 2: 'x'.repeat(501) })))).rule, 'ods.oversized')
  assert.equal(refusalOf(parseOdsText(csv(row(TRUST, { 2: 'x'.repeat(1_000_000) })))).rule, 'ods.oversized')
})

test('what is not CSV at all is refused for its own reason', () => {
  const rules = ['', ' \r\n', '<!doctype html>', '{"Organisations":[]}', 'RZ1,\0', 'a;b;c\n', 'a\n'].map(text => refusalOf(parseOdsText(text)).rule)
  assert.deepEqual(rules, ['ods.empty', 'ods.empty', 'ods.kind.unknown', 'ods.kind.unknown', 'ods.nul', 'ods.kind.unknown', 'ods.kind.unknown'])
})

test('encodings: UTF-8 with its mark, Windows-1252 with a warning, UTF-16 refused', () => {
  const text = csv(row(TRUST, { 2: 'YSBYTY CAFÉ' }))
  assert.equal(valueOf(parseOdsFile(Buffer.from(`\uFEFF${text}`))).organisations[0]?.name, 'YSBYTY CAFÉ')
  const old = parseOdsFile(Buffer.from(text, 'latin1'))
  assert.equal(valueOf(old).organisations[0]?.name, 'YSBYTY CAFÉ')
  assert.equal(old.problems[0]?.rule, 'encoding.windows-1252')
  assert.equal(refusalOf(parseOdsFile(Buffer.from(`\uFEFF${text}`, 'utf16le'))).rule, 'encoding.utf-16')
})

test('a code that stands twice is taken once when both say the same, and refuses the file when they do not', () => {
  const same = parseOdsText(csv(row(TRUST), row(TRUST)))
  assert.equal(valueOf(same).organisations.length, 1)
  assert.equal(same.problems[0]?.rule, 'ods.row.repeated')
  const { rule, message } = refusalOf(parseOdsText(csv(row(TRUST), row(TRUST, { 2: 'ANOTHER' }))))
  assert.equal(rule, 'ods.row.contradiction')
  assert.match(message, /^Line 2: RZ1 stands on line 1 too/)
})

test('a long list of faults is shortened', () => {
  const result = parseOdsText(csv(row(TRUST), ...Array.from({ length: 50 }, () => row(TRUST, { 11: 'x' }))))
  assert.equal(result.problems.length, 11)
  assert.match(result.problems.at(-1)?.message ?? '', /40 more/)
})

test('a lookup gives regions, boards and sub-boards, whatever its year, with a mark at its start', () => {
  const lookup =
    '\uFEFFSICBL25CD,SICBL25CDH,SICBL25NM,ICB25CD,ICB25CDH,ICB25NM,NHSER25CD,NHSER25CDH,NHSER25NM,ObjectId\nE1,00L,Place A,E2,QXX,Invented Board,E3,Y99,Nowhere,1\nE4,00M,Place B,E2,QXX,Invented Board,E3,Y99,Nowhere,2\n'
  const file = valueOf(parseOdsFile(Buffer.from(lookup)))
  assert.deepEqual(
    file.organisations.map(({ code, type, regionCode, boardCode }) => [code, type, regionCode, boardCode]),
    [
      ['Y99', 'region', null, null],
      ['QXX', 'board', 'Y99', null],
      ['00L', 'sub-board', 'Y99', 'QXX'],
      ['00M', 'sub-board', 'Y99', 'QXX'],
    ],
  )
  const contradiction = refusalOf(parseOdsText(lookup.replace('Invented Board', 'Other Board')))
  assert.match(contradiction.message, /^Line 3: QXX stands on line 2 too/)
  assert.equal(refusalOf(parseOdsText(lookup.slice(0, -15))).rule, 'ods.cut-off')
})

test('a list without codes is refused: its organisations could not be told apart later', () => {
  assert.equal(refusalOf(parseOdsText('name,type,address,postcode\nSmile,Dentist,1 Road,AB1 2CD\n')).rule, 'ods.list.no-codes')
  assert.match(refusalOf(parseOdsText('ODSCode,Supplier\nA81001,TPP\n')).message, /technology import/)
})

test('no bytes make the reader throw', () => {
  const cell = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('RZ1', 'Y56', '20010401', '"', '__proto__', ''))
  const lines = fc.array(
    fc.array(cell, { minLength: 26, maxLength: 28 }).map(cells => cells.join(',')),
    { maxLength: 4 },
  )
  fc.assert(
    fc.property(
      fc.oneof(
        lines.map(rows => rows.join('\n')),
        fc.string(),
      ),
      text => typeof parseOdsText(text).ok === 'boolean',
    ),
  )
  fc.assert(fc.property(fc.uint8Array(), bytes => typeof parseOdsFile(bytes).ok === 'boolean'))
})

function load(name: string): OdsFile {
  const result = parseOdsFile(readFileSync(sharedData(`ods/${name}`)), name)
  return valueOf(result)
}

function count(file: OdsFile, type: string, status = 'open'): number {
  return file.organisations.filter(organisation => organisation.type === type && organisation.status === status).length
}

test('the real trusts are read: 205 open, three of them of Wales', { skip: skipWithoutSharedData }, () => {
  const file = load('etr-2025.csv')
  assert.deepEqual([file.kind, file.organisations.length], ['etr', 273])
  assert.deepEqual([count(file, 'trust'), count(file, 'welsh-trust'), count(file, 'trust', 'closed')], [202, 3, 68])
  assert.deepEqual(
    file.organisations.filter(organisation => organisation.country !== 'England').map(organisation => organisation.code),
    ['RQF', 'RT4', 'RYT'],
  )
})

test('the real practices are all read: 14,357, of which 11,930 open', { skip: skipWithoutSharedData }, () => {
  const file = load('epraccur-2019-12.csv')
  assert.deepEqual([file.kind, file.organisations.length], ['epraccur', 14_357])
  assert.equal(file.organisations.filter(organisation => organisation.status === 'open').length, 11_930)
  assert.deepEqual([count(file, 'practice'), count(file, 'practice', 'closed')], [7_131, 1_073])
  assert.ok(file.organisations.every(organisation => organisation.type !== 'practice' || organisation.country === 'England'))
})

test('the real commissioners, care trusts, lookups and local lists are read', { skip: skipWithoutSharedData }, () => {
  const commissioners = load('eccg-2025.csv')
  assert.deepEqual([commissioners.kind, count(commissioners, 'sub-board'), count(commissioners, 'commissioning-group', 'closed')], ['eccg', 106, 142])
  assert.equal(count(load('ect-2023.csv'), 'care-trust'), 4)
  const lookup = load('sub-icb_icb_region_2023.csv')
  assert.deepEqual([count(lookup, 'region'), count(lookup, 'board'), count(lookup, 'sub-board')], [7, 42, 106])
  assert.equal(count(load('icb_names_codes_dec_2024.csv'), 'board'), 42)
  assert.equal(count(load('care/trafford_pharmacies.csv'), 'pharmacy'), 57)
  const homes = load('care/trafford_care_homes.csv')
  assert.equal(count(homes, 'care-home'), 56)
  assert.match(homes.organisations[0]?.phone ?? '', /^0161/)
})

test('every open sub-board of the real files stands in the lookup under the same code', { skip: skipWithoutSharedData }, () => {
  const open = (file: OdsFile) =>
    file.organisations
      .filter(organisation => organisation.type === 'sub-board' && organisation.status === 'open')
      .map(organisation => organisation.code)
  assert.deepEqual(open(load('eccg-2025.csv')).toSorted(), open(load('sub-icb_icb_region_2023.csv')).toSorted())
})

test('real lists of something else are refused, importing nothing', { skip: skipWithoutSharedData }, () => {
  for (const name of ['gp-system-supplier.csv', 'care/trafford_dentists.csv', 'MANIFEST.csv']) {
    assert.equal(parseOdsFile(readFileSync(sharedData(`ods/${name}`)), name).ok, false, name)
  }
  const practices = readFileSync(sharedData('ods/epraccur-2019-12.csv'))
  assert.equal(refusalOf(parseOdsFile(practices, 'etr.csv')).rule, 'ods.kind.claim')
  assert.equal(refusalOf(parseOdsFile(practices.subarray(0, 1_000_000))).rule, 'ods.cut-off')
})
