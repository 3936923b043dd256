import { sql } from 'kysely'
import { gather } from '../src/domains/watch/gather.ts'
import type { Visible } from '../src/domains/watch/tables.ts'
import { recountThreats } from '../src/domains/watch/threats/commands.ts'
import { refreshNames } from '../src/domains/watch/threats/matching/commands.ts'
import { countReach } from '../src/domains/watch/threats/queries/reach.ts'
import { systemClock } from '../src/platform/clock/clock.ts'
import type { Database } from '../src/platform/db/database.ts'
import { createFetcher } from '../src/platform/fetch/fetch.ts'
import { SYSTEM } from '../src/platform/work/actor.ts'
import { runWork, type Work } from '../src/platform/work/work.ts'
import type { Bench } from './support/bench.ts'
import { inventedCatalogue } from './support/catalogue.ts'
import { byTurns, timed } from './support/measure.ts'
import { describe, note, printHeading, printTable, times } from './support/report.ts'
import { plantSector, plantTechnology, PRODUCTS, PRODUCTS_EACH } from './support/sector.ts'
import { openServerDatabase, serverWords } from './support/server.ts'
import { pairedRatio, summarise } from './support/stats.ts'

/**
 * Who runs what threats are about, at 50,000 organisations with 200 products each (10 million lines of technology) on PostgreSQL: one new
 * advisory about four products, misspelt, under other names and with versions, from its names to its figures; and the count anew of 1,300
 * threats, as the job does after an import.
 *
 * The limit: the shortest SQL that finds the same names exactly as they are written, without versions, asked by the owner of the tables, whom no
 * policy binds. Target: one advisory in under a second.
 */
export const reach: Bench = {
  about: '50,000 organisations × 200 products: matching one advisory, and counting 1,300 threats anew, beside hand-written SQL',
  async run({ rounds, small, command }) {
    const { database, close } = await openServerDatabase()
    try {
      const size = small ? 2_000 : 50_000
      note(`writing ${size} organisations and ${size * PRODUCTS_EACH} lines of technology`)
      await plantSector(database, size)
      await plantTechnology(database)
      printHeading('Who runs it', command)
      console.log(`\n${await serverWords(database)}; ${PRODUCTS.toLocaleString('en-GB')} products`)
      const platform = { database, clock: systemClock, jobs: { store: async () => {} } as never, fetch: createFetcher() }
      const unit = <R>(body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, SYSTEM, body)

      const first = await timed(() => unit(work => refreshNames(work, 'all')))
      note('gathering 1,300 vulnerabilities')
      const cold = await timed(() => gather(platform, SYSTEM, { address: 'bench.json', bytes: inventedCatalogue(1_300, systemClock.now()) }))
      await gather(platform, SYSTEM, { address: 'advisory.json', bytes: advisory() })
      await sql`vacuum analyze watch_threat_product, watch_match, watch_name_match, watch_known_product, watch_affected_name`.execute(database.kysely)
      const { rows } = await sql<{ id: string }>`select id from watch_threat where title = 'Bench advisory'`.execute(database.kysely)
      const threat = rows[0]?.id ?? ''
      const reached = await unit(work => countReach(work.db, [threat]))
      note(JSON.stringify(reached))

      const figures = await byTurns(
        {
          one: () => matchAnew(unit, threat),
          oneByHand: () => timed(() => byHand(database, threat)),
          all: () => timed(async () => (await unit(work => refreshNames(work, 'all')), await unit(work => recountThreats(work)))),
          allByHand: () => timed(() => byHand(database, null)),
        },
        rounds ?? 5,
        1,
      )
      printTable(
        ['what is done', 'ours, ms', 'hand-written SQL, ms', 'ours ÷ limit'],
        [
          [
            'one new advisory: names compared, versions decided, organisations counted',
            describe(summarise(figures.one)),
            describe(summarise(figures.oneByHand)),
            times(pairedRatio(figures.one, figures.oneByHand)),
          ],
          [
            '1,301 threats counted anew, nothing new',
            describe(summarise(figures.all)),
            describe(summarise(figures.allByHand)),
            times(pairedRatio(figures.all, figures.allByHand)),
          ],
          ['once: 20,000 products read', describe(summarise([first])), '', ''],
          ['once: 1,300 vulnerabilities gathered, matched and counted', describe(summarise([cold])), '', ''],
        ],
      )
    } finally {
      await close()
    }
  },
}

class TakeBack extends Error {}

/** As if the advisory had just come: its names are forgotten first, and all is taken back after. */
async function matchAnew(unit: <R>(body: (work: Work<Visible>) => Promise<R>) => Promise<R>, threat: string): Promise<number> {
  let taken = 0
  await unit(async work => {
    const names = await work.db.selectFrom('watch_threat_product').select('match_key').where('threat_id', '=', threat).execute()
    const keys = names.map(row => row.match_key)
    await work.db.deleteFrom('watch_affected_name').where('match_key', 'in', keys).execute()
    await work.db.deleteFrom('watch_match').where('threat_id', '=', threat).execute()
    await work.db.deleteFrom('watch_matched_threat').where('threat_id', '=', threat).execute()
    taken = await timed(() => recountThreats(work, [threat]))
    throw new TakeBack()
  }).catch((error: unknown) => {
    if (!(error instanceof TakeBack)) throw error
  })
  return taken
}

/** Exact names of the threats, and how many run them. */
function byHand(database: Database, threat: string | null): Promise<unknown> {
  const chosen = threat === null ? sql`true` : sql`affected.threat_id = ${threat}`
  return sql`
    select affected.threat_id, count(distinct technology.organisation_id) from watch_threat_product affected join directory_product product using (maker_key, product_key)
    join directory_technology technology on technology.product_id = product.id and technology.shared where ${chosen} group by affected.threat_id`.execute(
    database.kysely,
  )
}

/** Four products that organisations of the benchmark run: the most popular one, with versions; two in other words; one family without its number. */
function advisory(): Buffer {
  const named = [
    { maker: 'Maker0', product: 'Product0', version: '<= 5.100' },
    { maker: 'MAKER3 Ltd.', product: 'Product 4003 System', version: '>= 2.0 | < 7.5' },
    { maker: 'Maker12', product: 'Maker12 product8012 Firmware', version: '4.x' },
    { maker: 'Maker7', product: 'Product12007', version: 'vers:all/*' },
  ]
  const branches = named.map(({ maker, product, version }, index) => ({
    category: 'vendor',
    name: maker,
    branches: [
      {
        category: 'product_name',
        name: product,
        branches: [{ category: 'product_version_range', name: version, product: { product_id: `P${index}`, name: `${product} ${version}` } }],
      },
    ],
  }))
  const date = '2040-01-01T00:00:00Z'
  return Buffer.from(
    JSON.stringify({
      document: {
        category: 'csaf_security_advisory',
        csaf_version: '2.0',
        title: 'Bench advisory',
        publisher: { category: 'coordinator', name: 'Bench', namespace: 'https://bench.example' },
        tracking: {
          id: 'BENCH-1',
          status: 'final',
          version: '1',
          current_release_date: date,
          initial_release_date: date,
          revision_history: [{ date, number: '1', summary: 'First' }],
        },
      },
      product_tree: { branches },
      vulnerabilities: [{ cve: 'CVE-1900-99999', product_status: { known_affected: named.map((_, index) => `P${index}`) } }],
    }),
  )
}
