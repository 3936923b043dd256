import { CareCertError, Conflict, Forbidden, Invalid } from '../../../../kernel/errors.ts'
import { addDays, addHours, type Instant } from '../../../../kernel/instant.ts'
import { transition } from '../../../../kernel/lifecycle.ts'
import { cleanText } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { resolveAudience, ruleHash, ruleOf } from '../../audience/queries.ts'
import { BULLETIN_LIFECYCLE, type BulletinAction } from '../../bulletins/lifecycle.ts'
import { bulletinNumber, type BulletinState } from '../../bulletins/model.ts'
import { lockBulletin } from '../../bulletins/queries.ts'
import { canRelease } from '../../policy.ts'
import type { Visible } from '../../tables.ts'
import { assertAudienceSeen, releaseBulletin } from '../commands.ts'
import { FURTHEST_DAYS, hasDrifted, LATEST_HOURS } from './model.ts'
import { approvalOf, type DueRelease } from './queries.ts'

/**
 * Lets an approved bulletin wait for a time; an earlier time of its is replaced. Throws `Conflict` when the version is not the newest, `Forbidden`
 * when the actor may not release it, `Invalid` for a time that is over or too far, or an audience that reaches nobody.
 */
export async function scheduleRelease(
  work: Work<Visible>,
  input: { readonly number: number; readonly version: number; readonly releaseAt: Instant },
): Promise<void> {
  assertMay(work.actor, 'broadcast.bulletin.release')
  const bulletin = await lockBulletin(work.db, input.number)
  transition<BulletinState, BulletinAction>(BULLETIN_LIFECYCLE, 'bulletin', bulletin.state, 'release')
  const decision = canRelease(work.actor, bulletin)
  if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
  if (input.version !== bulletin.version)
    throw new Conflict('broadcast.schedule.version-changed', `Version ${bulletin.version} was approved meanwhile. Look at it, then decide again.`)
  await assertAudienceSeen(work, bulletin)
  if (input.releaseAt <= work.now) throw new Invalid('broadcast.schedule.past', 'Choose a time that is still to come, or release it now.')
  if (input.releaseAt > addDays(work.now, FURTHEST_DAYS))
    throw new Invalid('broadcast.schedule.too-far', `Choose a time within the next ${FURTHEST_DAYS} days.`)
  const audience = await resolveAudience(work.db, await ruleOf(work.db, bulletin.id))
  const [problem] = audience.problems
  if (problem !== undefined || audience.organisations.length === 0)
    throw new Invalid('broadcast.schedule.nobody', problem ?? 'No open organisation fits the rule, so nobody would get it. Change who should get it.')
  const approvalId = await approvalOf(work.db, bulletin.id, bulletin.version)
  if (approvalId === undefined)
    throw new Conflict('broadcast.schedule.not-approved', 'It is not approved any more. Have it approved, then choose a time.')
  await endWaiting(work, bulletin.id, 'cancelled', 'Another time was chosen.')
  await work.db
    .insertInto('broadcast_schedule')
    .values({
      bulletin_id: bulletin.id,
      release_at: input.releaseAt,
      version: bulletin.version,
      organisations: audience.organisations.length,
      rule_hash: ruleHash(audience.rule),
      approval_id: approvalId,
      scheduled_by: work.actor.id,
      scheduled_at: work.now,
      ended_at: null,
      words: null,
    })
    .execute()
  work.record({
    verb: 'broadcast.release.scheduled',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    change: { version: bulletin.version, at: input.releaseAt.toISOString(), organisations: audience.organisations.length },
  })
}

/** Takes the time away again: the bulletin stays approved and waits for a person. Throws `Conflict` when it waits for none. */
export async function cancelSchedule(work: Work<Visible>, input: { readonly number: number; readonly reason: string }): Promise<void> {
  assertMay(work.actor, 'broadcast.bulletin.release')
  const bulletin = await lockBulletin(work.db, input.number)
  const reason = cleanText(input.reason)
  if (reason === '') throw new Invalid('broadcast.schedule.reason', 'Say why it does not go out then.')
  if (!(await endWaiting(work, bulletin.id, 'cancelled', reason)))
    throw new Conflict('broadcast.schedule.none', 'It waits for no time: it was released, or somebody has cancelled it already.')
  work.record({ verb: 'broadcast.release.unscheduled', subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) }, reason })
}

/** Releases what is due, as whoever scheduled it. Throws a `CareCertError` when a rule of this slice or of the release stands against it: `missRelease` records it. */
export async function releaseScheduled(work: Work<Visible>, due: DueRelease, baseUrl: string): Promise<void> {
  const bulletin = await lockBulletin(work.db, due.number)
  if (bulletin.releasedAt !== null) {
    if (!(await endWaiting(work, bulletin.id, 'cancelled', 'It was released before its time.', due.id))) return
    work.record({ verb: 'broadcast.release.unscheduled', subject: { kind: 'bulletin', id: bulletinNumber(due.number) }, change: { why: 'released' } })
    return
  }
  // Another worker was quicker, or a person has decided meanwhile.
  if (!(await endWaiting(work, bulletin.id, 'released', null, due.id))) return
  if (work.now > addHours(due.releaseAt, LATEST_HOURS))
    throw new Conflict('broadcast.schedule.late', 'Nothing ran at the time that was set. Look whether it should still go out, then release it.')
  if (due.version !== bulletin.version)
    throw new Conflict(
      'broadcast.schedule.version-changed',
      'It was changed after it was scheduled. Have it approved, then schedule or release it again.',
    )
  if ((await approvalOf(work.db, bulletin.id, bulletin.version)) !== due.approvalId)
    throw new Conflict(
      'broadcast.schedule.approved-anew',
      'It was taken back and approved anew after it was scheduled. Schedule or release it again.',
    )
  const audience = await resolveAudience(work.db, await ruleOf(work.db, bulletin.id))
  if (audience.problems.length === 0 && ruleHash(audience.rule) !== due.ruleHash)
    throw new Conflict('broadcast.schedule.rule-changed', 'Who gets it was changed after it was scheduled. Look at who gets it, then release it.')
  const count = audience.organisations.length
  if (hasDrifted(due.organisations, count)) {
    throw new Conflict(
      'broadcast.schedule.drifted',
      `It was to reach ${due.organisations.toLocaleString('en-GB')} organisations, and would now reach ${count.toLocaleString('en-GB')}. Look at who gets it, then release it.`,
    )
  }
  await releaseBulletin(work, { number: due.number, version: due.version, audienceHash: audience.hash, baseUrl })
}

/** Writes down that a scheduled release did not go out, and why, so that a person sees it and decides. */
export async function missRelease(work: Work<Visible>, due: DueRelease, why: CareCertError): Promise<void> {
  const bulletin = await lockBulletin(work.db, due.number)
  if (!(await endWaiting(work, bulletin.id, 'failed', why.message, due.id))) return
  work.record({
    verb: 'broadcast.release.missed',
    subject: { kind: 'bulletin', id: bulletinNumber(due.number) },
    reason: why.message,
    change: { code: why.code, at: due.releaseAt.toISOString() },
  })
}

/** Ends what waits, or only that one: a time that was moved meanwhile is another. Says whether there was one. The bulletin is locked. */
async function endWaiting(
  work: Work<Visible>,
  bulletinId: string,
  state: 'released' | 'cancelled' | 'failed',
  words: string | null,
  id: number | null = null,
): Promise<boolean> {
  const waiting = await work.db
    .selectFrom('broadcast_schedule')
    .where('bulletin_id', '=', bulletinId)
    .where('state', '=', 'waiting')
    .$if(id !== null, query => query.where('id', '=', id ?? 0))
    .select('id')
    .executeTakeFirst()
  if (waiting === undefined) return false
  await work.db.updateTable('broadcast_schedule').where('id', '=', waiting.id).set({ state, words, ended_at: work.now }).execute()
  return true
}
