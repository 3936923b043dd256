import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sendJson, startTestServer } from '../../../../../test/support/loading.ts'
import { createTestPlatform } from '../../../../../test/support/platform.ts'
import { sharedData, skipWithoutSharedData } from '../../../../../test/support/shared-data.ts'
import { startTaxiiServer } from '../../../../../test/support/taxii-server.ts'
import { createFetcher } from '../../../../platform/fetch/fetch.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { gatherFromSource } from '../../gather-source.ts'
import type { Visible } from '../../tables.ts'
import { addSource } from '../commands.ts'
import { healthOf, type NewSource } from '../model.ts'
import { sourceStandings } from '../queries.ts'

const server = await startTestServer()
const taxii = await startTaxiiServer()
const platform = await createTestPlatform({ env: { SOURCE_CREDENTIALS: '{"closed": {"Authorization": "Basic wrong"}, "nvd-1": {"apiKey": "k"}}' } })
const outside = { ...platform, fetch: createFetcher({ allowPrivate: [server.host, taxii.host] }) }

const read = <R>(body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, SYSTEM, body)
const run = (code: string) => gatherFromSource(outside, SYSTEM, code)
const add = (source: NewSource) => runWork<Visible, unknown>(platform, SYSTEM, work => addSource(work, source))
const standing = async (code: string) => (await read(db => sourceStandings(db, code)))[0] ?? assert.fail()

const itemsOf = (code: string) =>
  read(db =>
    db
      .selectFrom('watch_item as item')
      .innerJoin('watch_source as source', 'source.id', 'item.source_id')
      .where('source.code', '=', code)
      .select(['item.external_id as id', 'item.withdrawn_at as withdrawnAt', 'item.content'])
      .orderBy('item.external_id')
      .execute(),
  )
const idsOf = async (code: string) => (await itemsOf(code)).filter(({ withdrawnAt }) => withdrawnAt === null).map(({ id }) => id)

const gatheringsOf = (code: string) =>
  read(db =>
    db
      .selectFrom('watch_gathering as gathering')
      .innerJoin('watch_source as source', 'source.id', 'gathering.source_id')
      .where('source.code', '=', code)
      .select(['gathering.address', 'gathering.added', 'gathering.outcome'])
      .orderBy('gathering.id')
      .execute(),
  )

const cves = Array.from({ length: 7 }, (_, index) => `CVE-1900-100${index}`)

function nvdPage(query: URLSearchParams): object {
  const startIndex = Number(query.get('startIndex'))
  const shown = query.get('lastModStartDate')?.startsWith('2026-11-20') === true ? [] : cves.slice(startIndex, startIndex + 3)
  return {
    resultsPerPage: shown.length,
    startIndex,
    totalResults: shown.length === 0 ? 0 : cves.length,
    format: 'NVD_CVE',
    version: '2.0',
    timestamp: platform.clock.now().toISOString().slice(0, -1),
    vulnerabilities: shown.map(id => ({
      cve: { id, vulnStatus: 'Analyzed', lastModified: '2026-11-01T00:00:00.000', descriptions: [{ lang: 'en', value: 'Invented.' }] },
    })),
  }
}

test('a source that breaks off half-way keeps what came, and goes on from there without a loss or a double', async () => {
  await add({ code: 'nvd-1', name: 'NVD', format: 'nvd', url: `${server.origin}/cves/2.0` })
  let isBroken = true
  server.answer = ({ query }, response) => {
    if (!isBroken || query.get('startIndex') !== '3') return sendJson(response, nvdPage(query))
    platform.clock.advanceHours(0.01)
    response.writeHead(503, { 'retry-after': '60' }).end()
  }
  assert.match((await run('nvd-1')).failure ?? '', /busy/)
  assert.deepEqual(await idsOf('nvd-1'), cves.slice(0, 3))
  assert.equal(healthOf(await standing('nvd-1'), platform.clock.now()), 'failing')
  isBroken = false
  server.asked.length = 0
  assert.equal((await run('nvd-1')).added, 4)
  assert.deepEqual(
    server.asked.map(({ query, headers }) => [query.get('startIndex'), headers['apikey']]),
    [
      ['3', 'k'],
      ['6', 'k'],
      // And what has changed since it broke off.
      ['0', 'k'],
    ],
  )
  assert.deepEqual(await idsOf('nvd-1'), cves)
  server.asked.length = 0
  const again = await run('nvd-1')
  assert.deepEqual([again.added, again.unchanged, again.failure, server.asked.length], [0, 0, null, 1])
  assert.deepEqual(
    (await gatheringsOf('nvd-1')).map(({ outcome, added }) => [outcome, added]),
    [
      ['taken', 3],
      ['failed', 0],
      ['taken', 3],
      ['taken', 1],
      ['unchanged', 0],
    ],
  )
})

test('a large source is taken in parts, each of which leaves the next at once', async () => {
  await add({ code: 'nvd-2', name: 'NVD in parts', format: 'nvd', url: `${server.origin}/cves/2.0` })
  server.answer = ({ query }, response) => {
    platform.clock.advanceHours(0.1)
    sendJson(response, nvdPage(query))
  }
  assert.equal((await run('nvd-2')).added, 3)
  assert.equal((await standing('nvd-2')).nextAt, null)
  await run('nvd-2')
  await run('nvd-2')
  assert.deepEqual(await idsOf('nvd-2'), cves)
})

test('an event that leaves a MISP feed is withdrawn, and one that comes back returns', async () => {
  await add({ code: 'feed', name: 'Feed', format: 'misp', url: `${server.origin}/feed/` })
  const uuids = [1, 2].map(number => `00000000-0000-4000-8000-00000000000${number}`)
  let listed = uuids
  let changed = 1_700_000_000
  server.answer = ({ path }, response) => {
    const uuid = uuids.find(one => path === `/feed/${one}.json`)
    if (path === '/feed/manifest.json')
      return sendJson(response, Object.fromEntries(listed.map(one => [one, { info: 'An event', timestamp: changed }])))
    if (uuid === undefined) return void response.writeHead(404).end()
    sendJson(response, { Event: { uuid, info: `Event ${uuid.slice(-1)}`, timestamp: String(changed), Attribute: [] } })
  }
  assert.equal((await run('feed')).added, 2)
  listed = uuids.slice(1)
  assert.equal((await run('feed')).withdrawn, 1)
  assert.deepEqual(await idsOf('feed'), uuids.slice(1))
  listed = uuids
  changed += 1
  await run('feed')
  assert.deepEqual(await idsOf('feed'), uuids)
})

const report = (number: number, more: object) => ({
  type: 'report',
  spec_version: '2.1',
  id: `report--00000000-0000-4000-8000-00000000000${number}`,
  created: '2024-01-01T00:00:00.000Z',
  modified: '2024-01-01T00:00:00.000Z',
  name: `Report ${number}`,
  published: '2024-01-01T00:00:00Z',
  object_refs: [],
  ...more,
})

test('a marking that came on an earlier page of a collection is obeyed on a later one, and one that never came is RED', async () => {
  const terms = 'marking-definition--00000000-0000-4000-8000-000000000001'
  const objects = [
    {
      type: 'marking-definition',
      spec_version: '2.1',
      id: terms,
      created: '2024-01-01T00:00:00Z',
      definition_type: 'statement',
      definition: { statement: 'Ours' },
    },
    report(1, { object_marking_refs: [terms] }),
    report(2, { object_marking_refs: ['marking-definition--00000000-0000-4000-8000-000000000009'] }),
  ]
  taxii.size = 1
  taxii.collections.push({
    id: 'a',
    title: 'Reports',
    canRead: true,
    added: objects.map((object, index) => ({ at: `2024-01-0${index + 1}T00:00:00.000000Z`, object })),
  })
  await add({ code: 'taxii', name: 'TAXII', format: 'stix', url: `${taxii.origin}/taxii2/` })
  assert.equal((await run('taxii')).added, 2)
  assert.deepEqual(
    (await itemsOf('taxii')).map(({ content }) => [content.title, content.tlp]),
    [
      ['Report 1', null],
      ['Report 2', 'RED'],
    ],
  )
})

test('wrong credentials are said on the source, and right ones of another source are not tried', async () => {
  taxii.secret = 'Basic right'
  await add({ code: 'closed', name: 'Closed', format: 'stix', url: `${taxii.origin}/taxii2/` })
  assert.match((await run('closed')).failure ?? '', /does not accept the user name and password/)
  assert.match((await standing('closed')).failure ?? '', /SOURCE_CREDENTIALS/)
  assert.deepEqual(
    taxii.asked.filter(({ headers }) => headers.authorization !== undefined).map(({ headers }) => headers.authorization),
    ['Basic wrong'],
  )
  taxii.secret = null
})

test('a redirect into a private network is not followed, whatever the kind of source', async () => {
  server.answer = (_, response) => void response.writeHead(302, { location: `http://127.0.0.1:1/` }).end()
  for (const format of ['nvd', 'nhs-cyber-alerts', 'stix', 'misp', 'feed', 'csaf'] as const) {
    const code = `redirected-${format}`
    await add({ code, name: format, format, url: `${server.origin}/here`, settings: { hosts: ['127.0.0.1:1'] } })
    assert.match((await run(code)).failure ?? '', /private network/, format)
  }
})

test('the alerts of the reference data become items, page by page', { skip: skipWithoutSharedData }, async () => {
  const alerts = JSON.parse(readFileSync(sharedData('nhs-alerts/cyber-alerts-api-page.json'), 'utf8')) as { items: unknown[] }
  server.answer = ({ query }, response) => {
    const page = Number(query.get('page') ?? '1')
    sendJson(response, {
      ...alerts,
      total: 10,
      currentPage: page,
      totalPages: 2,
      items: page === 1 ? alerts.items.slice(0, 5) : alerts.items.slice(5),
    })
  }
  await add({ code: 'alerts', name: 'Alerts', format: 'nhs-cyber-alerts', url: `${server.origin}/page` })
  const first = await run('alerts')
  assert.deepEqual([first.added, first.quarantined], [10, 0])
  server.asked.length = 0
  assert.deepEqual([(await run('alerts')).unchanged, server.asked.length], [0, 1])
})
