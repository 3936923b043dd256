import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createAnswerLinks } from '../../../../../test/support/answer-links.ts'
import { createTestApp } from '../../../../../test/support/app.ts'
import type { ReleasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../../test/support/smtp-sink.ts'

/** What a link's page says when something has changed since its message was sent. */
const sink = await startSmtpSink()
const app = await createTestApp({ smtpUrl: sink.url })
const { platform, visitor } = app
const db = platform.database.kysely
const { mailed } = createAnswerLinks(platform, sink)

async function answers({ bulletinId }: ReleasedBulletin): Promise<readonly { state: string }[]> {
  return (await sql<{ state: string }>`select state from broadcast_response where bulletin_id = ${bulletinId} order by at desc, id desc`.execute(db))
    .rows
}

test('who is asked to answer again is told so by the link, and may say the same again', async () => {
  const {
    bulletin,
    links: [first = '', second = ''],
  } = await mailed({ organisations: 1, contacts: 2, prefix: 'Y' })
  await visitor.post(first, { state: 'done' })
  assert.doesNotMatch((await visitor.get(second)).body, /We ask you to answer again/)
  platform.clock.advanceHours(1)
  await sql`update broadcast_bulletin set answer_again_at = ${platform.clock.now()} where id = ${bulletin.bulletinId}`.execute(db)
  await sql`insert into broadcast_update (bulletin_id, at, title, body, by_id, kind, is_material, asks_again, told)
    values (${bulletin.bulletinId}, ${platform.clock.now()}, 'Version 3 is needed', '', 'test', 'version', true, true, 0)`.execute(db)
  platform.clock.advanceHours(1)
  const opened = await visitor.get(second)
  assert.match(opened.body, /We ask you to answer again[^]*Version 3 is needed[^]*Recorded for[^]*Answer again<[^]*Have you seen it\?/)
  assert.doesNotMatch(opened.body, /Change the answer/, 'the buttons are in sight')
  const again = await visitor.follow(await visitor.post(second, { state: 'done' }))
  assert.doesNotMatch(again.body, /We ask you to answer again/)
  assert.equal((await answers(bulletin)).length, 2)
})

test('of two colleagues with the same page open, the second does not write over the first unseen: the link is not spent, and what was typed stays', async () => {
  const {
    bulletin,
    links: [first = '', second = ''],
  } = await mailed({ organisations: 1, contacts: 2, prefix: 'Z' })
  const seen = async (address: string) => /name="seen" value="([^"]*)"/.exec((await visitor.get(address)).body)?.[1]
  assert.deepEqual([await seen(first), await seen(second)], ['', ''])
  await visitor.post(first, { seen: '', state: 'in-progress', more: 'yes', nextDate: '2027-03-01' })
  const half = await visitor.post(second, { seen: '', state: 'not-acting', note: 'Typed on the train' })
  assert.deepEqual([half.statusCode, /Another answer came in meanwhile: In progress/.test(half.body)], [422, true], 'said at once')
  const late = await visitor.post(second, { seen: '', state: 'acknowledged', note: 'Typed on the train' })
  assert.deepEqual([late.statusCode, /Another answer came in meanwhile: In progress/.test(late.body)], [409, true])
  assert.match(late.body, />Typed on the train<\/textarea>/)
  assert.deepEqual(
    (await answers(bulletin)).map(({ state }) => state),
    ['in-progress'],
  )
  const shown = /name="seen" value="([^"]*)"/.exec(late.body)?.[1] ?? ''
  assert.equal((await visitor.post(second, { seen: shown, state: 'done' })).statusCode, 303, 'who has seen it may')
  assert.equal((await answers(bulletin)).length, 2)
})

test('the hospitals of a country that go out by one address all open their links and answer in one minute', async () => {
  const { links } = await mailed({ organisations: 70, prefix: 'N' })
  const gateway = app.newVisitor('192.0.2.7')
  const codes = new Set<number>()
  for (const link of links) {
    codes.add((await gateway.get(link)).statusCode)
    codes.add((await gateway.post(link, { state: 'acknowledged' })).statusCode)
  }
  assert.deepEqual([...codes], [200, 303])
})

test('the link of a bulletin that was replaced leads to the new one, where that was sent to them too', async () => {
  const {
    bulletin,
    links: [told = '', untold = ''],
  } = await mailed({ organisations: 2, prefix: 'X' })
  const next = await releasedBulletin(platform, { organisations: 1, prefix: 'XN' })
  await sql`insert into broadcast_recipient (bulletin_id, organisation_id, release_id, is_reachable) values (${next.bulletinId}, ${bulletin.organisationIds[0]}, ${next.releaseId}, true)`.execute(
    db,
  )
  await sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = 'A fuller one', superseded_by = ${next.bulletinId} where id = ${bulletin.bulletinId}`.execute(
    db,
  )
  assert.match((await visitor.get(told)).body, new RegExp(`Replaced[^]*Answer CC-${next.number} instead[^]*href="/bulletins/CC-${next.number}"`))
  const other = (await visitor.get(untold)).body
  assert.deepEqual([/was not sent to you/.test(other), other.includes(`CC-${next.number}`)], [true, false])
})
