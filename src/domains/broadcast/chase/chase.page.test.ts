import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { chaseAll } from './jobs.ts'
import { chasePolicies } from './queries.ts'

const { platform, signIn } = await createTestApp()
const manager = await signIn('duty-manager')
const analyst = await signIn('analyst')

const POLICY = {
  severity: 'high',
  organisationType: '',
  'effectiveFrom-day': '1',
  'effectiveFrom-month': '12',
  'effectiveFrom-year': '2026',
  acknowledgeHours: '24',
  actHours: '',
  remindHours: '2, 6',
  telephoneHours: '4',
  escalateHours: '',
  escalateTo: '',
  regionHours: '',
  source: 'The board, minute 7',
}
const set = (form: Record<string, string>) => manager.post('/chase-policies/add', form, { from: '/chase-policies/add' })

test('the policies read as sentences, with their day and who decided them', async () => {
  const { body } = await analyst.get('/chase-policies')
  assert.match(
    body,
    /High severity: asked to acknowledge within 48 hours, reminders after 4, 12 and 24 hours, on the telephone list after 12 hours, told to their senior information risk owner after 36 hours/,
  )
  assert.match(body, /In force/)
  assert.doesNotMatch(body, /Set a policy</)
})

test('a policy is set from a day on, and shows as one to come', async () => {
  assert.equal((await set(POLICY)).statusCode, 303)
  const { body } = await manager.get('/chase-policies')
  assert.match(
    body,
    /High severity: asked to acknowledge within 24 hours, reminders after 2 and 6 hours, on the telephone list after 4 hours\.[\s\S]*To come[\s\S]*The board, minute 7/,
  )
})

test('rows are not changed afterwards: the same day is refused, with all that was typed', async () => {
  const again = await set({ ...POLICY, remindHours: '3' })
  assert.equal(again.statusCode, 422)
  assert.match(again.body, /begins on that day already/)
  assert.match(again.body, /value="The board, minute 7"/)
})

test('a policy for a day that is over is refused: it would fall upon what is live', async () => {
  const past = await set({ ...POLICY, 'effectiveFrom-month': '11' })
  assert.equal(past.statusCode, 422)
  assert.match(past.body, /That day is over\. Choose today or a later day/)
})

test('what is no number of hours, no day or nobody’s decision comes back with what to do', async () => {
  const wrong = await set({ ...POLICY, remindHours: '4, soon', telephoneHours: '0', 'effectiveFrom-month': '13', source: '' })
  assert.equal(wrong.statusCode, 422)
  for (const words of [
    'Write whole numbers of hours',
    'Time to the telephone list is a whole number',
    'Enter a day that exists',
    'Say who decided so',
  ])
    assert.ok(wrong.body.includes(words), words)
})

test('an analyst sees the policies and sets none', async () => {
  assert.equal((await analyst.get('/chase-policies/add')).statusCode, 403)
})

test('a bulletin’s page says what the policy of its day does, when, and what was done', async () => {
  const { number, bulletinId } = await releasedBulletin(platform, { organisations: 2, prefix: 'P' })
  const before = (await analyst.get(`/bulletins/CC-${number}/chase`)).body
  assert.match(before, /reminders after 4, 12 and 24 hours[\s\S]*Work the telephone list[\s\S]*Reminder 1[\s\S]*to come[\s\S]*Nothing was done yet/)
  await sql`update broadcast_recipient set delivered_at = now() where bulletin_id = ${bulletinId}`.execute(platform.database.kysely)
  platform.clock.advanceHours(5)
  await chaseAll(platform)
  const after = (await analyst.get(`/bulletins/CC-${number}/chase`)).body
  assert.match(after, /Reminder 1[\s\S]*due[\s\S]*What was done[\s\S]*Reminder 1[\s\S]*2[\s\S]*2/)
})

test('of an exercise it says that nobody is chased', async () => {
  const { number } = await releasedBulletin(platform, { organisations: 1, prefix: 'X', isExercise: true })
  assert.match((await analyst.get(`/bulletins/CC-${number}/chase`)).body, /It is an exercise: nobody is reminded, rung or told/)
})

test('who may not ring is not sent to the telephone list', async () => {
  const { number } = await releasedBulletin(platform, { organisations: 1, prefix: 'N' })
  const assessor = await signIn('assessor')
  const { statusCode, body } = await assessor.get(`/bulletins/CC-${number}/chase`)
  assert.equal(statusCode, 200)
  assert.doesNotMatch(body, /Work the telephone list/)
})

test('while its mailing is paused the page says that nobody is chased', async () => {
  const { number, mailingId } = await releasedBulletin(platform, { organisations: 1, prefix: 'H' })
  await sql`update broadcast_mailing set paused_at = now(), paused_by = 'test', pause_reason = 'A wrong word' where id = ${mailingId}`.execute(
    platform.database.kysely,
  )
  assert.match((await analyst.get(`/bulletins/CC-${number}/chase`)).body, /Its mailing is paused<\/strong>: nobody is reminded/)
})

test('a bank holiday is entered, moves the reminders that count working hours, and can be taken back', async () => {
  const page = '/chase-policies/closed-days'
  const { body } = await analyst.get(page)
  assert.match(body, /Christmas Day/)
  assert.doesNotMatch(body, /Add the day/, 'an analyst reads it only')
  const jubilee = { 'day-day': '4', 'day-month': '6', 'day-year': '2027', name: 'Jubilee', source: 'Royal Proclamation' }
  assert.match((await manager.post(page, { ...jubilee, 'day-day': '5' }, { from: page })).body, /it is a Saturday or a Sunday/)
  assert.match((await manager.post(page, { ...jubilee, 'day-month': '13' }, { from: page })).body, /Enter a day that exists/)
  assert.equal((await manager.post(page, jubilee, { from: page })).statusCode, 303)
  assert.match((await manager.post(page, jubilee, { from: page })).body, /on the list already/)
  const policies = await readAs<Visible, Awaited<ReturnType<typeof chasePolicies>>>(platform, SYSTEM, chasePolicies)
  assert.ok(policies.every(({ closedDays }) => [...closedDays].some(closed => String(closed) === '2027-06-04')))
  assert.equal((await manager.post(`${page}/remove`, { removed: '2027-06-04' }, { from: page })).statusCode, 303)
  assert.doesNotMatch((await analyst.get(page)).body, /Jubilee/)
})
