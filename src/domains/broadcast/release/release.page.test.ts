import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { plantOrganisations } from '../../../../test/support/broadcast.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')
const manager = await app.signIn('duty-manager')
await plantOrganisations(app.platform, [
  { code: 'P1', region: 'YN', runs: [['Larch', 'Larch Records', '9.1']] },
  { code: 'P2', region: 'YN', contacts: [] },
  { code: 'P3', region: 'YS' },
])

const FIELDS = {
  title: 'Sign-in flaw',
  severity: 'high',
  tlp: 'CLEAR',
  threatType: 'Vulnerability',
  confidence: 'confirmed',
  shortSummary: 'A stranger can sign in.',
  remediationIntro: 'Install 9.2.',
}

async function approved(rule: Record<string, string | string[]>, over: Record<string, string> = {}): Promise<string> {
  const address = String((await analyst.post('/bulletins/new', { ...FIELDS, ...over }, { from: '/bulletins/new' })).headers.location)
  assert.equal((await analyst.post(`${address}/audience`, rule, { from: `${address}/audience` })).statusCode, 303)
  await analyst.post(`${address}/send-for-review`, { version: '1' }, { from: address })
  await manager.post(`${address}/approve`, { version: '1' }, { from: address })
  return address
}

const agreement = (body: string) => ({ version: '1', audienceHash: /name="audienceHash" value="([0-9a-f]{64})"/.exec(body)?.[1] ?? '' })

test('the audience is chosen without code, read back as a sentence, and shown by name with who is unreachable and left out', async () => {
  const address = await approved({ regions: 'YN', organisations: 'P3', notOrganisations: 'P3' })
  const page = await analyst.get(`${address}/audience`)
  assert.match(page.body, /Open organisations of every type in region YN, and by name Organisation P3 \(P3\)\. Never Organisation P3 \(P3\)\./)
  assert.match(page.body, /Reached \(1\)/)
  assert.match(page.body, /Unreachable, and why \(1\)/)
  assert.match((await analyst.get(`${address}/audience?list=unreachable`)).body, /Organisation P2[\s\S]*It has no contact/)
  assert.match((await analyst.get(`${address}/audience?list=excluded`)).body, /Organisation P3[\s\S]*It is excluded by name/)
  assert.deepEqual((await analyst.get(`${address}/audience.csv`)).body.trim().split('\n').length, 3)
})

test('a rule that cannot be read keeps what was typed; one that names nothing says that it reaches nobody', async () => {
  const address = await approved({ technology: 'Larch Records' })
  const unread = await analyst.post(`${address}/audience`, { technology: 'a: b: c: d', organisations: 'P1, P!' }, { from: `${address}/audience` })
  assert.equal(unread.statusCode, 422)
  for (const words of ['cannot be read', 'a: b: c: d', 'Write codes such as', 'P!']) assert.ok(unread.body.includes(words), words)
  await analyst.post(`${address}/audience`, { technology: 'Larch Recrods' }, { from: `${address}/audience` })
  assert.match((await analyst.get(`${address}/audience`)).body, /This reaches nobody[\s\S]*Nobody is known to run Larch Recrods/)
  assert.match((await manager.get(`${address}/release`)).body, /This cannot be released yet[\s\S]*Larch Recrods/)
})

test('the check names everything that is agreed to, and the number stands in the button', async () => {
  const address = await approved({ regions: 'YN' }, { tlp: 'AMBER' })
  const page = await manager.get(`${address}/release`)
  for (const words of [
    'Release to 2 organisations',
    'That is you. You may release it too.',
    'Only a notice and a link',
    'The first version: there is none before it.',
    'for the organisations that get it and for nobody else',
    'No mail server is set up',
    '1 organisation cannot be mailed',
    'By the policy, counted from now: 48 hours for high severity, since 1 April 2018',
    'High severity: asked to acknowledge within 48 hours, reminders after 4, 12 and 24 hours, on the telephone list after 12 hours',
  ])
    assert.ok(page.body.includes(words), words)
  const released = await manager.post(`${address}/release`, agreement(page.body))
  assert.equal(released.statusCode, 303)
  const after = await manager.follow(released)
  assert.match(after.body, /Released to 2 organisations\. 1 message is on the way\./)
  assert.equal((await manager.get(`${address}/release`)).statusCode, 303, 'there is nothing left to release')
  assert.equal((await analyst.get(`${address}/audience`)).headers.location, `${address}/recipients`)
})

test('the check says what changed since the version before, and what happens about silence where no time is set', async () => {
  const address = await approved({ regions: 'YN' }, { severity: 'low' })
  await analyst.post(`${address}/edit`, { ...FIELDS, severity: 'low', title: 'Mended title', baseVersion: '1' }, { from: `${address}/edit` })
  const { body } = await manager.get(`${address}/release`)
  assert.match(body, /Version 2[^]*Changed since version 1: Title\. Open it to compare\./)
  assert.match(body, /No time is asked for[^]*Nobody is reminded by itself/)
  const timed = await approved({ regions: 'YN' }, { severity: 'medium', 'respondBy-day': '1', 'respondBy-month': '3', 'respondBy-year': '2027' })
  assert.match((await manager.get(`${timed}/release`)).body, /As the author set it[^]*Medium severity: a reminder after 24 working hours/)
})

test('an audience that changed meanwhile is shown anew with its count, and nothing went out', async () => {
  const address = await approved({ regions: 'YS' })
  const page = await manager.get(`${address}/release`)
  await plantOrganisations(app.platform, [{ code: 'P4', region: 'YS' }])
  const refused = await manager.post(`${address}/release`, agreement(page.body))
  assert.equal(refused.statusCode, 409)
  for (const words of ['the audience has changed since you looked', 'Release to 2 organisations']) assert.ok(refused.body.includes(words), words)
  assert.equal((await manager.post(`${address}/release`, agreement(refused.body))).statusCode, 303)
})

test('the check says that who gets it was changed after the approval, and by whom', async () => {
  const address = await approved({ regions: 'YN' })
  app.platform.clock.advanceHours(0.1)
  await analyst.post(`${address}/audience`, { regions: 'YS' }, { from: `${address}/audience` })
  assert.match(
    (await manager.get(`${address}/release`)).body,
    /Who gets it was changed after the approval, by [^,]+, [^<]*has not seen that[^]*Release to /,
  )
  app.platform.clock.advanceHours(0.1)
  await manager.post(`${address}/audience`, { regions: 'YN' }, { from: `${address}/audience` })
  const own = await manager.get(`${address}/release`)
  assert.match(own.body, /This cannot be released yet[^]*You changed who gets it after it was approved/)
  assert.doesNotMatch(own.body, /name="audienceHash"/)
})

test('only who may release sees the check, and an organisation reads what was released to it', async () => {
  const address = await approved({ technology: 'Larch' })
  assert.equal((await analyst.get(`${address}/release`)).statusCode, 403)
  const page = await manager.get(`${address}/release`)
  await manager.post(`${address}/release`, agreement(page.body))
  const lead = await app.signIn('cyber-lead', { organisation: 'P1' })
  const read = await lead.get(address)
  assert.equal(read.statusCode, 200)
  for (const words of ['You told us that you run', 'Larch Records', 'What has happened', 'Answer of Organisation P1'])
    assert.ok(read.body.includes(words), words)
  for (const words of ['Hash of the audience', 'How it was made', 'Who gets it', 'Withdraw'])
    assert.ok(!read.body.includes(words), `${words} is the centre's`)
  assert.match((await lead.get('/bulletins')).body, /No answer yet/)
  assert.equal((await (await app.signIn('cyber-lead', { organisation: 'P3' })).get(address)).statusCode, 404)
})
