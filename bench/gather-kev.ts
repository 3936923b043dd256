import { readFile } from 'node:fs/promises'
import { sql } from 'kysely'
import { gather } from '../src/domains/watch/gather.ts'
import type { GatherResult } from '../src/domains/watch/take-document.ts'
import { systemClock } from '../src/platform/clock/clock.ts'
import type { Database } from '../src/platform/db/database.ts'
import { createFetcher } from '../src/platform/fetch/fetch.ts'
import { SYSTEM } from '../src/platform/work/actor.ts'
import { hasSharedData, sharedData } from '../test/support/shared-data.ts'
import type { Bench } from './support/bench.ts'
import { withEngines, type Engine } from './support/engines.ts'
import { byTurns, timed } from './support/measure.ts'
import { describe, note, printHeading, printTable, times } from './support/report.ts'
import { serverWords } from './support/server.ts'
import { pairedRatio, summarise } from './support/stats.ts'

const FILE = 'kev/2025-01-24/known_exploited_vulnerabilities.json'
const NEXT = 'kev/2025-02-05/known_exploited_vulnerabilities.json'

/**
 * Gathering CISA's whole catalogue of known exploited vulnerabilities: from the bytes of the file to the commit, with every item,
 * its history, the threats understood from them and the audit record; then the same file again; then the catalogue of twelve days
 * later. On both engines, each time into an empty database.
 *
 * The limit: JSON.parse of the same bytes, and the same items into the same table of the same engine, ready-made, in one statement.
 */
export const gatherKev: Bench = {
  about: 'a whole KEV catalogue gathered, again, and its next version, beside JSON.parse and a bare insert',
  async run({ rounds, small, command }) {
    if (!hasSharedData) return note(`needs ../shared/data/${FILE}`)
    const bytes = await readFile(sharedData(FILE))
    const items = (JSON.parse(bytes.toString('utf8')) as { vulnerabilities: unknown[] }).vulnerabilities.length
    await withEngines(async engines => {
      printHeading(`Gathering a KEV catalogue of ${items} vulnerabilities, ${Math.round(bytes.length / 1_000)} kB`, command)
      const rows: string[][] = []
      for (const engine of engines) rows.push(...(await measure(engine, bytes, items, rounds ?? (small ? 1 : 5), small ? 0 : 1)))
      printTable(['what is done', 'milliseconds', 'items a second', 'ours ÷ limit'], rows)
    })
  },
}

async function measure(engine: Engine, bytes: Buffer, items: number, rounds: number, warmUps: number): Promise<string[][]> {
  const readyMade = await engine.withDatabase(async database => {
    console.log(`\n${await serverWords(database)}`)
    await take(database, FILE, { added: items })
    const { rows } = await sql<Record<'source' | 'gathering' | 'items', string>>`
      select (select json_agg(source)::text from watch_source source) as source, (select json_agg(gathering)::text from watch_gathering gathering) as gathering,
        (select json_agg(item)::text from watch_item item) as items`.execute(database.kysely)
    return rows[0] ?? { source: '', gathering: '', items: '' }
  })
  note(engine.name)
  const figures = await byTurns(
    {
      first: () => engine.withDatabase(database => timed(() => take(database, FILE, { added: items }))),
      again: () =>
        engine.withDatabase(async database => {
          await take(database, FILE, { added: items })
          return timed(() => take(database, FILE, { unchanged: items }))
        }),
      next: () =>
        engine.withDatabase(async database => {
          await take(database, FILE, { added: items })
          return timed(() => take(database, NEXT, {}))
        }),
      limit: () =>
        engine.withDatabase(async database => {
          await sql`insert into watch_source select * from json_populate_recordset(null::watch_source, ${readyMade.source}::json) on conflict do nothing`.execute(
            database.kysely,
          )
          await sql`insert into watch_gathering select * from json_populate_recordset(null::watch_gathering, ${readyMade.gathering}::json)`.execute(
            database.kysely,
          )
          return timed(async () => {
            JSON.parse(bytes.toString('utf8'))
            await sql`insert into watch_item select * from json_populate_recordset(null::watch_item, ${readyMade.items}::json)`.execute(
              database.kysely,
            )
          })
        }),
    },
    rounds,
    warmUps,
  )
  const row = (name: string, taken: readonly number[], isOurs: boolean) => {
    const summary = summarise(taken)
    return [
      `${engine.name}: ${name}`,
      describe(summary),
      Math.round((items / summary.median) * 1_000).toLocaleString('en-GB'),
      isOurs ? times(pairedRatio(taken, figures.limit)) : '',
    ]
  }
  return [
    row('gather, all new', figures.first, true),
    row('gather again, nothing changed', figures.again, true),
    row('gather the next version', figures.next, true),
    row('JSON.parse and a bare insert (the limit)', figures.limit, false),
  ]
}

/** What the command does, but for starting the process. */
async function take(database: Database, path: string, expected: Partial<GatherResult>): Promise<void> {
  const platform = { database, clock: systemClock, jobs: { store: async () => {} } as never, fetch: createFetcher() }
  const result = await gather(platform, SYSTEM, { address: sharedData(path) })
  const isAsExpected = result.failure === null && Object.entries(expected).every(([name, value]) => result[name as keyof GatherResult] === value)
  if (!isAsExpected) throw new Error(`Expected ${JSON.stringify(expected)}, but it was ${JSON.stringify(result)}.`)
}
