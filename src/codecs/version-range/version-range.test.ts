import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { parseVersionRange } from './parse.ts'
import { containsVersion } from './range.ts'
import { compareVersions, parseVersion } from './version.ts'

function version(text: string) {
  const parsed = parseVersion(text)
  assert.ok(parsed, text)
  return parsed
}

function contains(range: string, text: string) {
  return containsVersion(parseVersionRange(range), version(text))
}

test('versions stand in the order in which they came out', () => {
  const rows = [
    ['1.0-alpha', '1.0-beta', '1.0-rc1', '1.0-rc2', '1.0', '1.0.1', '1.2', '1.10', '2'],
    ['14', '14 SP1', '14 SP1 Update 3', '14 SP1 Update 14', '14 SP2', 'V15'],
    ['B.09', 'B.12', 'C.00.04', 'C.01'],
    ['2.6', '2.6A', '2.6B', '2.7'],
    ['2018-1', '2018-2', '2021-1'],
    ['R4.1L1', '4.1L2', 'v4.2'],
    ['9.9.9', '4107600010.23'],
  ]
  for (const row of rows)
    for (const [index, newer] of row.entries())
      for (const older of row.slice(0, index)) {
        assert.ok((compareVersions(version(older), version(newer)) ?? 0) < 0, `${older} < ${newer}`)
        assert.ok((compareVersions(version(newer), version(older)) ?? 0) > 0, `${newer} > ${older}`)
      }
})

test('one version is written in many ways', () => {
  for (const [a, b] of [
    ['3.0', '3'],
    ['v1.52', '1.52.0'],
    ['Version 2.04', '2.4'],
    ['1.8.4 Service Pack 01', '1.8.4 SP1'],
    ['2023.3_Build_9342', '2023.3 build 9342'],
    ['3.2 GA', '3.2'],
  ] as const)
    assert.equal(compareVersions(version(a), version(b)), 0, `${a} = ${b}`)
})

test('versions of different schemes are not compared', () => {
  for (const [a, b] of [
    ['L81', '012U000061'],
    ['MMT-1710', '4.1'],
    ['1.2 SP1', '1.2 HF1'],
    ['2.6A', '2.6.1'],
    ['BT06', '4.3'],
  ] as const)
    assert.equal(compareVersions(version(a), version(b)), undefined, `${a} and ${b}`)
})

test('what is no version is not read as one', () => {
  for (const text of ['', 'unknown', 'n/a', 'latest', 'august 28', 'May 2018', 'Accu-Chek Inform II', 'see the label 7'])
    assert.equal(parseVersion(text), undefined, text)
})

const RANGES: Readonly<Record<string, { readonly yes: readonly string[]; readonly no: readonly string[]; readonly unknown?: readonly string[] }>> = {
  'all versions before and including 2.1': { yes: ['2.1', '2.0'], no: ['2.2'] },
  'All versions prior to and including 2.1': { yes: ['2.1', '1'], no: ['2.2'] },
  'earlier than and including 3.1': { yes: ['3.1'], no: ['3.2'] },
  'less than or equal to 3.1': { yes: ['3.1', '3.0'], no: ['3.2'] },
  'equal to or below 3.1': { yes: ['3.1', '3.0'], no: ['3.2'] },
  'greater than or equal to 3.1': { yes: ['3.1', '4'], no: ['3.0'] },
  'at least 2.0': { yes: ['2.0', '2.1'], no: ['1.9'] },
  'no later than 2.0': { yes: ['2.0', '1.9'], no: ['2.1'] },
  '3.1 and its earlier versions': { yes: ['3.1', '3.0'], no: ['3.2'] },
  'pre-3.1': { yes: ['3.0'], no: ['3.1'] },
  '1.0 up to but excluding 2.0': { yes: ['1.0', '1.9'], no: ['0.9', '2.0'] },
  '1.0 up to (excluding) 2.0': { yes: ['1.0', '1.9'], no: ['2.0'] },
  'up to, but not including, 2.0': { yes: ['1.9'], no: ['2.0', '2.1'] },
  'later than 2.0 and prior to 3.0': { yes: ['2.5'], no: ['2.0', '3.0'] },
  '> 2.0 and before 3.0': { yes: ['2.5'], no: ['2.0', '3.0', '3.5'] },
  'all versions except 3.2 and later': { yes: ['3.1'], no: ['3.2', '3.5'] },
  'All versions except 3.2, 3.3': { yes: ['3.1', '3.4'], no: ['3.2', '3.3'] },
  '1.0 <= version < 2.0': { yes: ['1.0', '1.5'], no: ['0.9', '2.0'] },
  '1.0 < x <= 2.0': { yes: ['1.5', '2.0'], no: ['1.0', '2.1'] },
  '[1.0, 2.0)': { yes: ['1.0', '1.5'], no: ['0.9', '2.0'] },
  '(,2.0]': { yes: ['1.0', '2.0'], no: ['2.1'] },
  '(1.0, 1.2)': { yes: ['1.0', '1.2'], no: ['1.1'] },
  '2.0-2.5': { yes: ['2.0', '2.2', '2.5'], no: ['1.9', '2.6'] },
  '2.0–2.5': { yes: ['2.2'], no: ['2.6'] },
  '5.4.0-42.46': { yes: ['5.4.0-42.46'], no: ['5.4.1'] },
  '4.4.5xx': { yes: ['4.4.500', '4.4.516', '4.4.599.2'], no: ['4.4.499', '4.4.600'], unknown: ['4.4'] },
  '<= 4.4.551': { yes: ['4.4.516'], no: ['4.4.600'], unknown: ['4.4.5xx'] },
  '2.1 is not affected': { yes: [], no: [], unknown: ['2.0', '2.1', '2.2'] },
  '< 2.1 (fixed in 2.1)': { yes: ['2.0'], no: ['2.1'] },
  '<= 9.33': { yes: ['9.33', '9.5', '1'], no: ['9.34', '10', '12.1.3'], unknown: ['9', '9.33.1', 'L4'] },
  '< 8.2.2': { yes: ['8.2.1', '7'], no: ['8.2.2', '8.2.2.1', '8.3'], unknown: ['8.2', '8'] },
  'prior to 3.2': { yes: ['3.1.9', 'v2'], no: ['3.2', '3.2.1', '4'], unknown: ['3'] },
  'versions prior to v1.52': { yes: ['1.51'], no: ['1.52'] },
  'All versions prior to 3.0': { yes: ['2.9'], no: ['3.0', '3'] },
  'all versions': { yes: ['1', 'B.12'], no: [] },
  'vers:all/*': { yes: ['1'], no: [] },
  '*': { yes: ['1'], no: [] },
  '1.0 through 2.4.1': { yes: ['1.0', '1.7', '2.4.1'], no: ['0.9', '2.4.2', '3'], unknown: ['2.4', '2'] },
  '1.0 - 2.4.1': { yes: ['2.4.1', '1.5'], no: ['2.5'] },
  'from 1.0 to 2.4': { yes: ['1.0', '2.4'], no: ['2.5'], unknown: ['2.4.1'] },
  'versions 2.x before 2.5': { yes: ['2.0', '2.4.9'], no: ['2.5', '1.9', '3.0'], unknown: ['2'] },
  'v4.1.1 and earlier': { yes: ['4.1.1', '4.0'], no: ['4.1.2'] },
  'Versions 9.33 and prior': { yes: ['9.33'], no: ['9.40'] },
  '2.6A or lower': { yes: ['2.5'], no: ['2.7'], unknown: ['2.6'] },
  '11.x and earlier': { yes: ['11.9', '10'], no: ['12'] },
  'All Versions 2.0 and later': { yes: ['2', '2.1', '3'], no: ['1.9'] },
  '>= 2.5 | <= 3.11': { yes: ['2.5', '3.2', '3.11'], no: ['2.4', '3.12'] },
  '>= 1.0, < 2.4': { yes: ['1.0', '2.3'], no: ['2.4', '0.9'] },
  '< 2.4, >= 1.0': { yes: ['1.0', '2.3'], no: ['2.4', '0.9'] },
  '>= V2.5 < V2.6.1': { yes: ['2.5.3'], no: ['2.6.1', '2.4'] },
  '3.0 < 3.2': { yes: ['3.0', '3.1'], no: ['3.2', '2.9'] },
  'unspecified < 3.2': { yes: ['1'], no: ['3.2'] },
  'All versions between V6.1 (including) and V6.1.1 (excluding)': { yes: ['6.1.0'], no: ['6.1.1', '6.2'], unknown: ['6.1'] },
  'All versions < V4.7 SP6 HF1': { yes: ['4.7 SP5'], no: ['V4.7 SP6 HF1', '4.8'] },
  '<=9.4 FP1 | >= 10.2.1': { yes: ['10.3'], no: ['10.1', '9.5'] },
  '1.10 | 1.11 | 1.13': { yes: ['1.10', '1.13'], no: ['1.12', '1.1'] },
  '(Release 1.3.2 1.4.0 1.4.1)': { yes: ['1.4.0'], no: ['1.4.2'] },
  '4.20 | 4.20 SR1 | 4.30': { yes: ['4.20 SR1', '4.30'], no: ['4.40'] },
  '4.X | 5.X': { yes: ['4.0', '5.9', '4.x'], no: ['6', '3.9'] },
  '14.1.x': { yes: ['14.1', '14.1.7'], no: ['14.2', '1.14'], unknown: ['14'] },
  'before 10.2.3-h4, 10.1.x before 10.1.9': { yes: ['10.1.5', '10.2.2'], no: ['10.2.3-h4', '11'] },
  '7.0 to 7.0.14 and 7.2 to 7.2.9': { yes: ['7.0.3', '7.2.4'], no: ['7.1', '6.9', '7.3'] },
  'Rev J-M | (X3/MX100 for Rev M only)': { yes: [], no: ['N.01', 'C'], unknown: ['K.02'] },
  'prior to 3.2 and 4.1': { yes: ['3.1'], no: ['4.1', '5'] },
  'Rev B-M': { yes: ['B', 'J.03', 'M.04'], no: ['A.01', 'N'] },
  '<= B.12': { yes: ['B.09', 'A.1'], no: ['C.00'] },
  '<= L81': { yes: ['L80'], no: ['L82'], unknown: ['012U000061'] },
  'vers:npm/>=1.0.0|<2.0.0|>=3.0.0|<3.1.4': { yes: ['1.5.0', '3.1.3'], no: ['2.0.0', '3.1.4', '0.9'] },
  'vers:pypi/1.2|!=1.4|>=1.3|<2': { yes: ['1.2', '1.3.1'], no: ['1.4', '2', '1.1'] },
  'vers:generic/PAN-OS<10.1.14-h11': { yes: ['10.1.13'], no: ['10.1.14-h11', '10.2'] },
  'FortiOS 6.4.10': { yes: ['6.4.10'], no: ['6.4.9'] },
  '8.x model 35700BAX2': { yes: [], no: ['7.1'], unknown: ['8.1'] },
  '<=11.2 on Windows 8.1 with IIS 7.5': { yes: [], no: ['11.3'], unknown: ['11.1'] },
  '< SRN4000_v2.16_170401': { yes: [], no: [], unknown: ['2.15', '2.17'] },
  'MMT-1715 | MMT-1754': { yes: ['MMT-1754'], no: ['MMT-1800'], unknown: ['4.1'] },
  '< august 28': { yes: [], no: [], unknown: ['1.0'] },
  'Accu-Chek Inform II': { yes: [], no: [], unknown: ['1.0'] },
}

test('a range holds what its words say, and says so when they do not say enough', () => {
  for (const [range, expected] of Object.entries(RANGES)) {
    const asked = [...expected.yes, ...expected.no, ...(expected.unknown ?? [])]
    const found = Object.fromEntries(asked.map(one => [one, contains(range, one)]))
    const meant = Object.fromEntries([
      ...expected.yes.map(one => [one, 'yes'] as const),
      ...expected.no.map(one => [one, 'no'] as const),
      ...(expected.unknown ?? []).map(one => [one, 'unknown'] as const),
    ])
    assert.deepEqual(found, meant, range)
  }
})

test('of two comparable versions one is older, whatever is written', () => {
  const part = fc.oneof(fc.nat({ max: 300 }).map(String), fc.constantFrom('a', 'b', 'rc1', 'sp2', '0', 'x', '007'))
  const written = fc.array(part, { minLength: 1, maxLength: 5 }).map(parts => parts.join('.'))
  fc.assert(
    fc.property(written, written, (a, b) => {
      const [left, right] = [parseVersion(a), parseVersion(b)]
      if (left === undefined || right === undefined) return
      const [there, back] = [compareVersions(left, right), compareVersions(right, left)]
      assert.equal(there === undefined, back === undefined)
      if (there !== undefined && back !== undefined) assert.equal(Math.sign(there) + Math.sign(back), 0)
      assert.equal(compareVersions(left, left), 0)
    }),
  )
})

test('no text stops the reading', () => {
  fc.assert(fc.property(fc.string({ maxLength: 60 }), text => void parseVersionRange(text)))
  const started = process.hrtime.bigint()
  for (const evil of [
    ' '.repeat(20_000),
    '1.'.repeat(20_000),
    'a-'.repeat(20_000),
    '(1)'.repeat(10_000),
    'and '.repeat(10_000),
    '1 sp '.repeat(8_000),
  ])
    parseVersionRange(evil)
  assert.ok(process.hrtime.bigint() - started < 2_000_000_000n)
})

test('nearly every version of the medical advisories is understood', { skip: skipWithoutSharedData }, () => {
  const texts = new Set<string>()
  const folder = sharedData('csaf/cisa-medical')
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.json'))
      for (const [, name] of readFileSync(`${folder}/${file}`, 'utf8').matchAll(
        /"category": "product_version(?:_range)?",\s*"name": ("(?:[^"\\]|\\.)*")/g,
      ))
        texts.add(String(JSON.parse(name ?? '""')))
  const read = [...texts].map(text => parseVersionRange(text))
  const counts = {
    texts: texts.size,
    whole: read.filter(range => range.kind === 'all' || (range.kind === 'some' && range.condition === null)).length,
    withCondition: read.filter(range => range.kind === 'some' && range.condition !== null).length,
    unread: read.filter(range => range.kind === 'unread').length,
  }
  assert.deepEqual(counts, { texts: 145, whole: 122, withCondition: 10, unread: 13 })
})
