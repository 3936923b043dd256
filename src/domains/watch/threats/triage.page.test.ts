import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { gather } from '../contract.ts'

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
  for (const none of ['/threats?state=in-hand', '/threats?state=dismissed', `/threats?q=${one?.title.split(' ')[0] ?? ''}`])
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
