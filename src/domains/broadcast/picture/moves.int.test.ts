import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { SYSTEM, type Actor } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../../directory/tables.ts'
import type { Visible } from '../tables.ts'
import { funnel, groups } from './queries.ts'
import { NO_RECIPIENTS_FILTER, recipients } from './queries/recipients.ts'

const platform = await createTestPlatform()
const read = <R>(body: (db: Reader<Visible>) => Promise<R>, actor: Actor = SYSTEM) => readAs<Visible, R>(platform, actor, body)

test('an organisation that moves is seen by its new region and counted there, not by its old one; to the centre it stays where it was', async () => {
  const regionOf = (code: string): Promise<string> =>
    runWork<DirectoryTables, string>(platform, SYSTEM, async work => {
      const known = await work.db.selectFrom('directory_organisation').select('id').where('code', '=', code).executeTakeFirst()
      if (known !== undefined) return known.id
      const model = await work.db.selectFrom('directory_organisation').selectAll().limit(1).executeTakeFirstOrThrow()
      const id = work.newId('organisation')
      const address = JSON.stringify(model.address)
      await work.db
        .insertInto('directory_organisation')
        .values({ ...model, id, code, name: `Region ${code}`, name_key: `region ${code}`, type: 'region', region_code: null, address })
        .execute()
      work.record({ verb: 'test.region', subject: { kind: 'organisation', id } })
      return id
    })
  const moving = await releasedBulletin(platform, { organisations: 10, reachable: 10, prefix: 'M' })
  const lead = async (code: string): Promise<Actor> => {
    const organisationId = (await regionOf(code)) as never
    const scope = { kind: 'region', organisationId } as const
    return { kind: 'person', id: 'per_x', name: 'x', role: null, organisationId, scope, permissions: new Set() }
  }
  const seenBy = async (code: string) => {
    const actor = await lead(code)
    return read(async db => {
      const page = await recipients(db, actor.scope, moving.bulletinId, NO_RECIPIENTS_FILTER, { limit: 50, cursor: null })
      const visible = await db.selectFrom('broadcast_bulletin').select('id').where('id', '=', moving.bulletinId).execute()
      return [(await funnel(db, actor.scope, moving.bulletinId)).audience, page.total, page.rows.length, visible.length]
    }, actor)
  }
  const byRegion = () =>
    read(async db => (await groups(db, SYSTEM.scope, moving.bulletinId, 'region')).map(({ code, audience }) => `${code} ${audience}`).toSorted())
  const atRelease = await byRegion()
  assert.deepEqual(await seenBy('Y63'), [5, 5, 5, 1])
  assert.deepEqual(await seenBy('Y99'), [0, 0, 0, 0])

  await runWork<DirectoryTables, void>(platform, SYSTEM, async work => {
    await work.db
      .updateTable('directory_organisation')
      .set({ region_code: 'Y99' })
      .where('id', '=', moving.organisationIds[1] ?? '')
      .execute()
    work.record({ verb: 'test.moved', subject: { kind: 'organisation', id: moving.organisationIds[1] ?? '' } })
  })
  assert.deepEqual(await seenBy('Y63'), [4, 4, 4, 1])
  assert.deepEqual(await seenBy('Y99'), [1, 1, 1, 1])
  assert.deepEqual(await byRegion(), atRelease)
})
