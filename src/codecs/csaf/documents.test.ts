import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { parseInstant } from '../../kernel/instant.ts'
import type { IntelligenceBatch, IntelligenceItem } from '../../kernel/intelligence.ts'
import { isRecord, lineAt, listAt, recordAt } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import { cleanLine } from '../../kernel/text.ts'
import { scoreCvss } from '../cvss/score.ts'
import { parseCsaf, recognisesCsaf } from './advisory.ts'
import { readProductIds } from './product-ids.ts'

// Real advisories, and the test documents of the standard's own committee.

const root = sharedData('csaf/')

function read(path: string): Result<IntelligenceBatch> {
  return parseCsaf(readFileSync(path, 'utf8'), scoreCvss)
}

function itemOf(result: Result<IntelligenceBatch>): IntelligenceItem {
  assert.ok(result.ok && result.value.items[0] !== undefined, JSON.stringify(result.problems))
  return result.value.items[0]
}

function rulesOf(result: Result<IntelligenceBatch>): string[] {
  return [...new Set(result.problems.map(problem => problem.rule))]
}

function rowsOf(path: string): Record<string, string>[] {
  return parse<Record<string, string>>(readFileSync(root + path), { columns: true })
}

for (const folder of ['cisa-medical', 'cisa-ot']) {
  test(`every advisory of ${folder} says what was computed from it independently`, { skip: skipWithoutSharedData }, () => {
    const expected = rowsOf(`${folder}/EXPECTED.csv`)
    const byId = new Map(
      globSync(sharedData(`csaf/${folder}/*/*.json`))
        .map(path => [itemOf(read(path)), path] as const)
        .map(([item, path]) => [item.externalId, { item, path }]),
    )
    assert.equal(byId.size, expected.length)
    for (const row of expected) {
      const { item, path } = byId.get(row['id'] ?? '') ?? assert.fail(row['id'])
      const json: unknown = JSON.parse(readFileSync(path, 'utf8'))
      assert.ok(isRecord(json))
      const actual = {
        title: item.title,
        status: lineAt(item.details, 'status'),
        version: lineAt(item.details, 'version'),
        initial: item.published,
        current: item.updated,
        publisher: lineAt(recordAt(item.details, 'publisher'), 'name'),
        tlp: item.tlp,
        vendors: sorted(item.products.map(product => product.maker)),
        products: sorted(item.products.map(product => product.product)),
        cves: [...item.cves],
        vulnerabilities: listAt(item.details, 'vulnerabilities').length,
        cvssTenths: item.cvssTenths,
        productIds: readProductIds(json, () => {}).names.size - listAt(recordAt(json, 'product_tree'), 'relationships').length,
        faults: item.faults,
      }
      assert.deepEqual(actual, {
        title: row['title'],
        status: row['status'],
        version: row['version'],
        initial: parseInstant(row['initial'] ?? ''),
        current: parseInstant(row['current'] ?? ''),
        publisher: row['publisher'],
        tlp: row['tlp'] === 'WHITE' ? 'CLEAR' : row['tlp'],
        vendors: sorted(split(row['vendors'])),
        products: sorted(split(row['products'])),
        cves: split(row['cves']),
        vulnerabilities: Number(row['n_vulns']),
        cvssTenths: row['max_cvss'] === '' ? null : Math.round(Number(row['max_cvss']) * 10),
        productIds: Number(row['product_ids']),
        faults: [],
      })
    }
  })
}

function split(cell: string | undefined): string[] {
  return (cell ?? '').split('|').filter(part => part !== '')
}

/** On one clean line, as an item's names are: some of the real ones begin with a blank or hold one that does not break. */
function sorted(names: readonly string[]): string[] {
  return [...new Set(names.map(cleanLine))].toSorted()
}

test('every advisory of makers and national centres is taken in, and feeds beside them are not', { skip: skipWithoutSharedData }, () => {
  const paths = globSync(sharedData('csaf/{vendor/**,cisa-it}/*.json'))
  assert.ok(paths.length >= 29)
  for (const path of paths) {
    const result = read(path)
    if (path.endsWith('-feed-tlp-white.json')) assert.deepEqual(rulesOf(result), ['csaf.listing'])
    else assert.ok(itemOf(result).products.length > 0, path)
  }
})

test('what is not valid is taken in with its faults listed, and what is valid has none against the schema', { skip: skipWithoutSharedData }, () => {
  const rows = rowsOf('EXPECTED-schema.csv').filter(row => row['path']?.endsWith('-feed-tlp-white.json') !== true)
  assert.ok(rows.length > 200)
  for (const row of rows) {
    const result = read(root + row['path'])
    const { faults = [], details } = itemOf(result)
    assert.deepEqual(faults, result.problems)
    assert.equal(lineAt(details, 'csafVersion'), row['csaf_version'])
    // These are rules of the prose, which no schema can hold (§6.1.1, §6.1.2, §6.1.6, §6.1.9).
    const againstSchema = faults.filter(({ rule }) => !/^csaf\.(?:product-id|contradiction|cvss)/.test(rule))
    assert.equal(againstSchema.length > 0, row['schema_valid'] === 'no', `${row['path']} ${JSON.stringify(faults)}`)
  }
})

test('the faults are those that the first error of the schema names', { skip: skipWithoutSharedData }, () => {
  const dates = read(`${root}vendor/fortinet/csaf_authenticated-heap-overflow-in-ssl-vpn-bookmarks.json`)
  assert.equal(itemOf(dates).updated?.toISOString(), '2025-09-30T08:52:10.000Z')
  assert.ok(dates.problems.some(({ rule, pointer }) => rule === 'csaf.date' && pointer === '/document/tracking/current_release_date'))
  const schema = read(`${root}vendor/paloalto/CVE-2025-0114.json`)
  assert.equal(itemOf(schema).cvssTenths, 82)
  assert.deepEqual(rulesOf(schema), ['csaf.schema', 'csaf.product-id', 'csaf.contradiction'])
  assert.equal(itemOf(schema).products.find(product => product.product === 'Cloud NGFW')?.affected, false)
})

test('every vector of the real advisories is scored as they state it', { skip: skipWithoutSharedData }, () => {
  const statementsIn = (pattern: string) =>
    globSync(root + pattern)
      .filter(path => !path.endsWith('-feed-tlp-white.json'))
      .flatMap(path => itemOf(read(path)).assessments ?? [])
      .flatMap(assessment => assessment.cvss)
  const centre = statementsIn('cisa-*/**/*.json')
  assert.ok(centre.length > 400)
  assert.ok(centre.every(statement => statement.statedTenths === null))
  // One maker calls the temporal score the base score.
  const makers = statementsIn('vendor/**/*.json')
  assert.ok(makers.length > 30)
  const different = makers.filter(statement => statement.statedTenths !== null)
  assert.deepEqual([...new Set(different.map(({ baseTenths, statedTenths }) => `${baseTenths} ${statedTenths}`))], ['75 67'])
})

for (const version of ['2.0', '2.1']) {
  test(`every CSAF ${version} document of the OASIS tests is read, the faulty ones too`, { skip: skipWithoutSharedData }, () => {
    const documents = globSync(`${root}oasis-${version}/{validator/*,examples/csaf/**}/*.json`).filter(path =>
      recognisesCsaf(JSON.parse(readFileSync(path, 'utf8'))),
    )
    assert.ok(documents.length > 100)
    for (const path of documents) {
      const result = read(path)
      assert.ok(result.ok, path)
      assert.equal(result.value.items.length + result.value.rejected.length, 1, path)
    }
  })

  test(`the rules that decide who is reached agree with the OASIS tests of CSAF ${version}`, { skip: skipWithoutSharedData }, () => {
    const folder = `${root}oasis-${version}/validator/`
    const RULES: Readonly<Record<string, string>> = {
      '6.1.1': 'csaf.product-id',
      '6.1.2': 'csaf.product-id',
      '6.1.6': 'csaf.contradiction',
      '6.1.39': 'csaf.sharing-group',
    }
    const tests = listAt(JSON.parse(readFileSync(`${folder}testcases.json`, 'utf8')), 'tests')
    let failures = 0
    for (const [id, rule] of Object.entries(RULES)) {
      const cases = tests.find(entry => lineAt(entry, 'id') === id)
      for (const { name } of listAt(cases, 'failures').filter(isRecord)) {
        assert.deepEqual(rulesOf(read(folder + String(name))), [rule], String(name))
        failures += 1
      }
      for (const { name } of listAt(cases, 'valid').filter(isRecord)) assert.deepEqual(rulesOf(read(folder + String(name))), [], String(name))
    }
    assert.ok(failures >= 5)
  })
}
