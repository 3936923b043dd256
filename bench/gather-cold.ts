import { globSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { createRandom } from '../src/app/sample/random.ts'
import { gatherFromSource } from '../src/domains/watch/gather-source.ts'
import { gather } from '../src/domains/watch/gather.ts'
import { addSource } from '../src/domains/watch/sources/commands.ts'
import type { Visible } from '../src/domains/watch/tables.ts'
import type { GatherResult } from '../src/domains/watch/take-document.ts'
import { systemClock } from '../src/platform/clock/clock.ts'
import type { Database } from '../src/platform/db/database.ts'
import { createFetcher } from '../src/platform/fetch/fetch.ts'
import { SYSTEM } from '../src/platform/work/actor.ts'
import { runWork } from '../src/platform/work/work.ts'
import { hasSharedData, sharedData } from '../test/support/shared-data.ts'
import type { Bench } from './support/bench.ts'
import { withEngines, type Engine } from './support/engines.ts'
import { timed } from './support/measure.ts'
import { describe, note, printHeading, printTable, times } from './support/report.ts'
import { serverWords } from './support/server.ts'
import { pairedRatio, summarise } from './support/stats.ts'

const KEV = 'kev/2025-01-24/known_exploited_vulnerabilities.json'
const PHASES = ['cold', 'the same bytes again', 'not changed (304)', 'limit'] as const
const PARTS = ['kev', 'epss', 'cve'] as const

type Part = (typeof PARTS)[number]
type Figures = Record<(typeof PHASES)[number], Record<Part, number[]>>

interface Feeds {
  readonly kev: Buffer
  readonly epss: Buffer
  readonly cve: readonly { readonly address: string; readonly bytes: Buffer }[]
  readonly rows: Readonly<Record<Part, number>>
}

/**
 * A new installation's first look at the world: a whole KEV catalogue and a full day of EPSS scores by their loaders from a server on this machine,
 * and 300 CVE records from files, each document a unit of work of its own, into an empty PostgreSQL; then all of it once more, first as the same
 * bytes, then asked for by the loaders of a server that answers "not changed". The limit is the same rows into the same tables, ready-made, in one statement for each.
 */
export const gatherCold: Bench = {
  about: 'KEV, a full day of EPSS and 300 CVE records from cold, and with nothing new, beside a bare insert',
  async run({ rounds, small, command }) {
    if (!hasSharedData) return note(`needs ../shared/data/${KEV}`)
    const feeds = readFeeds(small ? 10_000 : 250_000, small ? 20 : 300)
    printHeading(`From cold: KEV, ${feeds.rows.epss.toLocaleString('en-GB')} EPSS scores and ${feeds.rows.cve} CVE records`, command)
    const figures = Object.fromEntries(PHASES.map(phase => [phase, { kev: [], epss: [], cve: [] }])) as unknown as Figures
    await withEngines(async ([engine]) => {
      if (engine === undefined) return
      for (let round = 0; round < (rounds ?? (small ? 1 : 3)); round += 1) await measure(engine, feeds, figures, round === 0)
    })
    const rows = PHASES.flatMap(phase => {
      const parts = PARTS.filter(part => figures[phase][part].length > 0)
      const row = (name: string, taken: readonly number[], limit: readonly number[], cold: readonly number[], count: number) => [
        `${name}: ${phase === 'limit' ? 'a bare insert (the limit)' : phase}`,
        describe(summarise(taken)),
        phase === 'not changed (304)' ? '' : Math.round((count / summarise(taken).median) * 1_000).toLocaleString('en-GB'),
        phase === 'cold' ? times(pairedRatio(taken, limit)) : '',
        phase === 'cold' || phase === 'limit' ? '' : `${(pairedRatio(taken, cold).median * 100).toFixed(1)} %`,
      ]
      const sumOf = (which: (typeof PHASES)[number]) =>
        figures[which].kev.map((_, round) => parts.reduce((sum, part) => sum + (figures[which][part][round] ?? 0), 0))
      const count = parts.reduce((sum, part) => sum + feeds.rows[part], 0)
      return [
        ...parts.map(part => row(NAMES[part], figures[phase][part], figures.limit[part], figures.cold[part], feeds.rows[part])),
        row(parts.map(part => NAMES[part]).join(' + '), sumOf(phase), sumOf('limit'), sumOf('cold'), count),
      ]
    })
    printTable(['what is done', 'milliseconds', 'rows a second', 'ours ÷ limit', 'of the cold run'], rows)
  },
}

const NAMES: Readonly<Record<Part, string>> = { kev: 'KEV', epss: 'EPSS', cve: 'CVE' }

async function measure(engine: Engine, feeds: Feeds, figures: Figures, isFirst: boolean): Promise<void> {
  await using server = await serve(feeds)
  const readyMade = await engine.withDatabase(async database => {
    if (isFirst) console.log(`\n${await serverWords(database)}`)
    const platform = {
      database,
      clock: systemClock,
      jobs: { store: async () => {} } as never,
      fetch: createFetcher({ allowPrivate: [server.host] }),
      secrets: { oidc: null, sourceCredentials: {}, notifyCallbackToken: null },
      config: { gatherFolder: null },
    }
    for (const [code, format] of [
      ['kev', 'kev-json'],
      ['epss', 'epss'],
    ] as const) {
      await runWork<Visible, unknown>(platform, SYSTEM, work => addSource(work, { code, name: code, format, url: `http://${server.host}/${code}` }))
    }
    const note = async (phase: keyof Figures, part: Part, body: () => Promise<void>) => void figures[phase][part].push(await timed(body))
    const load = async (code: 'kev' | 'epss', added: number) => expect(await gatherFromSource(platform, SYSTEM, code), { added })
    const takeBytes = async (part: Part, count: keyof GatherResult) => {
      const documents = part === 'cve' ? feeds.cve : [{ address: part, bytes: feeds[part] }]
      let rows = 0
      for (const { address, bytes } of documents) {
        const result = await gather(platform, SYSTEM, { address, bytes, source: part === 'cve' ? null : part })
        expect(result, {})
        rows += Number(result[count])
      }
      if (rows !== feeds.rows[part]) throw new Error(`${part}: ${rows} of ${feeds.rows[part]} rows were ${count}.`)
    }
    await note('cold', 'kev', () => load('kev', feeds.rows.kev))
    await note('cold', 'epss', () => load('epss', feeds.rows.epss))
    await note('cold', 'cve', () => takeBytes('cve', 'added'))
    for (const part of PARTS) await note('the same bytes again', part, () => takeBytes(part, 'unchanged'))
    for (const part of ['kev', 'epss'] as const) await note('not changed (304)', part, () => load(part, 0))
    return dump(database)
  })
  await engine.withDatabase(async database => {
    for (const table of ['watch_source', 'watch_gathering'] as const) await insert(database, table, readyMade[table])
    for (const part of PARTS) figures.limit[part].push(await timed(() => insert(database, TABLES[part], readyMade[part])))
  })
}

const TABLES: Readonly<Record<Part, string>> = { kev: 'watch_item', cve: 'watch_item', epss: 'watch_epss' }

async function dump(database: Database): Promise<Record<Part | 'watch_source' | 'watch_gathering', string>> {
  const { rows } = await sql<Record<Part | 'watch_source' | 'watch_gathering', string>>`
    select (select json_agg(source)::text from watch_source source) as watch_source,
      (select json_agg(gathering)::text from watch_gathering gathering) as watch_gathering,
      (select json_agg(item)::text from watch_item item join watch_source source on source.id = item.source_id where source.format = 'kev-json') as kev,
      (select json_agg(item)::text from watch_item item join watch_source source on source.id = item.source_id where source.format = 'cve') as cve,
      (select json_agg(epss)::text from watch_epss epss) as epss`.execute(database.kysely)
  const [row] = rows
  if (row === undefined) throw new Error('The database gave nothing back.')
  return row
}

async function insert(database: Database, table: string, rows: string): Promise<void> {
  const into = sql.table(table)
  await sql`insert into ${into} select * from json_populate_recordset(null::${into}, ${rows}::json) on conflict do nothing`.execute(database.kysely)
}

function expect(result: GatherResult, expected: Partial<GatherResult>): void {
  const isAsExpected = result.failure === null && Object.entries(expected).every(([name, value]) => result[name as keyof GatherResult] === value)
  if (!isAsExpected) throw new Error(`Expected ${JSON.stringify(expected)}, but it was ${JSON.stringify(result)}.`)
}

/** The real catalogue and records, and as many scores as a day has: of the CVEs of the catalogue and the records first, then of invented ones. */
function readFeeds(scores: number, records: number): Feeds {
  const kev = readFileSync(sharedData(KEV))
  const listed = (JSON.parse(kev.toString('utf8')) as { vulnerabilities: { cveID: string }[] }).vulnerabilities.map(({ cveID }) => cveID)
  const paths = globSync(sharedData('cve/vulnrichment/*/*/CVE-*.json')).toSorted().slice(0, records)
  const real = [...new Set([...listed, ...paths.map(path => basename(path, '.json'))])].slice(0, scores)
  const random = createRandom(11)
  const invented = Array.from({ length: scores - real.length }, (_, index) => `CVE-${1900 + (index % 20)}-${1_000 + Math.floor(index / 20)}`)
  const lines = [...real, ...invented].map(cve => `${cve},${(random.next() ** 6).toFixed(5)},${random.next().toFixed(5)}`)
  const text = ['#model_version:v2025.03.14,score_date:2025-03-20T00:00:00+0000', 'cve,epss,percentile', ...lines, ''].join('\n')
  return {
    kev,
    epss: gzipSync(text),
    cve: paths.map(path => ({ address: path, bytes: readFileSync(path) })),
    rows: { kev: listed.length, epss: lines.length, cve: paths.length },
  }
}

/** Gives each feed with a mark, and "not changed" to whoever has that mark. */
async function serve(feeds: Feeds): Promise<{ readonly host: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    if (request.headers['if-none-match'] === '"1"') return void response.writeHead(304).end()
    response.writeHead(200, { etag: '"1"' }).end(request.url === '/kev' ? feeds.kev : feeds.epss)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
