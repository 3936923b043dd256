import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'

const app = await createTestApp()
const { platform } = app
const bulletin = await releasedBulletin(platform, { organisations: 2, prefix: 'Q', tlp: 'AMBER', title: 'A title for few' })
const number = `CC-${bulletin.number}`

const due = (name: string, date: string) => {
  const [year = '', month = '', day = ''] = date.split('-')
  return { [`${name}-day`]: day, [`${name}-month`]: month, [`${name}-year`]: year }
}
const location = (response: { headers: Record<string, unknown> }) => String(response.headers['location'])

test('a plan begins empty, says what to do first, takes an action, and shows its money and its date', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00000', name: 'Lee Lead' })
  assert.match((await lead.get('/plan')).body, /There is no plan yet/)
  const wrong = await lead.post('/plan/add', { title: 'Back up <records>', capitalPence: 'lots' }, { from: '/plan/add' })
  assert.equal(wrong.statusCode, 422)
  assert.match(wrong.body, /Enter an amount in pounds/)
  assert.match(wrong.body, /Enter a date, or say below why there is none yet/, 'every fault at once')
  const long = await lead.post('/plan/add', { title: '', 'dueOn-day': '9'.repeat(60), 'dueOn-month': '1', 'dueOn-year': '2027' })
  assert.match(long.body, /Say what will be done/)
  assert.match(long.body, /Enter a date that exists/)
  assert.match((await lead.post('/plan/add', { title: 'Back up' })).body, /Enter a date, or say below why there is none yet/)
  assert.match(wrong.body, /value="Back up &lt;records&gt;"/)
  const past = await lead.post('/plan/add', { title: 'Late', ...due('dueOn', '2026-01-01') })
  assert.match(past.body, /today or later/)
  const added = await lead.post('/plan/add', {
    title: 'Back up <records>',
    capitalPence: '£12,500',
    ownerId: lead.personId,
    funding: 'asked',
    ...due('dueOn', '2026-12-01'),
  })
  assert.equal(added.statusCode, 303)
  const action = await lead.follow(added)
  assert.match(action.body, /Back up &lt;records&gt;/)
  assert.match(action.body, /£12,500 once/)
  const plan = await lead.get('/plan')
  assert.match(plan.body, /11 days left/)
  assert.match(plan.body, /No original date has come yet/)
  assert.match(plan.body, /Not enough history yet/)
})

test('a later date needs its reason and stands beside the original one, for all who read the plan', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00000' })
  const { items } = (await lead.get('/api/v1/plan')).json<{ items: { id: string }[] }>()
  const path = `/plan/${items[0]?.id}`
  const without = await lead.post(`${path}/date`, due('dueOn', '2027-01-10'), { from: `${path}/date` })
  assert.equal(without.statusCode, 422)
  assert.match(without.body, /Say why, in a sentence/)
  assert.match(without.body, /value="10"/)
  await lead.post(`${path}/date`, { ...due('dueOn', '2027-01-10'), reason: 'The engineer left' })
  const board = await app.signIn('board-member', { organisation: 'Q00000' })
  const page = await board.get(path)
  assert.match(page.body, /It has slipped once, by 40 days in all/)
  assert.match(page.body, /The engineer left/)
  assert.equal((await board.post(`${path}/start`, {}, { from: path })).statusCode, 403)
  assert.equal((await board.get(`${path}/date`)).statusCode, 403)
  const csv = parse<Record<string, string>>((await board.get('/plan.csv')).body, { bom: true, columns: true })
  assert.deepEqual([csv[0]?.['original date'], csv[0]?.['date'], csv[0]?.['capital pounds']], ['2026-12-01', '2027-01-10', '12500'])
})

test('an action is done with evidence, re-tested with what was seen, and a wrong step is said in words', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00000' })
  const { items } = (await lead.get('/api/v1/plan')).json<{ items: { id: string }[] }>()
  const path = `/plan/${items[0]?.id}`
  assert.match(
    (await lead.post(`${path}/retest`, { outcome: 'worked', tester: 'T', method: 'M', ...due('testedOn', '2026-11-20') }, { from: `${path}/retest` }))
      .body,
    /so that cannot be done now/,
  )
  assert.match((await lead.post(`${path}/finish`, { note: '' }, { from: `${path}/finish` })).body, /One of the two is enough/)
  await lead.post(`${path}/finish`, { note: 'Copied to a second site', evidence: 'Test report 4' })
  const tested = await lead.follow(
    await lead.post(`${path}/retest`, {
      outcome: 'partly',
      tester: 'Terry Test',
      method: 'Restored one ward',
      observedPence: '1000',
      ...due('testedOn', '2026-11-20'),
    }),
  )
  assert.match(tested.body, /It worked in part/)
  assert.match(tested.body, /£1,000 a year/)
  assert.match(tested.body, /a quiet year does not prove/)
  assert.match(tested.body, /By Terry Test/)
})

test('the whole plan leaves as a workbook and as OSCAL, with its original dates', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00000' })
  const sheet = await lead.get('/plan.xlsx')
  assert.match(String(sheet.headers['content-type']), /spreadsheetml/)
  const { default: readXlsxFile } = await import('read-excel-file/node')
  const sheets = await readXlsxFile(sheet.rawPayload)
  assert.match(JSON.stringify(sheets), /2026-12-01.*The engineer left/)
  for (const path of ['/plan/oscal.json', '/api/v1/plan/oscal']) {
    const { body } = await lead.get(path)
    assert.match(body, /"name": "original-date",\s+"ns": "urn:carecert:oscal:plan:1",\s+"value": "2026-12-01"/)
  }
})

test('the plan is signed as it stands, and a change voids that in sight of all', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00000' })
  const board = await app.signIn('board-member', { organisation: 'Q00000', name: 'Bo Board' })
  for (const browser of [lead, board]) {
    const page = await browser.get('/plan/agreement')
    const hash = /<code>([0-9a-f]{64})<\/code>/.exec(page.body)?.[1] ?? ''
    assert.equal((await browser.post('/plan/agreement/sign', { hash, words: 'We stand by it' })).statusCode, 303)
  }
  assert.match((await lead.get('/plan')).body, /Agreed: both have signed/)
  assert.match((await lead.get('/plan/agreement')).body, /Bo Board/)
  await lead.post('/plan/add', { title: 'One more', noDateReason: 'We wait for a quote' }, { from: '/plan/add' })
  assert.match((await board.get('/plan')).body, /No longer agreed/)
  assert.match((await board.get('/plan/agreement')).body, /Added: One more/)
})

test('a bulletin that waits for money is proposed with its number alone, taken once, or left with a reason', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00001' })
  await lead.post(`/bulletins/${number}/answer`, { state: 'not-acting', more: 'yes', reasonCode: 'awaiting-money' }, { from: `/bulletins/${number}` })
  const offered = await lead.get('/plan/proposals')
  assert.match(offered.body, /A title for few/)
  const path = `/plan/proposals/bulletin/${bulletin.bulletinId}`
  assert.match((await lead.post(`${path}/leave`, { reason: '' }, { from: '/plan/proposals' })).body, /Say why you leave it/)
  const taken = await lead.post(`${path}/take`, due('dueOn', '2027-02-01'), { from: `${path}/take` })
  assert.equal(taken.statusCode, 303)
  const page = await lead.follow(taken)
  assert.match(page.body, new RegExp(`Do what ${number} asks`))
  assert.doesNotMatch(page.body, /A title for few/)
  assert.match((await lead.get('/plan/proposals')).body, /Nothing is proposed/)
  assert.equal((await lead.post(`${path}/take`, due('dueOn', '2027-02-01'), { from: '/plan' })).statusCode, 404)
})

test('lists and their pages hold each action once, in every order; no other organisation reads one', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00001' })
  for (const date of ['2027-01-01', null, '2027-01-01', '2026-12-30', null])
    await lead.post(
      '/plan/add',
      { title: `Listed ${date}`, ...(date === null ? { noDateReason: 'Not yet' } : due('dueOn', date)) },
      { from: '/plan/add' },
    )
  for (const sort of ['due', '-due', 'title', '-title', 'changed', '-changed']) {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const answer: { items: { id: string }[]; next: string | null; total: number } = (
        await lead.get(`/api/v1/plan?q=listed&limit=2&sort=${sort}${cursor === '' ? '' : `&cursor=${cursor}`}`)
      ).json()
      assert.equal(answer.total, 5)
      seen.push(...answer.items.map(({ id }) => id))
      cursor = answer.next
    }
    assert.deepEqual([seen.length, new Set(seen).size], [5, 5], sort)
  }
  const [{ id } = { id: '' }] = (await lead.get('/api/v1/plan')).json<{ items: { id: string }[] }>().items
  const other = await app.signIn('cyber-lead', { organisation: 'Q00000' })
  for (const path of [`/plan/${id}`, `/plan/${id}/date`, `/api/v1/plan/${id}`]) assert.equal((await other.get(path)).statusCode, 404, path)
  for (const role of ['administrator', 'cicso', 'assessor', 'regional-lead', 'partner-responder'] as const) {
    const stranger = await app.signIn(role)
    for (const path of ['/plan', '/plan.csv', `/plan/${id}`, '/plan/agreement', '/plan/proposals'])
      assert.equal((await stranger.get(path)).statusCode, 403, `${role} ${path}`)
  }
  assert.equal(location(await app.visitor.get('/plan')).startsWith('/sign-in'), true)
})

test('an owner who has left stays the owner until somebody else is chosen', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00000' })
  const colleague = await app.signIn('contributor', { organisation: 'Q00000', name: 'Cam Colleague' })
  const added = await lead.post(
    '/plan/add',
    { title: 'Of one who leaves', ownerId: colleague.personId, ...due('dueOn', '2027-02-01') },
    { from: '/plan/add' },
  )
  const path = location(added).split('?')[0] ?? ''
  await sql`update directory_assignment set until = now() where person_id = ${colleague.personId}`.execute(platform.database.kysely)
  await sql`update directory_person set left_at = now() where id = ${colleague.personId}`.execute(platform.database.kysely)
  const form = await lead.get(`${path}/change`)
  assert.match(form.body, new RegExp(`<option value="${colleague.personId}" selected>Cam Colleague, who has left`))
  const revision = /name="revision" value="(\d+)"/.exec(form.body)?.[1] ?? ''
  const kept = await lead.post(`${path}/change`, { title: 'Of one who left', ownerId: colleague.personId, revision })
  assert.match((await lead.follow(kept)).body, /Of one who left[\s\S]*Cam Colleague/)
  assert.match(
    (await lead.post('/plan/add', { title: 'New', ownerId: colleague.personId, ...due('dueOn', '2027-02-01') }, { from: '/plan/add' })).body,
    /must be somebody who is with your organisation/,
  )
})

test('an organisation’s home says what it said it would do, and the next step of its review and plan', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00001' })
  const home = await lead.get('/')
  assert.match(home.body, new RegExp(`Do what ${number} asks`))
  assert.match(home.body, /By 1 February 2027: 73 days left/)
  assert.match(home.body, /Begin your cyber review/)
  assert.match(home.body, /Give dates to what has none/)
  const partner = await app.signIn('partner-responder')
  assert.doesNotMatch((await partner.get('/')).body, /Our review and plan/)
})

test('an assessor reads and signs the plan once the own view is handed over, and changes nothing of it', async () => {
  const assessor = await app.signIn('assessor', { name: 'Asa Assessor' })
  const lead = await app.signIn('cyber-lead', { organisation: 'Q00001' })
  const owner = platform.database.kysely
  await sql`insert into assure_framework (id, code, version, name, source, rule, levels, content_hash, loaded_at, loaded_by)
    values ('fwk_plan', 'plan', '1', 'Test', 'test', '{}', '[]', 'x', now(), 'test')`.execute(owner)
  await sql`insert into assure_assessment (id, organisation_id, framework_id, period, subject, state, opened_at, opened_by, changed_at)
    values ('asm_plan', ${lead.organisationId}, 'fwk_plan', '2026-27', 'All', 'open', now(), 'test', now())`.execute(owner)
  await sql`insert into assure_engagement
      (id, assessment_id, organisation_id, assessor_id, assessor_name, assessor_body, kind, purpose, until, asked_at, asked_by, asked_by_name)
    values ('eng_plan', 'asm_plan', ${lead.organisationId}, ${assessor.personId}, 'A', 'B', 'independent', 'test', now() + interval '90 days', now(), 't', 'T')`.execute(
    owner,
  )
  const finding = sql`insert into assure_finding (id, assessment_id, engagement_id, outcome_code, kind, what, detail, advice, at, by_id)
    values ('fnd_plan', 'asm_plan', 'eng_plan', 'B2.a', 'finding', 'Leavers keep their accounts', 'Nine of ten that we looked at', 'Close accounts on the last day', now(), ${assessor.personId})`
  await finding.execute(owner)
  assert.equal((await assessor.get('/independent/asm_plan/plan')).statusCode, 404)
  assert.doesNotMatch((await lead.get('/plan/proposals')).body, /Leavers keep/, 'a finding is the assessor’s until it is handed over')
  const path = '/plan/proposals/finding/fnd_plan'
  assert.equal((await lead.post(`${path}/take`, due('dueOn', '2027-02-01'), { from: '/plan' })).statusCode, 404)
  await sql`update assure_engagement set declared_at = now(), submitted_at = now() where id = 'eng_plan'`.execute(owner)
  const stranger = await app.signIn('cyber-lead', { organisation: 'Q00000' })
  assert.doesNotMatch((await stranger.get('/plan/proposals')).body, /Leavers keep/)
  assert.equal((await stranger.post(`${path}/take`, due('dueOn', '2027-02-01'), { from: '/plan' })).statusCode, 404)
  assert.match((await lead.get('/plan/proposals')).body, /B2\.a: Close accounts on the last day[\s\S]*Leavers keep their accounts/)
  const incomplete = await lead.post(`${path}/take`, {}, { from: `${path}/take` })
  assert.match(incomplete.body, /Enter a date, or say below why there is none yet/)
  const taken = await lead.follow(await lead.post(`${path}/take`, due('dueOn', '2027-02-01'), { from: `${path}/take` }))
  assert.match(taken.body, /Close accounts on the last day[\s\S]*Nine of ten that we looked at[\s\S]*From a finding of the assessor/)
  assert.equal((await lead.post(`${path}/take`, due('dueOn', '2027-02-01'), { from: '/plan' })).statusCode, 404, 'once')
  assert.doesNotMatch((await lead.get('/plan/proposals')).body, /Leavers keep/)

  const page = await assessor.get('/independent/asm_plan/plan')
  assert.match(page.body, new RegExp(`Do what ${number} asks`))
  const hash = /<code>([0-9a-f]{64})<\/code>/.exec(page.body)?.[1] ?? ''
  const signed = await assessor.follow(await assessor.post('/independent/asm_plan/plan/sign', { hash, words: 'Agreed' }))
  assert.match(signed.body, /Asa Assessor/)
  assert.match((await lead.get('/plan/agreement')).body, /Asa Assessor/)
  assert.equal((await assessor.post('/plan/add', { title: 'Mine' }, { from: '/independent/asm_plan/plan' })).statusCode, 403)
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    await work.db.updateTable('assure_engagement').set({ ended_at: work.now }).where('id', '=', 'eng_plan').execute()
    work.record({ verb: 'test.engagement.ended', subject: { kind: 'engagement', id: 'eng_plan' } })
  })
  for (const request of [assessor.get('/independent/asm_plan/plan'), assessor.get('/api/v1/independent/asm_plan/plan')])
    assert.equal((await request).statusCode, 404, 'once the engagement has ended')
  const late = await assessor.post('/independent/asm_plan/plan/sign', { hash, words: '' }, { from: '/independent' })
  assert.equal(late.statusCode, 404)
  assert.match((await lead.get('/plan/agreement')).body, /Asa Assessor/, 'what was signed stays')
})
