import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { actorAs, plantOrganisations } from '../../../../test/support/broadcast.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'

/** What the database itself keeps of an organisation's review, whatever a query forgets to ask. */

const FOREVER = new Date('2199-01-01T00:00:00Z')
const platform = await createTestPlatform()
const ids = await plantOrganisations(platform, [
  { code: 'CC', type: 'centre' },
  { code: 'YN', type: 'region' },
  { code: 'A1', type: 'trust', region: 'YN' },
  { code: 'A2', type: 'trust', region: 'YN' },
])
const lead = actorAs('cyber-lead', ids.get('A1'))
const other = actorAs('cyber-lead', ids.get('A2'))
const assessor = actorAs('assessor', ids.get('CC'))
const owner = platform.database.kysely as Kysely<Visible>
const now = platform.clock.now()
await sql`insert into directory_person (id, name, email, created_at) values (${assessor.id}, 'An assessor', 'assessor@test.invalid', ${now})`.execute(
  owner,
)
await sql`insert into directory_assignment (id, person_id, organisation_id, role, since)
  values ('asg_1', ${assessor.id}, ${assessor.organisationId}, 'assessor', ${now})`.execute(owner)
await sql`insert into assure_framework (id, code, version, name, source, rule, levels, content_hash, loaded_at, loaded_by)
  values ('fwk_1', 'try', '1', 'Try', 'here', '{}', '[]', 'x', ${now}, 'test')`.execute(owner)
await sql`insert into assure_framework_node (framework_id, code, kind, parent_code, title, position) values
  ('fwk_1', 'A', 'group', null, 'Objective', 1), ('fwk_1', 'A1', 'outcome', 'A', 'First', 2), ('fwk_1', 'A2', 'outcome', 'A', 'Second', 3),
  ('fwk_1', 'B', 'group', null, 'Other', 4), ('fwk_1', 'B1', 'outcome', 'B', 'Third', 5)`.execute(owner)
await sql`insert into assure_assessment (id, organisation_id, framework_id, period, subject, state, opened_at, opened_by, changed_at)
  values ('asm_1', ${lead.organisationId}, 'fwk_1', '2026-27', 'Whole organisation', 'open', ${now}, 'per_1', ${now})`.execute(owner)
const SAID = ['self A1', 'self A2', 'self B1', 'independent A1', 'agreed A1'] as const
for (const [view = '', outcome] of SAID.map(said => said.split(' ')))
  await sql`insert into assure_view (assessment_id, view, outcome_code, status, changed_at, changed_by)
    values ('asm_1', ${view}, ${outcome}, 'achieved', ${now}, 'per_1')`.execute(owner)
await sql`insert into assure_evidence (id, organisation_id, kind, title, grade, place, effective_on, added_at, added_by)
  values ('evd_1', ${lead.organisationId}, 'link', 'A policy', 'written', 'https://a1.example/policy', '2026-01-01', ${now}, 'per_1')`.execute(owner)
await sql`insert into assure_evidence_outcome values ('evd_1', 'asm_1', 'A1', ${now}, 'per_1')`.execute(owner)

const centre = () => actorAs('administrator')
const look = (share: string) => sql`select set_config('carecert.looking', ${share}, true)`
const views = (actor: Actor, share = '') =>
  readAs<Visible, string[]>(platform, actor, async db => {
    await look(share).execute(db)
    const rows = await db.selectFrom('assure_view').select(['view', 'outcome_code']).orderBy('view').orderBy('outcome_code').execute()
    return rows.map(({ view, outcome_code }) => `${view} ${outcome_code}`)
  })
const countOf = (actor: Actor, table: 'assure_assessment' | 'assure_evidence' | 'assure_evidence_outcome' | 'assure_share' | 'assure_look') =>
  readAs<Visible, number>(
    platform,
    actor,
    async db =>
      (
        await db
          .selectFrom(table)
          .select(sql`1`.as('one'))
          .execute()
      ).length,
  )
const attempt = (actor: Actor, statement: ReturnType<typeof sql>) =>
  runWork<Visible, number>(platform, actor, async work => {
    work.record({ verb: 'assure.test.tried', subject: { kind: 'test', id: 'test' } })
    return Number((await statement.execute(work.db)).numAffectedRows ?? 0)
  })
const refused = /row-level security|permission denied|never changes|Only the assessor|changed by the organisation/

let made = 0
async function share(item: string, part: string | null, receiver: Actor, until = FOREVER): Promise<string> {
  made += 1
  const id = `shr_${made}`
  await attempt(
    lead,
    sql`insert into assure_share (id, organisation_id, assessment_id, item, part_code, receiver_id, purpose, until, given_at, given_by)
      values (${id}, ${lead.organisationId}, ${item === 'plan' ? null : 'asm_1'}, ${item}, ${part}, ${receiver.organisationId}, 'to help', ${until}, now(), ${lead.id})`,
  )
  return id
}
const revoke = (id: string) => attempt(lead, sql`update assure_share set revoked_at = now(), revoked_by = ${lead.id} where id = ${id}`)

test('the organisation reads its own; the centre, a region, a partner and another organisation read nothing', async () => {
  assert.deepEqual(await views(lead), ['agreed A1', 'self A1', 'self A2', 'self B1'])
  const partner = actorAs('partner-responder', other.organisationId)
  const region = actorAs('regional-lead', other.organisationId)
  for (const actor of [centre(), assessor, other, partner, region]) {
    assert.deepEqual(await views(actor), [], actor.name)
    for (const table of ['assure_assessment', 'assure_evidence', 'assure_evidence_outcome'] as const)
      assert.equal(await countOf(actor, table), 0, `${actor.name} ${table}`)
  }
})

test('nobody asks themselves in, takes an assessment over, or hands a view over in the place of the assessor', async () => {
  const engagement = (by: string) => sql`insert into assure_engagement
    (id, assessment_id, organisation_id, assessor_id, assessor_name, assessor_body, kind, purpose, until, asked_at, asked_by, asked_by_name)
    values ('eng_1', 'asm_1', ${lead.organisationId}, ${by}, 'A', 'B', 'independent', 'to review', '2199-01-01', now(), ${by}, 'A')`
  await assert.rejects(attempt(assessor, engagement(assessor.id)), refused)
  await assert.rejects(attempt(other, engagement(other.id)), refused)
  await attempt(lead, engagement(assessor.id))
  assert.deepEqual(await views(assessor), [], 'before independence is declared there is nothing to read')
  await assert.rejects(attempt(lead, sql`update assure_engagement set declared_at = now() where id = 'eng_1'`), refused)
  await attempt(assessor, sql`update assure_engagement set declared_at = now(), independence = 'None' where id = 'eng_1'`)
  assert.deepEqual(await views(assessor), ['agreed A1', 'independent A1'], 'blind until the own view is recorded')
  assert.equal(await countOf(assessor, 'assure_evidence'), 1, 'evidence is what an assessor goes by')
  await assert.rejects(attempt(assessor, sql`update assure_assessment set organisation_id = ${other.organisationId} where id = 'asm_1'`), refused)
  await assert.rejects(attempt(assessor, sql`delete from assure_assessment where id = 'asm_1'`), refused)
  await assert.rejects(attempt(assessor, sql`update assure_engagement set until = '2299-01-01' where id = 'eng_1'`), refused)
  await assert.rejects(attempt(lead, sql`update assure_engagement set submitted_at = now() where id = 'eng_1'`), refused)
  assert.equal(await attempt(assessor, sql`update assure_evidence set withdrawn_at = now() where id = 'evd_1'`), 0)
  await attempt(lead, sql`update assure_engagement set ended_at = now() where id = 'eng_1'`)
  assert.deepEqual(await views(assessor), [], 'and nothing after the end')
  assert.equal(await countOf(assessor, 'assure_evidence'), 0)
})

test('a share opens what it names to the body that it names, and to nobody else, until it is taken back', async () => {
  const id = await share('outcome', 'A2', assessor)
  assert.deepEqual(await views(assessor), [], 'nothing before the look at it is recorded')
  assert.deepEqual(await views(assessor, id), ['self A2'], 'what is not agreed is what the organisation says of itself')
  assert.equal(await countOf(assessor, 'assure_evidence'), 0, 'evidence is never shared')
  assert.deepEqual(await views(centre(), id), [], 'whoever holds no role at the body is not the body')
  assert.deepEqual(await views(other, id), [])
  await revoke(id)
  assert.deepEqual(await views(assessor, id), [])
  const over = await share('outcome', 'A1', assessor, new Date('2020-01-01T00:00:00Z'))
  assert.deepEqual(await views(assessor, over), [], 'one whose day is over opens nothing')
})

test('an objective is its outcomes, each as agreed where it is agreed', async () => {
  const id = await share('objective', 'A', other)
  assert.deepEqual(await views(other, id), ['self A1', 'self A2'], 'nothing is agreed before both have signed')
  await sql`update assure_assessment set state = 'agreed'`.execute(platform.database.kysely)
  assert.deepEqual(await views(other, id), ['agreed A1', 'self A2'])
  await revoke(id)
  const whole = await share('agreed-record', null, other)
  assert.deepEqual(await views(other, whole), ['agreed A1'])
  await revoke(whole)
  assert.deepEqual(await views(other, whole), [])
})

test('a summary gives figures and opens no row', async () => {
  const id = await share('summary', null, other)
  const figures = (actor: Actor) =>
    readAs<Visible, unknown[]>(platform, actor, async db => {
      await look(id).execute(db)
      const { rows } = await sql<object>`select code, basis, outcomes from assure_shared_figures(${id}) order by 1, 2`.execute(db)
      return rows.map(row => ({ ...row }))
    })
  assert.deepEqual(await views(other, id), [])
  assert.deepEqual(await figures(other), [
    { code: 'A', basis: 'agreed', outcomes: 1 },
    { code: 'A', basis: 'self', outcomes: 1 },
    { code: 'B', basis: 'self', outcomes: 1 },
  ])
  assert.deepEqual(await figures(assessor), [])
  await revoke(id)
  assert.deepEqual(await figures(other), [])
})

test('a share is of one’s own, is widened by nobody, and its looks are written by who looked', async () => {
  const foreign = sql`insert into assure_share (id, organisation_id, assessment_id, item, receiver_id, purpose, until, given_at, given_by)
    values ('shr_x', ${other.organisationId}, 'asm_1', 'agreed-record', ${assessor.organisationId}, 'to steal', '2199-01-01', now(), ${other.id})`
  await assert.rejects(attempt(other, foreign), refused)
  const id = await share('outcome', 'A2', other)
  await assert.rejects(attempt(other, sql`update assure_share set item = 'agreed-record', part_code = null where id = ${id}`), refused)
  await assert.rejects(attempt(lead, sql`update assure_share set until = '2299-01-01' where id = ${id}`), refused)
  const lookOf = (
    by: Actor,
    person: string,
  ) => sql`insert into assure_look (id, share_id, organisation_id, at, person_id, person_name, person_role, what)
    values (${`lok_${made}_${person}`}, ${id}, ${lead.organisationId}, now(), ${person}, ${by.name}, 'cyber-lead', 'outcome A2')`
  await assert.rejects(attempt(assessor, lookOf(assessor, assessor.id)), refused)
  await assert.rejects(attempt(other, lookOf(other, 'per_else')), refused)
  await attempt(other, lookOf(other, other.id))
  assert.deepEqual([await countOf(lead, 'assure_look'), await countOf(other, 'assure_look'), await countOf(centre(), 'assure_look')], [1, 0, 0])
  await assert.rejects(attempt(lead, sql`delete from assure_look`), refused)
})

test('no function that looks past the locks tells anybody else how a review goes', async () => {
  const asked = (actor: Actor, statement: ReturnType<typeof sql>) =>
    readAs<Visible, unknown[]>(platform, actor, async db => (await statement.execute(db)).rows)
  await sql`update assure_view set state = 'recorded' where view = 'independent'`.execute(owner)
  for (const actor of [centre(), other, assessor]) {
    assert.deepEqual(await asked(actor, sql`select assure_unblinded('asm_1', 'A1') as said`), [{ said: false }], actor.name)
    assert.deepEqual(await asked(actor, sql`select assure_both_recorded('asm_1', 'A1') as said`), [{ said: false }], actor.name)
    await assert.rejects(asked(actor, sql`select assure_is_agreed('asm_1')`), refused)
    await assert.rejects(asked(actor, sql`select assure_is_within('asm_1', 'A1', 'A')`), refused)
    for (const nobodys of ['assure_own()', 'assure_engaged()', 'assure_own_cases()', 'assure_plans_assessed()', 'assure_evidence_for_me()'])
      assert.deepEqual(await asked(actor, sql`select * from ${sql.raw(nobodys)}`), [], `${actor.name} ${nobodys}`)
  }
})

test('what was shared with a body that has closed, or with a region before its successor, opens to no successor', async () => {
  const id = await share('outcome', 'A2', actorAs('regional-lead', ids.get('YN')))
  await sql`update directory_organisation set status = 'closed' where code = 'YN'`.execute(owner)
  const successor = actorAs('regional-lead', ids.get('CC'))
  for (const actor of [successor, centre(), other]) assert.deepEqual(await views(actor, id), [], actor.name)
  assert.deepEqual(await views(actorAs('regional-lead', ids.get('YN')), id), [], 'and a body that is closed reads nothing more')
})
