import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, type Browser } from '../../../../../test/support/app.ts'
import { actorAs, plantOrganisations } from '../../../../../test/support/broadcast.ts'
import { runCommand } from '../../../../../test/support/command.ts'
import { holdingContent, HoldingInput, TemplateWords } from './model.ts'

const app = await createTestApp()
const [manager, second, analyst] = [await app.signIn('duty-manager'), await app.signIn('duty-manager'), await app.signIn('analyst')]
await plantOrganisations(app.platform, [
  { code: 'P1', type: 'practice' },
  { code: 'P2', type: 'practice', contacts: [] },
  { code: 'T1', type: 'trust' },
])
const lead = await app.signIn('cyber-lead', { organisation: 'P1' })

const PAGE = '/bulletins/holding'
const WORDS = { what: 'a flaw in Larch Records.', who: 'anyone who runs it', do: 'look here again at 15:00.', severity: 'high', tlp: 'GREEN' }
const FIELDS = { ...WORDS, to: 'types', types: 'practice', template: 'looking-into:1' }
const requestOf = (body: string) => /name="request" value="([^"]+)"/.exec(body)?.[1] ?? ''
const hashOf = (body: string) =>
  /name="audienceHash"[^>]*value="([0-9a-f]{64})"|value="([0-9a-f]{64})"[^>]*name="audienceHash"/.exec(body)?.slice(1).find(Boolean) ?? ''

async function hold(who: Browser, over: Record<string, string> = {}) {
  const page = await who.get(PAGE)
  const counted = await who.post(`${PAGE}/preview`, { ...FIELDS, request: requestOf(page.body), ...over })
  return who.post(PAGE, { ...FIELDS, request: requestOf(page.body), audienceHash: hashOf(counted.body), ...over })
}

test('until a person has approved a template nobody can release by one, and its author cannot approve it', async () => {
  assert.match((await manager.get(PAGE)).body, /No template is approved[^]*in an emergency one person may release it/)
  assert.equal(
    (await manager.post(PAGE, { ...FIELDS, request: 'r0', audienceHash: 'f'.repeat(64) }, { from: '/bulletins/templates' })).statusCode,
    422,
  )
  const list = await analyst.get('/bulletins/templates')
  for (const words of ['We are looking into something', 'Not approved', 'Came with CareCERT']) assert.ok(list.body.includes(words), words)
  const made = await manager.post(
    '/bulletins/templates/new',
    { name: 'Ours', title: '{what}', what: 'This: {what}.', toDo: '{do}.' },
    { from: '/bulletins/templates/new' },
  )
  assert.equal(made.headers.location, '/bulletins/templates/ours')
  const own = await manager.post('/bulletins/templates/ours/approve', { version: '1' }, { from: '/bulletins/templates/ours' })
  assert.equal(own.statusCode, 403)
  assert.match((await manager.get('/bulletins/templates/ours')).body, /You wrote this version, so somebody else must approve it/)
  assert.equal((await analyst.post('/bulletins/templates/ours/approve', { version: '1' })).statusCode, 403)
  assert.equal((await second.post('/bulletins/templates/ours/approve', { version: '2' }, { from: '/bulletins/templates/ours' })).statusCode, 422)
  const wrong = await manager.post(
    '/bulletins/templates/new',
    { name: 'X', title: '{other}', what: '{what}', toDo: '' },
    { from: '/bulletins/templates/new' },
  )
  for (const words of ['Use only {what}, {who} and {do}', 'Enter the line that says what to do']) assert.ok(wrong.body.includes(words), words)
  for (const code of ['looking-into', 'ours'])
    assert.equal(
      (await second.post(`/bulletins/templates/${code}/approve`, { version: '1' }, { from: `/bulletins/templates/${code}` })).statusCode,
      303,
      code,
    )
  assert.match((await analyst.get('/bulletins/templates')).body, /In force/)
})

test('one duty officer goes from nothing to a released holding statement on one page, with the count in the button', async () => {
  const empty = await manager.post(PAGE, { request: 'r1' }, { from: PAGE })
  assert.equal(empty.statusCode, 422)
  for (const words of ['Choose a template', 'Say what has happened', 'Choose who gets it']) assert.ok(empty.body.includes(words), words)
  const uncounted = await manager.post(PAGE, { ...FIELDS, request: 'r1' })
  assert.equal(uncounted.statusCode, 200, 'a press without a count shows the count')
  assert.match(uncounted.body, /Release to 2 organisations/)
  assert.match(uncounted.body, /HOLDING: A flaw in Larch Records</)
  assert.match(uncounted.body, /We are looking into this: a flaw in Larch Records\. It may concern anyone who runs it\./)
  const released = await hold(manager)
  assert.equal(released.statusCode, 303, released.body)
  const page = await manager.follow(released)
  for (const words of [
    'released to 2 organisations as a holding statement',
    'HOLDING: A flaw in Larch Records',
    'Look here again at 15:00. Do not disconnect',
  ])
    assert.ok(page.body.includes(words), words)
  const read = await lead.get(String(released.headers.location))
  for (const words of ['This is a holding statement', 'HOLDING: A flaw in Larch Records']) assert.ok(read.body.includes(words), words)
  assert.ok(!read.body.includes('By the template'), 'why and by whom is the centre’s')
})

test('a second press makes no second bulletin, a changed audience stops it, and who may not release alone never sees the page', async () => {
  const page = await manager.get(PAGE)
  const request = requestOf(page.body)
  const counted = await manager.post(`${PAGE}/preview`, { ...FIELDS, request })
  const fields = { ...FIELDS, request, audienceHash: hashOf(counted.body) }
  const [first, again] = [await manager.post(PAGE, fields), await manager.post(PAGE, fields)]
  assert.equal(first.headers.location, again.headers.location)
  const stale = await manager.post(PAGE, { ...FIELDS, types: 'trust', request: 'r9', audienceHash: hashOf(counted.body) })
  assert.equal(stale.statusCode, 422)
  assert.match(stale.body, /the audience has changed since you looked[\s\S]*Release to 1 organisation\s/)
  for (const path of [PAGE]) assert.equal((await analyst.get(path)).statusCode, 403)
  assert.equal((await analyst.post(PAGE, fields, { from: '/bulletins' })).statusCode, 403)
})

test('two presses at the same instant make one bulletin, and both lead to it', async () => {
  const request = requestOf((await manager.get(PAGE)).body)
  const counted = await manager.post(`${PAGE}/preview`, { ...FIELDS, request })
  const fields = { ...FIELDS, request, audienceHash: hashOf(counted.body) }
  const pressed = await Promise.all([1, 2, 3].map(() => manager.post(PAGE, fields)))
  assert.deepEqual([...new Set(pressed.map(({ statusCode }) => statusCode))], [303])
  assert.equal(new Set(pressed.map(({ headers }) => headers.location)).size, 1)
})

test('the full version follows through four eyes, material by default; it ends the holding and closes its review', async () => {
  const address = String((await hold(manager)).headers.location)
  assert.match((await second.get('/')).body, /Review after its release CC-\d+ HOLDING/)
  const form = await analyst.get(`${address}/edit`)
  assert.match(form.body, /value="A flaw in Larch Records"/, 'the mark is gone from the title')
  assert.match(form.body, /name="newsMaterial"[^>]*value="yes"[^>]*checked/)
  const full = {
    title: 'A flaw in Larch Records',
    severity: 'high',
    tlp: 'GREEN',
    threatType: 'Vulnerability',
    confidence: 'confirmed',
    shortSummary: 'A stranger can sign in.',
    remediationIntro: 'Install 9.2.',
    newsTitle: 'The full version is here',
    newsMaterial: 'yes',
    baseVersion: '1',
    next: 'review',
  }
  assert.equal((await analyst.post(`${address}/edit`, full, { from: `${address}/edit` })).statusCode, 303)
  assert.equal((await manager.post(`${address}/approve`, { version: '2' }, { from: address })).statusCode, 403, 'who released it alone is an author')
  const review = (await second.get(address)).body
  assert.match(review, /What it changes for readers \(\d+ parts\)[^]*Was: HOLDING: A flaw in Larch Records[^]*Now: A flaw in Larch Records/)
  assert.equal((await second.post(`${address}/approve`, { version: '2' }, { from: address })).statusCode, 303)
  const check = await manager.get(`${address}/publish`)
  for (const words of ['Publish and tell 1 contact of 2 organisations', 'The full version is here', 'Was: HOLDING: A flaw in Larch Records'])
    assert.ok(check.body.includes(words), words)
  assert.equal((await manager.post(`${address}/publish`, { version: '2' })).statusCode, 303)
  const read = (await lead.get(address)).body
  assert.ok(!read.includes('This is a holding statement'))
  for (const words of ['The full version is here', 'Material: those who got the bulletin were told', 'What changed in the text'])
    assert.ok(read.includes(words), words)
  assert.match((await manager.get(address)).body, /The full version followed, as version 2\./)
  assert.ok(!(await second.get('/')).body.includes(`Review after its release ${address.slice(-7)}`))
  assert.match((await lead.get(`${address}/changes/2`)).body, /What changed: The full version is here[\s\S]*Removed: |Was: /)
  assert.equal((await lead.get(`${address}/changes/1`)).statusCode, 404)
})

test('emergency release asks for a reason and a tick, is marked, and another closes its review with findings', async () => {
  const made = await analyst.post(
    '/bulletins/new',
    {
      title: 'Burning',
      severity: 'high',
      tlp: 'CLEAR',
      threatType: 'Vulnerability',
      confidence: 'likely',
      shortSummary: 'It burns.',
      remediationIntro: 'Isolate it.',
    },
    { from: '/bulletins/new' },
  )
  const address = String(made.headers.location)
  await analyst.post(`${address}/audience`, { types: 'practice', technology: '', organisations: 'P1' }, { from: `${address}/audience?change=yes` })
  assert.equal((await analyst.get(`${address}/release-alone`)).statusCode, 403)
  const page = await manager.get(`${address}/release-alone`)
  assert.match(page.body, /Four eyes are the rule/)
  const fields = { version: '1', audienceHash: hashOf(page.body) || (/"audienceHash" value="([0-9a-f]{64})"/.exec(page.body)?.[1] ?? '') }
  const refused = await manager.post(`${address}/release-alone`, fields)
  for (const words of ['Say why it cannot wait', 'Tick that you release it alone']) assert.ok(refused.body.includes(words), words)
  assert.equal((await manager.post(`${address}/release-alone`, { ...fields, reason: 'Wards are down.', confirm: 'yes' })).statusCode, 303)
  assert.match((await lead.get(address)).body, /One person released this in an emergency\. A second person has not reviewed it yet\./)
  assert.match((await manager.get(address)).body, /You released this alone, so somebody else must review it/)
  assert.match((await second.get(address)).body, /Wards are down\.[\s\S]*Not yet/)
  assert.equal((await second.post(`${address}/review-after`, { reason: 'Right to send.' }, { from: address })).statusCode, 303)
  assert.ok(!(await lead.get(address)).body.includes('One person released this'))
})

test('from the command line, too, only by a template in force', async () => {
  const actor = actorAs('duty-manager')
  const options = { what: 'A flaw', who: 'practices', do: 'wait', type: ['practice'] }
  await assert.rejects(runCommand(app.platform, actor, 'bulletins holding', ['exploited'], options), {
    message: /No template "exploited" is in force/,
  })
  const { data } = await runCommand<{ organisations: number; unreachable: number }>(
    app.platform,
    actor,
    'bulletins holding',
    ['looking-into'],
    options,
  )
  assert.deepEqual([data.organisations, data.unreachable], [2, 1])
  await second.post('/bulletins/templates/looking-into/end', { reason: 'Too vague.' }, { from: '/bulletins/templates/looking-into' })
  await assert.rejects(runCommand(app.platform, actor, 'bulletins holding', ['looking-into'], options), { name: 'Invalid' })
})

test('the words that are filled in cannot make fields of their own', () => {
  const template = TemplateWords.parse({ name: 'N', title: '{what}', what: '{what} and {who}', toDo: '{do}' })
  const input = HoldingInput.parse({ what: '{do} $& it', who: '$1', do: 'stop.', severity: 'low', tlp: 'CLEAR' })
  const { title, summary, remediationIntro } = holdingContent(template, input)
  assert.deepEqual([title, summary, remediationIntro], ['HOLDING: {do} $& it', '{do} $& it and $1', 'Stop'])
})
