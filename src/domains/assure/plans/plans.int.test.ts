import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startPlanning } from '../../../../test/support/plans.ts'
import { SYSTEM, type Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { addActions, reopenAction } from './commands.ts'
import { historyOf } from './queries.ts'
import { tendPlans } from './reminders/jobs.ts'
import { acceptRisk, cancelAction, finishAction, moveDate, noteProgress, resumeAction, retestAction } from './steps/commands.ts'
import { planSummary } from './summary.ts'

const { platform, sink, us, person, doing, day, byHand, oneAction, read, engagement } = await startPlanning()

test('the original date never changes, whoever writes; a slip is only added, with its reason, and nothing that happened is changed', async () => {
  const lead = await person('cyber-lead', us(0))
  const id = await oneAction(lead)
  const owner = platform.database.kysely
  await assert.rejects(
    sql`update assure_action set original_date = '2026-12-24' where id = ${id}`.execute(owner),
    /original date of an action never changes/,
  )
  await assert.rejects(sql`update assure_action set original_date = null, no_date_reason = 'x', due_on = null where id = ${id}`.execute(owner))
  await assert.rejects(sql`update assure_action set due_on = '2026-12-24' where id = ${id}`.execute(owner), /needs its reason/)
  await assert.rejects(sql`update assure_action set made_at = '2020-01-01' where id = ${id}`.execute(owner), /came from never changes/)
  await assert.rejects(sql`delete from assure_action where id = ${id}`.execute(owner), /never deleted/)
  await assert.rejects(
    doing(lead, work => work.db.updateTable('assure_action').set({ due_on: '2026-12-24' }).where('id', '=', id).execute()),
    /needs its reason/,
  )
  await assert.rejects(
    doing(lead, work => moveDate(work, id, { dueOn: day('2026-12-24'), reason: ' ' })),
    { code: 'assure.plans.reason' },
  )
  await assert.rejects(
    doing(lead, work => moveDate(work, id, { dueOn: day('2026-11-25'), reason: 'Sooner' })),
    { code: 'assure.plans.not-later' },
  )
  await doing(lead, work => moveDate(work, id, { dueOn: day('2026-12-24'), reason: 'The supplier is late' }))
  await doing(lead, work => moveDate(work, id, { dueOn: day('2027-01-31'), reason: 'Again' }))
  const action = await read(lead, id)
  assert.deepEqual([action.originalDate, action.dueOn, action.slips], ['2026-12-01', '2027-01-31', 2])
  const history = await readAs<Visible, Awaited<ReturnType<typeof historyOf>>>(platform, lead, db => historyOf(db, id))
  assert.deepEqual(
    history.dates.map(({ was, dueOn, reason }) => [was, dueOn, reason]),
    [
      ['2026-12-01', '2026-12-24', 'The supplier is late'],
      ['2026-12-24', '2027-01-31', 'Again'],
    ],
  )
  // Back to a date that it had is a date without a reason too.
  await assert.rejects(sql`update assure_action set due_on = '2026-12-24' where id = ${id}`.execute(owner), /needs its reason/)
  await assert.rejects(
    doing(lead, work => work.db.updateTable('assure_action').set({ slips: 0 }).where('id', '=', id).execute()),
    /slipped/,
  )
  for (const table of ['assure_action_date', 'assure_action_event']) {
    await assert.rejects(sql`truncate ${sql.table(table)}`.execute(owner), /only added to/)
    await assert.rejects(sql`update ${sql.table(table)} set at = now() where action_id = ${id}`.execute(owner), /only added to/)
    await assert.rejects(sql`delete from ${sql.table(table)} where action_id = ${id}`.execute(owner), /only added to/)
  }
})

test('whoever learns the id of an action hangs nothing of theirs beside it', async () => {
  const [lead, stranger] = [await person('cyber-lead', us(0)), await person('cyber-lead', us(4))]
  const id = await oneAction(lead, { title: 'Nobody else’s' })
  const { plan_id: planId } = await doing(SYSTEM, work =>
    work.db.selectFrom('assure_action').select('plan_id').where('id', '=', id).executeTakeFirstOrThrow(),
  )
  const mine = { organisation_id: us(4), at: new Date(), by_id: stranger.id }
  const row = { ...mine, action_id: id, position: 90 }
  const attempts: readonly ((work: Parameters<Parameters<typeof doing>[1]>[0]) => Promise<unknown>)[] = [
    work =>
      work.db
        .insertInto('assure_action_event')
        .values({ ...row, kind: 'note', text: 'x', evidence: '', detail: '{}' })
        .execute(),
    work =>
      work.db
        .insertInto('assure_action_date')
        .values({ ...row, kind: 'slip', was: null, due_on: '2027-01-01', reason: 'x' })
        .execute(),
    work =>
      work.db
        .insertInto('assure_action_reminded')
        .values({ action_id: id, organisation_id: us(4), due_on: '2027-01-01', days: 1, at: new Date() })
        .execute(),
    work =>
      work.db
        .insertInto('assure_plan_signature')
        .values({
          id: 'sgn_x',
          plan_id: planId,
          organisation_id: us(4),
          party: 'organisation',
          content_hash: 'a'.repeat(64),
          content: '{}',
          words: '',
          signed_at: new Date(),
          signer_id: stranger.id,
          signer_name: 'x',
        })
        .execute(),
  ]
  for (const attempt of attempts)
    await assert.rejects(
      doing(stranger, async work => {
        await attempt(work)
        work.record({ verb: 'test.tried', subject: { kind: 'plan', id: planId } })
      }),
      { code: '23503' },
    )
})

test('an action without a date says why, and its first date is its original one', async () => {
  const lead = await person('cyber-lead', us(0))
  await assert.rejects(oneAction(lead, { dueOn: null }), { code: 'assure.plans.date' })
  const id = await oneAction(lead, { dueOn: null, noDateReason: 'We wait for the supplier' })
  await doing(lead, work => moveDate(work, id, { dueOn: day('2027-02-01'), reason: '' }))
  const action = await read(lead, id)
  assert.deepEqual([action.originalDate, action.dueOn, action.slips], ['2027-02-01', '2027-02-01', 0])
  await assert.rejects(
    sql`update assure_action set original_date = '2027-02-02', due_on = '2027-02-02' where id = ${id}`.execute(platform.database.kysely),
  )
})

test('neither cancelling nor accepting a risk makes another date of what was promised', async () => {
  const lead = await person('cyber-lead', us(6))
  const id = await oneAction(lead)
  const early = await oneAction(lead, { title: 'Cancelled in time', dueOn: day('2027-05-01') })
  await doing(lead, work => cancelAction(work, early, 'Not needed'))
  const undated = await oneAction(lead, { title: 'Undated', dueOn: null, noDateReason: 'Not yet' })
  await assert.rejects(
    doing(lead, async work => {
      const values = { action_id: undated, position: 1, organisation_id: us(6), kind: 'first', reason: 'x', at: work.now, by_id: lead.id } as const
      await work.db
        .insertInto('assure_action_date')
        .values({ ...values, was: null, due_on: '2027-06-01' })
        .execute()
      await work.db.updateTable('assure_action').set({ due_on: '2027-06-01', original_date: '2027-05-01' }).where('id', '=', undated).execute()
    }),
    /first date of an action is its original one/,
  )
  platform.clock.set('2026-12-05T09:00:00Z')
  await doing(lead, work => acceptRisk(work, id, { until: day('2026-12-20'), reason: 'For a time' }))
  await doing(lead, work => resumeAction(work, id))
  assert.deepEqual([(await read(lead, id)).dueOn, (await read(lead, id)).slips], ['2026-12-01', 0], 'taken up again early, it is late as before')
  await doing(lead, work => cancelAction(work, id, 'Let us forget it'))
  const met = () =>
    readAs<Visible, Awaited<ReturnType<typeof planSummary>>>(platform, lead, db => planSummary(db, us(6), day('2026-12-05'))).then(
      found => found?.met,
    )
  assert.deepEqual(await met(), { met: 0, of: 1 }, 'what was cancelled when it was late was not done in time')
  await assert.rejects(
    doing(lead, work => reopenAction(work, id, { reason: 'After all', dueOn: null, noDateReason: 'Not yet' })),
    { code: 'assure.plans.date' },
  )
  const again = await doing(lead, work => reopenAction(work, id, { reason: 'After all', dueOn: day('2027-04-01'), noDateReason: null }))
  const action = await read(lead, again)
  assert.deepEqual([action.originalDate, action.dueOn, action.slips], ['2026-12-01', '2027-04-01', 1])
  const history = await readAs<Visible, Awaited<ReturnType<typeof historyOf>>>(platform, lead, db => historyOf(db, again))
  assert.deepEqual(
    history.dates.map(({ kind, was, dueOn, reason }) => [kind, was, dueOn, reason]),
    [['slip', '2026-12-01', '2027-04-01', 'After all']],
  )
  assert.deepEqual(await met(), { met: 0, of: 1 })
  platform.clock.set('2026-11-20T09:00:00Z')
})

test('on time is true to the original date: what was done by a later date was late', async () => {
  const lead = await person('cyber-lead', us(1))
  const slipped = await oneAction(lead)
  const timely = await oneAction(lead, { title: 'Train the board' })
  await oneAction(lead, { title: 'Later', dueOn: day('2027-06-01') })
  await doing(lead, work => moveDate(work, slipped, { dueOn: day('2026-12-20'), reason: 'Late' }))
  await doing(lead, work => finishAction(work, timely, { note: 'Trained all nine', evidence: '' }))
  await assert.rejects(
    doing(lead, work => finishAction(work, slipped, { note: '', evidence: ' ' })),
    { code: 'assure.plans.evidence' },
  )
  platform.clock.set('2026-12-10T09:00:00Z')
  await doing(lead, work => finishAction(work, slipped, { note: '', evidence: 'Test report 4' }))
  const summary = await readAs<Visible, Awaited<ReturnType<typeof planSummary>>>(platform, lead, db => planSummary(db, us(1), day('2026-12-10')))
  assert.deepEqual(summary?.met, { met: 1, of: 2 })
  assert.deepEqual(summary?.record, { known: false, finished: 2, needed: 8 })
  platform.clock.set('2026-11-20T09:00:00Z')
})

test('the same source stands in a plan once while it is to be done, however often it is added', async () => {
  const lead = await person('cyber-lead', us(2))
  const one = {
    title: 'More backups',
    source: { kind: 'improvement', id: 'backups', label: 'Case 1', caseId: 'ivs_1' },
    dueOn: day('2027-01-01'),
  } as const
  const first = await doing(lead, work => addActions(work, us(2), [one, one]))
  const second = await doing(lead, work => addActions(work, us(2), [one]))
  assert.deepEqual([first.ids.length, first.already, second.ids.length, second.already], [1, 1, 0, 1])
})

test('nobody reads a plan but the organisation, and an assessor asked in who has handed over, until the day', async () => {
  const lead = await person('cyber-lead', us(3))
  const id = await oneAction(lead)
  await doing(lead, work => moveDate(work, id, { dueOn: day('2026-12-24'), reason: 'Words that are ours' }))
  const assessor = await person('assessor', us(7), { kind: 'centre' })
  const others: readonly Actor[] = [
    await person('cyber-lead', us(4)),
    await person('administrator', us(7), { kind: 'centre' }),
    await person('cicso', us(7), { kind: 'centre' }),
    await person('regional-lead', us(7), { kind: 'region', organisationId: us(7) }),
    await person('partner-responder', us(7), { kind: 'partner', organisationId: us(7) }),
  ]
  const TABLES = ['assure_plan', 'assure_action', 'assure_action_date', 'assure_action_event', 'assure_plan_signature', 'assure_need_pool'] as const
  const rows = (actor: Actor) =>
    readAs<Visible, number>(platform, actor, async db => {
      let seen = 0
      for (const table of TABLES) seen += (await db.selectFrom(table).where('organisation_id', '=', us(3)).select('organisation_id').execute()).length
      return seen
    })
  for (const actor of [...others, assessor]) assert.equal(await rows(actor), 0, actor.role ?? '')
  assert.ok((await rows(lead)) > 3)

  const engaged = await engagement(assessor.id, us(3))
  assert.equal(await rows(assessor), 0, 'before the own view is handed over')
  await sql`update assure_engagement set declared_at = now(), submitted_at = now() where id = ${engaged}`.execute(platform.database.kysely)
  assert.ok((await rows(assessor)) > 3)
  await assert.rejects(
    doing(assessor, work =>
      work.db.updateTable('assure_action').set({ title: 'Mine' }).where('id', '=', id).returning('id').executeTakeFirstOrThrow(),
    ),
  )
  await assert.rejects(
    doing({ ...assessor, permissions: lead.permissions }, work =>
      addActions(work, us(3), [{ title: 'x', source: byHand, dueOn: day('2027-01-01') }]),
    ),
  )
  await doing(SYSTEM, async work => {
    await work.db
      .updateTable('assure_engagement')
      .set({ until: new Date(0) })
      .where('id', '=', engaged)
      .execute()
    work.record({ verb: 'test.engagement.ended', subject: { kind: 'engagement', id: engaged } })
  })
  assert.equal(await rows(assessor), 0, 'after the day')
})

test('a risk is accepted until a day, comes back after it with as long as it had, and the original date stays', async () => {
  const lead = await person('cyber-lead', us(5))
  const id = await oneAction(lead, { dueOn: day('2026-12-20') })
  await assert.rejects(
    doing(lead, work => acceptRisk(work, id, { until: day('2028-01-01'), reason: 'Long' })),
    { code: 'assure.plans.until-far' },
  )
  await assert.rejects(
    doing(lead, work => acceptRisk(work, id, { until: day('2026-11-20'), reason: 'Now' })),
    { code: 'assure.plans.until' },
  )
  await doing(lead, work => acceptRisk(work, id, { until: day('2027-01-10'), reason: 'It is replaced soon' }))
  platform.clock.set('2027-01-10T09:00:00Z')
  await tendPlans(platform)
  assert.equal((await read(lead, id)).state, 'accepted-risk', 'on the day itself it still holds')
  platform.clock.set('2027-01-11T09:00:00Z')
  await tendPlans(platform)
  const action = await read(lead, id)
  assert.deepEqual([action.state, action.originalDate, action.dueOn, action.slips], ['planned', '2026-12-20', '2027-02-10', 0])
  platform.clock.set('2026-11-20T09:00:00Z')
})

test('a closed action is followed by a new one that links to it; the re-test says who, how and what was seen', async () => {
  const lead = await person('cyber-lead', us(5))
  const id = await oneAction(lead, { predicted: { savedPence: { low: 1_000_00, likely: 2_000_00, high: 4_000_00 }, clinicDays: 3 } })
  await doing(lead, work => finishAction(work, id, { note: 'Done', evidence: '' }))
  const retest = {
    outcome: 'did-not-work',
    testedOn: day('2026-11-20'),
    tester: 'B Tester',
    method: 'A restore',
    observedPence: 0,
    observedClinicDays: null,
  } as const
  await assert.rejects(
    doing(lead, work => retestAction(work, id, { ...retest, testedOn: day('2026-11-19') })),
    { code: 'assure.plans.tested-before' },
  )
  await doing(lead, work => retestAction(work, id, retest))
  const next = await doing(lead, work => reopenAction(work, id, { reason: 'It did not work', dueOn: day('2027-03-01'), noDateReason: null }))
  await assert.rejects(
    doing(lead, work => reopenAction(work, id, { reason: 'Twice', dueOn: day('2027-03-01'), noDateReason: null })),
    {
      code: 'assure.plans.reopened',
    },
  )
  const [old, new_] = [await read(lead, id), await read(lead, next)]
  assert.deepEqual([old.state, new_.state, new_.reopenedFrom, new_.predictedLikelyPence], ['re-tested', 'planned', id, 2_000_00])
  const history = await readAs<Visible, Awaited<ReturnType<typeof historyOf>>>(platform, lead, db => historyOf(db, id))
  assert.deepEqual([history.followedBy, history.retests[0]?.outcome, history.retests[0]?.observedPence], [next, 'did-not-work', 0])
})

test('the owner of an action says how it goes, and changes no other and no date', async () => {
  const lead = await person('cyber-lead', us(5))
  const colleague = await person('contributor', us(5))
  const mine = await oneAction(lead, { ownerId: colleague.id })
  const other = await oneAction(lead)
  await doing(colleague, work => noteProgress(work, mine, { note: 'Begun', evidence: '' }))
  await assert.rejects(
    doing(colleague, work => noteProgress(work, other, { note: 'Begun', evidence: '' })),
    { code: 'assure.plans.not-owner' },
  )
  await assert.rejects(doing(colleague, work => moveDate(work, mine, { dueOn: day('2027-09-01'), reason: 'Why not' })))
  const stranger = await person('cyber-lead', us(6))
  await assert.rejects(oneAction(lead, { ownerId: stranger.id }), { code: 'assure.plans.owner' })
})

test('the owner is reminded before and after the date, once each, with nothing of what the action says; not once it is done', async () => {
  const lead = await person('cyber-lead', us(7))
  const owner = await person('contributor', us(7))
  const id = await oneAction(lead, { title: 'Secret words', ownerId: owner.id, dueOn: day('2026-12-01') })
  const letters = async () => {
    await tendPlans(platform)
    await tendPlans(platform)
    await platform.runJobs()
    return sink.messages.filter(message => message.to.includes(owner.id))
  }
  platform.clock.set('2026-11-30T09:00:00Z')
  assert.equal((await letters()).length, 1)
  platform.clock.set('2026-12-02T09:00:00Z')
  const two = await letters()
  assert.equal(two.length, 2)
  assert.doesNotMatch(JSON.stringify(two), /Secret words|P00007/)
  await doing(lead, work => finishAction(work, id, { note: 'Done', evidence: '' }))
  platform.clock.set('2026-12-15T09:00:00Z')
  assert.equal((await letters()).length, 2)
  platform.clock.set('2026-11-20T09:00:00Z')
})

test('the audit, which the centre reads, says that a plan was changed, and neither how nor what of it', async () => {
  const { rows } = await sql<{
    verb: string
    whole: string
  }>`select verb, row_to_json(audit_record)::text as whole from audit_record where verb like 'assure.plans.%'`.execute(platform.database.kysely)
  assert.deepEqual(
    [...new Set(rows.map(({ verb }) => verb))].toSorted(),
    ['added', 'changed', 'opened', 'tended'].map(verb => `assure.plans.${verb}`),
  )
  for (const { whole } of rows) assert.doesNotMatch(whole, /act_|Back up|The supplier is late|Secret words|slip|accepted|done/)
})
