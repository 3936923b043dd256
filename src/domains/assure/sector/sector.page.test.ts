import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { entriesOf } from '../catalogue/queries.ts'
import { addActions } from '../plans/commands.ts'
import type { Visible } from '../tables.ts'
import { yearOf } from './model.ts'

const app = await createTestApp()
const { platform } = app
const { organisationIds } = await releasedBulletin(platform, { organisations: 60, prefix: 'S' })
const improvements = await readAs<Visible, readonly string[]>(platform, SYSTEM, async db =>
  (await entriesOf(db, 'improvement', { search: '', sort: 'name' }, { limit: 3, cursor: null })).rows.map(({ code }) => code),
)

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

test('the year begins in April', () => {
  assert.deepEqual([yearOf(new Date('2027-03-31T12:00:00Z')), yearOf(new Date('2027-04-01T12:00:00Z'))], ['2026-27', '2027-28'])
})
