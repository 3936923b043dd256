import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { makeAddress } from '../src/interop/feeds/commands.ts'
import type { FeedFacts } from '../src/interop/feeds/model.ts'
import type { FeedTables } from '../src/interop/feeds/tables.ts'
import type { Id } from '../src/kernel/id.ts'
import type { Platform } from '../src/platform/platform.ts'
import { runWork } from '../src/platform/work/work.ts'
import { actorAs } from '../test/support/broadcast.ts'
import type { Bench } from './support/bench.ts'
import { load, type LoadFigures } from './support/load.ts'
import { freePort } from './support/port.ts'
import { startCarecert } from './support/processes.ts'
import { environmentOf, openPlatform } from './support/product.ts'
import { loadOf, note, printHeading, printTable, round } from './support/report.ts'
import { plantSector } from './support/sector.ts'
import { serverWords, startServer, withFolder } from './support/server.ts'
import { quantile, summarise } from './support/stats.ts'

const FIXED_PAGE = fileURLToPath(new URL('./support/fixed-page.ts', import.meta.url))

/**
 * Feeds of a centre that has published 2,000 bulletins: the newest 50 of the public feed, a page of its archive and an organisation's own, whole and
 * as a 304, by four connections to `carecert serve` on PostgreSQL.
 *
 * The limit: the same bytes, and a bare 304, from node:http in a process of its own.
 */
export const feeds: Bench = {
  about: 'feeds and 304s a second, beside the same bytes from bare node:http',
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
          const targets = await prepare(platform, small ? 200 : 2_000)
          const serve = await startCarecert(['serve', '--empty'], env, 'CareCERT runs at')
          try {
            await measure(platform, targets, folder, rounds ?? (small ? 1 : 5), small ? 1 : 10, command)
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
  readonly url: string
}

async function prepare(platform: Platform, bulletins: number): Promise<readonly Target[]> {
  const db = platform.database.kysely
  note(`writing ${bulletins.toLocaleString('en-GB')} bulletins`)
  await plantSector(platform.database, 200)
  const { rows } = await sql<{ id: Id<'organisation'> }>`select id from directory_organisation where type = 'practice' order by code limit 1`.execute(
    db,
  )
  const organisation = rows[0]?.id
  if (organisation === undefined) throw new Error('No practice was planted')
  await sql`
    insert into broadcast_bulletin (id, state, version, approved_version, author_id, title, severity, tlp, created_at, updated_at, released_at)
      select 'bul_' || lpad(to_hex(number), 32, '0'), 'released', 1, 1, 'bench', 'Bulletin ' || number, 'high', 'CLEAR', now(), now(), now()
      from generate_series(1, ${bulletins}::integer) as number`.execute(db)
  await sql`
    insert into broadcast_version (bulletin_id, version, content, content_hash, saved_by, saved_at)
      select id, 1, json_build_object('title', title, 'tlp', 'CLEAR'), 'bench', 'bench', now() from broadcast_bulletin`.execute(db)
  await sql`
    insert into broadcast_release (id, bulletin_id, version, released_by, released_at, rule, audience_hash, organisations, contacts, unreachable)
      select 'rel_' || substr(id, 5), id, 1, 'bench', now(), '{}', 'bench', 1, 1, 0 from broadcast_bulletin`.execute(db)
  await sql`
    insert into broadcast_recipient (bulletin_id, organisation_id, release_id, is_reachable)
      select id, ${organisation}, 'rel_' || substr(id, 5), true from broadcast_bulletin`.execute(db)
  const facts: FeedFacts = {
    number: 5_001,
    state: 'live',
    severity: 'high',
    tlp: 'CLEAR',
    publishedAt: '2026-05-01T09:00:00.000Z',
    updatedAt: '2026-05-01T09:00:00.000Z',
    // About as long as an NHS cyber alert.
    told: {
      title: 'A flaw in a records system',
      type: 'Vulnerability',
      summary: 'A maker has mended a flaw.',
      html: '<p>It lets anybody read records.</p>'.repeat(80),
    },
  }
  await sql`
    insert into interop_feed_change (seq, bulletin_id, tlp, at, entry)
      select row_number() over (order by id), id, 'CLEAR', now(), ${JSON.stringify(facts)}::jsonb from broadcast_bulletin`.execute(db)
  await sql`update interop_feed_stamp set last = ${bulletins}, stamp = 1`.execute(db)
  await sql`vacuum analyze broadcast_bulletin, broadcast_version, broadcast_recipient, interop_feed_change`.execute(db)
  const { token } = await runWork<FeedTables, { token: string }>(platform, actorAs('cyber-lead', organisation), work =>
    makeAddress(work, { name: 'bench', days: 90 }),
  )
  const base = `${platform.config.baseUrl}/feeds`
  return [
    { name: 'the public feed', url: `${base}/bulletins.atom` },
    { name: 'a page of its archive', url: `${base}/bulletins/archive/2.atom` },
    { name: 'the feed of an organisation', url: `${base}/organisations/${token}/bulletins.atom` },
  ]
}

interface Asked {
  readonly name: string
  readonly url: string
  readonly etag: string | null
  /** Whether it is the limit of its kind. */
  readonly isLimit: boolean
}

async function measure(
  platform: Platform,
  targets: readonly Target[],
  folder: string,
  rounds: number,
  seconds: number,
  command: string,
): Promise<void> {
  const [first] = targets
  const answer = await fetch(first?.url ?? '')
  const body = Buffer.from(await answer.arrayBuffer())
  if (answer.status !== 200) throw new Error(`${answer.status}: ${body.toString()}`)
  const file = join(folder, 'feed.atom')
  await writeFile(file, body)
  const limitPort = await freePort()
  const limit = spawn(process.execPath, [FIXED_PAGE, String(limitPort), file, 'application/atom+xml'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(limit.stdout, 'data')
  try {
    const asked: Asked[] = []
    for (const { name, url } of targets) {
      asked.push({ name, url, etag: null, isLimit: false })
      asked.push({ name: `${name}, unchanged (304)`, url, etag: (await fetch(url)).headers.get('etag'), isLimit: false })
    }
    const bare = `http://127.0.0.1:${limitPort}/`
    asked.push({ name: 'the same bytes, from bare node:http (the limit)', url: bare, etag: null, isLimit: true })
    asked.push({ name: 'a 304, from bare node:http (the limit)', url: bare, etag: '"x"', isLimit: true })
    const taken = new Map<Asked, LoadFigures[]>(asked.map(one => [one, []]))
    for (let turn = 0; turn <= rounds; turn += 1) {
      note(`round ${turn} of ${rounds}, load ${loadOf()}`)
      for (const one of asked) {
        const expected = one.etag === null ? {} : { headers: { 'if-none-match': one.etag }, status: 304 }
        const figures = await load(one.url, null, turn === 0 ? { requests: 20 } : { seconds }, expected)
        if (turn > 0) taken.get(one)?.push(figures)
      }
    }
    printHeading('Feeds', command)
    console.log(
      `\n${await serverWords(platform.database)}; a feed of ${Math.round(body.length / 1_000)} kB; 4 connections; medians of ${rounds} rounds of ${seconds} s (least–most)`,
    )
    printTable(
      ['what', 'p50, ms', 'p95, ms', 'requests a second', "of its limit's rate"],
      [...taken].map(([one, figures]) => [
        one.name,
        spread(figures.map(({ p50 }) => p50)),
        spread(figures.map(({ p95 }) => p95)),
        spread(figures.map(({ perSecond }) => perSecond)),
        `${round(100 * shareOf(figures, limitOf(taken, one.etag !== null)))} %`,
      ]),
    )
  } finally {
    limit.kill()
  }
}

/** The figures of the limit that answers the same kind. */
function limitOf(taken: ReadonlyMap<Asked, readonly LoadFigures[]>, isUnchanged: boolean): readonly LoadFigures[] {
  return [...taken].find(([{ isLimit, etag }]) => isLimit && (etag !== null) === isUnchanged)?.[1] ?? []
}

function shareOf(figures: readonly LoadFigures[], limit: readonly LoadFigures[]): number {
  return quantile(
    figures.map(({ perSecond }, index) => perSecond / (limit[index]?.perSecond ?? NaN)),
    0.5,
  )
}

function spread(values: readonly number[]): string {
  const { median, least, most } = summarise(values)
  return `${round(median)} (${round(least)}–${round(most)})`
}
