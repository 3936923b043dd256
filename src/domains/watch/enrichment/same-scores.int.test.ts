import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { gather } from '../gather.ts'
import type { Visible } from '../tables.ts'
import { epssOf } from './queries.ts'

const platform = await createTestPlatform()

function scores(date: string, lines: readonly string[]): Buffer {
  return gzipSync(`#model_version:v2026.01.01,score_date:${date}T00:00:00+0000\ncve,epss,percentile\n${lines.join('\n')}\n`)
}

async function take(bytes: Buffer): Promise<readonly number[]> {
  const { failure, added, changed, unchanged } = await gather(platform, SYSTEM, { address: 'epss.csv.gz', bytes })
  assert.equal(failure, null)
  return [added, changed, unchanged]
}

const scoreNow = async () => {
  const [score] = await readAs<Visible, Awaited<ReturnType<typeof epssOf>>>(platform, SYSTEM, (db: Reader<Visible>) => epssOf(db, ['CVE-1900-0001']))
  return score?.scoreMillionths
}

test('the bytes that were taken in last are not read again, and others of that day are, and then the first again', async () => {
  const low = scores('2026-02-01', ['CVE-1900-0001,0.1,0.5', 'CVE-1900-0002,0.6,0.99'])
  const high = scores('2026-02-01', ['CVE-1900-0001,0.7,0.99', 'CVE-1900-0002,0.6,0.99'])
  assert.deepEqual(await take(low), [2, 0, 0])
  assert.deepEqual(await take(low), [0, 0, 2])
  await sql`update watch_epss set score_millionths = 123 where cve = 'CVE-1900-0001'`.execute(platform.database.kysely)
  assert.deepEqual(await take(low), [0, 0, 2], 'what was passed over counts as much as what was read')
  assert.equal(await scoreNow(), 123, 'it was not read')
  assert.deepEqual(await take(high), [0, 1, 1])
  assert.equal(await scoreNow(), 700_000)
  assert.deepEqual(await take(low), [0, 1, 1])
  assert.equal(await scoreNow(), 100_000)
})

test('bytes of which a row could not be read are read again', async () => {
  const faulty = scores('2026-02-02', ['CVE-1900-0001,0.2,0.5', 'nonsense'])
  assert.deepEqual(await take(faulty), [0, 1, 0])
  assert.deepEqual(await take(faulty), [0, 0, 1])
})
