import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { firstLineOf } from './first-line.ts'

test('the first line is said without its marks, whatever it stands in', () => {
  for (const [markdown, line] of [
    ['## A **flaw** in [Larch](https://larch.example)\n\nMore.', 'A flaw in Larch'],
    ['- Install `9.2`\n- Restart', 'Install 9.2'],
    ['1. Take a backup\n2. Install', 'Take a backup'],
    ['> Said by others', 'Said by others'],
    ['```\nnet stop spooler\n```', 'net stop spooler'],
    ['', ''],
  ] as const)
    assert.equal(firstLineOf(markdown), line)
})

test('what only looks like a mark stays: names that begin with a number, underscores, asterisks in code', () => {
  for (const line of ['7-Zip: install 24.09', '3389 must be closed to the internet', 'Delete tmp_update_1.exe', '2.5 is not enough'])
    assert.equal(firstLineOf(line), line)
  assert.equal(firstLineOf('Block `*.evil.example`'), 'Block *.evil.example')
  assert.equal(firstLineOf('Escaped: svc\\_backup'), 'Escaped: svc_backup')
})

test('a sentence that goes on in the next line is not cut in its middle', () => {
  assert.equal(
    firstLineOf('Do not restart the server\nunless you have a backup.\n\nThen call us.'),
    'Do not restart the server unless you have a backup.',
  )
})

test('whatever is written, it is one line', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), text => assert.doesNotMatch(firstLineOf(text), /\n/)))
})
