import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import PostalMime from 'postal-mime'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import { chaseAll } from './jobs.ts'

const sink = await startSmtpSink()
const platform = await createTestPlatform({ smtpUrl: sink.url })
const db = platform.database.kysely

/** What the chase sends at that time: to whom, with which words. */
async function chase(at: string) {
  platform.clock.set(at)
  const before = sink.messages.length
  await chaseAll(platform)
  await platform.runJobs()
  const sent = sink.messages.slice(before)
  return Promise.all(sent.map(async ({ to, bytes }) => ({ to, text: (await PostalMime.parse(bytes)).text ?? '' })))
}
const toWhom = (sent: readonly { to: string }[]) => sent.map(({ to }) => to).toSorted()
const answer = (organisationId: string | undefined) =>
  sql`update broadcast_recipient set response = 'acknowledged', acknowledged_at = now(), response_at = now() where organisation_id = ${organisationId ?? ''}`.execute(
    db,
  )

// Released at nine on a Friday: reminders after 4, 12 and 24 hours, seniors after 36, regions after 44.
const { organisationIds, contactIds } = await releasedBulletin(platform, { organisations: 4, prefix: 'C', title: 'The flaw', reachable: 3 })
await releasedBulletin(platform, { organisations: 1, prefix: 'X', title: 'Only an exercise', isExercise: true })
// What the release itself had to send is sent.
await platform.runJobs()

test('before the first step is due nobody is reminded', async () => {
  assert.deepEqual(await chase('2026-11-20T12:59:00Z'), [])
})

test('the silent are reminded, those who answered are not, nor anybody for an exercise', async () => {
  await answer(organisationIds[0])
  const sent = await chase('2026-11-20T13:01:00Z')
  assert.deepEqual(toWhom(sent), ['desk0@c00001.example', 'desk0@c00002.example'])
  assert.match(sent[0]?.text ?? '', /We have no answer yet/)
  assert.match(sent[0]?.text ?? '', /\/r\/del_/, 'with a link to answer by')
})

test('a reminder goes out once, however often the clock asks and however many ask at once', async () => {
  assert.deepEqual(await chase('2026-11-20T13:06:00Z'), [])
  await Promise.all([chaseAll(platform), chaseAll(platform)])
  assert.deepEqual(await chase('2026-11-20T13:11:00Z'), [])
})

test('after a night in which nothing ran one reminder goes out, not two', async () => {
  const sent = await chase('2026-11-21T09:01:00Z')
  assert.deepEqual(toWhom(sent), ['desk0@c00001.example', 'desk0@c00002.example'])
})

test('the named senior is told, and an organisation that names none is noted as such', async () => {
  await sql`
    insert into directory_contact (id, organisation_id, name, purpose, email, out_of_hours, receives_bulletins, created_at)
    select 'con_' || repeat('a', 32), ${organisationIds[1] ?? ''}, 'Sam Senior', 'Senior information risk owner', 'sam@c00001.example', false, false, now()`.execute(
    db,
  )
  const sent = await chase('2026-11-21T21:01:00Z')
  assert.deepEqual(toWhom(sent), ['sam@c00001.example'])
  assert.match(sent[0]?.text ?? '', /No answer has come/)
  const { rows } = await sql<{ organisation: string; mailed: boolean }>`
    select organisation_id as organisation, mailing_id is not null as mailed from broadcast_chase_step where kind = 'escalation' order by 1`.execute(
    db,
  )
  assert.deepEqual(
    rows,
    [organisationIds[1], organisationIds[2], organisationIds[3]].map((organisation, index) => ({ organisation, mailed: index === 0 })),
    'the unreachable one too',
  )
})

test('then the region is told of all of its own, in one message', async () => {
  await sql`
    insert into directory_organisation (id, code, name, name_key, type, country, address, status, source, created_at, updated_at)
    values ('org_' || repeat('b', 32), 'Y61', 'The region', 'the region', 'region', 'England', '[]', 'open', 'test', now(), now()) on conflict do nothing`.execute(
    db,
  )
  await sql`
    insert into directory_contact (id, organisation_id, name, purpose, email, out_of_hours, receives_bulletins, created_at)
    select 'con_' || repeat('c', 32), id, 'The regional desk', 'Desk', 'desk@region.example', false, true, now() from directory_organisation where code = 'Y61'`.execute(
    db,
  )
  await sql`update broadcast_recipient set looked_after_by = 'Y61'`.execute(db)
  await answer(organisationIds[2])
  const sent = await chase('2026-11-22T05:01:00Z')
  assert.deepEqual(toWhom(sent), ['desk@region.example'])
  assert.match(sent[0]?.text ?? '', /Organisation C00001[\s\S]*Organisation C00003/)
  assert.doesNotMatch(sent[0]?.text ?? '', /C00002/)
  assert.equal(contactIds.length, 3)
})

test('nothing is left to do, and what is withdrawn is not chased', async () => {
  assert.deepEqual(await chase('2026-11-22T12:00:00Z'), [])
  const other = await releasedBulletin(platform, { organisations: 1, prefix: 'W', title: 'Withdrawn' })
  await sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = now() where id = ${other.bulletinId}`.execute(db)
  assert.deepEqual(await chase('2026-11-23T12:00:00Z'), [])
})

test('who is asked to answer again owes an answer anew, and the hours are counted from then', async () => {
  const again = await releasedBulletin(platform, { organisations: 2, prefix: 'R', title: 'Asked twice' })
  await sql`update broadcast_recipient set response = 'done', acknowledged_at = ${platform.clock.now()}, response_at = ${platform.clock.now()} where bulletin_id = ${again.bulletinId}`.execute(
    db,
  )
  await sql`update broadcast_bulletin set answer_again_at = '2026-11-24T09:00:00Z' where id = ${again.bulletinId}`.execute(db)
  assert.deepEqual(await chase('2026-11-24T12:59:00Z'), [])
  await sql`update broadcast_recipient set response_at = '2026-11-24T10:00:00Z' where organisation_id = ${again.organisationIds[0] ?? ''}`.execute(db)
  assert.deepEqual(toWhom(await chase('2026-11-24T13:01:00Z')), ['desk0@r00001.example'])
  assert.deepEqual(await chase('2026-11-24T13:06:00Z'), [])
})
