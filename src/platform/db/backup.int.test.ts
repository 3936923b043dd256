import assert from 'node:assert/strict'
import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { MIGRATIONS } from '../../../migrations/index.ts'
import { createTestDatabase } from '../../../test/support/database.ts'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { releasedBulletin } from '../../../test/support/released-bulletin.ts'
import { loadSample } from '../../app/sample/load.ts'
import { verifyChain } from '../audit/verify.ts'
import { createOutput } from '../cli/output.ts'
import { backup, restore } from './backup.ts'
import { openDatabase, type Database } from './database.ts'
import { migrate } from './migrate.ts'

const NAMES = Object.keys(MIGRATIONS)
const platform = await createTestPlatform()
const silent = createOutput({ json: true, yes: true, stdout: process.stderr, stderr: process.stderr, ask: null })
await loadSample(platform, silent, { organisations: 200, seed: 3 })
const file = join(platform.testDatabase.address.dataFolder, 'backup.gz')
await backup(platform.database, file, NAMES)

async function emptyDatabase(): Promise<Database> {
  const place = await createTestDatabase()
  const database = await openDatabase(place.address)
  after(async () => {
    await database.close()
    await place.remove()
  })
  return database
}

/** What a restore holds back stands in these. */
const HELD = ['broadcast_mailing', 'broadcast_release', 'broadcast_digest_letter', 'broadcast_schedule', 'broadcast_webhook_message']

/** Every row of every table that a backup holds, as text; `except` those tables. */
async function everything(database: Database, except: readonly string[] = []): Promise<string[]> {
  const copy = join(platform.testDatabase.address.dataFolder, 'compare.gz')
  await backup(database, copy, NAMES)
  return gunzipSync(await readFile(copy))
    .toString()
    .split('\n')
    .filter(line => !except.some(table => line.startsWith(`["${table}",`)))
    .toSorted()
}

/** The sums that triggers keep, which a backup leaves out. */
async function sums(database: Database): Promise<unknown[]> {
  const { rows }: { rows: unknown[] } = await database.pool.query(
    'select bulletin_id, type, region_code, board_code, looked_after_by, response, is_delivered, is_reachable, sum(change) as number from broadcast_tally group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(change) <> 0 order by 1, 2, 3, 4, 5, 6, 7, 8',
  )
  assert.ok(rows.length > 0)
  const deliveries: { rows: unknown[] } = await database.pool.query(
    'select bulletin_id, mailing_id, looked_after_by, sum(change) as number from broadcast_delivery_tally group by 1, 2, 3 having sum(change) <> 0 order by 1, 2, 3',
  )
  assert.ok(deliveries.rows.length > 0)
  return [...rows, ...deliveries.rows]
}

test('the database of a newer program is left alone, in words', async () => {
  const database = await emptyDatabase()
  await database.pool.query(`insert into platform_migration (name, timestamp) values ('9999_tomorrow', now())`)
  await assert.rejects(migrate(database.kysely, MIGRATIONS), { code: 'platform.db.newer' })
})

test('a backup is readable by its owner alone', async () => {
  assert.equal((await stat(file)).mode & 0o777, 0o600)
})

test('what was restored is the same, row by row, and the audit is whole; new numbers follow on', async () => {
  const other = await emptyDatabase()
  await restore(other, file, NAMES)
  assert.deepEqual(await everything(other, HELD), await everything(platform.database, HELD))
  for (const table of HELD) assert.deepEqual(await rowCount(other, table), await rowCount(platform.database, table), table)
  assert.deepEqual(await sums(other), await sums(platform.database), 'what triggers derive is derived anew')
  assert.deepEqual(await verifyChain(other.kysely), await verifyChain(platform.database.kysely))
  await assert.rejects(other.pool.query('delete from audit_record'), { code: '42501' }, 'the audit of the restored database can be changed')
  const next = await other.pool.query(`select nextval('broadcast_bulletin_number') as next, (select max(number) from broadcast_bulletin) as last`)
  assert.equal(next.rows[0].next, next.rows[0].last + 1)
})

async function rowCount(database: Database, table: string): Promise<unknown> {
  return (await database.pool.query(`select count(*) from ${table}`)).rows
}

test('nothing goes out of itself after a restore: what was open is held for people, and what was settled stays as it was', async () => {
  const { pool } = platform.database
  const bulletin = await releasedBulletin(platform, { organisations: 1, contacts: 3, prefix: 'HELD' })
  const settled = await releasedBulletin(platform, { organisations: 1, prefix: 'SENT' })
  const ask = async (database: Database, text: string): Promise<unknown[]> => (await database.pool.query<Record<string, unknown>>(text)).rows
  const [sent = '', failed = '', sending = ''] = bulletin.deliveryIds
  await pool.query(`update broadcast_delivery set state = 'sent' where id = any($1)`, [[sent, ...settled.deliveryIds]])
  await pool.query(`update broadcast_delivery set state = 'failed', due_at = now() where id = $1`, [failed])
  await pool.query(`update broadcast_delivery set state = 'sending', due_at = now() where id = $1`, [sending])
  await pool.query(`insert into broadcast_digest (id, week, made_at, letters) values ('dig_held', '2026-11-16', now(), 4)`)
  for (const state of ['queued', 'sending', 'failed', 'sent'])
    await pool.query(
      `insert into broadcast_digest_letter (id, digest_id, address, name, state) values ('let_${state}', 'dig_held', '${state}@d.example', 'A', '${state}')`,
    )
  const draft = `insert into broadcast_review (bulletin_id, version, decision, by_id, at) values ('${bulletin.bulletinId}', 1, 'approved', 'x', now()) returning id`
  const [review] = (await ask(platform.database, draft)) as { id: number }[]
  for (const [id, when] of [
    [bulletin.bulletinId, `now() - interval '10 minutes'`],
    [settled.bulletinId, `now() + interval '10 days'`],
  ])
    await pool.query(
      `insert into broadcast_schedule (bulletin_id, release_at, version, organisations, rule_hash, approval_id, scheduled_by, scheduled_at)
        values ($1, ${when}, 1, 1, 'x', $2, 'x', now())`,
      [id, review?.id],
    )
  assert.notDeepEqual(await ask(platform.database, 'select from broadcast_release where is_chased'), [])
  const copy = join(platform.testDatabase.address.dataFolder, 'held.gz')
  await backup(platform.database, copy, NAMES)

  const other = await emptyDatabase()
  await restore(other, copy, NAMES)
  const open = `id in (select mailing_id from broadcast_delivery where state in ('queued', 'sending', 'failed'))`
  assert.deepEqual(await ask(other, `select from broadcast_mailing where paused_at is null and ${open}`), [], 'no message waits that nobody holds')
  const pauses = `select id, pause_reason as why from broadcast_mailing where id in ('${bulletin.mailingId}', '${settled.mailingId}') order by id`
  assert.deepEqual(await ask(other, pauses), [
    { id: bulletin.mailingId, why: 'Restored from a backup: look, then resume' },
    { id: settled.mailingId, why: null },
  ])
  assert.deepEqual(await ask(other, `select id, state from broadcast_digest_letter where digest_id = 'dig_held' order by id`), [
    { id: 'let_failed', state: 'given-up' },
    { id: 'let_queued', state: 'given-up' },
    { id: 'let_sending', state: 'given-up' },
    { id: 'let_sent', state: 'sent' },
  ])
  assert.deepEqual(await ask(other, `select state from broadcast_schedule where scheduled_by = 'x' order by release_at`), [
    { state: 'failed' },
    { state: 'waiting' },
  ])
  assert.deepEqual(await ask(other, 'select from broadcast_release where is_chased'), [], 'reminders that went out after the backup go out again')
})

test('an announcement that comes back sets off no webhook, and the next one does', async () => {
  const { pool } = platform.database
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'HOOK' })
  const announced = `insert into broadcast_announcement (id, type, at, bulletin_id, facts) values ($1, 'bulletin.released', now(), $2, '{}')`
  await pool.query(announced, ['ann_before', bulletin.bulletinId])
  // A centre listens to every bulletin, whatever else is restored first; from after that announcement on, so nothing was written for it.
  await pool.query(`update directory_organisation set type = 'centre' where id = $1`, [bulletin.organisationIds[0]])
  await pool.query(
    `insert into broadcast_webhook (id, organisation_id, kind, name, host, address_sealed, events, least_severity, state, state_at, created_by, created_at)
      values ('whk_after', $1, 'teams', 'Channel', 'hooks.example', '', '{bulletin.released}', 'information', 'active', now(), 'x', now())`,
    [bulletin.organisationIds[0]],
  )
  await pool.query(
    `insert into broadcast_webhook_message (id, webhook_id, announcement_id, type, state, queued_at, due_at)
      values ('whm_waiting', 'whk_after', 'ann_before', 'bulletin.released', 'failed', now(), now())`,
  )
  const copy = join(platform.testDatabase.address.dataFolder, 'announced.gz')
  await backup(platform.database, copy, NAMES)
  const other = await emptyDatabase()
  await restore(other, copy, NAMES)
  const messages = async () =>
    (
      await other.pool.query<{ id: string; state: string }>(
        `select announcement_id as id, state from broadcast_webhook_message where webhook_id = 'whk_after' order by announcement_id`,
      )
    ).rows
  const before = { id: 'ann_before', state: 'given-up' }
  assert.deepEqual(await messages(), [before], 'what waited may have gone out since: a person replays it')
  await other.pool.query(announced, ['ann_next', bulletin.bulletinId])
  assert.deepEqual(await messages(), [before, { id: 'ann_next', state: 'waiting' }])
})

test('a database that is in use is left as it is', async () => {
  const before = await everything(platform.database)
  await assert.rejects(restore(platform.database, file, NAMES), { code: 'platform.restore.not-empty' })
  assert.deepEqual(await everything(platform.database), before)
})

test('a damaged, foreign or missing file loads nothing and says so', async () => {
  const other = await emptyDatabase()
  const before = await everything(other)
  const bad = join(platform.testDatabase.address.dataFolder, 'bad.gz')
  const whole = await readFile(file)
  const attempts: readonly (readonly [Buffer, string])[] = [
    [whole.subarray(0, whole.length >> 1), 'platform.restore.damaged'],
    [Buffer.from('not a backup'), 'platform.restore.damaged'],
    [gzipSync('{"something":"else"}\n'), 'platform.restore.damaged'],
    [gzipSync(''), 'platform.restore.damaged'],
    [gzipSync('{"carecert":1,"migrations":["9999_future"]}\n'), 'platform.restore.other-version'],
    [gzipSync(`${JSON.stringify({ carecert: 1, migrations: NAMES })}\n["pg_authid",{}]\n`), 'platform.restore.damaged'],
  ]
  for (const [bytes, code] of attempts) {
    await writeFile(bad, bytes)
    await assert.rejects(restore(other, bad, NAMES), { code })
  }
  await truncate(bad, 0)
  await assert.rejects(restore(other, bad, NAMES), { code: 'platform.restore.damaged' })
  await assert.rejects(restore(other, `${bad}-missing`, NAMES), { code: 'platform.restore.missing' })
  assert.deepEqual(await everything(other), before)
})
