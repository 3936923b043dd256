import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { createFetcher } from '../../../platform/fetch/fetch.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import { addSource, gather } from '../contract.ts'
import { gatherFromSource } from '../gather-source.ts'
import type { Visible } from '../tables.ts'

const app = await createTestApp()
const server = createServer((_, response) => void response.writeHead(500).end()).listen(0, '127.0.0.1')
await new Promise(resolve => server.once('listening', resolve))
after(() => server.close())
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

async function scrape(): Promise<ReadonlyMap<string, number>> {
  const { statusCode, body } = await app.server.inject({ url: '/metrics', remoteAddress: '127.0.0.1' })
  assert.equal(statusCode, 200)
  const lines = body.split('\n').filter(line => /^carecert_(?:source|figures)_/.test(line))
  return new Map(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

test('each source says how it does, when it last answered, what it holds and how often it failed', async () => {
  await runWork<Visible, unknown>(app.platform, SYSTEM, async work => {
    await addSource(work, { code: 'by-hand', name: 'By hand', format: 'kev-json', url: null })
    await addSource(work, { code: 'broken', name: 'Broken "one"', format: 'feed', url: `http://${host}/` })
  })
  const entry = { cveID: 'CVE-1900-0001', vendorProject: 'A', product: 'B', vulnerabilityName: 'C', dateAdded: '2026-01-01', dueDate: '2026-02-01' }
  const catalogue = { catalogVersion: '1', count: 2, vulnerabilities: [entry, { cveID: 'odd' }] }
  await gather(app.platform, SYSTEM, { address: 'kev.json', bytes: Buffer.from(JSON.stringify(catalogue)), source: 'by-hand' })
  app.platform.clock.advanceHours(1)
  const outside = { ...app.platform, fetch: createFetcher({ allowPrivate: [host] }) }
  for (let time = 0; time < 2; time += 1) await gatherFromSource(outside, SYSTEM, 'broken')
  const figures = await scrape()
  for (const [name, value] of [
    ['carecert_figures_up', 1],
    ['carecert_source_health{source="by-hand",health="working"}', 1],
    ['carecert_source_health{source="by-hand",health="failing"}', 0],
    ['carecert_source_health{source="broken",health="failing"}', 1],
    ['carecert_source_last_success_age_seconds{source="by-hand"}', 3_600],
    ['carecert_source_last_success_age_seconds{source="broken"}', undefined],
    ['carecert_source_items{source="by-hand"}', 1],
    ['carecert_source_quarantine_open{source="by-hand"}', 1],
    ['carecert_source_failures{source="broken"}', 2],
    ['carecert_source_failures{source="by-hand"}', 0],
  ] as const)
    assert.equal(figures.get(name), value, name)
})

test('two scrapes at once give the same figures, and each those of its moment', async () => {
  const [one, two] = await Promise.all([scrape(), scrape()])
  assert.deepEqual(one, two)
  app.platform.clock.advanceHours(1)
  assert.equal((await scrape()).get('carecert_source_last_success_age_seconds{source="by-hand"}'), 7_200)
})

test('without its database the process still tells of itself', async () => {
  await app.platform.database.close()
  const figures = await scrape()
  assert.deepEqual([figures.get('carecert_figures_up'), [...figures.keys()].some(name => name.startsWith('carecert_source_'))], [0, false])
})
