import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst', { name: 'Ana Lyst' })
const manager = await app.signIn('duty-manager')

const FIELDS = {
  title: 'Sign-in flaw in Larch Records',
  severity: 'high',
  tlp: 'CLEAR',
  threatType: 'Vulnerability',
  confidence: 'confirmed',
  shortSummary: 'A stranger can sign in.',
  summary: 'A flaw lets a stranger **sign in**. <script>alert(1)</script>',
  'platform-1-platform': 'Larch Records',
  'platform-1-versions': '9.0\n9.1',
  'step-1-type': 'Patch',
  'step-1-text': 'Install version 9.2',
  'step-1-link': 'https://larch.example/9-2',
  cves: 'cve-2026-12345',
  sources: 'https://larch.example/advisory',
  threatDetails: '',
  remediationIntro: '',
  indicators: '',
  ncscLink: '',
  safeToUse: '',
  'respondBy-day': '',
  'respondBy-month': '',
  'respondBy-year': '',
  'respondBy-time': '',
}

async function drafted(over: Record<string, string> = {}): Promise<string> {
  const response = await analyst.post('/bulletins/new', { ...FIELDS, ...over }, { from: '/bulletins/new' })
  assert.equal(response.statusCode, 303, response.body)
  return String(response.headers.location)
}

test('an empty list says what to do first', async () => {
  const page = await analyst.get('/bulletins')
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /No bulletins yet/)
  assert.match(page.body, /See the threats/)
})

test('a draft keeps its fields, shows the five lines first, and renders Markdown safe', async () => {
  const address = await drafted()
  const page = await analyst.get(address)
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /<strong>sign in<\/strong>/)
  assert.ok(!page.body.includes('<script>alert'), 'what is typed is never run')
  const order = [
    'What has happened',
    'Who is affected',
    'Do this',
    'Answer by',
    'How sure',
    'Summary',
    'Affected platforms',
    'What to do',
    'Definitive sources',
    'CVEs',
  ]
  const places = order.map(words => page.body.indexOf(`>${words}<`))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
  assert.ok(
    places.every(place => place > 0),
    String(places),
  )
  assert.match(page.body, /48 hours after release/)
  assert.match(page.body, /CVE-2026-12345/)
  assert.match(page.body, /Send for review/)
  assert.match(page.body, /Choose who gets it/)
})

test('a wrong field is named, and everything typed is still there', async () => {
  const wrong = {
    ...FIELDS,
    title: '',
    summary: 'Kept text',
    'step-1-link': 'javascript:alert(1)',
    'respondBy-day': '31',
    'respondBy-month': '2',
    'respondBy-year': '2027',
    cves: 'CVE-1',
  }
  const page = await analyst.post('/bulletins/new', wrong, { from: '/bulletins/new' })
  assert.equal(page.statusCode, 422)
  for (const words of [
    'Enter a title',
    'starts with https',
    'Enter a date that exists',
    'Write each CVE as',
    'Kept text',
    'javascript:alert(1)',
    'value="31"',
  ])
    assert.ok(page.body.includes(words), words)
})

test('two people who edit at once lose nothing: the second sees both texts', async () => {
  const address = await drafted()
  assert.equal(
    (await manager.post(`${address}/edit`, { ...FIELDS, baseVersion: '1', title: 'The manager’s title' }, { from: `${address}/edit` })).statusCode,
    303,
  )
  const page = await analyst.post(`${address}/edit`, { ...FIELDS, baseVersion: '1', title: 'The analyst’s title' }, { from: `${address}/edit` })
  assert.equal(page.statusCode, 409)
  for (const words of ['The manager’s title', 'The analyst’s title', 'What you typed', 'name="baseVersion" value="2"'])
    assert.ok(page.body.includes(words), words)
  assert.equal((await analyst.post(`${address}/edit`, { ...FIELDS, baseVersion: '2', title: 'Both agree' })).statusCode, 303)
  const version = await analyst.get(`${address}/versions/3`)
  assert.match(version.body, /The manager’s title[\s\S]*Both agree/)
  assert.match((await analyst.get(`${address}/versions`)).body, /Version 1/)
})

test('review goes from author to another person, and the buttons follow', async () => {
  const address = await drafted()
  await analyst.post(`${address}/send-for-review`, { version: '1' }, { from: address })
  const own = await analyst.get(address)
  assert.ok(!own.body.includes(`action="${address}/approve"`), 'an analyst does not approve')
  assert.match((await manager.get(address)).body, new RegExp(`action="${address}/approve"`))
  const refused = await manager.post(`${address}/return`, { version: '1', reason: '' })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /href="#reason">\s+Say why, in a sentence/)
  assert.equal((await manager.post(`${address}/approve`, { version: '1' }, { from: address })).statusCode, 303)
  const approved = await manager.get(address)
  assert.match(approved.body, new RegExp(`href="${address}/release"`))
  assert.match(approved.body, /Approved/)
})

test('a duty manager who wrote it is told that another must approve', async () => {
  const made = await manager.post('/bulletins/new', FIELDS, { from: '/bulletins/new' })
  const address = String(made.headers.location)
  await manager.post(`${address}/send-for-review`, { version: '1' }, { from: address })
  const page = await manager.get(address)
  assert.match(page.body, /somebody else must approve it/)
  assert.equal((await manager.post(`${address}/approve`, { version: '1' })).statusCode, 403)
})

test('the list filters by words, severity and state in its address, and gives the same as CSV', async () => {
  await drafted({ title: 'Printer firmware', severity: 'low' })
  const found = await analyst.get('/bulletins?q=printer&severity=low&state=draft')
  assert.match(found.body, /1 bulletin<\/strong> matches/)
  assert.match(found.body, /Printer firmware/)
  assert.ok(!found.body.includes('Sign-in flaw in Larch'))
  assert.match((await analyst.get('/bulletins?q=zebra')).body, /No bulletin matches/)
  const csv = await analyst.get('/bulletins.csv?q=printer')
  assert.equal(csv.body.trim().split('\n').length, 2)
  assert.match(csv.body, /Printer firmware,Low,Draft/)
})

test('an organisation finds no draft: not in its list, not by its number, and none of the desk', async () => {
  const address = await drafted()
  const lead = await app.signIn('cyber-lead')
  assert.match((await lead.get('/bulletins')).body, /Nothing has been sent to you yet/)
  assert.equal((await lead.get(address)).statusCode, 404)
  assert.equal((await lead.get(`${address}/edit`)).statusCode, 403)
  assert.equal((await app.visitor.get(address)).statusCode, 303)
  for (const wrong of ['/bulletins/CC-9999999', '/bulletins/nonsense']) assert.equal((await analyst.get(wrong)).statusCode, 404, wrong)
})
