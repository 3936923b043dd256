import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { attack, type Seen } from '../../../../test/support/disclosure-attacker.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { EMPTY_LEDGER, type Member } from '../../../solvers/disclosure/model.ts'
import { entriesOf } from '../catalogue/queries.ts'
import { addActions } from '../plans/commands.ts'
import type { Visible } from '../tables.ts'
import { askNeedFreeze } from './freeze.ts'
import { bandOf, BANDS, yearOf } from './model.ts'
import { pooledOrganisations, unfundedNeeds } from './pool/queries.ts'

const app = await createTestApp()
const { platform } = app
const { organisationIds } = await releasedBulletin(platform, { organisations: 60, prefix: 'S' })
const improvements = await readAs<Visible, readonly string[]>(platform, SYSTEM, async db =>
  (await entriesOf(db, 'improvement', { search: '', sort: 'name' }, { limit: 3, cursor: null })).rows.map(({ code }) => code),
)

// What is kept back by lot follows from the key of the year: with this one the first improvement is not.
await runWork<Visible, void>(platform, SYSTEM, async work => {
  await work.db
    .insertInto('assure_need_key')
    .values({ period: yearOf(work.now), key: 'for a test 1' })
    .execute()
  work.record({ verb: 'test.key', subject: { kind: 'test', id: 'key' } })
})

/** The plans of so many organisations, each with the first improvement unfunded for every second one, and what only we know of them. */
async function plans(from: number, to: number): Promise<void> {
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    for (const [index, id] of organisationIds.slice(from, to).entries()) {
      await work.db.insertInto('assure_need_pool').values({ organisation_id: id, since: work.now, by_id: 'test' }).execute()
      const wanted = improvements.slice(0, 2).filter((_, at) => (index + at) % 2 === 0)
      await addActions(
        work,
        id,
        wanted.map(code => ({ title: `Words of ours ${index}`, source: { kind: 'improvement', id: code }, capitalPence: 1_234_567 * (index % 3) })),
      )
    }
    work.record({ verb: 'test.pooled', subject: { kind: 'test', id: 'pool' } })
  })
}

test('an organisation sees what would be counted, lets it be, and takes that back', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'S00059' })
  assert.match((await lead.get('/plan/pool')).body, /Yours are not counted/)
  assert.match((await lead.follow(await lead.post('/plan/pool/join', {}))).body, /Yours are counted/)
  assert.match((await lead.post('/plan/pool/join', {})).body, /counted among those of others already/)
  assert.match((await lead.follow(await lead.post('/plan/pool/leave', {}))).body, /Yours are not counted/)
  const board = await app.signIn('board-member', { organisation: 'S00059' })
  assert.equal((await board.get('/plan/pool')).statusCode, 403)
})

test('nothing is told of few; of many only rounded numbers, and nothing that anybody wrote', async () => {
  const cicso = await app.signIn('cicso')
  const page = await cicso.get('/sector-needs')
  assert.match(page.body, /Nothing is published yet/)
  assert.match(page.body, /Nothing else of any organisation reaches it/)
  await plans(0, 5)
  assert.equal((await cicso.post('/sector-needs/freeze', {}, { from: '/sector-needs' })).statusCode, 303)
  await platform.runJobs()
  const few = (await cicso.get('/api/v1/sector-needs')).json<{ pooled: { held: string; contributors: number | null; rows: unknown[] } }>()
  assert.deepEqual([few.pooled.held, few.pooled.contributors, few.pooled.rows], ['few', null, []])

  await plans(5, 55)
  await cicso.post('/sector-needs/freeze', {})
  await platform.runJobs()
  const many = (await cicso.get('/api/v1/sector-needs')).json<{
    pooled: { held: string | null; contributors: number; rows: { code: string; organisations: number; bands: number[] }[] }
  }>()
  assert.deepEqual([many.pooled.held, many.pooled.contributors], [null, 55])
  for (const { bands } of many.pooled.rows) for (const count of bands) assert.equal(count % 5, 0)
  const shown = await cicso.get('/sector-needs')
  const csv = (await cicso.get('/sector-needs.csv')).body.split('\r\n').filter(line => line !== '')
  assert.match(csv[0] ?? '', /part,framework,period,code,what,organisations,of,/)
  assert.equal(csv.length, 1 + many.pooled.rows.length)
  assert.doesNotMatch(shown.body, /Words of ours|S000\d\d|12,345/)
  // What is shown may be held back by lot; whatever is, is of the catalogue.
  for (const { code } of many.pooled.rows) assert.ok(improvements.includes(code))
})

test('a region sees the same, and whoever is no overseer sees none; nobody reads what went in', async () => {
  const region = await app.signIn('regional-lead')
  assert.equal((await region.get('/sector-needs')).statusCode, 200)
  assert.equal((await region.post('/sector-needs/freeze', {}, { from: '/sector-needs' })).statusCode, 403)
  for (const role of ['cyber-lead', 'board-member', 'contributor', 'partner-responder'] as const)
    assert.equal((await (await app.signIn(role)).get('/sector-needs')).statusCode, 403, role)
  const centre = { ...SYSTEM, kind: 'person' as const, id: 'per_x', scope: { kind: 'centre' as const } }
  const seen = await readAs<Visible, number>(platform, centre, async db => {
    let rows = 0
    for (const table of ['assure_need_ledger', 'assure_need_key', 'assure_need_pool', 'assure_action', 'assure_plan'] as const)
      rows += (await db.selectFrom(table).selectAll().execute()).length
    return rows
  })
  assert.equal(seen, 0)
})

/** The answer of each organisation of the pool: the place of its band, as only we know it. */
async function truth(code: string): Promise<readonly Member[]> {
  return readAs<Visible, readonly Member[]>(platform, SYSTEM, async db => {
    const needs = new Map(
      (await unfundedNeeds(db, null)).filter(need => need.improvementCode === code).map(need => [need.organisationId, need.pence]),
    )
    return (await pooledOrganisations(db)).map(({ id }) => {
      const pence = needs.get(id)
      const levels = String(pence === undefined ? 0 : Math.max(1, bandOf(pence)))
      // The attacker knows who changed something, and not what.
      return { key: `${id} ${levels}`, cohorts: ['all'], levels }
    })
  })
}

/** Counts again, and gives what everybody sees of that improvement, with what we know. */
async function count(code: string): Promise<Seen> {
  const freezeId = await runWork<Visible, string>(platform, SYSTEM, askNeedFreeze)
  await platform.runJobs()
  const members = await truth(code)
  const figure = await readAs<Visible, { counts: unknown } | undefined>(platform, SYSTEM, db =>
    db.selectFrom('assure_need_figure').where('freeze_id', '=', freezeId).where('improvement_code', '=', code).select('counts').executeTakeFirst(),
  )
  const counts = figure?.counts as Readonly<Record<string, number>> | undefined
  const cells = counts === undefined ? null : BANDS.map(band => counts[band.code] ?? 0)
  return { members, release: { cohorts: [{ code: 'all', held: null, members: members.length, cells: [cells], groups: [] }], ledger: EMPTY_LEDGER } }
}

test('somebody who knows who is counted, who came, left and changed, and counts after each, is certain of nobody’s need', async () => {
  const [code = ''] = improvements
  const change = (body: (work: Work<Visible>) => Promise<unknown>) =>
    runWork<Visible, void>(platform, SYSTEM, async work => {
      await body(work)
      work.record({ verb: 'test.changed', subject: { kind: 'test', id: 'pool' } })
    })
  const seen = [await count(code)]
  await change(work =>
    work.db
      .updateTable('assure_need_pool')
      .set({ withdrawn_at: work.now })
      .where('organisation_id', '=', organisationIds[7] ?? '')
      .execute(),
  )
  seen.push(await count(code))
  await change(work =>
    work.db
      .updateTable('assure_action')
      .set({ capital_pence: 900_000_00 })
      .where('organisation_id', '=', organisationIds[9] ?? '')
      .execute(),
  )
  seen.push(await count(code))
  await plans(55, 56)
  seen.push(await count(code))
  const asked = { questions: 1, levels: BANDS.length, knowing: [] }
  const shown = seen.filter(({ release }) => release.cohorts[0]?.cells[0] !== null)
  assert.ok(shown.length >= 1 && shown.length < seen.length, `something is shown, and what would tell is not: ${shown.length} of ${seen.length}`)
  assert.deepEqual(attack({ ...asked, seen, policy: { minimum: 10, alike: 2, rounding: 5 } }), [])
  // The same figures to the unit, each time: whoever left, changed or came stands there naked.
  const naked = seen.map(({ members, release }) => ({
    members,
    release: {
      ...release,
      cohorts: release.cohorts.map(cohort => ({
        ...cohort,
        cells: [Array.from({ length: BANDS.length + 1 }, (_, band) => members.filter(({ levels }) => Number(levels) === band).length)],
      })),
    },
  }))
  assert.ok(attack({ ...asked, seen: naked, policy: { minimum: 1, alike: 0, rounding: 1 } }).length >= 3)
})

test('the first count of a year is long after the last of the year before, whose ledger it does not know', async () => {
  platform.clock.set('2027-03-31T09:00:00Z')
  await count(improvements[0] ?? '')
  platform.clock.set('2027-04-01T09:00:00Z')
  await assert.rejects(runWork<Visible, string>(platform, SYSTEM, askNeedFreeze), { code: 'assure.sector.too-soon' })
  platform.clock.set('2027-06-30T09:00:00Z')
  await count(improvements[0] ?? '')
})

test('the year begins in April', () => {
  assert.deepEqual([yearOf(new Date('2027-03-31T12:00:00Z')), yearOf(new Date('2027-04-01T12:00:00Z'))], ['2026-27', '2027-28'])
})
