import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { actorAs } from '../../../../test/support/broadcast.ts'
import type { Id } from '../../../kernel/id.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { receiptOf, type Sent } from './model.ts'
import { contributionsToFreeze, latestReleases, sectorNeeds } from './queries.ts'

const { platform, signIn } = await createTestApp()
const db = platform.database.kysely
const OUTCOMES = ['A1.a', 'A1.b', 'A1.c', 'A1.d', 'A2.a', 'A2.b', 'B1.a', 'B1.b', 'B1.c', 'B1.d', 'B2.a', 'B2.b']
const LEVELS = [
  { code: 'achieved', label: 'Achieved', tone: 'good' },
  { code: 'partially-achieved', label: 'Partially achieved', tone: 'partial' },
  { code: 'not-achieved', label: 'Not achieved', tone: 'bad' },
]
const FRAMEWORK = `fwk_${'1'.repeat(32)}`
const PERIOD = '2026-27'

await sql`
  insert into assure_framework (id, code, version, name, source, rule, levels, content_hash, loaded_at, loaded_by)
  values (${FRAMEWORK}, 'invented', '1', 'Invented framework', 'a test', '{"steps": [], "otherwise": "not-achieved"}', ${JSON.stringify(LEVELS)}, 'x', now(), 'test')`.execute(
  db,
)
for (const [position, code] of ['A', 'B', ...OUTCOMES].entries())
  await sql`
    insert into assure_framework_node (framework_id, code, kind, parent_code, title, position)
    values (${FRAMEWORK}, ${code}, ${code.length === 1 ? 'group' : 'outcome'}, ${code.length === 1 ? null : code.slice(0, 1)}, ${`Title of ${code}`}, ${position})`.execute(
    db,
  )

// The key of the lots: with another one now and then a cohort would be held as a whole.
for (const period of [PERIOD, '2025-26', '2024-25', '2023-24'])
  await sql`insert into assure_ledger_key (framework_id, period, key) values (${FRAMEWORK}, ${period}, ${'0123456789abcdef'.repeat(4)})`.execute(db)

const lead = await signIn('cyber-lead', { organisation: 'OWN1' })
const board = await signIn('board-member', { organisation: 'OWN1' })
const cicso = await signIn('cicso')
const analyst = await signIn('analyst')

/** A review of an organisation with these results in the framework's order. */
async function review(organisationId: string, statuses: readonly string[]): Promise<string> {
  const id = await runWork<Visible, string>(platform, SYSTEM, async work => {
    const made = work.newId('assessment')
    await work.db
      .insertInto('assure_assessment')
      .values({
        id: made,
        organisation_id: organisationId,
        framework_id: FRAMEWORK,
        profile_id: null,
        period: PERIOD,
        subject: 'Whole organisation',
        state: 'open',
        carried_from: null,
        opened_at: work.now,
        opened_by: 'test',
        changed_at: work.now,
      })
      .execute()
    for (const [at, code] of OUTCOMES.entries())
      await work.db
        .insertInto('assure_view')
        .values({
          assessment_id: made,
          view: 'self',
          outcome_code: code,
          status: statuses[at] ?? 'unanswered',
          changed_at: work.now,
          changed_by: 'test',
        })
        .execute()
    work.record({ verb: 'test.made', subject: { kind: 'assessment', id: made } })
    return made
  })
  return id
}

/** Others that contribute, as if by the page: `levels` by number. */
async function others(prefix: string, type: string, size: number, count: number, levels: (at: number) => string) {
  await sql`
    insert into directory_organisation (id, code, name, name_key, type, country, address, status, size, source, created_at, updated_at)
    select 'org_' || lpad(${prefix} || number, 32, '0'), ${prefix} || number, ${prefix} || number, lower(${prefix} || number), ${type}, 'England', '[]', 'open', ${size}, 'test', now(), now()
    from generate_series(1, ${count}::integer) number`.execute(db)
  for (let at = 1; at <= count; at += 1)
    await sql`
      insert into assure_contribution (id, organisation_id, framework_id, period, view, levels, organisation_type, size_band, receipt, contributed_at, contributed_by)
      select 'ctb_' || lpad(${prefix} || ${at}::integer, 32, '0'), id, ${FRAMEWORK}, ${PERIOD}, 'self', ${levels(at)}, type, 'large', 'receipt', now(), 'test'
      from directory_organisation where code = ${`${prefix}${at}`}`.execute(db)
}
const mixed = (at: number) => OUTCOMES.map((_, outcome) => (at * (1 + (outcome % 2)) + outcome) % 3).join('')
await others('D', 'dentist', 9, 8, mixed)
await others('T', 'trust', 3000, 30, mixed)
await others('H', 'care-home', 30, 9, mixed)
await others('P', 'practice', 12, 24, at => (at < 24 ? `2${mixed(at).slice(1)}` : mixed(at)))
const ownReview = await review(lead.organisationId, [
  'achieved',
  'achieved',
  'not-achieved',
  'achieved',
  'partially-achieved',
  'not-achieved',
  'achieved',
  'unanswered',
])

async function freezeByPage() {
  const answer = await cicso.post('/benchmark/releases', { frameworkId: FRAMEWORK, period: PERIOD }, { from: '/benchmark/releases' })
  await platform.runJobs()
  return cicso.follow(answer)
}

test('before anything is released the page says what to do first', async () => {
  assert.match((await lead.get('/benchmark')).body, /Nothing is released yet[\s\S]*See what you would contribute/)
  assert.match((await analyst.get('/benchmark')).body, /Nothing is released yet/)
})

test('a lead sees exactly what is sent, sends it, and the receipt proves it', async () => {
  const { body } = await lead.get(`/benchmark/contributions/${ownReview}`)
  assert.match(body, /A1\.a[\s\S]*Achieved[\s\S]*B2\.b[\s\S]*Not answered/)
  const answer = await lead.post(`/benchmark/contributions/${ownReview}`, {}, { from: `/benchmark/contributions/${ownReview}` })
  assert.equal(answer.statusCode, 303)
  const { rows } = await sql<{ id: string; receipt: string; levels: string; band: string | null }>`
    select id, receipt, levels, size_band as band from assure_contribution where organisation_id = ${lead.organisationId}`.execute(db)
  assert.equal(rows[0]?.levels, '0020120-----')
  const told: Sent = {
    contribution: rows[0]?.id ?? '',
    framework: 'invented',
    version: '1',
    period: PERIOD,
    view: 'self',
    organisationType: 'trust',
    sizeBand: null,
    outcomes: Object.fromEntries(
      OUTCOMES.map((code, at) => [
        code,
        ['achieved', 'achieved', 'not-achieved', 'achieved', 'partially-achieved', 'not-achieved', 'achieved', 'unanswered'][at] ?? 'unanswered',
      ]),
    ),
  }
  assert.equal(rows[0]?.receipt, receiptOf(told))
  assert.match((await lead.get('/benchmark/contributions')).body, new RegExp(rows[0]?.receipt ?? '-'))
})

test('twice the same is refused in words, and another’s review is not there', async () => {
  const again = await lead.post(`/benchmark/contributions/${ownReview}`, {}, { from: '/benchmark/contributions' })
  assert.equal(again.statusCode, 422)
  assert.match(again.body, /You contribute exactly this already/)
  const stranger = await signIn('cyber-lead', { organisation: 'OTHER1' })
  assert.equal((await stranger.get(`/benchmark/contributions/${ownReview}`)).statusCode, 404)
  assert.equal((await board.get('/benchmark/contributions')).statusCode, 403)
})

test('a freeze releases what it may, and its page says in words what it holds', async () => {
  const { body } = await freezeByPage()
  assert.match(body, /Invented framework 1, 2026-27[\s\S]*Release 1/)
  assert.match(body, /at least 10 contributors/)
  assert.match(body, /Not enough contributors yet \(n &lt; 10\)/)
  const { rows } = await sql<{ cohort: string; state: string; contributors: number | null }>`
    select cohort, state, contributors from assure_freeze_cohort where cohort in ('all', 'care-home')`.execute(db)
  assert.deepEqual(
    rows.toSorted((a, b) => (a.cohort < b.cohort ? -1 : 1)),
    [
      { cohort: 'all', state: 'released', contributors: 70 },
      { cohort: 'care-home', state: 'held', contributors: null },
    ],
    'nine care homes are not told of, and the seventy-two are told as seventy',
  )
})

test('what nearly all practices share is shown nowhere for them, and every count is rounded', async () => {
  const { rows } = await sql<{ cohort: string; code: string; counts: Record<string, number> | null }>`
    select cohort, code, counts from assure_figure where kind = 'outcome'`.execute(db)
  assert.ok(rows.length > 0)
  assert.equal(rows.find(row => row.cohort === 'practice' && row.code === 'A1.a')?.counts ?? null, null)
  for (const { counts } of rows) for (const count of Object.values(counts ?? {})) assert.equal(count % 5, 0)
})

test('an organisation sees its own place beside those like it, worked out from the published table', async () => {
  const { body } = await lead.get('/benchmark')
  assert.match(body, /Trusts[^<]*<\/strong>|All organisations/)
  assert.match(body, /Your own place is worked out here, from your own answers\. You contribute/)
  assert.match(body, /A1\.a[\s\S]*Achieved/)
  const wide = await lead.get('/benchmark?cohort=all')
  assert.match(wide.body, /All organisations<\/strong>, about 70 contributors: organisations like you/)
  assert.match(wide.body, /<table[\s\S]*Ours/)
  const chart = await lead.get('/benchmark/objectives.svg?cohort=all')
  assert.match(String(chart.headers['content-type']), /svg/)
  assert.match(chart.body, /A Title of A: ours 75%|A Title of A/)
})

test('the centre and an analyst see the same figures and nobody’s place', async () => {
  for (const person of [cicso, analyst]) {
    const { body } = await person.get('/benchmark?cohort=all')
    assert.match(body, /All organisations/)
    assert.doesNotMatch(body, /Your own place is worked out|>Ours</)
  }
  assert.match((await analyst.get('/benchmark/figures.csv')).body, /^.?cohort,cohort_name,contributors_rounded/)
  const needs = await readAs<Visible, Awaited<ReturnType<typeof sectorNeeds>>>(platform, actorAs('analyst'), reader =>
    sectorNeeds(reader, { id: FRAMEWORK, levels: LEVELS }, PERIOD),
  )
  assert.equal(needs?.cohort, 'All organisations')
  assert.ok(needs !== null && needs.needs.every(({ lacking, answered }) => lacking <= answered && lacking % 5 === 0))
})

test('no role of the centre, no region and no other organisation reads a contribution or the ledger, whatever it asks', async () => {
  const kinds = ['cicso', 'assessor', 'administrator', 'analyst', 'duty-manager'] as const
  for (const role of kinds) {
    const seen = await readAs<Visible, readonly number[]>(platform, { ...actorAs(role), scope: { kind: 'centre' } }, reader =>
      Promise.all(
        (['assure_contribution', 'assure_ledger', 'assure_ledger_key'] as const).map(
          async table => (await reader.selectFrom(table).selectAll().execute()).length,
        ),
      ),
    )
    assert.deepEqual(seen, [0, 0, 0], role)
  }
  const organisationId = 'org_00000000000000000000000000000T1' as Id<'organisation'>
  for (const kind of ['organisation', 'region', 'partner'] as const) {
    const seen = await readAs<Visible, readonly string[]>(
      platform,
      { ...actorAs('cyber-lead', organisationId), scope: { kind, organisationId } },
      async reader => (await reader.selectFrom('assure_contribution').select('organisation_id').execute()).map(row => row.organisation_id),
    )
    assert.ok(
      seen.every(id => id === organisationId),
      kind,
    )
  }
  await assert.rejects(
    runWork<Visible, void>(platform, { ...actorAs('cicso'), scope: { kind: 'centre' } }, async work => {
      await work.db.updateTable('assure_figure').set({ state: 'held' }).execute()
      await work.db.insertInto('assure_ledger_key').values({ framework_id: FRAMEWORK, period: 'x', key: 'x' }).execute()
      work.record({ verb: 'test', subject: { kind: 'test', id: 'x' } })
    }),
    /row-level security/,
  )
})

test('what the audit keeps of it names no outcome and no level', async () => {
  const { rows } = await sql<{
    text: string
  }>`select (to_jsonb(audit_record))::text as text from audit_record where verb like 'assure.benchmark.%'`.execute(db)
  assert.ok(rows.length >= 3)
  for (const { text } of rows) assert.doesNotMatch(text, /achieved|A1\.|B1\./)
})

test('who takes a contribution back is erased at once, and the comparisons that would tell of it are held until next year', async () => {
  const { rows } = await sql<{
    id: string
  }>`select id from assure_contribution where organisation_id = ${lead.organisationId} and withdrawn_at is null`.execute(db)
  const answer = await lead.post(`/benchmark/contributions/${rows[0]?.id ?? ''}/withdraw`, {}, { from: '/benchmark/contributions' })
  assert.match((await lead.follow(answer)).body, /What you sent is erased/)
  const erased = await sql<{ levels: string }>`select levels from assure_contribution where id = ${rows[0]?.id ?? ''}`.execute(db)
  assert.deepEqual(erased.rows, [{ levels: '' }])
  assert.equal((await lead.post(`/benchmark/contributions/${rows[0]?.id ?? ''}/withdraw`, {}, { from: '/benchmark/contributions' })).statusCode, 404)
  const { body } = await freezeByPage()
  assert.match(body, /Held until the next year: too few came or went/)
  const { rows: held } = await sql<{ reason: string | null }>`
    select reason from assure_freeze_cohort join assure_freeze on id = freeze_id where number = 2 and cohort = 'all'`.execute(db)
  assert.deepEqual(held, [{ reason: 'changed' }])
  const latest = await readAs<Visible, Awaited<ReturnType<typeof latestReleases>>>(platform, SYSTEM, reader => latestReleases(reader))
  assert.equal(latest[0]?.number, 2)
})

test('what both signed is sent as agreed; what is of a withdrawn review or a closed organisation is not counted', async () => {
  const counted = async () => {
    const rows = await readAs<Visible, Awaited<ReturnType<typeof contributionsToFreeze>>>(platform, SYSTEM, reader =>
      contributionsToFreeze(reader, FRAMEWORK, PERIOD),
    )
    return rows.length
  }
  const before = await counted()
  await sql`
    insert into assure_view (assessment_id, view, outcome_code, status, changed_at, changed_by)
    select assessment_id, 'agreed', outcome_code, 'partially-achieved', now(), 'test' from assure_view where assessment_id = ${ownReview} and view = 'self'`.execute(
    db,
  )
  await sql`update assure_assessment set state = 'agreed' where id = ${ownReview}`.execute(db)
  assert.match((await lead.get(`/benchmark/contributions/${ownReview}`)).body, /Agreed: both sides signed it/)
  await lead.post(`/benchmark/contributions/${ownReview}`, {}, { from: `/benchmark/contributions/${ownReview}` })
  assert.equal(await counted(), before + 1)
  await sql`update assure_assessment set state = 'withdrawn' where id = ${ownReview}`.execute(db)
  assert.equal(await counted(), before)
  await sql`update assure_assessment set state = 'agreed' where id = ${ownReview}`.execute(db)
  await sql`update directory_organisation set status = 'closed' where code = 'T1'`.execute(db)
  assert.equal(await counted(), before)
})

test('a freeze that was asked for twice is made once, and one of a framework that is withdrawn is refused', async () => {
  const first = await cicso.post('/benchmark/releases', { frameworkId: FRAMEWORK, period: PERIOD }, { from: '/benchmark/releases' })
  assert.equal(first.statusCode, 303)
  const second = await cicso.post('/benchmark/releases', { frameworkId: FRAMEWORK, period: PERIOD }, { from: '/benchmark/releases' })
  assert.match(second.body, /That is being frozen just now/)
  platform.clock.advanceHours(2)
  const third = await cicso.post('/benchmark/releases', { frameworkId: FRAMEWORK, period: PERIOD }, { from: '/benchmark/releases' })
  assert.equal(third.headers.location, first.headers.location, 'one that never came to its end is asked for again')
  await platform.runJobs()
  await sql`update assure_framework set withdrawn_at = now() where id = ${FRAMEWORK}`.execute(db)
  const withdrawn = await cicso.post('/benchmark/releases', { frameworkId: FRAMEWORK, period: PERIOD }, { from: '/benchmark/releases' })
  assert.match(withdrawn.body, /That framework is withdrawn/)
  const wrong = await cicso.post('/benchmark/releases', { frameworkId: '', period: 'soon' }, { from: '/benchmark/releases' })
  assert.match(wrong.body, /Choose a framework/)
  const preview = await lead.get(`/benchmark/contributions/${ownReview}`)
  assert.match(preview.body, /That framework is withdrawn: nothing is compared by it/)
})

test('organisations whose results one person sent, or that one body owns, do not make a comparison for those beside them', async () => {
  await sql`update assure_framework set withdrawn_at = null where id = ${FRAMEWORK}`.execute(db)
  const freezeYear = async (period: string) => {
    const person = `per_${'1'.repeat(32)}`
    await sql`
      insert into assure_contribution (id, organisation_id, framework_id, period, view, levels, organisation_type, size_band, receipt, contributed_at, contributed_by)
      select 'ctb_' || md5(${period} || id), organisation_id, framework_id, ${period}, view, levels, organisation_type, size_band, receipt, now(),
        case when ${period} = '2025-26' and right(organisation_id, 1) <> '0' then ${person} else 'per_' || md5(id) end
      from assure_contribution where period = ${PERIOD} and organisation_type = 'trust' and withdrawn_at is null`.execute(db)
    await cicso.post('/benchmark/releases', { frameworkId: FRAMEWORK, period }, { from: '/benchmark/releases' })
    await platform.runJobs()
    const { rows } = await sql<{ state: string; reason: string | null }>`
      select cohort.state, cohort.reason from assure_freeze_cohort cohort join assure_freeze on id = freeze_id where period = ${period} and cohort = 'trust'`.execute(
      db,
    )
    return rows[0]
  }
  assert.deepEqual(await freezeYear('2023-24'), { state: 'released', reason: null }, 'each for itself')
  assert.deepEqual(await freezeYear('2025-26'), { state: 'held', reason: 'few' }, 'one person for nine in ten')
  await sql`update directory_organisation set parent_code = 'T2' where type = 'trust' and right(id, 1) <> '0'`.execute(db)
  assert.deepEqual(await freezeYear('2024-25'), { state: 'held', reason: 'few' }, 'one owner of nine in ten')
})

test('whoever freezes the same again and again sees the same', async () => {
  const figures = async () => {
    const { rows } = await sql<{ figures: string }>`
      select string_agg(cohort || code || coalesce(counts::text, quartiles::text, 'held'), ' ' order by cohort, kind, code) as figures
      from assure_figure join assure_freeze on id = freeze_id where period = '2023-24' group by freeze_id`.execute(db)
    return rows.map(row => row.figures)
  }
  await sql`update directory_organisation set parent_code = null where type = 'trust'`.execute(db)
  for (let again = 0; again < 3; again += 1) {
    await cicso.post('/benchmark/releases', { frameworkId: FRAMEWORK, period: '2023-24' }, { from: '/benchmark/releases' })
    await platform.runJobs()
  }
  assert.match((await analyst.get('/benchmark/releases')).body, /href="\/benchmark\/releases\.csv"/)
  const list = (await analyst.get('/benchmark/releases.csv')).body.trim().split('\n')
  assert.match(list[0] ?? '', /id,framework,version,year,release,state/)
  assert.equal(list.filter(line => line.includes(',2023-24,')).length, 4)
  const all = await figures()
  assert.equal(all.length, 4)
  assert.equal(new Set(all).size, 1)
})

test('the database refuses a policy below the floors', async () => {
  for (const [minimum, alike, rounding] of [
    [7, 2, 5],
    [10, 1, 5],
    [10, 3, 5],
    [10, 2, 1],
  ])
    await assert.rejects(
      sql`insert into assure_benchmark_policy (effective_from, minimum, alike, rounding, source) values ('2027-01-01', ${minimum}, ${alike}, ${rounding}, 'x')`.execute(
        db,
      ),
      /check constraint/,
    )
})
