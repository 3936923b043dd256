import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inventedAdvisory } from '../../../bench/support/advisory.ts'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { rulesOf, validateCsaf } from './engine.ts'
import { compareRules, levelOf } from './model.ts'
import { adviceOf, RULE_WORDS } from './words.ts'

test('what cannot be read, or says of no version that it is one, is not valid, and one sentence says why', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /empty/],
    ['<html></html>', /web page/],
    ['{"document": {', /cut off/],
    ['not json', /not JSON/],
    ['['.repeat(100_000), /levels deep/],
    ['null', /not say which version of CSAF/],
    ['[]', /not say which version of CSAF/],
    ['{"document": {"csaf_version": "3.0"}}', /not say which version of CSAF/],
    ['{"document": {"csaf_version": {"toString": 1}}}', /not say which version of CSAF/],
    ['{"__proto__": {"document": {"csaf_version": "2.0"}}}', /not say which version of CSAF/],
  ]
  for (const [text, words] of cases) {
    const verdict = await validateCsaf(text)
    assert.equal(verdict.isValid, false, text.slice(0, 40))
    assert.equal(verdict.version, null)
    assert.equal(verdict.findings.length, 1)
    assert.match(verdict.findings[0]?.message ?? '', words, text.slice(0, 40))
  }
})

test('the version is read from the document, and from its schema where it does not say', async () => {
  const of = async (document: object) => (await validateCsaf(JSON.stringify(document), 'mandatory')).version
  assert.equal(await of({ document: { csaf_version: '2.0' } }), '2.0')
  assert.equal(await of({ document: { csaf_version: '2.1' } }), '2.1')
  assert.equal(await of({ $schema: 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json', document: {} }), '2.1')
  assert.equal(await of({ $schema: 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/provider.json' }), null)
})

test('documents of any shape get a verdict and bring nothing to fall', async () => {
  const odd: readonly unknown[] = [null, 1, 'text', [], [null], {}, { a: [1] }, [[{}]]]
  for (const version of ['2.0', '2.1'])
    for (const value of odd) {
      for (const document of [
        { document: { csaf_version: version, tracking: value, notes: value, distribution: value }, product_tree: value, vulnerabilities: value },
        {
          document: { csaf_version: version },
          product_tree: { branches: value, full_product_names: value, product_paths: value },
          x_extensions: value,
        },
        { document: { csaf_version: version }, vulnerabilities: [{ metrics: value, ids: value, product_status: value, cwes: value, scores: value }] },
        { document: { csaf_version: version }, vulnerabilities: [{ metrics: [{ content: value, products: value }] }] },
        { document: { csaf_version: version }, vulnerabilities: [{ metrics: [{ content: { cvss_v4: value, ssvc_v2: value, epss: value } }] }] },
      ])
        assert.equal((await validateCsaf(JSON.stringify(document))).isValid, false)
    }
})

test('a level asks for its rules and those above it', async () => {
  const text = JSON.stringify(inventedAdvisory(1, 3))
  const levels = async (level: 'mandatory' | 'optional' | 'informative') => {
    const { findings, notChecked } = await validateCsaf(text, level)
    return new Set([...findings, ...notChecked].map(({ rule }) => levelOf(rule)))
  }
  assert.ok(!(await levels('mandatory')).has('informative'))
  assert.ok(!(await levels('optional')).has('informative'))
  assert.ok((await levels('informative')).has('informative'))
})

test('more findings than anybody reads are counted and not listed', async () => {
  const product_ids = Array.from({ length: 700 }, (_, at) => `P${at}`)
  const document = { document: { csaf_version: '2.1' }, vulnerabilities: [{ remediations: [{ product_ids }] }] }
  const verdict = await validateCsaf(JSON.stringify(document))
  assert.equal(verdict.findings.length, 500)
  assert.ok(verdict.more >= 200)
})

test('every rule that is tried has its words: what it asks, and what to do', async () => {
  for (const version of ['2.0', '2.1'] as const) for (const { rule } of await rulesOf(version)) assert.ok(RULE_WORDS.has(rule), `${version} ${rule}`)
  for (const [rule] of RULE_WORDS) assert.match(adviceOf(rule), /^[A-Z].*\.$/, rule)
  const numbers = [...RULE_WORDS.keys()]
  assert.deepEqual(numbers, numbers.toSorted(compareRules), 'in their order')
})

test('of the advisories of CISA each is valid by the mandatory rules, as by the reference validator', { skip: skipWithoutSharedData }, async () => {
  const files = globSync(sharedData('csaf/cisa-*/*/*.json')).toSorted()
  assert.ok(files.length > 50, `${files.length} files`)
  const invalid: string[] = []
  for (const file of files)
    if (!(await validateCsaf(readFileSync(file, 'utf8'), 'mandatory')).isValid) invalid.push(/([^/]+)\.json$/.exec(file)?.[1] ?? file)
  // CISA itself published these with faults (reference values: of its 2,385 documents the library's basic test passes 2,380).
  assert.deepEqual(
    invalid.filter(name => !CISA_INVALID.includes(name)),
    [],
  )
})

const CISA_INVALID: readonly string[] = []
