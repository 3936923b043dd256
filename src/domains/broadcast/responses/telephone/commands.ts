import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import { addHours } from '../../../../kernel/instant.ts'
import { digest } from '../../../../platform/audit/record.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { failContact, proveContact } from '../../../directory/contract.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../../bulletins/queries.ts'
import { owesAnswer } from '../../scope.ts'
import type { Visible } from '../../tables.ts'
import { respond } from '../commands.ts'
import { defaultNextDate, type ResponseState } from '../model.ts'
import { CALL_OUTCOMES, callAgainAt, HOLD_MINUTES, type CallOutcome } from './model.ts'
import { listToRing } from './queries.ts'

/** Tries so many from the top of the list: others may take them at the same moment. */
const CANDIDATES = 20

/** Takes the next organisation to ring: the one that the caller holds already, or else the first that is free. `null` when none is. */
export async function holdNext(work: Work<Visible>, number: number): Promise<string | null> {
  const bulletin = await ringable(work, number)
  const own = await work.db
    .selectFrom('broadcast_call_hold as hold')
    .innerJoin('broadcast_recipient as recipient', join =>
      join.onRef('recipient.bulletin_id', '=', 'hold.bulletin_id').onRef('recipient.organisation_id', '=', 'hold.organisation_id'),
    )
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'hold.organisation_id')
    .where('hold.bulletin_id', '=', bulletin.id)
    .where('hold.held_by', '=', work.actor.id)
    .where('hold.held_until', '>', work.now)
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'hold.bulletin_id')
    .where(owesAnswer('recipient', 'bulletin'))
    .select('organisation.code')
    .executeTakeFirst()
  if (own !== undefined) return own.code
  const candidates = await listToRing(work.db, { bulletinId: bulletin.id, scope: work.actor.scope, now: work.now }, { limit: CANDIDATES, free: true })
  for (const { organisationId, code } of candidates) if (await take(work, bulletin, organisationId)) return code
  return null
}

/** Takes one organisation's call. Throws `Conflict` when another caller has it. */
export async function holdCall(work: Work<Visible>, input: { readonly number: number; readonly organisationId: string }): Promise<void> {
  const bulletin = await ringable(work, input.number)
  await assertRecipient(work, bulletin, input.organisationId)
  if (!(await take(work, bulletin, input.organisationId))) throw new Conflict('broadcast.call.held', 'Somebody else is ringing them just now.')
}

/** Gives an organisation back without a call. */
export async function letGo(work: Work<Visible>, input: { readonly number: number; readonly organisationId: string }): Promise<void> {
  const bulletin = await ringable(work, input.number)
  await work.db
    .deleteFrom('broadcast_call_hold')
    .where('bulletin_id', '=', bulletin.id)
    .where('organisation_id', '=', input.organisationId)
    .where('held_by', '=', work.actor.id)
    .execute()
  record(work, 'broadcast.call.let-go', bulletin, input.organisationId)
}

export interface CallMade {
  readonly number: number
  readonly organisationId: Id<'organisation'>
  readonly contactId: Id<'contact'> | null
  readonly outcome: CallOutcome
  readonly spokeTo: string | null
  readonly note: string | null
  readonly callAgainHours: number | null
  /** What they said, when they gave their answer. */
  readonly answer: { readonly state: ResponseState; readonly reason: string | null } | null
}

/**
 * Writes down a call and what came of it, and gives the organisation free. An answer that was given is recorded as theirs, with who said it. Throws
 * `Conflict` when another caller holds it, `Invalid` when an answer lacks what it needs.
 */
export async function recordCall(work: Work<Visible>, call: CallMade): Promise<void> {
  const bulletin = await ringable(work, call.number)
  await assertRecipient(work, bulletin, call.organisationId)
  if (!(await take(work, bulletin, call.organisationId)))
    throw new Conflict('broadcast.call.held', 'Somebody else is ringing them just now. Your notes are still here.')
  if (call.outcome === 'answered' && call.answer === null) throw new Invalid('broadcast.call.answer-missing', 'Choose what they said.')
  if (call.outcome === 'answered' && call.spokeTo === null) throw new Invalid('broadcast.call.who-missing', 'Write down who said it.')
  await work.db
    .insertInto('broadcast_call')
    .values({
      id: work.newId('call'),
      bulletin_id: bulletin.id,
      organisation_id: call.organisationId,
      contact_id: call.contactId,
      at: work.now,
      by_id: work.actor.id,
      outcome: call.outcome,
      spoke_to: call.spokeTo,
      note: call.note,
      call_again_at: callAgainAt(call.outcome, call.callAgainHours, work.now),
    })
    .execute()
  await work.db.deleteFrom('broadcast_call_hold').where('bulletin_id', '=', bulletin.id).where('organisation_id', '=', call.organisationId).execute()
  record(work, 'broadcast.call.made', bulletin, call.organisationId, {
    outcome: call.outcome,
    ...(call.note === null ? {} : { note: digest(call.note) }),
  })
  if (call.contactId !== null && CALL_OUTCOMES[call.outcome].reached) await proveContact(work.lend(), call.contactId)
  if (call.contactId !== null && call.outcome === 'wrong-number')
    await failContact(work.lend(), { contactId: call.contactId, words: 'The number is wrong.' })
  if (call.outcome !== 'answered' || call.answer === null) return
  const { state, reason } = call.answer
  await respond(work, {
    bulletinId: bulletin.id,
    organisationId: call.organisationId,
    state,
    reason,
    note: `Said on the telephone by ${call.spokeTo ?? ''}.${call.note === null ? '' : ` ${call.note}`}`,
    nextDate: state === 'in-progress' ? defaultNextDate(work.now) : null,
    via: 'telephone',
  })
}

/** The bulletin, if its silent may be rung. Throws `Conflict` for one that is not live, and for an exercise. */
async function ringable(work: Work<Visible>, number: number): Promise<Bulletin> {
  assertMay(work.actor, 'broadcast.call.make')
  const bulletin = await bulletinOf(work.db, number)
  if (bulletin.state !== 'released') throw new Conflict('broadcast.call.not-live', 'This bulletin is not live, so nobody is rung about it.')
  if (bulletin.isExercise) throw new Conflict('broadcast.call.exercise', 'It is an exercise: nobody is rung about it.')
  return bulletin
}

async function assertRecipient(work: Work<Visible>, bulletin: Bulletin, organisationId: string): Promise<void> {
  const found = await work.db
    .selectFrom('broadcast_recipient')
    .where('bulletin_id', '=', bulletin.id)
    .where('organisation_id', '=', organisationId)
    .select('organisation_id')
    .executeTakeFirst()
  if (found === undefined)
    throw new NotFound('broadcast.call.unknown', 'This bulletin was not sent to that organisation, or you do not look after it.')
}

/** Holds an organisation for the caller, if nobody else does. */
async function take(work: Work<Visible>, bulletin: Bulletin, organisationId: string): Promise<boolean> {
  const until = addHours(work.now, HOLD_MINUTES / 60)
  const held = await work.db
    .insertInto('broadcast_call_hold')
    .values({ bulletin_id: bulletin.id, organisation_id: organisationId, held_by: work.actor.id, held_until: until })
    .onConflict(conflict =>
      conflict
        .columns(['bulletin_id', 'organisation_id'])
        .doUpdateSet({ held_by: work.actor.id, held_until: until })
        .where(eb => eb.or([eb('broadcast_call_hold.held_by', '=', work.actor.id), eb('broadcast_call_hold.held_until', '<=', work.now)])),
    )
    .returning('held_by')
    .executeTakeFirst()
  if (held === undefined) return false
  record(work, 'broadcast.call.taken', bulletin, organisationId)
  return true
}

function record(work: Work<Visible>, verb: string, bulletin: Bulletin, organisationId: string, change?: Readonly<Record<string, string>>): void {
  work.record({
    verb,
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    organisationId,
    ...(change === undefined ? {} : { change }),
  })
}
