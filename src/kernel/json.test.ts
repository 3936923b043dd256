import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { excerptOf, lineAt, linesAt, memberOf, parseJson, pointerTo } from './json.ts'

function ruleOf(text: string): string | undefined {
  const result = parseJson(text)
  return result.ok ? undefined : result.problems[0]?.rule
}

test('what is not JSON is refused for its own reason', () => {
  assert.equal(ruleOf(' \n'), 'json.empty')
  assert.equal(ruleOf('<html></html>'), 'json.not-json')
  assert.equal(ruleOf('{"a": [1, 2'), 'json.cut-off')
  assert.equal(ruleOf('{"a": "unfinish'), 'json.cut-off')
  assert.equal(ruleOf('cveID,vendorProject'), 'json.not-json')
  assert.equal(ruleOf('{\0"\0a\0'), 'json.not-json')
})

test('the line where JSON breaks is named', () => {
  const result = parseJson('{\n"a": 1,\n"b": 2 3\n}')
  assert.match(result.problems[0]?.message ?? '', /line 3/)
})

test('nesting that no honest document has is refused, brackets inside strings do not count', () => {
  assert.equal(ruleOf('['.repeat(201) + ']'.repeat(201)), 'json.too-deep')
  assert.equal(ruleOf('['.repeat(2_000_000)), 'json.too-deep')
  assert.equal(ruleOf('['.repeat(200) + ']'.repeat(200)), undefined)
  assert.equal(ruleOf(JSON.stringify(`${'['.repeat(500)}"\\"${'{'.repeat(500)}`)), undefined)
})

test('a byte order mark is no fault', () => {
  assert.equal(ruleOf('\uFEFF{}'), undefined)
})

test('only the own members of an object are read', () => {
  const parsed: unknown = JSON.parse('{"__proto__": {"admin": "yes"}, "name": "x"}')
  assert.equal(memberOf(parsed, 'constructor'), undefined)
  assert.equal(memberOf(parsed, 'admin'), undefined)
  assert.equal(memberOf('text', 'length'), undefined)
  assert.equal(lineAt(parsed, 'name'), 'x')
})

test('text is made fit to store: no NUL, no half surrogate, one line', () => {
  const parsed: unknown = JSON.parse('{"name": " a\\u0000b\\n\\ud800  c ", "list": ["x", 4, " ", "y\\u202e"]}')
  assert.equal(lineAt(parsed, 'name'), 'ab \uFFFD c')
  assert.deepEqual(linesAt(parsed, 'list'), ['x', 'y'])
})

test('pointers escape as RFC 6901 says', () => {
  assert.equal(pointerTo('a/b', 0, 'm~n'), '/a~1b/0/m~0n')
})

test('an excerpt is short whatever stood there', () => {
  assert.ok(excerptOf({ a: 'x'.repeat(10_000) }).length <= 2_000)
  assert.equal(excerptOf(undefined), '')
})

test('no text makes the reader throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json()), text => typeof parseJson(text).ok === 'boolean'))
})
