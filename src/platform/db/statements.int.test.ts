import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { SYSTEM } from '../work/actor.ts'
import { readAs } from '../work/read.ts'

const platform = await createTestPlatform()
const { database } = platform

test('the same statement of a prepared read gives each asker what they asked for, in their own scope', async () => {
  const ask = (number: number, id: string) =>
    readAs<object, { number: number; scope: string } | undefined>(
      platform,
      { ...SYSTEM, scope: { kind: 'organisation', organisationId: id as never } },
      async db => (await sql<{ number: number; scope: string }>`select ${number}::int as number, carecert_scope_id() as scope`.execute(db)).rows[0],
      { isPrepared: true },
    )
  for (const [number, id] of [
    [1, 'org_a'],
    [2, 'org_b'],
    [3, "org_'c"],
  ] as const)
    assert.deepEqual(await ask(number, id), { number, scope: id })
})

test('a transaction that asks nothing, or fails at once, leaves its connection free and nothing behind', async () => {
  await database.transactions.transaction().execute(async () => {})
  await assert.rejects(
    database.transactions.transaction().execute(transaction => sql`select 1 / 0`.execute(transaction)),
    /division by zero/,
  )
  await assert.rejects(
    database.transactions.transaction().execute(async transaction => {
      await sql`create table left_behind (id integer)`.execute(transaction)
      throw new Error('no')
    }),
    /no/,
  )
  const { rows } = await sql<{ open: number; left: string | null }>`
    select (select count(*)::int from pg_stat_activity where state like 'idle in transaction%' and datname = current_database()) as open, to_regclass('left_behind')::text as left`.execute(
    database.kysely,
  )
  assert.deepEqual(rows, [{ open: 0, left: null }])
})

test('the opening that travels with the first statement is a transaction all the same, and read only where it says so', async () => {
  await assert.rejects(
    database.transactions
      .transaction()
      .setAccessMode('read only')
      .execute(transaction => sql`create table not_allowed (id integer)`.execute(transaction)),
    /read-only transaction/,
  )
})
