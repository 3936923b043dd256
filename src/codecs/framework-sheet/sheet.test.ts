import assert from 'node:assert/strict'
import { test } from 'node:test'
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import writeXlsxFile from 'write-excel-file/node'
import { isFrameworkSheet, readFrameworkSheet, sheetRows } from './sheet.ts'
import { isWorkbook, readWorkbook } from './workbook.ts'

const HEAD = ['kind', 'code', 'of', 'level', 'text', 'more']
const FACTS = [
  ['fact', 'code', '', '', 'tidy', ''],
  ['fact', 'version', '', '', '1.2', ''],
  ['fact', 'source', '', '', 'Invented', ''],
]
const OUTCOME = ['outcome', 'T1', '', '', 'Tidy', '']

function read(...rows: readonly (readonly string[])[]) {
  const all = sheetRows([HEAD, ...rows], 'Sheet')
  return all.ok ? readFrameworkSheet(all.value) : all
}

test('facts, outcomes, indicators, profiles and crosswalks stand in one form', () => {
  const result = read(
    ...FACTS,
    ['fact', 'rule', '', '', 'caf', ''],
    ['group', 'T', '', '', 'Tidiness', ''],
    ['outcome', 'T1', 'T', '', 'The desk', 'Look under it'],
    ['indicator', 'T1.1', 'T1', 'not-achieved', 'It is a mess', 'T1.NA.1'],
    ['indicator', 'T1.2', 'T1', '', 'It is tidy', ''],
    ['profile', 'all', 'trust', '2026-27', 'Everything', 'A table'],
    ['asks', 'T1', 'all', 'achieved', '', ''],
    ['maps', 'T1', 'caf 3.2', 'subset', 'A1.a', 'Near it'],
  )
  assert.ok(result.ok)
  const [framework] = result.value.frameworks
  assert.deepEqual([framework?.code, framework?.version, framework?.levels.length], ['tidy', '1.2', 3])
  assert.deepEqual(framework?.nodes[1], { code: 'T1', kind: 'outcome', parentCode: 'T', title: 'The desk', description: 'Look under it' })
  assert.deepEqual(
    framework?.indicators.map(one => [one.code, one.level, one.reference]),
    [
      ['T1.1', 'not-achieved', 'T1.NA.1'],
      ['T1.2', 'achieved', ''],
    ],
  )
  assert.deepEqual(framework?.profiles[0], {
    code: 'all',
    name: 'Everything',
    organisationType: 'trust',
    period: '2026-27',
    source: 'A table',
    levels: [{ outcomeCode: 'T1', level: 'achieved' }],
  })
  assert.deepEqual(result.value.crosswalks[0]?.pairs, [{ fromCode: 'T1', toCode: 'A1.a', relation: 'subset', strength: null, rationale: 'Near it' }])
  assert.deepEqual(result.value.crosswalks[0]?.to, { code: 'caf', version: '3.2' })
})

test('a rule of its own is written as levels and steps', () => {
  const result = read(
    ...FACTS,
    OUTCOME,
    ['level', 'yes', '', 'good', 'Yes', ''],
    ['level', 'no', '', 'bad', 'No', ''],
    ['step', 'all', 'yes', 'yes', '', ''],
  )
  assert.deepEqual(result.ok && result.value.frameworks[0]?.rule, { steps: [{ when: 'all', of: 'yes', gives: 'yes' }], otherwise: 'no' })
})

test('each fault says its row', () => {
  const why = (...rows: readonly (readonly string[])[]) => read(...rows).problems[0]?.message ?? ''
  assert.match(why(['colour', '', '', '', '', '']), /Sheet, row 2: "colour" is not a kind of row/)
  assert.match(why(OUTCOME), /not the framework: add a row "fact, code"/)
  assert.match(why(...FACTS, OUTCOME, ['fact', 'rule', '', '', 'guess', '']), /The rule "guess" is not known/)
  assert.match(why(...FACTS, OUTCOME, ['level', 'yes', '', 'purple', 'Yes', '']), /row 6: the tone of a level/)
  assert.match(why(...FACTS, OUTCOME, ['profile', 'p', '', '', 'P', '']), /One without a source is not taken/)
  assert.match(why(...FACTS, OUTCOME, ['asks', 'T1', 'p', 'met', '', '']), /there is no profile "p"/)
})

test('every sheet of a workbook with the headings is read, numbers and all, in any order of columns', async () => {
  const data = [
    ['Text', 'Kind', 'Code'],
    ['tidy', 'fact', 'code'],
    [3.2, 'fact', 'version'],
  ]
  const bytes = await writeXlsxFile(data.map(row => row.map(value => ({ value, type: typeof value === 'number' ? Number : String })))).toBuffer()
  assert.ok(isWorkbook(bytes))
  const sheets = await readWorkbook(bytes)
  assert.ok(sheets.ok)
  const rows = sheets.value[0]?.rows ?? []
  assert.ok(isFrameworkSheet(rows))
  const all = sheetRows(rows, 'One')
  const result = all.ok
    ? readFrameworkSheet([...all.value, { place: '', kind: 'outcome', code: 'T1', of: '', level: '', text: 'Tidy', more: '' }])
    : all
  assert.deepEqual(result.ok && [result.value.frameworks[0]?.code, result.value.frameworks[0]?.version], ['tidy', '3.2'])
})

test('a workbook that is damaged, or would unpack to too much, is refused', async () => {
  assert.match((await readWorkbook(new Uint8Array([0x50, 0x4b, 3, 4, 1, 2]))).problems[0]?.message ?? '', /damaged or was cut off/)
  assert.match((await readWorkbook(zipSync({ 'readme.txt': new Uint8Array(3) }))).problems[0]?.message ?? '', /not an Excel workbook/)
  const bomb = zipSync({ 'xl/worksheets/sheet1.xml': new Uint8Array(61_000_000) })
  assert.ok(bomb.length < 200_000)
  assert.match((await readWorkbook(bomb)).problems[0]?.message ?? '', /unpacks to more than 60 MB/)
  // The same, saying of itself that it is small.
  const told = new DataView(bomb.buffer, bomb.byteOffset)
  for (let at = 0; at + 28 < bomb.length; at += 1) if (told.getUint32(at, true) === 61_000_000) told.setUint32(at, 1_000, true)
  assert.match((await readWorkbook(bomb)).problems[0]?.message ?? '', /unpacks to more than 60 MB/)
})

test('a workbook of two kilobytes with one cell in a far corner is refused before a cell is made for every gap', async () => {
  const bytes = await writeXlsxFile(['kind', 'code'].map(value => [{ value, type: String }])).toBuffer()
  const parts = unzipSync(new Uint8Array(bytes))
  const moved = (row: string, cell: string) => {
    const sheet = strFromU8(parts['xl/worksheets/sheet1.xml'] ?? new Uint8Array())
    assert.match(sheet, /<row r="2"[\s\S]*<c r="A2"/)
    return zipSync({ ...parts, 'xl/worksheets/sheet1.xml': strToU8(sheet.replace('r="2"', row).replace('r="A2"', cell)) })
  }
  assert.ok((await readWorkbook(moved('r="3"', 'r="C3"'))).ok)
  assert.match((await readWorkbook(moved('r="20000"', "r='XFD20000'"))).problems[0]?.message ?? '', /more than 500,000 cells/)
  for (const [row, cell] of [
    ['r="2e7"', 'r="A2e7"'],
    ['r="&#50;0000000"', 'r="A20000000"'],
    [`r="${'0'.repeat(200)}20000000"`, 'r="A20000000"'],
  ] as const)
    assert.match((await readWorkbook(moved(row, cell))).problems[0]?.message ?? '', /not an Excel workbook that can be read/)
})
