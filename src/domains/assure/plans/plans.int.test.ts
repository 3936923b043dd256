import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import type { Id } from '../../../kernel/id.ts'
import { parseLocalDate, type LocalDate } from '../../../kernel/instant.ts'
import type { Role } from '../../../kernel/role.ts'
import { SYSTEM, type Actor, type Scope } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../../directory/tables.ts'
import { PERMISSIONS } from '../policy.ts'
import type { Visible } from '../tables.ts'
import { signPlan } from './agreement/commands.ts'
import { agreementOf } from './agreement/queries.ts'
import { addActions, changeAction, reopenAction } from './commands.ts'
import { actionOf, historyOf } from './queries.ts'
import { tendPlans } from './reminders/jobs.ts'
import {
  acceptRisk,
  cancelAction,
  finishAction,
  moveDate,
  noteProgress,
  resumeAction,
  retestAction,
  setFunding,
  startAction,
} from './steps/commands.ts'
import { planSummary } from './summary.ts'

const sink = await startSmtpSink()
const platform = await createTestPlatform({ smtpUrl: sink.url })
const bulletin = await releasedBulletin(platform, { organisations: 8, prefix: 'P' })

function us(index: number): Id<'organisation'> {
  const id = bulletin.organisationIds[index]
  assert.ok(id !== undefined)
  return id
}

/** A person who holds that role at the organisation, and acts in it. */
async function person(role: Role, organisationId: Id<'organisation'>, scope: Scope = { kind: 'organisation', organisationId }): Promise<Actor> {
  const id = await runWork<DirectoryTables, string>(platform, SYSTEM, async work => {
    const personId = work.newId('person')
    await work.db
      .insertInto('directory_person')
      .values({
        id: personId,
        name: `A ${role}`,
        email: `${personId}@test.invalid`,
        phone: null,
        out_of_hours_phone: null,
        created_at: work.now,
        left_at: null,
      })
      .execute()
    await work.db
      .insertInto('directory_assignment')
      .values({ id: work.newId('assignment'), person_id: personId, organisation_id: organisationId, role, since: work.now, until: null })
      .execute()
    work.record({ verb: 'test.person.made', subject: { kind: 'person', id: personId } })
    return personId
  })
  const held = Object.entries(PERMISSIONS).filter(([, roles]) => (roles as readonly Role[]).includes(role))
  return { kind: 'person', id, name: `A ${role}`, role, organisationId, scope, permissions: new Set(held.map(([name]) => name)) }
}

const doing = <R>(actor: Actor, body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, actor, body)
const day = (text: string): LocalDate => {
  const date = parseLocalDate(text)
  assert.ok(date !== undefined)
  return date
}
const byHand = { kind: 'hand', id: null } as const

async function oneAction(lead: Actor, rest: Partial<Parameters<typeof addActions>[2][number]> = {}): Promise<string> {
  assert.ok(lead.organisationId !== null)
  const { ids } = await doing(lead, work =>
    addActions(work, lead.organisationId ?? us(0), [{ title: 'Back up the records', source: byHand, dueOn: day('2026-12-01'), ...rest }]),
  )
  const [id] = ids
  assert.ok(id !== undefined)
  return id
}

const read = (actor: Actor, id: string) =>
  readAs<Visible, Awaited<ReturnType<typeof actionOf>>>(platform, actor, db => actionOf(db, actor.organisationId ?? '', id))

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

async function engagement(assessorId: string, organisationId: string): Promise<string> {
  const owner = platform.database.kysely
  const key = organisationId.slice(-8)
  await sql`insert into assure_framework (id, code, version, name, source, rule, levels, content_hash, loaded_at, loaded_by)
    values ('fwk_test', 'test', '1', 'Test', 'test', '{}', '[]', 'x', now(), 'test') on conflict do nothing`.execute(owner)
  await sql`insert into assure_assessment (id, organisation_id, framework_id, period, subject, state, opened_at, opened_by, changed_at)
    values (${`asm_${key}`}, ${organisationId}, 'fwk_test', '2026-27', 'All', 'open', now(), 'test', now())`.execute(owner)
  await sql`insert into assure_engagement (id, assessment_id, organisation_id, assessor_id, assessor_name, assessor_body, kind, purpose, until, asked_at, asked_by, asked_by_name)
    values (${`eng_${key}`}, ${`asm_${key}`}, ${organisationId}, ${assessorId}, 'A', 'B', 'independent', 'test', now() + interval '90 days', now(), 'test', 'T')`.execute(
    owner,
  )
  return `eng_${key}`
}

test('the plan is agreed when two have signed exactly what it says; a change voids it for good, progress and slips do not', async () => {
  const lead = await person('cyber-lead', us(4))
  const board = await person('board-member', us(4))
  const assessor = await person('assessor', us(7), { kind: 'centre' })
  const id = await oneAction(lead, { capitalPence: 5_000_00 })
  const { planId } = await read(lead, id)
  const agreement = (actor: Actor) => readAs<Visible, Awaited<ReturnType<typeof agreementOf>>>(platform, actor, db => agreementOf(db, planId))
  const sign = async (actor: Actor, hash: string) => doing(actor, work => signPlan(work, { planId, hash, words: '' }))
  const { hash } = await agreement(lead)
  await sign(lead, hash)
  await assert.rejects(sign(lead, hash), { code: 'assure.plans.signed-before' })
  await assert.rejects(sign(assessor, hash), { code: 'assure.plans.no-plan' })
  assert.equal((await agreement(lead)).isAgreed, false)
  await sign(board, hash)
  assert.equal((await agreement(lead)).isAgreed, true)

  await doing(lead, work => startAction(work, id))
  await doing(lead, work => noteProgress(work, id, { note: 'Half way', evidence: '' }))
  await doing(lead, work => setFunding(work, id, { funding: 'asked', note: '' }))
  await doing(lead, work => moveDate(work, id, { dueOn: day('2027-03-01'), reason: 'No engineer' }))
  assert.equal((await agreement(board)).isAgreed, true)

  const seen = await read(lead, id)
  const change = { title: seen.title, text: '', ownerId: null, capitalPence: 6_000_00, yearlyPence: 0, peopleDays: 0 }
  await doing(lead, work => changeAction(work, id, { ...change, revision: seen.revision }))
  await assert.rejects(
    doing(lead, work => changeAction(work, id, { ...change, revision: seen.revision })),
    { code: 'assure.plans.changed' },
  )
  const voided = await agreement(lead)
  assert.equal(voided.isAgreed, false)
  assert.deepEqual(voided.changes, [{ title: 'Back up the records', what: 'changed' }])
  assert.ok(voided.signatures.every(({ voidedAt }) => voidedAt !== null))
  await assert.rejects(sign(board, hash), { code: 'assure.plans.other-content' })

  await doing(lead, async work =>
    changeAction(work, id, { ...change, capitalPence: 5_000_00, revision: (await actionOf(work.db, us(4), id)).revision }),
  )
  const back = await agreement(lead)
  assert.deepEqual([back.hash === hash, back.isAgreed], [true, false], 'what was voided does not come back with the words')
  await assert.rejects(sql`update assure_plan_signature set voided_at = null`.execute(platform.database.kysely), /never changed/)
  await assert.rejects(sql`delete from assure_plan_signature`.execute(platform.database.kysely), /never changed/)

  const engaged = await engagement(assessor.id, us(4))
  await sql`update assure_engagement set declared_at = now(), submitted_at = now() where id = ${engaged}`.execute(platform.database.kysely)
  await sign(lead, back.hash)
  await sign(assessor, back.hash)
  assert.deepEqual(
    (await agreement(assessor)).signatures.filter(({ voidedAt }) => voidedAt === null).map(({ party }) => party),
    ['assessor', 'organisation'],
  )
  assert.equal((await agreement(assessor)).isAgreed, true)
})

test('whoever signs while the plan is changed signs what it says, or nothing; and signs it once', async () => {
  const lead = await person('cyber-lead', us(2))
  const id = await oneAction(lead, { title: 'Contended' })
  const { planId } = await read(lead, id)
  const agreement = () => readAs<Visible, Awaited<ReturnType<typeof agreementOf>>>(platform, lead, db => agreementOf(db, planId))
  for (let round = 0; round < 4; round += 1) {
    const { hash } = await agreement()
    const signing = () => doing(lead, work => signPlan(work, { planId, hash, words: '' }))
    const seen = await read(lead, id)
    const values = { title: `Contended ${round}`, text: '', ownerId: null, capitalPence: 0, yearlyPence: 0, peopleDays: 0, revision: seen.revision }
    await Promise.allSettled([signing(), signing(), doing(lead, work => changeAction(work, id, values)), signing()])
    const after = await agreement()
    const standing = after.signatures.filter(({ voidedAt }) => voidedAt === null)
    assert.deepEqual(
      standing.filter(signature => signature.hash !== after.hash),
      [],
      'no signature stands under what the plan no longer says',
    )
    const [ours = []] = [after.signatures.filter(signature => signature.hash === hash)]
    assert.ok(ours.length <= 1, 'signed once')
  }
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
    ['added', 'changed', 'opened', 'signed', 'tended', 'voided'].map(verb => `assure.plans.${verb}`),
  )
  for (const { whole } of rows) assert.doesNotMatch(whole, /act_|Back up|The supplier is late|Secret words|slip|accepted|done/)
})
