import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { actorAs } from '../../../../../test/support/broadcast.ts'
import { createTestPlatform } from '../../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { versionsOf } from '../queries.ts'
import { readShown } from '../queries/show.ts'

const platform = await createTestPlatform()

test('what was published under a narrower label is not for those whom a wider one lets in', async () => {
  const { bulletinId, number, organisationIds } = await releasedBulletin(platform, { organisations: 1, tlp: 'AMBER' })
  const lead = actorAs('cyber-lead', organisationIds[0])
  const manager = actorAs('duty-manager')
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
