import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { actorAs } from '../../../../test/support/broadcast.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { SYSTEM, type Actor } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { addUpdate, changeSeverity, supersedeBulletin, withdrawBulletin } from '../bulletins/living/commands.ts'
import { severitiesOf, updatesOf } from '../bulletins/queries.ts'
import { publishedBulletin, publishedBulletins, type PublishedBulletin } from '../contract.ts'
import type { Visible } from '../tables.ts'

const platform = await createTestPlatform()
const manager = actorAs('duty-manager')
const asking = <R>(actor: Actor, body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, actor, body)
const published = async (id: string, actor: Actor = SYSTEM): Promise<PublishedBulletin> => {
  const found = await asking(actor, db => publishedBulletin(db, id))
  assert.ok(found !== undefined, 'it is published')
  return found
}
const doing = (body: Parameters<typeof runWork<Visible, void>>[2]) => runWork<Visible, void>(platform, manager, body)
const announced = async (bulletinId: string): Promise<number> => {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from pgboss.job
    where name = 'broadcast.bulletin-published' and data ->> 'bulletinId' = ${bulletinId}`.execute(platform.database.kysely)
  return rows[0]?.count ?? 0
}

test('a published bulletin is what its readers see: version, newest severity, dated changes', async () => {
  const { bulletinId, number } = await releasedBulletin(platform, { organisations: 1, prefix: 'A' })
  platform.clock.advanceHours(1)
  await doing(work => addUpdate(work, { number, title: 'A word on backups', body: 'Check them.' }))
  platform.clock.advanceHours(1)
  await doing(work => changeSeverity(work, { number, severity: 'low', reason: 'Few run it.' }))
  const found = await published(bulletinId)
  assert.deepEqual([found.state, found.version, found.content.severity, found.isHolding, found.sharingGroup], ['live', 1, 'low', false, null])
  assert.deepEqual(
    found.history.map(({ summary }) => summary),
    ['Released', 'A word on backups', 'The severity is now low, before it was high'],
  )
  assert.deepEqual(found.changedAt, platform.clock.now())
  assert.ok(found.releasedAt < found.changedAt)
  assert.equal(await announced(bulletinId), 2, 'each change is announced')
})

test('a withdrawn one says why, and a replaced one by what, where its readers may know', async () => {
  const [old, wider, newer] = [
    await releasedBulletin(platform, { organisations: 1, prefix: 'B', tlp: 'GREEN' }),
    await releasedBulletin(platform, { organisations: 1, prefix: 'C', tlp: 'CLEAR' }),
    await releasedBulletin(platform, { organisations: 1, prefix: 'D', tlp: 'AMBER' }),
  ]
  await doing(work => withdrawBulletin(work, { number: old.number, reason: 'It was wrong.' }))
  assert.deepEqual(
    [(await published(old.bulletinId)).state, (await published(old.bulletinId)).reason, await announced(old.bulletinId)],
    ['withdrawn', 'It was wrong.', 1],
  )
  await sql`insert into broadcast_recipient (bulletin_id, organisation_id, release_id, is_reachable)
    select ${newer.bulletinId}, organisation_id, ${newer.releaseId}, true from broadcast_recipient where bulletin_id = ${wider.bulletinId}`.execute(
    platform.database.kysely,
  )
  await doing(work => supersedeBulletin(work, { number: wider.number, by: newer.number, reason: 'More is known.' }))
  const replaced = await published(wider.bulletinId)
  assert.deepEqual([replaced.state, replaced.supersededBy, replaced.history.at(-1)?.summary], ['superseded', null, 'Replaced by another bulletin'])
  await sql`update broadcast_bulletin set tlp = 'CLEAR' where id = ${newer.bulletinId}`.execute(platform.database.kysely)
  const open = await published(wider.bulletinId)
  assert.deepEqual([open.supersededBy, open.history.at(-1)?.summary], [newer.number, `Replaced by CC-${newer.number}`])
  const group = '8b2e7f0a-31c4-4c39-9d2e-5f6a7b8c9d0e'
  await sql`insert into broadcast_sharing_group (id, name, purpose, made_by, made_at) values (${group}, 'A group', 'To share', 'test', now())`.execute(
    platform.database.kysely,
  )
  await sql`update broadcast_bulletin set tlp = 'GREEN' where id in (${wider.bulletinId}, ${newer.bulletinId})`.execute(platform.database.kysely)
  assert.equal((await published(wider.bulletinId)).supersededBy, newer.number)
  await sql`update broadcast_bulletin set sharing_group_id = ${group} where id = ${newer.bulletinId}`.execute(platform.database.kysely)
  assert.equal((await published(wider.bulletinId)).supersededBy, null, 'one of a group is told to nobody outside of it')
})

test('what was said under a narrower label is not told under a wider one, to programs or on a page', async () => {
  const { bulletinId, number, organisationIds } = await releasedBulletin(platform, { organisations: 1, prefix: 'E', tlp: 'AMBER' })
  await doing(work => addUpdate(work, { number, title: 'The hospital that was hit', body: 'Named.' }))
  await doing(work => changeSeverity(work, { number, severity: 'low', reason: 'One hospital alone is hit.' }))
  const lead = actorAs('cyber-lead', organisationIds[0])
  const onPages = (actor: Actor) =>
    asking(actor, async read => ({
      updates: (await updatesOf(read, bulletinId)).map(({ title }) => title).toReversed(),
      reasons: (await severitiesOf(read, bulletinId)).flatMap(({ reason }) => reason ?? []),
    }))
  const before = { updates: ['The hospital that was hit', 'The severity is now low, before it was high'], reasons: ['One hospital alone is hit.'] }
  assert.deepEqual(await onPages(lead), before)
  platform.clock.advanceHours(1)
  const { kysely: db } = platform.database
  await sql`insert into broadcast_version (bulletin_id, version, content, content_hash, saved_by, saved_at)
    select bulletin_id, 2, jsonb_set(content, '{tlp}', '"CLEAR"'), content_hash || '2', saved_by, saved_at from broadcast_version where bulletin_id = ${bulletinId}`.execute(
    db,
  )
  await sql`insert into broadcast_update (bulletin_id, at, title, body, by_id, kind, version, is_material)
    values (${bulletinId}, ${platform.clock.now()}, 'For everybody', '', 'test', 'version', 2, false)`.execute(db)
  await sql`update broadcast_bulletin set version = 2, tlp = 'CLEAR' where id = ${bulletinId}`.execute(db)
  assert.deepEqual(
    (await published(bulletinId)).history.map(({ summary }) => summary),
    ['Released', 'Changed, for fewer readers than today', 'Changed, for fewer readers than today', 'For everybody'],
  )
  await doing(work => changeSeverity(work, { number, severity: 'medium', reason: 'More are hit.' }))
  assert.deepEqual(await onPages(lead), { updates: ['For everybody', 'The severity is now medium, before it was low'], reasons: ['More are hit.'] })
  assert.deepEqual((await onPages(manager)).updates.slice(0, 2), before.updates, 'the centre knows what it said')
})

test('the list has the newest change first, in pages, each reader’s own, and no exercise', async () => {
  platform.clock.advanceHours(1)
  const mine = await releasedBulletin(platform, { organisations: 1, prefix: 'F', tlp: 'RED' })
  await releasedBulletin(platform, { organisations: 1, prefix: 'G', isExercise: true })
  const first = await asking(SYSTEM, db => publishedBulletins(db, { limit: 3, cursor: null }))
  assert.equal(first.rows[0]?.id, mine.bulletinId)
  const rest = await asking(SYSTEM, db => publishedBulletins(db, { limit: 50, cursor: first.next }))
  assert.deepEqual([first.total, first.rows.length + rest.rows.length, rest.next], [6, 6, null])
  assert.equal(new Set([...first.rows, ...rest.rows].map(({ id }) => id)).size, 6)
  const lead = actorAs('cyber-lead', mine.organisationIds[0])
  assert.deepEqual(
    (await asking(lead, db => publishedBulletins(db, { limit: 50, cursor: null }))).rows.map(({ id }) => id),
    [mine.bulletinId],
  )
  assert.equal((await asking(SYSTEM, db => publishedBulletins(db, { limit: 50, cursor: null, labels: ['CLEAR', 'GREEN'] }))).total, 5)
  assert.equal((await asking(SYSTEM, db => publishedBulletins(db, { limit: 50, cursor: null, withExercises: true }))).total, 7)
})
