import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { plantOrganisations } from '../../../../test/support/broadcast.ts'
import { actorAs } from '../../../../test/support/broadcast.ts'
import { runCommand } from '../../../../test/support/command.ts'

const app = await createTestApp()
const ids = await plantOrganisations(app.platform, [{ code: 'A1' }, { code: 'A2' }, { code: 'B1', closed: true }])
const manager = await app.signIn('duty-manager')

async function made(name: string): Promise<string> {
  const reply = await manager.post('/sharing-groups/add', { name, purpose: 'To share what we see', id: '' }, { from: '/sharing-groups/add' })
  assert.equal(reply.statusCode, 303, reply.body)
  return String(reply.headers.location)
}

test('an empty list says what to do first, and offers it to those who may', async () => {
  assert.match((await manager.get('/bulletins')).body, /href="\/sharing-groups">Sharing groups</, 'they are found from the bulletins')
  assert.match((await manager.get('/sharing-groups')).body, /No sharing groups yet[\s\S]*Add a sharing group/)
  assert.doesNotMatch((await (await app.signIn('analyst')).get('/sharing-groups')).body, /href="\/sharing-groups\/add"/)
  for (const role of ['cyber-lead', 'regional-lead', 'partner-responder'] as const)
    assert.equal((await (await app.signIn(role)).get('/sharing-groups')).statusCode, 403, role)
})

test('a group is made, organisations join and leave, and each fault comes back at its field', async () => {
  const address = await made('Ambulances of the north')
  const faults = await manager.post('/sharing-groups/add', { name: '', purpose: '', id: 'no uuid' }, { from: '/sharing-groups/add' })
  assert.match(faults.body, /href="#name">\s*Enter a name[\s\S]*href="#purpose">[\s\S]*href="#id">\s*Enter a version 4 UUID/)
  const twice = await manager.post('/sharing-groups/add', { name: 'ambulances of the North', purpose: 'x', id: '' }, { from: '/sharing-groups/add' })
  assert.match(twice.body, /There is, or was, a sharing group of that name/)

  const join = (codes: string) => manager.post(`${address}/members`, { codes }, { from: address })
  assert.match((await join('NOPE')).body, /no organisation NOPE[\s\S]*>NOPE<\/textarea>/)
  assert.match((await join('B1')).body, /B1 is closed/)
  const joined = await manager.follow(await join('a1, A2'))
  assert.match(joined.body, /2 organisations have joined[\s\S]*Organisation A1[\s\S]*Organisation A2/)
  assert.match((await manager.get('/sharing-groups?q=north')).body, /Ambulances of the north/)
  assert.match((await manager.get('/sharing-groups?q=nothing')).body, /No sharing group fits/)

  const leave = (code: string, reason: string) => manager.post(`${address}/remove`, { code, reason }, { from: address })
  assert.match((await leave('A2', '')).body, /href="#reason">\s*Say why/)
  assert.match((await leave('Z9', 'It merged')).body, /href="#code">\s*That organisation is no member/)
  assert.match((await manager.follow(await leave('a2', 'It merged'))).body, /A2 has left the group/)
  assert.match((await manager.get(`${address}?state=former`)).body, /Organisation A2[\s\S]*It merged/)
  assert.doesNotMatch((await manager.get(address)).body, /Organisation A2/)
  assert.match((await manager.get(`${address}/members.csv?state=all`)).body, /A1,Organisation A1,practice[\s\S]*A2,Organisation A2,practice/)
  assert.match((await manager.get('/sharing-groups.csv')).body, /Ambulances of the north,To share what we see,1,/)

  const ended = await manager.follow(await manager.post(`${address}/end`, { reason: 'It dissolved' }, { from: address }))
  assert.match(ended.body, /The group is ended[\s\S]*It dissolved/)
  assert.doesNotMatch(ended.body, /Who joins/)
})

test('a group of nobody, or what is no UUID, is not found', async () => {
  for (const id of ['11111111-1111-4111-8111-111111111111', 'x', '11111111-1111-1111-1111-111111111111'])
    assert.ok([404, 400].includes((await manager.get(`/sharing-groups/${id}`)).statusCode), id)
})

test('who writes a bulletin chooses the group, reviewers read it beside the label, and CLEAR is refused', async () => {
  const id = (await made('Hospitals of the south')).split('/').at(-1) ?? ''
  const analyst = await app.signIn('analyst')
  assert.match((await analyst.get('/bulletins/new')).body, new RegExp(`<option value="${id}"`))
  const fields = {
    title: 'A flaw',
    severity: 'high',
    tlp: 'GREEN',
    threatType: 'Vulnerability',
    confidence: 'confirmed',
    summary: 'A flaw',
    remediationIntro: 'Wait',
    sharingGroup: id,
  }
  const preview = await analyst.post('/bulletins/new/preview', { ...fields, fragment: 'yes' })
  assert.match(preview.body, /Only for the sharing group Hospitals of the south/)
  const clear = await analyst.post('/bulletins/new', { ...fields, tlp: 'CLEAR', next: 'review' }, { from: '/bulletins/new' })
  assert.match(clear.body, /href="#sharingGroup">\s*TLP:CLEAR is for everybody/)
  const draft = await analyst.post('/bulletins/new', fields, { from: '/bulletins/new' })
  assert.equal(draft.statusCode, 303, draft.body)
  const page = await manager.get(String(draft.headers.location))
  assert.match(page.body, /Only for the sharing group Hospitals of the south/)
  assert.match((await analyst.get(`${String(draft.headers.location)}/edit`)).body, new RegExp(`<option value="${id}" selected`))
})

test('the commands make, show and change groups, and refuse with a reason', async () => {
  const operator = actorAs('duty-manager', ids.get('A1'))
  const run = <T>(name: string, args: readonly string[], options: object = {}) =>
    runCommand<T>(app.platform, operator, `sharing-groups ${name}`, args, options as Readonly<Record<string, unknown>>)
  await assert.rejects(run('add', ['No purpose']), /Say what it is for/)
  const { id } = (await run<{ id: string }>('add', ['By command'], { purpose: 'To share' })).data
  const changed = await run<{ members: number }>('members', [id], { add: ['A1', 'A2'] })
  assert.equal(changed.data.members, 2)
  await assert.rejects(run('members', [id]), /Say who joins or leaves/)
  await assert.rejects(run('members', [id], { remove: ['A2'] }), /Say why/)
  const shown = await run<{ organisations: { code: string }[] }>('show', [id.toUpperCase()])
  assert.deepEqual(
    shown.data.organisations.map(({ code }) => code),
    ['A1', 'A2'],
  )
  assert.ok((await run<{ id: string }[]>('list', [])).data.some(group => group.id === id))
  await run('end', [id], { reason: 'Done' })
  assert.ok(!(await run<{ id: string }[]>('list', [])).data.some(group => group.id === id))
})
