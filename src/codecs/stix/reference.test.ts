import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { valueOf } from '../../../test/support/stix.ts'
import { lineAt, linesAt, listAt, memberOf, parseJson, recordAt } from '../../kernel/json.ts'
import { readStix } from './bundle.ts'
import { ITEM_TYPES } from './item.ts'

function shared(pattern: string): readonly (readonly [string, unknown])[] {
  return globSync(sharedData(pattern))
    .toSorted()
    .flatMap(path => {
      const json = parseJson(readFileSync(path, 'utf8'))
      return json.ok ? [[path, json.value] as const] : []
    })
}

test('every object of the reference bundles is an item, or told in one, or of a type that is none', { skip: skipWithoutSharedData }, () => {
  let bundles = 0
  let objects = 0
  let items = 0
  for (const [path, json] of shared('stix/**/*.json')) {
    if (memberOf(json, 'type') !== 'bundle') continue
    const members = listAt(json, 'objects')
    const batch = valueOf(readStix(json))
    const ids = new Map(members.map(object => [lineAt(object, 'id'), object]))
    bundles++
    objects += members.length
    items += batch.items.length
    assert.deepEqual(batch.rejected, [], path)
    assert.deepEqual(
      batch.items.map(item => item.externalId).toSorted(),
      [...ids]
        .filter(([, object]) => ITEM_TYPES.includes(lineAt(object, 'type') ?? ''))
        .map(([id]) => id ?? '')
        .toSorted(),
      path,
    )
    // Nothing is lost on the way: each item holds its object as it stood.
    for (const item of batch.items) assert.deepEqual(item.details['object'], ids.get(item.externalId), item.externalId)
    for (const relationship of members.filter(object => lineAt(object, 'type') === 'relationship')) {
      for (const end of ['source_ref', 'target_ref']) {
        const item = batch.items.find(entry => entry.externalId === lineAt(relationship, end))
        const other = lineAt(relationship, end === 'source_ref' ? 'target_ref' : 'source_ref')
        const isRevoked = memberOf(relationship, 'revoked') === true
        if (item !== undefined && !isRevoked)
          assert.ok(
            listAt(item.details, 'relationships').some(entry => lineAt(entry, 'ref') === other) ||
              linesAt(item.details, 'withheld').includes(lineAt(relationship, 'id') ?? ''),
            path,
          )
      }
    }
  }
  assert.deepEqual([bundles, objects, items], [22, 1_029, 86])
})

test('the reference indicators give the values of their patterns', { skip: skipWithoutSharedData }, () => {
  const [, apt1] = shared('stix/oasis-examples/apt1.json')[0] ?? []
  const report = valueOf(readStix(apt1)).items.find(item => item.details['type'] === 'report')
  assert.deepEqual(
    report?.indicators?.map(({ type, value }) => `${type} ${value}`),
    [
      'ipv4 223.166.0.0/15',
      'ipv4 58.246.0.0/15',
      'ipv4 112.64.0.0/15',
      'ipv4 139.226.0.0/15',
      'domain hugesoft.org',
      'domain arrowservice.net',
      'domain msnhome.org',
      'md5 001dd76872d80801692ff942308c64e6',
      'md5 002325a0a67fded0381b5648d7fe9b8e',
      'md5 00dbb9e1c09dbdafb360f3163ba5a3de',
    ],
  )
  const [, marked] = shared('stix/oasis-examples/using-marking-definitions.json')[0] ?? []
  const item = valueOf(readStix(marked)).items[0]
  assert.deepEqual(
    [item?.tlp, item?.details['statements'], item?.details['createdBy']],
    ['AMBER', ['Copyright (c) Stark Industries 2017.'], 'Stark Industries'],
  )
})

test("the collections of OASIS's TAXII server are read as pages", { skip: skipWithoutSharedData }, () => {
  const [, server] = shared('taxii/taxii21-default_data.json')[0] ?? []
  const objects = listAt(recordAt(server, 'trustgroup1'), 'collections').flatMap(collection => listAt(collection, 'objects'))
  const { items, rejected } = valueOf(readStix({ more: false, objects }))
  assert.deepEqual([objects.length, rejected.length], [8, 0])
  // Three of the eight are versions of one indicator.
  assert.deepEqual(
    items.map(item => [item.details['type'], item.updated?.toISOString(), item.indicators?.map(indicator => indicator.value)]),
    [
      ['indicator', '2014-05-08T09:00:00.000Z', ['ef537f25c895bfa782526529a9b63d97aa631564d5d789c2b765448c8635fb6c']],
      ['indicator', '2017-01-27T13:49:53.935Z', ['http://x4z9arb.cn/4712']],
      ['malware', '2018-02-23T18:30:00.000Z', ['ef537f25c895bfa782526529a9b63d97aa631564d5d789c2b765448c8635fb6c']],
    ],
  )
})
