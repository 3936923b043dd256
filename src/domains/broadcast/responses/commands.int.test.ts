import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { addHours, parseLocalDate } from '../../../kernel/instant.ts'
import { SYSTEM, type Actor, type Scope } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../../directory/tables.ts'
import type { Visible } from '../tables.ts'
import { respond, respondForMany, type ManyOutcome } from './commands.ts'
import type { Answer } from './model.ts'
import { openAnswers } from './partner/queries.ts'
import { answersOf } from './queries.ts'
import { responseLines } from './queries/lines.ts'

const platform = await createTestPlatform()

function actorOf(scope: Scope, permissions: readonly string[] = ['broadcast.response.answer']): Actor {
  const organisationId = 'organisationId' in scope ? scope.organisationId : null
  return {
    kind: 'person',
    id: 'per_00000000000000000000000000000001',
    name: 'A person',
    role: 'cyber-lead',
    organisationId,
    scope,
    permissions: new Set(permissions),
  }
}

const ofOrganisation = (organisationId: Id<'organisation'>) => actorOf({ kind: 'organisation', organisationId })

function answer(state: Answer['state'], rest: Partial<Answer> = {}): Answer {
  return { state, note: null, reason: null, nextDate: null, ...rest }
}

function give(actor: Actor, bulletin: ReleasedBulletin, organisationId: Id<'organisation'>, given: Answer) {
  return runWork<Visible, void>(platform, actor, work => respond(work, { bulletinId: bulletin.bulletinId, organisationId, ...given, via: 'portal' }))
}

function recipient(bulletin: ReleasedBulletin, organisationId: string) {
  return readAs<
    Visible,
    { response: string | null; acknowledged_at: Date | null; decided_at: Date | null; done_at: Date | null; next_date: string | null }
  >(platform, SYSTEM, db =>
    db
      .selectFrom('broadcast_recipient')
      .where('bulletin_id', '=', bulletin.bulletinId)
      .where('organisation_id', '=', organisationId)
      .select(['response', 'acknowledged_at', 'decided_at', 'done_at', 'next_date'])
      .executeTakeFirstOrThrow(),
  )
}

function askAgain({ bulletinId }: ReleasedBulletin) {
  return runWork<Visible, void>(platform, SYSTEM, async work => {
    await work.db.updateTable('broadcast_bulletin').where('id', '=', bulletinId).set({ answer_again_at: work.now }).execute()
    work.record({ verb: 'test.asked-again', subject: { kind: 'bulletin', id: bulletinId } })
  })
}

function history(bulletin: ReleasedBulletin, organisationId: string) {
  return readAs<Visible, readonly { state: string; at: Date }[]>(platform, SYSTEM, db => answersOf(db, bulletin.bulletinId, organisationId))
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index]
  assert.ok(found !== undefined)
  return found
}

test('an organisation changes its mind; every answer is kept and where it stands follows the newest', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'A' })
  const us = at(bulletin.organisationIds, 0)
  const first = platform.clock.now()
  await give(ofOrganisation(us), bulletin, us, answer('acknowledged'))
  platform.clock.advanceHours(1)
  const second = platform.clock.now()
  await give(ofOrganisation(us), bulletin, us, answer('in-progress', { nextDate: parseLocalDate('2026-12-01') ?? null }))
  const busy = await recipient(bulletin, us)
  assert.deepEqual(
    [busy.response, busy.acknowledged_at, busy.decided_at, busy.done_at, busy.next_date],
    ['in-progress', first, second, null, '2026-12-01'],
  )
  platform.clock.advanceHours(1)
  await give(ofOrganisation(us), bulletin, us, answer('done', { note: 'Patched' }))
  assert.deepEqual((await recipient(bulletin, us)).done_at, platform.clock.now())
  platform.clock.advanceHours(1)
  await give(ofOrganisation(us), bulletin, us, answer('assessing'))
  const back = await recipient(bulletin, us)
  assert.deepEqual([back.response, back.acknowledged_at, back.decided_at, back.done_at, back.next_date], ['assessing', first, null, null, null])
  assert.deepEqual(
    (await history(bulletin, us)).map(({ state }) => state),
    ['assessing', 'done', 'in-progress', 'acknowledged'],
  )
})

test('the same answer twice, as by a double tap, is recorded once', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'B' })
  const us = at(bulletin.organisationIds, 0)
  await give(ofOrganisation(us), bulletin, us, answer('done'))
  await give(ofOrganisation(us), bulletin, us, answer('done'))
  assert.equal((await history(bulletin, us)).length, 1)
  await give(ofOrganisation(us), bulletin, us, answer('done', { note: 'and tested' }))
  assert.equal((await history(bulletin, us)).length, 2)
})

test('asked for again, the same answer is recorded anew: it says that it still holds', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'K' })
  const us = at(bulletin.organisationIds, 0)
  await give(ofOrganisation(us), bulletin, us, answer('done'))
  platform.clock.advanceHours(1)
  await askAgain(bulletin)
  platform.clock.advanceHours(1)
  await give(ofOrganisation(us), bulletin, us, answer('done'))
  await give(ofOrganisation(us), bulletin, us, answer('done'))
  assert.deepEqual(
    (await history(bulletin, us)).map(({ at: given }) => given),
    [platform.clock.now(), addHours(platform.clock.now(), -2)],
  )
})

test('two people of one organisation who answer at once are both kept', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'C' })
  const us = at(bulletin.organisationIds, 0)
  await Promise.all([give(ofOrganisation(us), bulletin, us, answer('assessing')), give(ofOrganisation(us), bulletin, us, answer('done'))])
  assert.equal((await history(bulletin, us)).length, 2)
})

test('nobody answers for another, nor for a bulletin that did not come to them, nor without the permission', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 2, prefix: 'D' })
  const other = await releasedBulletin(platform, { organisations: 1, prefix: 'E' })
  const [us, them] = [at(bulletin.organisationIds, 0), at(bulletin.organisationIds, 1)]
  await assert.rejects(give(ofOrganisation(us), bulletin, them, answer('done')), NotFound)
  await assert.rejects(give(ofOrganisation(us), other, us, answer('done')), NotFound)
  await assert.rejects(give(actorOf({ kind: 'organisation', organisationId: us }, []), bulletin, us, answer('done')), Forbidden)
  await assert.rejects(give(actorOf({ kind: 'centre' }, []), bulletin, us, answer('done')), Forbidden)
  assert.equal((await recipient(bulletin, us)).response, null)
})

test('row-level security alone keeps one organisation from the answers of another', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 2, prefix: 'F' })
  const [us, them] = [at(bulletin.organisationIds, 0), at(bulletin.organisationIds, 1)]
  await give(ofOrganisation(them), bulletin, them, answer('done', { note: 'ours alone' }))
  const seen = await readAs<Visible, number>(
    platform,
    ofOrganisation(us),
    async db => (await db.selectFrom('broadcast_response').selectAll().execute()).filter(row => row.bulletin_id === bulletin.bulletinId).length,
  )
  assert.equal(seen, 0)
  await assert.rejects(
    runWork<Visible, void>(platform, ofOrganisation(us), async work => {
      await work.db
        .insertInto('broadcast_response')
        .values({
          id: work.newId('response'),
          bulletin_id: bulletin.bulletinId,
          organisation_id: them,
          state: 'done',
          at: work.now,
          by_kind: 'person',
          by_id: 'x',
          via: 'portal',
          note: null,
          reason: null,
          next_date: null,
        })
        .execute()
      work.record({ verb: 'test.forged', subject: { kind: 'bulletin', id: bulletin.bulletinId } })
    }),
    { code: '42501' },
  )
})

test('an answer without its date or reason is refused by the command too, and so is one to a withdrawn bulletin', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'G' })
  const us = at(bulletin.organisationIds, 0)
  await assert.rejects(give(ofOrganisation(us), bulletin, us, answer('not-acting')), Invalid)
  await assert.rejects(give(ofOrganisation(us), bulletin, us, answer('in-progress')), Invalid)
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    await work.db
      .updateTable('broadcast_bulletin')
      .where('id', '=', bulletin.bulletinId)
      .set({ state: 'withdrawn', withdrawn_at: work.now })
      .execute()
    work.record({ verb: 'test.withdrawn', subject: { kind: 'bulletin', id: bulletin.bulletinId } })
  })
  await assert.rejects(give(ofOrganisation(us), bulletin, us, answer('done')), Conflict)
})

test('a partner answers once for all it looks after, or for none when one of them is not its own', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 4, prefix: 'H' })
  const [partnerId, ...clients] = bulletin.organisationIds
  assert.ok(partnerId !== undefined)
  const stranger = at(clients, 2)
  const ours = clients.slice(0, 2)
  await runWork<DirectoryTables, void>(platform, SYSTEM, async work => {
    await work.db
      .insertInto('directory_partnership')
      .values(
        ours.map(organisationId => ({
          id: work.newId('partnership'),
          partner_id: partnerId,
          organisation_id: organisationId,
          since: work.now,
          until: null,
        })),
      )
      .execute()
    work.record({ verb: 'test.partnered', subject: { kind: 'organisation', id: partnerId } })
  })
  const partner = actorOf({ kind: 'partner', organisationId: partnerId })
  const many = (ids: readonly Id<'organisation'>[]) =>
    runWork<Visible, ManyOutcome>(platform, partner, work =>
      respondForMany(
        work,
        ids.map(organisationId => ({ bulletinId: bulletin.bulletinId, organisationId })),
        { ...answer('done'), via: 'partner' },
      ),
    )

  const refused = await many([...ours, stranger])
  assert.deepEqual(!refused.ok && refused.refused.map(({ organisationId }) => organisationId), [stranger])
  assert.equal((await recipient(bulletin, at(ours, 0))).response, null, 'all or nothing')
  assert.deepEqual(await many(ours), { ok: true, recorded: 2 })
  assert.equal((await recipient(bulletin, at(ours, 1))).response, 'done')
  const open = await readAs<Visible, Awaited<ReturnType<typeof openAnswers>>>(platform, partner, db =>
    openAnswers(db, partner.scope, { number: bulletin.number, search: '', show: 'open' }, { limit: 50, cursor: null }),
  )
  assert.deepEqual([open.total, open.rows.map(({ organisationId }) => organisationId)], [1, [partnerId]])
})

test('the list of answers gives the newest of each organisation, or all, page by page', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 3, prefix: 'J' })
  for (const [index, id] of bulletin.organisationIds.entries()) {
    await give(ofOrganisation(id), bulletin, id, answer('acknowledged'))
    if (index > 0) await give(ofOrganisation(id), bulletin, id, answer('done', { note: `note ${index}` }))
  }
  const lines = (historyToo: boolean, limit: number, cursor: string | null) =>
    readAs<Visible, Awaited<ReturnType<typeof responseLines>>>(platform, SYSTEM, db =>
      responseLines(db, bulletin.bulletinId, historyToo, { limit, cursor }),
    )
  assert.deepEqual(
    (await lines(false, 50, null)).lines.map(({ organisation, state, note }) => [organisation, state, note]),
    [
      ['J00000', 'acknowledged', null],
      ['J00001', 'done', 'note 1'],
      ['J00002', 'done', 'note 2'],
    ],
  )
  assert.equal((await lines(true, 50, null)).lines.length, 5)
  const first = await lines(false, 2, null)
  assert.deepEqual(
    (await lines(false, 2, first.next)).lines.map(({ organisation }) => organisation),
    ['J00002'],
  )
})
