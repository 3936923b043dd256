import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'

/** Answering signed in, again and beside others. */
const app = await createTestApp()
const { platform } = app
const db = platform.database.kysely

test('who is asked to answer again finds it on the home, with the same answer among those of one tap; so does a partner', async () => {
  const changed = await releasedBulletin(platform, { organisations: 2, prefix: 'V', title: 'Changed flaw' })
  const address = `/bulletins/CC-${changed.number}`
  const lead = await app.signIn('cyber-lead', { organisation: 'V00000' })
  const partner = await app.signIn('partner-responder', { organisation: 'V00001' })
  await sql`insert into directory_partnership (id, partner_id, organisation_id, since) values ('par_v', ${changed.organisationIds[1]}, ${changed.organisationIds[0]}, now())`.execute(
    db,
  )
  await lead.post(`${address}/answer`, { state: 'done' }, { from: address })
  await partner.post(`${address}/answer`, { organisation: 'V00001', state: 'done' }, { from: address })
  assert.match((await partner.get('/')).body, /Nothing waits for an answer/)
  platform.clock.advanceHours(0.1)
  await sql`update broadcast_bulletin set answer_again_at = ${platform.clock.now()} where id = ${changed.bulletinId}`.execute(db)
  platform.clock.advanceHours(0.1)
  const home = await lead.get('/')
  assert.match(home.body, /Until now: [^]*Done[^]*we ask you to answer again/)
  assert.match(home.body, /name="state"\s+value="done"|value="done"/)
  assert.match((await partner.get('/')).body, /Changed flaw/)
  const list = await partner.get('/answers')
  assert.match(list.body, /<strong>2 answers asked for<\/strong>[^]*asked to answer again/)
  assert.match((await partner.get('/answers?show=decided')).body, /Nothing matches/)
  const answered = await lead.follow(await lead.post(`${address}/answer`, { state: 'done', back: 'home' }, { from: '/' }))
  assert.match(answered.body, /Nothing waits for your answer/)
  assert.match((await partner.get('/answers')).body, /<strong>1 answer asked for<\/strong>/)
})

test('an answer from a page that a colleague has overtaken is held back until its sender has seen theirs', async () => {
  const busy = await releasedBulletin(platform, { organisations: 1, prefix: 'U' })
  const address = `/bulletins/CC-${busy.number}`
  const [one, other] = [await app.signIn('cyber-lead', { organisation: 'U00000' }), await app.signIn('cyber-lead', { organisation: 'U00000' })]
  const seenOn = async (path: string) => /name="seen" value="([^"]*)"/.exec((await one.get(path)).body)?.[1] ?? 'none'
  const old = await seenOn('/')
  assert.deepEqual([old, await seenOn(address), await seenOn(`${address}/answer`)], ['', '', ''])
  await other.post(`${address}/answer`, { state: 'done', note: 'All patched', seen: old }, { from: address })
  assert.equal((await other.post(`${address}/answer`, { state: 'done', note: 'All patched', seen: old })).statusCode, 303, 'a double tap is none')
  const late = await one.post(`${address}/answer`, { state: 'assessing', seen: old, back: 'home' }, { from: '/' })
  assert.deepEqual([late.statusCode, /Another answer came in meanwhile: Done/.test(late.body)], [422, true])
  assert.match(late.body, /name="back" value="home"/)
  const seen = /name="seen" value="([^"]*)"/.exec(late.body)?.[1] ?? ''
  const home = await one.follow(await one.post(`${address}/answer`, { state: 'assessing', seen, back: 'home' }))
  assert.match(home.body, /Recorded for Organisation U00000 &amp; Sons: Assessing/)
})

test('who has answered is not told that the answer is overdue, until it is asked for again', async () => {
  const old = await releasedBulletin(platform, { organisations: 1, prefix: 'S', respondBy: '2026-11-19T09:00:00Z' })
  const address = `/bulletins/CC-${old.number}`
  const lead = await app.signIn('cyber-lead', { organisation: 'S00000' })
  for (const path of [address, `${address}/answer`]) assert.match((await lead.get(path)).body, /overdue/, path)
  assert.match((await lead.get(address)).body, /href="#answer">Answer it</)
  await lead.post(`${address}/answer`, { state: 'done' })
  for (const path of [address, `${address}/answer`]) assert.doesNotMatch((await lead.get(path)).body, /overdue/, path)
  assert.match((await lead.get(address)).body, /href="#answer">Our answer</)
  platform.clock.advanceHours(0.1)
  await sql`update broadcast_bulletin set answer_again_at = ${platform.clock.now()} where id = ${old.bulletinId}`.execute(db)
  for (const path of [address, `${address}/answer`]) assert.match((await lead.get(path)).body, /overdue/, path)
})

test('one tap moves a date and loses nothing that was said with it; a day that is over is not asked for again', async () => {
  const long = await releasedBulletin(platform, { organisations: 1, prefix: 'T' })
  const address = `/bulletins/CC-${long.number}/answer`
  const lead = await app.signIn('cyber-lead', { organisation: 'T00000' })
  const window = { windowDate: '2026-11-22', windowTime: '22:00', windowHours: '2', windowStops: 'Imaging' }
  const said = { owner: 'The desk', evidence: 'Ticket 7', share: 'yes', note: 'Ward by ward' }
  await lead.post(address, { state: 'in-progress', more: 'yes', nextDate: '2026-11-23', ...said, ...window }, { from: '/' })
  const moving = await lead.get(/href="([^"]*)">Move the date/.exec((await lead.get('/')).body)?.[1] ?? '')
  const tap = /<form[^>]*class="app-answers[^"]*"[^]*?<\/form>/.exec(moving.body)?.[0] ?? ''
  const hidden = Object.fromEntries([...tap.matchAll(/name="([a-z][^"]*)" value="([^"]*)"/gi)].map(([, name = '', value = '']) => [name, value]))
  assert.match(tap, /value="2026-11-27"/)
  const moved = await lead.follow(await lead.post(address, { ...hidden, nextDate: '2026-11-27' }))
  for (const words of ['more by 27 November', 'Seen to by: The desk', 'Evidence: Ticket 7', 'Note: Ward by ward', 'Stops meanwhile: Imaging'])
    assert.match(moved.body, new RegExp(words))
  assert.equal(hidden['share'], 'yes')
  await lead.post(address, { state: 'not-acting', more: 'yes', reasonCode: 'awaiting-supplier', reviewOn: '2026-11-23', ...window })
  await sql`update broadcast_response set review_on = '2026-11-18' where bulletin_id = ${long.bulletinId}`.execute(db)
  await sql`update broadcast_response_detail set window_from = '2026-11-18T22:00Z' where bulletin_id = ${long.bulletinId}`.execute(db)
  const form = await lead.get(`${address}?state=not-acting`)
  assert.doesNotMatch(form.body, /name="(?:reviewOn|windowDate)-day"[^>]*value="2/)
  assert.match(form.body, /value="awaiting-supplier" checked/)
})
