import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sql, type Selectable } from 'kysely'
import readXlsxFile from 'read-excel-file/node'
import { createTestApp } from '../../../../test/support/app.ts'
import { plantFramework } from '../../../../test/support/review.ts'
import { permissionsOf } from '../../../app/modules.ts'
import type { Id } from '../../../kernel/id.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { signAgreement } from '../agreements/commands.ts'
import { openAssessment } from '../assessments/commands.ts'
import type { Assessment } from '../assessments/model.ts'
import { saveAnswers } from '../assessments/outcomes/commands.ts'
import type { Visible } from '../tables.ts'
import type { EngagementTable } from '../tables/assessments.ts'

const app = await createTestApp()
const { platform, signIn } = app
const { frameworkId, profileId } = await plantFramework(platform, {
  outcomes: [
    { code: 'A1', target: 'achieved', statements: { achieved: ['The board asks'], 'not-achieved': ['Nobody asks'] } },
    { code: 'A2', target: 'achieved', statements: { achieved: ['Risks are known'] } },
  ],
})
const lead = await signIn('cyber-lead', { name: 'Lee Lead', organisation: 'ORG-1' })
const assessor = await signIn('assessor', { name: 'Asa Assessor' })
const second = await signIn('assessor', { name: 'Sam Second' })
const SECRET = 'We write this where the assessor must not see it'

/** Somebody in their own scope, as the server makes them. */
const actorOf = (who: typeof lead, role: 'cyber-lead' | 'assessor'): Actor => {
  const organisationId = who.organisationId as Id<'organisation'>
  const scope = role === 'assessor' ? ({ kind: 'centre' } as const) : ({ kind: 'organisation', organisationId } as const)
  return { kind: 'person', id: who.personId, name: role, role, organisationId, scope, permissions: permissionsOf(role) }
}
const leadActor = actorOf(lead, 'cyber-lead')
/** What that person's own scope lets them read of the self view, straight from the tables. */
const selfRows = (who: typeof lead) =>
  readAs<Visible, string[]>(platform, actorOf(who, 'assessor'), async db => {
    const found: string[] = []
    for (const table of ['assure_view', 'assure_answer', 'assure_answer_change'] as const)
      found.push(...(await db.selectFrom(table).where('view', '=', 'self').select('outcome_code').execute()).map(row => row.outcome_code))
    return [...new Set(found)].toSorted()
  })

/** Sends a form, and fails with the page where it is not taken. */
async function taken(browser: typeof lead, url: string, form: Record<string, string>, from?: string): Promise<string> {
  const response = await browser.post(url, form, from === undefined ? {} : { from })
  assert.equal(response.statusCode, 303, response.body.replaceAll(/\s+/g, ' ').slice(-4_000))
  return String(response.headers.location)
}

let assessment = ''
let desk = ''
let secondDesk = ''

test('an organisation asks in who does not belong to it, and they see only that they were asked', async () => {
  const opened = await runWork<Visible, Assessment>(platform, leadActor, async work => {
    const made = await openAssessment(work, { frameworkId, profileId, period: '2026-27', subject: '', carryFrom: null })
    const say = (outcomeCode: string, codes: readonly string[]) =>
      saveAnswers(work, {
        assessmentId: made.id,
        outcomeCode,
        answers: codes.map(code => ({ code, answer: code === 'A1.2' ? 'no' : 'yes', comment: SECRET, alternative: '', revision: 0 })),
        summary: { text: SECRET, revision: 0 },
      })
    await say('A1', ['A1.1', 'A1.2'])
    await say('A2', ['A2.1'])
    return made
  })
  assessment = `/assessments/${opened.id}`
  const ask = (form: Record<string, string>) =>
    lead.post(
      `${assessment}/engagement/ask`,
      { purpose: 'A review for the board', 'until-day': '1', 'until-month': '3', 'until-year': '2027', ...form },
      { from: `${assessment}/engagement/ask` },
    )
  assert.match((await lead.get(`${assessment}/engagement/ask`)).body, /Asa Assessor/)
  assert.match((await ask({ kind: 'peer', email: `${lead.personId}@test.invalid` })).body, /Nobody with this address can be asked in/)
  assert.match((await ask({ kind: 'independent', assessor: '' })).body, /Choose an assessor/)
  assert.match((await ask({ kind: 'independent', assessor: assessor.personId, 'until-year': '2020' })).body, /still to come/)
  assert.equal((await ask({ kind: 'independent', assessor: assessor.personId })).statusCode, 303)
  assert.match((await ask({ kind: 'independent', assessor: second.personId })).body, /Asa Assessor is asked in already/)
  assert.match((await ask({ kind: 'second', second: assessor.personId, sample: '2' })).body, /Choose somebody else/)
  assert.equal((await ask({ kind: 'second', second: second.personId, sample: '2' })).statusCode, 303)
  desk = /href="(\/independent\/eng_[0-9a-f]+)"/.exec((await assessor.get('/independent')).body)?.[1] ?? ''
  secondDesk = /href="(\/independent\/eng_[0-9a-f]+)"/.exec((await second.get('/independent')).body)?.[1] ?? ''
  assert.match((await assessor.get(desk)).body, /Before you see anything/)
  assert.equal((await assessor.get(secondDesk)).statusCode, 404, 'what somebody else was asked for')
  assert.equal((await assessor.get(`${desk}/outcomes/A1`)).statusCode, 403)
  const seen = await readAs<Visible, unknown[]>(platform, actorOf(assessor, 'assessor'), db =>
    db.selectFrom('assure_assessment').select('id').execute(),
  )
  assert.deepEqual(seen, [], 'nothing of the review is read before independence is declared')
})

test('blind: nothing of the self view is in the page, in the API or in the tables before the own view is recorded, and then that outcome alone', async () => {
  assert.match((await assessor.get('/')).body, new RegExp(`What needs you[^]*href="${desk}">You are asked to assess `))
  await taken(assessor, `${desk}/declare`, { independence: 'I never worked there', conflicts: 'None' }, desk)
  assert.match((await assessor.get('/')).body, new RegExp(`href="${desk}">Go on with the assessment of `))
  assert.match((await assessor.post(`${desk}/outcomes/A1`, { record: '' }, { from: `${desk}/outcomes/A1` })).body, /has not given you the review yet/)
  await taken(lead, `${assessment}/engagement/give`, {}, `${assessment}/engagement`)
  for (const url of [desk, `${desk}/outcomes/A1`, `/api/v1${desk}`, `/api/v1${desk}/outcomes/A1`]) {
    const page = await assessor.get(url)
    assert.equal(page.statusCode, 200, url)
    assert.doesNotMatch(page.body, new RegExp(SECRET), url)
  }
  assert.deepEqual(await selfRows(assessor), [])
  const half = await assessor.post(`${desk}/outcomes/A1`, { record: 'yes', 'answer-A1.1': 'no', revision: '0' }, { from: `${desk}/outcomes/A1` })
  assert.match(half.body, /Answer A1\.2[\s\S]*Say how strong the evidence was/)
  await taken(assessor, `${desk}/outcomes/A1`, { record: '', 'answer-A1.1': 'no', 'answer-A1.2': 'no', revision: '0' })
  assert.deepEqual(await selfRows(assessor), [], 'what is kept and not recorded opens nothing')
  await taken(assessor, `${desk}/outcomes/A1`, {
    record: 'yes',
    'answer-A1.1': 'no',
    'answer-A1.2': 'no',
    evidenceGrade: 'none',
    summary: 'No minutes',
    revision: '1',
  })
  assert.deepEqual(await selfRows(assessor), ['A1'])
  assert.match((await assessor.get(`${desk}/outcomes/A1`)).body, new RegExp(`Both side by side[\\s\\S]*${SECRET}`))
  assert.doesNotMatch((await assessor.get(`${desk}/outcomes/A2`)).body, new RegExp(SECRET))
  assert.deepEqual(await selfRows(second), [])
})

test('a recorded view is changed with a reason, and both are kept', async () => {
  const change = (reason: string, revision: string) =>
    assessor.post(`${desk}/outcomes/A1`, { 'answer-A1.1': 'no', 'answer-A1.2': 'no', evidenceGrade: 'said', summary: 'Said only', reason, revision })
  assert.match((await change('', '2')).body, /Say why you change what you had recorded/)
  assert.match((await change('I heard more', '1')).body, /was changed in another window/)
  assert.equal((await change('I heard more', '2')).statusCode, 303)
  assert.match((await assessor.get(desk)).body, /Changed after recording/)
  const kept = await readAs<Visible, unknown[]>(platform, actorOf(assessor, 'assessor'), async db =>
    (await db.selectFrom('assure_view_change').select(['before']).execute()).map(({ before }) => before),
  )
  assert.match(JSON.stringify(kept), /No minutes/)
})

test('it is handed over when nothing is missing, each thing that is stands there with its link, and the organisation reads nothing before', async () => {
  await taken(
    assessor,
    `${desk}/outcomes/A2`,
    { record: 'yes', 'answer-A2.1': 'yes', evidenceGrade: 'shown', summary: '', revision: '0' },
    `${desk}/outcomes/A2`,
  )
  const early = await assessor.post(`${desk}/hand-over`, {})
  assert.match(early.body, /4 things are still missing/)
  for (const what of ['A1: Say why you see it differently', 'A1: Write a finding', 'Name at least one strength', 'Write your conclusions'])
    assert.match(early.body, new RegExp(what))
  const organisationReads = () =>
    readAs<Visible, number>(
      platform,
      leadActor,
      async db =>
        (await db.selectFrom('assure_view').where('view', '=', 'independent').select('status').execute()).length +
        (await db.selectFrom('assure_finding').select('id').execute()).length,
    )
  await taken(assessor, `${desk}/outcomes/A1/explain`, { difference: 'There are no minutes' })
  const add = (kind: string, outcome: string) =>
    taken(assessor, `${desk}/outcomes/${outcome}/findings`, {
      kind,
      [`${kind}-what`]: `What ${kind}`,
      [`${kind}-detail`]: 'Because',
      [`${kind}-advice`]: 'Do so',
    })
  assert.match((await assessor.post(`${desk}/outcomes/A1/findings`, { kind: 'finding' })).body, /href="#finding-what"/)
  await add('finding', 'A1')
  await add('strength', 'A2')
  await taken(assessor, `${desk}/conclusion`, { narrative: 'A narrative of risk', veracity: 'Mostly true' })
  assert.equal(await organisationReads(), 0)
  await taken(assessor, `${desk}/hand-over`, {})
  assert.equal(await organisationReads(), 4)
  assert.match((await assessor.post(`${desk}/outcomes/A1`, { revision: '4' })).body, /You have handed this over/)
})

test('a second assessor and the first see each other’s view of an outcome once both have recorded it', async () => {
  await taken(second, `${secondDesk}/declare`, { independence: 'Nor did I', conflicts: 'None' }, secondDesk)
  const seen = (who: typeof lead, view: 'independent' | 'second') =>
    readAs<Visible, string[]>(platform, actorOf(who, 'assessor'), async db =>
      (await db.selectFrom('assure_view').where('view', '=', view).select('outcome_code').execute()).map(row => row.outcome_code).toSorted(),
    )
  assert.deepEqual(await seen(second, 'independent'), [])
  const a2 = `${secondDesk}/outcomes/A2`
  await taken(second, a2, { record: 'yes', 'answer-A2.1': 'no', evidenceGrade: 'said', revision: '0' }, a2)
  assert.deepEqual([await seen(second, 'independent'), await seen(assessor, 'second')], [['A2'], ['A2']])
  assert.deepEqual(await selfRows(second), [], 'a second assessor never sees the self view')
})

test('where two assessors differ, the first writes down what both hold; the figures are the two’s alone', async () => {
  assert.match((await assessor.get('/moderation')).body, /Sam Second[\s\S]*Where you differ[\s\S]*A2/)
  const key = { at: '0', key: 'x' }
  const url = `/moderation/${idOf(assessment)}/A2`
  assert.match((await assessor.post(url, { ...key, 'status-0': 'achieved', 'reason-0': '' })).body, /Say why/)
  assert.equal((await second.post(url, { ...key, 'status-0': 'achieved', 'reason-0': 'I say so' }, { from: '/moderation' })).statusCode, 403)
  await taken(assessor, url, { ...key, 'status-0': 'achieved', 'reason-0': 'We read the register together' })
  assert.match((await second.get('/moderation')).body, /We read the register together/)
  const other = await signIn('assessor', { name: 'Ona Other' })
  const figures = (who: typeof lead) =>
    who.get('/api/v1/moderation').then(reply => reply.json<{ pairs: { same: number }[] }>().pairs.map(({ same }) => same))
  assert.deepEqual(await figures(other), [])
  await taken(second, `${secondDesk}/outcomes/A2`, { 'answer-A2.1': 'yes', evidenceGrade: 'said', reason: 'I was told', revision: '1' })
  for (const one of [assessor, second]) assert.deepEqual(await figures(one), [0], 'what was changed after seeing the other’s makes no figure better')
})

const idOf = (address: string) => address.split('/').at(-1) ?? ''
const stateNow = async () =>
  (await sql<{ state: string }>`select state from assure_assessment where id = ${idOf(assessment)}`.execute(platform.database.kysely)).rows[0]?.state

const hashIn = (body: string) => /<code class="app-break">([0-9a-f]{64})</.exec(body)?.[1] ?? ''

test('what both say is agreed, the rest is decided one by one, and both sign the content that they saw', async () => {
  const address = `${assessment}/agreement`
  const page = (await lead.get(address)).body
  assert.match(page, /1 outcome<\/strong> to go/)
  assert.doesNotMatch(page, /Sign for the organisation/)
  assert.match((await lead.post(`${address}/sign`, { hash: hashIn(page) })).body, /still to be decided/)
  assert.match(
    (await lead.post(`${address}/A1`, { status: 'achieved', why: '', revision: '0' }, { from: `${address}/A1` })).body,
    /Say why it is decided so/,
  )
  await taken(assessor, `${address}/A1`, { status: 'not-achieved', text: 'No minutes yet', why: 'Both looked again', revision: '0' }, `${address}/A1`)
  assert.match((await lead.post(`${address}/A1`, { status: 'achieved', why: 'Else', revision: '0' })).body, /decided meanwhile/)
  const stale = await lead.post(`${address}/sign`, { hash: hashIn(page) })
  assert.match(stale.body, /The content has changed since you looked/)
  const { body } = await lead.get(address)
  await taken(lead, `${address}/sign`, { hash: hashIn(body) })
  assert.match((await lead.get(address)).body, /one side has signed/)
  assert.match((await lead.post(`${address}/sign`, { hash: hashIn(body) })).body, /Your side has signed this already/)
  await taken(assessor, `${address}/sign`, { hash: hashIn(body) }, address)
  const signed = (await lead.get(address)).body
  assert.match(signed, /Signed by both/)
  const content = await lead.get(`${address}/content.json`)
  assert.equal(createHash('sha256').update(content.body, 'utf8').digest('hex'), hashIn(signed))
  assert.equal((await second.get(address)).statusCode, 409, 'to a second assessor there is nothing to agree')
})

test('a change by a page, and one behind its back, void what was signed, and both are seen', async () => {
  const address = `${assessment}/agreement`
  const behind = (status: string) =>
    sql`update assure_view set status = ${status} where view = 'agreed' and outcome_code = 'A1'`.execute(platform.database.kysely)
  await behind('achieved')
  const broken = (await lead.get(address)).body
  assert.match(broken, /The signatures do not hold[\s\S]*changed in another way/)
  assert.doesNotMatch(broken, /Signed by both/)
  await behind('not-achieved')
  assert.match((await lead.get(address)).body, /Signed by both/, 'the same content is what was signed')
  await sql`update assure_finding set what = 'Something else' where kind = 'finding'`.execute(platform.database.kysely)
  assert.match((await lead.get(address)).body, /The signatures do not hold/, 'findings are signed too')
  await sql`update assure_finding set what = 'What finding' where kind = 'finding'`.execute(platform.database.kysely)
  platform.clock.advanceHours(0.1)
  await taken(lead, `${address}/A1`, { status: 'achieved', text: '', why: 'Minutes were found', revision: '1' }, `${address}/A1`)
  const changed = (await assessor.get(address)).body
  assert.match(changed, /The signatures do not hold[\s\S]*For an earlier content[\s\S]*Changes to what is agreed[\s\S]*Lee Lead/)
  assert.doesNotMatch(changed, /changed in another way/)
  // Both at once: the one who comes second sees what the first did.
  const hasSigned = Promise.withResolvers<void>()
  const sign = (who: Actor, meanwhile: () => Promise<unknown>) =>
    runWork<Visible, string>(platform, who, async work => {
      const after = await signAgreement(work, { assessmentId: idOf(assessment), hash: hashIn(changed) })
      hasSigned.resolve()
      await meanwhile()
      return after
    })
  const first = sign(leadActor, () => setTimeout(300))
  await hasSigned.promise
  assert.deepEqual(await Promise.all([first, sign(actorOf(assessor, 'assessor'), async () => {})]), ['half', 'signed'])
  assert.equal(await stateNow(), 'agreed')
})

test('the state follows the signatures: the same decision said again leaves them, and what is changed and put back as it was is agreed again', async () => {
  const address = `${assessment}/agreement`
  const decide = async (status: string, revision: string) => {
    platform.clock.advanceHours(0.1)
    await taken(lead, `${address}/A1`, { status, text: '', why: 'Minutes were found', revision }, `${address}/A1`)
    return stateNow()
  }
  assert.equal(await decide('achieved', '2'), 'agreed')
  assert.equal(await decide('not-achieved', '3'), 'agreeing')
  assert.equal(await decide('achieved', '4'), 'agreed', 'nobody could sign the same twice')
})

test('all that a report prints as agreed is what was signed: the risk of what is agreed, the assessor’s words and why they differ', async () => {
  const address = `${assessment}/agreement`
  const content = (await lead.get(`${address}/content.json`)).json<{
    risk: { level: string }
    outcomes: { code: string; asked: string; difference: string }[]
  }>()
  const report = (await lead.get(`/api/v1${assessment}/report`)).json<{ risk: { level: string } }>()
  assert.deepEqual([content.risk.level, report.risk.level], ['low', 'low'], 'A1 was agreed to be achieved, which the assessor had not said')
  assert.deepEqual(
    content.outcomes.map(({ code, asked, difference }) => [code, asked, difference]),
    [
      ['A1', 'achieved', 'There are no minutes'],
      ['A2', 'achieved', ''],
    ],
  )
  const behind = (words: { difference: string; veracity: string }) =>
    Promise.all([
      sql`update assure_view set difference = ${words.difference} where view = 'independent' and outcome_code = 'A1'`.execute(
        platform.database.kysely,
      ),
      sql`update assure_conclusion set veracity = ${words.veracity}`.execute(platform.database.kysely),
    ])
  const asSigned = { difference: 'There are no minutes', veracity: 'Mostly true' }
  for (const change of [{ difference: 'Else' }, { veracity: 'Else' }]) {
    await behind({ ...asSigned, ...change })
    assert.match((await lead.get(address)).body, /The signatures do not hold/)
  }
  await behind(asSigned)
  assert.match((await lead.get(address)).body, /Signed by both/)
})

test('every report of what is not signed as it stands says so, and a signed one carries its signatures', async () => {
  const address = `${assessment}/report`
  for (const url of [address, `${address}?view=summary`, `${assessment}/board`]) {
    const { body, statusCode } = await lead.get(url)
    assert.equal(statusCode, 200, url)
    assert.doesNotMatch(body, /app-report__standing/, url)
    assert.match(body, /Signed by both sides/, url)
  }
  assert.match((await lead.get(address)).body, /How true the self-assessment was[\s\S]*Flattering[\s\S]*Strengths[\s\S]*What strength/)
  assert.equal((await assessor.get(address)).statusCode, 200)
  assert.equal((await assessor.get(`${assessment}/board`)).statusCode, 404)
  assert.equal((await second.get(address)).statusCode, 404)
  await sql`update assure_finding set what = 'Something else' where kind = 'finding'`.execute(platform.database.kysely)
  for (const url of [address, `${address}?view=summary`, `${assessment}/board`, `${address}.csv`, `${address}.oscal.json`])
    assert.match((await lead.get(url)).body, /Void: this was changed after both had signed/, url)
  const workbook = await readXlsxFile((await lead.get(`${address}.xlsx`)).rawPayload)
  assert.equal(workbook.length, 3)
  for (const { data } of workbook) assert.match(String(data[0]?.[0]), /^Void/)
  const results = (await lead.get(`/api/v1${address}.oscal.json`)).json<{
    'assessment-results': { results: { findings: { target: { status: { state: string } } }[] }[] }
  }>()
  assert.deepEqual(
    results['assessment-results'].results[0]?.findings.map(one => one.target.status.state),
    ['satisfied', 'satisfied'],
  )
  const report = (await lead.get(`/api/v1${address}`)).json<{ isSigned: boolean; veracity: { outcomes: { n: number; flattering: number } } }>()
  assert.equal(report.isSigned, false)
  assert.equal(report.veracity.outcomes.n, 2)
})

test('of what the organisation asked, an assessor changes nothing; nobody asks themselves in', async () => {
  const asAssessor = (body: (work: Work<Visible>) => Promise<unknown>) =>
    runWork<Visible, unknown>(platform, actorOf(assessor, 'assessor'), async work => {
      await body(work)
      work.record({ verb: 'test.tried', subject: { kind: 'assessment', id: 'x' } })
    })
  await assert.rejects(
    asAssessor(work =>
      work.db
        .updateTable('assure_engagement')
        .set({ until: new Date('2030-01-01T00:00:00Z') })
        .execute(),
    ),
    /changed by the organisation/,
  )
  const { id: _, ...row } = await readAs<Visible, Selectable<EngagementTable>>(platform, actorOf(assessor, 'assessor'), db =>
    db.selectFrom('assure_engagement').selectAll().executeTakeFirstOrThrow(),
  )
  await assert.rejects(
    asAssessor(work =>
      work.db
        .insertInto('assure_engagement')
        .values({ ...row, id: 'eng_forged', kind: 'peer', ended_at: work.now })
        .execute(),
    ),
    /row-level security/,
  )
})

test('the end of an engagement takes effect at once, and its reason is in no audit', async () => {
  const address = `${assessment}/engagement`
  const id = idOf(desk)
  assert.match((await lead.post(`${address}/${id}/end`, { reason: '' }, { from: address })).body, /Say why it ends/)
  await taken(lead, `${address}/${id}/end`, { reason: 'A reason of our own' }, address)
  assert.deepEqual(await selfRows(assessor), [])
  assert.match((await assessor.get(desk)).body, /This is over for you/)
  assert.equal((await assessor.get(`${desk}/outcomes/A1`)).statusCode, 403)
  const audit = await sql<{ line: string }>`select audit_record::text as line from audit_record where verb like 'assure.%'`.execute(
    platform.database.kysely,
  )
  assert.ok(audit.rows.length > 10)
  for (const { line } of audit.rows) assert.doesNotMatch(line, /A1|A2|achieved|A reason of our own|No minutes|narrative/)
  assert.match(
    (
      await lead.post(
        `${address}/ask`,
        { kind: 'independent', assessor: second.personId, purpose: 'Again', 'until-day': '1', 'until-month': '3', 'until-year': '2027' },
        { from: `${address}/ask` },
      )
    ).body,
    /nobody can be asked in/,
  )
})
