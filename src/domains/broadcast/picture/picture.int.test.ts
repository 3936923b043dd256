import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { parseLocalDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import { SYSTEM, type Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../../directory/tables.ts'
import { respond } from '../responses/commands.ts'
import { RESPONSE_CHOICES, RESPONSE_STATES, type ResponseState } from '../responses/model.ts'
import type { Visible } from '../tables.ts'
import { mergeTally } from './commands.ts'
import { APART, DIMENSIONS, segments, STAGES, type Counts, type Group, type Stage } from './model.ts'
import { funnel, groups, SUM_KEYS } from './queries.ts'
import { NO_RECIPIENTS_FILTER, RECIPIENT_SORTS, recipients, type RecipientRow, type RecipientsFilter } from './queries/recipients.ts'
import { timesByGroup, timesOfAll } from './queries/times.ts'
import { timeTo } from './survival.ts'
import { TIME_EVENTS, type TimeEvent, type Times } from './times.ts'

const platform = await createTestPlatform()
const SIZE = 120
const bulletin = await releasedBulletin(platform, { organisations: SIZE, reachable: 100, contacts: 2, prefix: 'A' })
const seed = lcg(20_261_120)
/** What the test itself did, told apart from all that the product counts. */
const facts = bulletin.organisationIds.map((id, index) => ({
  id,
  index,
  delivered: false,
  first: undefined as number | undefined,
  state: undefined as ResponseState | undefined,
}))

function lcg(start: number): () => number {
  let state = start
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296) / 4_294_967_296
}

await runWork<Visible & DirectoryTables, void>(platform, SYSTEM, async work => {
  const delivered = facts.filter(fact => fact.index < 100 && fact.index % 10 !== 3)
  for (const fact of delivered) fact.delivered = true
  await work.db
    .updateTable('broadcast_recipient')
    .where('bulletin_id', '=', bulletin.bulletinId)
    .where(
      'organisation_id',
      'in',
      delivered.map(({ id }) => id),
    )
    .set({ delivered_at: work.now })
    .execute()
  await work.db
    .insertInto('directory_partnership')
    .values(
      facts.slice(1, 30).map(({ id }) => ({
        id: work.newId('partnership'),
        partner_id: bulletin.organisationIds[0] ?? '',
        organisation_id: id,
        since: work.now,
        until: null,
      })),
    )
    .execute()
  await work.db
    .insertInto('directory_partnership')
    .values(
      facts.slice(30, 35).map(({ id }) => ({
        id: work.newId('partnership'),
        partner_id: bulletin.organisationIds[0] ?? '',
        organisation_id: id,
        since: work.now,
        until: work.now,
      })),
    )
    .execute()
  work.record({ verb: 'test.delivered', subject: { kind: 'bulletin', id: bulletin.bulletinId } })
})
for (let hour = 1; hour <= 6; hour += 1) {
  platform.clock.advanceHours(1)
  for (const fact of facts) {
    if (seed() > 0.2) continue
    const state = RESPONSE_CHOICES[Math.floor(seed() * RESPONSE_CHOICES.length)] ?? 'done'
    fact.first ??= hour
    fact.state = state
    await runWork<Visible, void>(platform, SYSTEM, work =>
      respond(work, {
        bulletinId: bulletin.bulletinId,
        organisationId: fact.id,
        state,
        note: null,
        reason: state === 'not-acting' ? 'x' : null,
        nextDate: state === 'in-progress' ? (parseLocalDate('2026-12-01') ?? null) : null,
        via: 'portal',
      }),
    )
  }
}

type Fact = (typeof facts)[number]
const isIn: Readonly<Record<Stage, (fact: Fact) => boolean>> = {
  sent: fact => fact.index < 100 || fact.delivered,
  delivered: fact => fact.delivered,
  acknowledged: fact => fact.state !== undefined,
  decided: fact => fact.state !== undefined && RESPONSE_STATES[fact.state].isDecided,
  done: fact => fact.state === 'done',
  silent: fact => fact.state === undefined && fact.index < 100,
  unreachable: fact => fact.state === undefined && fact.index >= 100,
}

function read<R>(body: (db: Parameters<Parameters<typeof readAs<Visible, R>>[2]>[0]) => Promise<R>, actor: Actor = SYSTEM): Promise<R> {
  return readAs<Visible, R>(platform, actor, body)
}

async function all(filter: Partial<RecipientsFilter>, actor: Actor = SYSTEM): Promise<readonly RecipientRow[]> {
  const rows: RecipientRow[] = []
  let cursor: string | null = null
  do {
    const from: string | null = cursor
    const found: Page<RecipientRow> = await read<Page<RecipientRow>>(
      db => recipients(db, actor.scope, bulletin.bulletinId, { ...NO_RECIPIENTS_FILTER, ...filter }, { limit: 7, cursor: from }),
      actor,
    )
    rows.push(...found.rows)
    if (cursor === null) assert.equal(found.total >= rows.length, true)
    cursor = found.next
  } while (cursor !== null)
  return rows
}

test('the funnel counts what a count by hand counts', async () => {
  const counts: Counts = await read(db => funnel(db, SYSTEM.scope, bulletin.bulletinId))
  assert.equal(counts.audience, SIZE)
  for (const stage of [...STAGES, ...APART]) assert.equal(counts[stage], facts.filter(isIn[stage]).length, stage)
  for (const state of RESPONSE_CHOICES) assert.equal(counts.answers[state], facts.filter(fact => fact.state === state).length, state)
  assert.ok(counts.silent > 0 && counts.unreachable > 0 && counts.answers['not-acting'] > 0)
})

test('the parts of the bar add up to the audience, in all and in every group', async () => {
  const counts = await read(db => funnel(db, SYSTEM.scope, bulletin.bulletinId))
  const byType = await read(db => groups(db, SYSTEM.scope, bulletin.bulletinId, 'type'))
  for (const one of [counts, ...byType])
    assert.equal(
      segments(one).reduce((sum, { count }) => sum + count, 0),
      one.audience,
    )
})

test('every group has the figures of its own members, and a past partner has none', async () => {
  const keys = {
    type: (index: number) => ['trust', 'practice', 'pharmacy'][index % 3],
    region: (index: number) => ['Y61', 'Y63'][index % 2],
    board: (index: number) => ['QHM', 'QOP', 'QYG'][index % 3],
    partner: (index: number) => (index >= 1 && index < 30 ? 'A00000' : undefined),
  }
  for (const dimension of DIMENSIONS) {
    const found: readonly Group[] = await read(db => groups(db, SYSTEM.scope, bulletin.bulletinId, dimension))
    const expected = Map.groupBy(facts, ({ index }) => keys[dimension](index) ?? null)
    assert.deepEqual(new Set(found.map(({ code }) => code)), new Set(expected.keys()), dimension)
    for (const group of found) {
      const members = expected.get(group.code) ?? []
      assert.equal(group.audience, members.length)
      for (const stage of [...STAGES, ...APART]) assert.equal(group[stage], members.filter(isIn[stage]).length, `${dimension} ${group.code} ${stage}`)
    }
  }
})

test('the list behind a figure has as many rows as the figure says, page by page and each once', async () => {
  for (const stage of [...STAGES, ...APART]) {
    const rows = await all({ stage })
    assert.deepEqual(
      rows.map(({ organisationId }) => organisationId).toSorted(),
      facts
        .filter(isIn[stage])
        .map(({ id }) => id as string)
        .toSorted(),
      stage,
    )
  }
  assert.equal((await all({ answer: 'seen' })).length, facts.filter(({ state }) => state === 'acknowledged' || state === 'assessing').length)
  assert.equal((await all({ type: 'trust', stage: 'silent' })).length, facts.filter(fact => fact.index % 3 === 0 && isIn.silent(fact)).length)
  assert.equal((await all({ partner: 'A00000' })).length, 29)
  assert.equal((await all({ partner: 'none' })).length, SIZE - 29)
  assert.equal((await all({ region: 'none' })).length, 0)
  assert.deepEqual(
    (await all({ search: 'a00007' })).map(({ code }) => code),
    ['A00007'],
  )
  assert.equal((await all({ search: 'Organisation a0001' })).length, 10)
  for (const signs of ['%', '_', '%_%', '\\']) assert.equal((await all({ search: signs })).length, 0, signs)
})

test('the list is sorted by code or by when they answered, both ways, page by page and each once', async () => {
  for (const sort of RECIPIENT_SORTS) {
    const found: RecipientRow[] = []
    let cursor: string | null = null
    do {
      const from: string | null = cursor
      const page: Page<RecipientRow> = await readAs<Visible, Page<RecipientRow>>(platform, SYSTEM, db =>
        recipients(db, SYSTEM.scope, bulletin.bulletinId, NO_RECIPIENTS_FILTER, { limit: 7, cursor: from }, sort),
      )
      found.push(...page.rows)
      cursor = page.next
    } while (cursor !== null)
    assert.equal(new Set(found.map(({ code }) => code)).size, SIZE, sort)
    const keys = found.map(row => `${sort.endsWith('answered') ? (row.answeredAt?.toISOString() ?? '') : ''} ${row.code}`)
    assert.deepEqual(keys, sort.startsWith('-') ? keys.toSorted().toReversed() : keys.toSorted(), sort)
  }
})

test('a row says where the message, the answer and the contacts stand', async () => {
  const answered = facts.find(({ state, index }) => state !== undefined && index < 100)
  const row = (await all({})).find(({ organisationId }) => organisationId === answered?.id)
  assert.deepEqual([row?.standing, row?.via, row?.contacts, row?.delivery], [answered?.state, 'portal', 2, 'queued'])
  const nobody = (await all({ stage: 'unreachable' }))[0]
  assert.deepEqual([nobody?.contacts, nobody?.delivery, nobody?.standing], [0, null, 'unreachable'])
})

test('the curves rise to the share of everyone reached who did it, with the silent counted', async () => {
  const times = await timesNow(bulletin.bulletinId)
  const reached = facts.filter(fact => !isIn.unreachable(fact))
  assert.equal(times.reached, reached.length)
  const curve = times.curves.acknowledged
  for (const point of curve) {
    const answered = reached.filter(fact => fact.first !== undefined && fact.first <= point.hours).length
    assert.equal(Math.round(point.share * reached.length * 1e6) / 1e6, answered, `${point.hours} h`)
  }
  assert.ok(Math.abs((curve.at(-1)?.share ?? 0) - reached.filter(isIn.acknowledged).length / reached.length) < 1e-9)
  const inOrder = reached.map(({ first }) => first ?? Infinity).toSorted((a, b) => a - b)
  const half = inOrder[Math.ceil(reached.length / 2) - 1] ?? Infinity
  assert.equal(timeTo(0.5, curve), half === Infinity ? null : half)
  assert.equal(timeTo(0.95, curve), null, 'more than five in a hundred are silent')
})

test('the curves of groups are those of their own members', async () => {
  for (const dimension of ['type', 'region'] as const) {
    const found = await read(async db => {
      const standing = await groups(db, SYSTEM.scope, bulletin.bulletinId, dimension)
      return timesByGroup(db, SYSTEM.scope, { bulletinId: bulletin.bulletinId, now: platform.clock.now() }, dimension, standing)
    })
    const key = (index: number) => (dimension === 'type' ? ['trust', 'practice', 'pharmacy'][index % 3] : ['Y61', 'Y63'][index % 2])
    assert.equal(found.length, dimension === 'type' ? 3 : 2)
    for (const group of found) {
      const members = facts.filter(fact => key(fact.index) === group.code && !isIn.unreachable(fact))
      assert.equal(group.reached, members.length)
      for (const event of TIME_EVENTS) assert.equal(didIn(group, event), members.filter(isIn[event]).length, `${group.code} ${event}`)
    }
  }
})

function didIn(times: Times, event: TimeEvent): number {
  return times.curves[event].reduce((sum, { did }) => sum + did, 0)
}

function timesNow(bulletinId: string): Promise<Times> {
  return read(async db => timesOfAll(db, SYSTEM.scope, { bulletinId, now: platform.clock.now() }, await funnel(db, SYSTEM.scope, bulletinId)))
}

test('a region counts its own organisations and no other, an organisation itself alone', async () => {
  const regionId = await runWork<DirectoryTables, string>(platform, SYSTEM, async work => {
    const id = work.newId('organisation')
    const row = {
      id,
      code: 'Y61',
      name: 'Region Y61',
      name_key: 'region y61',
      type: 'trust',
      country: 'England',
      region_code: null,
      board_code: null,
      parent_code: null,
      address: '[]',
      postcode: null,
      phone: null,
      opened_on: null,
      closed_on: null,
      status: 'open' as const,
      size: null,
      source: 'test',
      created_at: work.now,
      updated_at: work.now,
    }
    await work.db.insertInto('directory_organisation').values(row).execute()
    work.record({ verb: 'test.region', subject: { kind: 'organisation', id } })
    return id
  })
  const actor = (kind: 'region' | 'organisation', id: string): Actor => ({
    kind: 'person',
    id: 'per_x',
    name: 'x',
    role: null,
    organisationId: id as never,
    scope: { kind, organisationId: id as never },
    permissions: new Set(),
  })
  const ours = facts.filter(({ index }) => index % 2 === 0)
  const counts = await read(db => funnel(db, actor('region', regionId).scope, bulletin.bulletinId), actor('region', regionId))
  assert.deepEqual([counts.audience, counts.silent], [ours.length, ours.filter(isIn.silent).length])
  assert.equal((await all({}, actor('region', regionId))).length, ours.length)
  assert.equal(
    (
      await read(
        db => funnel(db, actor('organisation', bulletin.organisationIds[5] ?? '').scope, bulletin.bulletinId),
        actor('organisation', bulletin.organisationIds[5] ?? ''),
      )
    ).audience,
    1,
  )
})

test('the sums say what the recipients say, before they are merged and after, while others answer', async () => {
  const other = await releasedBulletin(platform, { organisations: 40, reachable: 35, prefix: 'B' })
  const answer = (index: number, state: ResponseState) =>
    runWork<Visible, void>(platform, SYSTEM, work =>
      respond(work, {
        bulletinId: other.bulletinId,
        organisationId: other.organisationIds[index] ?? missing(),
        state,
        note: null,
        reason: null,
        nextDate: null,
        via: 'portal',
      }),
    )
  for (let index = 0; index < 40; index += 1) await answer(index, 'acknowledged')
  const before = await read(db => funnel(db, SYSTEM.scope, other.bulletinId))
  assert.deepEqual([before.audience, before.acknowledged, before.answers.acknowledged], [40, 40, 40])
  const merge = () => runWork<Visible, void>(platform, SYSTEM, work => mergeTally(work, other.bulletinId))
  await Promise.all([merge(), ...Array.from({ length: 20 }, (_, index) => answer(index, 'done')), merge()])
  await merge()
  const after = await read(db => funnel(db, SYSTEM.scope, other.bulletinId))
  assert.deepEqual([after.audience, after.acknowledged, after.done, after.answers.acknowledged, after.silent], [40, 40, 20, 20, 0])
  const rows = await read(db => db.selectFrom('broadcast_tally').where('bulletin_id', '=', other.bulletinId).selectAll().execute())
  assert.equal(new Set(rows.map(row => JSON.stringify(SUM_KEYS.broadcast_tally.map(key => row[key])))).size, rows.length, 'one row a key')
  assert.ok(rows.every(({ change }) => change > 0))
})

test('the sums of the sector are the centre’s alone', async () => {
  const organisationId = bulletin.organisationIds[0] ?? missing()
  const seen = await read(db => db.selectFrom('broadcast_tally').selectAll().execute(), {
    ...SYSTEM,
    scope: { kind: 'organisation', organisationId },
  })
  assert.deepEqual(seen, [])
})

function missing(): never {
  throw new Error('There is no such organisation.')
}
