import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { actorAs } from '../../../../../test/support/broadcast.ts'
import { runCommand } from '../../../../../test/support/command.ts'
import { createTestPlatform } from '../../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import { addHours } from '../../../../kernel/instant.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { bulletinOf, severitiesOf, versionsOf, type Bulletin } from '../queries.ts'
import { readShown } from '../queries/show.ts'
import { changeSeverity } from './commands.ts'

const platform = await createTestPlatform()
const analyst = actorAs('analyst')
const manager = actorAs('duty-manager')

const seenBulletin = (number: number) => readAs<Visible, Bulletin>(platform, manager, db => bulletinOf(db, number))
const setSeverity = (number: number, severity: 'low' | 'high') =>
  runWork<Visible, void>(platform, manager, work => changeSeverity(work, { number, severity, reason: 'It spreads.' }))

test('what was published under a narrower label is not for those whom a wider one lets in', async () => {
  const { bulletinId, number, organisationIds } = await releasedBulletin(platform, { organisations: 1, tlp: 'AMBER' })
  const lead = actorAs('cyber-lead', organisationIds[0])
  const seen = async (actor: Actor) =>
    (await readAs<Visible, Awaited<ReturnType<typeof versionsOf>>>(platform, actor, db => versionsOf(db, bulletinId))).length
  assert.equal(await seen(lead), 1)
  const { kysely: db } = platform.database
  await sql`
    insert into broadcast_version (bulletin_id, version, content, content_hash, saved_by, saved_at)
    select bulletin_id, 2, jsonb_set(content, '{tlp}', '"GREEN"'), content_hash || '2', saved_by, saved_at from broadcast_version where bulletin_id = ${bulletinId}`.execute(
    db,
  )
  await sql`
    insert into broadcast_update (bulletin_id, at, title, body, by_id, kind, version, is_material)
    values (${bulletinId}, ${platform.clock.now()}, 'For more readers', 'The same, without names.', 'test', 'version', 2, false)`.execute(db)
  await sql`update broadcast_bulletin set version = 2, tlp = 'GREEN' where id = ${bulletinId}`.execute(db)
  assert.equal(await seen(lead), 1, 'the wider one alone')
  assert.equal(await seen(manager), 2)
  const shown = await readAs<Visible, Awaited<ReturnType<typeof readShown>>>(platform, lead, read =>
    readShown(read, number, lead, platform.clock.now(), 'type'),
  )
  assert.deepEqual([shown.version.version, shown.changes], [2, []])
})

test('a severity that was changed since stands in the next version too, unless its author changes it', async () => {
  const { bulletinId, number } = await releasedBulletin(platform, { organisations: 1, prefix: 'S' })
  const name = `CC-${number}`
  await setSeverity(number, 'low')
  await runCommand(platform, analyst, 'bulletins update', [name], { title: 'More is known', tell: true })
  await runCommand(platform, analyst, 'bulletins review', [name])
  await runCommand(platform, manager, 'bulletins approve', [name])
  await runCommand(platform, manager, 'bulletins publish', [name])
  const history = await readAs<Visible, readonly string[]>(platform, manager, async db =>
    (await severitiesOf(db, bulletinId)).map(({ severity }) => severity),
  )
  assert.deepEqual([(await seenBulletin(number)).severity, history], ['low', ['low']])
})

test('a severity that asks for an answer sets the time for it, counted from then; a time that stands is not moved', async () => {
  const { number } = await releasedBulletin(platform, { organisations: 1, prefix: 'A' })
  const { respondBy } = await seenBulletin(number)
  assert.ok(respondBy !== null)
  await setSeverity(number, 'low')
  assert.deepEqual((await seenBulletin(number)).respondBy, respondBy)
  // As it stands where no answer was asked for by a time.
  await sql`update broadcast_bulletin set respond_by = null where number = ${number}`.execute(platform.database.kysely)
  platform.clock.advanceHours(5)
  await setSeverity(number, 'high')
  assert.deepEqual((await seenBulletin(number)).respondBy, addHours(platform.clock.now(), 48))
})
