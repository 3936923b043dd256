import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LocalDate } from '../../../kernel/instant.ts'
import { fileTypeOf, safeName } from './file-type/model.ts'
import { evidenceState } from './model.ts'

const typeOf = (bytes: Buffer | string) => {
  const read = fileTypeOf(Buffer.from(bytes))
  return read.ok ? read.value.mediaType : read.problems[0]?.rule
}

test('a file is what its bytes say, whatever it is called', () => {
  assert.equal(typeOf('%PDF-1.7 …'), 'application/pdf')
  assert.equal(typeOf(Buffer.from([0xff, 0xd8, 0xff, 0xe0])), 'image/jpeg')
  assert.equal(
    typeOf('PK\u0003\u0004…[Content_Types].xml…word/document.xml'),
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  )
  assert.equal(typeOf('When,Who\n2026-01-01,Ann é'), 'text/plain')
})

test('programs, archives, macros, markup and what is unknown are refused', () => {
  assert.equal(typeOf(Buffer.from([0x4d, 0x5a, 0x90, 0x00, 0x03])), 'assure.evidence.kind')
  assert.equal(typeOf('PK\u0003\u0004…anything.exe'), 'assure.evidence.kind')
  assert.equal(typeOf('PK\u0003\u0004…word/document.xml…word/vbaProject.bin'), 'assure.evidence.macros')
  for (const markup of ['<!DOCTYPE html><script>', '  <svg onload="x">', '<?xml version="1.0"?><svg/>'])
    assert.equal(typeOf(markup), 'assure.evidence.kind')
  assert.equal(typeOf(Buffer.from([0xc3, 0x28, 0x41])), 'assure.evidence.kind')
  assert.equal(typeOf(''), 'assure.evidence.empty')
})

test('a name has no path, nothing hidden, and the ending of what it is', () => {
  const pdf = { mediaType: 'application/pdf', endings: ['pdf'] }
  assert.equal(safeName('../../etc/Policy (final).pdf', pdf), 'Policy final.pdf')
  assert.equal(safeName('C:\\temp\\run.exe', pdf), 'run.exe.pdf')
  assert.equal(safeName('...', pdf), 'evidence.pdf')
  assert.equal(safeName('a"\r\nSet-Cookie: x.PDF', pdf), 'aSet-Cookie x.PDF')
})

test('evidence holds through the day on which it expires, and is said to expire a month before', () => {
  const now = new Date('2026-06-15T12:00:00Z')
  const on = (expiresOn: string | null) => evidenceState({ expiresOn: expiresOn as LocalDate | null, isReplaced: false, withdrawnAt: null }, now)
  assert.deepEqual([null, '2026-06-14', '2026-06-15', '2026-07-15', '2026-07-16'].map(on), ['current', 'expired', 'expiring', 'expiring', 'current'])
  assert.equal(evidenceState({ expiresOn: null, isReplaced: true, withdrawnAt: null }, now), 'replaced')
})
