import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const EXAMPLES = `${ROOT}test/arch/lint`
const COPY = '.cache/lint-examples'

interface Configuration {
  readonly rules: Readonly<Record<string, unknown>>
  readonly overrides: readonly { readonly rules: Readonly<Record<string, unknown>> }[]
}

/** The rules that .oxlintrc.json switches on by name, without their plugin. */
function ourRules(): string[] {
  const { rules, overrides } = JSON.parse(readFileSync(`${ROOT}.oxlintrc.json`, 'utf8')) as Configuration
  const all = [rules, ...overrides.map(override => override.rules)].flatMap(some => Object.entries(some))
  const on = all.filter(([, level]) => level !== 'off').map(([name]) => name.slice(name.indexOf('/') + 1))
  return [...new Set(on)].toSorted()
}

/**
 * What oxlint says of the examples: folder → the rules it found broken there, each once. Where the examples stand they
 * are left out of the check, being wrong on purpose, so they are read from a copy.
 */
function findings(): Map<string, string[]> {
  const oxlint = `${ROOT}node_modules/oxlint/bin/oxlint`
  const files = readdirSync(EXAMPLES, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => `${COPY}/${name}`)
  cpSync(EXAMPLES, `${ROOT}${COPY}`, { recursive: true })
  writeFileSync(`${ROOT}${COPY}/tsconfig.json`, JSON.stringify({ extends: '../../tsconfig.json', include: ['.'], exclude: [] }))
  const { stdout } = spawnSync(process.execPath, [oxlint, '--no-ignore', '--format=json', ...files], { cwd: ROOT, encoding: 'utf8' })
  rmSync(`${ROOT}${COPY}`, { recursive: true })
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly { readonly code: string; readonly filename: string }[] }
  const found = new Map<string, string[]>()
  for (const { code, filename } of diagnostics) {
    const folder = filename.split('/').at(-2) ?? filename
    const rule = /\(([^)]+)\)/.exec(code)?.[1] ?? code
    found.set(folder, [...new Set([...(found.get(folder) ?? []), rule])])
  }
  return found
}

test('every lint rule that we switch on has an example that breaks it, and is the only one to object', () => {
  const expected = ourRules().map(rule => [rule, [rule]])
  assert.deepEqual(readdirSync(EXAMPLES).toSorted(), ourRules())
  assert.deepEqual(
    [...findings()].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    expected,
  )
})
