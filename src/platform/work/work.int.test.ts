import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type Generated } from 'kysely'
import { z } from 'zod'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { Bug } from '../../kernel/errors.ts'
import { verifyChain } from '../audit/verify.ts'
import { SYSTEM, type Actor } from './actor.ts'
import { readAs } from './read.ts'
import { runWork, type Work } from './work.ts'

interface Tables {
  directory_organisation_type: { code: string; name: string; plural: string; position: number }
  directory_product: { id: Generated<number>; maker: string; product: string; maker_key: string; product_key: string }
}

const platform = await createTestPlatform()
const centre: Actor = { ...SYSTEM, kind: 'person', id: 'per_test', scope: { kind: 'centre' } }

function addProduct(work: Work<Tables>, name: string) {
  return work.db.insertInto('directory_product').values({ maker: '', product: name, maker_key: '', product_key: name }).execute()
}

function products(name: string) {
  return readAs<Tables, unknown[]>(platform, SYSTEM, db => db.selectFrom('directory_product').select('id').where('product_key', '=', name).execute())
}

function isBug(code: string) {
  return (error: unknown) => error instanceof Bug && error.code === code
}

test('guard 1: a second unit of work inside one is refused at once, instead of waiting for ever', async () => {
  await assert.rejects(
    runWork<Tables, void>(platform, SYSTEM, () => runWork<Tables, void>(platform, SYSTEM, async () => {})),
    isBug('platform.work.nested'),
  )
  await assert.rejects(
    runWork<Tables, unknown>(platform, SYSTEM, () => readAs(platform, SYSTEM, async () => {})),
    isBug('platform.work.nested'),
  )
})

test('guard 1: the outer handle is refused inside a unit of work', async () => {
  await assert.rejects(
    runWork<Tables, unknown>(platform, SYSTEM, () => sql`select 1`.execute(platform.database.kysely)),
    isBug('platform.work.nested'),
  )
})

test('guard 2: a unit of work that wrote and recorded nothing is rolled back', async () => {
  await assert.rejects(
    runWork<Tables, unknown>(platform, SYSTEM, work => addProduct(work, 'unrecorded')),
    isBug('platform.work.unrecorded'),
  )
  assert.equal((await products('unrecorded')).length, 0)
})

test('guard 3: a query after the end of its unit of work throws', async () => {
  let kept: Work<Tables> | undefined
  await runWork<Tables, void>(platform, SYSTEM, async work => {
    kept = work
  })
  const late = kept
  assert.ok(late)
  await assert.rejects(() => late.db.selectFrom('directory_product').select('id').execute(), isBug('platform.work.ended'))
})

test('a change, its record and its job stand or fall together', async () => {
  const before = await platform.database.pool.query('select count(*) from audit_record')
  await assert.rejects(
    runWork<Tables, void>(platform, centre, async work => {
      await addProduct(work, 'doomed')
      work.record({ verb: 'test.product.added', subject: { kind: 'product', id: 'doomed' } })
      throw new Error('a crash at the very end')
    }),
  )
  const afterwards = await platform.database.pool.query('select count(*) from audit_record')
  assert.deepEqual(afterwards.rows, before.rows)
  assert.equal((await products('doomed')).length, 0)
})

test('a recorded change is kept, with who did it and when', async () => {
  await runWork<Tables, void>(platform, centre, async work => {
    await addProduct(work, 'kept')
    work.record({ verb: 'test.product.added', subject: { kind: 'product', id: 'kept' }, change: { name: 'kept' } })
  })
  assert.equal((await products('kept')).length, 1)
  const { rows } = await platform.database.pool.query(`select actor_id, at, verb, change from audit_record where subject_id = 'kept'`)
  assert.deepEqual(rows, [{ actor_id: 'per_test', at: platform.clock.now(), verb: 'test.product.added', change: '{"name":"kept"}' }])
})

test('what the operator does in a person’s name is marked in every record of it', async () => {
  await runWork<Tables, void>(platform, { ...centre, through: 'command-line' }, async work =>
    work.record({ verb: 'test.said', subject: { kind: 'test', id: 'by-command' } }),
  )
  const { rows } = await platform.database.pool.query(`select actor_id, correlation from audit_record where subject_id = 'by-command'`)
  assert.equal(rows[0].actor_id, 'per_test')
  assert.match(String(rows[0].correlation), /^command-line:/)
})

test('a key that would mean nothing is refused', async () => {
  await assert.rejects(
    runWork<Tables, void>(platform, SYSTEM, async work => work.enqueue({ name: 'test.many', payload: z.object({}) }, {}, { onceKey: 'x' })),
    isBug('platform.work.once-key'),
  )
})

test('a read cannot write: the database itself refuses', async () => {
  await assert.rejects(
    readAs<Tables, unknown>(platform, SYSTEM, db =>
      (db as Work<Tables>['db']).insertInto('directory_product').values({ maker: '', product: 'x', maker_key: '', product_key: 'x' }).execute(),
    ),
    { code: '25006' },
  )
})

test('nothing of one transaction’s scope is left on the connection for the next', async () => {
  await readAs<Tables, unknown>(platform, centre, db => db.selectFrom('directory_product').select('id').execute())
  const { rows } = await sql<{
    scope: string
    role: string
  }>`select coalesce(current_setting('carecert.scope_kind', true), '') as scope, current_user as role`.execute(platform.database.kysely)
  assert.equal(rows[0]?.scope, '')
  assert.notEqual(rows[0]?.role, 'carecert_app')
})

test('with no scope at all, nothing is seen', async () => {
  const nobody: Actor = { ...SYSTEM, scope: { kind: 'none' } }
  const rows = await readAs<Tables, unknown[]>(platform, nobody, db => db.selectFrom('directory_product').select('id').execute())
  assert.deepEqual(rows, [])
})

test('the audit refuses to be changed, by its owner too, and names the first broken row when it was changed all the same', async () => {
  for (const attack of [`update audit_record set verb = 'x'`, 'delete from audit_record', 'truncate audit_record']) {
    await assert.rejects(platform.database.pool.query(attack), { code: '42501' })
  }
  for (const name of ['one', 'two', 'three']) {
    await runWork<Tables, void>(platform, centre, async work => work.record({ verb: 'test.said', subject: { kind: 'test', id: name } }))
  }
  const sound = await verifyChain(platform.database.kysely)
  assert.equal(sound.ok, true)
  assert.equal((await verifyChain(platform.database.kysely, 'f'.repeat(64))).ok, false, 'a head that was noted elsewhere is missing')

  await platform.database.pool.query('alter table audit_record disable trigger audit_no_change')
  await platform.database.pool.query(`update audit_record set reason = 'forged' where subject_id = 'two'`)
  const forged = await verifyChain(platform.database.kysely)
  const { rows } = await platform.database.pool.query(`select seq from audit_record where subject_id = 'two'`)
  assert.deepEqual({ ok: forged.ok, firstBroken: forged.firstBroken }, { ok: false, firstBroken: rows[0].seq })

  await platform.database.pool.query(`update audit_record set reason = null where subject_id = 'two'`)
  assert.equal((await verifyChain(platform.database.kysely)).ok, true)
  await platform.database.pool.query(`delete from audit_record where subject_id = 'two'`)
  assert.equal((await verifyChain(platform.database.kysely)).firstBroken, rows[0].seq, 'a removed row is found')
})

test('a reader of many pages sees one picture, also of what others commit meanwhile', async () => {
  const isolation = (isOnePicture: boolean) =>
    readAs<object, string | undefined>(
      platform,
      SYSTEM,
      async db => (await sql<{ transaction_isolation: string }>`show transaction_isolation`.execute(db)).rows[0]?.transaction_isolation,
      { isOnePicture },
    )
  assert.deepEqual([await isolation(true), await isolation(false)], ['repeatable read', 'read committed'])
})
