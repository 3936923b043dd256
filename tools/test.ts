import { spawnSync } from 'node:child_process'
import { startPostgres } from '../test/support/postgres.ts'
import { getNeeds } from './needs.ts'
import { ROOT, runFiles, suiteFiles } from './suites.ts'

/**
 * Every check that this repository has, one after the other, with a summary at the end.
 *
 *     npm test                 everything; gets what the machine lacks first
 *     npm run check            the same, but installs nothing
 *     npm run check types lint only those
 */
interface Step {
  readonly name: string
  readonly title: string
  /** Only when it is asked for by its name. */
  readonly onRequest?: true
  /** Gives what is wrong in a few words, or `undefined`. Details go to the terminal. */
  readonly run: () => Promise<string | undefined> | string | undefined
}

const STEPS: readonly Step[] = [
  { name: 'types', title: 'Types', run: () => command('node_modules/typescript/bin/tsc', '--project', '.') },
  { name: 'lint', title: 'Lint', run: () => command('node_modules/oxlint/bin/oxlint') },
  { name: 'format', title: 'Format (npm run format puts it right)', run: () => command('node_modules/oxfmt/bin/oxfmt', '--check', '.') },
  { name: 'architecture', title: 'Architecture', run: () => runFiles(suiteFiles('architecture')) },
  { name: 'unused', title: 'Nothing unused', run: () => command('node_modules/knip/bin/knip.js') },
  { name: 'generated', title: 'Generated documents are current (npm run gen puts it right)', run: checkGenerated },
  {
    name: 'embedded',
    title: 'Tests, on the embedded database',
    run: () => runFiles([...suiteFiles('plain'), ...databaseFiles(path => !isOfDomain(path))]),
  },
  // The embedded engine is the younger PostgreSQL, and takes what the server takes: what is its own is tested above, and the domains on it in the browser.
  {
    name: 'embedded-domains',
    title: 'Tests of the domains, on the embedded database too',
    onRequest: true,
    run: () => runFiles(databaseFiles(isOfDomain)),
  },
  // Pages are asked on the server alone here, and on the embedded database in the browser: twice each would double the wait and find little.
  { name: 'postgresql', title: 'Tests of everything that meets the database, and of pages, on PostgreSQL', run: testOnPostgres },
  { name: 'browser', title: 'Tests of pages, in a real browser', run: () => runFiles(suiteFiles('browser')) },
]

const words = process.argv.slice(2)
const wanted = words.filter(word => !word.startsWith('--'))
const unknown = [
  ...words.filter(word => word.startsWith('--') && word !== '--no-install'),
  ...wanted.filter(word => !STEPS.some(({ name }) => name === word)),
]
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. Say none for everything, or some of: ${STEPS.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}
const needs: Step = { name: 'needs', title: 'What the tests need', run: getNeeds }
const chosen = STEPS.filter(({ name, onRequest }) => (wanted.length === 0 ? onRequest !== true : wanted.includes(name)))
process.exitCode = await runSteps(words.includes('--no-install') ? chosen : [needs, ...chosen])

async function runSteps(steps: readonly Step[]): Promise<number> {
  const outcomes: { title: string; failure: string | undefined; seconds: number }[] = []
  for (const { title, run } of steps) {
    console.log(`\n━━ ${title} ${'━'.repeat(Math.max(3, 90 - title.length))}\n`)
    const start = performance.now()
    const failure = await run()
    outcomes.push({ title, failure, seconds: (performance.now() - start) / 1000 })
  }
  console.log(`\n━━ Summary ${'━'.repeat(83)}\n`)
  for (const { title, failure, seconds } of outcomes) {
    console.log(
      `${failure === undefined ? 'passed' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s  ${title}${failure === undefined ? '' : `: ${failure}`}`,
    )
  }
  const failed = outcomes.filter(({ failure }) => failure !== undefined).length
  console.log(failed === 0 ? '\nAll is well.' : `\n${failed} of ${outcomes.length} failed.`)
  return failed === 0 ? 0 : 1
}

/** Runs a tool on this same Node, whatever `node` is in the PATH. */
function command(script: string, ...options: string[]): string | undefined {
  const { status } = spawnSync(process.execPath, [script, ...options], { cwd: ROOT, stdio: 'inherit' })
  return status === 0 ? undefined : 'see above'
}

function databaseFiles(isWanted: (path: string) => boolean): string[] {
  return suiteFiles('database').filter(isWanted)
}

function isOfDomain(path: string): boolean {
  return path.startsWith('src/domains/')
}

function checkGenerated(): string | undefined {
  const failure = command('tools/generate.ts', '--check')
  return failure === undefined ? undefined : 'a document in docs/generated differs from what the code says'
}

async function testOnPostgres(): Promise<string | undefined> {
  const server = await startPostgres()
  try {
    return runFiles([...suiteFiles('database'), ...suiteFiles('pages')], server.adminUrl)
  } finally {
    await server.stop()
  }
}
