import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { sql } from 'kysely'
import { programOf } from '../../../../test/support/api.ts'
import { createTestApp } from '../../../../test/support/app.ts'
import { plantFramework } from '../../../../test/support/review.ts'
import { encodeCursor } from '../../../kernel/page.ts'
import { ROLES, type Role } from '../../../kernel/role.ts'

const app = await createTestApp()
const db = app.platform.database.kysely
const { frameworkId, profileId } = await plantFramework(app.platform, {
  outcomes: [
    { code: 'A1.a', target: 'achieved', statements: { 'not-achieved': ['Nobody leads.'], achieved: ['The board leads.', 'It meets about it.'] } },
    { code: 'A1.b', target: 'achieved', statements: { 'not-achieved': ['Nobody knows.'], achieved: ['Everybody knows.'] } },
    { code: 'A1.c', statements: { achieved: ['It is decided in time.'] } },
  ],
})
const lead = await app.signIn('cyber-lead', { organisation: 'RAA', name: 'Ann Lead' })
const other = await app.signIn('cyber-lead', { organisation: 'RAA', name: 'Ben Lead' })
const contributor = await app.signIn('contributor', { organisation: 'RAA', name: 'Cat Colleague' })
const program = await programOf(app, 'cyber-lead', { organisation: 'RAA', name: 'Dan Program' })

async function opened(period: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await lead.post(
    '/assessments',
    { framework: frameworkId, period, [`profile-${frameworkId}`]: profileId, ...more },
    { from: '/assessments/new' },
  )
  assert.equal(answer.statusCode, 303, answer.body)
  return String(answer.headers.location).split('/').at(-1) ?? ''
}

const form = (code: string, number: number, answer: string, revision: number, comment = '') => ({
  [`answer-${code}.${number}`]: answer,
  [`comment-${code}.${number}`]: comment,
  [`alternative-${code}.${number}`]: '',
  [`revision-${code}.${number}`]: String(revision),
})

suite('a review', () => {
  test('is opened once for a framework, a year and a subject; who has none is told what to do first', async () => {
    assert.match((await lead.get('/assessments')).body, /No review yet[\s\S]*Open a review/)
    assert.match((await contributor.get('/assessments')).body, /Nothing has been given to you yet/)
    const id = await opened('2026-27')
    const again = await lead.post('/assessments', { framework: frameworkId, period: '2026-27', [`profile-${frameworkId}`]: profileId })
    assert.equal(again.statusCode, 422)
    assert.match(again.body, /There is a review of this framework for that year and subject/)
    await opened('2026-27', { subject: 'Laboratory system' })
    const wrong = await lead.post('/assessments', { framework: frameworkId, period: '2026-28' })
    assert.match(wrong.body, /Give the year as 2026-27/)
    assert.match((await lead.get('/assessments')).body, /2 reviews/)
    assert.match((await lead.get('/assessments.csv')).body, /Laboratory system/)
    assert.match((await lead.get(`/assessments/${id}`)).body, /of 3 outcomes complete/)
  })

  test('says why a status came out and what would change it, with links to the very statements', async () => {
    const path = `/assessments/${await opened('2027-28')}/outcomes/A1.a`
    await lead.post(path, { ...form('A1.a', 1, 'no', 0), ...form('A1.a', 2, 'yes', 0), ...form('A1.a', 3, 'no', 0) }, { from: path })
    const { body } = await lead.get(path)
    assert.match(body, /Not achieved, because no list of statements is true as a whole/)
    assert.match(body, /It would be <strong>Achieved<\/strong>, which is what is asked of you, if this were true:[\s\S]*href="#i-A1.a.3"/)
    assert.match(body, /You are below it/)
    await lead.post(path, { ...form('A1.a', 3, 'not-applicable', 1) }, { from: path })
    assert.match((await lead.get(path)).body, /Say why it does not apply/)
    await lead.post(path, { ...form('A1.a', 3, 'not-applicable', 2, 'We have no board.') }, { from: path })
    assert.match((await lead.get(path)).body, /which you meet/)
    assert.match((await lead.get(path)).body, /Ann Lead[\s\S]*Does not apply. We have no board./)
  })

  test('keeps what two people write at once: of one answer both, of different ones each', async () => {
    const id = await opened('2028-29')
    const path = `/assessments/${id}/outcomes/A1.a`
    await other.get(path)
    await lead.post(path, { ...form('A1.a', 1, 'no', 0), ...form('A1.a', 2, '', 0), ...form('A1.a', 3, '', 0) }, { from: path })
    // Ben's page is older: he changed the first and the second, and sends the third as he saw it.
    const late = await other.post(path, { ...form('A1.a', 1, 'yes', 0, 'I think so.'), ...form('A1.a', 2, 'yes', 0), ...form('A1.a', 3, '', 0) })
    const { body } = await other.follow(late)
    assert.match(body, /Saved, but for one answer that a colleague changed/)
    assert.match(body, /Ben Lead<\/strong> wrote this[\s\S]*Yes. I think so./)
    const { rows } = await sql<{ indicator_code: string; answer: string; revision: number }>`
      select indicator_code, answer, revision from assure_answer where assessment_id = ${id} order by 1`.execute(db)
    assert.deepEqual(rows, [
      { indicator_code: 'A1.a.1', answer: 'no', revision: 1 },
      { indicator_code: 'A1.a.2', answer: 'yes', revision: 1 },
    ])
    await lead.post(`${path}/asides`, { indicator: 'A1.a.1', by: other.personId, use: 'yes' }, { from: path })
    const after = (await program.get(`/assessments/${id}/outcomes/A1.a`)).list('indicators')[0]
    assert.deepEqual([after?.['answer'], after?.['comment'], after?.['revision']], ['yes', 'I think so.', 2])
    assert.equal((await lead.post(`${path}/asides`, { indicator: 'A1.a.1', by: other.personId, use: 'yes' })).statusCode, 409)
  })

  test('is answered by programs in the same way, and its page is told what a colleague wrote meanwhile', async () => {
    const id = await opened('2029-30')
    const path = `/assessments/${id}/outcomes/A1.b`
    const answers = (answer: string, revision: number) => ({ answers: [{ code: 'A1.b.2', answer, revision }] })
    const first = await program.post(`${path}/answers`, { ...answers('yes', 0), summary: { text: 'All know.', revision: 1 } })
    assert.deepEqual([first.at('answers.0.outcome'), first.at('summary.outcome')], ['saved', 'saved'], JSON.stringify(first.body))
    assert.equal((await program.post(`${path}/answers`, answers('yes', 0))).at('answers.0.outcome'), 'unchanged')
    const stale = await program.post(`${path}/answers`, answers('no', 0))
    assert.deepEqual(
      [stale.at('answers.0.outcome'), stale.at('answers.0.newer.answer'), stale.at('answers.0.newer.by')],
      ['aside', 'yes', 'Dan Program'],
    )
    assert.equal((await program.post(`${path}/answers`, { answers: [{ code: 'A1.a.1', answer: 'no', revision: 0 }] })).status, 404)
    assert.match((await lead.get(`${path}/status`)).body, /1 of 2 answered/)
    assert.equal((await program.post(`${path}/comments`, { text: 'Ask the desk.' })).status, 201)
    assert.match((await lead.get(path)).body, /Ask the desk./)
    const many = await program.post(`/assessments/${id}/answers`, {
      answers: [{ code: 'A1.a.1', answer: 'no', comment: ' \u0000 ', revision: null }],
    })
    assert.equal(many.at('saved'), 1, JSON.stringify(many.body))
    for (const sort of ['opened', '-opened', 'period'])
      for (const cursor of [
        ['x', 'x'],
        [1e30, 'x'],
        ['2026-02-31T00:00:00Z', ''],
        [null, null],
      ])
        assert.equal((await program.get(`/assessments?sort=${sort}&cursor=${encodeCursor(cursor)}`)).status, 200, `${sort} ${cursor.join()}`)
    const [line] = (await program.all(`/assessments/${id}/outcomes?q=A1.b`, 1)).filter(item => item['code'] === 'A1.b')
    assert.deepEqual([line?.['progress'], line?.['answered'], line?.['indicators']], ['in-progress', 1, 2])
  })

  test('gives a contributor the parts given to them, and no others', async () => {
    const id = await opened('2030-31')
    await lead.post(
      `/assessments/${id}/respondents`,
      { person: contributor.personId, outcomes: ['A1.b'], part: 'owner' },
      { from: `/assessments/${id}/respondents` },
    )
    const given = await contributor.get('/assessments')
    assert.match(given.body, /Parts of the review given to you[\s\S]*A1\.b/)
    assert.equal((await contributor.get('/')).headers.location, '/assessments')
    const tasks = await contributor.get(`/assessments/${id}`)
    assert.match(tasks.body, /outcomes\/A1\.b/)
    assert.doesNotMatch(tasks.body, /outcomes\/A1\.a/)
    assert.doesNotMatch((await contributor.get(`/assessments/${id}/outcomes.csv`)).body, /A1\.a/)
    for (const path of ['', '/status']) assert.equal((await contributor.get(`/assessments/${id}/outcomes/A1.a${path}`)).statusCode, 404, path)
    const own = `/assessments/${id}/outcomes/A1.b`
    assert.equal((await contributor.post(own, form('A1.b', 2, 'yes', 0), { from: own })).statusCode, 303)
    for (const path of ['', '/confirm', '/asides', '/comments'])
      assert.equal(
        (await contributor.post(`/assessments/${id}/outcomes/A1.a${path}`, { ...form('A1.a', 2, 'yes', 0), comment: 'x' })).statusCode,
        404,
        path,
      )
    assert.match((await contributor.get('/assessments.csv')).body, new RegExp(`,1,0,.*,${id}`))
    const cat = await programOf(app, 'contributor', { organisation: 'RAA' })
    assert.deepEqual(await cat.all(`/assessments/${id}/outcomes`, 10), [])
    assert.equal((await cat.get(`/assessments/${id}/outcomes/A1.b`)).status, 404)
    assert.equal((await contributor.get(`/assessments/${id}/respondents`)).statusCode, 403)
    // Of another organisation nobody can be given anything.
    const stranger = await app.signIn('contributor', { organisation: 'RBB' })
    const refused = await lead.post(`/assessments/${id}/respondents`, { person: stranger.personId, outcomes: ['A1.a'], part: 'owner' })
    assert.equal(refused.statusCode, 422)
  })

  test('carries last year’s answers, none of which counts before somebody confirms it', async () => {
    const last = await opened('2031-32')
    const before = `/assessments/${last}/outcomes/A1.b`
    await lead.post(
      before,
      { ...form('A1.b', 1, 'no', 0), ...form('A1.b', 2, 'yes', 0, 'All know.'), summary: 'Good.', 'revision-summary': '1' },
      { from: before },
    )
    const id = await opened('2032-33', { carryFrom: last })
    const path = `/assessments/${id}/outcomes/A1.b`
    assert.match((await lead.get(`/assessments/${id}`)).body, /2 answers of last year wait[\s\S]*To confirm/)
    const page = await lead.get(path)
    assert.match(page.body, /Nothing is answered yet[\s\S]*All of last year’s answers here still hold \(3\)/)
    assert.match(page.body, /From last year: read it again[\s\S]*Good\./, 'the summary waits too')
    await lead.post(`${path}/confirm`, { indicator: 'A1.b.1' }, { from: path })
    assert.match((await lead.get(path)).body, /1 of 2 answered/)
    // Sending the form as it stands confirms nothing; saying otherwise does.
    await lead.post(path, { ...form('A1.b', 2, 'yes', 1, 'All know.') }, { from: path })
    assert.match((await lead.get(path)).body, /1 of 2 answered/)
    await lead.post(`${path}/confirm`, {}, { from: path })
    const confirmed = await lead.get(path)
    assert.match(confirmed.body, /which you meet/)
    assert.doesNotMatch(confirmed.body, /From last year|still hold/)
    assert.match(
      (await lead.get(`/assessments/${id}/carried`)).body,
      /6 statements are asked in the same words[\s\S]*No answer waits to be confirmed/,
    )
    const trend = await lead.get(`/assessments/${id}/trend`)
    assert.match(trend.body, /2031-32[\s\S]*2032-33[\s\S]*Same/)
    assert.match((await lead.get(`/assessments/${id}/trend.svg`)).body, /^<svg/)
    assert.match((await lead.get(`/assessments/${id}/levels.svg`)).body, /Not complete 2/)
    const paths = await program.get(`/assessments/${id}/trend`)
    assert.deepEqual(
      paths.list('outcomes').map(one => one['change']),
      [null, 'same', null],
    )
  })

  test('is drawn by objective beside the middle of those like it, where a release says it of the same outcomes', async () => {
    const id = await opened('2035-36')
    const drawn = async (who = lead) => (await who.get(`/assessments/${id}/levels.svg`)).body
    assert.doesNotMatch(await drawn(), /middle/)
    await sql`insert into assure_freeze (id, framework_id, period, number, state, asked_at, asked_by, frozen_at)
      values ('frz_1', ${frameworkId}, '2035-36', 1, 'frozen', now(), 'x', now())`.execute(db)
    const cohorts = [
      ['all', 'all', null, 'All organisations', 20],
      ['trust', 'type', 'trust', 'Trusts', 40],
      ['dentist', 'type', 'dentist', 'Dentists', 60],
    ] as const
    for (const [position, [cohort, kind, type, name, middle]] of cohorts.entries()) {
      await sql`insert into assure_freeze_cohort (freeze_id, cohort, kind, organisation_type, name, position, state, contributors)
        values ('frz_1', ${cohort}, ${kind}, ${type}, ${name}, ${position}, 'released', 30)`.execute(db)
      await sql`insert into assure_figure (freeze_id, cohort, kind, code, position, state, quartiles, outcomes)
        values ('frz_1', ${cohort}, 'objective', 'A', 0, 'shown', ${JSON.stringify([10, middle, 90])}::jsonb, ${['A1.a', 'A1.b', 'A1.c']})`.execute(
        db,
      )
    }
    assert.match(await drawn(), /Trusts, middle/)
    const { body } = await lead.get(`/assessments/${id}`)
    assert.match(body, /Trusts, middle, % at Achieved[\s\S]*A Managing risk[\s\S]*>40</)
    assert.match(body, /The diamond is the middle of Trusts[\s\S]*href="\/benchmark\?release=frz_1&(?:amp;)?cohort=trust"/)
    // Of one of the three outcomes no share of all three can be compared.
    await lead.post(
      `/assessments/${id}/respondents`,
      { person: contributor.personId, outcomes: ['A1.b'], part: 'owner' },
      { from: `/assessments/${id}/respondents` },
    )
    assert.doesNotMatch(await drawn(contributor), /middle/)
  })

  test('stays as it is once it is closed, and says so; a reason is asked where the lifecycle asks one', async () => {
    const id = await opened('2033-34')
    const path = `/assessments/${id}/outcomes/A1.a`
    await lead.get(path)
    assert.equal((await lead.post(`/assessments/${id}/withdraw`, {})).statusCode, 400)
    assert.equal((await lead.post(`/assessments/${id}/close`, {})).statusCode, 303)
    const refused = await lead.post(path, form('A1.a', 1, 'no', 0))
    assert.equal(refused.statusCode, 409)
    assert.match(refused.body, /This review is not open/)
    assert.match((await lead.get(path)).body, /The answers stay as they are/)
    await lead.post(`/assessments/${id}/reopen`, { reason: 'A new system came.' })
    assert.equal((await lead.post(path, form('A1.a', 1, 'no', 0), { from: path })).statusCode, 303)
  })

  test('is read by nobody else: no centre role, no region, no other organisation; and the audit says nothing of its content', async () => {
    const id = await opened('2034-35')
    const path = `/assessments/${id}/outcomes/A1.a`
    await lead.post(path, { ...form('A1.a', 2, 'yes', 0, 'Words of our own'), summary: 'Our summary', 'revision-summary': '1' }, { from: path })
    const readers = (Object.keys(ROLES) as Role[]).filter(role => ROLES[role].level !== 'organisation')
    for (const role of readers) {
      const reader = await app.signIn(role)
      for (const url of [
        '/assessments',
        `/assessments/${id}`,
        path,
        `${path}/status`,
        `/assessments/${id}/outcomes.csv`,
        ...['trend', 'trend.svg', 'levels.svg', 'carried', 'sheet', 'sheet.csv', 'sheet.xlsx', 'respondents'].map(
          part => `/assessments/${id}/${part}`,
        ),
      ]) {
        const answer = await reader.get(url)
        assert.ok([403, 404].includes(answer.statusCode), `${role} ${url}: ${answer.statusCode}`)
      }
    }
    const stranger = await app.signIn('cyber-lead', { organisation: 'RCC' })
    for (const url of [
      `/assessments/${id}`,
      path,
      `${path}/status`,
      ...['trend', 'trend.svg', 'levels.svg', 'carried', 'sheet', 'sheet.csv', 'sheet.xlsx', 'respondents'].map(part => `/assessments/${id}/${part}`),
    ])
      assert.equal((await stranger.get(url)).statusCode, 404, url)
    await stranger.get('/assessments/new')
    assert.equal((await stranger.post(path, form('A1.a', 2, 'no', 1))).statusCode, 404)
    const { rows } = await sql<{ text: string }>`select to_jsonb(audit_record)::text as text from audit_record where verb like 'assure.%'`.execute(db)
    assert.ok(rows.length > 0)
    for (const { text } of rows) assert.doesNotMatch(text, /A1\.|Words of our own|Our summary|not-achieved|"yes"|A new system/)
  })
})
