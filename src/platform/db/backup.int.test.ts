import assert from 'node:assert/strict'
import { readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { MIGRATIONS } from '../../../migrations/index.ts'
import { createTestDatabase } from '../../../test/support/database.ts'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { loadSample } from '../../app/sample/load.ts'
import { verifyChain } from '../audit/verify.ts'
import { createOutput } from '../cli/output.ts'
import { backup, restore } from './backup.ts'
import { openDatabase, type Database } from './database.ts'

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

/** Every row of every table that a backup holds, as text. */
async function everything(database: Database): Promise<string[]> {
  const copy = join(platform.testDatabase.address.dataFolder, 'compare.gz')
  await backup(database, copy, NAMES)
  return gunzipSync(await readFile(copy))
    .toString()
    .split('\n')
    .toSorted()
}

/** The sums that triggers keep, which a backup leaves out. */
async function sums(database: Database): Promise<unknown[]> {
  const { rows }: { rows: unknown[] } = await database.pool.query(
    'select bulletin_id, type, region_code, board_code, looked_after_by, response, is_delivered, is_reachable, sum(change) as number from broadcast_tally group by 1, 2, 3, 4, 5, 6, 7, 8 having sum(change) <> 0 order by 1, 2, 3, 4, 5, 6, 7, 8',
  )
  assert.ok(rows.length > 0)
  return rows
}

test('a backup is readable by its owner alone', async () => {
  assert.equal((await stat(file)).mode & 0o777, 0o600)
})

test('what was restored is the same, row by row, and the audit is whole; new numbers follow on', async () => {
  const other = await emptyDatabase()
  await restore(other, file, NAMES)
  assert.deepEqual(await everything(other), await everything(platform.database))
  assert.deepEqual(await sums(other), await sums(platform.database), 'what triggers derive is derived anew')
  assert.deepEqual(await verifyChain(other.kysely), await verifyChain(platform.database.kysely))
  await assert.rejects(other.pool.query('delete from audit_record'), { code: '42501' }, 'the audit of the restored database can be changed')
  const next = await other.pool.query(`select nextval('broadcast_bulletin_number') as next, (select max(number) from broadcast_bulletin) as last`)
  assert.equal(next.rows[0].next, next.rows[0].last + 1)
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
