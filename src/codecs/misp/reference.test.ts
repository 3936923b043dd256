import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { IntelligenceBatch } from '../../kernel/intelligence.ts'
import { lineAt, listAt, memberOf, numberAt, parseJson, recordAt } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import { readMisp } from './events.ts'

function valueOf(result: Result<IntelligenceBatch>): IntelligenceBatch {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function shared(pattern: string): readonly (readonly [string, unknown])[] {
  return globSync(sharedData(pattern))
    .toSorted()
    .map(path => {
      const json = parseJson(readFileSync(path, 'utf8'))
      assert.ok(json.ok, path)
      return [path, json.value] as const
    })
}

test('every attribute of the reference events is counted, and its indicators are read', { skip: skipWithoutSharedData }, () => {
  let events = 0
  let attributes = 0
  let indicators = 0
  for (const [path, json] of shared('misp/{eset-events,misp,misp-stix,pymisp}/**/*.json')) {
    const answer = Array.isArray(json) ? json : Array.isArray(memberOf(json, 'response')) ? listAt(json, 'response') : [json]
    const wrapped = answer.filter(entry => recordAt(entry, 'Event') !== undefined)
    if (wrapped.length === 0) continue
    const { items, rejected } = valueOf(readMisp(json))
    assert.deepEqual([items.length, rejected], [wrapped.length, []], path)
    for (const item of items) {
      const counts = recordAt(item.details, 'counts')
      events++
      attributes += (numberAt(counts, 'attributes') ?? 0) + (numberAt(counts, 'deleted') ?? 0)
      indicators += item.indicators?.length ?? 0
      assert.ok(item.title !== '' && item.updated !== null && item.published !== null, path)
    }
  }
  assert.deepEqual([events, attributes], [35, 1_473])
  // All but eight keys and paths that are not whole: `%APPDATA%\\…`, `/scripts/query.php`.
  assert.equal(indicators, 1_256)
})

test('the other files of MISP are read or refused for what they are', { skip: skipWithoutSharedData }, () => {
  const rules = shared('misp/**/*.json').map(([path, json]) => {
    const result = readMisp(json)
    return [path.replace(/^.*\/misp\//, '').replace(/\/[^/]*$/, ''), result.ok ? 'read' : (result.problems[0]?.rule ?? '')] as const
  })
  const counts: Record<string, number> = {}
  for (const [folder, rule] of rules) counts[`${folder.split('/')[0]} ${rule}`] = (counts[`${folder.split('/')[0]} ${rule}`] ?? 0) + 1
  assert.deepEqual(counts, {
    'eset-events read': 26,
    'event.json read': 1,
    'feed-metadata-defaults.json misp.listing': 1,
    'galaxy misp.vocabulary': 16,
    'misp-stix read': 3,
    'pymisp misp.not-misp': 3,
    'pymisp read': 9,
    'taxonomies misp.not-misp': 1,
    'taxonomies misp.vocabulary': 15,
  })
})

test('an event of the reference data gives its TLP, words and references', { skip: skipWithoutSharedData }, () => {
  const [, json] = shared('misp/pymisp/mispevent/existing_event.json')[0] ?? []
  const [item] = valueOf(readMisp(json)).items
  assert.ok(item !== undefined)
  assert.equal(item.tlp, 'CLEAR')
  assert.equal(item.title, 'OSINT - Sednit update: How Fancy Bear Spent the Year')
  assert.ok(item.tags?.includes('misp-galaxy:threat-actor="Sofacy"'))
  assert.ok(item.references.some(address => new URL(address).hostname === 'www.welivesecurity.com'))
  assert.equal(lineAt(item.details, 'publisher'), 'CIRCL')
})
