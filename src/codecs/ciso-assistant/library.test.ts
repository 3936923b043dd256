import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCisoLibrary, readCisoLibrary } from './library.ts'

const BASE = 'urn:example:risk'

function library(objects: object) {
  return { urn: `${BASE}:library:tidy`, ref_id: 'tidy', name: 'Tidy', provider: 'Example', copyright: 'None', version: 3, objects }
}

function node(code: string, more: object = {}) {
  return { urn: `${BASE}:req_node:tidy-1.2:${code.toLowerCase()}`, ref_id: code, assessable: true, ...more }
}

function read(requirements: object[], more: object = {}) {
  const data = library({
    framework: { urn: `${BASE}:framework:tidy-1.2`, ref_id: 'tidy-1.2', name: 'Tidy', requirement_nodes: requirements, ...more },
  })
  assert.ok(isCisoLibrary(data))
  return readCisoLibrary(data)
}

test('what is assessable is an outcome; one under another stands beside it, with what helps to answer it', () => {
  const under = `${BASE}:req_node:tidy-1.2:`
  const result = read(
    [
      node('G', { assessable: false, name: 'Group' }),
      node('G.1', { parent_urn: `${under}g`, description: 'First thing' }),
      node('G.1.1', { parent_urn: `${under}g.1`, description: 'Part of it', threats: [`${BASE}:threat:dust`], annotation: 'Look under it' }),
    ],
    { scores_definition: [{ score: 1 }] },
  )
  assert.ok(result.ok)
  const [framework] = result.value.frameworks
  assert.deepEqual([framework?.code, framework?.version], ['tidy', '1.2'])
  assert.deepEqual(
    framework?.nodes.map(one => [one.code, one.kind, one.parentCode]),
    [
      ['G', 'group', null],
      ['G.1', 'outcome', 'G'],
      ['G.1.1', 'outcome', 'G'],
    ],
  )
  assert.match(framework?.nodes[2]?.description ?? '', /Look under it/)
  assert.deepEqual(
    framework?.indicators.map(one => [one.outcomeCode, one.level, one.text]),
    [
      ['G.1', 'met', 'First thing'],
      ['G.1.1', 'met', 'Part of it'],
    ],
  )
  assert.match(framework?.findings[0]?.message ?? '', /scale of scores/)
})

test('statements of the Cyber Assessment Framework go into the lists that their implementation groups name', () => {
  const under = `${BASE}:req_node:tidy-1.2:a1.a`
  const result = read([
    node('A1.a', { assessable: false, name: 'Outcome' }),
    node('A1.a.1', { parent_urn: under, description: 'Good', implementation_groups: ['A'] }),
    node('A1.a.2', { parent_urn: under, description: 'Bad', implementation_groups: ['NA'] }),
  ])
  const framework = result.ok ? result.value.frameworks[0] : undefined
  assert.deepEqual(
    framework?.nodes.map(one => [one.code, one.kind]),
    [['A1.a', 'outcome']],
  )
  assert.deepEqual(
    framework?.indicators.map(one => [one.level, one.reference]),
    [
      ['achieved', 'A1.a.A.1'],
      ['not-achieved', 'A1.a.NA.2'],
    ],
  )
})

test('a library that lies about its structure is refused in a sentence', () => {
  const refusal = (requirements: object[]) => {
    const result = read(requirements)
    return result.ok ? '' : result.problems[0]?.message
  }
  assert.match(refusal([node('A'), node('A')]) ?? '', /Two requirements have the urn/)
  assert.match(refusal([node('A', { parent_urn: 'urn:nobody' })]) ?? '', /A stands under urn:nobody, which the file does not have/)
  assert.match(refusal([{ assessable: true }]) ?? '', /has no urn/)
  // Followed each through all above it, so many would take minutes.
  const chain = Array.from({ length: 20_000 }, (_, at) => node(`A${at}`, at === 0 ? {} : { parent_urn: `${BASE}:req_node:tidy-1.2:a${at - 1}` }))
  assert.match(refusal(chain) ?? '', /A60 stands more than 60 levels deep/)
  const deep = read([node('A', { depth: 7 })])
  assert.match((deep.ok && deep.value.frameworks[0]?.findings[0]?.message) || '', /say another depth than they stand at/)
})

test('a set of mappings is a crosswalk, and a risk matrix is said not to be a framework', () => {
  const mapping = {
    source_requirement_urn: `${BASE}:req_node:tidy-1.2:g.1`,
    target_requirement_urn: `${BASE}:req_node:neat:n-1`,
    relationship: 'subset',
    strength_of_relationship: 7,
  }
  const set = {
    source_framework_urn: `${BASE}:framework:tidy-1.2`,
    target_framework_urn: `${BASE}:framework:neat`,
    requirement_mappings: [mapping, mapping, {}],
  }
  const result = readCisoLibrary(library({ requirement_mapping_set: set, risk_matrix: [{}] }))
  assert.ok(result.ok)
  const [crosswalk] = result.value.crosswalks
  assert.deepEqual(
    [crosswalk?.from, crosswalk?.to],
    [
      { code: 'tidy', version: '1.2' },
      { code: 'neat', version: '' },
    ],
  )
  assert.deepEqual(crosswalk?.pairs, [{ fromCode: 'G.1', toCode: 'N-1', relation: 'subset', strength: 7, rationale: '' }])
  assert.match(result.value.others[0] ?? '', /a risk matrix, which is not a framework/)
  assert.match(result.value.others[1] ?? '', /1 of its mappings do not say which two requirements they tie/)
})
