import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointersOf, programOf } from '../../../test/support/api.ts'
import { createTestApp } from '../../../test/support/app.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { runWork } from '../../platform/work/work.ts'
import { importOrganisations } from './organisations/commands.ts'
import type { OrganisationRow } from './organisations/model.ts'
import type { DirectoryTables } from './tables.ts'

/** The directory as machines ask it: what a page shows a role, and no more. */
const app = await createTestApp()

function row(index: number, more: Partial<OrganisationRow> = {}): OrganisationRow {
  return {
    code: `T${String(index).padStart(3, '0')}`,
    name: `Test surgery ${index % 3}`,
    type: 'practice',
    country: 'England',
    regionCode: 'Y98',
    boardCode: null,
    parentCode: null,
    addressLines: ['1 Test Street'],
    postcode: 'ZZ1 1ZZ',
    phone: null,
    openedOn: null,
    closedOn: null,
    status: 'open',
    ...more,
  }
}

function take(rows: readonly OrganisationRow[]): Promise<unknown> {
  return runWork<DirectoryTables, unknown>(app.platform, SYSTEM, work =>
    importOrganisations(work, { rows, fileKind: 'test', isOutline: false, source: 'test.csv', digest: String(rows.length) }),
  )
}

const surgeries = Array.from({ length: 23 }, (_, index) => row(index))
await take(surgeries)
const [analyst, administrator, lead] = [await programOf(app, 'analyst'), await programOf(app, 'administrator'), await programOf(app, 'cyber-lead')]
const OWN = '/organisations/TEST-TRUST'
const CONTACT = { name: 'Desk', purpose: 'On call', email: 'desk@example.org', outOfHours: true, receivesBulletins: true }

test('the list of organisations is walked whole in every order, narrowed as on its page, and refuses what the page lets pass', async () => {
  for (const sort of ['name', '-name', 'code', '-code'])
    assert.equal((await analyst.all(`/organisations?type=practice&sort=${sort}`, 4)).length, surgeries.length)
  assert.deepEqual(
    (await analyst.all('/organisations?q=T003', 5)).map(item => item['code']),
    ['T003'],
  )
  for (const wrong of ['?status=opne', '?regoin=Y98', '?limit=501', '?cursor=nonsense', '?changedSince=yesterday']) {
    const { status } = await analyst.get(`/organisations${wrong}`)
    assert.ok(status === 400 || status === 422, `${wrong}: ${status}`)
  }
  assert.equal((await lead.get('/organisations')).status, 403)
})

test('a list tells what changed since', async () => {
  app.platform.clock.advanceHours(1)
  const since = app.platform.clock.now().toISOString()
  assert.equal((await analyst.get(`/organisations?changedSince=${since}`)).at('total'), 0)
  await take([row(1, { name: 'Renamed surgery' }), ...surgeries.filter((_, index) => index !== 1)])
  assert.deepEqual(
    (await analyst.all(`/organisations?changedSince=${since}`, 1)).map(item => item['name']),
    ['Renamed surgery'],
  )
})

test('an organisation is shown to whoever looks after it, and to others as if it were not there', async () => {
  const shown = await analyst.get('/organisations/T001')
  assert.equal(shown.status, 200)
  assert.equal(shown.at('code'), 'T001')
  assert.equal(shown.at('boardCode'), null)
  assert.equal(shown.list('history').at(-1)?.['kind'], 'added')
  assert.deepEqual(shown.at('technology'), { products: 0, newest: null })
  assert.equal('id' in shown.body, false)
  const [hidden, absent] = [await lead.get('/organisations/T001'), await lead.get('/organisations/NONE')]
  assert.equal(hidden.status, 404)
  assert.deepEqual({ ...hidden.body, instance: '' }, { ...absent.body, instance: '' })
  for (const part of ['contacts', 'contact-repairs', 'partners', 'technology'])
    assert.equal((await lead.get(`/organisations/T001/${part}`)).status, 404)
  const own = await lead.get('/our-organisation')
  assert.equal(own.at('code'), 'TEST-TRUST')
  assert.equal('history' in own.body, false)
  assert.equal((await analyst.get('/our-organisation')).status, 403)
  assert.ok((await analyst.get('/organisation-kinds')).list('types').some(type => type['code'] === 'practice'))
})

test('a contact is added, changed, proved and ended as on its pages', async () => {
  assert.deepEqual(pointersOf(await lead.post(`${OWN}/contacts`, { ...CONTACT, email: 'no address' })), ['#/email'])
  assert.deepEqual(pointersOf(await lead.post(`${OWN}/contacts`, { ...CONTACT, receivesBuletins: true })), ['#/receivesBuletins'])
  assert.deepEqual(pointersOf(await lead.post(`${OWN}/contacts`, { purpose: 'On call', phone: '01632 960 000' })), ['#/name'])
  const added = await lead.post(`${OWN}/contacts`, CONTACT)
  assert.equal(added.status, 201, JSON.stringify(added.body))
  assert.equal((await lead.post(`${OWN}/contacts`, CONTACT)).status, 409)
  const path = `${OWN}/contacts/${added.text('id')}`
  assert.deepEqual((await lead.get(path)).body, {
    ...CONTACT,
    id: added.at('id'),
    mobile: null,
    phone: null,
    state: 'unproved',
    lastProvedAt: null,
    lastFailedAt: null,
    lastFailure: null,
  })
  assert.equal((await lead.post(path, { ...CONTACT, email: null, phone: '01632 960 001', receivesBulletins: false })).status, 204)
  assert.equal((await lead.post(`${path}/prove`)).status, 204)
  const changed = await analyst.get(`${OWN}/contacts`)
  assert.equal(changed.at('items.0.email'), null)
  assert.equal(changed.at('items.0.phone'), '01632 960 001')
  assert.equal(changed.at('items.0.state'), 'works')
  assert.match(changed.text('items.0.lastProvedAt'), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  const board = await programOf(app, 'board-member')
  assert.equal((await board.post(`${path}/prove`)).status, 403)
  const stranger = await programOf(app, 'cyber-lead', { organisation: 'T001' })
  for (const step of ['', '/prove', '/end']) assert.equal((await stranger.post(path + step, step === '' ? CONTACT : undefined)).status, 404)
  assert.equal((await stranger.post(`/organisations/T001/contacts/${added.text('id')}/end`)).status, 404)
  assert.equal((await lead.post(`${path}/end`)).status, 204)
  assert.equal((await lead.get(path)).status, 404)
})

test('contacts to put right are listed and seen to', async () => {
  assert.equal((await analyst.get('/contact-repairs')).at('total'), 0)
  assert.equal((await analyst.get('/contact-repairs?reason=fialed')).status >= 400, true)
  assert.equal((await lead.post('/contact-repairs/rep_none/done')).status, 404)
  assert.equal((await (await programOf(app, 'assessor')).get('/contact-repairs')).status, 403)
})

test('a partner comes and goes', async () => {
  const refused = await lead.post(`${OWN}/partners`, { partner: 'NOBODY' })
  assert.equal(refused.status, 400)
  assert.match(refused.text('detail'), /NOBODY/)
  assert.deepEqual(pointersOf(await lead.post(`${OWN}/partners`, {})), ['#/partner'])
  const started = await lead.post(`${OWN}/partners`, { partner: 'T002' })
  assert.equal(started.status, 201)
  const { at } = await lead.get(`${OWN}/partners`)
  assert.deepEqual([at('partners.0.id'), at('partners.0.code'), at('answersFor')], [started.text('id'), 'T002', []])
  assert.equal((await lead.post(`${OWN}/partners/${started.text('id')}/end`)).status, 204)
  assert.equal((await lead.post(`${OWN}/partners/${started.text('id')}/end`)).status, 404)
  assert.equal((await analyst.post(`${OWN}/partners`, { partner: 'T002' })).status, 403)
})

test('a list of technology is taken in and shared line by line', async () => {
  const list = [
    'organisation,product,maker,version,count',
    ...['Gateway,Acme,9.1,2', 'Viewer,Acme,1,many', ',Acme,1,1', 'Printer,Bolt,,'].map(line => `TEST-TRUST,${line}`),
  ].join('\n')
  const taken = await lead.post(`${OWN}/technology/import`, { list, format: 'csv', source: 'Register', asOf: '2026-01-31' })
  assert.equal(taken.status, 200, JSON.stringify(taken.body))
  const [added, refused] = [Number(taken.at('added')), Number(taken.at('refused'))]
  assert.equal(taken.at('read'), added + refused)
  assert.equal(taken.at('refusedRows.length'), refused)
  assert.ok(refused > 0)
  assert.deepEqual(pointersOf(await lead.post(`${OWN}/technology/import`, { list: ' ', format: 'xml', source: '', asOf: '31 1' })), [
    '#/list',
    '#/format',
    '#/source',
    '#/asOf',
  ])
  const lines = await lead.all('/technology?sort=-as-of', 1)
  assert.equal(lines.length, added)
  assert.equal((await analyst.get(`${OWN}/technology`)).at('total'), 0)
  const [line] = lines
  const chosen = { productId: line?.['productId'], version: line?.['version'], source: line?.['source'] }
  assert.equal((await lead.post(`${OWN}/technology/share`, { ...chosen, shared: true })).status, 204)
  assert.deepEqual((await analyst.get(`${OWN}/technology`)).at('items'), [{ ...line, isShared: true }])
  assert.equal((await lead.post(`${OWN}/technology/share`, { ...chosen, productId: 99_999, shared: true })).status, 404)
  assert.equal((await lead.post(`${OWN}/technology/share`, { ...chosen, productId: 3_000_000_000, shared: true })).status, 422)
  assert.equal((await analyst.post(`${OWN}/technology/share`, { ...chosen, shared: false })).status, 403)
})

test('people are taken on, given and relieved of roles, by those who look after them', async () => {
  const who = { name: 'Nia New', email: 'nia@example.org', role: 'cyber-lead', organisation: 'T003' }
  assert.deepEqual(pointersOf(await administrator.post('/people', { ...who, email: 'nia', role: 'boss' })), ['#/email', '#/role'])
  assert.deepEqual(pointersOf(await administrator.post('/people', { ...who, organisation: 'NONE' })), ['#/organisation'])
  // The database takes no NUL: it is left out, as of what is typed.
  assert.deepEqual(pointersOf(await administrator.post('/people', { ...who, organisation: 'NO\0NE' })), ['#/organisation'])
  const added = await administrator.post('/people', who)
  assert.deepEqual([added.status, added.at('isNew')], [201, true])
  const path = `/people/${added.text('id')}`
  assert.equal((await administrator.post(`${path}/roles`, { role: 'board-member', organisation: 'T004' })).status, 204)
  assert.equal((await administrator.post(`${path}/roles`, { role: 'board-member', organisation: 'T004' })).status, 409)
  assert.equal((await administrator.post(`${path}/roles`, { role: 'analyst', organisation: 'T004' })).status, 403)
  const shown = await administrator.get(path)
  assert.deepEqual([shown.at('roles.length'), shown.at('canSignIn'), shown.at('linkExpiresAt')], [2, false, null])
  const link = await administrator.post(`${path}/link`)
  assert.match(link.text('href'), /\/invitation\/\S+$/)
  assert.notEqual((await administrator.get(path)).at('linkExpiresAt'), null)
  for (const index of [0, 1]) {
    const ended = await administrator.post(`${path}/roles/${shown.text(`roles.${index}.assignmentId`)}/end`, { reason: 'Has left' })
    assert.equal(ended.status, 200, JSON.stringify(ended.body))
    assert.equal(ended.at('hasLeft'), index === 1)
  }
  assert.equal((await administrator.get('/people?status=left')).at('total'), 1)
  assert.equal((await lead.get(path)).status, 404)
  assert.equal((await lead.post(`${path}/link`)).status, 404)
  assert.equal((await analyst.post('/people', who)).status, 403)
  assert.ok((await administrator.all('/people?sort=-email', 2)).length > 5)
  assert.ok(Number((await lead.get('/people')).at('total')) < Number((await administrator.get('/people')).at('total')))
})

test('what is sent again under the same key is done once, also where it takes the sight of the system', async () => {
  const who = { name: 'Ola Once', email: 'ola@example.org', role: 'cyber-lead', organisation: 'T005' }
  const key = { 'idempotency-key': 'people-1' }
  const [first, again] = [await administrator.post('/people', who, key), await administrator.post('/people', who, key)]
  assert.deepEqual([first.status, again.status, again.body], [201, 201, first.body])
  assert.equal((await administrator.post('/people', { ...who, name: 'Another' }, key)).status, 409)
  const link = await administrator.post(`/people/${first.text('id')}/link`, undefined, { 'idempotency-key': 'link-1' })
  assert.deepEqual((await administrator.post(`/people/${first.text('id')}/link`, undefined, { 'idempotency-key': 'link-1' })).body, link.body)
})
