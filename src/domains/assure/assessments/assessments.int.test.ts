import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sql } from 'kysely'
import { runCommand } from '../../../../test/support/command.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { plantFramework } from '../../../../test/support/review.ts'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { readWorkbook } from '../../../codecs/framework-sheet/workbook.ts'
import type { Id } from '../../../kernel/id.ts'
import { nameKey } from '../../../kernel/name-key.ts'
import { SYSTEM, type Actor, type Scope } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { PERMISSIONS } from '../policy.ts'
import { moveReview } from '../review-step.ts'
import type { Visible } from '../tables.ts'
import { openAssessment } from './commands.ts'
import { ANSWERS, type Assessment } from './model.ts'
import { saveAnswers, type SavedOutcome } from './outcomes/commands.ts'
import { outcomeDetail, outcomeLines } from './outcomes/queries.ts'
import { SHEET_HEAD } from './sheet/model.ts'
import { sheetRows } from './sheet/queries.ts'
import { sheetWorkbook } from './sheet/workbook.ts'

const platform = await createTestPlatform()
const db = platform.database.kysely
const place = await mkdtemp(join(tmpdir(), 'carecert-review-'))
after(() => rm(place, { recursive: true }))

async function organisation(code: string): Promise<Id<'organisation'>> {
  const { rows } = await sql<{ id: Id<'organisation'> }>`
    insert into directory_organisation (id, code, name, name_key, type, country, status, source, address, created_at, updated_at)
    values (${`org_${code.padEnd(32, '0').toLowerCase()}`}, ${code}, ${code}, ${nameKey(code)}, 'trust', 'England', 'open', 'test', '[]', now(), now()) returning id`.execute(
    db,
  )
  return rows[0]?.id ?? assert.fail()
}

const ours = await organisation('AAA')
const theirs = await organisation('BBB')

function actorIn(scope: Scope, organisationId: Id<'organisation'> | null, role: string | null = 'cyber-lead'): Actor {
  return { ...SYSTEM, kind: 'person', id: `per_${scope.kind}`, role, organisationId, scope, permissions: new Set(Object.keys(PERMISSIONS)) }
}
const lead = actorIn({ kind: 'organisation', organisationId: ours }, ours)

const opened = (wanted: Parameters<typeof openAssessment>[1]) => runWork<Visible, Assessment>(platform, lead, work => openAssessment(work, wanted))
const asked = { profileId: null, period: '2026-27', subject: '', carryFrom: null }

suite('answers in a file', () => {
  test('a completed WebCAF assessment gives its 39 statuses', { skip: skipWithoutSharedData }, async () => {
    const framework = sharedData('frameworks/webcaf/cyber-assessment-framework-v3.2.yaml')
    await runCommand(platform, { ...lead, scope: { kind: 'centre' } }, 'frameworks import', [framework])
    const { data } = await runCommand<Assessment>(platform, lead, 'assessments open', ['caf@3.2'], { period: '2026-27' })
    const taken = await runCommand<{ saved: number; problems: unknown[]; differing: unknown[] }>(platform, lead, 'assessments answer', [
      data.id,
      sharedData('frameworks/webcaf/alice_completed_assessment.json'),
    ])
    assert.deepEqual(taken.data, { saved: 449, unchanged: 0, aside: 0, problems: [], differing: [] })
    const shown = await runCommand<{ outcomes: { status: string; progress: string }[] }>(platform, lead, 'assessments show', [data.id])
    const statuses = Map.groupBy(shown.data.outcomes, one => `${one.status} ${one.progress}`)
    assert.deepEqual([...statuses].map(([status, ones]) => [status, ones.length]).toSorted(), [
      ['achieved complete', 37],
      ['not-achieved complete', 2],
    ])
    const begun = performance.now()
    await readAs<Visible, unknown>(platform, lead, reader => outcomeLines(reader, lead, data))
    assert.ok(performance.now() - begun < 1_000, 'the list of 449 statements costs a handful of queries')
  })

  test('the list counts answers in the database as the page of an outcome counts them, one by one', async () => {
    const said = ANSWERS.flatMap(answer =>
      ['', ' \n', 'So it is.'].flatMap(comment => [null, 'unconfirmed', 'confirmed'].map(carried => ({ answer, comment, carried }))),
    )
    const cases = [...said, { answer: null, comment: 'Not yet.', carried: null }, { answer: null, comment: '', carried: 'unconfirmed' }]
    const { frameworkId, profileId } = await plantFramework(platform, {
      code: 'counted',
      outcomes: cases.map((_, at) => ({ code: `C${at}`, target: 'achieved', statements: { achieved: ['It is so.', 'It is not said.'] } })),
    })
    const review = await opened({ ...asked, frameworkId, profileId })
    for (const [at, { answer, comment, carried }] of cases.entries())
      await sql`insert into assure_answer (assessment_id, view, indicator_code, outcome_code, answer, comment, carried, changed_at, changed_by)
        values (${review.id}, 'self', ${`C${at}.1`}, ${`C${at}`}, ${answer}, ${comment}, ${carried}, now(), 'x')`.execute(db)
    await readAs<Visible, void>(platform, lead, async reader => {
      const lines = await outcomeLines(reader, lead, review)
      assert.equal(lines.length, cases.length)
      for (const [at, { code, answered, waiting, indicators, target }] of lines.entries()) {
        const detail = await outcomeDetail(reader, lead, review, code)
        const count = (why: string | null) => detail.indicators.filter(({ whyNotCounted }) => whyNotCounted === why).length
        assert.deepEqual([answered, waiting, indicators, target], [count(null), count('unconfirmed'), 2, detail.target], JSON.stringify(cases[at]))
        assert.deepEqual(detail.place, { at: at + 1, of: cases.length, before: detail.place.before, after: detail.place.after })
        assert.deepEqual([detail.place.before?.code, detail.place.after?.code], [lines[at - 1]?.code, lines[at + 1]?.code])
      }
    })
  })

  test('a table goes out as a workbook and comes back; what a colleague changed meanwhile is kept beside', async () => {
    const { frameworkId } = await plantFramework(platform, {
      outcomes: [{ code: 'B1', statements: { achieved: ['Backed up.', 'Tried.', 'Kept apart.'] } }],
    })
    const { id } = await opened({ ...asked, frameworkId })
    const table = () =>
      readAs<Visible, Awaited<ReturnType<typeof sheetRows>>>(platform, lead, async reader => {
        const rows = await sheetRows(reader, lead, { id, frameworkId } as Assessment)
        return rows
      })
    const workbook = await readWorkbook(await sheetWorkbook(await table()))
    assert.ok(workbook.ok)
    const rows = (workbook.value[0]?.rows ?? []).map(row => [...row])
    assert.deepEqual(rows[0], [...SHEET_HEAD])
    const [, first = [], second = []] = rows
    first[5] = 'yes'
    second[5] = 'does not apply'
    second[6] = '=No tapes'
    rows.push(['', '', '', 'B1.9', '', 'yes', '', '', ''])
    await runWork<Visible, SavedOutcome>(platform, lead, work =>
      saveAnswers(work, {
        assessmentId: id,
        outcomeCode: 'B1',
        answers: [{ code: 'B1.1', answer: 'no', comment: '', alternative: '', revision: 0 }],
      }),
    )
    const path = join(place, 'answers.xlsx')
    const { default: writeXlsxFile } = await import('write-excel-file/node')
    await writeFile(path, await writeXlsxFile(rows.map(row => row.map(cell => (cell === '' ? null : cell)))).toBuffer())
    const { data } = await runCommand<{ saved: number; aside: number; problems: { message: string }[] }>(platform, lead, 'assessments answer', [
      id,
      path,
    ])
    assert.deepEqual([data.saved, data.aside], [1, 1])
    assert.match(data.problems[0]?.message ?? '', /Row 5: B1.9 is no statement of this review/)
    assert.deepEqual(
      (await table()).map(row => row.slice(5)),
      [
        ['no', '', '', 1],
        ['does not apply', '=No tapes', '', 1],
        ['', '', '', 0],
      ],
    )
    for (const [name, text] of [
      ['odd.csv', 'nothing,here'],
      ['odd.json', '{"A1.a": 3}'],
    ] as const) {
      await writeFile(join(place, name), text)
      const answered = runCommand<{ problems: unknown[] }>(platform, lead, 'assessments answer', [id, join(place, name)])
      if (name === 'odd.json') await assert.rejects(answered, { code: 'assure.sheet.webcaf' })
      else assert.equal((await answered).data.problems.length, 1)
    }
  })
})

test('an answer that is on its way while the review is moved on does not land after it', async () => {
  const { frameworkId } = await plantFramework(platform, { code: 'moved', outcomes: [{ code: 'M1', statements: { achieved: ['It is so.'] } }] })
  const review = await opened({ ...asked, frameworkId })
  const [isMoved, isSent] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const moving = runWork<Visible, void>(platform, lead, async work => {
    await moveReview(work, review, 'close')
    work.record({ verb: 'test.review.closed', subject: { kind: 'assessment', id: review.id } })
    isMoved.resolve()
    await isSent.promise
  })
  await isMoved.promise
  const answers = [{ code: 'M1.1', answer: 'yes' as const, comment: '', alternative: '', revision: 0 }]
  const saving = runWork<Visible, SavedOutcome>(platform, lead, work => saveAnswers(work, { assessmentId: review.id, outcomeCode: 'M1', answers }))
  const refused = assert.rejects(saving, { code: 'assure.assessment.not-open' })
  await setTimeout(300)
  isSent.resolve()
  await Promise.all([moving, refused])
})

test('a newer version takes over through a crosswalk alone: same, changed, new and gone', async () => {
  const old = await plantFramework(platform, {
    code: 'walked',
    version: '1',
    outcomes: [
      { code: 'A2', statements: { achieved: ['Somebody is told.', 'It is tried.'] } },
      { code: 'A3', statements: { achieved: ['It is counted.'] } },
    ],
  })
  const renewed = await plantFramework(platform, {
    code: 'walked',
    version: '2',
    outcomes: [
      { code: 'A2', statements: { achieved: ['A new thing under an old code.'] } },
      { code: 'A4', statements: { achieved: ['Somebody is told!', 'It is tried each year.'] } },
    ],
  })
  const from = await opened({ ...asked, frameworkId: old.frameworkId, period: '2025-26' })
  const answers = ['A2.1', 'A2.2'].map(code => ({ code, answer: 'yes' as const, comment: '', alternative: '', revision: 0 }))
  await runWork<Visible, SavedOutcome>(platform, lead, work => saveAnswers(work, { assessmentId: from.id, outcomeCode: 'A2', answers }))
  await assert.rejects(opened({ ...asked, frameworkId: renewed.frameworkId, carryFrom: from.id }), { code: 'assure.carry.no-crosswalk' })
  await sql`insert into assure_crosswalk (id, from_framework, from_version, to_framework, to_version, name, source, loaded_at, loaded_by)
    values ('xwk_1', 'walked', '1', 'walked', '2', 'test', 'test', now(), 'test')`.execute(db)
  await sql`insert into assure_crosswalk_pair (crosswalk_id, from_code, to_code, relation)
    values ('xwk_1', 'A2', 'A4', 'equal'), ('xwk_1', 'A2.2', 'A4.2', 'intersect')`.execute(db)
  const to = await opened({ ...asked, frameworkId: renewed.frameworkId, carryFrom: from.id })
  const { rows } = await sql<{ indicator_code: string; answer: string | null; carried: string }>`
    select indicator_code, answer, carried from assure_answer where assessment_id = ${to.id} order by 1`.execute(db)
  assert.deepEqual(rows, [
    { indicator_code: 'A2.1', answer: null, carried: 'new' },
    { indicator_code: 'A4.1', answer: 'yes', carried: 'unconfirmed' },
    { indicator_code: 'A4.2', answer: 'yes', carried: 'unconfirmed' },
  ])
})

test('every row of a review is the organisation’s: no scope of the centre, a region, a partner or another organisation reads or writes one', async () => {
  const { rows: all } = await sql<{ name: string }>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'assessment_id'
    where c.relkind = 'r' and c.relname like 'assure_%' order by 1`.execute(db)
  const tables = ['assure_assessment', ...all.map(row => row.name)]
  for (const name of [
    'assure_view',
    'assure_answer',
    'assure_answer_change',
    'assure_answer_aside',
    'assure_assessment_step',
    'assure_respondent',
    'assure_comment',
  ])
    assert.ok(tables.includes(name), name)
  const others: readonly Scope[] = [
    { kind: 'centre' },
    { kind: 'region', organisationId: ours },
    { kind: 'partner', organisationId: theirs },
    { kind: 'organisation', organisationId: theirs },
    { kind: 'none' },
  ]
  const count = (scope: Scope, table: string) =>
    readAs<Visible, number>(platform, actorIn(scope, null), async reader => {
      const { total } = await reader
        .selectFrom(table as 'assure_answer')
        .select(({ fn }) => fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow()
      return total
    })
  for (const table of tables) for (const scope of others) assert.equal(await count(scope, table), 0, `${scope.kind} reads ${table}`)
  for (const table of ['assure_assessment', 'assure_view', 'assure_answer', 'assure_answer_change', 'assure_assessment_step'])
    assert.ok((await count({ kind: 'organisation', organisationId: ours }, table)) > 0, table)
  for (const scope of others) {
    const changed = await runWork<Visible, bigint>(platform, actorIn(scope, null), async work => {
      const { numUpdatedRows } = await work.db.updateTable('assure_answer').set({ answer: 'no' }).executeTakeFirstOrThrow()
      work.record({ verb: 'test.tried', subject: { kind: 'assessment', id: 'none' } })
      return numUpdatedRows
    })
    assert.equal(changed, 0n, scope.kind)
  }
})
