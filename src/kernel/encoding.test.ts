import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeText } from './encoding.ts'

test('UTF-8 is read, its byte order mark left out', () => {
  const result = decodeText(Buffer.from('\uFEFFTŷ Gofal'))
  assert.ok(result.ok)
  assert.equal(result.value, 'Tŷ Gofal')
  assert.deepEqual(result.problems, [])
})

test('Windows-1252 is read with a warning', () => {
  const result = decodeText(Buffer.from([0x43, 0x61, 0x66, 0xe9, 0x20, 0x92]))
  assert.ok(result.ok)
  assert.equal(result.value, 'Café ’')
  assert.equal(result.problems[0]?.rule, 'encoding.windows-1252')
})

test('UTF-16, spreadsheets and binary files are refused, each saying what to do', () => {
  const utf16 = decodeText(Buffer.from('\uFEFFcode,name', 'utf16le'))
  const unmarkedUtf16 = decodeText(Buffer.from('code,name', 'utf16le'))
  const workbook = decodeText(Buffer.from([0x50, 0x4b, 0x03, 0x04, 0x14]))
  const damaged = decodeText(Buffer.from('a\nb\n\0c'))
  assert.deepEqual(
    [utf16, unmarkedUtf16, workbook, damaged].map(result => result.ok),
    [false, false, false, false],
  )
  assert.match(utf16.problems[0]?.message ?? '', /UTF-16.*UTF-8/)
  assert.match(workbook.problems[0]?.message ?? '', /spreadsheet/)
  assert.match(damaged.problems[0]?.message ?? '', /^Line 3 /)
})
