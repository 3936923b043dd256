import { Forbidden, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { LocalDate } from '../../../kernel/instant.ts'
import type { Json } from '../../../kernel/json.ts'
import { transition } from '../../../kernel/lifecycle.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { assertMay, may } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { ACTION_LIFECYCLE, isActionState, type ActionState, type ActionVerb } from './model.ts'

/** What the commands of the plan share: an action held, a row of its history, a text or an amount that is fit to keep. */

export type Unit = Work<Visible>

const LONGEST_TITLE = 200
const LONGEST_TEXT = 4_000
/** In pence: a thousand million pounds, more than any action of one organisation. */
const MOST_PENCE = 100_000_000_000

/** An action as the commands need it, held until the unit ends, so that two people at once do not overwrite each other. Throws `NotFound`. */
export async function held(work: Unit, actionId: string) {
  const action = await work.db.selectFrom('assure_action').selectAll().where('id', '=', actionId).forUpdate().executeTakeFirst()
  if (action === undefined)
    throw new NotFound('assure.plans.unknown', 'There is no such action in your plan. Look at the plan for those that there are.')
  return action
}

export type Held = Awaited<ReturnType<typeof held>>

/** Keeps a change of an action. The audit, which the centre reads, says that the plan was changed and no more: whether it slipped or was done is the organisation's. */
export async function save(work: Unit, action: Held, values: Partial<Omit<Held, 'made_at'>>): Promise<void> {
  await work.db
    .updateTable('assure_action')
    .set({ ...values, changed_at: work.now, revision: action.revision + 1 })
    .where('id', '=', action.id)
    .execute()
  work.record({ verb: 'assure.plans.changed', subject: { kind: 'plan', id: action.plan_id }, organisationId: action.organisation_id })
}

type Of = Pick<Held, 'id' | 'organisation_id'>

export async function dated(
  work: Unit,
  action: Held,
  { kind, dueOn, reason }: { readonly kind: 'slip' | 'first' | 'restart'; readonly dueOn: LocalDate; readonly reason: string },
): Promise<void> {
  await work.db
    .insertInto('assure_action_date')
    .values({
      action_id: action.id,
      position: await nextPosition(work, 'assure_action_date', action.id),
      organisation_id: action.organisation_id,
      kind,
      was: action.due_on,
      due_on: dueOn,
      reason,
      at: work.now,
      by_id: work.actor.id,
    })
    .execute()
}

export async function happened(
  work: Unit,
  { id, organisation_id }: Of,
  {
    kind,
    text = '',
    evidence = '',
    detail = {},
  }: { readonly kind: string; readonly text?: string; readonly evidence?: string; readonly detail?: Json },
): Promise<void> {
  await work.db
    .insertInto('assure_action_event')
    .values({
      action_id: id,
      position: await nextPosition(work, 'assure_action_event', id),
      organisation_id,
      kind,
      text,
      evidence: textFrom(evidence, 'The evidence'),
      detail: JSON.stringify(detail),
      at: work.now,
      by_id: work.actor.id,
    })
    .execute()
}

export async function nextPosition(
  work: Unit,
  table: 'assure_action_date' | 'assure_action_event' | 'assure_action_retest',
  actionId: string,
): Promise<number> {
  const { last } = await work.db
    .selectFrom(table)
    .where('action_id', '=', actionId)
    .select(({ fn }) => fn.max('position').as('last'))
    .executeTakeFirstOrThrow()
  return (last ?? 0) + 1
}

export async function assertOwner(work: Unit, organisationId: string, ownerId: string | null): Promise<void> {
  if (ownerId === null || (await isColleague(work, organisationId, ownerId))) return
  throw new Invalid('assure.plans.owner', 'The owner must be somebody who is with your organisation. Choose them from the list.')
}

export async function isColleague(work: Unit, organisationId: string, personId: string | null): Promise<boolean> {
  if (personId === null) return false
  const found = await work.db
    .selectFrom('directory_assignment')
    .select('id')
    .where('person_id', '=', personId)
    .where('organisation_id', '=', organisationId)
    .where('until', 'is', null)
    .executeTakeFirst()
  return found !== undefined
}

export async function assertFunding(work: Unit, code: string): Promise<void> {
  const known = await work.db.selectFrom('assure_funding_status').select('code').where('code', '=', code).executeTakeFirst()
  if (known === undefined) throw new Invalid('assure.plans.funding', 'Choose from the list where the money stands.')
}

export function titleFrom(text: string): string {
  const title = cleanLine(text)
  if (title === '') throw new Invalid('assure.plans.title', 'Say what will be done, in a few words.')
  if (title.length > LONGEST_TITLE) throw new Invalid('assure.plans.title-long', `Say what will be done in at most ${LONGEST_TITLE} characters.`)
  return title
}

export function textFrom(text: string, what: string): string {
  const clean = cleanText(text)
  if (clean.length > LONGEST_TEXT) throw new Invalid('assure.plans.text-long', `${what} may have ${LONGEST_TEXT.toLocaleString('en-GB')} characters.`)
  return clean
}

export function reasonFrom(text: string): string {
  const reason = textFrom(text, 'The reason')
  if (reason === '') throw new Invalid('assure.plans.reason', 'Say why, in a sentence.')
  return reason
}

export function pence(amount: number): number {
  if (Number.isSafeInteger(amount) && amount >= 0 && amount <= MOST_PENCE) return amount
  throw new Invalid('assure.plans.money', 'Give an amount from nothing to a thousand million pounds, in pounds and pence.')
}

export function days(amount: number): number {
  if (Number.isFinite(amount) && amount >= 0 && amount <= 1_000_000) return amount
  throw new Invalid('assure.plans.days', 'Give days as a number that is not below nought.')
}

/** What the actor may do by the lifecycle. Its owner says how it goes; all else is for whoever may change the plan. */
export function assertOffered(work: Unit, action: Held, verb: ActionVerb) {
  const state: ActionState = isActionState(action.state) ? action.state : 'cancelled'
  const step = transition(ACTION_LIFECYCLE, 'action', state, verb)
  if (step.permission === 'assure.plan.report') assertReports(work, action)
  else assertMay(work.actor, step.permission)
  return step
}

export function assertReports(work: Unit, action: Held): void {
  if (work.actor.kind === 'system' || may(work.actor, 'assure.plan.change')) return
  assertMay(work.actor, 'assure.plan.report')
  if (action.owner_id === work.actor.id) return
  throw new Forbidden('assure.plans.not-owner', 'Only the owner of this action, or your cyber lead, says how it goes.')
}
