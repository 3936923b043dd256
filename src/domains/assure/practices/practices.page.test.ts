import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { plantFramework } from '../../../../test/support/assure-secrets.ts'
import { programOf } from '../../../../test/support/tokens.ts'
import { practiceJobs } from './jobs.ts'

const app = await createTestApp()
const db = app.platform.database.kysely as unknown as Kysely<never>
const lead = await app.signIn('cyber-lead', { organisation: 'A1' })
const other = await app.signIn('cyber-lead', { organisation: 'A2' })
const analyst = await app.signIn('analyst', { organisation: 'CC' })
await plantFramework(db)
await sql`insert into assure_assessment (id, organisation_id, framework_id, period, subject, state, opened_at, opened_by, changed_at)
  values ('asm_1', ${lead.organisationId}, 'fwk_secrets', '2026-27', 'Whole organisation', 'open', now(), 'per_1', now())`.execute(db)

const FORM = '/assessments/asm_1/practices/offer'
const fields = { outcome: 'A1', title: 'We drill on Fridays', what: 'Ten minutes each week', helped: '', named: 'no' }

test('nothing is offered before it was seen as others will see it, and without a name nobody can tell whose it is', async () => {
  const preview = await lead.post(FORM, fields, { from: FORM })
  assert.match(preview.body, /As others will see it[\s\S]*We drill on Fridays[\s\S]*Without a name/)
  assert.doesNotMatch((await lead.get('/practices')).body, /drill/)
  assert.equal((await lead.post(FORM, { ...fields, step: 'offer' })).statusCode, 303)
  assert.match((await lead.get('/practices')).body, /Others see it from tomorrow/)
  assert.doesNotMatch((await other.get('/practices')).body, /drill/, 'not before the nightly round')
  await practiceJobs[0]?.handle(app.platform, {}, new AbortController().signal)
  for (const browser of [other, analyst]) {
    const { body } = await browser.get('/practices?q=drill&outcome=A1&type=trust')
    assert.match(body, /We drill on Fridays[\s\S]*Without a name/)
    assert.doesNotMatch(body, /Test trust A1|Take back/)
  }
  const { rows } = await sql<{ said: string }>`select to_jsonb(offer)::text as said from assure_practice_offer offer`.execute(db)
  assert.ok(rows.length === 1 && !rows[0]?.said.includes(lead.organisationId))
})

test('with its name it is there at once, and taken back it is gone at once; the audit says the same of each', async () => {
  const { ask } = await programOf(app, lead, 'cyber-lead')
  const offered = await ask('POST', '/api/v1/assessments/asm_1/practices', { outcome: 'A1', title: 'Named', what: 'So', isNamed: true })
  assert.equal(offered.statusCode, 201, offered.body)
  assert.match((await other.get('/practices')).body, /Named[\s\S]*Test trust A1/)
  const stranger = await programOf(app, other, 'cyber-lead')
  assert.equal((await stranger.ask('POST', `/api/v1/practices/${offered.json().id}/withdraw`)).statusCode, 404)
  await sql`select 1`.execute(db)
  const own = await sql<{ id: string }>`select id from assure_practice`.execute(db)
  for (const { id } of own.rows) assert.equal((await lead.post(`/practices/${id}/withdraw`, {}, { from: '/practices' })).statusCode, 303)
  assert.equal((await stranger.ask('GET', '/api/v1/practices')).json().total, 0)
  const { rows } = await sql<{ verb: string }>`select distinct verb from audit_record where verb like 'assure.practice.%' order by 1`.execute(db)
  assert.deepEqual(
    rows.map(({ verb }) => verb),
    ['assure.practice.changed', 'assure.practice.published'],
  )
})
