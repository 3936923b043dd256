import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { collectionOf, dateAdded, nextAfter, ROOT, TAXII } from '../src/interop/taxii/model.ts'
import type { Platform } from '../src/platform/platform.ts'
import type { Bench } from './support/bench.ts'
import { load, type LoadFigures } from './support/load.ts'
import { freePort } from './support/port.ts'
import { startCarecert } from './support/processes.ts'
import { environmentOf, openPlatform } from './support/product.ts'
import { loadOf, note, printHeading, printTable, round } from './support/report.ts'
import { plantSector } from './support/sector.ts'
import { serverWords, startServer, withFolder } from './support/server.ts'
import { signIn } from './support/sign-in.ts'
import { quantile, summarise } from './support/stats.ts'

const OBJECTS_EACH = 20
/** Of how many bulletins the organisations get one: all, a half, and one in 250, all of them late in the collection. */
const SHARES = [
  { every: 1, from: 0, name: 'who may read all' },
  { every: 2, from: 0, name: 'who may read half' },
  { every: 25, from: 0.9, name: 'who may read one in 250, all of them late' },
] as const
/**
 * Other servers on PostgreSQL or in memory, of which neither is to be had as a package that installs beside this one: requests a second as they were
 * measured elsewhere with a page of 100 objects of 55 kB, beside the same limit there. Only the shares compare.
 */
const PEERS = [
  { name: 'OpenTAXII 0.10.0b1 on PostgreSQL, 10,000 objects: the first page', perSecond: 27.2, limit: 34_400 },
  { name: 'OpenTAXII 0.10.0b1 on PostgreSQL, 10,000 objects: nothing new', perSecond: 376, limit: 58_700 },
  { name: 'medallion 3.0.0 in memory, 200 objects: the first page', perSecond: 4.4, limit: 34_400 },
] as const
const FIXED_PAGE = fileURLToPath(new URL('./support/fixed-page.ts', import.meta.url))

/**
 * Pages of 100 objects of a TAXII collection of a million, over four connections to `carecert serve` on PostgreSQL: at its start, in its middle, at its
 * end, for what was added since, when there is nothing new, and for organisations that may read little of it. Target: under 100 ms.
 *
 * The limit: the same page, laid out beforehand, from bare node:http in a process of its own.
 */
export const taxii: Bench = {
  about: 'TAXII pages of 100 at a million objects, beside the same page from bare node:http',
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
          const objects = small ? 20_000 : 1_000_000
          note(`writing ${objects.toLocaleString('en-GB')} objects`)
          const targets = await prepare(platform, objects)
          const serve = await startCarecert(['serve', '--empty'], env, 'CareCERT runs at')
          try {
            await measure({ platform, targets, folder, objects }, rounds ?? (small ? 1 : 5), small ? 1 : 10, command)
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
  readonly cookie: string | null
}

async function prepare(platform: Platform, objects: number): Promise<readonly Target[]> {
  const db = platform.database.kysely
  await plantSector(platform.database, 200)
  const bulletins = objects / OBJECTS_EACH
  const collection = collectionOf('GREEN', null)
  await sql`
    insert into broadcast_bulletin (id, state, version, approved_version, author_id, title, severity, tlp, created_at, updated_at, released_at)
      select 'bul_' || lpad(to_hex(number), 32, '0'), 'released', 1, 1, 'bench', 'Bulletin ' || number, 'high', 'GREEN', now(), now(), now()
      from generate_series(1, ${bulletins}::integer) as number`.execute(db)
  await sql`
    insert into broadcast_release (id, bulletin_id, version, released_by, released_at, rule, audience_hash, organisations, contacts, unreachable)
      select 'rel_' || substr(id, 5), id, 1, 'bench', now(), '{}', 'bench', 1, 1, 0 from broadcast_bulletin`.execute(db)
  const first = 1_700_000_000_000_000
  await sql`
    insert into interop_taxii_batch (first, last, collection_id, bulletin_id, is_for_all, types)
      select ${first}::bigint + number::bigint * 1000000, ${first}::bigint + number::bigint * 1000000 + ${OBJECTS_EACH - 1}::integer, ${collection.id},
        'bul_' || lpad(to_hex(number), 32, '0'), false, array['indicator', 'vulnerability']
      from generate_series(1, ${bulletins}::integer) as number`.execute(db)
  // Objects as large as those of the peers' runs: about 550 bytes.
  await sql`
    insert into interop_taxii_object (added, collection_id, bulletin_id, is_for_all, object_id, type, version, is_first, is_last, body)
      select batch.first + at, batch.collection_id, batch.bulletin_id, false, kind || '--' || id, kind, now(), true, true, json_build_object(
        'type', kind, 'spec_version', '2.1', 'id', kind || '--' || id, 'created_by_ref', 'identity--00000000-0000-4000-8000-000000000001',
        'created', '2025-01-01T00:00:00.000Z', 'modified', '2025-01-01T00:00:00.000Z',
        'object_marking_refs', array['marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb'], 'name', 'Indicator ' || id,
        'indicator_types', array['malicious-activity'], 'pattern', '[domain-name:value = ''c' || id || '.bad.invalid'']', 'pattern_type', 'stix',
        'valid_from', '2025-01-01T00:00:00.000Z')::text
      from interop_taxii_batch batch cross join generate_series(0, ${OBJECTS_EACH - 1}::integer) as at
      cross join lateral (select case at % 4 when 3 then 'vulnerability' else 'indicator' end as kind,
        md5(batch.first::text || at)::uuid::text as id) as made`.execute(db)
  const { rows: organisations } = await sql<{ id: string; code: string }>`
    select id, code from directory_organisation where type = 'practice' order by code limit ${SHARES.length}`.execute(db)
  for (const [index, share] of SHARES.entries()) {
    await sql`
      insert into broadcast_recipient (bulletin_id, organisation_id, release_id, is_reachable)
        select 'bul_' || lpad(to_hex(number), 32, '0'), ${organisations[index]?.id ?? ''}, 'rel_' || lpad(to_hex(number), 32, '0'), true
        from generate_series(${Math.floor(bulletins * share.from) + 1}::integer, ${bulletins}::integer) as number where number % ${share.every}::integer = 0`.execute(
      db,
    )
  }
  await sql`vacuum analyze broadcast_bulletin, broadcast_recipient, interop_taxii_batch, interop_taxii_object`.execute(db)

  const objectsUrl = `${platform.config.baseUrl}${ROOT}collections/${collection.id}/objects/`
  const addedAt = (part: number) => first + Math.max(1, Math.floor(bulletins * part)) * 1_000_000
  const end = addedAt(1) + OBJECTS_EACH - 1
  const centre = await signIn(platform, 'analyst', null)
  const leads: string[] = []
  for (const { code } of organisations) leads.push(await signIn(platform, 'cyber-lead', code))
  return [
    { name: 'the first page, of the centre', url: objectsUrl, cookie: centre },
    { name: 'a page from the middle', url: `${objectsUrl}?next=${nextAfter(addedAt(0.5))}`, cookie: centre },
    { name: 'the last page', url: `${objectsUrl}?next=${nextAfter(addedAt(1) - 4_000_001)}`, cookie: centre },
    { name: 'what was added since the middle', url: `${objectsUrl}?added_after=${dateAdded(addedAt(0.5))}`, cookie: centre },
    { name: 'nothing new', url: `${objectsUrl}?added_after=${dateAdded(end)}`, cookie: centre },
    { name: 'one type', url: `${objectsUrl}?match[type]=vulnerability`, cookie: centre },
    { name: 'a type that there is not', url: `${objectsUrl}?match[type]=malware`, cookie: centre },
    { name: 'the manifest', url: objectsUrl.replace(/objects\/$/, 'manifest/'), cookie: centre },
    ...SHARES.flatMap(({ name }, index) => [
      { name: `the first page, of ${name}`, url: objectsUrl, cookie: leads[index] ?? null },
      { name: `nothing new, of ${name}`, url: `${objectsUrl}?added_after=${dateAdded(end)}`, cookie: leads[index] ?? null },
    ]),
  ]
}

interface Setting {
  readonly platform: Platform
  readonly targets: readonly Target[]
  readonly folder: string
  readonly objects: number
}

async function measure({ platform, targets, folder, objects }: Setting, rounds: number, seconds: number, command: string): Promise<void> {
  const [page] = targets
  const answer = await fetch(page?.url ?? '', { headers: { accept: TAXII, cookie: `carecert=${page?.cookie ?? ''}` } })
  const body = Buffer.from(await answer.arrayBuffer())
  if (answer.status !== 200) throw new Error(`${answer.status}: ${body.toString()}`)
  const file = join(folder, 'page.json')
  await writeFile(file, body)
  const limitPort = await freePort()
  const limit = spawn(process.execPath, [FIXED_PAGE, String(limitPort), file, TAXII], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(limit.stdout, 'data')
  try {
    const all: readonly Target[] = [
      ...targets,
      { name: 'the first page, from bare node:http (the limit)', url: `http://127.0.0.1:${limitPort}/`, cookie: null },
    ]
    const taken = new Map<Target, LoadFigures[]>(all.map(target => [target, []]))
    for (let turn = 0; turn <= rounds; turn += 1) {
      note(`round ${turn} of ${rounds}, load ${loadOf()}`)
      for (const target of all) {
        const figures = await load(target.url, target.cookie, turn === 0 ? { requests: 20 } : { seconds })
        if (turn > 0) taken.get(target)?.push(figures)
      }
    }
    printHeading(`TAXII pages of 100 at ${objects.toLocaleString('en-GB')} objects`, command)
    console.log(
      `\n${await serverWords(platform.database)}; a page of ${Math.round(body.length / 1_000)} kB; 4 connections; medians of ${rounds} rounds of ${seconds} s (least–most)`,
    )
    const fastest = [...taken].at(-1)?.[1] ?? []
    printTable(
      ['page', 'p50, ms', 'p95, ms', 'requests a second', "of the limit's rate"],
      [...taken].map(([{ name }, figures]) => [
        name,
        spread(figures.map(({ p50 }) => p50)),
        spread(figures.map(({ p95 }) => p95)),
        spread(figures.map(({ perSecond }) => perSecond)),
        `${round(
          100 *
            quantile(
              figures.map(({ perSecond }, index) => perSecond / (fastest[index]?.perSecond ?? NaN)),
              0.5,
            ),
        )} %`,
      ]),
    )
    console.log('\nOf other servers, as measured elsewhere, each beside what bare node:http did there:')
    printTable(
      ['server', 'requests a second', "of the limit's rate there"],
      PEERS.map(({ name, perSecond, limit: there }) => [name, String(perSecond), `${round((100 * perSecond) / there)} %`]),
    )
  } finally {
    limit.kill()
  }
}

function spread(values: readonly number[]): string {
  const { median, least, most } = summarise(values)
  return `${round(median)} (${round(least)}–${round(most)})`
}
