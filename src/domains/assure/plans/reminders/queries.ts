import { sql } from 'kysely'
import type { LocalDate } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { LATEST_DAYS } from './model.ts'

export interface DueReminder {
  readonly actionId: string
  readonly organisationId: string
  readonly dueOn: string
  /** Days after the date; before it, below nought. */
  readonly days: number
}

/** The reminders whose day has come, of what is still to be done, that nobody was sent. Of several that were missed the newest alone. */
export async function dueReminders(db: Reader<Visible>, today: LocalDate): Promise<readonly DueReminder[]> {
  return (
    db
      .selectFrom('assure_action as action')
      .innerJoin('assure_plan_reminder as policy', join =>
        join.on(sql<boolean>`action.due_on + policy.days between ${today}::date - ${sql.lit(LATEST_DAYS)} and ${today}::date`),
      )
      .where('action.state', 'in', ['planned', 'in-progress'])
      // What was only just promised needs nobody reminded of it.
      .where(sql<boolean>`(action.made_at at time zone 'Europe/London')::date < ${today}::date`)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('assure_action_reminded as reminded')
              .whereRef('reminded.action_id', '=', 'action.id')
              .whereRef('reminded.due_on', '=', 'action.due_on')
              .whereRef('reminded.days', '>=', 'policy.days')
              .select('reminded.days'),
          ),
        ),
      )
      .groupBy(['action.id', 'action.organisation_id', 'action.due_on'])
      .orderBy('action.id')
      .select(({ fn }) => [
        'action.id as actionId',
        'action.organisation_id as organisationId',
        sql<string>`action.due_on`.as('dueOn'),
        fn.max<number>('policy.days').as('days'),
      ])
      .execute()
  )
}

/** The risks whose acceptance has ended. */
export async function endedAcceptances(db: Reader<Visible>, today: LocalDate): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('assure_action')
    .where('state', '=', 'accepted-risk')
    .where('accepted_until', '<', today)
    .orderBy('id')
    .select('id')
    .execute()
  return rows.map(({ id }) => id)
}

export interface Reminded {
  readonly name: string
  readonly address: string
}

export interface Reminder {
  readonly dueOn: string
  readonly days: number
  readonly people: readonly Reminded[]
}

/**
 * The newest reminder of an action and whom it goes to: the owner; where there is none, or who has left, the organisation's cyber leads. `undefined` once the action
 * is done or has another date.
 */
export async function newestReminder(db: Reader<Visible>, actionId: string): Promise<Reminder | undefined> {
  const action = await db
    .selectFrom('assure_action as action')
    .innerJoin('assure_action_reminded as reminded', join =>
      join.onRef('reminded.action_id', '=', 'action.id').onRef('reminded.due_on', '=', 'action.due_on'),
    )
    .where('action.id', '=', actionId)
    .where('action.state', 'in', ['planned', 'in-progress'])
    .orderBy('reminded.days', 'desc')
    .select(['action.owner_id', 'action.organisation_id', 'reminded.due_on as dueOn', 'reminded.days'])
    .executeTakeFirst()
  if (action === undefined) return undefined
  const people = db
    .selectFrom('directory_person as person')
    .innerJoin('directory_assignment as held', 'held.person_id', 'person.id')
    .where('held.organisation_id', '=', action.organisation_id)
    .where('held.until', 'is', null)
    .where('person.left_at', 'is', null)
    .orderBy('person.id')
    .distinctOn('person.id')
    .select(['person.name', 'person.email as address'])
  const owner = action.owner_id === null ? [] : await people.where('person.id', '=', action.owner_id).execute()
  return { dueOn: action.dueOn, days: action.days, people: owner.length > 0 ? owner : await people.where('held.role', '=', 'cyber-lead').execute() }
}
