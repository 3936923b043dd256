import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { listAt, memberOf, recordAt } from '../../kernel/json.ts'
import { readTaxii } from './resources.ts'
import { taxiiMicros, taxiiTime } from './time.ts'

const kindOf = (json: unknown) => readTaxii(json)?.kind

test('each answer is known by what it holds', () => {
  assert.equal(kindOf({ title: 'A server', api_roots: ['https://taxii.example/api1/'] }), 'discovery')
  assert.equal(kindOf({ title: 'A server', versions: ['application/taxii+json;version=2.1'], max_content_length: 1 }), 'api-root')
  assert.equal(kindOf({ collections: [] }), 'collections')
  assert.equal(kindOf({ id: 'a', title: 'A', can_read: true, can_write: false }), 'collection')
  assert.equal(kindOf({ objects: [] }), 'envelope')
  assert.equal(kindOf({ more: false }), 'envelope')
  assert.equal(kindOf({}), 'empty')
  for (const other of [{ type: 'bundle', id: 'bundle--1', objects: [] }, { type: 'indicator' }, [], null, 7, { vulnerabilities: [] }])
    assert.equal(kindOf(other), undefined)
})

test('a server that shows no root but its own is asked there', () => {
  assert.deepEqual(readTaxii({ title: 'A server', default: 'https://taxii.example/api1/' }), {
    kind: 'discovery',
    apiRoots: ['https://taxii.example/api1/'],
  })
  assert.deepEqual(readTaxii({ title: 'A server' }), { kind: 'discovery', apiRoots: [] })
})

test('a page says whether there is more, and by what to ask for it', () => {
  assert.deepEqual(readTaxii({ objects: [1], more: true, next: 'abc' }), { kind: 'envelope', objects: [1], more: true, next: 'abc' })
  assert.deepEqual(readTaxii({ objects: [1], more: true, next: 20 }), { kind: 'envelope', objects: [1], more: true, next: '20' })
  assert.deepEqual(readTaxii({ objects: [1], more: 'yes', next: '' }), { kind: 'envelope', objects: [1], more: false, next: null })
})

test('what is allowed to be read must be said', () => {
  const read = readTaxii({ collections: [{ id: 'a', title: 'A', alias: 'first', can_read: true }, { id: 'b', can_read: 'true' }, { title: 'C' }] })
  assert.deepEqual(read, {
    kind: 'collections',
    collections: [
      { id: 'a', title: 'A', alias: 'first', canRead: true },
      { id: 'b', title: 'b', alias: null, canRead: false },
    ],
  })
})

test('timestamps keep their microseconds', () => {
  assert.equal(taxiiTime((taxiiMicros('2016-11-01T03:04:05.000001Z') ?? 0n) - 2n), '2016-11-01T03:04:04.999999Z')
  for (const text of ['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T00:00:00+01:00', '2026-01-01'])
    assert.equal(taxiiMicros(text), undefined, text)
  assert.equal(taxiiTime(taxiiMicros('2016-11-01T03:04:05Z') ?? 0n), '2016-11-01T03:04:05.000000Z')
  for (const text of ['', 'yesterday', '2016-11-01', '2016-11-01T03:04:05+01:00', '2016-99-01T03:04:05Z']) assert.equal(taxiiMicros(text), undefined)
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n }), micros => {
      assert.equal(taxiiMicros(taxiiTime(micros)), micros)
    }),
  )
})

test('nothing makes the reader throw', () => {
  const names = fc.constantFrom('objects', 'more', 'next', 'collections', 'api_roots', 'versions', 'id', 'can_read', 'title', 'type')
  fc.assert(fc.property(fc.oneof(fc.anything(), fc.dictionary(names, fc.anything())), json => readTaxii(json) === undefined || true))
})

test('the content of the reference server is known', { skip: skipWithoutSharedData }, () => {
  const content: unknown = JSON.parse(readFileSync(sharedData('taxii/taxii21-default_data.json'), 'utf8'))
  assert.equal(kindOf(memberOf(content, '/discovery')), 'discovery')
  const root = recordAt(content, 'trustgroup1')
  assert.equal(kindOf(memberOf(root, 'information')), 'api-root')
  const read = readTaxii({ collections: listAt(root, 'collections') })
  assert.ok(read?.kind === 'collections')
  assert.deepEqual(
    read.collections.map(({ canRead }) => canRead),
    [false, true, true, true, false],
  )
})
