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

test('what was typed of another product stays when it cannot be taken, and its fields are in sight', async () => {
  const typed = { [`label-2`]: 'Infusion racks', [`total-2`]: 'many', [`done-2`]: '3' }
  const wrong = await lead.post(`${address}/assets`, { organisation: 'P00000', rows: '3', ...typed }, { from: address })
  assert.match(wrong.body, /Infusion racks: say how many there are/)
  assert.match(wrong.body, /<details[^>]*open[^>]*>[^]*value="Infusion racks"[^]*value="many"[^]*value="3"/)
})

test('two colleagues who count at once are both in the sum', async () => {
  const row = (label: string, total: string, done: string) => ({ 'label-0': label, 'total-0': total, 'done-0': done })
  const count = (form: Record<string, string>) => lead.post(`${address}/assets`, { organisation: 'P00000', rows: '1', ...form })
  await Promise.all([count(row('Left', '10', '1')), count(row('Right', '20', '2')), count(row('Middle', '30', '3'))])
  const { rows } = await sql<{ kept: number; summed: number }>`
    select total.total as kept, (select sum(total)::int from broadcast_asset_progress where bulletin_id = ${bulletin.bulletinId}) as summed
    from broadcast_progress_total as total where bulletin_id = ${bulletin.bulletinId}`.execute(db)
  assert.equal(rows[0]?.kept, rows[0]?.summed)
  for (const label of ['Left', 'Right', 'Middle']) await count(row(label, '0', '0'))
})

test('a list comes as a file too', async () => {
  const file = { name: 'progress.csv', bytes: '\uFEFFproduct;total;done\r\nLamps, blue;4;1\r\n' }
  assert.equal((await lead.upload(`${address}/list`, { organisation: 'P00000', list: '' }, { file }, { from: address })).statusCode, 303)
  assert.deepEqual(
    (await assets()).find(({ label }) => label === 'Lamps, blue'),
    { label: 'Lamps, blue', done: 1, total: 4 },
  )
  const sheet = { name: 'progress.xlsx', bytes: new Uint8Array([0x50, 0x4b, 3, 4]) }
  const refused = await lead.upload(`${address}/list`, { organisation: 'P00000', list: '' }, { file: sheet }, { from: address })
  assert.deepEqual([refused.statusCode, /This is a spreadsheet or a zip file\. Save the sheet/.test(refused.body)], [422, true])
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
