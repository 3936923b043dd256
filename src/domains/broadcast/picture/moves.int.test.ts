import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { SYSTEM, type Actor } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../../directory/tables.ts'
import type { DeliveryState } from '../deliveries/model.ts'
import { countsByState, deliveryCounts } from '../deliveries/queries.ts'
import type { Visible } from '../tables.ts'
import { mergeTally } from './commands.ts'
import { funnel, groups } from './queries.ts'
import { NO_RECIPIENTS_FILTER, recipients } from './queries/recipients.ts'

const platform = await createTestPlatform()
const read = <R>(body: (db: Reader<Visible>) => Promise<R>, actor: Actor = SYSTEM) => readAs<Visible, R>(platform, actor, body)

async function regionOf(code: string): Promise<string> {
  return runWork<DirectoryTables, string>(platform, SYSTEM, async work => {
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
}

async function lead(code: string): Promise<Actor> {
  const organisationId = (await regionOf(code)) as never
  const scope = { kind: 'region', organisationId } as const
  return { kind: 'person', id: 'per_x', name: 'x', role: null, organisationId, scope, permissions: new Set() }
}

function moveTo(region: string, organisationId = ''): Promise<void> {
  return runWork<DirectoryTables, void>(platform, SYSTEM, async work => {
    await work.db.updateTable('directory_organisation').set({ region_code: region }).where('id', '=', organisationId).execute()
    work.record({ verb: 'test.moved', subject: { kind: 'organisation', id: organisationId } })
  })
}

test('an organisation that moves is seen by its new region and counted there, not by its old one; to the centre it stays where it was', async () => {
  const moving = await releasedBulletin(platform, { organisations: 10, reachable: 10, prefix: 'M' })
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

  await moveTo('Y99', moving.organisationIds[1])
  assert.deepEqual(await seenBy('Y63'), [4, 4, 4, 1])
  assert.deepEqual(await seenBy('Y99'), [1, 1, 1, 1])
  assert.deepEqual(await byRegion(), atRelease)
})

test('a region counts the deliveries that it may see, by state, before and after an organisation moves; of a group’s bulletin its own alone', async () => {
  const { bulletinId, mailingId, organisationIds, deliveryIds } = await releasedBulletin(platform, { organisations: 10, contacts: 2, prefix: 'N' })
  const [sent, failed] = [deliveryIds.slice(0, 13), deliveryIds.slice(13, 16)]
  for (const [state, ids] of [
    ['sent', sent],
    ['failed', failed],
  ] as const)
    await sql`update broadcast_delivery set state = ${state} where id = any(${[...ids]}::text[])`.execute(platform.database.kysely)
  const countedBy = async (code: string) => {
    const actor = await lead(code)
    return read(async db => {
      const counts = await countsByState(db, bulletinId)
      const rows = await db.selectFrom('broadcast_delivery').where('bulletin_id', '=', bulletinId).select('state').execute()
      const of = (state: string) => rows.filter(row => row.state === state).length
      assert.deepEqual(
        ['queued', 'sent', 'failed'].map(state => counts.get(state as DeliveryState) ?? 0),
        ['queued', 'sent', 'failed'].map(of),
        'as they are counted one by one',
      )
      return [await deliveryCounts(db, bulletinId, mailingId), rows.length] as const
    }, actor)
  }
  const counts = (queued: number, sentOnes: number, failedOnes: number) => {
    const total = queued + sentOnes + failedOnes
    return [{ queued, sent: sentOnes, failed: failedOnes, givenUp: 0, total }, total]
  }
  assert.deepEqual(await countedBy('Y61'), counts(2, 7, 1))
  assert.deepEqual(await countedBy('Y63'), counts(2, 6, 2))
  assert.deepEqual(await countedBy('Y99'), counts(0, 0, 0))
  await moveTo('Y99', organisationIds[1])
  assert.deepEqual(await countedBy('Y63'), counts(2, 4, 2))
  assert.deepEqual(await countedBy('Y99'), counts(0, 2, 0))
  assert.deepEqual(await countedBy('Y61'), counts(2, 7, 1))

  const sums = () =>
    read(db => db.selectFrom('broadcast_delivery_tally').where('bulletin_id', '=', bulletinId).select(['looked_after_by', 'change']).execute())
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    await mergeTally(work, bulletinId)
    work.record({ verb: 'test.merged', subject: { kind: 'bulletin', id: bulletinId } })
  })
  assert.deepEqual((await sums()).map(({ looked_after_by: code, change }) => `${code} ${change}`).toSorted(), ['Y61 10', 'Y63 8', 'Y99 2'])
  assert.deepEqual(await countedBy('Y63'), counts(2, 4, 2))

  await sql`insert into broadcast_sharing_group (id, name, purpose, made_by, made_at) values ('c0ffee00-0000-4000-8000-000000000001', 'N', 'N', 'test', now())`.execute(
    platform.database.kysely,
  )
  await sql`update broadcast_bulletin set sharing_group_id = 'c0ffee00-0000-4000-8000-000000000001' where id = ${bulletinId}`.execute(
    platform.database.kysely,
  )
  assert.deepEqual(await countedBy('Y63'), counts(0, 0, 0))
})
