import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../../test/support/app.ts'
import { plantOrganisations } from '../../../../../test/support/broadcast.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')
const manager = await app.signIn('duty-manager')
await plantOrganisations(app.platform, [
  { code: 'YN', type: 'region', contacts: [] },
  { code: 'P1', region: 'YN', runs: [['Larch', 'Larch Records', '3.1']] },
  { code: 'P2', region: 'YN', runs: [['Larch', 'Larch Records', '3.3']], contacts: [] },
  { code: 'T1', type: 'trust', region: 'YN', contacts: ['one@desk.example', 'two@desk.example'] },
  { code: 'T2', type: 'trust', region: 'YN', contacts: ['one@desk.example'] },
  { code: 'S1', type: 'supplier', region: 'YN' },
])

async function draft(tlp = 'AMBER'): Promise<string> {
  const fields = {
    title: 'A flaw',
    severity: 'high',
    tlp,
    threatType: 'Vulnerability',
    confidence: 'confirmed',
    shortSummary: 'A flaw.',
    remediationIntro: 'Mend it.',
  }
  return String((await analyst.post('/bulletins/new', fields, { from: '/bulletins/new' })).headers.location)
}

const press = (address: string, fields: Record<string, string | string[]>, button: string) =>
  analyst.post(
    `${address}/audience/conditions`,
    { builder: 'yes', join: 'all', 'g0-join': 'all', ...fields, do: button },
    { from: `${address}/audience/conditions` },
  )

test('conditions are added, filled in, taken out and joined by buttons alone, and nothing is stored before it is saved', async () => {
  const address = await draft()
  assert.match((await analyst.get(`${address}/audience/conditions`)).body, /No condition yet[\s\S]*This reaches nobody/)
  const first = await press(address, { 'g0-add': 'type' }, 'add g0')
  assert.equal(first.statusCode, 200)
  assert.match(first.body, /name="g0c0-kind" value="type"[\s\S]*value="trust"[\s\S]*Choose at least one/)
  const types = { 'g0c0-kind': 'type', 'g0c0-of': ['practice', 'trust', 'supplier'] }
  const second = await press(address, { ...types, 'g0-add': 'technology' }, 'add g0')
  assert.match(second.body, /value="supplier"[^>]*checked[\s\S]*name="g0c1-product"/)
  const gone = await press(address, { ...types, 'g0c1-kind': 'technology', 'g0c1-product': '' }, 'remove g0c1')
  assert.doesNotMatch(gone.body, /name="g0c1-product"/)
  assert.match(gone.body, /4 organisations, 4 contacts told by 3 messages/, 'the supplier may not be told AMBER, and one desk stands for two')
  assert.match(gone.body, /1: it has no contact[\s\S]*1: it may not be told what this label covers/)
  const grouped = await press(address, types, 'add-group')
  assert.match(grouped.body, /Group 1[\s\S]*Group 2/)
  assert.match((await analyst.get(`${address}/audience`)).body, /Choose who gets it/, 'nothing was stored')
})

test('a rule with and, or, not and exclusions is saved, read back as a sentence and opened again as it was', async () => {
  const address = await draft()
  const fields = {
    'g0c0-kind': 'region',
    'g0c0-of': 'YN',
    'g0c1-kind': 'type',
    'g0c1-not': 'yes',
    'g0c1-of': ['supplier', 'region'],
    'g1-join': 'any',
    'g1c0-kind': 'type',
    'g1c0-of': 'trust',
    'g1c1-kind': 'technology',
    'g1c1-product': 'Larch Records',
    'g1c1-version': '< 3.2',
    'n0-kind': 'organisation',
    'n0-of': 't2',
  }
  assert.equal((await press(address, fields, 'save')).statusCode, 303)
  const saved = (await analyst.get(`${address}/audience`)).body
  assert.match(saved, /and are not [^)]*\) and \(are trusts or run Larch Records &lt; 3\.2\)\. Never those that are Organisation T2 \(T2\)\./)
  assert.match(saved, /Reached \(2\)/)
  const again = (await analyst.get(`${address}/audience/conditions`)).body
  assert.match(again, /name="g1c1-version"[^>]*value="&lt; 3\.2"/)
  assert.match(again, /id="n0-of"[^>]*>T2</)
})

test('what is wrong is said at its field, and what was typed stays', async () => {
  const address = await draft()
  const refused = await press(
    address,
    { 'g0c0-kind': 'size', 'g0c0-atLeast': '900', 'g0c0-atMost': '5', 'n0-kind': 'answer', 'n0-bulletin': 'soon' },
    'save',
  )
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /href="#g0c0-atLeast"[\s\S]*The least may not be more than the most/)
  assert.match(refused.body, /href="#n0-/)
  assert.match(refused.body, /value="900"/)
  assert.match(refused.body, /value="soon"/)
  const only = await press(address, { 'g0c0-kind': 'type', 'g0c0-not': 'yes', 'g0c0-of': 'trust' }, 'count')
  assert.match(only.body, /only whom it leaves out, so it reaches nobody\. Add a condition that says whom it reaches/)
})

test('the count follows the typing, for both ways of choosing, and stores nothing', async () => {
  const address = await draft('CLEAR')
  const simple = await analyst.post(`${address}/audience/count`, { types: 'trust', fragment: 'yes' }, { from: `${address}/audience?change=yes` })
  assert.match(simple.body, /data-preview-summary="2 organisations, 3 contacts told by 2 messages"/)
  assert.doesNotMatch(simple.body, /<html/)
  const whole = await analyst.post(`${address}/audience/count`, { types: 'trust' }, { from: `${address}/audience?change=yes` })
  assert.match(whole.body, /<html[\s\S]*3 contacts told by 2 messages[\s\S]*/)
  assert.match(whole.body, /value="trust"[^>]*checked/)
  assert.match((await analyst.get(`${address}/audience`)).body, /Choose who gets it/)
})

test('an audience is saved by name, used in another draft, and a draft follows when it changes', async () => {
  const [one, other] = [await draft('CLEAR'), await draft('CLEAR')]
  const trusts = { 'g0c0-kind': 'type', 'g0c0-of': 'trust', saveAs: 'All trusts' }
  assert.equal((await press(one, trusts, 'save-as')).headers.location, '/audiences')
  assert.match((await analyst.get('/audiences')).body, /All trusts[\s\S]*Open trusts\./)
  assert.equal((await press(other, { 'g0c0-kind': 'saved', 'g0c0-audience': 'All trusts' }, 'save')).statusCode, 303)
  assert.match((await analyst.get(`${other}/audience`)).body, /are in the saved audience “All trusts”[\s\S]*Reached \(2\)/)
  await press(one, { ...trusts, 'n0-kind': 'organisation', 'n0-of': 'T1' }, 'save-as')
  assert.match((await analyst.get(`${other}/audience`)).body, /Reached \(1\)/)
  assert.equal((await press(one, { 'g0c0-kind': 'saved', 'g0c0-audience': 'All trusts', saveAs: 'Nested' }, 'save-as')).statusCode, 422)
  assert.equal((await press(one, { 'g0c0-kind': 'type', 'g0c0-of': 'trust', saveAs: '' }, 'save-as')).statusCode, 422, 'a name is needed')
})

test('what one organisation may be told is set with a reason by whoever approves, and shown', async () => {
  assert.equal((await analyst.post('/clearances', { code: 'S1', tlp: 'AMBER', reason: 'Agreed' }, { from: '/clearances' })).statusCode, 403)
  const refused = await manager.post('/clearances', { code: 'S1', tlp: 'AMBER', reason: ' ' }, { from: '/clearances' })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /Say why/)
  assert.equal(
    (await manager.post('/clearances', { code: 's1', tlp: 'AMBER', reason: 'It runs our own desk' }, { from: '/clearances' })).statusCode,
    303,
  )
  assert.match((await analyst.get('/clearances')).body, /Suppliers[\s\S]*Organisation S1[\s\S]*It runs our own desk/)
  const address = await draft('AMBER')
  await press(address, { 'g0c0-kind': 'type', 'g0c0-of': 'supplier' }, 'save')
  assert.match((await analyst.get(`${address}/audience`)).body, /Reached \(1\)/)
  assert.equal((await manager.post('/clearances', { code: 'S1', tlp: 'type', reason: 'It ended' }, { from: '/clearances' })).statusCode, 303)
  assert.match((await analyst.get(`${address}/audience?list=excluded`)).body, /Organisation S1[\s\S]*It may not be told what this label covers/)
})
