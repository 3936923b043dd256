import assert from 'node:assert/strict'
import { test } from 'node:test'
import { programOf } from '../../../test/support/api.ts'
import { createTestApp } from '../../../test/support/app.ts'

/** Jobs and the audit as machines ask for them. */
const app = await createTestApp()
const [administrator, manager, analyst] = [
  await programOf(app, 'administrator'),
  await programOf(app, 'duty-manager'),
  await programOf(app, 'analyst', { name: 'Ada Analyst' }),
]
const FEEDS = ['feed-1', 'feed-2', 'feed-3', 'feed-4', 'feed-5']
for (const code of FEEDS) await analyst.post('/sources', { name: code, code, format: 'kev-json', url: `https://${code}.invalid/` })
for (const name of ['One', 'Two', 'Three'])
  assert.equal((await analyst.post('/maker-names', { alias: `Maker ${name}`, maker: 'Acme', why: 'A brand' })).status, 204)

test('the audit is walked whole both ways, named, narrowed and proved', async () => {
  const [down, up] = [await administrator.all('/audit', 3), await administrator.all('/audit?sort=when', 2)]
  assert.deepEqual(
    down.map(record => record['number']).toReversed(),
    up.map(record => record['number']),
  )
  const { at } = await administrator.get('/audit?verb=watch.source.')
  assert.deepEqual(
    [at('total'), at('items.0.verb'), at('items.0.actor.name'), at('items.0.actor.id')],
    [FEEDS.length, 'watch.source.added', 'Ada Analyst', analyst.who.personId],
  )
  assert.match(String(at('items.0.hash')), /^[0-9a-f]{64}$/)
  assert.equal((await administrator.get(`/audit?actor=${analyst.who.personId}`)).at('total'), FEEDS.length + 3)
  assert.deepEqual((await administrator.get('/audit/verify')).body, { records: down.length, ok: true, firstBroken: null })
  for (const path of ['/audit', '/audit/verify']) assert.equal((await manager.get(path)).status, 403)
  assert.equal((await administrator.get('/audit?verbs=watch')).status >= 400, true)
})

test('jobs are walked whole in every order, counted by kind, and tried again by those who may', async () => {
  assert.equal((await manager.get('/jobs')).at('total'), 0)
  // The clock may ask for other jobs at any moment: these are asked for here alone.
  for (const code of FEEDS) assert.equal((await analyst.post(`/sources/${code}/gather`)).status, 202)
  const waiting = 'state=created&kind=watch.gather-source'
  for (const sort of ['-asked', 'asked', 'name', '-name']) assert.equal((await manager.all(`/jobs?${waiting}&sort=${sort}`, 2)).length, FEEDS.length)
  const { list } = await manager.get('/jobs/queues')
  assert.equal(list('queues').find(queue => queue['name'] === 'watch.gather-source')?.['waiting'], FEEDS.length)
  const path = `/jobs/watch.gather-source/${(await manager.get(`/jobs?${waiting}`)).text('items.0.id')}/retry`
  assert.equal((await manager.post(path)).status, 403)
  assert.equal((await administrator.post(path)).status, 409)
  assert.equal((await analyst.get('/jobs')).status, 403)
  assert.ok((await manager.get('/jobs?state=lost')).status >= 400)
})
