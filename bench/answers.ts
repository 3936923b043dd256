import { sql } from 'kysely'
import { bulletinNumber } from '../src/domains/broadcast/bulletins/model.ts'
import { answerAddress } from '../src/domains/broadcast/deliveries/answer-link/model.ts'
import type { Id } from '../src/kernel/id.ts'
import type { Platform } from '../src/platform/platform.ts'
import type { Bench } from './support/bench.ts'
import { freePort } from './support/port.ts'
import { startCarecert } from './support/processes.ts'
import { approvedBulletin, environmentOf, openPlatform, releaseNow } from './support/product.ts'
import { describe, loadOf, note, printHeading, printTable, round, times } from './support/report.ts'
import { plantSector } from './support/sector.ts'
import { serverWords, startServer, withFolder } from './support/server.ts'
import { pairedRatio, quantile, summarise } from './support/stats.ts'

const CONNECTIONS = 8

/**
 * How fast answers by link come in: each is one POST of the form that a tap sends, recorded with its audit record and the sums of the
 * picture, over eight connections to `carecert serve` on PostgreSQL.
 *
 * The limit: the same PostgreSQL, asked from here over eight connections for two rows written and one changed in a transaction, which is the
 * least that an answer costs.
 */
export const answers: Bench = {
  about: 'answers by link: requests a second and p99, beside bare durable transactions',
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
          const each = small ? 100 : 1_500
          const turns = rounds ?? (small ? 1 : 3)
          const links = await prepare(platform, small ? 2_000 : 10_000)
          if (links.length < each * (turns + 1)) throw new Error(`Only ${links.length} links`)
          const serve = await startCarecert(['serve', '--empty'], env, 'CareCERT runs at')
          try {
            await measure(platform, links, turns, each, command)
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

/** Releases one bulletin to practices, and gives the link of each message. */
async function prepare(platform: Platform, organisations: number): Promise<readonly string[]> {
  note(`writing ${organisations} organisations and releasing to the practices and pharmacies among them`)
  await plantSector(platform.database, organisations)
  const number = await approvedBulletin(platform, { types: ['practice', 'pharmacy', 'care-home', 'dentist'] })
  await releaseNow(platform, number)
  const { rows } = await sql<{ id: Id<'delivery'>; generation: number }>`
    select distinct on (delivery.organisation_id) delivery.id, link_generation as generation from broadcast_delivery as delivery
    join broadcast_bulletin as bulletin on bulletin.id = delivery.bulletin_id where bulletin.number = ${number} order by delivery.organisation_id, delivery.id`.execute(
    platform.database.kysely,
  )
  note(`${bulletinNumber(number)}: ${rows.length} links`)
  return rows.map(({ id, generation }) => {
    return answerAddress(platform.config.baseUrl, platform.signer.sign, { id, generation }, platform.clock.now())
  })
}

interface Taken {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

async function measure(platform: Platform, links: readonly string[], rounds: number, each: number, command: string): Promise<void> {
  const { pool } = platform.database
  await pool.query('create table bench_answer (id bigint generated always as identity primary key, at timestamptz not null, words text not null)')
  await pool.query('create table bench_record (id bigint generated always as identity primary key, at timestamptz not null, words text not null)')
  const ours: Taken[] = []
  const bare: Taken[] = []
  const left = links.values()
  for (let turn = 0; turn <= rounds; turn += 1) {
    note(`round ${turn} of ${rounds}, load ${loadOf()}`)
    const limit = await timed(each, async () => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        await client.query("insert into bench_answer (at, words) values (now(), 'acknowledged')")
        const { rows } = await client.query<{ id: string }>("insert into bench_record (at, words) values (now(), 'recorded') returning id")
        await client.query("update bench_record set words = 'chained' where id = $1", [rows[0]?.id])
        await client.query('commit')
      } finally {
        client.release()
      }
    })
    const taken = await timed(each, async index => {
      const link = left.next().value
      if (link === undefined) throw new Error('No link is left')
      const response = await fetch(link, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          origin: platform.config.baseUrl,
          // The limit on requests from one address is not what is measured.
          'x-forwarded-for': `10.${turn}.${(index >> 8) & 255}.${index & 255}`,
        },
        body: 'state=acknowledged',
      })
      await response.arrayBuffer()
      if (response.status !== 303) throw new Error(`${response.status} instead of 303`)
    })
    // The first warms both up.
    if (turn > 0) {
      bare.push(limit)
      ours.push(taken)
    }
  }
  const { rows } = await pool.query<{ count: number }>("select count(*)::int as count from broadcast_response where state = 'acknowledged'")
  if (rows[0]?.count !== each * (rounds + 1)) throw new Error(`${rows[0]?.count} answers were recorded, not ${each * (rounds + 1)}`)
  printHeading('Answers by link', command)
  console.log(`\n${await serverWords(platform.database)}; ${CONNECTIONS} connections; ${each} answers a round, every one found recorded afterwards`)
  const line = (name: string, all: readonly Taken[]) => [
    name,
    describe(summarise(all.map(({ perSecond }) => perSecond))),
    round(summarise(all.map(({ p50 }) => p50)).median),
    round(summarise(all.map(({ p99 }) => p99)).median),
  ]
  printTable(['what', 'a second', 'p50, ms', 'p99, ms'], [line('Answers by link', ours), line('Bare transactions of three statements', bare)])
  const ratio = pairedRatio(
    ours.map(({ perSecond }) => perSecond),
    bare.map(({ perSecond }) => perSecond),
  )
  console.log(`Answers come in at ${times(ratio)} the rate of bare transactions.`)
}

/** So many of them over the connections, each as soon as one is free. */
async function timed(count: number, one: (index: number) => Promise<void>): Promise<Taken> {
  const took: number[] = []
  let next = 0
  const begun = performance.now()
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let index = next++; index < count; index = next++) {
        const from = performance.now()
        await one(index)
        took.push(performance.now() - from)
      }
    }),
  )
  return { perSecond: count / ((performance.now() - begun) / 1_000), p50: quantile(took, 0.5), p99: quantile(took, 0.99) }
}
