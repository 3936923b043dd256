import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readYaml } from './read.ts'

function ruleOf(text: string): string | undefined {
  return readYaml(text).problems[0]?.rule
}

test('plain values are read, shared parts too, and dates stay text', () => {
  const read = readYaml('rule: &r {a: 1}\nuses: *r\nday: 2024-01-01\ntext: |\n  two\n  lines\n')
  assert.deepEqual(read.ok && read.value, { rule: { a: 1 }, uses: { a: 1 }, day: '2024-01-01', text: 'two\nlines\n' })
})

test('what would unfold without end is refused in a moment', () => {
  const layers = Array.from(
    { length: 12 },
    (_, index) =>
      `a${index}: &a${index} [${
        index === 0
          ? 'x,x,x'
          : Array(9)
              .fill(`*a${index - 1}`)
              .join(',')
      }]`,
  )
  const began = performance.now()
  assert.equal(ruleOf(layers.join('\n')), 'yaml.aliases')
  assert.ok(performance.now() - began < 1_000)
  assert.equal(ruleOf('&a [*a]'), 'yaml.too-deep')
})

test('a file that is broken, doubled, deep or long says so', () => {
  assert.equal(ruleOf('a: [1'), 'yaml.not-yaml')
  assert.match(readYaml('a: 1\na: 2').problems[0]?.message ?? '', /Line 2 says the same key again/)
  assert.ok(['yaml.too-deep', 'yaml.not-yaml'].includes(ruleOf('['.repeat(100_000)) ?? ''))
  assert.equal(ruleOf(`${'['.repeat(80)}${']'.repeat(80)}`), 'yaml.too-deep')
  assert.equal(ruleOf('x'.repeat(8_000_001)), 'yaml.too-large')
})

test('no text makes the reader throw', () => {
  fc.assert(fc.property(fc.string(), text => typeof readYaml(text).ok === 'boolean'))
  const part = fc.constantFrom(
    'a: ',
    '- ',
    '&x ',
    '*x',
    '{',
    '}',
    '[',
    ']',
    '\n',
    '  ',
    '!!js/function ',
    '<<: *x',
    '? ',
    '|\n',
    '"',
    '%YAML 1.1\n',
    '---\n',
  )
  fc.assert(fc.property(fc.array(part, { maxLength: 30 }), parts => typeof readYaml(parts.join('')).ok === 'boolean'))
})
