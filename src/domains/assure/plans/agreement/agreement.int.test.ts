import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { startPlanning } from '../../../../../test/support/plans.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { changeAction } from '../commands.ts'
import { actionOf } from '../queries.ts'
import { moveDate, noteProgress, setFunding, startAction } from '../steps/commands.ts'
import { signPlan } from './commands.ts'
import { agreementOf } from './queries.ts'

const { platform, us, person, doing, day, oneAction, read, engagement } = await startPlanning()

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
    const ours = after.signatures.filter(signature => signature.hash === hash)
    assert.ok(ours.length <= 1, 'signed once')
  }
})

test('the audit says that a plan was signed and that a signature is void, and neither by what nor why', async () => {
  const { rows } = await sql<{
    verb: string
    whole: string
  }>`select verb, row_to_json(audit_record)::text as whole from audit_record where verb in ('assure.plans.signed', 'assure.plans.voided')`.execute(
    platform.database.kysely,
  )
  assert.equal(new Set(rows.map(({ verb }) => verb)).size, 2)
  for (const { whole } of rows) assert.doesNotMatch(whole, /act_|Back up|Contended|No engineer|Half way/)
})
