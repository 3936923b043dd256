import { Conflict, Invalid } from '../../../../kernel/errors.ts'
import { londonDate, parseLocalDate, type LocalDate } from '../../../../kernel/instant.ts'
import { cleanLine, cleanText } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import { voidWhatChanged } from '../agreement/void.ts'
import { daysAfter, daysBetween } from '../dates.ts'
import { isOpen, LONGEST_ACCEPTANCE_DAYS, type RetestOutcome } from '../model.ts'
import {
  assertFunding,
  assertOffered,
  assertReports,
  dated,
  days,
  happened,
  held,
  nextPosition,
  pence,
  reasonFrom,
  save,
  textFrom,
  type Unit,
} from '../writing.ts'

/** The least time that is left once the acceptance of a risk has ended, in days. */
const SHORTEST_RESTART_DAYS = 14

export interface Progress {
  readonly note: string
  readonly evidence: string
}

/** Says how it goes, without moving it. Throws `Invalid` when nothing is said. */
export async function noteProgress(work: Unit, actionId: string, { note, evidence }: Progress): Promise<void> {
  const action = await held(work, actionId)
  assertReports(work, action)
  const text = textFrom(note, 'The note')
  if (text === '') throw new Invalid('assure.plans.note', 'Say how it goes, in a sentence.')
  await happened(work, action, { kind: 'note', text, evidence })
  await save(work, action, {})
}

export async function startAction(work: Unit, actionId: string): Promise<void> {
  const action = await held(work, actionId)
  const { next } = assertOffered(work, action, 'start')
  await happened(work, action, { kind: 'started' })
  await save(work, action, { state: next })
}

/** Says that it is done, on this day. Needs evidence, or a note of what was done. Throws `Invalid` without either. */
export async function finishAction(work: Unit, actionId: string, { note, evidence }: Progress): Promise<void> {
  const action = await held(work, actionId)
  const { next } = assertOffered(work, action, 'finish')
  const text = textFrom(note, 'The note')
  if (text === '' && cleanText(evidence) === '')
    throw new Invalid('assure.plans.evidence', 'Say what was done, or where the evidence of it is. One of the two is enough.')
  await happened(work, action, { kind: 'done', text, evidence })
  await save(work, action, { state: next, done_on: londonDate(work.now) })
}

interface Retest {
  readonly outcome: RetestOutcome
  readonly testedOn: LocalDate
  /** Who tested it, by name. */
  readonly tester: string
  readonly method: string
  /** What was seen to be saved, in pence a year; `null` when nobody can say. */
  readonly observedPence: number | null
  readonly observedClinicDays: number | null
}

/** Says whether it worked: the question that closing an action leaves open. Throws `Invalid`. */
export async function retestAction(work: Unit, actionId: string, given: Retest): Promise<void> {
  const action = await held(work, actionId)
  const { next } = assertOffered(work, action, 'retest')
  const [tester, method] = [cleanLine(given.tester), textFrom(given.method, 'How it was tested')]
  if (tester === '') throw new Invalid('assure.plans.tester', 'Say who tested it.')
  if (method === '') throw new Invalid('assure.plans.method', 'Say how it was tested, in a sentence.')
  if (given.testedOn > londonDate(work.now)) throw new Invalid('assure.plans.tested-on', 'The day of the test must not lie ahead.')
  if (action.done_on !== null && given.testedOn < action.done_on)
    throw new Invalid('assure.plans.tested-before', 'It cannot have been tested before it was done.')
  await work.db
    .insertInto('assure_action_retest')
    .values({
      action_id: action.id,
      position: await nextPosition(work, 'assure_action_retest', action.id),
      organisation_id: action.organisation_id,
      outcome: given.outcome,
      tested_on: given.testedOn,
      tester,
      method,
      observed_pence: given.observedPence === null ? null : pence(given.observedPence),
      observed_clinic_days: given.observedClinicDays === null ? null : days(given.observedClinicDays),
      at: work.now,
      by_id: work.actor.id,
    })
    .execute()
  await happened(work, action, { kind: 're-tested', detail: { outcome: given.outcome } })
  await save(work, action, { state: next })
}

/** Accepts the risk until a day. Throws `Invalid` without a reason, and where the day lies behind or more than a year ahead. */
export async function acceptRisk(
  work: Unit,
  actionId: string,
  { until, reason }: { readonly until: LocalDate; readonly reason: string },
): Promise<void> {
  const action = await held(work, actionId)
  const { next } = assertOffered(work, action, 'accept')
  const today = londonDate(work.now)
  if (until <= today) throw new Invalid('assure.plans.until', 'The acceptance must end on a day after today.')
  if (until > daysAfter(today, LONGEST_ACCEPTANCE_DAYS))
    throw new Invalid('assure.plans.until-far', 'A risk is accepted for a year at most. Look at it again then.')
  await happened(work, action, { kind: 'accepted', text: reasonFrom(reason), detail: { until } })
  await save(work, action, { state: next, accepted_until: until })
  await voidWhatChanged(work, action.plan_id)
}

/**
 * The action is to be done again. Once the acceptance of its risk has ended, with as long as it had; taken up before that it has the date that it had, so that nobody
 * comes to a later one without a slip.
 */
export async function resumeAction(work: Unit, actionId: string): Promise<void> {
  const action = await held(work, actionId)
  const { next } = assertOffered(work, action, 'resume')
  const today = londonDate(work.now)
  const due = parseLocalDate(action.due_on ?? '')
  let date = {}
  if (due !== undefined && due <= today && action.accepted_until !== null && action.accepted_until < today) {
    const had = daysBetween(londonDate(action.made_at), action.original_date ?? due)
    const again = daysAfter(today, Math.max(had, SHORTEST_RESTART_DAYS))
    await dated(work, action, { kind: 'restart', dueOn: again, reason: 'The acceptance of the risk ended' })
    date = { due_on: again }
  }
  await happened(work, action, { kind: 'resumed' })
  await save(work, action, { state: next, ...date })
}

/** Cancels it, with a reason. It stays to be read. */
export async function cancelAction(work: Unit, actionId: string, reason: string): Promise<void> {
  const action = await held(work, actionId)
  const { next } = assertOffered(work, action, 'cancel')
  await happened(work, action, { kind: 'cancelled', text: reasonFrom(reason) })
  await save(work, action, { state: next })
  await voidWhatChanged(work, action.plan_id)
}

/** Gives a later date, with its reason; or the first date, where there was none. The original date stays as it is. Throws `Invalid`, and `Conflict` when it is closed. */
export async function moveDate(
  work: Unit,
  actionId: string,
  { dueOn, reason }: { readonly dueOn: LocalDate; readonly reason: string },
): Promise<void> {
  const action = await held(work, actionId)
  assertMay(work.actor, 'assure.plan.change')
  if (!isOpen(action.state)) throw new Conflict('assure.plans.closed', 'Only an action that is still to be done is given a date.')
  if (dueOn < londonDate(work.now)) throw new Invalid('assure.plans.date-past', 'The new date must be today or later.')
  if (action.due_on === null) {
    await dated(work, action, { kind: 'first', dueOn, reason: cleanText(reason) || 'Its first date' })
    await save(work, action, { due_on: dueOn, original_date: dueOn })
    await voidWhatChanged(work, action.plan_id)
    return
  }
  if (dueOn <= action.due_on)
    throw new Invalid('assure.plans.not-later', 'The new date must be later than the date that it has. Doing it sooner needs no new date.')
  await dated(work, action, { kind: 'slip', dueOn, reason: reasonFrom(reason) })
  await save(work, action, { due_on: dueOn, slips: action.slips + 1 })
}

/** Whether the money is there. No change of what was signed: what it costs is. */
export async function setFunding(
  work: Unit,
  actionId: string,
  { funding, note }: { readonly funding: string; readonly note: string },
): Promise<void> {
  const action = await held(work, actionId)
  assertMay(work.actor, 'assure.plan.change')
  await assertFunding(work, funding)
  if (funding === action.funding) throw new Conflict('assure.plans.funding-same', 'That is what it says already.')
  await happened(work, action, { kind: 'funding', text: textFrom(note, 'The note'), detail: { from: action.funding, to: funding } })
  await save(work, action, { funding })
}
