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

test('before the hour of the policy only those stand on the list whom nothing else can reach', async () => {
  assert.deepEqual(await order(), ['T00004'])
  assert.match(
    (await dana.get(list)).body,
    /<strong>1<\/strong> to ring now, of 1 on the list[\s\S]*4 more have not answered[\s\S]*what the policy says/,
  )
  await sql`update broadcast_bulletin set released_at = released_at - interval '12 hours' where id = ${bulletin.bulletinId}`.execute(db)
  await sql`update broadcast_recipient set joined_at = ${platform.clock.now()} where organisation_id = ${bulletin.organisationIds[3] ?? ''}`.execute(
    db,
  )
  assert.ok(!(await order()).includes('T00003'), 'caught up just now')
  await sql`update broadcast_recipient set joined_at = null where organisation_id = ${bulletin.organisationIds[3] ?? ''}`.execute(db)
})

test('the list stands in the order in which it is rung: who cannot be mailed, then by size', async () => {
  assert.deepEqual(await order(), ['T00004', 'T00002', 'T00000', 'T00001', 'T00003'])
  const { body } = await dana.get(list)
  assert.match(body, /<strong>5<\/strong> to ring now, of 5 on the list/)
  assert.match(body, /cannot be mailed/)
})

test('two callers never get the same organisation, and whoever has one gets it again', async () => {
  const both = await Promise.all([next(dana), next(alex)])
  assert.deepEqual(both.toSorted(), ['T00002', 'T00004'], 'they press at the same moment')
  for (const [index, caller] of [dana, alex].entries()) await caller.post(`${list}/${both[index]}/let-go`, {}, { from: `${list}/${both[index]}` })
  assert.equal(await next(dana), 'T00004')
  assert.equal(await next(alex), 'T00002')
  assert.equal(await next(dana), 'T00004')
  const { body } = await alex.get(`${list}/T00004`)
  assert.match(body, /Dana Duty is ringing them/)
  assert.doesNotMatch(body, /What came of it/)
  const forced = await write(alex, 'T00004', { outcome: 'no-reply', note: 'My notes' })
  assert.equal(forced.statusCode, 422)
  assert.match(forced.body, /Somebody else is ringing them[\s\S]*Copy it if you need it[\s\S]*My notes/)
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

test('one caller holds one organisation at a time', async () => {
  assert.equal((await alex.post(`${list}/T00001/take`, {}, { from: `${list}/T00001` })).statusCode, 303)
  assert.equal((await alex.post(`${list}/T00003/take`, {}, { from: `${list}/T00003` })).statusCode, 303)
  const { rows } = await sql<{ code: string }>`
    select organisation.code from broadcast_call_hold as hold join directory_organisation as organisation on organisation.id = hold.organisation_id
    where hold.held_by = ${alex.personId}`.execute(db)
  assert.deepEqual(rows, [{ code: 'T00003' }])
  await alex.post(`${list}/T00003/let-go`, {}, { from: `${list}/T00003` })
})

test('the list for paper has the numbers, in the order in which they are rung', async () => {
  await sql`update directory_organisation set phone = '020 7946 0009' where code = 'T00001'`.execute(db)
  const row = (await readCsv(dana, `${list}.csv`)).find(found => found['Code'] === 'T00001')
  assert.equal(row?.['Numbers'], 'Contact 0 of T00001 020 7946 0001; Switchboard 020 7946 0009')
})

test('on paper stand what to say, the numbers and room to write, and nothing of an exercise', async () => {
  const { body } = await dana.get(`${list}/paper`)
  assert.match(body, /An invented maker has mended a flaw\.[\s\S]*T00004[\s\S]*No number is known[\s\S]*T00001[\s\S]*Switchboard 020 7946 0009/)
  assert.match((await dana.get(list)).body, /Print the list/)
  const exercise = await releasedBulletin(platform, { organisations: 1, prefix: 'Z', isExercise: true })
  const page = `/bulletins/CC-${exercise.number}/telephone`
  assert.equal((await dana.get(`${page}/paper`)).headers.location, page)
})

test('who is on call at night stands first on a bank holiday too', async () => {
  const onCall = bulletin.contactIds[3] ?? ''
  await sql`insert into directory_contact (id, organisation_id, name, purpose, phone, out_of_hours, receives_bulletins, created_at)
    values (${'con_' + 'd'.repeat(32)}, ${bulletin.organisationIds[3] ?? ''}, 'A desk', 'Desk', '020 7946 0003', false, false, now())`.execute(db)
  await sql`update directory_contact set out_of_hours = true, phone = '020 7946 0004' where id = ${onCall}`.execute(db)
  const numbers = async () => [...(await alex.get(`${list}/T00003`)).body.matchAll(/href="tel:(\d+)"/g)].map(([, digits]) => digits)
  assert.deepEqual(await numbers(), ['02079460003', '02079460004'])
  await sql`insert into broadcast_closed_day (day, name, source, set_by, set_at) values ('2026-11-20', 'A bank holiday', 'test', 'test', now())`.execute(
    db,
  )
  assert.deepEqual(await numbers(), ['02079460004', '02079460003'])
  await sql`update broadcast_closed_day set removed_at = now(), removed_by = 'test' where day = '2026-11-20'`.execute(db)
  await sql`update directory_contact set out_of_hours = false where id = ${onCall}`.execute(db)
})

test('an answer that was given on the telephone is theirs, with who said it, and takes them off the list', async () => {
  const without = await write(alex, 'T00000', { outcome: 'answered', spokeTo: 'Kim', state: '' })
  assert.match(without.body, /Choose what they said/)
  assert.match(without.body, /id="outcome"[^>]*value="answered" checked|value="answered"[^>]*checked/, 'what was typed stays, though nobody held it')
  const nameless = await write(alex, 'T00000', { outcome: 'answered', spokeTo: '', state: 'done' })
  assert.match(nameless.body, /Write down who said it/)
  const reasonless = await write(alex, 'T00000', { outcome: 'answered', spokeTo: 'Kim', state: 'not-acting', reason: '' })
  assert.match(reasonless.body, /needs a reason/)
  assert.doesNotMatch((await alex.get(`${list}/T00000`)).body, /Calls before/, 'nothing is written down of a call that was refused')
  const dateless = await write(alex, 'T00000', { outcome: 'answered', spokeTo: 'Kim', state: 'in-progress' })
  assert.match(dateless.body, /needs the date by which/)
  const date = { 'nextDate-day': '3', 'nextDate-month': '12', 'nextDate-year': '2026' }
  assert.equal(
    (await write(alex, 'T00000', { outcome: 'answered', spokeTo: 'Kim', state: 'in-progress', note: 'Patching tonight', ...date })).statusCode,
    303,
  )
  const { rows } = await sql<{ state: string; via: string; note: string; by: string; next: string }>`
    select state, via, note, by_id as by, next_date::text as next from broadcast_response where organisation_id = ${bulletin.organisationIds[0] ?? ''}`.execute(
    db,
  )
  assert.deepEqual(rows, [
    { state: 'in-progress', via: 'telephone', note: 'Said on the telephone by Kim. Patching tonight', by: alex.personId, next: '2026-12-03' },
  ])
  assert.ok(!(await order()).includes('T00000'))
})

test('what a call finds out says nothing of an address: no repair is opened or closed by it', async () => {
  const contactOf = (index: number) => bulletin.contactIds[index] ?? ''
  await sql`update directory_contact set last_failed_at = now(), last_failure = '550 5.1.1 no such user' where id = ${contactOf(2)}`.execute(db)
  await sql`
    insert into directory_contact_repair (id, organisation_id, contact_id, reason, opened_at)
    values ('rep_1', ${bulletin.organisationIds[2] ?? ''}, ${contactOf(2)}, 'failed', now())`.execute(db)
  const held = await next(alex)
  assert.equal(held, 'T00001')
  await write(alex, 'T00001', { outcome: 'wrong-number', contact: contactOf(1) })
  await write(alex, 'T00003', { outcome: 'will-answer', contact: contactOf(3), spokeTo: 'Kim' })
  await write(alex, 'T00002', { outcome: 'will-answer', contact: contactOf(2), spokeTo: 'Kim' })
  const { rows } = await sql<{ failed: boolean; proved: boolean; repairs: number }>`
    select last_failed_at is not null as failed, last_proved_at is not null as proved,
      (select count(*)::int from directory_contact_repair where contact_id = directory_contact.id and closed_at is null) as repairs
    from directory_contact where id in (${contactOf(1)}, ${contactOf(2)}, ${contactOf(3)}) order by name`.execute(db)
  assert.deepEqual(rows, [
    { failed: false, proved: false, repairs: 0 },
    { failed: true, proved: false, repairs: 1 },
    { failed: false, proved: true, repairs: 0 },
  ])
  assert.match((await alex.get(`${list}/T00001`)).body, /Last time: the number was wrong/)
})

test('a contact that ended during the call, or is of another organisation, loses no notes', async () => {
  const [first, second] = [bulletin.contactIds[1] ?? '', bulletin.contactIds[3] ?? '']
  await sql`update directory_contact set ended_at = now() where id = ${first}`.execute(db)
  assert.equal((await write(alex, 'T00001', { outcome: 'will-answer', contact: first, spokeTo: 'Kim', note: 'Ended' })).statusCode, 303)
  await sql`update directory_contact set ended_at = null, last_proved_at = null where id in (${first}, ${second})`.execute(db)
  assert.equal((await write(alex, 'T00001', { outcome: 'will-answer', contact: second, spokeTo: 'Kim', note: 'Of others' })).statusCode, 303)
  const { rows } = await sql<{ note: string; contact: string | null; proved: boolean }>`
    select call.note, call.contact_id as contact, exists (select from directory_contact where id = ${second} and last_proved_at is not null) as proved
    from broadcast_call as call where call.note in ('Ended', 'Of others') order by call.note`.execute(db)
  assert.deepEqual(rows, [
    { note: 'Ended', contact: first, proved: false },
    { note: 'Of others', contact: null, proved: false },
  ])
})

test('their own answer stands against what a caller heard meanwhile, and the notes of the call are kept', async () => {
  const theirs = bulletin.organisationIds[3] ?? ''
  await sql`update broadcast_recipient set response = 'done', acknowledged_at = now(), response_at = now() where organisation_id = ${theirs}`.execute(
    db,
  )
  const after = await write(alex, 'T00003', { outcome: 'answered', spokeTo: 'Kim', state: 'not-applicable', note: 'Sounded unsure' })
  assert.equal(after.statusCode, 303)
  const { rows } = await sql<{ response: string; answers: number; note: string }>`
    select response, (select count(*)::int from broadcast_response where organisation_id = ${theirs}) as answers,
      (select note from broadcast_call where organisation_id = ${theirs} order by at desc, id desc limit 1) as note
    from broadcast_recipient where organisation_id = ${theirs}`.execute(db)
  assert.deepEqual(rows, [
    {
      response: 'done',
      answers: 0,
      note: 'Not recorded as their answer, since they had answered by themselves meanwhile: Not applicable. Sounded unsure',
    },
  ])
  await sql`update broadcast_recipient set response = null, acknowledged_at = null, response_at = null where organisation_id = ${theirs}`.execute(db)
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
  assert.match((await dana.get(list)).body, /1 does not want to be rung about it/)
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
