import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import PostalMime from 'postal-mime'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import type { LocalDate } from '../../../kernel/instant.ts'
import { makeDigestJob } from './jobs.ts'
import { isDigestHour, type DigestPolicy } from './model.ts'

const sink = await startSmtpSink()
const platform = await createTestPlatform({ smtpUrl: sink.url })
const db = platform.database.kysely

const run = async (at: string) => {
  platform.clock.set(at)
  const before = sink.messages.length
  await makeDigestJob.handle(platform, {}, new AbortController().signal)
  await platform.runJobs()
  return Promise.all(sink.messages.slice(before).map(async ({ to, bytes }) => ({ to, text: (await PostalMime.parse(bytes)).text ?? '' })))
}
const MONDAY = '2026-11-23T08:05:00Z'

const plain = await releasedBulletin(platform, { organisations: 3, prefix: 'D', title: 'A flaw to mend', respondBy: '2026-11-24T09:00:00Z' })
const closed = await releasedBulletin(platform, { organisations: 1, prefix: 'E', title: 'A closed matter', tlp: 'AMBER' })
await releasedBulletin(platform, { organisations: 1, prefix: 'F', title: 'Only an exercise', isExercise: true })
// All of them sent, so that no other clock has anything to send.
await sql`update broadcast_delivery set state = 'sent', sent_at = now()`.execute(db)

test('the hour is that of the policy in force, in London, and without a day there is none', () => {
  const policy = (effectiveFrom: string, weekday: number | null, hour: number) => ({ effectiveFrom, weekday, hour }) as DigestPolicy
  const policies = [policy('2018-04-01', 1, 8), policy('2027-01-01', null, 8), policy('2027-06-01', 3, 9)]
  const at = (text: string) => isDigestHour(policies, new Date(text), new Map())
  assert.deepEqual(
    [at('2026-11-23T08:59:00Z'), at('2026-11-23T09:00:00Z'), at('2026-11-24T08:00:00Z'), at('2027-02-01T08:00:00Z'), at('2027-06-02T08:30:00Z')],
    [true, false, false, false, true],
  )
})

test('where nobody works on its day it goes out on the next working day, once', () => {
  const christmas = new Map(['2028-12-25', '2028-12-26'].map(day => [day as LocalDate, 'Christmas']))
  const policies = [{ effectiveFrom: '2018-04-01' as LocalDate, weekday: 1, hour: 8 }]
  const days = Array.from({ length: 14 }, (_, index) => new Date(Date.UTC(2028, 11, 20 + index, 8, 30)))
  const sent = (closed: ReadonlyMap<LocalDate, string>) =>
    days.filter(day => isDigestHour(policies, day, closed)).map(day => day.toISOString().slice(0, 10))
  assert.deepEqual(sent(new Map()), ['2028-12-25', '2029-01-01'])
  assert.deepEqual(sent(christmas), ['2028-12-27', '2029-01-01'])
})

test('outside its hour nothing goes out', async () => {
  assert.equal((await run('2026-11-23T09:30:00Z')).length, 0)
})

test('each address gets one letter with what waits, its time and its link; exercises are not in it, and above GREEN no title is', async () => {
  // One person stands for two of the three.
  await sql`update directory_contact set email = 'Shared@desk.example' where id = any(${plain.contactIds.slice(0, 2)}::text[])`.execute(db)
  const letters = await run(MONDAY)
  assert.deepEqual(letters.map(({ to }) => to).toSorted(), ['desk0@d00002.example', 'desk0@e00000.example', 'shared@desk.example'])
  const shared = letters.find(({ to }) => to === 'shared@desk.example')?.text ?? ''
  assert.match(shared, /2 bulletins wait/)
  assert.match(
    shared,
    /Organisation D00000[\s\S]*A flaw to mend[\s\S]*Answer by[\s\S]*\n  Install version 2\.\n  http\S+\/r\/del_[\s\S]*Organisation D00001[\s\S]*\/r\/del_/,
  )
  const amber = letters.find(({ to }) => to === 'desk0@e00000.example')?.text ?? ''
  assert.match(amber, /TLP:AMBER/)
  assert.doesNotMatch(amber, /A closed matter|Install version/)
  assert.doesNotMatch(letters.map(({ text }) => text).join('\n'), /Only an exercise/)
})

test('it goes out once a day, however often the clock asks', async () => {
  assert.equal((await run('2026-11-23T08:15:00Z')).length, 0)
})

test('who has decided is not asked again; who promised to say more is reminded of their own date', async () => {
  await sql`update broadcast_recipient set response = 'done', decided_at = now(), done_at = now() where bulletin_id = ${closed.bulletinId}`.execute(
    db,
  )
  await sql`update broadcast_recipient set response = 'in-progress', decided_at = now(), next_date = '2026-11-29' where bulletin_id = ${plain.bulletinId}`.execute(
    db,
  )
  const letters = await run('2026-11-30T08:05:00Z')
  assert.deepEqual(letters.map(({ to }) => to).toSorted(), ['desk0@d00002.example', 'shared@desk.example'])
  assert.match(letters[0]?.text ?? '', /You said you would say more by 29 November 2026: that date is over/)
})

test('what is answered before the letter has its turn is not asked for', async () => {
  platform.clock.set('2026-12-07T08:05:00Z')
  await makeDigestJob.handle(platform, {}, new AbortController().signal)
  await sql`update broadcast_recipient set response = 'done', decided_at = now(), done_at = now() where bulletin_id = ${plain.bulletinId}`.execute(db)
  const before = sink.messages.length
  await platform.runJobs()
  assert.equal(sink.messages.length, before)
  const { rows } = await sql<{
    state: string
  }>`select distinct state from broadcast_digest_letter letter join broadcast_digest digest on digest.id = letter.digest_id where week = '2026-12-07'`.execute(
    db,
  )
  assert.deepEqual(rows, [{ state: 'empty' }])
})

test('when nothing waits for anybody there is no digest', async () => {
  assert.equal((await run('2026-12-14T08:05:00Z')).length, 0)
  const { rows } = await sql<{ week: string }>`select week::text from broadcast_digest order by week`.execute(db)
  assert.deepEqual(
    rows.map(({ week }) => week),
    ['2026-11-23', '2026-11-30', '2026-12-07'],
  )
})

test('a letter that its worker left in the middle is taken up when the lease is over', async () => {
  await sql`update broadcast_recipient set response = null, decided_at = null, done_at = null where bulletin_id = ${closed.bulletinId}`.execute(db)
  platform.clock.set('2026-12-21T08:05:00Z')
  await makeDigestJob.handle(platform, {}, new AbortController().signal)
  await sql`update broadcast_digest_letter set state = 'sending', attempts = 1, due_at = '2026-12-21T08:15:00Z' where state = 'queued'`.execute(db)
  await platform.runJobs()
  const before = sink.messages.length
  assert.equal((await run('2026-12-21T09:01:00Z')).length, 1)
  assert.equal(sink.messages.length, before + 1)
})

test('a link that was used or taken back is not sent again: the letter leads to the bulletin, after signing in', async () => {
  for (const [column, monday] of [
    ['link_spent_at', '2027-01-04T08:05:00Z'],
    ['link_revoked_at', '2027-01-11T08:05:00Z'],
  ] as const) {
    await sql`update broadcast_delivery set link_spent_at = null, link_revoked_at = null where bulletin_id = ${closed.bulletinId}`.execute(db)
    await sql`update broadcast_delivery set ${sql.ref(column)} = now() where bulletin_id = ${closed.bulletinId}`.execute(db)
    const [letter] = await run(monday)
    assert.match(letter?.text ?? '', new RegExp(`/bulletins/CC-${closed.number}`), column)
    assert.doesNotMatch(letter?.text ?? '', /\/r\/del_/, column)
  }
  await sql`update broadcast_delivery set link_spent_at = null, link_revoked_at = null where bulletin_id = ${closed.bulletinId}`.execute(db)
  assert.match((await run('2027-01-18T08:05:00Z'))[0]?.text ?? '', /\/r\/del_/)
})

test('letters that could not be sent for two days are given up, so that none comes when it is over', async () => {
  const states = async () =>
    (
      await sql<{ state: string }>`
        select letter.state from broadcast_digest_letter letter join broadcast_digest digest on digest.id = letter.digest_id where week = '2027-01-25'`.execute(
        db,
      )
    ).rows.map(({ state }) => state)
  platform.clock.set('2027-01-25T08:05:00Z')
  await makeDigestJob.handle(platform, {}, new AbortController().signal)
  await sql`update broadcast_digest_letter set due_at = '2027-01-27T08:00:00Z' where state = 'queued'`.execute(db)
  platform.clock.set('2027-01-27T07:55:00Z')
  await makeDigestJob.handle(platform, {}, new AbortController().signal)
  assert.deepEqual(await states(), ['queued'], 'not before')
  assert.equal((await run('2027-01-27T08:06:00Z')).length, 0)
  assert.deepEqual(await states(), ['given-up'])
})
