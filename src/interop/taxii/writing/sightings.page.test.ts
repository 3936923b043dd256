import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import pg from 'pg'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import type { Visible as WatchVisible } from '../../../domains/watch/tables.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import { publishByTaxii } from '../jobs.ts'
import { ROOT, TAXII } from '../model.ts'

const app = await createTestApp()
const db = app.platform.database.kysely
const centre = await app.signIn('duty-manager')
const bulletin = await releasedBulletin(app.platform, { organisations: 2, prefix: 'W', tlp: 'AMBER', content: { indicators: '198.51.100.7' } })
const other = await releasedBulletin(app.platform, { organisations: 1, prefix: 'X', tlp: 'AMBER', content: { indicators: '198.51.100.9' } })
const threatId = await runWork<WatchVisible, string>(app.platform, SYSTEM, async work => {
  const id = work.newId('threat')
  const blank = {
    cves: [],
    summary: '',
    priority_word: 'high',
    priority: 1,
    reason: 'Invented',
    search: '',
    created_at: work.now,
    updated_at: work.now,
  }
  await work.db
    .insertInto('watch_threat')
    .values({ id, title: 'An invented threat', state: 'new', ...blank })
    .execute()
  work.record({ verb: 'test', subject: { kind: 'threat', id } })
  for (const { bulletinId } of [bulletin, other]) work.enqueue(publishByTaxii, { bulletinId })
  return id
})
await sql`update broadcast_bulletin set threat_id = ${threatId}`.execute(db)
await app.platform.runJobs()
const writer = await app.signIn('cyber-lead', { organisation: 'W00000' })
const untrusted = await app.signIn('cyber-lead', { organisation: 'W00001' })
const stranger = await app.signIn('cyber-lead', { organisation: 'X00000' })
type Asker = typeof writer

const SIGHTINGS = `${ROOT}collections/sightings/`
const seen = await indicatorOf(writer)
const hidden = await indicatorOf(stranger)

async function indicatorOf(who: Asker): Promise<string> {
  const { body } = await who.get(`${ROOT}collections/amber/objects/?match[type]=indicator`, { accept: TAXII })
  return /"id":"(indicator--[0-9a-f-]+)"/.exec(body)?.[1] ?? ''
}

function sighting(number: number, members: object = {}) {
  return {
    type: 'sighting',
    spec_version: '2.1',
    id: `sighting--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    created: '2026-11-19T00:00:00.000Z',
    modified: '2026-11-19T00:00:00.000Z',
    sighting_of_ref: seen,
    first_seen: '2026-11-18T00:00:00.000Z',
    last_seen: '2026-11-19T00:00:00.000Z',
    count: 3,
    ...members,
  }
}

async function send(who: Asker, body: unknown, headers: Record<string, string> = {}, path = `${SIGHTINGS}objects/`) {
  const response = await app.server.inject({
    method: 'POST',
    url: path,
    headers: { accept: TAXII, 'content-type': TAXII, 'x-csrf-token': await csrfOf(who), ...headers },
    cookies: { carecert: who.cookie('carecert') ?? '' },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.statusCode, type: response.headers['content-type'], body: JSON.parse(response.body || '{}') as Record<string, unknown> }
}

/** A person's session wants the token of a page too; a program with a token of its own does not. */
async function csrfOf(who: Asker): Promise<string> {
  return /name="_csrf" value="([^"]+)"/.exec((await who.get('/account')).body)?.[1] ?? ''
}

test('nobody writes until the centre trusts the organisation, and then its cyber lead alone', async () => {
  assert.equal((await send(writer, { objects: [sighting(1)] })).status, 403)
  const refused = await centre.post('/sighting-writers', { code: 'W00000' }, { from: '/sighting-writers/add' })
  assert.match(refused.body, /Say why/)
  assert.match(
    (await centre.post('/sighting-writers', { code: 'NONE', reason: 'Why' }, { from: '/sighting-writers/add' })).body,
    /no organisation with that code/,
  )
  const trusted = await centre.post('/sighting-writers', { code: 'w00000', reason: 'It runs a good watch.' }, { from: '/sighting-writers/add' })
  assert.equal(trusted.statusCode, 303)
  assert.match((await centre.get('/sighting-writers')).body, /Organisation W00000/)
  assert.match((await centre.get('/sighting-writers.csv')).body, /W00000/)
  assert.equal((await writer.get('/sighting-writers')).statusCode, 403)
  for (const [who, can] of [
    [writer, true],
    [untrusted, false],
    [centre, false],
  ] as const) {
    const { body } = await who.get(SIGHTINGS, { accept: TAXII })
    assert.equal((JSON.parse(body) as { can_write: boolean }).can_write, can)
  }
  const { status, type, body } = await send(writer, { objects: [sighting(1)] })
  assert.deepEqual([status, type, body['status'], body['success_count'], body['failure_count']], [202, TAXII, 'complete', 1, 0])
  assert.equal((await send(untrusted, { objects: [sighting(1)] })).status, 403)
  assert.equal((await send(writer, { objects: [sighting(1)] }, {}, `${ROOT}collections/amber/objects/`)).status, 403)
})

test('each object is judged by itself, and the status keeps why', async () => {
  const bad = [
    sighting(2, { sighting_of_ref: hidden }),
    sighting(3, { type: 'indicator' }),
    sighting(4, { count: -1 }),
    sighting(5, { last_seen: '2026-01-01T00:00:00Z' }),
    sighting(6, { modified: 'yesterday' }),
    { id: 'sighting--x', type: 'sighting' },
    'text',
  ]
  const { status, body } = await send(writer, { objects: [sighting(7), ...bad] })
  assert.deepEqual([status, body['total_count'], body['success_count'], body['failure_count'], body['pending_count']], [202, 8, 1, 7, 0])
  const failures = body['failures'] as readonly { readonly id: string; readonly message: string }[]
  assert.match(failures[0]?.message ?? '', /no object of a bulletin that you may read/)
  assert.ok(failures.every(({ message }) => message.length > 10))
  // §4.3.1: the version is a time, of what tells none too.
  const versions = (body['failures'] as readonly { readonly version: string }[]).map(({ version }) => version)
  assert.ok(
    versions.every(version => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(version)),
    versions.join(),
  )
  const again = await writer.get(`${ROOT}status/${String(body['id'])}/`, { accept: TAXII })
  assert.deepEqual(JSON.parse(again.body), body)
  for (const who of [untrusted, stranger]) assert.equal((await who.get(`${ROOT}status/${String(body['id'])}/`, { accept: TAXII })).statusCode, 404)
})

test('what is no envelope is refused as the standard says', async () => {
  assert.equal((await send(writer, { objects: [sighting(1)] }, { 'content-type': 'application/json' })).status, 415)
  assert.equal((await send(writer, { objects: [sighting(1)] }, { accept: 'text/html' })).status, 406)
  for (const body of [{}, { objects: [] }, { objects: 'x' }, []]) assert.equal((await send(writer, body)).status, 422)
  for (const [body, status] of [
    ['{"objects": [', 400],
    [JSON.stringify({ objects: ['x'.repeat(1_100_000)] }), 413],
  ] as const) {
    const refused = await send(writer, body)
    assert.deepEqual([refused.status, refused.type, refused.body['http_status']], [status, TAXII, String(status)])
  }
})

test('sent again it is counted once, a later version counts in its place, and the threat shows what the centre may know', async () => {
  await send(writer, { objects: [sighting(1), sighting(1)] })
  await send(writer, { objects: [sighting(1, { modified: '2026-11-20T00:00:00.000Z', count: 5 })] })
  await send(writer, { objects: [sighting(1, { modified: '2026-11-19T12:00:00.000Z', count: 9 })] })
  const { body } = await centre.get(`/threats/${threatId}`)
  assert.match(body, /Seen by 1 organisation, 8 times in all/)
  assert.match(body, /Organisation W00000/)
  const read = async (who: Asker, query = '') => {
    const answer = await who.get(`${SIGHTINGS}objects/${query}`, { accept: TAXII })
    return ((JSON.parse(answer.body) as { objects?: { id: string; count: number }[] }).objects ?? []).map(one => one.count)
  }
  assert.deepEqual([await read(writer), await read(centre), await read(untrusted), await read(stranger)], [[3, 5], [3, 5], [], []])
  assert.equal((await read(writer, '?match[version]=all')).length, 3)
})

test('two versions of a sighting in one envelope are two, the later of which is the last', async () => {
  const [early, late] = [sighting(20, { count: 1 }), sighting(20, { count: 2, modified: '2026-11-20T00:00:00.000Z' })]
  const { body } = await send(writer, { objects: [early, late, early, sighting(21)] })
  assert.deepEqual([body['success_count'], body['failure_count']], [4, 0])
  const counts = async (version: string) => {
    const answer = await writer.get(`${SIGHTINGS}objects/${early.id}/?match[version]=${version}`, { accept: TAXII })
    return ((JSON.parse(answer.body) as { objects?: { count: number }[] }).objects ?? []).map(one => one.count)
  }
  assert.deepEqual([await counts('first'), await counts('last'), await counts('all')], [[1], [2], [1, 2]])
  const watch = db as Kysely<WatchVisible>
  const held = await watch.selectFrom('watch_sighting').select(['count', 'threat_id']).where('stix_id', '=', early.id).execute()
  assert.deepEqual(held, [{ count: 2, threat_id: threatId }])
  assert.match((await centre.get(`/threats/${threatId}`)).body, /Seen by 1 organisation, 13 times in all/)
})

test('a thousand sightings are taken in one request, and cost no more statements than a few', async t => {
  const objects = Array.from({ length: 1_000 }, (_, index) => sighting(1_000 + index, { count: 0 }))
  const csrf = await csrfOf(writer)
  const counted = t.mock.method(pg.Client.prototype, 'query')
  const { status, body } = await send(writer, { objects }, { 'x-csrf-token': csrf })
  assert.deepEqual([status, body['success_count']], [202, 1_000])
  assert.ok(counted.mock.callCount() < 100, String(counted.mock.callCount()))
  assert.equal((await send(writer, { objects: [...objects, sighting(3_000)] })).status, 422)
})

test('trust ends, and what was told stays', async () => {
  const path = '/sighting-writers/W00000/end'
  assert.match((await centre.post(path, { reason: '' }, { from: path })).body, /Say why/)
  assert.equal((await centre.post(path, { reason: 'The watch has ended.' }, { from: path })).statusCode, 303)
  assert.equal((await send(writer, { objects: [sighting(9)] })).status, 403)
  assert.match((await centre.get(`/threats/${threatId}`)).body, /Seen by 1 organisation/)
  assert.match((await centre.get('/sighting-writers')).body, /No organisation is trusted yet/)
})
