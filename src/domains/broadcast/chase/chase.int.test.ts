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

/** What stands right after a release whose messages have arrived. */
async function told(options: Parameters<typeof releasedBulletin>[1]) {
  const released = await releasedBulletin(platform, options)
  await sql`update broadcast_delivery set state = 'delivered', delivered_at = ${platform.clock.now()} where bulletin_id = ${released.bulletinId}`.execute(
    db,
  )
  await sql`update broadcast_recipient set delivered_at = ${platform.clock.now()} where bulletin_id = ${released.bulletinId} and is_reachable`.execute(
    db,
  )
  return released
}
const end = (bulletinId: string) => sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = now() where id = ${bulletinId}`.execute(db)

// Released at nine on a Friday: reminders after 4, 12 and 24 hours, seniors after 36, regions after 44.
const { organisationIds, contactIds } = await told({ organisations: 4, prefix: 'C', title: 'The flaw', reachable: 3 })
await told({ organisations: 1, prefix: 'X', title: 'Only an exercise', isExercise: true })

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
    [organisationIds[1], organisationIds[2]].map((organisation, index) => ({ organisation, mailed: index === 0 })),
    'and not of the one that nothing has reached',
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
  const other = await told({ organisations: 1, prefix: 'W', title: 'Withdrawn' })
  await sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = now() where id = ${other.bulletinId}`.execute(db)
  assert.deepEqual(await chase('2026-11-23T12:00:00Z'), [])
})

test('who is asked to answer again owes an answer anew, and the hours are counted from then', async () => {
  const again = await told({ organisations: 2, prefix: 'R', title: 'Asked twice' })
  await sql`update broadcast_recipient set response = 'done', acknowledged_at = ${platform.clock.now()}, response_at = ${platform.clock.now()} where bulletin_id = ${again.bulletinId}`.execute(
    db,
  )
  await sql`update broadcast_bulletin set answer_again_at = '2026-11-24T09:00:00Z' where id = ${again.bulletinId}`.execute(db)
  assert.deepEqual(await chase('2026-11-24T12:59:00Z'), [])
  await sql`update broadcast_recipient set response_at = '2026-11-24T10:00:00Z' where organisation_id = ${again.organisationIds[0] ?? ''}`.execute(db)
  assert.deepEqual(toWhom(await chase('2026-11-24T13:01:00Z')), ['desk0@r00001.example'])
  assert.deepEqual(await chase('2026-11-24T13:06:00Z'), [])
  await end(again.bulletinId)
})

test('the hours of whoever was caught up later are counted from then', async () => {
  platform.clock.set('2026-12-01T09:00:00Z')
  const late = await told({ organisations: 2, prefix: 'L', title: 'Caught up' })
  await sql`update broadcast_recipient set joined_at = '2026-12-01T12:00:00.123Z' where organisation_id = ${late.organisationIds[1] ?? ''}`.execute(
    db,
  )
  assert.deepEqual(toWhom(await chase('2026-12-01T13:01:00Z')), ['desk0@l00000.example'])
  assert.deepEqual(toWhom(await chase('2026-12-01T15:59:00Z')), [])
  assert.deepEqual(toWhom(await chase('2026-12-01T16:01:00Z')), ['desk0@l00001.example'])
  assert.deepEqual(toWhom(await chase('2026-12-01T21:01:00Z')), ['desk0@l00000.example'], 'each goes its own way')
  await end(late.bulletinId)
})

test('whom nothing has reached yet is not reminded, and nobody while the release is paused', async () => {
  platform.clock.set('2026-12-02T09:00:00Z')
  const slow = await told({ organisations: 2, prefix: 'S', title: 'Slow' })
  await sql`update broadcast_recipient set delivered_at = null where organisation_id = ${slow.organisationIds[1] ?? ''}`.execute(db)
  await sql`update broadcast_mailing set paused_at = now(), paused_by = 'test', pause_reason = 'A wrong word' where id = ${slow.mailingId}`.execute(
    db,
  )
  assert.deepEqual(await chase('2026-12-02T13:01:00Z'), [])
  await sql`update broadcast_mailing set paused_at = null, paused_by = null, pause_reason = null where id = ${slow.mailingId}`.execute(db)
  assert.deepEqual(toWhom(await chase('2026-12-02T13:06:00Z')), ['desk0@s00000.example'])
  await chase('2026-12-04T05:01:00Z')
  const { rows } = await sql<{
    kind: string
  }>`select distinct kind from broadcast_chase_step where organisation_id = ${slow.organisationIds[1] ?? ''}`.execute(db)
  assert.deepEqual(rows, [], 'neither to seniors nor to the region')
  await end(slow.bulletinId)
})

test('when the severity is raised later, its hours are counted from then', async () => {
  platform.clock.set('2026-12-07T09:00:00Z')
  const raised = await told({ organisations: 1, prefix: 'V', title: 'Raised', content: { severity: 'medium' } })
  platform.clock.set('2026-12-09T07:00:00Z')
  await sql`update broadcast_bulletin set severity = 'high' where id = ${raised.bulletinId}`.execute(db)
  await sql`
    insert into broadcast_severity (bulletin_id, severity, at, by_id, reason) values (${raised.bulletinId}, 'high', '2026-12-09T07:00:00Z', 'test', 'It spreads')`.execute(
    db,
  )
  assert.deepEqual(await chase('2026-12-09T10:59:00Z'), [])
  assert.deepEqual(toWhom(await chase('2026-12-09T11:01:00Z')), ['desk0@v00000.example'])
  const { rows } = await sql<{
    kind: string
    nth: number
  }>`select kind, nth from broadcast_chase_step where bulletin_id = ${raised.bulletinId}`.execute(db)
  assert.deepEqual(rows, [{ kind: 'reminder', nth: 1 }], 'the first reminder, not all at once')
  await end(raised.bulletinId)
})

test('a senior who stopped our messages, or reported one, is not written to', async () => {
  platform.clock.set('2026-12-10T09:00:00Z')
  const stopped = await told({ organisations: 2, prefix: 'U', title: 'Stopped' })
  for (const [index, organisation] of stopped.organisationIds.entries())
    await sql`
      insert into directory_contact (id, organisation_id, name, purpose, email, out_of_hours, receives_bulletins, created_at)
      values (${'con_' + `${index}`.repeat(32)}, ${organisation}, 'A senior', 'Chief executive', ${`senior@u0000${index}.example`}, false, false, now())`.execute(
      db,
    )
  await sql`
    insert into directory_contact_repair (id, organisation_id, contact_id, reason, opened_at, closed_at, outcome)
    values ('rep_1', ${stopped.organisationIds[1] ?? ''}, ${'con_' + '1'.repeat(32)}, 'complained', now(), now(), 'another')`.execute(db)
  await chase('2026-12-11T09:01:00Z')
  assert.deepEqual(toWhom(await chase('2026-12-11T21:01:00Z')), ['senior@u00000.example'])
  await end(stopped.bulletinId)
})

test('whoever answers after a reminder was queued and before it is sent is not told that no answer came, nor is their senior', async () => {
  platform.clock.set('2026-12-14T09:00:00Z')
  const late = await told({ organisations: 4, prefix: 'Q', title: 'Answered meanwhile', reachable: 4 })
  await sql`update directory_contact set email = 'both@desk.example' where id in (${late.contactIds[1] ?? ''}, ${late.contactIds[2] ?? ''})`.execute(
    db,
  )
  await sql`
    insert into directory_contact (id, organisation_id, name, purpose, email, out_of_hours, receives_bulletins, created_at)
    values (${'con_' + '7'.repeat(32)}, ${late.organisationIds[3] ?? ''}, 'A senior', 'Chief executive', 'senior@q00003.example', false, false, now())`.execute(
    db,
  )
  const chaseWhile = async (at: string, organisationIds: readonly (string | undefined)[]) => {
    platform.clock.set(at)
    const before = sink.messages.length
    await chaseAll(platform)
    for (const id of organisationIds) await answer(id)
    await platform.runJobs()
    return Promise.all(sink.messages.slice(before).map(async ({ to, bytes }) => ({ to, text: (await PostalMime.parse(bytes)).text ?? '' })))
  }
  const sent = await chaseWhile('2026-12-14T13:01:00Z', late.organisationIds.slice(0, 2))
  assert.deepEqual(toWhom(sent), ['both@desk.example', 'desk0@q00003.example'])
  const shared = sent.find(({ to }) => to === 'both@desk.example')?.text ?? ''
  assert.match(shared, /Answer for Organisation Q00002/)
  assert.doesNotMatch(shared, /Organisation Q00001|You stand for/)
  const { rows } = await sql<{ state: string; words: string }>`
    select delivery.state, delivery.words from broadcast_delivery as delivery join broadcast_mailing as mailing on mailing.id = delivery.mailing_id
    where mailing.kind = 'reminder' and delivery.organisation_id = ${late.organisationIds[0] ?? ''}`.execute(db)
  assert.deepEqual(rows, [{ state: 'given-up', words: 'Not sent: the answer came first.' }])
  assert.deepEqual(toWhom(await chaseWhile('2026-12-15T21:01:00Z', late.organisationIds.slice(2))), [])
  await end(late.bulletinId)
})
