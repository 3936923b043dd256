import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { gather } from '../contract.ts'
import type { Visible } from '../tables.ts'

/** Taking threats from the queue, one after the other. */
const app = await createTestApp()
const analyst = await app.signIn('analyst', { name: 'Ada Analyst' })
const WORDS = ['Alpha', 'Beta', 'Gamma', 'Delta']

await analyst.post('/sources/add', { name: 'Feed', code: 'feed', format: 'kev-json', url: '' }, { from: '/sources/add' })
const administrator = await app.signIn('administrator')
await administrator.post('/sources/add', { name: 'Feed', code: 'feed', format: 'kev-json', url: '' }, { from: '/sources/add' })
const vulnerabilities = WORDS.map((word, index) => ({
  cveID: `CVE-2050-000${index + 1}`,
  vendorProject: word,
  product: 'Gateway',
  vulnerabilityName: `${word} flaw`,
  dateAdded: `2026-11-0${9 - index}`,
  shortDescription: 'A flaw.',
  requiredAction: 'Apply updates.',
  dueDate: '2026-12-01',
  knownRansomwareCampaignUse: 'Unknown',
  notes: '',
}))
await gather(app.platform, SYSTEM, {
  address: 'feed.json',
  bytes: Buffer.from(JSON.stringify({ catalogVersion: '1', count: vulnerabilities.length, vulnerabilities })),
  source: 'feed',
})

/** Where "Triage the first" leads, and the threat's name there. */
async function first(list: string): Promise<{ path: string; title: string } | null> {
  const path = /href="(\/threats\/thr_[0-9a-f]+)"[^>]*>\s*Triage the first/.exec((await analyst.get(list)).body)?.[1]
  if (path === undefined) return null
  return { path, title: /<h1[^>]*>[^]*?<\/span>\s*([^<]+?)\s*</.exec((await analyst.get(path)).body)?.[1] ?? '' }
}

test('the main action opens the first threat that nobody has, in the order and within the filter of the list', async () => {
  const queue = [...(await analyst.get('/threats')).body.matchAll(/>([A-Z][a-z]+ flaw)</g)].map(([, title]) => title)
  assert.equal(queue.length, 4)
  const one = await first('/threats')
  assert.equal(one?.title, queue[0])
  await analyst.post(`${one?.path ?? ''}/take-up`, {})
  assert.equal((await first('/threats'))?.title, queue[1])
  assert.equal((await first('/threats?q=delta'))?.title, 'Delta flaw')
  assert.equal((await first('/threats?sort=newest'))?.title, queue.find(title => title !== one?.title && title === 'Alpha flaw') ?? 'Beta flaw')
  for (const none of ['/threats?state=triaging', '/threats?state=dismissed', `/threats?q=${one?.title.split(' ')[0] ?? ''}`])
    assert.equal(await first(none), null, none)
  const assessor = await app.signIn('assessor')
  assert.doesNotMatch((await assessor.get('/threats')).body, /Triage the first|data-row-action/)
})

test('a dismissal that is refused keeps its reason, at the field and word for word', async () => {
  const path = (await first('/threats'))?.path ?? ''
  const reason = `Nobody <runs> it. ${'x'.repeat(2_000)}`
  const refused = await analyst.post(`${path}/dismiss`, { reason, back: '/threats' }, { from: path })
  assert.equal(refused.statusCode, 422)
  assert.match(
    refused.body,
    /href="#reason"[^]*2,000 characters or fewer[^]*<details[^>]+open>[^]*id="reason"[^>]*>Nobody &lt;runs&gt; it\. x{2000}</,
  )
  assert.doesNotMatch((await analyst.get(path)).body, /Open again/)
})

test('a reason for what is no longer offered is shown, to be copied', async () => {
  const path = (await first('/threats?q=gamma'))?.path ?? ''
  await analyst.post(`${path}/dismiss`, { reason: 'First' }, { from: path })
  const late = await analyst.post(`${path}/dismiss`, { reason: 'Typed at the same time' })
  assert.equal(late.statusCode, 409)
  assert.match(late.body, /What you wrote was not recorded[^]*>Typed at the same time</)
})

test('from the list one comes back to the list as it was narrowed, and nowhere else', async () => {
  const path = (await first('/threats?q=delta'))?.path ?? ''
  const taken = await analyst.post(`${path}/take-up`, { back: '/threats?q=delta&sort=runs' })
  assert.equal(taken.headers.location, '/threats?q=delta&sort=runs')
  for (const back of ['https://evil.example/', '//evil.example', '/threats/../sign-out', '/threats\\evil', '/people'])
    assert.equal((await analyst.post(`${path}/take-up`, { back })).headers.location, path, back)
})

async function firstPath(list: string, browser = analyst): Promise<string> {
  return /href="(\/threats\/thr_[0-9a-f]+)"/.exec((await browser.get(list)).body)?.[1] ?? ''
}

test('a threat goes to a colleague of the centre, who finds it under their own name, and to nobody else', async () => {
  const bo = await app.signIn('duty-manager', { name: 'Bo Duty' })
  const lead = await app.signIn('cyber-lead', { name: 'Cy Lead' })
  const path = await firstPath('/threats?state=all&q=gamma')
  await analyst.post(`${path}/reopen`, { reason: '' }, { from: path })
  const refused = await analyst.post(`${path}/assign`, { person: lead.personId, forWhat: 'You know <it>' }, { from: path })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /href="#person"[^]*Choose the colleague[^]*<details[^>]+open>[^]*You know &lt;it&gt;/)
  assert.doesNotMatch(refused.body, /Cy Lead/)
  await analyst.post(`${path}/assign`, { person: bo.personId, forWhat: 'You know it' })
  const shown = (await analyst.get(path)).body
  assert.match(shown, /Triaging[^]*with Bo Duty/)
  assert.match(shown, /Given to Bo Duty[^]*You know it/)
  const titles = async (who: string, browser = analyst) =>
    [...(await browser.get(`/threats?who=${who}`)).body.matchAll(/>([A-Z][a-z]+ flaw)</g)].map(found => found[1])
  assert.deepEqual(await titles(bo.personId), ['Gamma flaw'])
  assert.deepEqual(await titles('mine', bo), ['Gamma flaw'])
  assert.ok(!(await titles('mine')).includes('Gamma flaw'))
  assert.ok(!(await titles('nobody')).includes('Gamma flaw'))
  await analyst.post(`${path}/put-back`, { reason: 'Bo is away' })
  assert.ok((await titles('nobody')).includes('Gamma flaw'))
})

test('a watched threat comes back to the top when it is due, with whoever watches it', async () => {
  const queue = async () => [...(await analyst.get('/threats')).body.matchAll(/>([A-Z][a-z]+ flaw)</g)].map(found => found[1])
  const last = (await queue()).at(-1) ?? ''
  const path = await firstPath(`/threats?q=${last.split(' ')[0] ?? ''}`)
  const past = { 'lookAgainOn-day': '1', 'lookAgainOn-month': '1', 'lookAgainOn-year': '2020', whatFor: 'A fix is promised' }
  const refused = await analyst.post(`${path}/watch`, past, { from: path })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /href="#lookAgainOn"[^]*from tomorrow on[^]*value="2020"[^]*A fix is promised/)
  const odd = await analyst.post(`${path}/watch`, { ...past, 'lookAgainOn-month': '13' })
  assert.match(odd.body, /Give a day that exists/)
  await analyst.post(`${path}/watch`, { whatFor: 'A fix is promised' })
  assert.match((await analyst.get(path)).body, /Watching[^]*to look again on[^]*Look again on [^]*A fix is promised/)
  assert.equal((await queue()).at(-1), last)
  assert.doesNotMatch((await analyst.get('/threats')).body, /Look again: due/)
  app.platform.clock.advanceHours(8 * 24)
  const again = await app.signIn('analyst')
  const list = (await again.get('/threats')).body
  assert.match(list, /Look again: due/)
  assert.equal(/>([A-Z][a-z]+ flaw)</.exec(list)?.[1], last)
  assert.match((await again.get(path)).body, /Look again: due/)
})

test('an analyst says that patients may come to harm, with a reason, and takes it back', async () => {
  const browser = await app.signIn('analyst', { name: 'Eve Analyst' })
  const path = await firstPath('/threats?q=alpha', browser)
  const refused = await browser.post(`${path}/flag-harm`, { reason: ' ' }, { from: path })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /Say why/)
  await browser.post(`${path}/flag-harm`, { reason: 'It sets the dose' })
  const flagged = (await browser.get(path)).body
  assert.match(flagged, /patients may come to harm by it[^]*Take back that patients may come to harm[^]*It sets the dose/)
  assert.equal((await browser.post(`${path}/flag-harm`, { reason: 'Again' })).statusCode, 409)
  await browser.post(`${path}/unflag-harm`, { reason: 'It only shows it' })
  assert.match((await browser.get(path)).body, /That patients may come to harm is taken back[^]*It only shows it/)
  const assessor = await app.signIn('assessor')
  assert.equal((await assessor.post(`${path}/flag-harm`, { reason: 'x' }, { from: '/threats' })).statusCode, 403)
})

test('a filter is kept under a name, is its keeper’s alone, and goes again', async () => {
  const [one, other] = [await app.signIn('analyst'), await app.signIn('analyst')]
  const keep = (name: string, address: string) => one.post('/threats/filters', { name, address }, { from: '/threats' })
  const kept = await keep('Mine & <bad>', '/threats?who=mine&only=kev&only=run&junk=1&cursor=abc&state=nonsense')
  assert.equal(kept.headers.location, '/threats?who=mine&only=kev&only=run')
  const shown = (await one.get('/threats')).body
  assert.match(shown, /href="\/threats\?who=mine&amp;only=kev&amp;only=run"[^>]*>Mine &amp; &lt;bad&gt;</)
  assert.doesNotMatch((await other.get('/threats')).body, /Mine &amp;/)
  const all = await readAs<Visible, object[]>(app.platform, SYSTEM, db => db.selectFrom('watch_threat_filter').selectAll().execute())
  assert.deepEqual(all, [], 'the database itself shows it to nobody else')
  const refused = await keep(' ', '/threats?q=beta')
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /href="#name"[^]*Give the filter a name/)
  assert.equal((await other.post('/threats/filters/remove', { name: 'Mine & <bad>' }, { from: '/threats' })).statusCode, 404)
  await one.post('/threats/filters/remove', { name: 'Mine & <bad>' })
  assert.doesNotMatch((await one.get('/threats')).body, /Mine &amp;/)
})

test('a watched threat is due at once when a source changes what to do', async () => {
  const browser = await app.signIn('analyst')
  const path = await firstPath('/threats?q=alpha', browser)
  await browser.post(`${path}/watch`, {}, { from: path })
  assert.doesNotMatch((await browser.get(path)).body, /Look again: due/)
  const changed = vulnerabilities.map(entry => (entry.cveID === 'CVE-2050-0001' ? { ...entry, dueDate: '2026-11-29' } : entry))
  const bytes = Buffer.from(JSON.stringify({ catalogVersion: '2', count: changed.length, vulnerabilities: changed }))
  await gather(app.platform, SYSTEM, { address: 'feed.json', bytes, source: 'feed' })
  assert.match((await browser.get(path)).body, /Look again: due[^]*Due to be looked at again[^]*changed: due date/)
})
