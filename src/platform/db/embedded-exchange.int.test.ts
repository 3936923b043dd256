import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTestDatabase } from '../../../test/support/database.ts'
import { openDatabase } from './database.ts'

const skip = process.env['TEST_DATABASE_URL'] === undefined ? false : 'this is about the embedded database'
const place = skip === false ? await createTestDatabase() : null
after(() => place?.remove())

/** Asks `rounds` times for that many values, each told apart by who asks, and checks that they come back. */
async function echo(
  pool: Awaited<ReturnType<typeof openDatabase>>['pool'],
  who: string,
  values: number,
  length: number,
  rounds: number,
): Promise<void> {
  const given = Array.from({ length: values }, (_, at) => `${who}${at}`.padEnd(length, '.'))
  const columns = given.map((_, at) => `$${at + 1}::text as v${at}`).join(', ')
  for (let round = 0; round < rounds; round += 1) {
    const { rows } = await pool.query(`select ${columns}`, given)
    assert.deepEqual(Object.values(rows[0] as object), given)
  }
}

test('a statement too large for one packet is not mixed up with those of other connections', { skip }, async () => {
  const database = await openDatabase({ url: null, dataFolder: place?.address.dataFolder ?? '' })
  try {
    await Promise.all([
      echo(database.pool, 'a', 1_500, 500, 6),
      echo(database.pool, 'b', 1_500, 500, 6),
      echo(database.pool, 'c', 1, 10, 200),
      echo(database.pool, 'd', 2, 10, 200),
    ])
  } finally {
    await database.close()
  }
})
