import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { createTestPlatform } from '../../../test/support/platform.ts'
import type { JsonRecord } from '../../kernel/json.ts'
import { createFetcher } from '../../platform/fetch/fetch.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { gatherFromSource } from './gather-source.ts'
import { gather } from './gather.ts'
import { addSource } from './sources/commands.ts'
import { healthOf, isDue } from './sources/model.ts'
import { sourceStandings } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import { listThreats, NO_FILTER } from './threats/queries/list.ts'

const platform = await createTestPlatform()
const requests: IncomingMessage[] = []
let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.writeHead(404).end()
const server = createServer((request, response) => {
  requests.push(request)
  answer(request, response)
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
after(() => server.close())
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
const outside = { ...platform, fetch: createFetcher({ allowPrivate: [host] }) }

const read = <R>(body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, SYSTEM, body)

function catalogue(cves: readonly string[], version: string): string {
  const vulnerabilities = cves.map(cveID => ({
    cveID,
    vendorProject: 'Invented',
    product: `Thing ${cveID}`,
    vulnerabilityName: `Invented flaw ${cveID}`,
    dateAdded: '2024-01-02',
    shortDescription: 'Invented.',
    requiredAction: 'Update.',
    dueDate: '2024-01-23',
    knownRansomwareCampaignUse: 'Unknown',
    notes: '',
  }))
  return JSON.stringify({
    title: 'C',
    catalogVersion: version,
    dateReleased: `2024-01-0${version}T00:00:00Z`,
    count: vulnerabilities.length,
    vulnerabilities,
  })
}

const record = (cveId: string, title: string): JsonRecord => ({
  dataType: 'CVE_RECORD',
  dataVersion: '5.1',
  cveMetadata: { cveId, assignerOrgId: '00000000-0000-4000-8000-000000000000', state: 'PUBLISHED', datePublished: '2024-01-01T00:00:00Z' },
  containers: {
    cna: {
      title,
      providerMetadata: { orgId: '00000000-0000-4000-8000-000000000000' },
      descriptions: [{ lang: 'en', value: 'Invented.' }],
      affected: [{ vendor: 'Invented', product: 'Thing', versions: [{ version: '1', status: 'affected' }] }],
      references: [{ url: 'https://invented.example/1' }],
    },
  },
})

const source = async (code: string) => {
  const [found] = await read(db => sourceStandings(db, code))
  assert.ok(found)
  return found
}

await runWork<Visible, unknown>(platform, SYSTEM, work =>
  addSource(work, { code: 'list', name: 'List', format: 'kev-json', url: `http://${host}/list.json` }),
)

test('a source that has nothing new costs one request and is a success', async () => {
  answer = (request, response) =>
    request.headers['if-none-match'] === '"one"'
      ? response.writeHead(304).end()
      : response.writeHead(200, { etag: '"one"' }).end(catalogue(['CVE-1900-0001'], '1'))
  assert.equal((await gatherFromSource(outside, SYSTEM, 'list')).added, 1)
  requests.length = 0
  const again = await gatherFromSource(outside, SYSTEM, 'list')
  assert.deepEqual([again.added, again.unchanged, again.failure, requests.length], [0, 0, null, 1])
  assert.equal(requests[0]?.headers['if-none-match'], '"one"')
  assert.equal(healthOf(await source('list'), platform.clock.now()), 'working')
})

test('a source is asked again after its hour, spread a little, and not before', async () => {
  const standing = await source('list')
  const minutes = ((standing.nextAt?.getTime() ?? 0) - platform.clock.now().getTime()) / 60_000
  assert.ok(minutes >= 60 && minutes <= 66, String(minutes))
  assert.ok(!isDue(standing, platform.clock.now()))
  platform.clock.advanceHours(1.11)
  assert.ok(isDue(standing, platform.clock.now()))
})

test('a source that fails is asked again soon, then more rarely, and says so; a success ends it', async () => {
  answer = (_, response) => response.writeHead(500).end()
  const waits: number[] = []
  for (let time = 0; time < 6; time += 1) {
    assert.match((await gatherFromSource(outside, SYSTEM, 'list')).failure ?? '', /500/)
    waits.push(((await source('list')).nextAt?.getTime() ?? 0) - platform.clock.now().getTime())
  }
  const minutes = waits.map(wait => wait / 60_000)
  for (const [index, least] of [5, 10, 20, 40, 60, 60].entries())
    assert.ok((minutes[index] ?? 0) >= least && (minutes[index] ?? 0) <= least * 1.1, String(minutes))
  assert.equal(healthOf(await source('list'), platform.clock.now()), 'failing')
  answer = (_, response) => response.writeHead(503, { 'retry-after': '7200' }).end()
  await gatherFromSource(outside, SYSTEM, 'list')
  const wait = ((await source('list')).nextAt?.getTime() ?? 0) - platform.clock.now().getTime()
  assert.ok(wait >= 2 * 3_600_000, 'the server asked to be left alone for two hours')
  answer = (_, response) => response.writeHead(200, { etag: '"two"' }).end(catalogue(['CVE-1900-0001', 'CVE-1900-0002'], '2'))
  assert.equal((await gatherFromSource(outside, SYSTEM, 'list')).added, 1)
  assert.equal(healthOf(await source('list'), platform.clock.now()), 'working')
})

test('what cannot be read leaves what was gathered, and the next good answer is taken though its mark did not change', async () => {
  answer = (_, response) => response.writeHead(200, { etag: '"three"' }).end('{"vulnerabilities": "none"')
  assert.notEqual((await gatherFromSource(outside, SYSTEM, 'list')).failure, null)
  const { rows } = await read(db => listThreats(db, { ...NO_FILTER, search: 'CVE-1900' }, 'pressing', { limit: 10, cursor: null }))
  assert.equal(rows.length, 2)
  answer = (request, response) =>
    request.headers['if-none-match'] === '"three"'
      ? response.writeHead(304).end()
      : response.writeHead(200, { etag: '"three"' }).end(catalogue(['CVE-1900-0001', 'CVE-1900-0002', 'CVE-1900-0009'], '3'))
  assert.equal((await gatherFromSource(outside, SYSTEM, 'list')).added, 1)
})

test('a record of a single CVE opens no threat; it waits for one, or joins the one that is there', async () => {
  const bytes = (cve: string) => Buffer.from(JSON.stringify(record(cve, `Record of ${cve}`)))
  await gather(platform, SYSTEM, { address: 'early.json', bytes: bytes('CVE-1900-0003') })
  await gather(platform, SYSTEM, { address: 'late.json', bytes: bytes('CVE-1900-0002') })
  const found = async (cve: string) =>
    (await read(db => listThreats(db, { ...NO_FILTER, search: cve }, 'pressing', { limit: 10, cursor: null }))).rows
  assert.deepEqual(
    (await found('CVE-1900-0002')).map(row => row.sources.map(({ code }) => code).toSorted()),
    [['cve', 'list']],
  )
  assert.equal((await found('CVE-1900-0003')).length, 0)
  await gather(platform, SYSTEM, {
    address: 'more.json',
    source: 'list',
    bytes: Buffer.from(catalogue(['CVE-1900-0001', 'CVE-1900-0002', 'CVE-1900-0003'], '4')),
  })
  assert.deepEqual(
    (await found('CVE-1900-0003')).map(row => [row.title, row.sources.map(({ code }) => code).toSorted()]),
    [['Invented flaw CVE-1900-0003', ['cve', 'list']]],
  )
})
