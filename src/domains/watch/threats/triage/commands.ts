import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import { addDays, londonDate, type LocalDate } from '../../../../kernel/instant.ts'
import { transition } from '../../../../kernel/lifecycle.ts'
import { cleanText } from '../../../../kernel/text.ts'
import { assertMay, may } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { recountThreats } from '../commands.ts'
import { isHeld, THREAT_LIFECYCLE, WATCH_DAYS, type ThreatAction, type ThreatState } from '../model.ts'
import { colleagues, standingOf } from './queries.ts'

const LONGEST_REASON = 2_000
const LONGEST_WATCH_DAYS = 366

/** What some actions are told besides why. */
export interface Chosen {
  /** To whom it is given: a person's id. Only for `assign`. */
  readonly person?: string
  /** When it is looked at again. Only for `watch`; a week from today when left out. */
  readonly lookAgainOn?: LocalDate | undefined
}

/**
 * Does what the lifecycle offers: take up, give to a colleague, watch until a day, dismiss, close, put back, open again. Throws `Conflict` when
 * the state does not offer it, `Invalid` without a reason that is asked for, with a day that cannot be, or without somebody to give it to.
 */
export async function actOnThreat(
  work: Work<Visible>,
  id: string,
  action: ThreatAction,
  reason: string,
  chosen: Chosen = {},
): Promise<{ readonly banner: string }> {
  const { state, holderId } = await standing(work, id)
  const step = transition(THREAT_LIFECYCLE, 'threat', state, action)
  assertMay(work.actor, step.permission)
  const why = reasonOf(reason, step.reason === 'required')
  const person = action === 'assign' ? await colleague(work, chosen.person ?? '') : null
  const lookAgainOn = action === 'watch' ? dayToLook(work, chosen.lookAgainOn) : null
  const keepsDay = step.next === 'watching' && action !== 'watch'
  const { numUpdatedRows } = await work.db
    .updateTable('watch_threat')
    .set({
      state: step.next,
      updated_at: work.now,
      holder_id: holderAfter(step.next, { action, person, actor: work.actor.id, before: holderId }),
      ...(keepsDay ? {} : { look_again_on: lookAgainOn }),
    })
    .where('id', '=', id)
    .where('state', '=', state)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw new Conflict('watch.threat.changed', 'Somebody else has just changed this threat. Look at it again.')
  const note = [...(lookAgainOn === null ? [] : [`Look again on ${inWords(lookAgainOn)}.`]), ...(why === '' ? [] : [why])].join(' ')
  await keepNote(work, { id, action, note, person })
  work.record({
    verb: `watch.threat.${action}`,
    subject: { kind: 'threat', id },
    change: { from: state, to: step.next, ...(person === null ? {} : { person }), ...(lookAgainOn === null ? {} : { lookAgainOn }) },
    ...(why === '' ? {} : { reason: why }),
  })
  return { banner: step.banner }
}

/** A bulletin is drafted from a threat: whoever drafts has it unless somebody else has. Leaves one that is dismissed, closed or drafted already as it is. */
export async function takeUpForDraft(work: Work<Visible>, id: string): Promise<void> {
  if (!may(work.actor, 'watch.threat.triage')) return
  const found = await standingOf(work.db, id)
  if (found !== undefined && THREAT_LIFECYCLE[found.state].draft !== undefined) await actOnThreat(work, id, 'draft', '')
}

/**
 * Says that patients may come to harm by a threat, or takes that back, and why: the rules of priority look at it. Throws `Conflict` when that was
 * said already, `Invalid` without a reason.
 */
export async function flagClinicalSafety(work: Work<Visible>, id: string, isFlagged: boolean, reason: string): Promise<{ readonly banner: string }> {
  const { clinicalSafety } = await standing(work, id)
  assertMay(work.actor, 'watch.threat.triage')
  if (clinicalSafety === isFlagged) throw new Conflict('watch.threat.changed', 'Somebody else has just said so. Look at the threat again.')
  const why = reasonOf(reason, true)
  await work.db.updateTable('watch_threat').set({ clinical_safety: isFlagged, updated_at: work.now }).where('id', '=', id).execute()
  const action = isFlagged ? 'flag-harm' : 'unflag-harm'
  await keepNote(work, { id, action, note: why, person: null })
  work.record({ verb: `watch.threat.${action}`, subject: { kind: 'threat', id }, reason: why })
  await recountThreats(work, [id])
  return { banner: isFlagged ? 'It is said that patients may come to harm by it.' : 'That patients may come to harm by it is taken back.' }
}

async function standing(work: Work<Visible>, id: string) {
  const found = await standingOf(work.db, id)
  if (found === undefined) throw new NotFound('watch.threat.unknown', 'There is no such threat. It may have been named wrongly.')
  return found
}

function reasonOf(given: string, isRequired: boolean): string {
  const why = cleanText(given)
  if (isRequired && why === '') throw new Invalid('watch.threat.reason', 'Say why, so that the next person understands.')
  if (why.length > LONGEST_REASON) throw new Invalid('watch.threat.reason-length', 'Say it in 2,000 characters or fewer.')
  return why
}

async function colleague(work: Work<Visible>, id: string): Promise<string> {
  const found = (await colleagues(work.db)).find(one => one.id === id)
  if (found === undefined) throw new Invalid('watch.threat.assign-whom', 'Choose the colleague who is to have it.')
  return found.id
}

function dayToLook(work: Work<Visible>, wanted: LocalDate | undefined): LocalDate {
  const day = wanted ?? londonDate(addDays(work.now, WATCH_DAYS))
  if (day <= londonDate(work.now)) throw new Invalid('watch.threat.look-again', 'Give a day from tomorrow on.')
  if (day > londonDate(addDays(work.now, LONGEST_WATCH_DAYS))) throw new Invalid('watch.threat.look-again', 'Give a day within a year.')
  return day
}

/** Taking up takes it from others; what else is done with it leaves it with whoever has it, and nobody's is then whose it was done by. */
function holderAfter(
  next: ThreatState,
  { action, person, actor, before }: { action: ThreatAction; person: string | null; actor: string; before: string | null },
): string | null {
  if (person !== null) return person
  if (next === 'new') return null
  if (action === 'take-up') return actor
  return isHeld(next) ? (before ?? actor) : before
}

async function keepNote(
  work: Work<Visible>,
  { id, action, note, person }: { id: string; action: string; note: string; person: string | null },
): Promise<void> {
  await work.db
    .insertInto('watch_threat_note')
    .values({ threat_id: id, at: work.now, actor_id: work.actor.id, action, note: note === '' ? null : note, person_id: person })
    .execute()
}

const longDate = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })

function inWords(date: LocalDate): string {
  return longDate.format(new Date(`${date}T00:00:00Z`))
}
