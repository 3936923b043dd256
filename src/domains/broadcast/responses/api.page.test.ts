import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointersOf, programOf } from '../../../../test/support/api.ts'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../../directory/tables.ts'

const app = await createTestApp()
const { platform } = app
const bulletin = await releasedBulletin(platform, { organisations: 8, reachable: 5, prefix: 'R', contacts: 2 })
const number = `CC-${bulletin.number}`
const path = `/bulletins/${number}`
const manager = await programOf(app, 'duty-manager')
const lead = await programOf(app, 'cyber-lead', { organisation: 'R00000' })
const partner = await programOf(app, 'partner-responder', { organisation: 'PARTNER' })
await runWork<DirectoryTables, void>(platform, SYSTEM, async work => {
  for (const index of [3, 4])
    await work.db
      .insertInto('directory_partnership')
      .values({
        id: work.newId('partnership'),
        partner_id: partner.who.organisationId,
        organisation_id: bulletin.organisationIds[index] ?? '',
        since: work.now,
        until: null,
      })
      .execute()
  work.record({ verb: 'test.partnered', subject: { kind: 'organisation', id: 'PARTNER' } })
})

test('an answer is given and read by its own organisation, refused where it is wrong, and hidden from others', async () => {
  const before = await lead.get(`${path}/responses`)
  assert.deepEqual([before.status, before.at('standing'), before.list('answers').length], [200, 'silent', 0])
  assert.ok(before.list('reasons').length > 0)
  assert.deepEqual(pointersOf(await lead.post(`${path}/responses`, { state: 'not-acting' })), ['#/reasonCode'])
  assert.equal((await lead.post(`${path}/responses`, { state: 'done', note: 'Mended' })).status, 201)
  const after = await lead.get(`${path}/responses`)
  assert.deepEqual([after.at('standing'), after.at('answers.0.note'), after.at('answers.0.via')], ['done', 'Mended', 'machine'])
  assert.equal((await lead.get(`${path}/responses?organisation=R00001`)).status, 404)
  assert.equal((await manager.get(`${path}/responses`)).status, 403)
  const [seen] = await manager.all('/responses', 10)
  assert.deepEqual([seen?.['number'], seen?.['organisationCode'], seen?.['note']], [number, 'R00000', null], 'the note is its own')
  const [own] = await lead.all('/responses', 10)
  assert.equal(own?.['note'], 'Mended')
})

test('a decision shows its detail to its own people, is opened to the centre by them alone, and waits for a signature', async () => {
  await lead.post(`${path}/responses`, { state: 'not-acting', reasonCode: 'clinical-downtime', reason: 'A theatre runs on it' })
  const asked = await lead.post(`${path}/decision/ask`, { contact: bulletin.contactIds[0] ?? '' })
  assert.deepEqual([asked.status, asked.list('signatures').map(({ state }) => state)], [200, ['asked']], JSON.stringify(asked.body))
  assert.equal((await lead.post(`${path}/decision/ask`, { contact: 'nobody' })).status, 404)
  assert.equal((await partner.post(`${path}/decision/share?organisation=R00003`, { share: true })).status, 403)
  const opened = await lead.post(`${path}/decision/share`, { share: true })
  assert.equal(opened.at('answers.0.isShared'), true)
  const [seen] = await manager.all('/responses?q=R00000', 10)
  assert.equal(seen?.['reason'], 'A theatre runs on it')
  assert.equal((await lead.post(`${path}/decision/share-all`, { share: false })).at('sharesDetail'), false)
  const revoked = await lead.post(`${path}/decision/revoke`, { signature: asked.text('signatures.0.id') })
  assert.equal(revoked.at('signatures.0.state'), 'revoked')
  assert.equal((await manager.get(`${path}/decision`)).status, 403)
  const all = await lead.all('/responses', 100)
  assert.ok(all.length > 1)
  assert.deepEqual(await lead.all('/responses', 1), all)
  const since = encodeURIComponent(String(all[0]?.['at']))
  assert.deepEqual((await lead.all(`/responses?changedSince=${since}`, 5))[0], all[0], 'what came in at that very instant is among it')
})

test('steps are ticked and devices counted by those who do them, and by nobody else', async () => {
  const tasks = await lead.get(`${path}/tasks`)
  const key = tasks.text('steps.0.key')
  assert.equal((await lead.post(`${path}/tasks/steps`, { steps: [{ key: 'nonsense', isDone: true }] })).status, 400)
  const ticked = await lead.post(`${path}/tasks/steps`, { steps: [{ key, isDone: true, delegatedTo: 'Sam' }] })
  assert.deepEqual([ticked.at('steps.0.isDone'), ticked.at('steps.0.delegatedTo')], [true, 'Sam'])
  const wrong = await lead.post(`${path}/tasks/assets`, { assets: [{ label: 'Scanners', total: 3, done: 4 }] })
  assert.deepEqual(pointersOf(wrong), ['#/assets/0'])
  const counted = await lead.post(`${path}/tasks/assets`, { assets: [{ label: 'Scanners', total: 4, done: 3 }] })
  assert.deepEqual(counted.list('assets'), [{ label: 'Scanners', total: 4, done: 3, isKept: true }])
  assert.equal((await manager.get(`${path}/tasks?organisation=R00000`)).status, 403)
})

test('a partner answers for many at once or for each, and for nobody that is not its own', async () => {
  const waiting = await partner.all('/answers', 1)
  assert.deepEqual(
    waiting.map(row => row['organisationCode']),
    ['R00003', 'R00004'],
  )
  const targets = (codes: readonly string[]) => codes.map(organisation => ({ bulletin: number, organisation }))
  const stranger = await partner.post('/answers', { answer: { state: 'done' }, targets: targets(['R00003', 'R00001']) })
  assert.deepEqual(pointersOf(stranger), ['#/targets/1'])
  assert.deepEqual(pointersOf(await partner.post('/answers', { answer: { state: 'in-progress' }, targets: targets(['R00003']) })), [
    '#/answer/nextDate',
  ])
  assert.deepEqual((await partner.all('/answers', 5)).length, 2, 'nothing was recorded')
  assert.equal((await partner.post('/answers', { answer: { state: 'assessing' }, targets: targets(['R00003', 'R00004']) })).at('recorded'), 2)
  const each = await partner.post('/answers/list', {
    answers: [
      { bulletin: number, organisation: 'r00003', answer: { state: 'done' } },
      { bulletin: number, organisation: 'R00001', answer: { state: 'done' } },
    ],
  })
  assert.deepEqual([each.at('recorded'), each.list('refused').map(({ organisation }) => organisation)], [1, ['R00001']])
  assert.equal((await manager.post('/answers', { answer: { state: 'done' }, targets: targets(['R00001']) })).status, 403)
})

test('who holds a link is said without the link, and a caller takes one organisation at a time', async () => {
  assert.equal((await lead.get(`${path}/links`)).status, 200)
  assert.equal((await lead.post(`${path}/links`, { link: 'none' })).status, 404)
  const list = await manager.get(`${path}/telephone?limit=2`)
  assert.deepEqual([list.list('items').length, list.at('counts.all')], [2, 3])
  const { organisation } = (await manager.post(`${path}/telephone/next`)).body
  assert.equal(typeof organisation, 'string')
  const call = await manager.get(`${path}/telephone/${String(organisation)}`)
  assert.deepEqual([call.at('hold.isOwn'), call.list('script').length > 0], [true, true])
  assert.deepEqual(pointersOf(await manager.post(`${path}/telephone/${String(organisation)}`, { outcome: 'none', callAgain: 900 })), [
    '#/outcome',
    '#/callAgain',
  ])
  const answered = { outcome: 'answered', spokeTo: 'Sam', state: 'acknowledged' }
  assert.equal((await manager.post(`${path}/telephone/${String(organisation)}`, answered)).at('came'), 'recorded')
  assert.equal((await manager.post(`${path}/telephone/R00006/take`)).status, 204)
  assert.equal((await manager.post(`${path}/telephone/R00006/let-go`)).status, 204)
  assert.equal((await manager.post(`${path}/telephone/NOBODY/take`)).status, 404)
  assert.equal((await lead.get(`${path}/telephone`)).status, 403)
})
