import assert from 'node:assert/strict'
import { test } from 'node:test'
import PostalMime from 'postal-mime'
import { createTestApp, type Browser } from '../../../../../test/support/app.ts'
import { startSmtpSink } from '../../../../../test/support/smtp-sink.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import type { DirectoryTables } from '../../../directory/tables.ts'
import type { Visible } from '../../tables.ts'

const sink = await startSmtpSink()
const app = await createTestApp({ smtpUrl: sink.url })
const analyst = await app.signIn('analyst', { name: 'Ada Analyst' })
const lead = await app.signIn('cyber-lead', { organisation: 'XTA' })
await runWork<DirectoryTables, void>(app.platform, SYSTEM, async (work: Work<DirectoryTables>) => {
  await work.db.updateTable('directory_organisation').set({ phone: '01632 960123' }).where('type', '=', 'centre').execute()
  work.record({ verb: 'test', subject: { kind: 'test', id: 'x' } })
})

const REPORT = { what: 'Every screen asks for money.', care: 'affected', since: '8:30', kind: 'malware', organisation: 'XTA', mayCall: 'no' }
let addresses = 0

/** A visitor at an address of their own, with the form open for ten seconds. */
async function visitorWithForm(): Promise<{ browser: Browser; proof: string }> {
  const browser = app.newVisitor(`203.0.113.${(addresses += 1)}`)
  const { body } = await browser.get('/report-incident')
  app.platform.clock.advanceHours(10 / 3_600)
  return { browser, proof: /name="proof" value="([^"]+)"/.exec(body)?.[1] ?? '' }
}

async function report(fields: Readonly<Record<string, string>> = {}) {
  const { browser, proof } = await visitorWithForm()
  const answer = await browser.post('/report-incident', { ...REPORT, proof, website: '', ...fields })
  return { browser, answer, number: /IN-\d{4}-\d{4,}/.exec(String(answer.headers.location))?.[0] ?? '' }
}

function rows() {
  return readAs<
    Visible,
    { number: string; standing: string; suspicions: readonly string[]; organisation_id: string | null; recognised_by: string | null }[]
  >(app.platform, SYSTEM, db =>
    db
      .selectFrom('watch_notification')
      .select(['number', 'standing', 'suspicions', 'organisation_id', 'recognised_by'])
      .orderBy('sequence')
      .execute(),
  )
}

async function standingOf(number: string) {
  const row = (await rows()).find(one => one.number === number)
  return { standing: row?.standing, suspicions: row?.suspicions }
}

test('the form puts a telephone number first and asks for little', async () => {
  const { body } = await app.visitor.get('/report-incident')
  assert.match(
    body,
    /Ring first[\s\S]*href="tel:01632960123"[\s\S]*What is happening\?[\s\S]*Is care affected\?[\s\S]*Since when\?[\s\S]*May we ring you\?[\s\S]*Send the report/,
  )
  assert.match((await app.visitor.get('/sign-in')).body, /href="\/report-incident"/)
})

test('the number is that of the centre’s contact for incidents, and never another contact’s', async () => {
  const administrator = await app.signIn('administrator')
  const contact = { email: '', mobile: '', outOfHours: 'yes' }
  for (const [purpose, phone] of [
    ['Facilities', '01632 960998'],
    ['Incidents, day and night', '01632 960999'],
  ] as const) {
    const added = await administrator.post(
      '/organisations/TEST-CENTRE/contacts/new',
      { ...contact, name: purpose, purpose, phone },
      { from: '/organisations/TEST-CENTRE/contacts/new' },
    )
    assert.equal(added.statusCode, 303, added.body)
  }
  assert.match((await app.visitor.get('/report-incident')).body, /href="tel:01632960999"/)
  await runWork<DirectoryTables, void>(app.platform, SYSTEM, async (work: Work<DirectoryTables>) => {
    await work.db.updateTable('directory_contact').set({ ended_at: work.now }).where('phone', '=', '01632 960999').execute()
    work.record({ verb: 'test', subject: { kind: 'test', id: 'x' } })
  })
  assert.match((await app.visitor.get('/report-incident')).body, /href="tel:01632960123"/)
})

test('without a network every script of the page is at hand, those that others bring along too', async () => {
  const { body: worker } = await app.visitor.get('/report-incident-worker.js')
  const { body: page } = await app.visitor.get('/report-incident')
  const waiting = [...page.matchAll(/<script[^>]* src="([^"]+)"/g)].map(([, src = '']) => src)
  const asked = new Set<string>()
  for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
    if (asked.has(address)) continue
    asked.add(address)
    assert.ok(worker.includes(`'${address}'`), `${address} is not kept`)
    const { body: script } = await app.visitor.get(address)
    for (const [, from = ''] of script.matchAll(/^import [^'"]*['"]([^'"]+)['"]/gm))
      waiting.push(new URL(from, `http://localhost${address}`).pathname)
  }
  assert.ok(asked.size >= 6, `only ${asked.size} scripts`)
})

test('what is missing is said, and nothing typed is lost', async () => {
  const { answer } = await report({ what: ' ', care: '', mayCall: 'yes', phone: '', email: 'nobody', since: 'lunch <b>' })
  assert.equal(answer.statusCode, 422)
  for (const words of [
    'Say what is happening',
    'Choose whether care is affected',
    'Enter an e-mail address such as',
    'value="lunch &lt;b&gt;"',
    'value="nobody"',
  ])
    assert.ok(answer.body.includes(words), words)
  const { answer: noPhone } = await report({ mayCall: 'yes', phone: '' })
  assert.match(noPhone.body, /Enter the number to ring/)
  assert.equal((await rows()).length, 0)
})

test('a stranger’s report has a number, is in the queue at once before everything else, and is known to be a claim', async () => {
  const { browser, answer, number } = await report()
  assert.equal(answer.statusCode, 303)
  assert.equal(number, 'IN-2026-0001')
  const shown = await browser.follow(answer)
  assert.match(shown.body, /We have your report[\s\S]*IN-2026-0001[\s\S]*Write the number down/)
  await app.platform.runJobs()
  const queue = await analyst.get('/threats')
  assert.match(
    queue.body,
    /Ransomware or another virus reported by Test trust XTA \(IN-2026-0001\)[\s\S]*Act now[\s\S]*An organisation reports that care is affected/,
  )
  const page = await analyst.get('/incident-notifications/in-2026-0001')
  assert.match(
    page.body,
    /Every screen asks for money\.[\s\S]*Its threat in the queue[\s\S]*Test trust XTA[\s\S]*Not confirmed[\s\S]*ring to make sure/,
  )
  assert.match(page.body, /8:30[\s\S]*Read as \w+ 20 November 2026/)
})

test('a number shows nothing to strangers, nor to those whom it does not concern', async () => {
  assert.equal((await app.visitor.get('/incident-notifications/IN-2026-0001')).statusCode, 303)
  for (const path of ['/report-incident/sent/IN-2026-0001', '/report-incident/sent/IN-2026-0001.AAAA', '/report-incident/sent/x'])
    assert.equal((await app.visitor.get(path)).statusCode, 404, path)
  assert.equal((await lead.get('/incident-notifications/IN-2026-0001')).statusCode, 404, 'anybody may have claimed to be XTA')
})

test('somebody signed in need not say who they are, and sees what they reported', async () => {
  const { body } = await lead.get('/report-incident')
  assert.match(body, /For <strong>Test trust XTA<\/strong>/)
  assert.doesNotMatch(body, /Your organisation/)
  const answer = await lead.post(
    '/report-incident',
    { ...REPORT, what: 'A laptop is gone', care: 'not-affected', kind: 'data-breach' },
    { from: '/report-incident' },
  )
  const number = /IN-\d{4}-\d{4}/.exec(String(answer.headers.location))?.[0] ?? ''
  assert.match((await lead.follow(answer)).body, new RegExp(`href="/incident-notifications/${number}"`))
  const own = await lead.get(`/incident-notifications/${number}`)
  assert.match(own.body, /A laptop is gone[\s\S]*Sent by somebody who is signed in for it/)
  assert.doesNotMatch(own.body, /Who sent it|threats\/|It is spam|We rang them/)
  assert.match((await lead.get('/incident-notifications')).body, /1 notification</)
  const other = await app.signIn('cyber-lead', { organisation: 'XTB' })
  assert.equal((await other.get(`/incident-notifications/${number}`)).statusCode, 404)
  assert.match((await other.get('/incident-notifications')).body, /No incident has been reported/)
  assert.doesNotMatch((await other.get('/incident-notifications.csv?standing=all')).body, /IN-/)
})

test('the same fields come by the API, once for a key, with problem details for what is wrong', async () => {
  const send = (payload: unknown, key?: string, remoteAddress = '198.51.100.1') =>
    app.server.inject({
      method: 'POST',
      url: '/api/v1/incident-notifications',
      remoteAddress,
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    })
  const report = {
    what: 'Our supplier is down',
    kind: 'supplier',
    care: 'unknown',
    since: 'yesterday 4pm',
    organisation: 'xt b',
    mayCall: true,
    phone: '01632 960001',
    peopleAffected: 42,
    shareWithRegion: false,
  }
  const first = await send(report, 'key-1')
  assert.equal(first.statusCode, 201, first.body)
  const { number, telephone, href } = first.json<{ number: string; telephone: string; href: string }>()
  assert.match(number, /^IN-2026-\d{4}$/)
  assert.equal(telephone, '01632 960123')
  assert.equal((await app.visitor.get(href)).statusCode, 200)
  const again = await send(report, 'key-1')
  assert.deepEqual([again.statusCode, again.json<{ number: string }>().number], [200, number])
  const without = await send(report)
  assert.deepEqual([without.statusCode, without.json<{ number: string }>().number], [200, number], 'the very same from the same place')
  const other = await send({ ...report, what: 'Something else' }, 'key-1')
  assert.deepEqual([other.statusCode, other.json<{ type: string }>().type], [400, 'urn:carecert:watch.notification.key-reused'])
  const row = (await rows()).find(one => one.number === number)
  assert.deepEqual([row?.standing, row?.recognised_by], ['taken', 'code'])

  const wrong = await send({ what: '', care: 'perhaps', mayCall: true, email: 'x', peopleAffected: -1 })
  assert.equal(wrong.statusCode, 422)
  assert.match(String(wrong.headers['content-type']), /^application\/problem\+json/)
  const problem = wrong.json<{ errors: { pointer: string; detail: string }[] }>()
  assert.deepEqual(problem.errors.map(({ pointer }) => pointer).toSorted(), ['#/care', '#/email', '#/peopleAffected', '#/what'])
  for (const payload of ['{', '[]', '"text"', 'null', '{"what":{"a":1},"care":["affected"],"mayCall":{}}', '{"__proto__":{"a":1}}'])
    assert.ok([400, 422].includes((await send(payload)).statusCode), payload)
  assert.equal((await send(report, 'k'.repeat(201))).statusCode, 400)
})

test('an acknowledgement goes to the address that was given, with the number and nothing of the sender’s', async () => {
  const before = sink.messages.length
  const { number } = await report({
    what: 'Buy now https://evil.example',
    name: 'Eve <evil@example.org>',
    organisation: 'Evil\r\nBcc: all@example.org',
    email: 'reporter@xta.example',
  })
  await app.platform.runJobs()
  const sent = sink.messages.slice(before)
  assert.deepEqual(
    sent.map(({ to }) => to),
    ['reporter@xta.example'],
  )
  const mail = await PostalMime.parse(sent[0]?.bytes ?? Buffer.alloc(0))
  assert.equal(mail.subject, `CareCERT: we have your report ${number}`)
  assert.match(mail.text ?? '', new RegExp(`Your number is ${number}[\\s\\S]*01632 960123`))
  assert.doesNotMatch(Buffer.concat(sent.map(({ bytes }) => bytes)).toString(), /evil|Buy now|Eve|Bcc/i)
  assert.match((await analyst.get(`/incident-notifications/${number}`)).body, /reporter@xta\.example[\s\S]*Sent/)
})

test('addresses that would add a header or a recipient are refused, and one address gets one mail an hour', async () => {
  for (const email of [
    'a@x.example\r\nBcc: b@x.example',
    'a@x.example,b@x.example',
    'A <a@x.example>',
    'a@x.example b@x.example',
    '"a\r\n"@x.example',
  ]) {
    const { answer } = await report({ email })
    assert.equal(answer.statusCode, 422, email)
  }
  const before = sink.messages.length
  for (const count of [1, 2, 3]) await report({ what: `Report ${count}`, email: count === 2 ? 'ONCE@xta.example' : 'once@xta.example' })
  await app.platform.runJobs()
  assert.equal(sink.messages.length - before, 1)
  app.platform.clock.advanceHours(2)
  await report({ what: 'Report 4', email: 'once@xta.example' })
  await app.platform.runJobs()
  assert.equal(sink.messages.length - before, 2)
})

test('what fills in the hidden field, is too fast, or comes from no form of ours is kept apart, answered alike and never lost', async () => {
  const before = sink.messages.length
  const trapped = await report({ what: 'Trapped', website: 'https://spam.example', email: 'victim@x.example' })
  assert.deepEqual(await standingOf(trapped.number), { standing: 'suspected', suspicions: ['trap'] })
  const forged = await report({ what: 'Forged', proof: `${Date.parse('2026-11-19T09:00:00Z')}.AAAA` })
  assert.deepEqual((await standingOf(forged.number)).suspicions, ['no-form'])
  const none = await report({ what: 'None', proof: '' })
  assert.deepEqual((await standingOf(none.number)).suspicions, ['no-form'])
  const fast = app.newVisitor('203.0.113.200')
  const { body } = await fast.get('/report-incident')
  const hurried = await fast.post('/report-incident', { ...REPORT, what: 'Hurried', proof: /name="proof" value="([^"]+)"/.exec(body)?.[1] ?? '' })
  const number = /IN-\d{4}-\d{4}/.exec(String(hurried.headers.location))?.[0] ?? ''
  assert.deepEqual((await standingOf(number)).suspicions, ['too-fast'])
  const links = await report({ what: 'Cheap <a href="https://spam.example">pills</a>' })
  assert.deepEqual((await standingOf(links.number)).suspicions, ['links'])
  await app.platform.runJobs()
  assert.equal(sink.messages.length, before, 'no mail for what may be spam')
  assert.doesNotMatch((await analyst.get('/threats?state=all')).body, new RegExp(trapped.number))
  const list = await analyst.get('/incident-notifications')
  assert.match(list.body, /5 reports kept apart as suspected spam/)
  assert.match(
    (await analyst.get('/incident-notifications?standing=suspected')).body,
    /5 notifications<[\s\S]*A field was filled in that people do not see/,
  )
})

test('a flood from one network, or of the same words, is kept apart, and buries no real report', async () => {
  app.platform.clock.advanceHours(25)
  const flooder = app.newVisitor('198.51.100.66')
  const { body } = await flooder.get('/report-incident')
  const proof = /name="proof" value="([^"]+)"/.exec(body)?.[1] ?? ''
  app.platform.clock.advanceHours(10 / 3_600)
  const flood = async (what: string) => {
    const answer = await flooder.post('/report-incident', { ...REPORT, organisation: 'Nowhere', what, proof })
    return standingOf(/IN-\d{4}-\d{4}/.exec(String(answer.headers.location))?.[0] ?? '')
  }
  const standings = []
  for (let count = 0; count < 22; count += 1) standings.push((await flood(`Flood ${count}`)).standing)
  assert.deepEqual([standings.filter(one => one === 'taken').length, standings.at(-1)], [20, 'suspected'])
  const real = await flooder.post('/report-incident', { ...REPORT, what: 'A real one behind the same network', proof })
  assert.equal((await standingOf(/IN-\d{4}-\d{4}/.exec(String(real.headers.location))?.[0] ?? '')).standing, 'taken')

  const same = []
  for (let count = 0; count < 4; count += 1)
    same.push(await standingOf((await report({ what: 'The SAME words!', name: `Name ${count}`, organisation: 'Nowhere' })).number))
  assert.deepEqual(
    same.map(({ standing }) => standing),
    ['taken', 'taken', 'taken', 'suspected'],
  )
  const fresh = await app.signIn('cyber-lead', { organisation: 'XTA' })
  const signedIn = await fresh.post('/report-incident', { ...REPORT, what: 'The same words' }, { from: '/report-incident' })
  assert.equal((await standingOf(/IN-\d{4}-\d{4}/.exec(String(signedIn.headers.location))?.[0] ?? '')).standing, 'taken')
})

test('more than sixty a minute from one address are turned away, in words that say to ring', async () => {
  const flooder = app.newVisitor('198.51.100.77')
  const statuses = []
  for (let count = 0; count < 62; count += 1) statuses.push((await flooder.post('/report-incident', { what: '' })).statusCode)
  assert.deepEqual([statuses[0], statuses.at(-1)], [422, 429])
  const { body } = await flooder.post('/report-incident', { what: '' })
  assert.match(body, /If this is urgent, telephone/)
})

test('huge and hostile input is refused or shown as it is', async () => {
  assert.equal((await report({ what: 'x'.repeat(1_200_000) })).answer.statusCode, 413)
  const long = await report({ what: 'x'.repeat(4_001) })
  assert.deepEqual([long.answer.statusCode, /Use 4,000 characters or fewer/.test(long.answer.body)], [422, true])
  const desk = await app.signIn('analyst')
  const { number } = await report({
    what: '\u0000<script>alert(1)</script>\u202Egnp.exe {{ 7*7 }}',
    organisation: "'; drop table x; --",
    name: '<img src=x>',
    since: '%00',
  })
  await app.platform.runJobs()
  const { body } = await desk.get(`/incident-notifications/${number}`)
  assert.match(body, /&lt;script&gt;alert\(1\)&lt;\/script&gt;gnp\.exe \{\{ 7\*7 \}\}/)
  assert.doesNotMatch(body, /<script>alert|<img src=x>|\u202E/)
  const csv = await desk.get('/incident-notifications.csv?q=drop')
  assert.match(csv.body, new RegExp(`${number}[\\s\\S]*'; drop table`))
  for (const odd of ['?q=%00', '?cursor=xyz', '?standing=none', '?sort=up', '?care=x&kind=y&rung=z', '?cursor=WzEsMiwzXQ', '?cursor=WyJhIiwyLDNd'])
    assert.equal((await desk.get(`/incident-notifications${odd}`)).statusCode, 200, odd)
})

test('the audit says that something was reported, and nothing of what was typed', async () => {
  const { number } = await report({ what: 'Zanzibar patient', name: 'Zanzibar Smith', phone: '01632 960777', email: 'zanzibar@x.example' })
  const audit = await readAs<{ audit_record: { change: string | null; reason: string | null } }, { change: string | null; reason: string | null }[]>(
    app.platform,
    SYSTEM,
    db => db.selectFrom('audit_record').select(['change', 'reason']).execute(),
  )
  const text = JSON.stringify(audit)
  assert.match(text, new RegExp(number))
  assert.doesNotMatch(text, /zanzibar|960777/i)
})
