import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import { ANONYMOUS, SYSTEM, type Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../../directory/tables.ts'
import type { Visible } from '../tables.ts'
import { threatForBulletin } from '../threats/queries/bulletin.ts'
import { receiveNotification, tidyNotifications, type Arrival } from './commands.ts'
import type { Report } from './model.ts'

const sink = await startSmtpSink()
const app = await createTestApp({ smtpUrl: sink.url })
const { platform } = app
const analyst = await app.signIn('analyst', { name: 'Ada Analyst' })
const region = await app.signIn('regional-lead', { organisation: 'XR1' })
const lead = await app.signIn('cyber-lead', { organisation: 'XTA' })
const other = await app.signIn('cyber-lead', { organisation: 'XTB' })
await runWork<DirectoryTables, void>(platform, SYSTEM, async (work: Work<DirectoryTables>) => {
  await work.db.updateTable('directory_organisation').set({ region_code: 'XR1' }).where('code', 'in', ['XTA', 'XTB']).execute()
  for (const [code, name, nameKey] of [
    ['XTA', 'Mersey Vale Hospital', 'mersey vale hospital'],
    ['XTB', 'Thornmere Community Hospital', 'thornmere community hospital'],
  ] as const)
    await work.db.updateTable('directory_organisation').set({ name, name_key: nameKey }).where('code', '=', code).execute()
  work.record({ verb: 'test', subject: { kind: 'test', id: 'x' } })
})

const REPORT: Report = {
  what: 'Something is wrong',
  kind: 'not-sure',
  since: '',
  care: 'unknown',
  peopleAffected: null,
  organisation: '',
  name: null,
  phone: null,
  email: null,
  mayCall: false,
  shareWithRegion: false,
  writtenAt: null,
}
const STRANGER: Actor = { ...ANONYMOUS, scope: SYSTEM.scope }

async function receive(report: Partial<Report>, arrival: Partial<Arrival> = {}): Promise<string> {
  const base = { via: 'form', networkHash: null, emailHash: null, requestHash: null, isTrapSprung: false, openMillis: 60_000 } as const
  const { number } = await runWork(platform, STRANGER, (work: Work<Visible>) =>
    receiveNotification(work, { ...REPORT, ...report }, { ...base, ...arrival }),
  )
  return number
}

async function organisationOf(number: string) {
  return readAs<Visible, { code: string | null; recognised_by: string | null } | undefined>(platform, SYSTEM, db =>
    db
      .selectFrom('watch_notification as notification')
      .leftJoin('directory_organisation as organisation', 'organisation.id', 'notification.organisation_id')
      .select(['organisation.code', 'notification.recognised_by'])
      .where('number', '=', number)
      .executeTakeFirst(),
  )
}

test('with nothing reported, the list says what to do first', async () => {
  assert.match((await analyst.get('/incident-notifications')).body, /No incident has been reported[\s\S]*href="\/report-incident"/)
})

test('an organisation is recognised by its code, its name, its name with its code, or a part that is its own', async () => {
  for (const [typed, code, how] of [
    ['xta', 'XTA', 'code'],
    [' X T A ', 'XTA', 'code'],
    ['MERSEY VALE HOSPITAL', 'XTA', 'name'],
    ['Ward 4 of the hospital (XTA)', 'XTA', 'code'],
    ['Mersey Vale', 'XTA', 'name'],
    ['Hospital', null, null],
    ['Nowhere at all', null, null],
    ['', null, null],
    ['%_%', null, null],
  ] as const) {
    const number = await receive({ organisation: typed, what: `From ${typed}` })
    assert.deepEqual(await organisationOf(number), { code, recognised_by: how }, typed)
  }
})

test('numbers have no gaps, count anew with each year, and keep the order in which reports came', async () => {
  const [one, two] = [await receive({ what: 'One' }), await receive({ what: 'Two' })]
  assert.equal(Number(two.slice(-4)), Number(one.slice(-4)) + 1)
  const before = platform.clock.now().toISOString()
  platform.clock.set('2027-01-01T00:00:30Z')
  assert.equal(await receive({ what: 'New year' }), 'IN-2027-0001')
  platform.clock.set(before)
  const three = await receive({ what: 'Three' })
  assert.equal(Number(three.slice(-4)), Number(two.slice(-4)) + 1)
  const many = await Promise.all(Array.from({ length: 8 }, (_, index) => receive({ what: `At once ${index}` })))
  assert.equal(new Set(many).size, 8)
})

test('a region sees what was shared with it and nothing else; an organisation what is certain to be its own', async () => {
  const kept = await receive({ organisation: 'XTA', what: 'Kept from the region' })
  const shared = await receive({ organisation: 'XTA', what: 'Shared with the region', shareWithRegion: true })
  const list = (await region.get('/incident-notifications')).body
  assert.match(list, new RegExp(shared))
  assert.doesNotMatch(list, new RegExp(kept))
  assert.equal((await region.get(`/incident-notifications/${kept}`)).statusCode, 404)
  const seen = await region.get(`/incident-notifications/${shared}`)
  assert.match(seen.body, /Shared with the region/)
  assert.doesNotMatch(seen.body, /Who sent it|It is spam/)
  for (const number of [kept, shared]) assert.equal((await lead.get(`/incident-notifications/${number}`)).statusCode, 404, 'claimed, not confirmed')
  await analyst.post(`/incident-notifications/${kept}/organisation`, { organisation: 'xta' }, { from: `/incident-notifications/${kept}` })
  assert.equal((await lead.get(`/incident-notifications/${kept}`)).statusCode, 200)
  assert.equal((await other.get(`/incident-notifications/${kept}`)).statusCode, 404)
  assert.equal((await region.get(`/incident-notifications/${kept}`)).statusCode, 404)
})

test('row-level security says the same to whoever forgets to ask', async () => {
  const board = await app.signIn('board-member', { organisation: 'XTB' })
  const scopes = [
    { kind: 'organisation', organisationId: board.organisationId },
    { kind: 'none' },
    { kind: 'partner', organisationId: board.organisationId },
  ] as Actor['scope'][]
  for (const scope of scopes) {
    const seen = await readAs<Visible, readonly unknown[]>(platform, { ...ANONYMOUS, scope }, db =>
      db.selectFrom('watch_notification').selectAll().execute(),
    )
    assert.deepEqual(seen, [], scope.kind)
  }
  const own = { ...ANONYMOUS, scope: { kind: 'organisation', organisationId: lead.organisationId } } as Actor
  const counts = await readAs<Visible, number[]>(platform, own, async db => [
    (await db.selectFrom('watch_notification').selectAll().execute()).length,
    (await db.selectFrom('watch_notification_sender').selectAll().execute()).length,
    (await db.selectFrom('watch_notification_note').selectAll().execute()).length,
  ])
  assert.deepEqual([counts[0] !== 0, counts[1], counts[2]], [true, 0, 0])
  await assert.rejects(
    runWork<Visible, unknown>(platform, { ...own, kind: 'person' }, work =>
      work.db
        .updateTable('watch_notification')
        .set({ is_confirmed: true })
        .returning('id')
        .execute()
        .then(rows => (rows.length === 0 ? Promise.reject(new Error('nothing')) : rows)),
    ),
    /nothing/,
  )
  await assert.rejects(
    runWork<Visible, unknown>(platform, SYSTEM, work => work.db.deleteFrom('watch_notification').execute()),
    /permission denied/,
  )
})

test('the centre corrects the organisation, and the threat follows', async () => {
  const number = await receive({ organisation: 'Mersey', what: 'Screens ask for money', care: 'affected', kind: 'malware' })
  await platform.runJobs()
  const path = `/incident-notifications/${number}`
  const before = await analyst.get(path)
  assert.match(before.body, /Not recognised[\s\S]*Perhaps Mersey Vale Hospital \(XTA\)/)
  assert.match((await analyst.get(`/threats?q=${number}`)).body, /reported by an organisation not recognised yet[\s\S]*High/)
  const wrong = await analyst.post(`${path}/organisation`, { organisation: 'NOPE <b>' }, { from: path })
  assert.deepEqual(
    [wrong.statusCode, /There is no organisation &quot;NOPE &lt;b&gt;&quot;[\s\S]*value="NOPE &lt;b&gt;"/.test(wrong.body)],
    [422, true],
  )
  const corrected = await analyst.follow(await analyst.post(`${path}/organisation`, { organisation: 'xtb' }, { from: path }))
  assert.match(
    corrected.body,
    /The organisation is saved[\s\S]*Thornmere Community Hospital[\s\S]*Confirmed by the centre[\s\S]*Organisation corrected/,
  )
  await platform.runJobs()
  const threat = await analyst.get(`/threats?q=${number}`)
  assert.match(
    threat.body,
    /Ransomware or another virus reported by Thornmere Community Hospital[\s\S]*Act now[\s\S]*An organisation reports that care is affected/,
  )
  const address = /href="(\/threats\/thr_[^"]+)"/.exec(threat.body)?.[1] ?? ''
  assert.match((await analyst.get(address)).body, new RegExp(`href="${path}"[\\s\\S]*TLP:AMBER|TLP:AMBER[\\s\\S]*href="${path}"`))
  const draft = await readAs<Visible, Awaited<ReturnType<typeof threatForBulletin>>>(platform, SYSTEM, db =>
    threatForBulletin(db, address.split('/')[2] ?? ''),
  )
  assert.doesNotMatch(
    JSON.stringify({ ...draft, sources: [] }),
    /Thornmere|Screens ask|incident-notifications/,
    'a draft begins without name and narrative',
  )
  assert.equal(draft?.tlp, 'AMBER')
  assert.match((await other.get(path)).body, /Screens ask for money/)
  const cleared = await analyst.follow(await analyst.post(`${path}/organisation`, { organisation: '' }, { from: path }))
  assert.match(cleared.body, /Not recognised/)
})

test('that somebody rang is noted, and it leaves the top of the list', async () => {
  const number = await receive({ what: 'Please ring', care: 'affected', mayCall: true, phone: '01632 960042' })
  const path = `/incident-notifications/${number}`
  assert.match((await analyst.get(path)).body, /href="tel:01632960042"/)
  const first = async () => /IN-\d{4}-\d{4}/.exec((await analyst.get('/incident-notifications')).body)?.[0]
  assert.equal(await first(), number)
  assert.match((await analyst.get('/')).body, new RegExp(`What needs you[\\s\\S]*Ring whoever reported it about ${number}[\\s\\S]*Care is affected`))
  const rung = await analyst.follow(await analyst.post(`${path}/rang`, { note: 'They are on <paper>' }, { from: path }))
  assert.match(rung.body, /It is noted that you rang them[\s\S]*They are on &lt;paper&gt;[\s\S]*Ada Analyst/)
  assert.notEqual(await first(), number)
  const search = await analyst.get(`/search?q=${number.toLowerCase()}`)
  assert.equal(search.headers.location, path)
  assert.match((await analyst.get('/incident-notifications?rung=yes')).body, new RegExp(`1 notification<[\\s\\S]*${number}`))
  const tooLong = await analyst.post(`${path}/rang`, { note: 'x'.repeat(2_001) }, { from: path })
  assert.equal(tooLong.statusCode, 400)
})

test('suspected spam comes into the queue when it is none; what is spam leaves it, and nothing is lost', async () => {
  const number = await receive({ what: 'Kept apart', email: 'me@xta.example' }, { isTrapSprung: true, emailHash: 'e' })
  const path = `/incident-notifications/${number}`
  await platform.runJobs()
  assert.doesNotMatch((await analyst.get('/threats?state=all')).body, new RegExp(number))
  const before = sink.messages.length
  const taken = await analyst.follow(await analyst.post(`${path}/not-spam`, {}, { from: path }))
  assert.match(taken.body, /It is called genuine/)
  assert.equal((await analyst.post(`${path}/not-spam`, {})).statusCode, 409)
  await platform.runJobs()
  assert.equal(sink.messages.length, before + 1, 'its number is sent after all')
  assert.match((await analyst.get(`/threats?q=${number}`)).body, /1 threat<\/strong> match/)
  await analyst.post(`${path}/spam`, {}, { from: path })
  await platform.runJobs()
  assert.match((await analyst.get(`/threats?q=${number}`)).body, /Withdrawn by its source/)
  assert.match((await analyst.get(path)).body, /Called it spam[\s\S]*Called it genuine/)
  assert.match((await analyst.get('/incident-notifications?standing=spam')).body, new RegExp(number))
})

test('the list is searched, filtered, sorted, paged and downloaded', async () => {
  await runWork(platform, SYSTEM, async (work: Work<Visible>) => {
    const base = { via: 'file', networkHash: null, emailHash: null, requestHash: null, isTrapSprung: false, openMillis: undefined } as const
    for (let count = 0; count < 120; count += 1)
      await receiveNotification(
        work,
        { ...REPORT, what: `Paged number ${count}`, kind: 'outage', care: count % 3 === 0 ? 'affected' : 'unknown' },
        base,
      )
  })
  for (const sort of ['pressing', 'newest', 'oldest']) {
    const seen: string[] = []
    let address: string | undefined = `/incident-notifications?q=paged+number&kind=outage&sort=${sort}`
    while (address !== undefined) {
      const { body } = await analyst.get(address)
      assert.match(body, /120 notifications<\/strong> match/)
      seen.push(...new Set([...body.matchAll(/href="\/incident-notifications\/(IN-\d{4}-\d{4})"/g)].map(([, number = '']) => number)))
      address = /href="([^"]+cursor=[^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&')
    }
    assert.equal(new Set(seen).size, 120, sort)
    assert.equal(seen.length, 120, sort)
    if (sort !== 'pressing') assert.deepEqual(seen, sort === 'oldest' ? seen.toSorted() : seen.toSorted().toReversed())
  }
  assert.match((await analyst.get('/incident-notifications?q=paged+number&care=affected')).body, /40 notifications<\/strong> match/)
  const csv = await analyst.get('/incident-notifications.csv?q=paged+number&care=affected')
  assert.equal(csv.body.trim().split('\r\n').length, 41)
  assert.match(csv.body, /^\uFEFFNumber,Received,/)
  assert.match((await analyst.get('/incident-notifications?q=zebra')).body, /No notification matches/)
})

test('only those who triage handle notifications; an assessor looks', async () => {
  const assessor = await app.signIn('assessor')
  const number = await receive({ what: 'Look only' })
  const { body } = await assessor.get(`/incident-notifications/${number}`)
  assert.match(body, /Look only[\s\S]*Who sent it/)
  assert.doesNotMatch(body, /It is spam|Save the organisation|We rang them/)
  for (const action of ['spam', 'not-spam', 'rang', 'organisation']) {
    assert.equal((await assessor.post(`/incident-notifications/${number}/${action}`, {})).statusCode, 403, action)
    assert.equal((await lead.post(`/incident-notifications/${number}/${action}`, {})).statusCode, 403, action)
  }
  assert.equal((await analyst.post('/incident-notifications/IN-2026-9999/spam', {}, { from: '/incident-notifications' })).statusCode, 404)
})

test('a month later nobody can tell from which network a report came', async () => {
  await receive({ what: 'From a network' }, { networkHash: 'n', emailHash: 'e' })
  const left = () =>
    readAs<Visible, number>(
      platform,
      SYSTEM,
      async db => (await db.selectFrom('watch_notification_sender').select('notification_id').where('network_hash', 'is not', null).execute()).length,
    )
  assert.equal(await left(), 1)
  await runWork<Visible, void>(platform, SYSTEM, tidyNotifications)
  assert.equal(await left(), 1)
  platform.clock.advanceHours(31 * 24)
  await runWork<Visible, void>(platform, SYSTEM, tidyNotifications)
  assert.equal(await left(), 0)
})
