import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'

const { platform, signIn } = await createTestApp()
const db = platform.database.kysely
const bulletin = await releasedBulletin(platform, { organisations: 2, prefix: 'P' })
const number = `CC-${bulletin.number}`
const address = `/bulletins/${number}/tasks`
const lead = await signIn('cyber-lead', { organisation: 'P00000' })

const assets = async () =>
  (
    await sql<{ label: string; done: number; total: number }>`
      select label, done, total from broadcast_asset_progress where bulletin_id = ${bulletin.bulletinId} order by label`.execute(db)
  ).rows

test('steps are ticked and given to somebody, and stay so', async () => {
  const { body } = await lead.get(address)
  const key = /name="done-([0-9a-f]{16})"/.exec(body)?.[1] ?? ''
  const saved = await lead.follow(
    await lead.post(`${address}/steps`, { organisation: 'P00000', [`done-${key}`]: 'yes', [`who-${key}`]: 'Ravi, desk' }),
  )
  assert.match(saved.body, /1 of 1 done/)
  assert.match(saved.body, /value="Ravi, desk"/)
})

test('devices are counted by product; a number that cannot be is said and nothing typed is lost', async () => {
  const row = (label: string, total: string, done: string, at = 0) => ({ [`label-${at}`]: label, [`total-${at}`]: total, [`done-${at}`]: done })
  await lead.post(`${address}/assets`, { organisation: 'P00000', rows: '2', ...row('Scanners', '40', '12'), ...row('Pumps', '1,200', '', 1) })
  assert.deepEqual(await assets(), [
    { label: 'Pumps', done: 0, total: 1200 },
    { label: 'Scanners', done: 12, total: 40 },
  ])
  assert.match((await lead.get(`/bulletins/${number}`)).body, /12 of 1,240<\/strong> done/)
  const wrong = await lead.post(`${address}/assets`, {
    organisation: 'P00000',
    rows: '2',
    ...row('Pumps', '1200', '1300'),
    ...row('Scanners', '40', '12', 1),
  })
  assert.deepEqual(
    [wrong.statusCode, /Pumps: 1300 done is more than the 1200 there are/.test(wrong.body), /value="1300"/.test(wrong.body)],
    [422, true, true],
  )
  await lead.post(`${address}/assets`, {
    organisation: 'P00000',
    rows: '2',
    all: 'yes',
    ...row('Pumps', '1200', '0'),
    ...row('Scanners', '40', '12', 1),
  })
  assert.deepEqual(
    (await assets()).map(({ done }) => done),
    [1200, 40],
  )
})

test('the list goes out and comes in; what cannot be taken comes back with why, the rest is kept', async () => {
  const out = await lead.get(`${address}.csv`)
  assert.equal(out.body.replace(/^\uFEFF/, '').split('\r\n')[0], 'product,total,done')
  const sent = await lead.post(`${address}/list`, { organisation: 'P00000', list: 'product;total;done\nPumps;1200;3\nBeds;many;1\nLamps;4;9\n;1;1' })
  assert.equal(sent.statusCode, 422)
  assert.match(sent.body, /1 rows were taken and 3 were not/)
  for (const why of [/Beds: say how many there are/, /Lamps: 9 done is more than the 4 there are/, /Row 5: Name the product/])
    assert.match(sent.body, why)
  assert.match(sent.body, /Beds,many,1,&quot;Beds: say how many there are/)
  assert.equal((await assets()).find(({ label }) => label === 'Pumps')?.done, 3)
  await lead.post(`${address}/list`, { organisation: 'P00000', list: 'pumps\t0\t0' })
  assert.doesNotMatch((await lead.get(address)).body, /<legend[^>]*>\s*Pumps/i, 'a total of 0 takes it off the list')
})

test('nobody else sees or changes it: not another organisation, nor the centre', async () => {
  const stranger = await signIn('cyber-lead', { organisation: 'P00001' })
  assert.equal((await stranger.get(`${address}?organisation=P00000`)).statusCode, 404)
  assert.equal(
    (await stranger.post(`${address}/list`, { organisation: 'P00000', list: 'Scanners,1,1' }, { from: `/bulletins/${number}` })).statusCode,
    404,
  )
  assert.equal((await (await signIn('duty-manager')).get(`${address}?organisation=P00000`)).statusCode, 403)
})
