import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../../test/support/lists.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'

const { platform, signIn } = await createTestApp()
const db = platform.database.kysely
const first = await releasedBulletin(platform, { organisations: 45, prefix: 'A', title: 'Larch flaw' })
const partner = await signIn('partner-responder', { organisation: 'PARTNER' })
// Two bulletins reach the same organisations: those of A but the last, which another partner looks after.
const second = await releasedBulletin(platform, { organisations: 1, prefix: 'B', title: 'Birch flaw', respondBy: '2026-11-25T09:00:00Z' })
await sql`
  insert into broadcast_recipient (bulletin_id, organisation_id, release_id, is_reachable)
  select ${second.bulletinId}, organisation_id, ${second.releaseId}, true from broadcast_recipient where bulletin_id = ${first.bulletinId}`.execute(
  db,
)
await sql`
  insert into directory_partnership (id, partner_id, organisation_id, since)
  select 'par_' || code, ${partner.organisationId}, id, now() from directory_organisation where code like 'A%' and code <> 'A00044'`.execute(db)
// Ten decided about the first, at one moment.
await sql`
  update broadcast_recipient set response = 'done', response_at = ${platform.clock.now()}, acknowledged_at = ${platform.clock.now()}, decided_at = ${platform.clock.now()}, done_at = ${platform.clock.now()}
  where bulletin_id = ${first.bulletinId} and organisation_id in (select id from directory_organisation where code between 'A00000' and 'A00009')`.execute(
  db,
)

const TARGET = /name="targets" type="checkbox" value="([^"]+)"/
const walk = async (query: string) => (await walkList(partner, `/answers?${query}`, TARGET)).rows
/** What the file says, as the page names it. */
const inFile = async (query: string) => {
  const { rows: codes } = await sql<{ id: string; code: string }>`select id, code from directory_organisation`.execute(db)
  const idOf = new Map(codes.map(({ id, code }) => [code, id]))
  return (await readCsv(partner, `/answers.csv?${query}`)).map(
    row => `${row['bulletin'] === `CC-${first.number}` ? first.bulletinId : second.bulletinId}.${idOf.get(row['code'] ?? '')}`,
  )
}

test('every order meets each answer asked for once, also where many are alike, and the file holds the same', async () => {
  for (const sort of ['due', 'organisation', 'bulletin', 'answered']) {
    const up = await walk(`show=all&sort=${sort}`)
    assert.equal(up.length, 88, sort)
    assert.deepEqual(await walk(`show=all&sort=-${sort}`), up.toReversed(), `-${sort}`)
    assert.deepEqual(await inFile(`show=all&sort=${sort}`), up, sort)
  }
  const due = await walk('show=all')
  assert.ok(
    due.slice(0, 44).every(target => target.startsWith(first.bulletinId)),
    'the sooner first',
  )
  const answered = await readCsv(partner, '/answers.csv?show=all&sort=-answered')
  assert.deepEqual(new Set(answered.slice(0, 10).map(row => row['answer'])), new Set(['done']))
  assert.equal(answered[10]?.['answered at'], '')
})

test('search and filters narrow the list, its count and its file alike, and stay in the addresses', async () => {
  for (const [query, total] of [
    ['', 78],
    ['show=decided', 10],
    ['show=all&q=a00003', 2],
    ['q=organisation+a0000', 10],
    ['q=larch', 34],
    [`q=cc-${second.number}&show=all`, 44],
    [`bulletin=CC-${first.number}&show=all`, 44],
    ['q=a00044&show=all', 0],
    ['q=%25&show=all', 0],
  ] as const) {
    const rows = await walk(`${query}&sort=-organisation`)
    assert.equal(rows.length, total, query)
    assert.deepEqual(await inFile(`${query}&sort=-organisation`), rows, query)
  }
  const { body } = await partner.get('/answers?q=organisation&sort=-organisation')
  assert.match(body, /href="\/answers\?q=organisation&amp;sort=-organisation&amp;cursor=/)
  assert.match(body, /name="sort" value="-organisation"/, 'an answer that is refused comes back to the same place')
})

test('an empty list says what to do first', async () => {
  assert.match((await partner.get('/answers?q=nowhere')).body, /Nothing matches[\s\S]*Clear search and filters/)
  const idle = await signIn('partner-responder', { organisation: 'IDLE' })
  assert.match((await idle.get('/answers')).body, /Nothing to answer[\s\S]*show=decided/)
})

test('one answer for the whole list goes to what its search shows, and to nothing else', async () => {
  const done = await partner.post('/answers', { all: 'yes', q: 'birch', sort: 'organisation', state: 'acknowledged' }, { from: '/answers?q=birch' })
  assert.match((await partner.follow(done)).body, /Recorded for 44 organisations: Acknowledged/)
  const { rows } = await sql<{ bulletin_id: string; count: number }>`
    select bulletin_id, count(*)::int as count from broadcast_response group by 1`.execute(db)
  assert.deepEqual(rows, [{ bulletin_id: second.bulletinId, count: 44 }])
})

test('one answer for many, save for those that have their own or are left out', async () => {
  await sql`delete from broadcast_response_detail`.execute(db)
  await sql`delete from broadcast_response`.execute(db)
  const exceptions = 'A00003, not-applicable\na00004, not-acting, replaced-soon, Gone by spring\nA00005, leave out\n'
  const form = { all: 'yes', q: 'birch', show: 'all', state: 'done', exceptions }
  const wrong = await partner.post('/answers', { ...form, exceptions: `${exceptions}A00006, mended` }, { from: '/answers?q=birch&show=all' })
  assert.deepEqual(
    [wrong.statusCode, /Line 4: “mended” is no answer/.test(wrong.body), wrong.body.includes('A00003, not-applicable')],
    [422, true, true],
  )
  const absent = await partner.post('/answers', { ...form, exceptions: 'A00044, leave out' }, { from: '/answers?q=birch&show=all' })
  assert.match(absent.body, /Line 1: A00044 is not among those that you answer for here/, 'what would change nothing is said')
  assert.match(
    (await partner.follow(await partner.post('/answers', form))).body,
    /Recorded for 43 organisations: Done, save for 2 with an answer of their own/,
  )
  const { rows } = await sql<{ code: string; state: string; reason_code: string | null }>`
    select code, state, reason_code from broadcast_response join directory_organisation organisation on organisation.id = organisation_id
    where code between 'A00002' and 'A00006' order by code`.execute(db)
  assert.deepEqual(rows, [
    { code: 'A00002', state: 'done', reason_code: null },
    { code: 'A00003', state: 'not-applicable', reason_code: null },
    { code: 'A00004', state: 'not-acting', reason_code: 'replaced-soon' },
    { code: 'A00006', state: 'done', reason_code: null },
  ])
})

test('a list from a spreadsheet records what it can; each row that it cannot comes back with why', async () => {
  const head = 'title,code,bulletin,new answer,new date,reason code,reason,note\r\n'
  const list = `${head}"Larch, flaw",A00010,CC-${first.number},In progress,2026-12-01,,,"By the desk, today"
x,A00011,CC-${first.number},,,,,
x,A00044,CC-${first.number},done,,,,
x,A00012,CC-${first.number},mended,,,,=1+1
x,A00013,CC-${first.number},not-acting,,other,,
x,A00014,CC-${first.number},NOT-ACTING,,awaiting-supplier,,`
  const sent = await partner.post('/answers/list', { list }, { from: '/answers/list' })
  assert.equal(sent.statusCode, 422)
  assert.match(sent.body, /2 answers were recorded and 3 rows were not/)
  for (const why of [/Row 4: It was not sent to that organisation/, /Row 5: “mended” is no answer/, /Row 6: Say why in your own words/])
    assert.match(sent.body, why)
  assert.match(sent.body, /CC-\d+,A00012,mended,,,,&#39;=1\+1|CC-\d+,A00012,mended,,,,'=1\+1/, 'harmless in a spreadsheet')
  assert.match(sent.body, /A00013,not-acting,,other/)
  const { rows } = await sql<{ code: string; state: string; via: string; review_on: string | null }>`
    select code, response.state, via, review_on::text from broadcast_response response join directory_organisation organisation on organisation.id = organisation_id
    where via = 'file' order by code`.execute(db)
  assert.deepEqual(rows, [
    { code: 'A00010', state: 'in-progress', via: 'file', review_on: null },
    { code: 'A00014', state: 'not-acting', via: 'file', review_on: '2026-12-18' },
  ])
  const unchanged = await partner.get('/answers.csv?show=all')
  assert.match(
    (await partner.post('/answers/list', { list: unchanged.body })).body,
    /No row has a new answer/,
    'what was downloaded says nothing new',
  )
  const pasted = await partner.follow(
    await partner.post('/answers/list', { list: `CC-${first.number}\tA00015\tdone\nCC-${first.number}\tA00016\tacknowledged` }),
  )
  assert.match(pasted.body, /2 answers recorded from the list/)
})

test('a file comes as a spreadsheet of this country saves it: semicolons, the day first, and names with accents', async () => {
  const line = (code: string, answer: string, date: string, note: string) => `"Larch; flaw";${code};CC-${first.number};${answer};${date};;;${note}`
  const text = `title;code;bulletin;new answer;new date;reason code;reason;note\r\n${line('A00017', 'in progress', '27/03/2027', 'Zoë, the desk')}\r\n${line('A00018', 'in progress', '1.4.2027', '')}\r\n`
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'))
  const sent = await partner.upload('/answers/list', { list: '' }, { file: { name: 'answers.csv', bytes } }, { from: '/answers/list' })
  assert.equal(sent.statusCode, 303, sent.body)
  const { rows } = await sql<{ code: string; next: string; note: string | null }>`
    select code, response.next_date::text as next, detail.note from broadcast_response response join directory_organisation organisation on organisation.id = organisation_id
    join broadcast_response_detail detail on detail.response_id = response.id where code in ('A00017', 'A00018') and via = 'file' order by code`.execute(
    db,
  )
  assert.deepEqual(rows, [
    { code: 'A00017', next: '2027-03-27', note: 'Zoë, the desk' },
    { code: 'A00018', next: '2027-04-01', note: null },
  ])
})

test('an organisation that answers several bulletins of its own at once answers for itself, and not as a partner', async () => {
  const lead = await signIn('cyber-lead', { organisation: 'A00020' })
  const target = (bulletinId: string) => `${bulletinId}.${lead.organisationId}`
  const sent = await lead.post(
    '/answers',
    { targets: [target(first.bulletinId), target(second.bulletinId)], state: 'assessing' },
    { from: '/answers' },
  )
  assert.match((await lead.follow(sent)).body, /Recorded for one organisation: Assessing/)
  const { rows } = await sql<{ via: string }>`select distinct via from broadcast_response where state = 'assessing'`.execute(db)
  assert.deepEqual(rows, [{ via: 'portal' }])
})

test('a long list is recorded part by part, so that nobody else waits for the whole of it', async () => {
  const large = await releasedBulletin(platform, { organisations: 230, prefix: 'L', title: 'Rowan flaw' })
  await sql`
    insert into directory_partnership (id, partner_id, organisation_id, since)
    select 'par_' || code, ${partner.organisationId}, id, now() from directory_organisation where code like 'L%' and code <> 'L00229'`.execute(db)
  const list = large.organisationIds.map((_, at) => `CC-${large.number},L${String(at).padStart(5, '0')},done`).join('\n')
  const sent = await partner.post('/answers/list', { list }, { from: '/answers/list' })
  assert.match(sent.body, /229 answers were recorded and 1 rows were not/)
  const parts = () =>
    sql<{
      rows: number
    }>`select count(*)::integer as rows from broadcast_response where bulletin_id = ${large.bulletinId} group by xmin::text order by 1`.execute(db)
  assert.deepEqual((await parts()).rows, [{ rows: 29 }, { rows: 100 }, { rows: 100 }])
  await partner.post('/answers/list', { list })
  assert.equal((await parts()).rows.length, 3, 'sent again after a cut, it says nothing twice')
})
