import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointersOf, programOf } from '../../../test/support/api.ts'
import { createTestApp } from '../../../test/support/app.ts'
import { releasedBulletin } from '../../../test/support/released-bulletin.ts'
import { programOf as programWithToken } from '../../../test/support/tokens.ts'

const app = await createTestApp()
const { platform } = app
const bulletin = await releasedBulletin(platform, { organisations: 7, reachable: 6, prefix: 'P' })
const number = `CC-${bulletin.number}`
const path = `/bulletins/${number}`
const analyst = await programOf(app, 'analyst')
const manager = await programOf(app, 'duty-manager')
const lead = await programOf(app, 'cyber-lead', { organisation: 'P00000' })
const other = await programOf(app, 'cyber-lead', { organisation: 'P00001' })

test('the picture, its list and its times say the same as the page, to those who watch over others alone', async () => {
  await lead.post(`${path}/responses`, { state: 'done' })
  const picture = await manager.get(`${path}/picture?by=type`)
  assert.deepEqual(
    [picture.at('counts.audience'), picture.at('counts.done'), picture.at('counts.unreachable'), picture.at('counts.answers.done')],
    [7, 1, 1, 1],
  )
  assert.equal(
    picture.list('groups').reduce((sum, group) => sum + Number(group['audience']), 0),
    7,
  )
  const whole = await manager.all(`${path}/recipients`, 500)
  assert.deepEqual(await manager.all(`${path}/recipients`, 2), whole)
  assert.deepEqual(
    (await manager.all(`${path}/recipients?sort=-answered&stage=done`, 3)).map(({ code, standing }) => [code, standing]),
    [['P00000', 'done']],
  )
  const region = await programOf(app, 'regional-lead', { organisation: 'Y63' })
  assert.ok((await region.all(`${path}/recipients`, 10)).length < whole.length)
  const times = await manager.get(`${path}/times?event=done`)
  assert.deepEqual([times.at('all.reached'), times.list('all.curve').length], [6, 1])
  for (const what of ['picture', 'recipients', 'times', 'deliveries', 'mailings', 'chase', 'impact'])
    assert.equal((await lead.get(`${path}/${what}`)).status, 403, what)
  assert.equal((await manager.get(`${path}/recipients?stage=loud`)).status, 400)
  assert.equal((await manager.get('/bulletins/CC-999999/recipients')).status, 404)
})

test('the ledger is walked, its mailing paused with a reason and let go on, by those who release alone', async () => {
  assert.equal((await manager.all(`${path}/deliveries`, 2)).length, 6)
  const mailing = (await manager.get(`${path}/mailings`)).text('items.0.id')
  assert.equal((await analyst.post(`${path}/mailings/${mailing}/pause`, { reason: 'A typing error' })).status, 403)
  assert.deepEqual(pointersOf(await manager.post(`${path}/mailings/${mailing}/pause`, {})), ['#/reason'])
  const paused = await manager.post(`${path}/mailings/${mailing}/pause`, { reason: 'A typing error' })
  assert.deepEqual([paused.status, paused.at('items.0.pauseReason')], [200, 'A typing error'])
  assert.equal((await manager.get(`${path}/chase`)).at('isHeld'), true)
  assert.equal((await manager.post(`${path}/mailings/${mailing}/resume`)).at('items.0.pausedAt'), null)
  assert.equal((await manager.post(`${path}/mailings/${mailing}/resume`)).status, 409)
  const nothing = await manager.post(`${path}/deliveries`, {})
  assert.equal(nothing.at('retried'), 0, JSON.stringify(nothing.body))
  assert.equal((await analyst.post(`${path}/deliveries`, {})).status, 403)
})

test('impact says nothing of too few, and a report of nobody is no report', async () => {
  const impact = await analyst.get(`${path}/impact?landmark=2`)
  assert.deepEqual([impact.at('before'), impact.list('reports')], [null, []])
  assert.equal((await analyst.get(`${path}/impact?landmark=3`)).status, 400)
  assert.equal((await analyst.post(`${path}/impact/reports`, { report: 'IN-2026-0001', ofKind: true })).status, 400)
})

test('who is told what, by name and by organisation, and who came too late, are set and read', async () => {
  const rule = { match: { is: 'type', of: ['trust'] } }
  assert.deepEqual(pointersOf(await analyst.post('/audiences', { name: '', rule: { match: { is: 'type', of: [] } } })), ['#/name', '#/rule/match/of'])
  const saved = await analyst.post('/audiences', { name: 'All trusts', rule })
  assert.deepEqual([saved.at('items.0.name'), saved.at('items.0.version')], ['All trusts', 1])
  assert.equal((await manager.get('/audiences')).at('items.0.sentence'), saved.at('items.0.sentence'))
  assert.equal((await lead.get('/audiences')).status, 403)
  const given = { organisation: 'P00002', tlp: 'AMBER', reason: 'It runs our desk' }
  assert.equal((await analyst.post('/clearances', given)).status, 403)
  assert.equal((await manager.post('/clearances', given)).at('overrides.0.code'), 'P00002')
  assert.deepEqual(pointersOf(await manager.post('/clearances', { ...given, tlp: 'PINK' })), ['#/tlp'])
  assert.equal((await manager.get(`${path}/late-joiners`)).status, 200)
  assert.equal((await manager.post(`${path}/late-joiners`, { organisations: ['NOBODY'], reason: 'New' })).status, 409)
  assert.equal((await analyst.post(`${path}/late-joiners`, { organisations: 'everyone', reason: 'New' })).status, 403)
})

test('policies about silence and the days on which nobody works are set by those who release, and said in words', async () => {
  const policy = { severity: 'low', effectiveFrom: '2027-04-01', remindHours: [24, 4], source: 'The board' }
  assert.equal((await analyst.post('/chase-policies', policy)).status, 403)
  assert.deepEqual(pointersOf(await manager.post('/chase-policies', { ...policy, effectiveFrom: '2027-02-30', actHours: 0 })), [
    '#/effectiveFrom',
    '#/actHours',
  ])
  const set = await manager.post('/chase-policies', policy)
  assert.equal(set.status, 201)
  const [own] = (await analyst.get('/chase-policies')).list('items').filter(({ severity }) => severity === 'low')
  assert.deepEqual([own?.['remindHours'], own?.['organisationType']], [[4, 24], null])
  const day = { day: '2027-04-05', name: 'Easter Monday', source: 'The calendar' }
  const closed = await manager.post('/chase-policies/closed-days', day)
  assert.ok(closed.list('items').some(one => one['day'] === day.day))
  assert.equal((await manager.post('/chase-policies/closed-days/remove', { day: '0000-01-01' })).status, 422)
  const opened = await manager.post('/chase-policies/closed-days/remove', { day: day.day })
  assert.ok(opened.list('items').every(one => one['day'] !== day.day))
  assert.equal((await lead.get('/chase-policies')).status, 403)
})

test('what is safe to use is said by those who release, and read by everybody', async () => {
  assert.equal((await analyst.post('/safe-to-use', { name: 'National mail', purpose: 'Mail' })).status, 403)
  const added = await manager.post('/safe-to-use', { name: 'National mail', purpose: 'Mail' })
  assert.deepEqual([added.status, added.at('code')], [201, 'national-mail'])
  const wrong = await manager.post('/safe-to-use/national-mail/say', { state: 'fine', words: 'x', moreBy: 3, bulletin: 'soon' })
  assert.deepEqual(pointersOf(wrong), ['#/state', '#/moreBy', '#/bulletin'])
  const said = await manager.post('/safe-to-use/national-mail/say', { state: 'safe', words: 'Keep using it', moreBy: 4, bulletin: number })
  assert.deepEqual([said.at('statements.0.state'), said.at('statements.0.bulletin')], ['safe', number])
  const seen = await app.visitor.get('/api/v1/safe-to-use')
  assert.match(seen.body, /"code":"national-mail".*"state":"safe"/)
  assert.equal((await app.visitor.get('/api/v1/safe-to-use/nothing')).statusCode, 404)
  assert.equal((await manager.post('/safe-to-use/national-mail/end', { reason: 'It is gone' })).status, 204)
})

test('a webhook is its organisation’s own: made, changed, tested, sent again and removed, and its secret is shown once', async () => {
  const given = { name: 'Desk', kind: 'hmac', address: 'https://hooks.example/carecert', events: ['bulletin.released'] }
  assert.deepEqual(pointersOf(await lead.post('/webhooks', { ...given, events: ['other'] })), ['#/events/0'])
  assert.deepEqual(pointersOf(await lead.post('/webhooks', { ...given, name: ' ', events: [] })), ['#/name', '#/events'])
  assert.equal((await analyst.post('/webhooks', given)).status, 403)
  const added = await lead.post('/webhooks', given)
  assert.equal(added.status, 201)
  assert.match(added.text('secret'), /^whsec_/)
  const hook = `/webhooks/${added.text('webhook.id')}`
  const shown = await lead.get(hook)
  assert.deepEqual([shown.at('host'), shown.at('leastSeverity'), shown.at('secret')], ['hooks.example', 'information', undefined])
  assert.equal((await other.get(hook)).status, 404)
  assert.equal((await other.post(`${hook}/pause`)).status, 404)
  const changed = await lead.post(`${hook}/change`, { ...given, kind: undefined, address: undefined, name: 'Night desk', exercises: true })
  assert.deepEqual([changed.at('name'), changed.at('exercises')], ['Night desk', true])
  assert.notEqual((await lead.post(`${hook}/rotate`)).text('secret'), added.text('secret'))
  assert.equal((await lead.post(`${hook}/test`)).status, 204)
  const [message] = await lead.all(`${hook}/messages`, 5)
  assert.equal(message?.['type'], 'webhook.test')
  assert.deepEqual((await lead.get(`${hook}/messages/${String(message?.['id'])}`)).at('tries'), [])
  assert.equal((await other.get(`${hook}/messages`)).status, 404)
  assert.equal((await lead.post(`${hook}/replay`, { hours: 24, which: 'all' })).at('replayed'), 0)
  assert.equal((await lead.post(`${hook}/pause`)).status, 204)
  assert.equal((await lead.get(hook)).at('state'), 'paused')
  assert.equal((await lead.post(`${hook}/start`)).status, 204)
  assert.equal((await lead.post(`${hook}/remove`)).status, 204)
  assert.equal((await lead.get(hook)).status, 404)
  assert.equal((await lead.get('/webhook-schemas/bulletin.released')).status, 200)
})

test('a sharing group is made, joined and left by those who approve, and its members are walked', async () => {
  assert.equal((await analyst.post('/sharing-groups', { name: 'Pathology', purpose: 'Laboratories' })).status, 403)
  assert.deepEqual(pointersOf(await manager.post('/sharing-groups', { name: ' ', purpose: 'Laboratories', id: 'none' })), ['#/name', '#/id'])
  const made = await manager.post('/sharing-groups', { name: 'Pathology', purpose: 'Laboratories' })
  assert.equal(made.status, 201)
  const group = `/sharing-groups/${made.text('id')}`
  assert.equal((await manager.post(`${group}/members`, { codes: ['p00003', 'P00004', 'P00005'] })).at('members'), 3)
  assert.deepEqual(
    (await analyst.all(`${group}/members`, 2)).map(({ code }) => code),
    ['P00003', 'P00004', 'P00005'],
  )
  assert.equal((await manager.post(`${group}/remove`, { code: 'P00003', reason: 'It closed' })).at('members'), 2)
  assert.equal((await analyst.all(`${group}/members?state=former`, 2)).length, 1)
  assert.equal((await lead.get(group)).status, 403)
  assert.notEqual((await manager.post(`${group}/end`, { reason: 'No longer needed' })).at('endedAt'), null)
  assert.equal((await analyst.get('/sharing-groups?state=ended')).list('items').length, 1)
})

test('now says to each role what its own first page says, and a search finds only what its reader may see', async () => {
  const centre = await manager.get('/now')
  assert.deepEqual([centre.at('overseer.live.0.number'), centre.at('organisation'), centre.at('partner')], [number, null, null])
  const own = await other.get('/now')
  assert.deepEqual([own.at('overseer'), own.at('organisation.toAnswer.0.number'), own.at('organisation.toAnswerTotal')], [null, number, 1])
  assert.equal((await app.visitor.get('/api/v1/now')).statusCode, 401)
  const narrow = await programWithToken(app, manager.who, 'duty-manager', { scopes: ['broadcast.bulletin.list'] })
  assert.deepEqual((await narrow.ask('GET', '/api/v1/now')).json<{ overseer: { live: unknown } }>().overseer.live, [], 'who is silent is more')
  assert.equal((await lead.get(`/search?q=${number}`)).list('bulletins').length, 1)
  const stranger = await programOf(app, 'cyber-lead', { organisation: 'OUTSIDE' })
  assert.deepEqual((await stranger.get('/search?q=flaw')).body, { bulletins: [], threats: [], organisations: [] })
})

test('a bulletin is read as it is said to a board, and what is the centre’s tool is there for the centre alone', async () => {
  const board = await lead.get(`${path}/renditions/board`)
  assert.ok(board.list('rendition.passages').length > 0)
  assert.equal((await lead.get(`${path}/renditions/call`)).status, 404)
  assert.equal((await manager.get(`${path}/renditions/text`)).list('parts').length > 0, true)
  const red = await releasedBulletin(platform, { organisations: 1, tlp: 'RED', title: 'A secret title', prefix: 'S' })
  const notice = await manager.get(`/bulletins/CC-${red.number}/renditions/call`)
  assert.deepEqual([notice.at('rendition.isNotice'), JSON.stringify(notice.body).includes('A secret title')], [true, false])
})
