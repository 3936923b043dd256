import { sql } from 'kysely'
import { openAssessment } from '../src/domains/assure/assessments/commands.ts'
import type { Assessment } from '../src/domains/assure/assessments/model.ts'
import { takeAnswers, type Taken } from '../src/domains/assure/assessments/sheet/commands.ts'
import { PERMISSIONS } from '../src/domains/assure/policy.ts'
import type { Visible } from '../src/domains/assure/tables.ts'
import type { Id } from '../src/kernel/id.ts'
import type { Platform } from '../src/platform/platform.ts'
import { SYSTEM, type Actor } from '../src/platform/work/actor.ts'
import { runWork } from '../src/platform/work/work.ts'
import { plantFramework } from '../test/support/review.ts'
import type { Bench } from './support/bench.ts'
import { load, type LoadFigures } from './support/load.ts'
import { freePort } from './support/port.ts'
import { startCarecert } from './support/processes.ts'
import { environmentOf, openPlatform } from './support/product.ts'
import { note, printHeading, printTable, round } from './support/report.ts'
import { plantSector } from './support/sector.ts'
import { serverWords, startServer, withFolder } from './support/server.ts'
import { signIn } from './support/sign-in.ts'
import { summarise } from './support/stats.ts'

/** As many as the Cyber Assessment Framework 3.2 has. */
const OUTCOMES = 39
const INDICATORS = 449

/**
 * The pages of a review of 39 outcomes and 449 statements, all of them answered: the list of tasks, one outcome as a form, and the drawing, by one who waits for
 * each answer and by four at once. `carecert serve` in a process of its own on PostgreSQL. Target: 95 in 100 answers within 100 milliseconds.
 *
 * The limit: /healthz of the same server, which does nothing.
 */
export const assessmentPage: Bench = {
  about: 'the pages of a review of 449 statements, beside /healthz',
  async run({ rounds, small, command }) {
    const server = await startServer()
    try {
      await withFolder(async folder => {
        const port = await freePort()
        const address = `http://127.0.0.1:${port}`
        const env = environmentOf(await server.createDatabase(), folder, { PORT: String(port), BASE_URL: address, TRUST_PROXY: '127.0.0.1' })
        const { platform, close } = await openPlatform(env)
        try {
          note('writing a review of 449 answers')
          const { path, cookie } = await prepare(platform, small ? 200 : 50_000)
          const serve = await startCarecert(['serve', '--empty'], env, 'CareCERT runs at')
          try {
            printHeading('A review of 449 statements', command)
            console.log(`\n${await serverWords(platform.database)}`)
            await measure(address, path, cookie, { rounds: rounds ?? (small ? 1 : 3), seconds: small ? 1 : 4 })
          } finally {
            await serve.stop()
          }
        } finally {
          await close()
        }
      })
    } finally {
      await server.stop()
    }
  },
}

async function prepare(platform: Platform, organisations: number): Promise<{ path: string; cookie: string }> {
  await plantSector(platform.database, organisations)
  const outcomes = Array.from({ length: OUTCOMES }, (_, at) => {
    const count = Math.floor(((at + 1) * INDICATORS) / OUTCOMES) - Math.floor((at * INDICATORS) / OUTCOMES)
    const statements = Array.from({ length: count }, (_statement, number) => `Statement ${number} of outcome ${at}, about as long as statements are.`)
    return { code: `A${at}`, target: 'achieved', statements: { 'not-achieved': statements.slice(0, 4), achieved: statements.slice(4) } }
  })
  const { frameworkId, profileId } = await plantFramework(platform, { outcomes })
  const { rows } = await sql<{ id: Id<'organisation'>; code: string }>`select id, code from directory_organisation order by code limit 1`.execute(
    platform.database.kysely,
  )
  const [organisation] = rows
  if (organisation === undefined) throw new Error('There is no organisation')
  const lead: Actor = {
    ...SYSTEM,
    kind: 'person',
    id: 'per_bench',
    role: 'cyber-lead',
    organisationId: organisation.id,
    scope: { kind: 'organisation', organisationId: organisation.id },
    permissions: new Set(Object.keys(PERMISSIONS)),
  }
  const { id } = await runWork<Visible, Assessment>(platform, lead, work =>
    openAssessment(work, { frameworkId, profileId, period: '2026-27', subject: '', carryFrom: null }),
  )
  const answers = outcomes.flatMap(({ code, statements }) =>
    [...statements['not-achieved'], ...statements.achieved].map((_, at) => ({
      line: at,
      code: `${code}.${at + 1}`,
      answer: at < 4 ? ('no' as const) : ('yes' as const),
      comment: 'As we said last year.',
      alternative: '',
      revision: null,
    })),
  )
  const taken = await runWork<Visible, Taken>(platform, lead, work => takeAnswers(work, id, { rows: answers }))
  if (taken.saved !== INDICATORS) throw new Error(`Not answered: ${JSON.stringify(taken)}`)
  return { path: `/assessments/${id}`, cookie: await signIn(platform, 'cyber-lead', organisation.code) }
}

async function measure(address: string, path: string, cookie: string, { rounds, seconds }: { rounds: number; seconds: number }): Promise<void> {
  const targets: readonly (readonly [name: string, path: string, cookie: string | null])[] = [
    ['/healthz, which does nothing', '/healthz', null],
    ['The review: 39 outcomes, 449 statements', path, cookie],
    ['One outcome as a form', `${path}/outcomes/A7`, cookie],
    ['Where we stand, drawn', `${path}/levels.svg`, cookie],
  ]
  const taken = new Map<string, LoadFigures[]>()
  for (let turn = 0; turn <= rounds; turn += 1)
    for (const [name, target, who] of targets)
      for (const connections of [1, 4]) {
        const figures = await load(`${address}${target}`, who, turn === 0 ? { requests: 20 } : { seconds }, { connections })
        const key = `${name}|${connections}`
        if (turn > 0) taken.set(key, [...(taken.get(key) ?? []), figures])
      }
  const median = (figures: readonly LoadFigures[], of: (one: LoadFigures) => number) => round(summarise(figures.map(of)).median)
  printTable(
    ['page', 'asked by', 'p50, ms', 'p95, ms', 'p99, ms', 'requests a second'],
    [...taken].map(([key, figures]) => {
      const [name = '', connections = ''] = key.split('|')
      return [
        name,
        connections === '1' ? 'one' : connections,
        median(figures, one => one.p50),
        median(figures, one => one.p95),
        median(figures, one => one.p99),
        median(figures, one => one.perSecond),
      ]
    }),
  )
}
