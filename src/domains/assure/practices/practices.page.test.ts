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
const third = await app.signIn('cyber-lead', { organisation: 'A3' })
const region = await app.signIn('regional-lead', { organisation: 'YN' })
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
  assert.match((await lead.get('/practices')).body, /It waits for two others of your type/)
  const nightlyRound = () => practiceJobs[0]?.handle(app.platform, {}, new AbortController().signal)
  const offeredBy = (id: string, organisationId: string) =>
    sql`insert into assure_practice (id, organisation_id, framework_id, outcome_code, title, what, is_named, may_ask, state, made_at, changed_at, changed_by)
      values (${id}, ${organisationId}, 'fwk_secrets', 'A1', 'Of another', 'So', false, false, 'offered', now(), now(), 'per_1')`.execute(db)
  await offeredBy('pra_2', other.organisationId)
  await offeredBy('pra_3', other.organisationId)
  await offeredBy('pra_4', region.organisationId)
  await nightlyRound()
  assert.doesNotMatch(
    (await analyst.get('/practices')).body,
    /drill|Of another/,
    'two of one type and one of another: whoever reads the audit could tell',
  )
  await offeredBy('pra_5', third.organisationId)
  await nightlyRound()
  for (const browser of [other, analyst]) {
    const { body } = await browser.get('/practices?q=drill&outcome=A1&type=trust')
    assert.match(body, /We drill on Fridays[\s\S]*Without a name/)
    assert.doesNotMatch(body, browser === analyst ? /Test trust A1|Take back/ : /Test trust A1/)
    assert.equal(body.includes('Like you'), browser === other)
  }
  assert.equal((await region.get('/practices')).body.includes('Of another'), true)
  await sql`insert into assure_practice_offer select 'pro_x' || n, null, 'region', '', 'fwk_secrets', 'A1', 'Of a region ' || n, 'So', '', false, '2026-11-30'
    from generate_series(1, 2) n`.execute(db)
  const { ask } = await programOf(app, other, 'cyber-lead')
  const seen: (readonly [boolean, string])[] = []
  for (let next: string | null = ''; next !== null;) {
    const { items, next: after }: { items: { id: string; isLikeOurs: boolean }[]; next: string | null } = (
      await ask('GET', `/api/v1/practices?limit=2${next === '' ? '' : `&cursor=${encodeURIComponent(next)}`}`)
    ).json()
    seen.push(...items.map(({ id, isLikeOurs }) => [isLikeOurs, id] as const))
    next = after
  }
  assert.deepEqual(
    seen.map(([isLike]) => isLike),
    [true, true, true, true, false, false],
    'those like the reader first, each once, over all pages',
  )
  assert.equal(new Set(seen.map(([, id]) => id)).size, 6)
  await sql`delete from assure_practice_offer where id like 'pro_x%'`.execute(db)
  const { rows } = await sql<{ said: string }>`select to_jsonb(offer)::text as said from assure_practice_offer offer`.execute(db)
  assert.ok(rows.length === 4 && !rows.some(({ said }) => said.includes(lead.organisationId)))
})

test('with its name it is there at once, and taken back it is gone at once; the audit says the same of each', async () => {
  const { ask } = await programOf(app, lead, 'cyber-lead')
  const offered = await ask('POST', '/api/v1/assessments/asm_1/practices', { outcome: 'A1', title: 'Named', what: 'So', isNamed: true })
  assert.equal(offered.statusCode, 201, offered.body)
  assert.match((await other.get('/practices')).body, /Named[\s\S]*Test trust A1/)
  const stranger = await programOf(app, other, 'cyber-lead')
  assert.equal((await stranger.ask('POST', `/api/v1/practices/${offered.json().id}/withdraw`)).statusCode, 404)
  await sql`select 1`.execute(db)
  await sql`delete from assure_practice where id like 'pra\\__'`.execute(db)
  const own = await sql<{ id: string }>`select id from assure_practice`.execute(db)
  for (const { id } of own.rows) assert.equal((await lead.post(`/practices/${id}/withdraw`, {}, { from: '/practices' })).statusCode, 303)
  assert.equal(
    (await stranger.ask('GET', '/api/v1/practices?q=named')).json().total + (await stranger.ask('GET', '/api/v1/practices?q=drill')).json().total,
    0,
  )
  const { rows } = await sql<{ verb: string }>`select distinct verb from audit_record where verb like 'assure.practice.%' order by 1`.execute(db)
  assert.deepEqual(
    rows.map(({ verb }) => verb),
    ['assure.practice.changed', 'assure.practice.published'],
  )
})

test('a strength that the assessor found is offered in its own words, and as what it is', async () => {
  await sql`insert into assure_engagement (id, assessment_id, organisation_id, assessor_id, assessor_name, assessor_body, kind, purpose, until, asked_at, asked_by, asked_by_name, declared_at, submitted_at)
    values ('eng_1', 'asm_1', ${lead.organisationId}, 'per_2', 'A', 'B', 'independent', 'to review', '2199-01-01', now(), 'per_1', 'L', now(), now())`.execute(
    db,
  )
  await sql`insert into assure_finding (id, assessment_id, engagement_id, outcome_code, kind, what, detail, advice, at, by_id) values
    ('fin_1', 'asm_1', 'eng_1', 'A1', 'strength', 'Drills that bite', 'Each week', '', now(), 'per_2'), ('fin_2', 'asm_1', 'eng_1', 'A1', 'finding', 'A gap', 'Wide', '', now(), 'per_2')`.execute(
    db,
  )
  assert.match((await lead.get(`${FORM}?outcome=A1&finding=fin_1`)).body, /value="Drills that bite"[\s\S]*Each week/)
  assert.doesNotMatch((await lead.get(`${FORM}?finding=fin_2`)).body, /A gap/, 'a weakness is no good practice')
  assert.equal((await lead.post(FORM, { ...fields, finding: 'fin_2', step: 'offer' }, { from: FORM })).statusCode, 422)
  assert.equal((await lead.post(FORM, { ...fields, finding: 'fin_1', step: 'offer' }, { from: FORM })).statusCode, 303)
  const { rows } = await sql<{ finding_id: string }>`select finding_id from assure_practice where finding_id is not null`.execute(db)
  assert.deepEqual(rows, [{ finding_id: 'fin_1' }])
})
