import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../../test/support/app.ts'

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
  summary: 'A flaw lets a stranger **sign in**.',
  'platform-1-platform': 'Larch Records',
  'step-1-type': 'Patch',
  'step-1-text': 'Install version 9.2',
  sources: 'https://larch.example/advisory',
}

async function drafted(over: Record<string, string> = {}): Promise<string> {
  const response = await analyst.post('/bulletins/new', { ...FIELDS, ...over }, { from: '/bulletins/new' })
  assert.equal(response.statusCode, 303, response.body)
  return String(response.headers.location)
}

/** How many versions there are, by the page that lists them. */
async function versionsOf(address: string): Promise<number> {
  const { body } = await analyst.get(`${address}/versions`)
  return new Set(body.match(/\/versions\/\d+"/g)).size
}

const paperOf = (body: string) => /<div class="app-paper">([\s\S]*?)<details/.exec(body)?.[1] ?? ''

test('a preview shows what is typed by the reader’s own templates, and stores nothing', async () => {
  const address = await drafted()
  const reader = await analyst.get(address)
  const preview = await analyst.post(`${address}/preview`, { ...FIELDS, baseVersion: '1', summary: 'Typed **this minute**.', fragment: 'yes' })
  assert.equal(preview.statusCode, 200, preview.body)
  assert.doesNotMatch(preview.body, /<html|<form/)
  assert.match(preview.body, /Typed <strong>this minute<\/strong>\./)
  assert.equal(await versionsOf(address), 1)
  assert.doesNotMatch((await analyst.get(address)).body, /this minute/)
  // What was not changed reads as on the reader's page, to the letter: the five lines and the steps.
  for (const part of [/<dl class="nhsuk-summary-list">[\s\S]*?<\/dl>/, /<ol class="nhsuk-list nhsuk-list--number">[\s\S]*?<\/ol>/])
    assert.equal(part.exec(paperOf(preview.body))?.[0], part.exec(reader.body)?.[0])
})

test('without JavaScript the same preview stands in the whole page, with all that was typed and more rows where asked', async () => {
  const address = await drafted()
  const page = await analyst.post(`${address}/preview`, { ...FIELDS, baseVersion: '1', summary: 'Looked at before saving', 'rows-step': '6' })
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /<textarea[^>]+id="summary"[^>]*>Looked at before saving/)
  assert.match(paperOf(page.body), /Looked at before saving/)
  assert.match(page.body, /name="baseVersion" value="1"/)
  assert.match(page.body, /id="step-6-text"/)
  assert.doesNotMatch(page.body, /id="step-7-text"/)
  assert.match(page.body, /What you changed since version 1 \(1 field\)/)
  assert.equal(await versionsOf(address), 1)
  const fresh = await analyst.post('/bulletins/new/preview', { ...FIELDS, title: 'Not saved anywhere', isExercise: 'yes' })
  assert.match(paperOf(fresh.body), /Exercise · CC-…[\s\S]*Not saved anywhere/)
  assert.match(fresh.body, /<strong>Subject:<\/strong> EXERCISE TLP:CLEAR High CC-… Not saved anywhere EXERCISE/)
  assert.doesNotMatch((await analyst.get('/bulletins?q=anywhere')).body, /Not saved anywhere<\/a>/)
})

test('what cannot be saved, what a review needs and what would help are told apart, each with its field', async () => {
  const address = await drafted()
  const typed = {
    title: ' ',
    'step-1-text': 'Open it',
    'step-1-link': 'javascript:alert(1)',
    sources: 'https://good.example/\nfile:///etc',
    cves: 'CVE-1',
  }
  const { body } = await analyst.post(`${address}/preview`, { ...typed, baseVersion: '1', fragment: 'yes', severity: 'high' })
  assert.match(body, /Before it can be saved:[\s\S]*href="#title">Enter a title[\s\S]*href="#step-1-link">[\s\S]*href="#cves">Write each CVE/)
  assert.match(body, /Before it can go for review:[\s\S]*href="#summary">Say in the summary/)
  assert.match(body, /Would help readers:[\s\S]*href="#platform-1-platform">No affected platform/)
  assert.doesNotMatch(body, /href="(javascript|file):/, 'what is refused is never a link')
  assert.match(body, /<a target="_blank"[^>]+href="https:\/\/good\.example\/"/, 'what holds beside it is shown')
  assert.match(paperOf(body), /No title yet/)
  const whole = await analyst.post(`${address}/preview`, { ...FIELDS, baseVersion: '1', fragment: 'yes' })
  assert.match(whole.body, /data-preview-summary="Can go for review"/)
})

test('indicators are shown as text, so that nobody follows one', async () => {
  const { body } = await analyst.post('/bulletins/new/preview', { ...FIELDS, indicators: 'https://evil.example/x\n10.0.0.1', fragment: 'yes' })
  assert.match(body, />https:\/\/evil\.example\/x\n10\.0\.0\.1</)
  assert.doesNotMatch(body, /href="https:\/\/evil/)
})

test('the message that will carry it is shown, and above GREEN it holds nothing of the text', async () => {
  const open = await analyst.post('/bulletins/new/preview', { ...FIELDS, fragment: 'yes' })
  assert.match(open.body, /Answer for \[their organisation\], with one tap[\s\S]*What: A stranger can sign in\./)
  const closed = await analyst.post('/bulletins/new/preview', { ...FIELDS, tlp: 'AMBER', fragment: 'yes' })
  const message = /id="preview-message"[\s\S]*?<\/details>/.exec(closed.body)?.[0] ?? ''
  assert.match(message, /Sign in to read it[\s\S]*may not travel by mail/)
  assert.doesNotMatch(message, /A stranger can sign in|Larch/)
})

test('of what follows a release the message is that of an update, with the time that stands; of what is not material there is none', async () => {
  const { releasedBulletin } = await import('../../../../../test/support/released-bulletin.ts')
  const { number } = await releasedBulletin(app.platform, { organisations: 1, prefix: 'W', respondBy: '2026-11-25T09:00:00Z' })
  const preview = async (newsMaterial: string) => {
    const typed = {
      ...FIELDS,
      tlp: 'GREEN',
      baseVersion: '1',
      newsTitle: 'A fix is out',
      newsBody: 'Install **9.3**.',
      newsMaterial,
      fragment: 'yes',
    }
    return (await analyst.post(`/bulletins/CC-${number}/preview`, typed, { from: `/bulletins/CC-${number}/edit` })).body
  }
  const told = await preview('yes')
  assert.match(told, new RegExp(`Subject:</strong> TLP:GREEN High CC-${number} Updated: A fix is out<`))
  assert.match(told, /Updated: A fix is out\s+Install \*\*9\.3\*\*\.[^]*Answer by Wednesday 25 November 2026[^]*TLP:GREEN: Updated: A fix is out\./)
  const silent = await preview('no')
  assert.match(silent, /None: it is not material, so nobody is sent anything/)
  assert.doesNotMatch(silent, /Subject:/)
})

test('sending for review saves first, in one press; what is missing stops both and loses nothing', async () => {
  const address = await drafted()
  const sent = await analyst.post(`${address}/edit`, { ...FIELDS, baseVersion: '1', title: 'Better', next: 'review' }, { from: `${address}/edit` })
  assert.equal(sent.headers.location, address)
  const page = await analyst.follow(sent)
  assert.match(page.body, /Version 2 is saved and sent for review/)
  assert.match(page.body, /In review/)
  const unchanged = await analyst.follow(await analyst.post(`${address}/edit`, { ...FIELDS, baseVersion: '2', title: 'Better', next: 'review' }))
  assert.match(unchanged.body, /Nothing was changed[\s\S]*In review/)
  const empty = { title: 'Only a title', shortSummary: 'Kept in the field', next: 'review' }
  const refused = await analyst.post('/bulletins/new', empty, { from: '/bulletins/new' })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /href="#remediationIntro">Say what to do[\s\S]*Kept in the field/)
  assert.doesNotMatch((await analyst.get('/bulletins')).body, /Only a title/)
  const whole = await analyst.post('/bulletins/new', { ...FIELDS, title: 'At once', next: 'review' })
  assert.match((await analyst.follow(whole)).body, /is saved and sent for review[\s\S]*In review/)
})

test('a preview needs the right to draft and the token of a page of ours', async () => {
  const address = await drafted()
  for (const role of ['cicso', 'regional-lead', 'cyber-lead', 'assessor'] as const) {
    const reader = await app.signIn(role)
    await reader.get('/')
    for (const path of [`${address}/preview`, '/bulletins/new/preview'])
      assert.equal((await reader.post(path, FIELDS)).statusCode, 403, `${role} ${path}`)
  }
  const forged = await app.server.inject({
    method: 'POST',
    url: `${address}/preview`,
    payload: new URLSearchParams(FIELDS).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
    cookies: { carecert: analyst.cookie('carecert') ?? '' },
  })
  assert.equal(forged.statusCode, 403)
  assert.match(forged.body, /open for too long/)
})

test('a refused reason comes back with what was typed, also when the action is gone meanwhile', async () => {
  const address = await drafted()
  await analyst.post(`${address}/send-for-review`, { version: '1' }, { from: address })
  const long = `Mend the title. ${'x'.repeat(2_000)}`
  const tooLong = await manager.post(`${address}/return`, { version: '1', reason: long }, { from: address })
  assert.equal(tooLong.statusCode, 422)
  assert.match(tooLong.body, /at most 2,000 characters[\s\S]*<details[^>]+open>[\s\S]*>Mend the title\. x{2000}</)
  await analyst.post(`${address}/edit`, { ...FIELDS, baseVersion: '1', title: 'Newer' }, { from: `${address}/edit` })
  const gone = await manager.post(`${address}/return`, { version: '1', reason: 'Typed for nothing?' })
  assert.equal(gone.statusCode, 409)
  assert.match(gone.body, /What you wrote was not recorded[\s\S]*Typed for nothing\?/)
})

test('a severity with too long a reason, and an update after a withdrawal, keep what was typed', async () => {
  const { releasedBulletin } = await import('../../../../../test/support/released-bulletin.ts')
  const { number } = await releasedBulletin(app.platform, { organisations: 1 })
  const address = `/bulletins/CC-${number}`
  const long = `Worse. ${'y'.repeat(2_000)}`
  const severity = await manager.post(`${address}/severity`, { severity: 'low', reason: long, tells: 'no' }, { from: address })
  assert.equal(severity.statusCode, 422)
  assert.match(severity.body, />Worse\. y{2000}</)
  await manager.post(`${address}/withdraw`, { reason: 'A false alarm', tells: 'no' }, { from: address })
  const update = await manager.post(`${address}/update`, { title: 'New facts', body: 'Typed at length' })
  assert.equal(update.statusCode, 422)
  assert.match(update.body, /New facts[\s\S]*Typed at length/)
})
