import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import { addHours, type LocalDate } from '../../../../kernel/instant.ts'
import { digest } from '../../../../platform/audit/record.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { failContact, proveContact } from '../../../directory/contract.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../../bulletins/queries.ts'
import { owesAnswer } from '../../scope.ts'
import type { Visible } from '../../tables.ts'
import { respond } from '../commands.ts'
import { RESPONSE_STATES, type ResponseState } from '../model.ts'
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
  const { rows: candidates } = await listToRing(work.db, { bulletin, scope: work.actor.scope, now: work.now }, { limit: CANDIDATES, isFree: true })
  for (const { organisationId, code } of candidates) {
    if (!(await take(work, bulletin, organisationId))) continue
    await dropOthers(work, bulletin, organisationId)
    return code
  }
  return null
}

/** Takes one organisation's call, and gives back the one that the caller held. Throws `Conflict` when another caller has it. */
export async function holdCall(work: Work<Visible>, input: { readonly number: number; readonly organisationId: string }): Promise<void> {
  const bulletin = await ringable(work, input.number)
  await lockRecipient(work, bulletin, input.organisationId)
  if (!(await take(work, bulletin, input.organisationId))) throw new Conflict('broadcast.call.held', 'Somebody else is ringing them just now.')
  await dropOthers(work, bulletin, input.organisationId)
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
  readonly answer: { readonly state: ResponseState; readonly reason: string | null; readonly nextDate: LocalDate | null } | null
}

/**
 * Writes down a call and what came of it, and gives the organisation free. An answer that was given is recorded as theirs, with who said it; unless
 * they have answered by themselves meanwhile: then theirs stands, and the call keeps what was said in its notes. Throws `Conflict` when another
 * caller holds it, `Invalid` when an answer lacks what it needs.
 */
export async function recordCall(work: Work<Visible>, call: CallMade): Promise<'recorded' | 'answered-meanwhile'> {
  const bulletin = await ringable(work, call.number)
  const owes = await lockRecipient(work, bulletin, call.organisationId)
  if (!(await take(work, bulletin, call.organisationId)))
    throw new Conflict('broadcast.call.held', 'Somebody else is ringing them just now. Your notes are still here.')
  if (call.outcome === 'answered' && call.answer === null) throw new Invalid('broadcast.call.answer-missing', 'Choose what they said.')
  if (call.outcome === 'answered' && call.spokeTo === null) throw new Invalid('broadcast.call.who-missing', 'Write down who said it.')
  const answer = call.outcome === 'answered' ? call.answer : null
  const contact = await contactRung(work, call)
  const note = answer === null || owes ? call.note : noteOfUnwritten(answer, call.note)
  await work.db
    .insertInto('broadcast_call')
    .values({
      id: work.newId('call'),
      bulletin_id: bulletin.id,
      organisation_id: call.organisationId,
      contact_id: contact?.id ?? null,
      at: work.now,
      by_id: work.actor.id,
      outcome: call.outcome,
      spoke_to: call.spokeTo,
      note,
      call_again_at: callAgainAt(call.outcome, call.callAgainHours, work.now),
    })
    .execute()
  await work.db.deleteFrom('broadcast_call_hold').where('bulletin_id', '=', bulletin.id).where('organisation_id', '=', call.organisationId).execute()
  record(work, 'broadcast.call.made', bulletin, call.organisationId, {
    outcome: call.outcome,
    ...(note === null ? {} : { note: digest(note) }),
  })
  if (contact?.isCurrent === true) {
    if (CALL_OUTCOMES[call.outcome].reached) await proveContact(work.lend(), contact.id, 'telephone')
    if (call.outcome === 'wrong-number')
      await failContact(work.lend(), { contactId: contact.id, words: 'The number is wrong.', channel: 'telephone' })
  }
  if (answer === null) return 'recorded'
  if (!owes) return 'answered-meanwhile'
  await respond(work, {
    bulletinId: bulletin.id,
    organisationId: call.organisationId,
    ...answer,
    note: `Said on the telephone by ${call.spokeTo ?? ''}.${call.note === null ? '' : ` ${call.note}`}`,
    via: 'telephone',
  })
  return 'recorded'
}

function noteOfUnwritten({ state, reason }: NonNullable<CallMade['answer']>, note: string | null): string {
  const said = `Not recorded as their answer, since they had answered by themselves meanwhile: ${RESPONSE_STATES[state].label}.`
  return [said, ...(reason === null ? [] : [reason]), ...(note === null ? [] : [note])].join(' ')
}

/** The contact whose number was rung, if it is the organisation's own. It may have ended while the caller spoke. */
async function contactRung(
  work: Work<Visible>,
  { contactId, organisationId }: CallMade,
): Promise<{ readonly id: Id<'contact'>; readonly isCurrent: boolean } | undefined> {
  if (contactId === null) return undefined
  const found = await work.db
    .selectFrom('directory_contact')
    .where('id', '=', contactId)
    .where('organisation_id', '=', organisationId)
    .select('ended_at')
    .executeTakeFirst()
  return found === undefined ? undefined : { id: contactId, isCurrent: found.ended_at === null }
}

/** Locks a recipient, so that nothing answers for it meanwhile, and says whether it owes an answer. */
async function lockRecipient(work: Work<Visible>, bulletin: Bulletin, organisationId: string): Promise<boolean> {
  const found = await work.db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'recipient.bulletin_id')
    .where('recipient.bulletin_id', '=', bulletin.id)
    .where('recipient.organisation_id', '=', organisationId)
    .select(owesAnswer('recipient', 'bulletin').as('owes'))
    .forUpdate('recipient')
    .executeTakeFirst()
  if (found === undefined) throw new NotFound('broadcast.call.unknown', UNKNOWN)
  return Boolean(found.owes)
}

/** The bulletin, if its silent may be rung. Throws `Conflict` for one that is not live, and for an exercise. */
async function ringable(work: Work<Visible>, number: number): Promise<Bulletin> {
  assertMay(work.actor, 'broadcast.call.make')
  const bulletin = await bulletinOf(work.db, number)
  if (bulletin.state !== 'released') throw new Conflict('broadcast.call.not-live', 'This bulletin is not live, so nobody is rung about it.')
  if (bulletin.isExercise) throw new Conflict('broadcast.call.exercise', 'It is an exercise: nobody is rung about it.')
  return bulletin
}

const UNKNOWN = 'This bulletin was not sent to that organisation, or you do not look after it.'

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

/** A caller rings one at a time: what else they held, on whatever bulletin, is free. */
async function dropOthers(work: Work<Visible>, bulletin: Bulletin, organisationId: string): Promise<void> {
  await work.db
    .deleteFrom('broadcast_call_hold')
    .where('held_by', '=', work.actor.id)
    .where(eb => eb.or([eb('bulletin_id', '<>', bulletin.id), eb('organisation_id', '<>', organisationId)]))
    .execute()
}

function record(work: Work<Visible>, verb: string, bulletin: Bulletin, organisationId: string, change?: Readonly<Record<string, string>>): void {
  work.record({
    verb,
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    organisationId,
    ...(change === undefined ? {} : { change }),
  })
}
