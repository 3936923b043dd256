import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../../test/support/app.ts'
import { actorAs, plantOrganisations } from '../../../../../test/support/broadcast.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { parseBulletinNumber } from '../../bulletins/model.ts'
import type { Visible } from '../../tables.ts'
import { saveAudience, saveNamedAudience } from '../commands.ts'
import { AudienceRule } from '../model.ts'

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
  assert.match(
    first.body,
    /id="g0c0"[\s\S]*formaction="[^"]*\/conditions#g0c1"/,
    'and the next button leads to what it adds, not to the top of the page',
  )
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

/** A rule that a program set, opened on the page and saved there as it is. */
async function savedAgain(rule: object): Promise<object> {
  const address = await draft('CLEAR')
  const number = parseBulletinNumber(address.split('/').at(-1) ?? '') ?? 0
  await runWork<Visible, void>(app.platform, actorAs('analyst'), work => saveAudience(work, { number, rule: AudienceRule.parse(rule) }))
  const { body } = await analyst.get(`${address}/audience/conditions`)
  await analyst.post(`${address}/audience/conditions`, { ...fieldsIn(body), do: 'save' }, { from: `${address}/audience/conditions` })
  return (await analyst.get(`/api/v1${address}/audience`)).json<{ rule: object }>().rule
}

/** What a browser would send of the form of conditions. */
function fieldsIn(html: string): Record<string, string[]> {
  const fields: [string, string][] = []
  const unescaped = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
  for (const [tag, name = ''] of html.matchAll(/<input[^>]* name="([^"]+)"[^>]*>/g))
    if (!/type="(?:checkbox|radio)"/.test(tag) || / checked/.test(tag)) fields.push([name, unescaped(/ value="([^"]*)"/.exec(tag)?.[1] ?? '')])
  for (const [, name = '', inside = ''] of html.matchAll(/<select[^>]* name="([^"]+)"[^>]*>([\s\S]*?)<\/select>/g)) {
    const chosen = /<option value="([^"]*)" selected/.exec(inside) ?? /<option value="([^"]*)"/.exec(inside)
    fields.push([name, unescaped(chosen?.[1] ?? '')])
  }
  for (const [, name = '', text = ''] of html.matchAll(/<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)<\/textarea>/g))
    fields.push([name, unescaped(text)])
  return Object.fromEntries([...Map.groupBy(fields, ([name]) => name)].map(([name, all]) => [name, all.map(([, value]) => value)]))
}

test('a rule that was set by a program is the same after somebody saves it on the page', async () => {
  await press(await draft('CLEAR'), { 'g0c0-kind': 'type', 'g0c0-of': 'trust', saveAs: 'Pinned' }, 'save-as')
  for (const rule of [
    { match: { is: 'all', of: [{ is: 'saved', audience: 'Pinned', version: 1 }] } },
    { match: { is: 'all', of: [{ is: 'type', of: ['trust', 'region'] }] }, excluding: [{ is: 'role', role: 'cyber-lead', filled: false }] },
    {
      match: {
        is: 'any',
        of: [
          { is: 'type', of: ['trust'] },
          { is: 'role', role: 'service-desk', filled: true },
        ],
      },
      partners: true,
    },
    {
      match: {
        is: 'all',
        of: [
          { is: 'type', of: ['trust'] },
          { is: 'not', of: { is: 'technology', product: 'Larch Records', version: '< 3.2', unsaid: false } },
        ],
      },
    },
  ])
    assert.deepEqual(await savedAgain(rule), AudienceRule.parse(rule), JSON.stringify(rule))
  const address = await draft('CLEAR')
  const number = parseBulletinNumber(address.split('/').at(-1) ?? '') ?? 0
  const many = AudienceRule.parse({
    match: { is: 'type', of: ['trust'] },
    excluding: Array.from({ length: 61 }, () => ({ is: 'organisation', of: ['T2'] })),
  })
  await runWork<Visible, void>(app.platform, actorAs('analyst'), work => saveAudience(work, { number, rule: many }))
  assert.match((await analyst.get(`${address}/audience/conditions`)).body, /more conditions than this page can show/)
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
  assert.match(refused.body, /href="#n0-bulletin"[\s\S]*Enter the number of a bulletin, such as CC-5001|href="#n0-of"/)
  const worded = await press(address, { 'g0c0-kind': 'size', 'g0c0-atLeast': 'many' }, 'save')
  assert.match(worded.body, /Enter a whole number/)
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
  assert.equal((await press(one, { ...trusts, partners: 'yes', saveAs: 'With partners' }, 'save-as')).statusCode, 303)
  assert.doesNotMatch((await analyst.get('/audiences')).body, /And their IT delivery partners/, 'that is said for each bulletin')
  const named = { name: 'With partners', rule: AudienceRule.parse({ match: { is: 'type', of: ['trust'] }, partners: true }) }
  await assert.rejects(
    runWork<Visible, void>(app.platform, actorAs('analyst'), work => saveNamedAudience(work, named)),
    { code: 'broadcast.audience.partners' },
  )
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
