import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../test/support/app.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { gather } from './contract.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst', { name: 'Ada Analyst' })

const ENTRY = {
  cveID: 'CVE-2050-0001',
  vendorProject: 'Acme',
  product: 'Gateway',
  vulnerabilityName: 'Acme Gateway <b>flaw</b>',
  dateAdded: '2026-11-01',
  shortDescription: 'Line one.\nLine two.',
  requiredAction: 'Apply updates.',
  dueDate: '2026-12-01',
  knownRansomwareCampaignUse: 'Known',
  notes: 'https://acme.example/x',
  cwes: ['CWE-94'],
}

test('with nothing gathered, the pages say what to do first', async () => {
  assert.match((await analyst.get('/threats')).body, /No threats yet[\s\S]*href="\/sources"/)
  assert.match((await analyst.get('/sources')).body, /No sources yet[\s\S]*href="\/sources\/add"/)
  assert.match((await analyst.get('/quarantine')).body, /Nothing is in quarantine/)
})

test('a source is added by a form that loses nothing typed', async () => {
  const wrong = await analyst.post(
    '/sources/add',
    { name: 'My feed', code: 'Not A Code', format: 'kev-json', url: 'ftp://x' },
    { from: '/sources/add' },
  )
  assert.equal(wrong.statusCode, 422)
  assert.match(wrong.body, /There is a problem[\s\S]*Use small letters[\s\S]*value="My feed"[\s\S]*value="Not A Code"[\s\S]*value="ftp:\/\/x"/)
  const added = await analyst.post('/sources/add', { name: 'My feed', code: 'my-feed', format: 'kev-json', url: '' })
  assert.equal(added.headers.location, '/sources/my-feed')
  assert.match((await analyst.follow(added)).body, /My feed is added\.[\s\S]*Never gathered/)
  const twice = await analyst.post('/sources/add', { name: 'My feed', code: 'my-feed', format: 'kev-json', url: '' })
  assert.match(twice.body, /There is a source my-feed already/)
})

test('drafting from a threat takes it up, and the threat leads to its bulletins', async () => {
  await feed([{ ...ENTRY, cveID: 'CVE-2050-0100', vulnerabilityName: 'Gamma flaw', vendorProject: 'Gamma', knownRansomwareCampaignUse: 'Unknown' }])
  const address = /href="(\/threats\/thr_[^"]+)"/.exec((await analyst.get('/threats?q=gamma')).body)?.[1] ?? ''
  const id = address.split('/').at(-1) ?? ''
  assert.match((await analyst.get(`/bulletins?threat=${id}`)).body, /No bulletin matches/)
  const drafted = await analyst.post(
    '/bulletins/new',
    { threat: id, title: 'Gamma', severity: 'low', tlp: 'CLEAR', threatType: 'Vulnerability', confidence: 'likely' },
    { from: `/bulletins/new?threat=${id}` },
  )
  assert.equal(drafted.statusCode, 303, drafted.body)
  const { body } = await analyst.get(address)
  assert.match(body, /Drafting[\s\S]*with Ada Analyst/)
  assert.ok(body.includes(`href="/bulletins?threat=${id}"`))
  assert.match((await analyst.get(`/bulletins?threat=${id}`)).body, /Drafted from one threat[\s\S]*<strong>1 bulletin<\/strong>[\s\S]*Gamma/)
  assert.match((await analyst.get('/')).body, /Ada Analyst has it/)
  await feed([])
})

test('the queue shows the priority, the reason and the sources; filters stay in the address', async () => {
  await feed([
    ENTRY,
    { ...ENTRY, cveID: 'CVE-2050-0002', vulnerabilityName: 'Beta flaw', vendorProject: 'Beta', knownRansomwareCampaignUse: 'Unknown' },
    { cveID: 'nonsense' },
  ])
  const { body } = await analyst.get('/threats')
  assert.match(
    body,
    /Acme Gateway &lt;b&gt;flaw&lt;\/b&gt;[\s\S]*Act now[\s\S]*On CISA&#39;s list of exploited flaws since 1 November 2026; used in ransomware attacks[\s\S]*Beta flaw[\s\S]*Urgent/,
  )
  const filtered = await analyst.get('/threats?q=beta&priority=Urgent&only=kev&source=my-feed')
  assert.match(filtered.body, /1 threat<[\s\S]*Beta flaw/)
  assert.doesNotMatch(filtered.body, /Acme Gateway/)
  assert.match(filtered.body, /value="beta"/)
  assert.match(filtered.body, /<option value="Urgent" selected>/)
  assert.match(filtered.body, /value="kev" checked/)
  assert.match((await analyst.get('/threats?only=ransomware')).body, /1 threat</)
  assert.match((await analyst.get('/threats?q=zebra')).body, /No threat matches/)
  for (const odd of [
    '?state=%00',
    '?q=%25%00',
    '?source=%00',
    '?who=%00',
    '?cursor=xyz',
    '?priority=none&only=a&only=b',
    '?sort=runs',
    '?sort=newest',
  ])
    assert.equal((await analyst.get(`/threats${odd}`)).statusCode, 200, odd)
})

test('a threat leads to its items, its organisations and a draft; an analyst takes it up', async () => {
  const path = await threatPath('CVE-2050-0001')
  const { body } = await analyst.get(path)
  assert.match(body, new RegExp(`href="/bulletins/new\\?threat=${path.split('/')[2]}"[\\s\\S]*Draft a bulletin`))
  assert.match(body, /Line one\.<br \/>\s*Line two\./)
  assert.match(body, /It was the first gathered about CVE-2050-0001\./)
  assert.match(body, /Weaknesses[\s\S]*CWE-94/)
  const taken = await analyst.follow(await analyst.post(`${path}/take-up`, {}))
  assert.match(taken.body, /You have taken up this threat\.[\s\S]*Triaging[\s\S]*with Ada Analyst/)
  const noReason = await analyst.post(`${path}/dismiss`, { reason: ' ' })
  assert.deepEqual([noReason.statusCode, /Say why, so that/.test(noReason.body)], [422, true])
  const dismissed = await analyst.follow(await analyst.post(`${path}/dismiss`, { reason: 'Nobody <i>runs</i> it' }))
  assert.match(dismissed.body, /Nobody &lt;i&gt;runs&lt;\/i&gt; it/)
  assert.doesNotMatch((await analyst.get('/threats')).body, /Acme Gateway/)
  assert.match((await analyst.get('/threats?state=dismissed')).body, /Acme Gateway/)
  assert.equal((await analyst.post(`${path}/take-up`, {})).statusCode, 409)
  const item = /href="(\/items\/[^"]+)"/.exec(body)?.[1] ?? ''
  assert.match((await analyst.get(item)).body, /feed\.json[\s\S]*The bytes as they came[\s\S]*SHA-256 [0-9a-f]{64}[\s\S]*First gathered/)
  assert.match((await analyst.get(`${path}/organisations`)).body, /No organisation is known to run it/)
})

test('a source shows what was gathered and what it could not read', async () => {
  assert.match((await analyst.get('/sources/my-feed')).body, /Working[\s\S]*CISA KEV catalogue 1[\s\S]*Taken in/)
  assert.match((await analyst.get('/quarantine?source=my-feed')).body, /1 entry[\s\S]*The entry&#39;s CVE cannot be read/)
})

test('the lists can be downloaded', async () => {
  const threats = await analyst.get('/threats.csv?state=all')
  assert.match(threats.headers['content-type'] ?? '', /text\/csv/)
  assert.match(threats.body, /^\uFEFFId,Title,CVEs,[\s\S]*CVE-2050-0001,Act now/)
  assert.match((await analyst.get('/quarantine.csv')).body, /my-feed/)
  assert.match((await analyst.get(`${await threatPath('CVE-2050-0002')}/organisations.csv`)).body, /^\uFEFFCode,Name/)
})

test('what does not exist is not found', async () => {
  for (const path of ['/threats/thr_0', '/threats/thr_0/organisations', '/items/itm_0', '/sources/nowhere'])
    assert.equal((await analyst.get(path)).statusCode, 404, path)
})

test('an organisation sees nothing of what the centre watches', async () => {
  const lead = await app.signIn('cyber-lead')
  const path = await threatPath('CVE-2050-0002')
  for (const address of ['/threats', path, '/sources', '/quarantine', '/threats.csv', `${path}/organisations`]) {
    const response = await lead.get(address)
    assert.ok(response.statusCode === 403 || response.statusCode === 404, `${address} answers ${response.statusCode}`)
    assert.doesNotMatch(response.body, /Beta flaw/)
  }
})

test('an assessor sees threats and may not change them', async () => {
  const assessor = await app.signIn('assessor')
  const path = await threatPath('CVE-2050-0002')
  const { body } = await assessor.get(path)
  assert.match(body, /Beta flaw/)
  assert.doesNotMatch(body, /Take up|Draft a bulletin/)
  assert.equal((await assessor.post(`${path}/take-up`, {})).statusCode, 403)
})

async function feed(vulnerabilities: readonly object[]): Promise<void> {
  const bytes = Buffer.from(JSON.stringify({ catalogVersion: '1', count: vulnerabilities.length, vulnerabilities }))
  await gather(app.platform, SYSTEM, { address: 'feed.json', bytes, source: 'my-feed' })
}

async function threatPath(cve: string): Promise<string> {
  const path = /href="(\/threats\/thr_[0-9a-f]{32})"/.exec((await analyst.get(`/threats?state=all&q=${cve}`)).body)?.[1]
  assert.ok(path)
  return path
}
