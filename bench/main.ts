import { parseArgs } from 'node:util'
import { answers } from './answers.ts'
import { assessmentPage } from './assessment-page.ts'
import { audience } from './audience.ts'
import { benchmark } from './benchmark.ts'
import { bestPound } from './best-pound.ts'
import { csafValidate } from './csaf-validate.ts'
import { csaf } from './csaf.ts'
import { feeds } from './feeds.ts'
import { gatherCold } from './gather-cold.ts'
import { gatherKev } from './gather-kev.ts'
import { importPractices } from './import-practices.ts'
import { losses } from './losses.ts'
import { matching } from './matching.ts'
import { pages } from './pages.ts'
import { reach } from './reach.ts'
import { releaseMail } from './release-mail.ts'
import { stix } from './stix.ts'
import { stream } from './stream.ts'
import type { Bench } from './support/bench.ts'
import { taxii } from './taxii.ts'

/**
 * Runs a benchmark: `npm run bench -- NAME [--rounds 5] [--small]`, or lists them. Each measures our own path and a limit
 * or a peer by turns in the same run, because the machines are shared: only the ratio counts. docs/benchmarks.md has the figures.
 */
const BENCHES: Readonly<Record<string, Bench>> = {
  audience,
  'import-practices': importPractices,
  'gather-kev': gatherKev,
  'gather-cold': gatherCold,
  csaf,
  'csaf-validate': csafValidate,
  stix,
  stream,
  matching,
  reach,
  pages,
  'release-mail': releaseMail,
  answers,
  taxii,
  feeds,
  benchmark,
  'assessment-page': assessmentPage,
  'best-pound': bestPound,
  losses,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, small: { type: 'boolean', default: false } },
})
const chosen = positionals.map(name => [name, BENCHES[name]] as const)
const strangers = chosen.filter(([, bench]) => bench === undefined).map(([name]) => name)
if (chosen.length === 0 || strangers.length > 0) {
  for (const name of strangers) console.error(`There is no benchmark "${name}".`)
  console.log(
    [
      'The benchmarks. Run one with `npm run bench -- NAME`:',
      ...Object.entries(BENCHES).map(([name, { about }]) => `  ${name.padEnd(18)} ${about}`),
    ].join('\n'),
  )
  process.exitCode = strangers.length > 0 ? 2 : 0
}
for (const [name, bench] of strangers.length > 0 ? [] : chosen) {
  const rounds = values.rounds === undefined ? null : Number(values.rounds)
  const flags = [...(rounds === null ? [] : [`--rounds ${rounds}`]), ...(values.small ? ['--small'] : [])]
  await bench?.run({ rounds, small: values.small, command: ['npm run bench --', name, ...flags].join(' ') })
}
