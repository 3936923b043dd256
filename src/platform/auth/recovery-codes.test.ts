import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newRecoveryCode, tidyRecoveryCode } from './recovery-codes.ts'

test('a code has 120 bits, in groups that can be read aloud', () => {
  const codes = new Set(Array.from({ length: 500 }, newRecoveryCode))
  assert.equal(codes.size, 500)
  for (const code of codes) assert.match(code, /^([0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}$/)
})

test('a code is known however it is typed', () => {
  const code = newRecoveryCode()
  for (const typed of [
    code.toUpperCase(),
    code.replaceAll('-', ''),
    ` ${code.replaceAll('-', ' ')} `,
    code.replaceAll('0', 'O').replaceAll('1', 'l'),
  ]) {
    assert.equal(tidyRecoveryCode(typed), tidyRecoveryCode(code))
  }
})
