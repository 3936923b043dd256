import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../../directory/tables.ts'
import { deliverMailing } from '../deliveries/jobs.ts'
import type { Visible } from '../tables.ts'

const sink = await startSmtpSink(address => (address.startsWith('gone') ? { code: 550, words: 'No such mailbox' } : 'take'))
const app = await createTestApp({ smtpUrl: sink.url })
const { platform } = app
const bulletin = await releasedBulletin(platform, {
  organisations: 6,
  reachable: 5,
  prefix: 'A',
  mailbox: index => (index === 4 ? 'gone' : 'desk'),
  title: '=1+1 flaw',
  content: { safeToUse: 'The **radiology viewer** is safe.', cves: ['CVE-2031-0007'] },
  respondBy: '2026-11-20T15:00:00Z',
})
const number = `CC-${bulletin.number}`
await deliverMailing(platform, bulletin.mailingId, new AbortController().signal)

test('nobody signed in is sent to sign in, and sees nothing before', async () => {
  const response = await app.visitor.get('/')
  assert.deepEqual([response.statusCode, response.headers.location], [303, '/sign-in'])
})

test('the centre sees first who is silent on what is due, and what was given up', async () => {
  const duty = await app.signIn('duty-manager')
  const { body, statusCode } = await duty.get('/')
  assert.equal(statusCode, 200)
  assert.match(body, new RegExp(`4 organisations silent on ${number}`))
  assert.match(body, new RegExp(`1 message of ${number} given up`))
  assert.match(body, new RegExp(`href="/bulletins/${number}/recipients\\?stage=silent"`))
  assert.match(body, /answered: 0, silent: 4, cannot be reached: 2/)
  for (const role of ['assessor', 'administrator'] as const)
    assert.doesNotMatch((await (await app.signIn(role)).get('/')).body, /organisations silent on|given up</, `${role} rings nobody`)
})

test('a figure leads to the organisations behind it, with the words of the mail server, and to a CSV without formulas', async () => {
  const duty = await app.signIn('duty-manager')
  const list = await duty.get(`/bulletins/${number}/recipients?stage=unreachable`)
  assert.match(list.body, /<strong>2 organisations<\/strong>/)
  assert.match(list.body, /550 No such mailbox/)
  assert.match(list.body, /Nobody to send to/)
  const csv = await duty.get(`/bulletins/${number}/recipients.csv`)
  assert.match(String(csv.headers['content-type']), /^text\/csv/)
  const rows = parse<Record<string, string>>(csv.body, { bom: true, columns: true })
  assert.deepEqual(
    rows.map(row => [row['code'], row['answer']]),
    [
      ['A00000', 'silent'],
      ['A00001', 'silent'],
      ['A00002', 'silent'],
      ['A00003', 'silent'],
      ['A00004', 'unreachable'],
      ['A00005', 'unreachable'],
    ],
  )
})

test('the ledger shows each message; what was given up can be tried again by a duty manager and by no analyst', async () => {
  const duty = await app.signIn('duty-manager')
  const ledger = await duty.get(`/bulletins/${number}/deliveries?state=given-up`)
  assert.match(ledger.body, /<strong>1 message<\/strong>/)
  assert.match(ledger.body, /deliveries\.csv\?state=given-up/)
  const rows = parse<Record<string, string>>((await duty.get(`/bulletins/${number}/deliveries.csv`)).body, { bom: true, columns: true })
  assert.deepEqual(
    rows.map(row => [row['code'], row['state']]),
    [
      ['A00000', 'sent'],
      ['A00001', 'sent'],
      ['A00002', 'sent'],
      ['A00003', 'sent'],
      ['A00004', 'given-up'],
    ],
  )
  const analyst = await app.signIn('analyst')
  assert.equal((await analyst.post(`/bulletins/${number}/deliveries`, { deliveries: 'all' }, { from: '/' })).statusCode, 403)
  assert.match(
    (await duty.follow(await duty.post(`/bulletins/${number}/deliveries`, { deliveries: 'all' }, { from: `/bulletins/${number}/deliveries` }))).body,
    /One message is tried again/,
  )
  await platform.runJobs()
  const progress = (await duty.get(`/api/v1/bulletins/${number}/progress`)).json<Record<string, number>>()
  assert.deepEqual([progress['sent'], progress['givenUp'], progress['queued'], progress['silent'], progress['unreachable']], [4, 1, 0, 4, 2])
})

test('the bulletin’s page for the centre has the funnel, its charts and their tables', async () => {
  const duty = await app.signIn('duty-manager')
  const { body } = await duty.get(`/bulletins/${number}?by=region`)
  assert.match(body, /Who acts, who is silent/)
  for (const query of ['region=Y61"', 'region=Y61&amp;stage=sent"', 'region=Y61&amp;stage=delivered"', 'region=Y61&amp;stage=silent"'])
    assert.ok(body.includes(`/bulletins/${number}/recipients?${query}`), query)
  assert.match(body, new RegExp(`src="/bulletins/${number}/chart/groups.svg\\?by=region"`))
  for (const file of ['groups.svg?by=region', 'times.svg', 'groups.svg?by=partner']) {
    const chart = await duty.get(`/bulletins/${number}/chart/${file}`)
    assert.deepEqual([chart.statusCode, String(chart.headers['content-type'])], [200, 'image/svg+xml; charset=utf-8'])
    assert.match(chart.body, /^<svg/)
    assert.doesNotMatch(chart.body, /style=|<script/)
  }
  assert.equal((await duty.get(`/bulletins/${number}/chart/other.svg`)).statusCode, 404)
})

test('an organisation’s home says what to answer and by when, and one tap answers', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'A00001' })
  const home = await lead.get('/')
  assert.match(home.body, new RegExp(`${number} =1\\+1 flaw`))
  assert.match(home.body, /Answer by Friday 20 November 2026, 3:00pm GMT/)
  assert.match(home.body, /<strong>radiology viewer<\/strong> is safe/)
  assert.match(home.body, /never proved/)
  const answered = await lead.follow(await lead.post(`/bulletins/${number}/answer`, { state: 'done', back: 'home' }))
  assert.match(answered.body, /Recorded for Organisation A00001 &amp; Sons: Done/)
  assert.match(answered.body, /Nothing waits for your answer/)
})

test('a plan with a date stands on the home until it is done', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'A00002' })
  const asked = await lead.post(`/bulletins/${number}/answer`, { state: 'in-progress', back: 'home' }, { from: '/' })
  assert.equal(asked.statusCode, 200)
  assert.match(asked.body, /name="back" value="home"/)
  const home = await lead.follow(
    await lead.post(`/bulletins/${number}/answer`, { state: 'in-progress', more: 'yes', back: 'home', nextDate: '2026-11-27' }),
  )
  assert.match(home.body, /More by 27 November 2026/)
  const page = await lead.get(`/bulletins/${number}`)
  assert.match(page.body, /Answer of Organisation A00002 &amp; Sons/)
})

test('a wrong answer is said on the page, and what was typed stays', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'A00003' })
  const wrong = await lead.post(
    `/bulletins/${number}/answer`,
    { state: 'in-progress', more: 'yes', 'nextDate-day': '1', 'nextDate-month': '1', 'nextDate-year': '2020', note: 'After <Christmas>' },
    { from: '/' },
  )
  assert.equal(wrong.statusCode, 422)
  assert.match(wrong.body, /Enter a date that is today or later/)
  assert.match(wrong.body, /After &lt;Christmas&gt;/)
  assert.match(wrong.body, /value="2020"/)
  assert.equal((await lead.post(`/bulletins/${number}/answer`, { state: 'nonsense' })).statusCode, 422)
})

test('an answer to what was withdrawn meanwhile is refused, and its note comes back', async () => {
  const other = await releasedBulletin(platform, { organisations: 1, prefix: 'W' })
  const address = `/bulletins/CC-${other.number}`
  const lead = await app.signIn('cyber-lead', { organisation: 'W00000' })
  await lead.get(address)
  const duty = await app.signIn('duty-manager')
  await duty.post(`${address}/withdraw`, { reason: 'A false alarm', tells: 'no' }, { from: address })
  const late = await lead.post(`${address}/answer`, { state: 'done', note: 'Typed while it was withdrawn' })
  assert.equal(late.statusCode, 422)
  assert.match(late.body, /withdrawn[^]*>Typed while it was withdrawn</)
})

test('an organisation sees no other’s answers, ledger or figures', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'A00003' })
  for (const path of ['recipients', 'recipients.csv', 'deliveries', 'chart/answers.svg'])
    assert.equal((await lead.get(`/bulletins/${number}/${path}`)).statusCode, 403, path)
  assert.equal((await lead.get(`/api/v1/bulletins/${number}/progress`)).statusCode, 403)
  assert.equal((await lead.post(`/bulletins/${number}/answer`, { state: 'done', organisation: 'A00001' }, { from: '/' })).statusCode, 404)
})

test('a partner answers for many at once, and one that is not its own stops all', async () => {
  const partner = await app.signIn('partner-responder', { organisation: 'A00005' })
  await runWork<DirectoryTables, void>(platform, SYSTEM, async work => {
    for (const index of [3, 4])
      await work.db
        .insertInto('directory_partnership')
        .values({
          id: work.newId('partnership'),
          partner_id: bulletin.organisationIds[5] ?? '',
          organisation_id: bulletin.organisationIds[index] ?? '',
          since: work.now,
          until: null,
        })
        .execute()
    work.record({ verb: 'test.partnered', subject: { kind: 'organisation', id: 'A00005' } })
  })
  assert.match((await partner.get('/')).body, /Answer for many at once/)
  assert.match(
    (await partner.get(`/bulletins/${number}`)).body,
    new RegExp(`href="/answers\\?bulletin=${number}"[^>]*>\\s*Answer for your organisations`),
  )
  const list = await partner.get('/answers')
  assert.match(list.body, /<strong>3 answers asked for<\/strong>/)
  const target = (index: number) => `${bulletin.bulletinId}.${bulletin.organisationIds[index]}`
  const nothing = await partner.post('/answers', { state: 'done' }, { from: '/answers' })
  assert.match(nothing.body, /Tick the organisations that you answer for/)
  const stranger = await partner.post('/answers', { targets: [target(3), target(0)], state: 'not-acting', reason: 'Kept & typed' })
  assert.equal(stranger.statusCode, 422)
  assert.match(stranger.body, /Nothing was recorded, because one was refused/)
  assert.match(stranger.body, /Kept &amp; typed/)
  assert.match(stranger.body, new RegExp(`value="${target(3).replace('.', '\\.')}" checked`))
  assert.match((await partner.get('/answers')).body, /<strong>3 answers asked for<\/strong>/)
  const done = await partner.follow(await partner.post('/answers', { targets: [target(3), target(4)], state: 'done' }))
  assert.match(done.body, /Recorded for 2 organisations: Done/)
  assert.match(done.body, /<strong>1 answer asked for<\/strong>/)
})

test('search leads straight to a number, a code and a CVE, and else lists what the reader may see', async () => {
  const analyst = await app.signIn('analyst')
  assert.equal((await analyst.get(`/search?q=cc${bulletin.number}`)).headers.location, `/bulletins/${number}`)
  assert.equal((await analyst.get('/search?q=a00001')).headers.location, '/organisations/A00001')
  assert.equal((await analyst.get('/search?q=cve-2024-12345')).headers.location, '/threats?q=CVE-2024-12345')
  const words = await analyst.get('/search?q=flaw')
  assert.match(words.body, new RegExp(`href="/bulletins/${number}"`))
  assert.match((await analyst.get('/search?q=no-such-thing-at-all')).body, /Nothing was found/)
  assert.match((await analyst.get('/search?q=%25')).body, /Nothing was found/)
  const stranger = await app.signIn('cyber-lead', { organisation: 'OUTSIDE' })
  const theirs = await stranger.get('/search?q=flaw')
  assert.match(theirs.body, /Nothing was found/)
  assert.match((await stranger.get(`/search?q=${number}`)).body, /Nothing was found/)
})

test('a CVE leads whoever may read them to the bulletins about it, and nobody to another’s', async () => {
  const analyst = await app.signIn('analyst')
  assert.match((await analyst.get('/search?q=cve-2031-0007')).body, new RegExp(`href="/bulletins/${number}"`))
  const own = await app.signIn('cyber-lead', { organisation: 'A00001' })
  assert.match((await own.get('/search?q=CVE-2031-0007')).body, new RegExp(`href="/bulletins/${number}"`))
  assert.match((await own.get('/bulletins?q=CVE-2031-0007')).body, /<strong>1 bulletin<\/strong>/)
  assert.match((await own.get('/search?q=CVE-2031-0008')).body, /Nothing was found/)
  const stranger = await app.signIn('cyber-lead', { organisation: 'OUTSIDE' })
  assert.match((await stranger.get('/search?q=CVE-2031-0007')).body, /Nothing was found/)
})

test('the list of one organisation has what was released to it, with its answers, and says so', async () => {
  const other = await releasedBulletin(platform, { organisations: 2, prefix: 'B' })
  const analyst = await app.signIn('analyst')
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    await work.db
      .updateTable('broadcast_recipient')
      .set({ response: 'assessing' })
      .where('bulletin_id', '=', other.bulletinId)
      .where('organisation_id', '=', other.organisationIds[0] ?? '')
      .execute()
    work.record({ verb: 'test.answered', subject: { kind: 'bulletin', id: other.bulletinId } })
  })
  const { body } = await analyst.get('/bulletins?organisation=b00000')
  assert.match(body, /Sent to B00000, and what it answered[\s\S]*<strong>1 bulletin<\/strong>[\s\S]*Assessing/)
  assert.doesNotMatch(body, new RegExp(`/bulletins/${number}"`))
  assert.match(body, /name="organisation" value="b00000"/)
  assert.match((await analyst.get('/bulletins?organisation=B00001')).body, /No answer yet/)
  const csv = parse((await analyst.get('/bulletins.csv?organisation=B00001')).body, { bom: true, from: 2 }) as readonly string[][]
  assert.deepEqual(
    csv.map(row => row[0]),
    [`CC-${other.number}`],
  )
  const stranger = await app.signIn('cyber-lead', { organisation: 'OUTSIDE' })
  assert.match((await stranger.get('/bulletins?organisation=B00000')).body, /No bulletin matches/)
})

test('an exercise puts its banner on the page', async () => {
  await releasedBulletin(platform, { organisations: 1, prefix: 'X', isExercise: true })
  const duty = await app.signIn('duty-manager')
  assert.match((await duty.get('/')).body, /It is not happening/)
})

test('an exercise counts in no figure of the first page, and its silent need nobody', async () => {
  const duty = await app.signIn('duty-manager')
  const figures = async () => {
    const { body } = await duty.get('/')
    return {
      changes: [...body.matchAll(/href="([^"]+since[^"]*)">([\d,]+) /gi)].map(match => match[2]),
      needs: /id="needs"[\s\S]*?<\/section>/.exec(body)?.[0],
    }
  }
  const before = await figures()
  const exercise = await releasedBulletin(platform, {
    organisations: 2,
    prefix: 'Z',
    isExercise: true,
    title: 'Rehearsal',
    respondBy: '2026-11-20T10:00:00Z',
  })
  await sql`
    insert into broadcast_response (id, bulletin_id, organisation_id, state, at, by_kind, by_id, via)
    select 'rsp_' || repeat('e', 32), ${exercise.bulletinId}, ${exercise.organisationIds[0] ?? ''}, 'done', ${platform.clock.now()}, 'system', 'system', 'sample'`.execute(
    platform.database.kysely,
  )
  assert.deepEqual((await figures()).changes, before.changes)
  assert.doesNotMatch((await figures()).needs ?? '', /Rehearsal/)
  assert.match((await duty.get('/responses?exercise=only')).body, /<strong>1 answer<\/strong>/)
  assert.match((await duty.get('/bulletins?exercise=only')).body, /Rehearsal/)
  assert.doesNotMatch((await duty.get('/bulletins?exercise=no')).body, /Rehearsal/)
})

test('outside the sample sector there is no mailbox', async () => {
  assert.equal((await app.visitor.get('/mailbox')).statusCode, 404)
  assert.equal((await app.visitor.get('/mailbox/1')).statusCode, 404)
})

test('a bulletin in review waits for those who wrote none of it', async () => {
  const author = await app.signIn('duty-manager')
  const other = await app.signIn('duty-manager')
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    const id = work.newId('bulletin')
    await work.db
      .insertInto('broadcast_bulletin')
      .values({
        id,
        threat_id: null,
        state: 'in-review',
        version: 1,
        approved_version: null,
        author_id: author.personId,
        title: 'Waits',
        severity: 'low',
        tlp: 'CLEAR',
        respond_by: null,
        created_at: work.now,
        updated_at: work.now,
        released_at: null,
        withdrawn_at: null,
        withdrawn_reason: null,
      })
      .execute()
    await work.db
      .insertInto('broadcast_version')
      .values({ bulletin_id: id, version: 1, content: '{}', content_hash: 'x', saved_by: author.personId, saved_at: work.now })
      .execute()
    work.record({ verb: 'test.sent', subject: { kind: 'bulletin', id } })
  })
  assert.match((await other.get('/')).body, /Review CC-\d+ Waits/)
  assert.doesNotMatch((await author.get('/')).body, /Review CC-\d+ Waits/)
})

test('what changed leads to exactly the records that it counts, for each who sees it', async () => {
  const address = `/bulletins/CC-${(await releasedBulletin(platform, { organisations: 1, prefix: 'V' })).number}`
  const duty = await app.signIn('duty-manager')
  await duty.post(`${address}/withdraw`, { reason: 'A false alarm', tells: 'no' }, { from: address })
  await duty.post('/bulletins/new', { title: 'Given up unreleased', severity: 'low' }, { from: '/bulletins/new' })
  const readers = [duty, await app.signIn('regional-lead'), await app.signIn('partner-responder', { organisation: 'A00005' })]
  for (const [index, reader] of readers.entries()) {
    const { body } = await reader.get('/')
    const lines = [...(body.split('id="changes"')[1] ?? '').matchAll(/href="([^"]+)">([\d,]+) ([^<]+)</g)]
    if (index === 0)
      assert.deepEqual(
        lines.map(([, , , what]) => what),
        ['bulletins released', 'answers came in', 'bulletins withdrawn'],
      )
    for (const [, href = '', count = '', what = ''] of lines) {
      const path = href.replaceAll('&amp;', '&')
      const list = await reader.get(path)
      assert.equal(list.statusCode, 200, path)
      assert.equal(/<strong>([\d,]+) /.exec(list.body.split('app-count')[1] ?? '')?.[1], count, `${what}: ${path}`)
      assert.match(list.body, /since \d+ November 2026/, 'the list says to what it is narrowed')
      const rows = parse((await reader.get(path.replace('?', '.csv?'))).body, { bom: true, columns: true })
      assert.equal(String(rows.length), count, `${what} as CSV`)
    }
  }
})

test('the answers are searched by organisation and bulletin, paged and sorted', async () => {
  const duty = await app.signIn('duty-manager')
  const all = await duty.get('/responses')
  assert.match(all.body, /Organisation A00001 &amp; Sons[^]*Done/)
  assert.match((await duty.get('/responses?q=A00001')).body, /<strong>1 answer<\/strong>/)
  assert.match((await duty.get(`/responses?q=${number}&state=done`)).body, /A00001/)
  assert.match((await duty.get('/responses?q=nobody-of-that-name')).body, /No answer matches/)
  const times = async (sort: string) =>
    parse<Record<string, string>>((await duty.get(`/responses.csv?sort=${sort}`)).body, { bom: true, columns: true }).map(row => row['at'] ?? '')
  assert.deepEqual(await times('at'), (await times('-at')).toReversed())
  const lead = await app.signIn('cyber-lead', { organisation: 'A00002' })
  const own = await lead.get('/responses')
  assert.match(own.body, /A00002/)
  assert.doesNotMatch(own.body, /A00001/, 'another’s answers are nobody else’s')
})
