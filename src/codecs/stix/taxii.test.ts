import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { memberOf, recordAt } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import { readTaxiiCollections, readTaxiiDiscovery, readTaxiiPage } from './taxii.ts'

function valueOf<T>(result: Result<T>): T {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

test('discovery gives the API roots, the default first, whole and of the web only', () => {
  const json = {
    title: 'Acme',
    default: '/b/',
    api_roots: ['https://acme.example/a/', 'b/', '/b/', 'javascript:alert(1)', 'file:///etc/', 'https://u:p@acme.example/'],
  }
  assert.deepEqual(valueOf(readTaxiiDiscovery(json, 'https://acme.example/taxii2/')), {
    title: 'Acme',
    apiRoots: ['https://acme.example/b/', 'https://acme.example/a/', 'https://acme.example/taxii2/b/'],
  })
  for (const other of [{}, null, { api_roots: [] }, { default: 'x:' }])
    assert.equal(readTaxiiDiscovery(other, 'https://acme.example/').problems[0]?.rule, 'taxii.not-discovery')
})

test('collections say whether they can be read, and give STIX 2', () => {
  const collections = [
    { id: 'a-1', title: 'A', can_read: true, media_types: ['application/stix+json;version=2.1'] },
    { id: 'b-1', title: 'B', can_read: false },
    { id: 'c-1', title: 'C', can_read: true, media_types: ['application/stix+xml; version=1.2'] },
    { id: '../../secret', title: 'D', can_read: true },
    'text',
  ]
  assert.deepEqual(
    valueOf(readTaxiiCollections({ collections })).map(({ id, canRead, isStix2 }) => [id, canRead, isStix2]),
    [
      ['a-1', true, true],
      ['b-1', false, true],
      ['c-1', true, false],
    ],
  )
  assert.deepEqual(valueOf(readTaxiiCollections({})), [])
  for (const other of [null, [], { objects: [] }]) assert.equal(readTaxiiCollections(other).problems[0]?.rule, 'taxii.not-collections')
})

test('a page says how to go on, and an empty one is sound', () => {
  assert.deepEqual(valueOf(readTaxiiPage({ more: true, next: '5', objects: [{}] })), { objects: [{}], hasMore: true, next: '5' })
  assert.deepEqual(valueOf(readTaxiiPage({ more: false, next: '5', objects: [] })), { objects: [], hasMore: false, next: null })
  assert.deepEqual(valueOf(readTaxiiPage({ more: true, objects: [] })), { objects: [], hasMore: true, next: null })
  assert.deepEqual(valueOf(readTaxiiPage({})), { objects: [], hasMore: false, next: null })
  for (const other of [null, [], { objects: 'x' }]) assert.equal(readTaxiiPage(other).problems[0]?.rule, 'taxii.not-page')
})

test('an error of the server is told in its words', () => {
  const error = { title: 'Forbidden', description: 'Ask for access', http_status: '403' }
  for (const result of [readTaxiiDiscovery(error, 'https://acme.example/'), readTaxiiCollections(error), readTaxiiPage(error)]) {
    assert.deepEqual(
      result.problems.map(problem => [problem.rule, problem.message]),
      [['taxii.error', 'The server answers with an error: Forbidden: Ask for access.']],
    )
  }
})

test("OASIS's server is found through to its objects", { skip: skipWithoutSharedData }, () => {
  const server: unknown = JSON.parse(readFileSync(sharedData('taxii/taxii21-default_data.json'), 'utf8'))
  const { apiRoots } = valueOf(readTaxiiDiscovery(memberOf(server, '/discovery'), 'http://localhost:5000/taxii2/'))
  assert.deepEqual(apiRoots, ['http://localhost:5000/trustgroup1/', 'http://localhost:5000/api1/', 'http://localhost:5000/api2/'])
  const collections = valueOf(readTaxiiCollections(recordAt(server, 'trustgroup1')))
  assert.deepEqual(
    collections.map(collection => [collection.canRead, collection.isStix2]),
    [
      [false, true],
      [true, true],
      [true, true],
      [true, true],
      [false, true],
    ],
  )
})
