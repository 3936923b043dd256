import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { recordAt } from '../../kernel/json.ts'
import { readProducts } from './affected.ts'

type Row = readonly [string | null, boolean | null]

function rowsOf(entry: object): readonly Row[] {
  return readProducts([{ affected: [{ vendor: 'Acme', product: 'Gateway', ...entry }] }]).map(({ version, affected }) => [version, affected])
}

function rowOf(version: object): Row | undefined {
  return rowsOf({ versions: [{ status: 'affected', ...version }] })[0]
}

test('a range is written in signs of comparison', () => {
  const cases: readonly (readonly [object, string | null])[] = [
    [{ version: '3.2' }, '3.2'],
    [{ version: '3.0', lessThan: '3.2' }, '>= 3.0, < 3.2'],
    [{ version: '3.0', lessThanOrEqual: '3.2' }, '>= 3.0, <= 3.2'],
    [{ version: '0', lessThan: '3.2' }, '< 3.2'],
    [{ version: 'unspecified', lessThan: '3.2' }, '< 3.2'],
    [{ version: 'n/a', lessThanOrEqual: '3.2' }, '<= 3.2'],
    [{ version: '*', lessThanOrEqual: '3.2' }, '<= 3.2'],
    [{ version: '-', lessThan: '3.2' }, '< 3.2'],
    [{ version: '3.2', lessThan: '*' }, '>= 3.2'],
    [{ version: '0', lessThanOrEqual: '*' }, 'All versions'],
    [{ version: '*' }, 'All versions'],
    [{ version: 'unspecified' }, null],
    [{ version: 'n/a' }, null],
    [{ version: 'unspecified', lessThan: 'unspecified' }, null],
    [{ version: '< 1.26.18' }, '< 1.26.18'],
    [{ version: 'Ver5.62 and earlier' }, 'Ver5.62 and earlier'],
    [{ version: '15.2\\(4\\)M6' }, '15.2(4)M6'],
    [{ version: '２.0 以前' }, '２.0 以前'],
  ]
  for (const [version, words] of cases) assert.deepEqual(rowOf(version), [words, true], JSON.stringify(version))
})

test('the status of a range, or of all that is in none, says whether it is affected', () => {
  assert.deepEqual(
    rowsOf({
      versions: [
        { version: '1.0', status: 'unaffected' },
        { version: '2.0', status: 'Unknown' },
      ],
    }),
    [
      ['1.0', false],
      ['2.0', null],
    ],
  )
  assert.deepEqual(rowsOf({ defaultStatus: 'affected' }), [['All versions', true]])
  assert.deepEqual(rowsOf({ defaultStatus: 'unaffected' }), [[null, false]])
  assert.deepEqual(rowsOf({}), [[null, null]])
  assert.deepEqual(rowsOf({ defaultStatus: 'affected', versions: [{ version: '2.0', lessThan: '*', status: 'unaffected' }] }), [
    ['>= 2.0', false],
    ['< 2.0', true],
  ])
  assert.deepEqual(rowsOf({ defaultStatus: 'affected', versions: [{ version: '0', lessThan: '2.0', status: 'unaffected' }] }), [
    ['< 2.0', false],
    ['>= 2.0', true],
  ])
  assert.deepEqual(
    rowsOf({
      defaultStatus: 'affected',
      versions: [
        { version: '1.0', status: 'unaffected' },
        { version: '2.0', lessThan: '2.2', status: 'unaffected' },
      ],
    }).at(-1),
    ['All versions except 1.0; >= 2.0, < 2.2', true],
  )
})

test('a change of status parts a range that is open at its end', () => {
  const changes = [{ at: '5.2.3', status: 'unaffected' }]
  assert.deepEqual(rowsOf({ versions: [{ version: '5.2', lessThan: '5.2.*', status: 'affected', changes }] }), [
    ['>= 5.2, < 5.2.3', true],
    ['>= 5.2.3, < 5.2.*', false],
  ])
  assert.deepEqual(rowsOf({ versions: [{ version: '5.2', lessThan: '5.2.3', status: 'affected', changes }] }), [['>= 5.2, < 5.2.3', true]])
})

test('commits stand for no version, and are left out where versions are told', () => {
  const commits = { versions: [{ version: '1da177e4c3f4', lessThan: 'c041f5ddef00', status: 'affected', versionType: 'git' }] }
  assert.deepEqual(rowsOf(commits), [[null, true]])
  const entry = { vendor: 'Acme', product: 'Kernel' }
  const both = readProducts([
    {
      affected: [
        { ...entry, ...commits },
        { ...entry, versions: [{ version: '5.4', status: 'affected' }] },
      ],
    },
  ])
  assert.deepEqual(
    both.map(product => product.version),
    ['5.4'],
  )
})

test('what stands where there is nothing to say is no name', () => {
  const products = readProducts([
    {
      affected: [
        { vendor: 'n/a', product: 'n/a' },
        { vendor: '[UNKNOWN]', product: 'Gateway' },
        { packageName: 'keycloak', collectionURL: 'https://repo.example/' },
        { vendor: '日本', product: '製品' },
        { vendor: 'Acme' },
      ],
    },
  ])
  assert.deepEqual(
    products.map(({ maker, product }) => [maker, product]),
    [
      ['', 'Gateway'],
      ['', 'keycloak'],
      ['日本', '製品'],
    ],
  )
})

test('a product stands once for each CPE product, whichever container names it', () => {
  const versions = [{ version: '1.0', status: 'affected' }]
  const cpes = ['cpe:2.3:o:acme:gateway:-:*:*:*:*:*:*:*', 'cpe:2.3:o:acme:gateway:1.0:*:*:*:*:*:*:*', 'cpe:/a:acme:gate\\:way:1.0']
  const entry = { vendor: 'Acme', product: 'Gateway', versions, cpes }
  const products = readProducts([{ affected: [entry] }, { affected: [entry, { ...entry, vendor: 'acme' }] }])
  assert.deepEqual(
    products.map(product => product.cpe),
    [cpes[1], cpes[2]],
  )
})

test('a real kernel record keeps its versions and drops its commits', { skip: skipWithoutSharedData }, () => {
  const json: unknown = JSON.parse(readFileSync(sharedData('cve/vulnrichment/2023/52xxx/CVE-2023-52748.json'), 'utf8'))
  const products = readProducts([recordAt(recordAt(json, 'containers'), 'cna') ?? {}])
  assert.deepEqual(
    products.map(({ version, affected }) => [version?.slice(0, 20), affected]),
    [
      ['>= 5.10.202, <= 5.10', false],
      ['>= 5.15.140, <= 5.15', false],
      ['>= 6.1.64, <= 6.1.*', false],
      ['>= 6.5.13, <= 6.5.*', false],
      ['>= 6.6.3, <= 6.6.*', false],
      ['>= 6.7', false],
      ['All versions except ', true],
    ],
  )
})
