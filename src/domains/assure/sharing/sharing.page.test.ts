import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { programOf } from '../../../../test/support/tokens.ts'

const app = await createTestApp()
const { platform } = app
const db = platform.database.kysely
const lead = await app.signIn('cyber-lead', { organisation: 'A1' })
const board = await app.signIn('board-member', { organisation: 'A1' })
const analyst = await app.signIn('analyst', { organisation: 'CC', name: 'Ana Lyst' })
const other = await app.signIn('cyber-lead', { organisation: 'A2' })
const now = platform.clock.now()
await sql`insert into assure_framework (id, code, version, name, source, rule, levels, content_hash, loaded_at, loaded_by)
  values ('fwk_1', 'try', '1', 'Try', 'here', '{"steps":[],"otherwise":"bad"}', ${JSON.stringify([{ code: 'good', label: 'Good enough', tone: 'good' }])}, 'x', ${now}, 't')`.execute(
  db,
)
await sql`insert into assure_framework_node (framework_id, code, kind, parent_code, title, position) values
  ('fwk_1', 'A', 'group', null, 'Objective A', 1), ('fwk_1', 'A1', 'outcome', 'A', 'First', 2), ('fwk_1', 'B', 'group', null, 'Objective B', 3),
  ('fwk_1', 'B1', 'outcome', 'B', 'Third', 4)`.execute(db)
await sql`insert into assure_indicator (framework_id, code, outcome_code, level, text, position) values ('fwk_1', 'A1.1', 'A1', 'good', 'It is so.', 1)`.execute(
  db,
)
await sql`insert into assure_assessment (id, organisation_id, framework_id, period, subject, state, opened_at, opened_by, changed_at)
  values ('asm_1', ${lead.organisationId}, 'fwk_1', '2026-27', 'Whole organisation', 'open', ${now}, ${lead.personId}, ${now})`.execute(db)
for (const [view, code] of [
  ['self', 'A1'],
  ['self', 'B1'],
  ['agreed', 'B1'],
] as const)
  await sql`insert into assure_view (assessment_id, view, outcome_code, status, summary, changed_at, changed_by)
    values ('asm_1', ${view}, ${code}, 'good', ${`spoken ${view} ${code}`}, ${now}, ${lead.personId})`.execute(db)
await sql`insert into assure_answer (assessment_id, view, indicator_code, outcome_code, answer, comment, changed_at, changed_by)
  values ('asm_1', 'self', 'A1.1', 'A1', 'yes', 'a remark', ${now}, ${lead.personId})`.execute(db)

const SHARING = '/assessments/asm_1/sharing'
const until = { 'until-day': '1', 'until-month': '1', 'until-year': '2199' }
const give = (form: Readonly<Record<string, string>>) =>
  lead.post(`${SHARING}/add`, { receiver: 'CC', purpose: 'To help us', ...until, ...form }, { from: `${SHARING}/add` })
const only = async <T>(query: ReturnType<typeof sql<T>>) => (await query.execute(db)).rows[0] ?? assert.fail()
const newest = () => only(sql<{ id: string }>`select id from assure_share order by id desc limit 1`).then(({ id }) => id)

test('what is shared opens to the body alone, says by whom it was said, and who looked is written down', async () => {
  assert.match((await lead.get(`${SHARING}/add`)).body, /Test centre CC/, 'the centre is offered')
  assert.equal((await give({ item: 'outcome', outcome: 'A1' })).statusCode, 303)
  const id = await newest()
  const list = await analyst.get('/shared-with-us')
  assert.match(list.body, /Test trust A1[\s\S]*One outcome: A1[\s\S]*To help us/)
  assert.doesNotMatch(list.body, /spoken|remark/)
  assert.equal((await lead.get(`${SHARING}/looks`)).body.includes('Ana Lyst'), false, 'the list is no look')
  const shown = await analyst.get(`/shared-with-us/${id}`)
  assert.match(
    shown.body,
    /<h1[\s\S]*Test trust A1[\s\S]*<\/h1>[\s\S]*A1 First[\s\S]*Good enough[\s\S]*Their own view[\s\S]*spoken self A1[\s\S]*It is so\.[\s\S]*a remark/,
  )
  assert.doesNotMatch(shown.body, /B1|spoken agreed/)
  for (const browser of [lead, board])
    assert.match((await browser.get(`${SHARING}/looks`)).body, /Ana Lyst[\s\S]*Analyst[\s\S]*Test centre CC[\s\S]*One outcome A1/)
  assert.match((await lead.get(`${SHARING}/looks.csv`)).body, /Ana Lyst,Analyst,CC/)
  for (const address of [`/shared-with-us/${id}`, SHARING, `${SHARING}/looks`]) assert.equal((await other.get(address)).statusCode, 404, address)
  assert.doesNotMatch((await other.get('/shared-with-us')).body, /A1/)
})

test('a summary and a board page are figures without words; nothing is agreed before both sides have signed', async () => {
  await give({ item: 'summary' })
  const summary = (await analyst.get(`/shared-with-us/${await newest()}`)).body
  assert.match(summary, /A Objective A[\s\S]*Good enough[\s\S]*Their own view[\s\S]*B Objective B/)
  assert.doesNotMatch(summary, /spoken|remark|Third/)
  assert.match((await give({ item: 'agreed-record' })).body, /Nothing is agreed yet/)
  await sql`update assure_assessment set state = 'agreed'`.execute(db)
  await give({ item: 'agreed-record' })
  const record = (await analyst.get(`/shared-with-us/${await newest()}`)).body
  assert.match(record, /B1 Third[\s\S]*Agreed by both sides[\s\S]*spoken agreed B1/)
  assert.doesNotMatch(record, /spoken self/)
  await give({ item: 'board-page' })
  assert.match((await analyst.get(`/shared-with-us/${await newest()}`)).body, /B1 Third[\s\S]*Agreed by both sides/)
})

test('taken back, or over, it is not there any more, and is not looked at', async () => {
  const looks = () => only(sql<{ n: number }>`select count(*)::int as n from assure_look`).then(({ n }) => n)
  const before = await looks()
  const id = await newest()
  const taken = await lead.follow(await lead.post(`${SHARING}/${id}/revoke`, { reason: 'No longer needed' }, { from: SHARING }))
  assert.match(taken.body, /Taken back[\s\S]*No longer needed/)
  assert.equal((await analyst.get(`/shared-with-us/${id}`)).statusCode, 404)
  await give({ item: 'outcome', outcome: 'B1' })
  const ended = await newest()
  await sql`update assure_share set until = '2020-01-01' where id = ${ended}`.execute(db)
  assert.equal((await analyst.get(`/shared-with-us/${ended}`)).statusCode, 404)
  assert.equal(await looks(), before)
  assert.equal((await lead.post(`${SHARING}/${id}/revoke`, {})).statusCode, 409)
})

test('what cannot be shared is refused with what to do', async () => {
  const refused: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ item: 'outcome', outcome: 'Z9' }, /Choose which outcome you share/],
    [{ item: 'summary', receiver: 'other', code: 'NOPE' }, /There is no such body in the directory/],
    [{ item: 'summary', receiver: 'other', code: 'a1' }, /That is your own organisation/],
    [{ item: 'summary', 'until-year': '2020' }, /Choose a day in the future/],
    [{ item: 'summary', 'until-day': '31', 'until-month': '2' }, /Enter the day until which/],
    [{ item: 'summary', purpose: ' ' }, /Say what for/],
    [{ item: 'everything' }, /Choose what you share/],
  ]
  for (const [form, message] of refused) {
    const { statusCode, body } = await give(form)
    assert.equal(statusCode, 422)
    assert.match(body, message)
  }
})

test('a program shares, reads and takes back by the same rules, and is named as one', async () => {
  const { ask } = await programOf(app, lead, 'cyber-lead')
  const reader = await programOf(app, other, 'cyber-lead')
  const api = '/api/v1/assessments/asm_1/sharing'
  const given = await ask('POST', api, { item: 'objective', part: 'B', receiver: 'A2', purpose: 'To learn', until: '2199-01-01T00:00:00Z' })
  assert.equal(given.statusCode, 201, given.body)
  const { id } = given.json()
  assert.equal((await reader.ask('GET', '/api/v1/shared-with-us')).json().total, 1)
  const shared = (await reader.ask('GET', `/api/v1/shared-with-us/${id}`)).json()
  assert.deepEqual([shared.outcomes.length, shared.outcomes[0].code, shared.outcomes[0].basis], [1, 'B1', 'agreed'])
  const looks = (await ask('GET', `${api}/looks?q=A2`)).json()
  assert.deepEqual([looks.total, looks.items[0].byProgram], [1, true])
  assert.equal((await ask('POST', `${api}/${id}/revoke`, {})).json().state, 'revoked')
  assert.equal((await reader.ask('GET', `/api/v1/shared-with-us/${id}`)).statusCode, 404)
})

test('the audit says that something was shared and looked at, and not what', async () => {
  const { rows } = await sql<{
    said: string
  }>`select to_jsonb(audit_record)::text as said from audit_record where verb like 'assure.share.%'`.execute(db)
  assert.ok(rows.length > 10)
  for (const { said } of rows) assert.doesNotMatch(said, /To help|To learn|No longer|outcome|summary|"A1"|"B1"|Ana/)
})
