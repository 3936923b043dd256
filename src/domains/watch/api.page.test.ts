import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointersOf, programOf } from '../../../test/support/api.ts'
import { createTestApp } from '../../../test/support/app.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { gather } from './contract.ts'

/** What the centre watches as machines ask it: what a page shows a role, and no more. */
const app = await createTestApp()
const [analyst, assessor, lead] = [
  await programOf(app, 'analyst', { name: 'Ada Analyst' }),
  await programOf(app, 'assessor'),
  await programOf(app, 'cyber-lead'),
]

function entry(index: number, more: Readonly<Record<string, string>> = {}) {
  return {
    cveID: `CVE-2050-00${String(10 + index)}`,
    vendorProject: 'Acme',
    product: `Gateway ${index}`,
    vulnerabilityName: `Flaw ${index}`,
    dateAdded: '2026-11-01',
    shortDescription: 'A flaw.',
    requiredAction: 'Apply updates.',
    dueDate: '2026-12-01',
    knownRansomwareCampaignUse: 'Unknown',
    notes: '',
    ...more,
  }
}

const SIZE = 11

function catalogue(version: string, vulnerabilities: readonly unknown[]) {
  const bytes = Buffer.from(JSON.stringify({ catalogVersion: version, count: vulnerabilities.length, vulnerabilities }))
  return gather(app.platform, SYSTEM, { address: 'feed.json', bytes, source: 'feed' })
}

test('a source is added, shown, changed, stopped and started, by the rules of its form', async () => {
  const wrong = { name: '', code: 'Not a code', format: 'csaf', url: 'ftp://x', everyMinutes: 1, settings: {} }
  assert.deepEqual(pointersOf(await analyst.post('/sources', wrong)), ['#/name', '#/code', '#/everyMinutes'])
  const odd = { ...wrong, name: 'Odd', code: 'odd', everyMinutes: 60, settings: { fingerprints: ['no key'], colour: 'blue' } }
  assert.deepEqual(pointersOf(await analyst.post('/sources', odd)), ['#/url', '#/settings/fingerprints', '#/settings/colour'])
  const added = await analyst.post('/sources', { name: 'Feed', code: 'feed', format: 'kev-json' })
  assert.deepEqual([added.status, added.at('code')], [201, 'feed'], JSON.stringify(added.body))
  assert.equal((await analyst.post('/sources', { name: 'Feed', code: 'feed', format: 'kev-json' })).status, 409)
  assert.equal((await analyst.post('/sources/feed/gather')).status, 404)
  const body = { name: 'Catalogue', url: 'https://feed.invalid/kev.json', opensThreats: true, settings: { tlp: 'GREEN' } }
  assert.equal((await analyst.post('/sources/feed/change', body)).status, 204)
  const shown = await analyst.get('/sources/feed')
  assert.deepEqual(['name', 'url', 'everyMinutes', 'settings', 'signsInWith', 'health', 'isGathered', 'nextAt'].map(shown.at), [
    'Catalogue',
    body.url,
    60,
    { tlp: 'GREEN' },
    [],
    'never',
    true,
    null,
  ])
  assert.equal((await analyst.post('/sources/feed/gather')).status, 202)
  assert.equal((await analyst.post('/sources/feed/stop')).status, 204)
  assert.equal((await analyst.get('/sources/feed')).at('health'), 'stopped')
  for (const step of ['start', 'start-anew']) assert.equal((await analyst.post(`/sources/feed/${step}`)).status, 204)
  assert.equal((await analyst.post('/sources/feed/change', { ...body, settings: {} })).status, 204)
  assert.equal((await assessor.post('/sources/feed/stop')).status, 403)
  assert.equal((await lead.get('/sources')).status, 403)
  for (const path of ['/sources/none', '/sources/none/gatherings', '/gatherings/gat_none', '/items/itm_none', '/documents/abc'])
    assert.equal((await analyst.get(path)).status, 404, path)
  assert.equal((await analyst.post('/sources/none/change', body)).status, 404)
})

test('what was gathered is listed, with what could not be read', async () => {
  await catalogue('1', [...Array.from({ length: SIZE }, (_, index) => entry(index)), entry(50, { cveID: 'no CVE' })])
  await catalogue('2', [...Array.from({ length: SIZE }, (_, index) => entry(index)), entry(50, { cveID: 'no CVE' })])
  const [gathering] = await analyst.all('/sources/feed/gatherings?sort=when', 1)
  assert.deepEqual([gathering?.['added'], gathering?.['outcome'], gathering?.['quarantined']], [SIZE, 'taken', 1])
  const shown = await analyst.get(`/gatherings/${String(gathering?.['id'])}`)
  assert.deepEqual([shown.at('source'), shown.at('inQuarantine'), shown.at('document')], ['feed', 1, gathering?.['sha256']])
  const document = await analyst.who.get(`/api/v1/documents/${shown.text('document')}`)
  assert.match(document.body, /catalogVersion/)
  const quarantine = await analyst.all('/quarantine?source=feed', 1)
  assert.match(String(quarantine[0]?.['excerpt']), /no CVE/)
  assert.equal((await analyst.post(`/gatherings/${shown.text('id')}/read-again`)).at('quarantined'), 1)
  assert.equal((await assessor.post(`/gatherings/${shown.text('id')}/read-again`)).status, 403)
  const keyed = { 'idempotency-key': 'read-again' }
  assert.equal((await analyst.post(`/gatherings/${shown.text('id')}/read-again`, undefined, keyed)).status, 200)
  assert.equal((await analyst.post('/gatherings/another/read-again', undefined, keyed)).status, 409, 'its key is taken')
  assert.equal((await analyst.all('/sources', 1)).length, Number((await analyst.get('/sources')).at('total')))
})

test('the queue of threats is walked whole in every order, and narrowed as on its page', async () => {
  for (const sort of ['pressing', 'newest', 'runs']) assert.equal((await analyst.all(`/threats?sort=${sort}`, 3)).length, SIZE)
  assert.deepEqual(
    (await analyst.all('/threats?q=flaw%203', 50)).map(threat => threat['title']),
    ['Flaw 3'],
  )
  const [first] = (await analyst.get('/threats?limit=1')).list('items')
  assert.deepEqual(first?.['sources'], [{ code: 'feed', name: 'Catalogue' }])
  for (const wrong of ['state=opne', 'priority=pressing', 'since=yesterday', 'only=kev&sort=random', 'only=kve']) {
    const { status } = await analyst.get(`/threats?${wrong}`)
    assert.ok(status === 400 || status === 422, `${wrong}: ${status}`)
  }
  assert.equal((await lead.get('/threats')).status, 403)
})

async function threatOf(index: number): Promise<string> {
  return (await analyst.get(`/threats?state=all&q=${entry(index).cveID}`)).text('items.0.id')
}

test('a threat is shown with all that its page says, and triaged', async () => {
  const id = await threatOf(1)
  const path = `/threats/${await threatOf(2)}`
  const shown = await analyst.get(path)
  assert.equal(shown.status, 200, JSON.stringify(shown.body))
  assert.deepEqual(['state', 'holder', 'knownExploitedSince', 'cves.0', 'tlp'].map(shown.at), ['new', null, '2026-11-01', 'CVE-2050-0012', 'CLEAR'])
  assert.deepEqual(shown.at('named'), [{ maker: 'Acme', product: 'Gateway 2' }])
  app.platform.clock.advanceHours(1)
  const since = app.platform.clock.now().toISOString()
  const taken = await analyst.post(`${path}/take-up`, {})
  assert.deepEqual(taken.body, { state: 'triaging', holder: analyst.who.personId, lookAgainOn: null, mayHarmPatients: false })
  const watched = await analyst.post(`${path}/watch`, { lookAgainOn: '2026-11-30', reason: 'Wait for the patch' })
  assert.deepEqual([watched.at('state'), watched.at('lookAgainOn')], ['watching', '2026-11-30'])
  assert.deepEqual(pointersOf(await analyst.post(`${path}/watch`, { lookAgainOn: '30 11 2026' })), ['#/lookAgainOn'])
  assert.equal((await analyst.post(`${path}/dismiss`, {})).status, 400)
  assert.equal((await analyst.post(`${path}/reopen`, {})).status, 409)
  assert.ok((await analyst.post(`${path}/draft`, {})).status >= 400)
  const colleague = (await analyst.get('/threats/colleagues')).text('colleagues.0.id')
  assert.equal((await analyst.post(`${path}/assign`, { person: colleague })).at('holder'), colleague)
  assert.equal((await analyst.post(`${path}/assign`, { person: 'per_none' })).status, 400)
  assert.equal((await analyst.post(`${path}/flag-harm`, { reason: 'Infusion pumps' })).at('mayHarmPatients'), true)
  assert.deepEqual(
    (await analyst.all(`/threats?changedSince=${since}`, 1)).map(threat => threat['title']),
    ['Flaw 2'],
  )
  assert.equal((await analyst.get(`/threats/changes?since=${since}&kind=taken`)).at('total'), 0)
  assert.ok((await analyst.all('/threats/changes?since=2026-11-01T00:00:00Z', 4)).length > SIZE)
  assert.equal((await analyst.get(path)).at('timeline.0.action'), 'flag-harm')
  assert.equal((await assessor.post(`${path}/take-up`, {})).status, 403)
  assert.equal((await lead.get(path)).status, 403)
  assert.equal((await analyst.get('/threats/thr_none')).status, 404)
  assert.equal((await analyst.get(`/threats/${id}/indicators`)).at('total'), 0)
  assert.equal((await analyst.get('/threats/thr_none/indicators')).status, 404)
})

test('a filter is kept and removed by the one who keeps it', async () => {
  const kept = await analyst.post('/threats/filters', { name: 'Mine', address: '/threats?who=mine&state=nonsense&evil=1' })
  assert.deepEqual([kept.status, kept.at('address')], [201, '/threats?who=mine'])
  assert.deepEqual((await analyst.get('/threats/filters')).at('filters'), [{ name: 'Mine', address: '/threats?who=mine' }])
  assert.deepEqual((await assessor.get('/threats/filters')).at('filters'), [])
  assert.equal((await assessor.post('/threats/filters/remove', { name: 'Mine' })).status, 404)
  assert.equal((await analyst.post('/threats/filters/remove', { name: 'Mine' })).status, 204)
})

test('threats are merged, split and put back', async () => {
  const [from, into] = [await threatOf(4), await threatOf(5)]
  assert.deepEqual(pointersOf(await analyst.post(`/threats/${from}/merge`, { into: '', reason: 'One' })), ['#/into'])
  assert.equal((await analyst.post(`/threats/${from}/merge`, { into: from, reason: 'One' })).status, 400)
  assert.equal((await assessor.get(`/threats/${from}/merge`)).status, 403)
  assert.ok((await analyst.get(`/threats/${from}/merge?q=flaw`)).list('candidates').some(one => one['id'] === into))
  const merged = await analyst.post(`/threats/${from}/merge`, { into, reason: 'One and the same' })
  assert.equal(merged.status, 200, JSON.stringify(merged.body))
  assert.equal((await analyst.get(`/threats/${from}`)).at('id'), into)
  const both = await analyst.get(`/threats/${into}/items`)
  assert.deepEqual([both.at('items.length'), both.at('regroupings.0.kind')], [2, 'merged'])
  assert.equal((await analyst.post(`/regroupings/${both.text('regroupings.0.id')}/undo`, { reason: 'No' })).at('threat'), from)
  assert.equal((await analyst.post(`/threats/${into}/split`, { items: [], reason: 'x' })).status, 400)
  assert.equal((await analyst.get(`/threats/${into}/items`)).at('items.length'), 1)
})

test('who runs it is listed, and what organisations call it is put right', async () => {
  const list = ['organisation,maker,product,version', 'TEST-TRUST,Acme,Gateway 7,1', 'TEST-TRUST,Acme,Gateway Seven,2'].join('\n')
  assert.equal(
    (await lead.post('/organisations/TEST-TRUST/technology/import', { list, format: 'csv', source: 'Register', shared: true })).status,
    200,
  )
  await app.platform.runJobs()
  const id = await threatOf(7)
  assert.deepEqual(
    (await analyst.all(`/threats/${id}/organisations?match=all`, 1)).map(one => one['code']),
    ['TEST-TRUST'],
  )
  const unmatched = (await analyst.get(`/threats/${id}/matches?show=unmatched&q=seven`)).list('items')
  const product = Number(unmatched[0]?.['productId'])
  const path = `/threats/${id}/matches/${product}`
  const shown = await analyst.get(path)
  assert.deepEqual([shown.at('product'), shown.at('named.0.product')], ['Gateway Seven', 'Gateway 7'])
  assert.deepEqual(pointersOf(await analyst.post(path, { isSame: 'yes', reason: 'x' })), ['#/isSame'])
  assert.equal((await analyst.post(path, { isSame: true, reason: '' })).status, 400)
  assert.equal((await analyst.post(path, { isSame: true, reason: 'Spelt out' })).status, 204)
  assert.equal((await assessor.post(path, { isSame: false, reason: 'x' })).status, 403)
  const verdict = Number((await analyst.get(path)).at('verdicts.0.id'))
  assert.equal((await analyst.all(`/threats/${id}/matches`, 1)).length, 2)
  assert.equal((await analyst.post(`${path}/verdicts/${verdict}/undo`, { reason: 'Not so' })).status, 204)
  assert.equal((await analyst.post(`${path}/verdicts/${verdict}/undo`, { reason: 'Not so' })).status, 409)
  assert.equal((await analyst.get(`/threats/${id}/matches/999999`)).status, 404)
})

test('names of makers are listed, added and ended', async () => {
  assert.deepEqual(pointersOf(await analyst.post('/maker-names', { alias: '', maker: 'Acme' })), ['#/alias', '#/why'])
  assert.equal((await analyst.post('/maker-names', { alias: 'Acmeco', maker: 'Acme Gateways', why: 'A brand' })).status, 204)
  const [added] = await analyst.all('/maker-names?source=analyst', 1)
  assert.deepEqual([added?.['alias'], added?.['addedBy'], added?.['endedAt']], ['Acmeco', 'Ada Analyst', null])
  const path = `/maker-names/${String(added?.['id'])}/end`
  assert.equal((await analyst.post(path, { reason: ' ' })).status, 400)
  assert.equal((await assessor.post(path, { reason: 'x' })).status, 403)
  assert.equal((await analyst.post(path, { reason: 'No brand of theirs' })).status, 204)
  assert.equal((await analyst.get('/maker-names?state=ended')).at('total'), 1)
})

test('an item is shown as its source gave it', async () => {
  const item = (await analyst.get(`/threats/${await threatOf(9)}/items`)).text('items.0.id')
  const shown = await analyst.get(`/items/${item}`)
  assert.equal(shown.status, 200, JSON.stringify(shown.body))
  assert.deepEqual(['externalId', 'source', 'threat.title', 'content.cves.0', 'changes.0.kind'].map(shown.at), [
    'CVE-2050-0019',
    'feed',
    'Flaw 9',
    'CVE-2050-0019',
    'added',
  ])
  assert.equal((await lead.get(`/items/${item}`)).status, 403)
})

test('a report is taken from anybody, and handled by the centre; its organisation sees it without who sent it', async () => {
  const report = {
    what: 'Screens are locked',
    care: 'affected',
    organisation: 'TEST-TRUST',
    name: 'Sam',
    phone: '01632 960 002',
    mayCall: true,
    since: '',
  }
  const sent = await lead.post('/incident-notifications', report)
  assert.equal(sent.status, 201, JSON.stringify(sent.body))
  const path = `/incident-notifications/${sent.text('number')}`
  const centre = await analyst.get(path)
  assert.deepEqual(['organisationCode', 'desk.sender.phone', 'desk.mayCall', 'standing'].map(centre.at), ['TEST-TRUST', report.phone, true, 'taken'])
  const own = await lead.get(path)
  assert.deepEqual([own.at('what'), own.at('desk')], [report.what, null])
  assert.doesNotMatch(JSON.stringify(own.body), /01632|Sam/)
  const stranger = await programOf(app, 'cyber-lead', { organisation: 'OTHER' })
  const [hidden, absent] = [await stranger.get(path), await stranger.get('/incident-notifications/IN-2020-0001')]
  assert.deepEqual([hidden.status, { ...hidden.body, instance: '' }], [404, { ...absent.body, instance: '' }])
  assert.equal((await stranger.get('/incident-notifications')).at('total'), 0)
  assert.equal((await analyst.all('/incident-notifications?care=affected&sort=newest', 1)).length, 1)
  assert.equal((await lead.post(`${path}/rang`, { note: 'x' })).status, 403)
  assert.equal((await analyst.post(`${path}/rang`, { note: 'They cope' })).status, 204)
  assert.equal((await analyst.post(`${path}/organisation`, { organisation: 'NOWHERE' })).status, 400)
  assert.equal((await analyst.post(`${path}/organisation`, { organisation: 'TEST-TRUST' })).status, 204)
  assert.equal((await analyst.post(`${path}/spam`)).status, 204)
  assert.equal((await analyst.post(`${path}/spam`)).status, 409)
  assert.equal((await analyst.post(`${path}/not-spam`)).status, 204)
  const after = await analyst.get(path)
  assert.deepEqual([after.at('recognisedBy'), after.at('desk.notes.length')], ['centre', 4])
  assert.notEqual((await analyst.get('/incident-notifications')).at('items.0.rungAt'), null)
  assert.equal((await lead.get('/incident-notifications')).at('items.0.rungAt'), null)
})

test('organisations are trusted with sightings, and no more, with a reason', async () => {
  assert.equal((await assessor.post('/sighting-writers', { code: 'TEST-TRUST', reason: 'x' })).status, 403)
  const manager = await programOf(app, 'duty-manager')
  assert.deepEqual(pointersOf(await manager.post('/sighting-writers', { code: 'TEST-TRUST' })), ['#/reason'])
  assert.equal((await manager.post('/sighting-writers', { code: 'TEST-TRUST', reason: 'Their desk is good' })).status, 204)
  assert.equal((await manager.post('/sighting-writers', { code: 'OTHER', reason: 'So is theirs' })).status, 204)
  const writers = await analyst.all('/sighting-writers', 1)
  assert.deepEqual(writers.map(writer => [writer['code'], writer['told']]).toSorted(), [
    ['OTHER', 0],
    ['TEST-TRUST', 0],
  ])
  assert.equal((await manager.post('/sighting-writers/OTHER/end', { reason: 'No more' })).status, 204)
  assert.equal((await manager.post('/sighting-writers/OTHER/end', { reason: 'No more' })).status, 409)
  assert.deepEqual((await analyst.get(`/threats/${await threatOf(1)}/sightings`)).at('organisations'), [])
  assert.equal((await analyst.get('/threats/thr_none/sightings')).status, 404)
})
