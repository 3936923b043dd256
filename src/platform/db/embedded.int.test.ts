import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rmdir, stat } from 'node:fs/promises'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { createTestDatabase } from '../../../test/support/database.ts'
import { monotonicMillis, sleep } from '../clock/clock.ts'
import { openDatabase } from './database.ts'

const isServerRun = process.env['TEST_DATABASE_URL'] !== undefined
const skip = isServerRun ? 'this is about the embedded database' : false
const place = isServerRun ? null : await createTestDatabase()
after(() => place?.remove())
const folder = place?.address.dataFolder ?? ''

/** Another process that opens the database, says so, and stays until killed. It inserts a row a moment, each committed by itself. */
function otherProcess() {
  const source = `
    const { openDatabase } = await import(${JSON.stringify(new URL('./database.ts', import.meta.url).href)})
    const database = await openDatabase({ url: null, dataFolder: ${JSON.stringify(folder)} })
    await database.pool.query('create table if not exists kept (number int primary key)')
    const { rows } = await database.pool.query('select coalesce(max(number), 0) as last from kept')
    console.log('open ' + database.isHost)
    for (let number = rows[0].last + 1; ; number += 1) {
      await database.pool.query('insert into kept values ($1)', [number])
      console.log('committed ' + number)
    }`
  return spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: fileURLToPath(new URL('../../../', import.meta.url)),
  })
}

test('its folder is open to its owner alone, and so is the socket in it', { skip }, async () => {
  const database = await openDatabase({ url: null, dataFolder: folder })
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  assert.equal((await stat(`${folder}/run`)).mode & 0o777, 0o700)
  assert.equal((await stat(`${folder}/run/.s.PGSQL.5432`)).mode & 0o777, 0o600)
  await database.close()
})

test('one opens it, whoever comes next speaks through the first, and two at once share it without loss', { skip }, async () => {
  const [first, second] = await Promise.all([openDatabase({ url: null, dataFolder: folder }), openDatabase({ url: null, dataFolder: folder })])
  assert.deepEqual([first.isHost, second.isHost].toSorted(), [false, true])
  await first.pool.query('create table shared (number int)')
  await Promise.all(
    Array.from({ length: 40 }, (_, number) => (number % 2 === 0 ? first : second).pool.query('insert into shared values ($1)', [number])),
  )
  assert.equal((await second.pool.query('select count(*) as count from shared')).rows[0].count, 40)
  const [guest, host] = first.isHost ? [second, first] : [first, second]
  await guest.close()
  await host.close()
})

test('whoever has just taken the lock keeps it, though the folder was another’s before', { skip }, async () => {
  const source = `
    const { openDatabase } = await import(${JSON.stringify(new URL('./database.ts', import.meta.url).href)})
    await (await openDatabase({ url: null, dataFolder: ${JSON.stringify(folder)} })).close()`
  const before = spawnSync(process.execPath, ['--input-type=module', '-e', source], { cwd: fileURLToPath(new URL('../../../', import.meta.url)) })
  assert.equal(before.status, 0, before.stderr.toString())
  // A newcomer in the moment after it took the lock, before it has said who it is.
  await mkdir(`${folder}/lock`)
  const { ino, birthtimeMs } = await stat(`${folder}/lock`)
  const waiting = openDatabase({ url: null, dataFolder: folder })
  await sleep(1_500)
  const still = await stat(`${folder}/lock`)
  assert.deepEqual({ ino: still.ino, birthtimeMs: still.birthtimeMs }, { ino, birthtimeMs }, 'the lock is still the newcomer’s')
  await rmdir(`${folder}/lock`)
  const database = await waiting
  assert.equal(database.isHost, true)
  await database.close()
})

test('a long query does not hold up this process', { skip }, async () => {
  const database = await openDatabase({ url: null, dataFolder: folder })
  let slowestTick = 0
  let last = monotonicMillis()
  const ticking = setInterval(() => {
    slowestTick = Math.max(slowestTick, monotonicMillis() - last)
    last = monotonicMillis()
  }, 10)
  const started = monotonicMillis()
  await sql`select count(*) from generate_series(1, 1500000)`.execute(database.kysely)
  const took = monotonicMillis() - started
  clearInterval(ticking)
  await database.close()
  // In one thread the slowest tick would be the query itself.
  assert.ok(slowestTick < took / 2, `a tick waited ${Math.round(slowestTick)} ms for a query of ${Math.round(took)} ms`)
})

test('killed in the middle of writing, it opens again at once with everything that was committed', { skip }, async () => {
  for (let round = 0; round < 2; round += 1) {
    const writer = otherProcess()
    let said = ''
    writer.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    for (let waited = 0; !/committed \d+\n(.*\n){20}/.test(said); waited += 20) {
      assert.ok(waited < 60_000, 'the writer does not write')
      await sleep(20)
    }
    writer.kill('SIGKILL')
    await once(writer, 'close')
    assert.match(said, /open true/)
    const lastSaid = Number(/committed (\d+)\n[^\n]*$/.exec(said)?.[1])

    const started = monotonicMillis()
    const database = await openDatabase({ url: null, dataFolder: folder })
    const { rows } = await database.pool.query('select count(*) as count, max(number) as last from kept')
    await database.close()
    assert.ok(rows[0].last >= lastSaid, `the last one that was acknowledged, ${lastSaid}, is gone`)
    assert.equal(rows[0].count, rows[0].last, 'there is a hole')
    assert.ok(monotonicMillis() - started < 30_000)
  }
})
