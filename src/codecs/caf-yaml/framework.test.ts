import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCafYaml, isProfileLookup, readCafYaml, readProfileLookup } from './framework.ts'

/** The form of WebCAF, with words of our own. */
function caf(outcomes: Record<string, object>, rules: object = {}) {
  return {
    'assessment-rules': rules,
    objectives: { A: { code: 'A', title: 'Objective', principles: { A2: { code: 'A2', title: 'Principle', outcomes } } } },
  }
}

function outcome(code: string, title: string, lists: Record<string, string[]>, more: object = {}) {
  let number = 0
  const indicators = Object.fromEntries(
    Object.entries(lists).map(([list, texts]) => [list, Object.fromEntries(texts.map(text => [`${code}.${++number}`, { description: text }]))]),
  )
  return { code, title, description: '', indicators, ...more }
}

const LISTS = { 'not-achieved': ['Nobody looks'], 'partially-achieved': [], achieved: ['Somebody looks', 'They write it down'] }

test('the later version is known by what A2.b became, and lacks of its file are told', () => {
  const data = caf({ 'A2.b': outcome('A2.b', 'Understanding Threat', LISTS), 'A2.c': outcome('A2.c', 'Assurance', LISTS) })
  assert.ok(isCafYaml(data))
  const read = readCafYaml(data)
  assert.ok(read.ok)
  const [framework] = read.value.frameworks
  assert.deepEqual([framework?.code, framework?.version], ['caf', '4.0'])
  assert.deepEqual(framework?.indicators.map(one => [one.code, one.level]).slice(0, 2), [
    ['A2.b.1', 'not-achieved'],
    ['A2.b.2', 'achieved'],
  ])
  assert.deepEqual(
    framework?.nodes.map(node => [node.code, node.kind, node.parentCode]),
    [
      ['A', 'group', null],
      ['A2', 'group', 'A'],
      ['A2.b', 'outcome', 'A2'],
      ['A2.c', 'outcome', 'A2'],
    ],
  )
  assert.match(framework?.findings[0]?.message ?? '', /has 0 of the 27 rows/)
  assert.deepEqual(framework?.profiles, [])
})

test('the earlier version is known by Assurance, and a file that shows neither says no version', () => {
  const versionOf = (title: string) => {
    const read = readCafYaml(caf({ 'A2.b': outcome('A2.b', title, LISTS) }))
    return read.ok ? read.value.frameworks[0]?.version : undefined
  }
  assert.deepEqual([versionOf('Assurance'), versionOf('Something else')], ['3.2', ''])
})

test('a table of results that contradicts the published rule is refused', () => {
  const read = readCafYaml(caf({ 'A2.b': outcome('A2.b', 'Assurance', LISTS) }, { all_none_some: { outcome_status: 'Achieved' } }))
  assert.equal(read.ok, false)
  assert.match(read.problems[0]?.message ?? '', /gives "Achieved" for all_none_some, and the published rule gives "Not achieved"/)
})

test('what a profile asks is read, and a word that is no level is told', () => {
  const asks = { min_profile_requirement: { baseline: 'Partially achieved', enhanced: 'Splendid' } }
  const read = readCafYaml(caf({ 'A2.b': outcome('A2.b', 'Assurance', LISTS, asks) }))
  const framework = read.ok ? read.value.frameworks[0] : undefined
  assert.deepEqual(
    framework?.profiles.map(profile => [profile.code, profile.levels]),
    [['baseline', [{ outcomeCode: 'A2.b', level: 'partially-achieved' }]]],
  )
  assert.ok(framework?.findings.some(finding => finding.message.includes('"Splendid"')))
})

test('of the statuses that a profile accepts, the worst is what it asks', () => {
  const data = [{ key: 'A1.a', BASELINE: ['PAC', 'ACH'], ENHANCED: ['ACH'] }]
  assert.ok(isProfileLookup(data))
  const read = readProfileLookup(data)
  assert.deepEqual(read.ok && read.value.profiles.map(profile => profile.levels[0]?.level), ['partially-achieved', 'achieved'])
  assert.equal(readProfileLookup([{ key: 'A1.a', BASELINE: ['GOOD'] }]).ok, false)
})
