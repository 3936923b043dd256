import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../../test/support/app.ts'
import { readCsv } from '../../../../../test/support/lists.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'

const { platform, signIn } = await createTestApp()
const db = platform.database.kysely
const dana = await signIn('duty-manager', { name: 'Dana Duty' })
const alex = await signIn('analyst', { name: 'Alex Analyst' })
// Five organisations: the last cannot be mailed.
const bulletin = await releasedBulletin(platform, {
  organisations: 5,
  reachable: 4,
  prefix: 'T',
  title: 'The flaw',
  respondBy: '2026-11-22T09:00:00Z',
})
await sql`update directory_contact set phone = '020 7946 0001' where id = any(${bulletin.contactIds}::text[])`.execute(db)
await sql`update directory_organisation set size = case code when 'T00002' then 900 else 100 end where code like 'T0%'`.execute(db)
const list = `/bulletins/CC-${bulletin.number}/telephone`

const next = async (caller: typeof dana) => String((await caller.post(`${list}/next`, {}, { from: list })).headers.location).replace(`${list}/`, '')
const write = (caller: typeof dana, code: string, form: Record<string, string>) => caller.post(`${list}/${code}`, form, { from: `${list}/${code}` })
const order = async () => (await readCsv(dana, `${list}.csv`)).map(row => row['Code'])

test('the list stands in the order in which it is rung: who cannot be mailed, then by size', async () => {
  assert.deepEqual(await order(), ['T00004', 'T00002', 'T00000', 'T00001', 'T00003'])
  const { body } = await dana.get(list)
  assert.match(body, /<strong>5<\/strong> to ring now, of 5 without an answer/)
  assert.match(body, /cannot be mailed/)
})

test('two callers never get the same organisation, and whoever has one gets it again', async () => {
  assert.equal(await next(dana), 'T00004')
  assert.equal(await next(alex), 'T00002')
  assert.equal(await next(dana), 'T00004')
  const { body } = await alex.get(`${list}/T00004`)
  assert.match(body, /Dana Duty is ringing them/)
  assert.doesNotMatch(body, /What came of it/)
  const forced = await write(alex, 'T00004', { outcome: 'no-reply', note: 'My notes' })
  assert.equal(forced.statusCode, 422)
  assert.match(forced.body, /Somebody else is ringing them/)
})

test('the page has the numbers, four sentences to say, and what came of calls before', async () => {
  const { body } = await alex.get(`${list}/T00002`)
  assert.match(body, /href="tel:02079460001"[\s\S]*020 7946 0001/)
  assert.match(
    body,
    /Say who you are, Alex Analyst[\s\S]*This is the cyber centre about CC-\d+[\s\S]*An invented maker has mended a flaw\.[\s\S]*nstall version 2[\s\S]*What you do is your decision/,
  )
  const after = await write(alex, 'T00002', { outcome: 'message-left', spokeTo: 'Reception', note: 'They pass it on' })
  assert.equal(after.headers.location, `${list}/T00000`, 'and rings the next')
  assert.match((await alex.get(`${list}/T00002`)).body, /A message was left[\s\S]*Reception[\s\S]*Alex Analyst[\s\S]*They pass it on/)
  assert.equal((await order()).at(-1), 'T00002', 'not due for four hours')
})

test('an answer that was given on the telephone is theirs, with who said it, and takes them off the list', async () => {
  const without = await write(alex, 'T00000', { outcome: 'answered', spokeTo: 'Kim', state: '' })
  assert.match(without.body, /Choose what they said/)
  const nameless = await write(alex, 'T00000', { outcome: 'answered', spokeTo: '', state: 'done' })
  assert.match(nameless.body, /Write down who said it/)
  const reasonless = await write(alex, 'T00000', { outcome: 'answered', spokeTo: 'Kim', state: 'not-acting', reason: '' })
  assert.match(reasonless.body, /needs a reason/)
  assert.doesNotMatch((await alex.get(`${list}/T00000`)).body, /Calls before/, 'nothing is written down of a call that was refused')
  assert.equal((await write(alex, 'T00000', { outcome: 'answered', spokeTo: 'Kim', state: 'in-progress', note: 'Patching tonight' })).statusCode, 303)
  const { rows } = await sql<{ state: string; via: string; note: string; by: string }>`
    select state, via, note, by_id as by from broadcast_response where organisation_id = ${bulletin.organisationIds[0] ?? ''}`.execute(db)
  assert.deepEqual(rows, [{ state: 'in-progress', via: 'telephone', note: 'Said on the telephone by Kim. Patching tonight', by: alex.personId }])
  assert.ok(!(await order()).includes('T00000'))
})

test('a wrong number is noted at the contact, one that was reached proves it', async () => {
  const contactOf = (index: number) => bulletin.contactIds[index] ?? ''
  const held = await next(alex)
  assert.equal(held, 'T00001')
  await write(alex, 'T00001', { outcome: 'wrong-number', contact: contactOf(1) })
  await write(alex, 'T00003', { outcome: 'will-answer', contact: contactOf(3), spokeTo: 'Kim' })
  const { rows } = await sql<{ failed: boolean; proved: boolean }>`
    select last_failed_at is not null as failed, last_proved_at is not null as proved from directory_contact where id in (${contactOf(1)}, ${contactOf(3)}) order by failed desc`.execute(
    db,
  )
  assert.deepEqual(rows, [
    { failed: true, proved: false },
    { failed: false, proved: true },
  ])
})

test('what answers while a caller dials is off the list, and the page says so', async () => {
  await sql`update broadcast_recipient set response = 'done', acknowledged_at = now() where organisation_id = ${bulletin.organisationIds[4] ?? ''}`.execute(
    db,
  )
  assert.match((await dana.get(`${list}/T00004`)).body, /They have answered meanwhile/)
  assert.notEqual(await next(dana), 'T00004')
})

test('a hold runs out, and what one declines is rung no more', async () => {
  const code = await next(dana)
  await write(dana, code, { outcome: 'declined' })
  assert.ok(!(await order()).includes(code))
  platform.clock.advanceHours(6)
  const held = await next(alex)
  platform.clock.advanceHours(1)
  assert.equal(await next(dana), held)
})

test('nobody is rung for an exercise, and who may not ring sees no list', async () => {
  const exercise = await releasedBulletin(platform, { organisations: 1, prefix: 'X', isExercise: true })
  const { body } = await dana.get(`/bulletins/CC-${exercise.number}/telephone`)
  assert.match(body, /It is an exercise: nobody is rung/)
  assert.equal((await dana.post(`/bulletins/CC-${exercise.number}/telephone/next`, {}, { from: list })).statusCode, 409)
  const lead = await signIn('cyber-lead', { organisation: 'T00001' })
  assert.equal((await lead.get(list)).statusCode, 403)
})

test('a region rings its own and sees no other', async () => {
  const lead = await signIn('regional-lead', { organisation: 'Y61' })
  await sql`update broadcast_recipient set looked_after_by = case when organisation_id = ${bulletin.organisationIds[1] ?? ''} then 'Y61' end`.execute(
    db,
  )
  await sql`update directory_organisation set region_code = case code when 'T00001' then 'Y61' else null end where code like 'T0%'`.execute(db)
  assert.deepEqual(
    (await readCsv(lead, `${list}.csv`)).map(row => row['Code']),
    ['T00001'],
  )
  assert.equal((await lead.get(`${list}/T00003`)).statusCode, 404)
})

test('what is for named persons alone is not said to whoever picks up', async () => {
  const amber = await releasedBulletin(platform, { organisations: 1, prefix: 'A', tlp: 'RED' })
  const { body } = await dana.get(`/bulletins/CC-${amber.number}/telephone/A00000`)
  assert.match(body, /What it says may not be told on the telephone/)
  assert.doesNotMatch(body, /An invented maker has mended a flaw/)
})
