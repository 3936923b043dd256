import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FileCounts } from './test-counts.ts'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

export type Suite = 'architecture' | 'plain' | 'database' | 'pages' | 'browser'

const EVERYWHERE = ['src/**/*.test.ts', 'migrations/**/*.test.ts', 'test/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts']

/**
 * The test files of a suite. Which suite a file is in, its name and folder say. The last in the alphabet come first: the longest stand in test/, and whichever runs
 * last is waited for alone.
 */
export function suiteFiles(suite: Suite): string[] {
  const all = globSync(EVERYWHERE, { cwd: ROOT, exclude: path => /^test\/arch\/(fixtures|lint)$/.test(path) })
  return all
    .filter(path => suiteOf(path) === suite)
    .toSorted()
    .toReversed()
}

function suiteOf(path: string): Suite {
  if (path.startsWith('test/arch/')) return 'architecture'
  if (path.startsWith('test/browser/') || path.endsWith('.browser.test.ts')) return 'browser'
  if (path.startsWith('test/journeys/') || path.endsWith('.int.test.ts')) return 'database'
  if (path.endsWith('.page.test.ts')) return 'pages'
  return 'plain'
}

/**
 * Runs test files with node:test, in that order. `databaseUrl` is the server they make their databases on; without it
 * they use the embedded one. Gives what is wrong in words, or `undefined`. A file that holds no test is wrong, and so is
 * a run in which every test was skipped.
 */
export function runFiles(files: readonly string[], databaseUrl?: string): string | undefined {
  if (files.length === 0) return 'there is no test file'
  const countsFile = `${ROOT}.cache/test-counts.jsonl`
  mkdirSync(`${ROOT}.cache`, { recursive: true })
  rmSync(countsFile, { force: true })
  const { status } = spawnSync(process.execPath, [`${ROOT}tools/run-tests.ts`, countsFile, ...files], {
    cwd: ROOT,
    stdio: 'inherit',
    env: testEnvironment(databaseUrl),
  })
  if (status !== 0) return 'a test failed'
  const counts = readFileSync(countsFile, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as FileCounts)
  const empty = counts.filter(({ file, tests }) => file !== undefined && tests === 0).map(({ file }) => file?.slice(ROOT.length))
  if (empty.length > 0) return `no test in ${empty.join(', ')}`
  const total = counts.at(-1)
  return total !== undefined && total.tests > total.skipped ? undefined : 'no test was run'
}

/** The settings of whoever runs the tests must not reach them: a DATABASE_URL, say, names a database that is in use. */
function testEnvironment(databaseUrl: string | undefined): NodeJS.ProcessEnv {
  const ours =
    /^(DATABASE_URL|TEST_DATABASE_URL|PORT|HOST|BASE_URL|SMTP_URL|NOTIFY_API_KEY|OIDC_.*|CARECERT_.*|MAIL_FROM|TRUST_PROXY|METRICS_ALLOW|FETCH_ALLOW_PRIVATE)$/
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name))
  return {
    ...Object.fromEntries(kept),
    // Every file is a process that reads the whole product: what Node made of a module once, the next process takes from here.
    NODE_COMPILE_CACHE: `${ROOT}.cache/compile`,
    ...(databaseUrl === undefined ? {} : { TEST_DATABASE_URL: databaseUrl }),
  }
}
