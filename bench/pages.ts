import { sql } from 'kysely'
import { bulletinNumber } from '../src/domains/broadcast/bulletins/model.ts'
import { gather } from '../src/domains/watch/gather.ts'
import type { Platform } from '../src/platform/platform.ts'
import { SYSTEM } from '../src/platform/work/actor.ts'
import type { Bench } from './support/bench.ts'
import { inventedCatalogue } from './support/catalogue.ts'
import { load, type LoadFigures } from './support/load.ts'
import { freePort } from './support/port.ts'
import { startCarecert } from './support/processes.ts'
import { processorTimes, usedBetween, type ProcessorTimes } from './support/processor.ts'
import { approvedBulletin, environmentOf, openPlatform, releaseNow } from './support/product.ts'
import { loadOf, note, printHeading, printTable, round } from './support/report.ts'
import { answerSome, plantSector, plantTechnology } from './support/sector.ts'
import { serverWords, startServer, withFolder } from './support/server.ts'
import { signIn } from './support/sign-in.ts'
import { quantile, summarise } from './support/stats.ts'

/**
 * The busiest pages at 50,000 organisations, 1,300 threats, 10 million lines of technology and 200 bulletins, one of which went to all:
 * `carecert serve` in a process of its own on PostgreSQL, asked over loopback, signed in: by one who waits for each answer, and by four at once, who
 * share the processors with each other and with whoever measures.
 * Target: 95 in 100 answers within 100 milliseconds, of every page for one, of the busiest for four.
 *
 * The limits: /healthz of the same server, which does nothing, and its sign-in page, which asks the database for nothing but the session.
 */
export const pages: Bench = {
  about: 'the busiest pages at 50,000 organisations, beside /healthz and a page of static text',
  async run({ rounds, small, command }) {
    const server = await startServer()
    try {
      await withFolder(async folder => {
        const port = await freePort()
        const env = environmentOf(await server.createDatabase(), folder, {
          PORT: String(port),
          BASE_URL: `http://127.0.0.1:${port}`,
          TRUST_PROXY: '127.0.0.1',
        })
        const { platform, close } = await openPlatform(env)
        try {
          const targets = await prepare(platform, small ? 2_000 : 50_000)
          const serve = await startCarecert(['serve', '--empty'], env, 'CareCERT runs at')
          try {
            await measure({ platform, serverPid: serve.pid, targets }, rounds ?? (small ? 1 : 3), small ? 1 : 4, command)
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

interface Target {
  readonly name: string
  readonly path: string
  readonly cookie: string | null
  readonly kind: 'limit' | 'busiest' | 'other'
}

const EVERYBODY = { types: ['practice', 'pharmacy', 'care-home', 'dentist', 'trust', 'supplier', 'board', 'support-unit', 'region'] }

async function prepare(platform: Platform, organisations: number): Promise<readonly Target[]> {
  note(`writing ${organisations} organisations and what they run`)
  await plantSector(platform.database, organisations)
  await plantTechnology(platform.database)
  note('gathering 1,300 vulnerabilities')
  const gathered = await gather(platform, SYSTEM, { address: 'bench.json', bytes: inventedCatalogue(1_300, platform.clock.now()) })
  if (gathered.added !== 1_300) throw new Error(`Not gathered: ${JSON.stringify(gathered)}`)
  note('releasing 200 bulletins: one to all, twenty to a region each, the others to the suppliers')
  const draft = bulletinNumber(await approvedBulletin(platform, EVERYBODY))
  for (let index = 0; index < 20; index += 1) await releaseNow(platform, await approvedBulletin(platform, { regions: [`XY${1 + (index % 7)}`] }))
  for (let index = 0; index < 179; index += 1) await releaseNow(platform, await approvedBulletin(platform, { types: ['supplier'] }))
  const toAll = await approvedBulletin(platform, EVERYBODY)
  const begun = performance.now()
  const { organisations: recipients } = await releaseNow(platform, toAll)
  note(`released to ${recipients} organisations in ${Math.round(performance.now() - begun)} ms`)
  await answerSome(platform.database)

  const { rows } = await sql<{ threat: string; practice: string; region: string }>`
    select (select id from watch_threat where runs > 0 order by priority, id limit 1) as threat, (select code from directory_organisation where type = 'practice' order by code limit 1) as practice,
      (select code from directory_organisation where type = 'region' order by code limit 1) as region`.execute(platform.database.kysely)
  const { threat = '', practice = '', region = '' } = rows[0] ?? {}
  const manager = await signIn(platform, 'duty-manager', null)
  const lead = await signIn(platform, 'cyber-lead', practice)
  const regional = await signIn(platform, 'regional-lead', region)
  const live = `/bulletins/${bulletinNumber(toAll)}`
  const busiest: Target[] = [
    { name: 'Now, of the centre', path: '/', cookie: manager, kind: 'busiest' },
    { name: 'Threats', path: '/threats', cookie: manager, kind: 'busiest' },
    { name: 'Organisations', path: '/organisations', cookie: manager, kind: 'busiest' },
    { name: 'A live bulletin, to all', path: live, cookie: manager, kind: 'busiest' },
    { name: 'Home, of an organisation', path: '/', cookie: lead, kind: 'busiest' },
  ]
  const others: [string, string, string][] = [
    ['Recipients of that bulletin', `${live}/recipients`, manager],
    ['Recipients who are silent', `${live}/recipients?stage=silent`, manager],
    ['Its progress, as the page asks for it', `/api/v1${live}/progress?by=type`, manager],
    ['The same bulletin, by partner', `${live}?by=partner`, manager],
    ['How soon they answer, by type', `${live}/times?by=type`, manager],
    ['How soon they answer, by region', `${live}/times?by=region&event=decided`, manager],
    ['The curves of that, as a picture', `${live}/chart/group-times.svg?by=region`, manager],
    ['The map of the boards', `${live}/map`, manager],
    ['Incidents before and after', `${live}/impact?landmark=2`, manager],
    ['The same bulletin, for a region', live, regional],
    ['Its telephone list', `${live}/telephone`, manager],
    ['What happens about silence on it', `${live}/chase`, manager],
    ['Its deliveries', `${live}/deliveries`, manager],
    ['The bulletin, for an organisation', live, lead],
    ['Bulletins', '/bulletins', manager],
    ['Who would get a draft, to all', `/bulletins/${draft}/audience`, manager],
    ['The check before release, to all', `/bulletins/${draft}/release`, manager],
    ['A threat', `/threats/${threat}`, manager],
    ['Who runs what a threat is about', `/threats/${threat}/organisations`, manager],
    ['Threats, searched', '/threats?search=product1', manager],
    ['Organisations, searched', '/organisations?search=ash', manager],
    ['Organisations of a region', '/organisations', regional],
    ['An organisation', `/organisations/${practice}`, manager],
    ['Now, of a region', '/', regional],
    ['People', '/people', await signIn(platform, 'administrator', null)],
    ['Search', '/search?q=ash', manager],
    ['Audit', '/audit', await signIn(platform, 'administrator', null)],
  ]
  return [
    { name: '/healthz, which does nothing', path: '/healthz', cookie: null, kind: 'limit' },
    { name: 'The sign-in page: static text', path: '/sign-in', cookie: null, kind: 'limit' },
    ...busiest,
    ...others.map(([name, path, cookie]): Target => ({ name, path, cookie, kind: 'other' })),
  ]
}

interface Setting {
  readonly platform: Platform
  readonly serverPid: number
  readonly targets: readonly Target[]
}

interface PageFigures extends LoadFigures {
  /** Milliseconds in which 95 of 100 answers came to one who asks alone. */
  readonly alone: number
  /** Milliseconds of processor time for one answer, of the web server's process and of PostgreSQL's. */
  readonly serverCost: number
  readonly databaseCost: number
}

async function measure({ platform, serverPid, targets }: Setting, rounds: number, seconds: number, command: string): Promise<void> {
  const taken = new Map<Target, PageFigures[]>(targets.map(target => [target, []]))
  const failures: string[] = []
  for (let turn = 0; turn <= rounds; turn += 1) {
    note(`round ${turn} of ${rounds}, load ${loadOf()}`)
    for (const target of taken.keys()) {
      try {
        const before = await costs(platform, serverPid)
        const figures = await load(`${platform.config.baseUrl}${target.path}`, target.cookie, turn === 0 ? { requests: 20 } : { seconds })
        const after = await costs(platform, serverPid)
        const alone = await load(`${platform.config.baseUrl}${target.path}`, target.cookie, turn === 0 ? { requests: 5 } : { seconds }, {
          connections: 1,
        })
        if (turn > 0)
          taken.get(target)?.push({
            ...figures,
            alone: alone.p95,
            serverCost: usedBetween(before.server, after.server) / figures.requests,
            databaseCost: usedBetween(before.database, after.database) / figures.requests,
          })
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
        taken.delete(target)
      }
    }
  }
  printHeading('The busiest pages', command)
  console.log(
    `\n${await serverWords(platform.database)}; the other figures with four at once; each figure the median of ${rounds} rounds of ${seconds} s (least–most)`,
  )
  const limit = [...taken].find(([target]) => target.path === '/healthz')?.[1] ?? []
  printTable(
    ['page', 'alone: p95, ms', 'p50, ms', 'p95, ms', 'p99, ms', 'requests a second', 'of /healthz’s rate', 'CPU a request, ms: server + PostgreSQL'],
    [...taken].map(([target, figures]) => [
      `${target.name}${target.kind === 'busiest' ? ' *' : ''}`,
      spread(figures.map(({ alone }) => alone)),
      spread(figures.map(({ p50 }) => p50)),
      spread(figures.map(({ p95 }) => p95)),
      spread(figures.map(({ p99 }) => p99)),
      spread(figures.map(({ perSecond }) => perSecond)),
      `${round(
        quantile(
          figures.map(({ perSecond }, index) => perSecond / (limit[index]?.perSecond ?? NaN)),
          0.5,
        ) * 100,
      )} %`,
      `${round(summarise(figures.map(({ serverCost }) => serverCost)).median)} + ${round(summarise(figures.map(({ databaseCost }) => databaseCost)).median)}`,
    ]),
  )
  console.log('* one of the five busiest')
  for (const failure of failures) console.log(`Not measured: ${failure}`)
  if (failures.length > 0) process.exitCode = 1
}

async function costs(platform: Platform, serverPid: number): Promise<{ server: ProcessorTimes; database: ProcessorTimes }> {
  const { rows } = await sql<{
    pid: number
  }>`select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`.execute(platform.database.kysely)
  return { server: processorTimes([serverPid]), database: processorTimes(rows.map(({ pid }) => pid)) }
}

function spread(values: readonly number[]): string {
  const { median, least, most } = summarise(values)
  return `${round(median)} (${round(least)}–${round(most)})`
}
