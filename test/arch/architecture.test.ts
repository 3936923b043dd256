import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import rules from '../../.dependency-cruiser.mjs'
import { cruiseTree } from '../../tools/dependency-graph.ts'

const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url))

test('every import of this repository keeps the architecture', async () => {
  const { summary, modules } = await cruiseTree()
  const sources = modules.filter(module => module.source.startsWith('src/'))
  assert.ok(
    sources.some(module => module.dependencies.length > 0),
    'dependency-cruiser read no import at all from src: it does not see TypeScript',
  )
  const advice = new Map(rules.forbidden.map(rule => [rule.name, rule.comment]))
  const broken = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}. ${advice.get(rule.name)}`)
  assert.deepEqual(broken, [])
})

test('every rule has an example that breaks it', () => {
  assert.deepEqual(readdirSync(FIXTURES).toSorted(), rules.forbidden.map(rule => rule.name).toSorted())
})

for (const { name } of rules.forbidden) {
  test(`the example that breaks ${name} is caught by that rule and no other`, async () => {
    const { summary } = await cruiseTree(`${FIXTURES}${name}`, readdirSync(`${FIXTURES}${name}`))
    const caught = new Set(summary.violations.map(({ rule }) => rule.name))
    assert.deepEqual([...caught], [name])
  })
}
