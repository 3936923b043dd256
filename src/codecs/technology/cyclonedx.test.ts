import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { Result } from '../../kernel/problem.ts'
import { parseCycloneDx, readCycloneDx } from './cyclonedx.ts'
import type { TechnologyFile } from './technology.ts'

function valueOf(result: Result<TechnologyFile>): TechnologyFile {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function rulesOf(result: Result<TechnologyFile>): string[] {
  return result.problems.map(problem => problem.rule)
}

const BOM = { bomFormat: 'CycloneDX', specVersion: '1.5', metadata: { timestamp: '2024-06-30T23:30:00Z' } }

test('the thing described and its components become rows, nested ones too, each once', () => {
  const file = valueOf(
    readCycloneDx({
      ...BOM,
      metadata: { ...BOM.metadata, component: { type: 'application', name: 'Ward board', version: '3', supplier: { name: 'Acme' } } },
      components: [
        {
          type: 'library',
          group: 'org.example',
          name: 'core',
          version: '1',
          purl: 'pkg:maven/org.example/core@1',
          components: [{ type: 'library', name: 'inner', publisher: 'Inner Ltd', cpe: 'cpe:2.3:a:inner:inner:1:*:*:*:*:*:*:*' }],
        },
        { type: 'library', group: 'org.example', name: 'core', version: '1' },
        { type: 'operating-system', name: 'ExampleOS', manufacturer: { name: 'Example' } },
      ],
    }),
  )
  assert.equal(file.label, 'CycloneDX 1.5: Ward board')
  assert.deepEqual(
    file.rows.map(({ maker, product, version, asOf }) => [maker, product, version, asOf]),
    [
      ['Acme', 'Ward board', '3', '2024-07-01'],
      ['Inner Ltd', 'inner', null, '2024-07-01'],
      ['org.example', 'core', '1', '2024-07-01'],
      ['Example', 'ExampleOS', null, '2024-07-01'],
    ],
  )
  assert.deepEqual(
    file.rows.map(row => row.purl ?? row.cpe),
    [null, 'cpe:2.3:a:inner:inner:1:*:*:*:*:*:*:*', 'pkg:maven/org.example/core@1', null],
  )
  assert.equal(file.rows[1]?.position, '/components/0/components/0')
})

test('a component without a name is put aside; files, data and keys are left out and counted', () => {
  const result = readCycloneDx({
    ...BOM,
    components: [
      { type: 'library' },
      'text',
      { type: 'file', name: 'a.txt' },
      { type: 'cryptographic-asset', name: 'key' },
      { type: 'library', name: 'kept' },
    ],
  })
  assert.deepEqual(
    valueOf(result).rows.map(row => row.product),
    ['kept'],
  )
  assert.deepEqual(
    valueOf(result).rejected.map(row => row.position),
    ['/components/0', '/components/1'],
  )
  assert.match(result.problems[0]?.message ?? '', /^2 components/)
})

test('broken identifiers are left out with a warning, the component stays', () => {
  const result = readCycloneDx({ ...BOM, components: [{ type: 'library', name: 'A', purl: 'invalid purl', cpe: 'A 1.0' }] })
  assert.deepEqual(
    valueOf(result).rows.map(row => [row.product, row.purl, row.cpe]),
    [['A', null, null]],
  )
  assert.deepEqual(rulesOf(result), ['cyclonedx.purl', 'cyclonedx.cpe'])
})

test('what is no CycloneDX JSON is refused for its own reason', () => {
  assert.deepEqual(rulesOf(parseCycloneDx('<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>')), ['cyclonedx.xml'])
  assert.deepEqual(rulesOf(parseCycloneDx('{"spdxVersion":"SPDX-2.3"}')), ['cyclonedx.spdx'])
  assert.deepEqual(rulesOf(parseCycloneDx('{"components":[]}')), ['cyclonedx.not-cyclonedx'])
  assert.deepEqual(rulesOf(parseCycloneDx('{"bomFormat":"CycloneDX"')), ['json.cut-off'])
  assert.deepEqual(rulesOf(parseCycloneDx('{"bomFormat":"CycloneDX","specVersion":"2.0"}')), ['cyclonedx.version'])
  assert.deepEqual(rulesOf(parseCycloneDx('{"bomFormat":"CycloneDX","specVersion":"1.3"}')), ['cyclonedx.version'])
  assert.equal(parseCycloneDx('{"bomFormat":"CycloneDX","specVersion":"1.3"}').ok, true)
})

test('components that nest without end are refused', () => {
  const deep = `{"name":"a","components":[`.repeat(50_000) + ']}'.repeat(50_000)
  assert.deepEqual(rulesOf(parseCycloneDx(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[${deep}]}`)), ['json.too-deep'])
})

test('nothing makes the reader throw', () => {
  const odd = fc.jsonValue({ maxDepth: 3 })
  const component = fc.record({ name: odd, type: odd, version: odd, supplier: odd, purl: odd, components: fc.array(odd) })
  fc.assert(
    fc.property(
      fc.array(fc.oneof(component, odd)),
      odd,
      (components, metadata) => parseCycloneDx(JSON.stringify({ ...BOM, metadata, components })).ok,
    ),
  )
})

test('every real inventory is read whole', { skip: skipWithoutSharedData }, () => {
  const paths = globSync(sharedData('inventory/cyclonedx/*.json'))
  assert.equal(paths.length, 8)
  for (const path of paths) {
    const result = parseCycloneDx(readFileSync(path, 'utf8'))
    assert.ok(valueOf(result).rows.length > 0, path)
    assert.deepEqual(valueOf(result).rejected, [], path)
    assert.deepEqual(
      rulesOf(result).filter(rule => rule !== 'cyclonedx.left-out'),
      path.endsWith('invalid-purl.json') ? ['cyclonedx.purl'] : [],
      path,
    )
  }
})

test('every real SPDX inventory is refused as such', { skip: skipWithoutSharedData }, () => {
  for (const path of globSync(sharedData('inventory/spdx/*.json')))
    assert.deepEqual(rulesOf(parseCycloneDx(readFileSync(path, 'utf8'))), ['cyclonedx.spdx'], path)
})
