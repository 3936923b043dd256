import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cleanLine, cleanText, shorten } from './text.ts'

test('lines and tabs stay in text, other control characters go', () => {
  assert.equal(cleanText(' a\r\nb\rc\td\u0007\u0000\u0085 '), 'a\nb\nc\td')
})

test('characters that turn the reading direction go', () => {
  assert.equal(cleanText('pay\u202Efdp.exe'), 'payfdp.exe')
})

test('a line has no breaks and no double blanks', () => {
  assert.equal(cleanLine('\u00A0A \n\n \u0000 B\u2028C\uFEFF '), 'A B C')
})

test('cutting keeps to the length and never splits a character', () => {
  assert.equal(shorten('abc', 3), 'abc')
  assert.equal(shorten('abcd', 3), 'ab…')
  assert.equal(shorten('a😀bc', 3), 'a…')
  assert.ok(shorten('😀'.repeat(50), 20).isWellFormed())
})

test('any text comes out well formed and without NUL, and cleaning twice changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const clean = cleanText(text)
      assert.ok(clean.isWellFormed() && !clean.includes('\0'))
      assert.equal(cleanText(clean), clean)
      assert.equal(cleanLine(cleanLine(text)), cleanLine(text))
    }),
  )
})
