import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { actorAs, plantOrganisations, SOUND_CONTENT } from '../../../../test/support/broadcast.ts'
import { countShown, readCsv, walkList } from '../../../../test/support/lists.ts'
import { saveAudience } from '../../../domains/broadcast/audience/commands.ts'
import { AudienceRule } from '../../../domains/broadcast/audience/model.ts'
import { ruleOf, summariseAudience } from '../../../domains/broadcast/audience/queries.ts'
import { approveBulletin, draftBulletin, sendForReview } from '../../../domains/broadcast/bulletins/commands.ts'
import { BulletinContent, parseBulletinNumber } from '../../../domains/broadcast/bulletins/model.ts'
import { bulletinOf } from '../../../domains/broadcast/bulletins/queries.ts'
import { retryDeliveries } from '../../../domains/broadcast/deliveries/commands.ts'
import { releaseBulletin } from '../../../domains/broadcast/release/commands.ts'
import { respond } from '../../../domains/broadcast/responses/commands.ts'
import type { Visible } from '../../../domains/broadcast/tables.ts'
import type { Id } from '../../../kernel/id.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'

const app = await createTestApp()
const { platform } = app
const administrator = await app.signIn('administrator', { name: 'Ada Administrator' })
const ben = await app.signIn('duty-manager', { name: 'Ben <b>Manager</b>' })

/** The number of each record of a list. */
const ROW = /scope="row"[^>]*>\s*<span[^>]*>Number <\/span>([\d,]+)\s/
const FILLERS = 120

await runWork<object, void>(platform, { ...actorAs('analyst'), id: ben.personId }, async work => {
  for (let index = 0; index < FILLERS; index += 1) {
    const subject = { kind: 'thing', id: `thing_${index % 7}` }
    work.record({
      verb: `test.thing.${index % 2 === 0 ? 'made' : 'mended'}`,
      subject,
      ...(index % 10 === 0 ? { reason: `Because of 100% <${index}>` } : {}),
    })
  }
})
const { number, bulletinId, organisationId } = await wholeLifeOfABulletin()

test('every record of a bulletin has its CC number, and a filter on it finds those of an older form too', async () => {
  const { rows } = await platform.database.pool.query<{ verb: string; subject_id: string }>(
    `select verb, subject_id from audit_record where subject_kind = 'bulletin'`,
  )
  const forms = new Map(rows.map(row => [row.verb, row.subject_id]))
  for (const verb of ['broadcast.bulletin.drafted', 'broadcast.bulletin.released', 'broadcast.response.recorded', 'broadcast.delivery.retried'])
    assert.equal(forms.get(verb), number, verb)
  assert.deepEqual(new Set(rows.map(row => row.subject_id)), new Set([number]))

  const before = (await walkList(administrator, `/audit?subject=${number}`, ROW)).total
  await runWork<object, void>(platform, SYSTEM, async work => work.record({ verb: 'test.older', subject: { kind: 'bulletin', id: bulletinId } }))
  for (const id of [number, number.toLowerCase(), bulletinId])
    assert.equal((await walkList(administrator, `/audit?subject=${id}`, ROW)).total, before + 1, id)
  assert.match((await administrator.get(`/audit?verb=test.older`)).body, new RegExp(`>${number}</a>[\\s\\S]*${bulletinId}`))
})

test('the pages join without a gap or a double, newest first and oldest first, and are counted truly', async () => {
  const newest = await walkList(administrator, '/audit', ROW)
  assert.ok(newest.pages >= 3)
  assert.deepEqual((await walkList(administrator, '/audit?sort=when', ROW)).rows, newest.rows.toReversed())
  const lines = await readCsv(administrator, '/audit.csv?sort=when')
  assert.deepEqual(
    lines.map(line => Number(line['Number']).toLocaleString('en-GB')),
    newest.rows.toReversed(),
  )
  const { rows } = await platform.database.pool.query<{ count: number }>('select count(*)::int as count from audit_record')
  assert.equal(newest.total, rows[0]?.count)
})

test('people and things stand by their names, with the ids beside', async () => {
  const { body } = await administrator.get('/audit?verb=test.thing.made')
  assert.match(body, new RegExp(`actor=${ben.personId}">Ben &lt;b&gt;Manager&lt;/b&gt;</a>[\\s\\S]*?${ben.personId}`))
  const answer = (await administrator.get('/audit?verb=broadcast.response.recorded')).body
  assert.match(answer, new RegExp(`Response recorded</a>[\\s\\S]*>${number}</a>[\\s\\S]*Bulletin · Organisation A1 \\(A1\\)`))
  const [line] = await readCsv(administrator, '/audit.csv?verb=broadcast.response.recorded')
  assert.deepEqual(
    [line?.['On what'], line?.['On what (id)'], line?.['Organisation'], line?.['Organisation (id)']],
    [number, number, 'Organisation A1 (A1)', organisationId],
  )
  assert.match((await administrator.get('/audit?verb=test.older')).body, />CareCERT<\/a>/)
  assert.match((await administrator.get(`/audit?actor=${ben.personId}`)).body, /Only what Ben &lt;b&gt;Manager&lt;\/b&gt; did\./)
})

test('a search finds people by name, a number, a code and words of a reason; its download holds the same records', async () => {
  for (const [query, count] of [
    ['q=manager%3C/b', null],
    [`q=${number}`, null],
    ['q=a1', null],
    ['q=ben', null],
    ['q=because+100%25+%3C50%3E', 1],
    ['q=100_', 0],
    ['verb=test.', null],
    ['verb=test.thing.mended&sort=when', FILLERS / 2],
    ['verb=test.thing.made&q=because', 12],
    ['subject=thing_3', null],
    [`actor=${ben.personId}&subject=thing_0&verb=test.thing.made`, 9],
    ['q=nobody+of+that+name', 0],
    ['verb=nothing.like.it', 0],
  ] as const) {
    const isEmpty = countShown((await administrator.get(`/audit?${query}`)).body) === 0
    const rows = isEmpty ? [] : (await walkList(administrator, `/audit?${query}`, ROW)).rows
    if (count === null) assert.ok(rows.length > 0, query)
    else assert.equal(rows.length, count, query)
    assert.deepEqual(
      (await readCsv(administrator, `/audit.csv?${query}`)).map(line => Number(line['Number']).toLocaleString('en-GB')),
      rows,
      query,
    )
  }
  const { body } = await administrator.get('/audit?q=because&verb=test.thing.made&subject=thing_0&sort=when')
  assert.match(
    body,
    /name="subject" value="thing_0"[\s\S]*value="because"[\s\S]*<option value="test\.thing\.made" selected>[\s\S]*aria-sort="ascending"/,
  )
  assert.match(body, /href="\/audit\.csv\?q=because&amp;subject=thing_0&amp;verb=test\.thing\.made&amp;sort=when"/)
  assert.match((await administrator.get('/audit?verb=test.thing.m')).body, /<option value="test\.thing\.m" selected>test\.thing\.m…/)
  assert.match((await administrator.get('/audit?q=zebra')).body, /No such record[\s\S]*Clear search and filters/)
  for (const odd of ['cursor=x', 'cursor=WyJhIl0', 'sort=up', 'q=%00', 'q=a&q=b', 'subject=%27'])
    assert.ok((await administrator.get(`/audit?${odd}`)).statusCode < 500, odd)
})

test('the audit and its download are for those who may read it', async () => {
  for (const address of ['/audit', '/audit.csv']) assert.equal((await ben.get(address)).statusCode, 403, address)
})

/** Drafts, reviews and releases a bulletin, has it answered, and tries its messages again. */
async function wholeLifeOfABulletin() {
  const ids = await plantOrganisations(platform, [{ code: 'A1', contacts: ['desk@a1.example'] }])
  const [analyst, manager] = [actorAs('analyst'), actorAs('duty-manager')]
  const drafted = await runWork<Visible, { id: string; number: string }>(platform, analyst, async work => {
    const made = await draftBulletin(work, { threatId: null, content: BulletinContent.parse(SOUND_CONTENT) })
    const plain = parseBulletinNumber(made.number) ?? 0
    await saveAudience(work, { number: plain, rule: AudienceRule.parse({ organisations: ['A1'] }) })
    await sendForReview(work, { number: plain, version: 1 })
    return made
  })
  const plain = parseBulletinNumber(drafted.number) ?? 0
  await runWork<Visible, unknown>(platform, manager, work => approveBulletin(work, { number: plain, version: 1 }))
  const { hash } = await readAs<Visible, { hash: string }>(platform, manager, async db =>
    summariseAudience(db, await ruleOf(db, (await bulletinOf(db, plain)).id)),
  )
  await runWork<Visible, unknown>(platform, manager, work =>
    releaseBulletin(work, { number: plain, version: 1, audienceHash: hash, baseUrl: platform.config.baseUrl }),
  )
  const at = ids.get('A1') as Id<'organisation'> // planted above
  const answer = { bulletinId: drafted.id, organisationId: at, state: 'done', note: null, reason: null, nextDate: null, via: 'portal' } as const
  await runWork<Visible, unknown>(platform, actorAs('cyber-lead', at), work => respond(work, answer))
  await platform.database.pool.query(`update broadcast_delivery set state = 'given-up'`)
  await runWork<Visible, unknown>(platform, manager, work => retryDeliveries(work, drafted.id, 'all'))
  return { number: drafted.number, bulletinId: drafted.id, organisationId: at }
}
