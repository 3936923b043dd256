import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createTestApp } from '../../../test/support/app.ts'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { releasedBulletin } from '../../../test/support/released-bulletin.ts'
import { gatherFromSource } from '../../domains/watch/gather-source.ts'
import { addSource } from '../../domains/watch/sources/commands.ts'
import type { Visible as WatchVisible } from '../../domains/watch/tables.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import { createFetcher } from '../../platform/fetch/fetch.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { publishByTaxii } from './jobs.ts'
import { ROOT } from './model.ts'

/** The running server, driven by readers that others wrote, and by our own. */
const run = promisify(execFile)
const port = await freePort()
const host = `127.0.0.1:${port}`
const app = await createTestApp({ env: { BASE_URL: `http://${host}` } })
await app.server.listen({ host: '127.0.0.1', port })
await app.signIn('duty-manager')
const content = { cves: ['CVE-2050-0001', 'CVE-2050-0002'], indicators: '198.51.100.7\nevil[.]example' }

async function release(tlp: Tlp, prefix: string): Promise<string> {
  const { bulletinId } = await releasedBulletin(app.platform, { organisations: 1, prefix, tlp, content, title: `A flaw told to ${prefix}` })
  await runWork<object, void>(app.platform, SYSTEM, async work => work.enqueue(publishByTaxii, { bulletinId }))
  await app.platform.runJobs()
  return bulletinId
}

for (const prefix of ['GA', 'GB', 'GC']) await release('GREEN', prefix)
for (const prefix of ['GA1', 'GB1']) await release('CLEAR', prefix)
const centre = await app.signIn('analyst')
const writer = await app.signIn('cyber-lead', { organisation: 'GA00000' })
const manager = await app.signIn('duty-manager')
await manager.post('/sighting-writers', { code: 'GA00000', reason: 'It runs a good watch.' }, { from: '/sighting-writers/add' })

async function tokenFor(who: typeof centre, choice: Readonly<Record<string, string | string[]>> = { bundle: 'everything' }): Promise<string> {
  const made = await who.post('/account/tokens/new', { name: 'TAXII', days: '30', ...choice }, { from: '/account/tokens/new' })
  const token = /carecert_[A-Za-z0-9]{30,}/.exec(made.body)?.[0]
  assert.ok(token)
  return token
}

const DRIVE = `
import json, sys
import requests
from taxii2client.v21 import Server, as_pages
url, token = sys.argv[1], sys.argv[2]
server = Server(url, user='anything', password=token)
root = server.default
found = {'title': server.title, 'versions': root.versions, 'collections': [c.alias for c in root.collections]}
green = next(c for c in root.collections if c.alias == 'green')
ids, pages = [], 0
for page in as_pages(green.get_objects, per_request=4):
    ids += [o['id'] for o in page.get('objects', [])]
    pages += 1
found['ids'], found['pages'] = ids, pages
manifest = [m for page in as_pages(green.get_manifest, per_request=5) for m in page.get('objects', [])]
found['manifest'] = [m['id'] for m in manifest]
found['after'] = [len(green.get_objects(added_after=m['date_added']).get('objects', [])) for m in manifest]
found['reports'] = [o['name'] for o in green.get_objects(type='report').get('objects', [])]
first = green.get_objects(type=['vulnerability', 'indicator'])
found['two types'] = len(first['objects'])
one = first['objects'][0]
found['one'] = green.get_object(one['id'])['objects'][0] == one
found['versions of one'] = green.object_versions(one['id'])['versions'] == [one['modified']]
found['all versions'] = len(green.get_object(one['id'], version='all')['objects'])
found['first header'] = green.get_objects(limit=2).headers['X-TAXII-Date-Added-Last']
statuses = {}
def failing(name, ask):
    try:
        ask()
        statuses[name] = None
    except requests.exceptions.HTTPError as error:
        statuses[name] = [error.response.status_code, error.response.headers['Content-Type'], error.response.json()['http_status']]
failing('bad token', lambda: Server(url, user='x', password='cct_wrong').title)
failing('bad limit', lambda: green._conn.get(green.objects_url, params={'limit': 'x'}))
failing('accept', lambda: green.get_objects(accept='application/vnd.oasis.taxii+json; version=2.0'))
failing('hidden', lambda: green._conn.get(root.url + 'collections/6b4b1c3e-0000-4000-8000-000000000000/'))
green._can_write = True
failing('write', lambda: green.add_objects({'objects': [one]}))
failing('delete', lambda: green.delete_object(one['id']))
found['statuses'] = statuses
sightings = next(c for c in root.collections if c.alias == 'sightings')
found['writable'] = sightings.can_write
if sightings.can_write:
    indicator = green.get_objects(type='indicator')['objects'][0]
    sighting = {'type': 'sighting', 'spec_version': '2.1', 'id': 'sighting--00000000-0000-4000-8000-000000000001', 'created': '2026-11-19T00:00:00.000Z',
        'modified': '2026-11-19T00:00:00.000Z', 'sighting_of_ref': indicator['id'], 'count': 2}
    status = sightings.add_objects({'objects': [sighting, dict(sighting, id='sighting--1')]})
    again = root.get_status(status.id)
    found['status'] = [status.status, status.success_count, status.failure_count, again.success_count, again.failures[0]['message']]
    found['written'] = [o['count'] for o in sightings.get_objects()['objects']]
print(json.dumps(found))
`

interface Driven {
  readonly [name: string]: unknown
  readonly ids: readonly string[]
  readonly manifest: readonly string[]
  readonly after: readonly number[]
  readonly statuses: Readonly<Record<string, readonly unknown[]>>
}

test("OASIS's own client walks the whole server", { skip: hasClient() ? false : 'needs the Python package taxii2-client (PYTHONPATH)' }, async () => {
  const drive = async (token: string) => JSON.parse((await run('python3', ['-c', DRIVE, `http://${host}/taxii2/`, token])).stdout) as Driven
  const all = await drive(await tokenFor(centre))
  assert.deepEqual(all['collections'], ['clear', 'green', 'amber', 'amber-strict', 'sightings'])
  assert.equal(new Set(all.ids).size, all.ids.length)
  assert.deepEqual(all.ids, all.manifest)
  assert.equal(all['pages'], Math.ceil(all.ids.length / 4))
  assert.deepEqual(
    all.after,
    all.ids.map((_, index) => all.ids.length - index - 1),
  )
  assert.deepEqual(all['reports'], ['A flaw told to GA', 'A flaw told to GB', 'A flaw told to GC'])
  assert.deepEqual([all['two types'], all['one'], all['versions of one'], all['all versions'], all['writable']], [12, true, true, 1, false])
  const TAXII = 'application/taxii+json;version=2.1'
  const refused = (status: number) => [status, TAXII, String(status)]
  assert.deepEqual(all.statuses, {
    'bad token': refused(401),
    'bad limit': refused(400),
    accept: refused(406),
    hidden: refused(404),
    write: refused(403),
    delete: refused(405),
  })
  const own = await drive(await tokenFor(writer))
  assert.deepEqual([own['reports'], own['writable'], own['written']], [['A flaw told to GA'], true, [2]])
  assert.deepEqual(own['status'], ['complete', 1, 1, 1, 'Its id must be sighting-- and a UUID.'])
})

test('a token that may read bulletins reads them here too, and one that may not is told so', async () => {
  const token = await tokenFor(centre, { bundle: 'chosen', scopes: ['watch.threat.view'] })
  const ask = (authorization: string) => fetch(`http://${host}${ROOT}collections/`, { headers: { authorization } })
  assert.equal((await ask(`Bearer ${token}`)).status, 403)
  const other = await tokenFor(centre)
  for (const authorization of [`Bearer ${other}`, `Basic ${Buffer.from(`x:${other}`).toString('base64')}`])
    assert.equal((await ask(authorization)).status, 200)
})

test('another centre gathers all of it exactly once, and then only what is new', async () => {
  const token = await tokenFor(centre)
  const other = await createTestPlatform({
    env: { SOURCE_CREDENTIALS: JSON.stringify({ peer: { Authorization: `Basic ${Buffer.from(`anything:${token}`).toString('base64')}` } }) },
  })
  const outside = { ...other, fetch: createFetcher({ allowPrivate: [host] }) }
  await runWork<WatchVisible, unknown>(other, SYSTEM, work =>
    addSource(work, { code: 'peer', name: 'Another centre', format: 'stix', url: `http://${host}/taxii2/` }),
  )
  const held = () =>
    readAs<WatchVisible, readonly { id: string; tlp: Tlp | null }[]>(other, SYSTEM, async db =>
      (await db.selectFrom('watch_item').select(['external_id as id', 'content']).orderBy('external_id').execute()).map(({ id, content: item }) => ({
        id,
        tlp: item.tlp,
      })),
    )
  const first = await gatherFromSource(outside, SYSTEM, 'peer')
  // Of each bulletin a report, two flaws and two indicators.
  assert.deepEqual([first.failure, first.added, first.quarantined], [null, 25, 0])
  const before = await held()
  assert.deepEqual([before.filter(({ tlp }) => tlp === 'CLEAR').length, before.filter(({ tlp }) => tlp === 'GREEN').length], [10, 15])
  other.clock.advanceHours(1)
  app.platform.clock.advanceHours(1)
  const second = await gatherFromSource(outside, SYSTEM, 'peer')
  assert.deepEqual([second.failure, second.added, second.changed, second.withdrawn], [null, 0, 0, 0])
  await release('AMBER+STRICT', 'GD')
  other.clock.advanceHours(1)
  const third = await gatherFromSource(outside, SYSTEM, 'peer')
  assert.deepEqual([third.failure, third.added], [null, 5])
  assert.equal((await held()).filter(({ tlp }) => tlp === 'AMBER+STRICT').length, 5)
})

function hasClient(): boolean {
  try {
    execFileSync('python3', ['-c', 'import taxii2client.v21'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port: found } = probe.address() as AddressInfo
  await new Promise(resolve => probe.close(resolve))
  return found
}
