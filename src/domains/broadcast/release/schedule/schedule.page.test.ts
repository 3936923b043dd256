import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../../test/support/app.ts'
import { plantOrganisations } from '../../../../../test/support/broadcast.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { releaseScheduled } from './commands.ts'
import { releaseDue } from './jobs.ts'
import { dueReleases, type DueRelease } from './queries.ts'

const app = await createTestApp()
const { platform } = app
const analyst = await app.signIn('analyst')
const manager = await app.signIn('duty-manager', { name: 'Dana Duty' })
const other = await app.signIn('duty-manager')
await plantOrganisations(
  platform,
  Array.from({ length: 10 }, (_, index) => ({ code: `P${index}`, region: 'YN' })),
)

const FIELDS = {
  severity: 'medium',
  tlp: 'CLEAR',
  threatType: 'Vulnerability',
  confidence: 'confirmed',
  shortSummary: 'A stranger can sign in.',
  remediationIntro: 'Install 9.2.',
}

/** Approved, for the ten organisations of the region. */
async function approved(title: string): Promise<string> {
  const address = String((await analyst.post('/bulletins/new', { title, ...FIELDS }, { from: '/bulletins/new' })).headers.location)
  const number = Number(/CC-(\d+)/.exec(address)?.[1])
  await sql`
    insert into broadcast_audience (bulletin_id, rule, saved_by, saved_at)
    select id, ${JSON.stringify({ types: [], regions: ['YN'], boards: [], technology: [], organisations: [], countries: [], excluding: { types: [], regions: [], boards: [], organisations: [] } })}::jsonb, 'test', now()
    from broadcast_bulletin where number = ${number} on conflict (bulletin_id) do update set rule = excluded.rule`.execute(platform.database.kysely)
  await analyst.post(`${address}/send-for-review`, { version: '1' }, { from: address })
  await manager.post(`${address}/approve`, { version: '1' }, { from: address })
  return address
}

const day = (day_: string, month: string, year: string, time: string) => ({ 'day-day': day_, 'day-month': month, 'day-year': year, time })

/** Both steps: the time is chosen, shown with what speaks against it, and taken. */
async function schedule(address: string, form: Record<string, string>) {
  const shown = await manager.post(`${address}/schedule`, form, { from: `${address}/schedule` })
  const value = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(shown.body)?.[1] ?? ''
  const taken = await manager.post(`${address}/schedule`, { version: value('version'), releaseAt: value('releaseAt') })
  return { shown, taken }
}

const stateOf = async (address: string) => {
  const number = Number(/CC-(\d+)/.exec(address)?.[1])
  const { rows } = await sql<{ state: string }>`select state from broadcast_bulletin where number = ${number}`.execute(platform.database.kysely)
  return rows[0]?.state
}

/** What is due at that moment goes out. The clock is set back, so that nobody's session has run out. */
async function releaseDueAt(moment: string): Promise<void> {
  platform.clock.set(moment)
  await releaseDue(platform)
  platform.clock.set('2026-11-20T09:00:00Z')
}

test('a bulletin waits for its time, stands in the calendar, and goes out at that time as whoever scheduled it', async () => {
  const address = await approved('A flaw that can wait')
  const { shown, taken } = await schedule(address, day('24', '11', '2026', '09:30'))
  assert.match(shown.body, /It would go out[\s\S]*To 10 organisations/)
  assert.equal(taken.statusCode, 303, taken.body)
  assert.match((await manager.get(`${address}/schedule`)).body, /It goes out <strong>[\s\S]*24 November 2026[\s\S]*Dana Duty chose the time/)
  assert.match((await analyst.get('/bulletins/calendar')).body, /9:30am[\s\S]*goes out/)
  await releaseDue(platform)
  assert.equal(await stateOf(address), 'approved', 'not before its time')
  await releaseDueAt('2026-11-24T09:31:00Z')
  assert.equal(await stateOf(address), 'released')
  const { rows } = await sql<{ by: string }>`
    select released_by as by from broadcast_release release join broadcast_bulletin bulletin on bulletin.id = release.bulletin_id
    where bulletin.title = 'A flaw that can wait'`.execute(platform.database.kysely)
  assert.equal(rows[0]?.by, manager.personId)
  await releaseDue(platform)
})

test('a bad time is said to be one, and stops nobody', async () => {
  const address = await approved('On a Saturday')
  const { shown, taken } = await schedule(address, day('28', '11', '2026', '21:00'))
  assert.match(shown.body, /It is a weekend/)
  assert.equal(taken.statusCode, 303)
})

test('a time that is over, too far off or none at all comes back with what was typed', async () => {
  const address = await approved('Wrong times')
  for (const [form, words] of [
    [day('19', '11', '2026', '09:30'), /Choose a time that is still to come/],
    [day('31', '11', '2026', '09:30'), /Enter a day that exists/],
    [day('24', '11', '2026', 'noon'), /Enter a day that exists/],
  ] as const) {
    const response = await manager.post(`${address}/schedule`, form, { from: `${address}/schedule` })
    assert.equal(response.statusCode, 422)
    assert.match(response.body, words)
    assert.ok(response.body.includes(`value="${form.time}"`), 'the time that was typed')
  }
  const { taken } = await schedule(address, day('24', '11', '2027', '09:30'))
  assert.match(taken.body, /within the next 92 days/)
})

test('what has been edited since does not go out, and a person is asked', async () => {
  const address = await approved('Edited meanwhile')
  await schedule(address, day('24', '11', '2026', '10:00'))
  const edit = await analyst.post(
    `${address}/edit`,
    { title: 'Edited meanwhile, really', ...FIELDS, baseVersion: '1', version: '1' },
    { from: `${address}/edit` },
  )
  assert.equal(edit.statusCode, 303, edit.body.slice(0, 400))
  await releaseDueAt('2026-11-24T10:01:00Z')
  assert.equal(await stateOf(address), 'draft')
  assert.match((await manager.get(`${address}/schedule`)).body, /It did not go out[\s\S]*was changed after it was scheduled/)
  assert.match((await manager.get('/')).body, /did not go out/)
})

test('an audience that has grown by more than a tenth is asked about', async () => {
  const address = await approved('Grown')
  await schedule(address, day('24', '11', '2026', '11:00'))
  await plantOrganisations(platform, [
    { code: 'Q1', region: 'YN' },
    { code: 'Q2', region: 'YN' },
  ])
  await releaseDueAt('2026-11-24T11:01:00Z')
  assert.equal(await stateOf(address), 'approved')
  assert.match((await manager.get(`${address}/schedule`)).body, /was to reach 10 organisations, and would now reach 12/)
})

test('a time that was missed by more than an hour, and whoever lost the right meanwhile, release nothing', async () => {
  const late = await approved('Late')
  await schedule(late, day('24', '11', '2026', '12:00'))
  const orphan = await approved('Orphan')
  const shown = await other.post(`${orphan}/schedule`, day('24', '11', '2026', '13:30'), { from: `${orphan}/schedule` })
  const releaseAt = /name="releaseAt" value="([^"]+)"/.exec(shown.body)?.[1] ?? ''
  await other.post(`${orphan}/schedule`, { version: '1', releaseAt })
  await sql`update directory_assignment set role = 'analyst' where person_id = ${other.personId}`.execute(platform.database.kysely)
  await releaseDueAt('2026-11-24T13:31:00Z')
  assert.equal(await stateOf(late), 'approved')
  assert.equal(await stateOf(orphan), 'approved')
  assert.match((await manager.get(`${late}/schedule`)).body, /Nothing ran at the time that was set/)
  assert.match((await manager.get(`${orphan}/schedule`)).body, /no longer releases bulletins/)
})

test('another rule of the same size, or another approval, is not what was agreed to', async () => {
  const swapped = await approved('Swapped')
  await schedule(swapped, day('25', '11', '2026', '09:00'))
  await sql`update broadcast_audience set rule = jsonb_set(rule, '{organisations}', '["P0"]') from broadcast_bulletin where broadcast_bulletin.id = bulletin_id and title = 'Swapped'`.execute(
    platform.database.kysely,
  )
  const anew = await approved('Approved anew')
  await schedule(anew, day('25', '11', '2026', '09:00'))
  await manager.post(`${anew}/return`, { version: '1', reason: 'Wait' }, { from: anew })
  await analyst.post(`${anew}/send-for-review`, { version: '1' }, { from: anew })
  await manager.post(`${anew}/approve`, { version: '1' }, { from: anew })
  await releaseDueAt('2026-11-25T09:01:00Z')
  assert.equal(await stateOf(swapped), 'approved')
  assert.match((await manager.get(`${swapped}/schedule`)).body, /Who gets it was changed after it was scheduled/)
  assert.equal(await stateOf(anew), 'approved')
  assert.match((await manager.get(`${anew}/schedule`)).body, /approved anew after it was scheduled/)
})

test('a time that was moved while others were being released is another time', async () => {
  const address = await approved('Moved')
  await schedule(address, day('25', '11', '2026', '10:00'))
  platform.clock.set('2026-11-25T10:01:00Z')
  const due = await readAs<Visible, readonly DueRelease[]>(platform, SYSTEM, db => dueReleases(db, platform.clock.now()))
  platform.clock.set('2026-11-20T09:00:00Z')
  await schedule(address, day('26', '11', '2026', '10:00'))
  const [mine] = due.filter(({ number }) => address.endsWith(String(number)))
  assert.ok(mine !== undefined)
  await runWork<Visible, void>(platform, { ...SYSTEM, permissions: new Set(['broadcast.bulletin.release']) }, work =>
    releaseScheduled(work, mine, 'http://localhost'),
  )
  assert.equal(await stateOf(address), 'approved')
  assert.match((await manager.get(`${address}/schedule`)).body, /It goes out <strong>[\s\S]*26 November 2026/)
})

test('a time can be taken away again, with a reason, and another chosen', async () => {
  const address = await approved('Taken away')
  await schedule(address, day('24', '11', '2026', '14:00'))
  const without = await manager.post(`${address}/schedule/cancel`, { reason: '' }, { from: `${address}/schedule` })
  assert.match(without.body, /Say why it does not go out then/)
  assert.equal((await manager.post(`${address}/schedule/cancel`, { reason: 'The maker asked us' })).statusCode, 303)
  await releaseDueAt('2026-11-24T14:01:00Z')
  assert.equal(await stateOf(address), 'approved')
  const { taken } = await schedule(address, day('25', '11', '2026', '09:30'))
  assert.equal(taken.statusCode, 303)
})

test('only those who may release may schedule, and only what is approved', async () => {
  const address = await approved('Not yours')
  assert.equal((await analyst.get(`${address}/schedule`)).statusCode, 403)
  const draft = String((await analyst.post('/bulletins/new', { title: 'A draft', ...FIELDS }, { from: '/bulletins/new' })).headers.location)
  assert.match((await manager.get(`${draft}/schedule`)).body, /Only an approved bulletin can wait for a time/)
  const forced = await manager.post(`${draft}/schedule`, { version: '1', releaseAt: '2026-11-24T09:30:00.000Z' }, { from: address })
  assert.equal(forced.statusCode >= 400, true)
})
