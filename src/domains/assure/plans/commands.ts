import { Conflict, Invalid } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { londonDate, parseLocalDate, type LocalDate } from '../../../kernel/instant.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import { voidWhatChanged } from './agreement/void.ts'
import { CHOSEN_UNDATED, STANDING_STATES, type ActionToAdd, type AddedActions, type NewAction } from './model.ts'
import {
  assertFunding,
  assertOffered,
  assertOwner,
  dated,
  days,
  happened,
  held,
  isColleague,
  pence,
  reasonFrom,
  save,
  textFrom,
  titleFrom,
  type Unit,
} from './writing.ts'

/**
 * Adds actions to the plan of an organisation, and opens the plan with the first. What already stands there from the same source is not added again, also
 * where a colleague adds it at the same moment. An action without a date says why. Throws `Invalid`, and `Forbidden` without `assure.plan.change`.
 */
export async function addActions(work: Unit, organisationId: Id<'organisation'>, actions: readonly ActionToAdd[]): Promise<AddedActions> {
  assertMay(work.actor, 'assure.plan.change')
  const planId = await openPlan(work, organisationId)
  const standing = await standingSources(work, planId)
  const ids: Id<'action'>[] = []
  for (const action of actions) {
    const key = `${action.source.kind} ${action.source.id}`
    const id = standing.has(key) ? undefined : await addOne(work, { planId, organisationId, reopenedFrom: null, promised: null }, action)
    if (id === undefined) continue
    ids.push(id)
    if (action.source.id !== null) standing.add(key)
  }
  if (ids.length > 0) await voidWhatChanged(work, planId)
  return { ids, already: actions.length - ids.length }
}

async function standingSources(work: Unit, planId: string): Promise<Set<string>> {
  const rows = await work.db
    .selectFrom('assure_action')
    .where('plan_id', '=', planId)
    .where('source_id', 'is not', null)
    .where('state', 'in', STANDING_STATES)
    .select(['source_kind', 'source_id'])
    .execute()
  return new Set(rows.map(({ source_kind: kind, source_id: id }) => `${kind} ${id}`))
}

/** The organisation's one plan, opened when there is none. */
async function openPlan(work: Unit, organisationId: Id<'organisation'>): Promise<string> {
  const before = await work.db.selectFrom('assure_plan').select('id').where('organisation_id', '=', organisationId).executeTakeFirst()
  if (before !== undefined) return before.id
  const id = work.newId('plan')
  const opened = await work.db
    .insertInto('assure_plan')
    .values({ id, organisation_id: organisationId, opened_at: work.now, opened_by: work.actor.id })
    .onConflict(conflict => conflict.column('organisation_id').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (opened !== undefined) {
    work.record({ verb: 'assure.plans.opened', subject: { kind: 'plan', id }, organisationId })
    return id
  }
  const { id: known } = await work.db.selectFrom('assure_plan').select('id').where('organisation_id', '=', organisationId).executeTakeFirstOrThrow()
  return known
}

interface Place {
  readonly planId: string
  readonly organisationId: Id<'organisation'>
  readonly reopenedFrom: string | null
  /** The date that was promised for the same thing before, and is kept. */
  readonly promised: LocalDate | null
}

async function addOne(work: Unit, { planId, organisationId, reopenedFrom, promised }: Place, given: ActionToAdd): Promise<Id<'action'> | undefined> {
  const action = await checked(work, organisationId, given)
  const id = work.newId('action')
  const { low = null, likely = null, high = null } = action.predicted?.savedPence ?? {}
  const added = await work.db
    .insertInto('assure_action')
    .values({
      id,
      plan_id: planId,
      organisation_id: organisationId,
      title: action.title,
      text: action.text,
      source_kind: action.source.kind,
      source_id: action.source.id,
      source_label: cleanLine(action.source.label ?? ''),
      case_id: action.source.caseId ?? null,
      owner_id: action.ownerId,
      state: 'planned',
      original_date: promised ?? action.dueOn,
      no_date_reason: action.noDateReason,
      due_on: promised ?? action.dueOn,
      funding: action.funding,
      capital_pence: action.capitalPence,
      yearly_pence: action.yearlyPence,
      people_days: action.peopleDays,
      predicted_low_pence: low,
      predicted_likely_pence: likely,
      predicted_high_pence: high,
      predicted_clinic_days: action.predicted?.clinicDays ?? null,
      accepted_until: null,
      reopened_from: reopenedFrom,
      made_at: work.now,
      made_by: work.actor.id,
      changed_at: work.now,
      done_on: null,
    })
    .onConflict(conflict => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (added === undefined) {
    // A colleague added it between our look and this.
    work.record({ verb: 'assure.plans.repeated', subject: { kind: 'plan', id: planId }, organisationId })
    return undefined
  }
  await happened(work, { id, organisation_id: organisationId }, { kind: 'made' })
  work.record({ verb: 'assure.plans.added', subject: { kind: 'plan', id: planId }, organisationId })
  return id
}

async function checked(work: Unit, organisationId: string, given: ActionToAdd): Promise<NewAction> {
  const dueOn = given.dueOn ?? null
  // What is chosen in an investment case has no date yet; that is its reason until somebody gives another.
  const standard = given.source.kind === 'improvement' ? CHOSEN_UNDATED : ''
  const noDateReason = dueOn === null ? cleanText(given.noDateReason ?? standard) : ''
  if (dueOn === null && noDateReason === '') throw new Invalid('assure.plans.date', 'Give a date, or say why there is none yet.')
  if (dueOn !== null && dueOn < londonDate(work.now)) throw new Invalid('assure.plans.date-past', 'The date must be today or later.')
  if (given.source.kind !== 'hand' && given.source.id === null)
    throw new Invalid('assure.plans.source', 'Say which improvement, finding or bulletin it comes from.')
  const ownerId = given.ownerId ?? null
  await assertOwner(work, organisationId, ownerId)
  const funding = given.funding ?? 'not-asked'
  await assertFunding(work, funding)
  return {
    title: titleFrom(given.title),
    text: textFrom(given.text ?? '', 'The text'),
    source: given.source,
    ownerId,
    dueOn,
    noDateReason: dueOn === null ? noDateReason : null,
    funding,
    capitalPence: pence(given.capitalPence ?? 0),
    yearlyPence: pence(given.yearlyPence ?? 0),
    peopleDays: days(given.peopleDays ?? 0),
    predicted: given.predicted ?? null,
  }
}

/**
 * What was closed is not opened: a new action follows it, with a date of its own, and links to it. What was cancelled undone keeps its original date: the later one is a
 * slip, with the same reason. Gives the new one's id.
 */
export async function reopenAction(
  work: Unit,
  actionId: string,
  { reason, dueOn, noDateReason }: { readonly reason: string; readonly dueOn: LocalDate | null; readonly noDateReason: string | null },
): Promise<Id<'action'>> {
  const old = await held(work, actionId)
  assertOffered(work, old, 'reopen')
  const why = reasonFrom(reason)
  const promised = old.state === 'cancelled' ? (parseLocalDate(old.original_date ?? '') ?? null) : null
  if (promised !== null && dueOn === null) throw new Invalid('assure.plans.date', 'Give a date: it had one before it was cancelled.')
  const slipped = promised !== null && dueOn !== null && dueOn > promised ? dueOn : null
  const place = {
    planId: old.plan_id,
    organisationId: old.organisation_id as Id<'organisation'>,
    reopenedFrom: old.id,
    promised: slipped === null ? null : promised,
  }
  const { predicted_low_pence: low, predicted_likely_pence: likely, predicted_high_pence: high } = old
  const predicted =
    low === null || likely === null || high === null ? null : { savedPence: { low, likely, high }, clinicDays: old.predicted_clinic_days }
  const id = await addOne(work, place, {
    title: old.title,
    text: old.text,
    source: { kind: 'reopened', id: old.id, label: old.source_label, caseId: old.case_id },
    // Whoever has left since owns nothing.
    ownerId: (await isColleague(work, old.organisation_id, old.owner_id)) ? old.owner_id : null,
    dueOn,
    noDateReason,
    funding: old.funding,
    capitalPence: old.capital_pence,
    yearlyPence: old.yearly_pence,
    peopleDays: old.people_days,
    predicted,
  })
  if (id === undefined) throw new Conflict('assure.plans.reopened', 'It was opened again before. Look for the action that follows it.')
  if (slipped !== null) {
    const followed = await held(work, id)
    await dated(work, followed, { kind: 'slip', dueOn: slipped, reason: why })
    await save(work, followed, { due_on: slipped, slips: 1 })
  }
  await happened(work, old, { kind: 'reopened', text: why, detail: { as: id } })
  await voidWhatChanged(work, old.plan_id)
  return id
}

interface ActionChange {
  readonly title: string
  readonly text: string
  readonly ownerId: string | null
  readonly capitalPence: number
  readonly yearlyPence: number
  readonly peopleDays: number
  /** The revision that whoever changes it saw. */
  readonly revision: number
}

/** Changes what an action says, who owns it and what it costs. Throws `Conflict` when somebody else changed it meanwhile. */
export async function changeAction(work: Unit, actionId: string, change: ActionChange): Promise<void> {
  const action = await held(work, actionId)
  assertMay(work.actor, 'assure.plan.change')
  if (change.revision !== action.revision)
    throw new Conflict(
      'assure.plans.changed',
      'Somebody else changed this action while you wrote. Look at what it says by this time, then save again.',
    )
  if (action.state === 'cancelled' || action.state === 're-tested') throw new Conflict('assure.plans.closed', 'It is closed, and stays as it is.')
  if (change.ownerId !== action.owner_id) await assertOwner(work, action.organisation_id, change.ownerId)
  const values = {
    title: titleFrom(change.title),
    text: textFrom(change.text, 'The text'),
    owner_id: change.ownerId,
    capital_pence: pence(change.capitalPence),
    yearly_pence: pence(change.yearlyPence),
    people_days: days(change.peopleDays),
  }
  const changed = (Object.keys(values) as (keyof typeof values)[]).filter(name => values[name] !== action[name])
  if (changed.length === 0) return
  const before = Object.fromEntries(changed.map(name => [name, action[name]]))
  await happened(work, action, { kind: 'changed', detail: before })
  await save(work, action, values)
  await voidWhatChanged(work, action.plan_id)
}
