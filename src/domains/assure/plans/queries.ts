import { sql } from 'kysely'
import { NotFound } from '../../../kernel/errors.ts'
import type { Instant, LocalDate } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import type { Dated } from './dates.ts'
import type { FundingStatus, RetestOutcome, SourceKind } from './model.ts'

type Asks = Reader<Visible>

/** One action as lists and its own page need it. Money in pence. */
export interface Action {
  readonly id: string
  readonly planId: string
  readonly title: string
  readonly text: string
  readonly sourceKind: SourceKind
  readonly sourceId: string | null
  readonly sourceLabel: string
  readonly caseId: string | null
  readonly ownerId: string | null
  /** `null` when it has no owner. */
  readonly owner: string | null
  readonly state: string
  readonly originalDate: string | null
  readonly noDateReason: string | null
  readonly dueOn: string | null
  readonly slips: number
  readonly funding: string
  readonly fundingLabel: string
  readonly capitalPence: number
  readonly yearlyPence: number
  readonly peopleDays: number
  readonly predictedLowPence: number | null
  readonly predictedLikelyPence: number | null
  readonly predictedHighPence: number | null
  readonly predictedClinicDays: number | null
  readonly acceptedUntil: string | null
  readonly reopenedFrom: string | null
  readonly madeAt: Instant
  readonly changedAt: Instant
  readonly doneOn: string | null
  readonly revision: number
}

/** The actions with what lists show of them; the caller narrows. */
export function selectActions(db: Asks) {
  return db
    .selectFrom('assure_action as action')
    .innerJoin('assure_funding_status as funding', 'funding.code', 'action.funding')
    .leftJoin('directory_person as owner', 'owner.id', 'action.owner_id')
    .select([
      'action.id',
      'action.plan_id as planId',
      'action.title',
      'action.text',
      'action.source_kind as sourceKind',
      'action.source_id as sourceId',
      'action.source_label as sourceLabel',
      'action.case_id as caseId',
      'action.owner_id as ownerId',
      'owner.name as owner',
      'action.state',
      'action.original_date as originalDate',
      'action.no_date_reason as noDateReason',
      'action.due_on as dueOn',
      'action.slips',
      'action.funding',
      'funding.label as fundingLabel',
      'action.capital_pence as capitalPence',
      'action.yearly_pence as yearlyPence',
      'action.people_days as peopleDays',
      'action.predicted_low_pence as predictedLowPence',
      'action.predicted_likely_pence as predictedLikelyPence',
      'action.predicted_high_pence as predictedHighPence',
      'action.predicted_clinic_days as predictedClinicDays',
      'action.accepted_until as acceptedUntil',
      'action.reopened_from as reopenedFrom',
      'action.made_at as madeAt',
      'action.changed_at as changedAt',
      'action.done_on as doneOn',
      'action.revision',
    ])
}

/** The plan of an organisation, as far as the reader may see it; `null` while it has none. */
export async function planOf(db: Asks, organisationId: string): Promise<{ readonly id: string; readonly organisationId: string } | null> {
  const plan = await db
    .selectFrom('assure_plan')
    .where('organisation_id', '=', organisationId)
    .select(['id', 'organisation_id as organisationId'])
    .executeTakeFirst()
  return plan ?? null
}

/** An action of the organisation. Throws `NotFound` for one of another's. */
export async function actionOf(db: Asks, organisationId: string, id: string): Promise<Action> {
  const action = await selectActions(db).where('action.id', '=', id).where('action.organisation_id', '=', organisationId).executeTakeFirst()
  if (action === undefined)
    throw new NotFound('assure.plans.unknown', 'There is no such action in your plan. Look at the plan for those that there are.')
  return action
}

interface ActionDate {
  readonly kind: 'slip' | 'first' | 'restart'
  readonly was: string | null
  readonly dueOn: string
  readonly reason: string
  readonly at: Instant
  readonly by: string | null
}

export interface ActionEvent {
  readonly kind: string
  readonly text: string
  readonly evidence: string
  readonly detail: unknown
  readonly at: Instant
  readonly by: string | null
}

export interface ActionRetest {
  readonly outcome: RetestOutcome
  readonly testedOn: string
  readonly tester: string
  readonly method: string
  readonly observedPence: number | null
  readonly observedClinicDays: number | null
  readonly at: Instant
  readonly by: string | null
}

export interface ActionHistory {
  readonly dates: readonly ActionDate[]
  readonly events: readonly ActionEvent[]
  /** The newest first. */
  readonly retests: readonly ActionRetest[]
  /** The action that was opened after this one. */
  readonly followedBy: string | null
}

/** Everything that happened to an action, the oldest first. */
export async function historyOf(db: Asks, actionId: string): Promise<ActionHistory> {
  const dates = await db
    .selectFrom('assure_action_date as given')
    .leftJoin('directory_person as person', 'person.id', 'given.by_id')
    .where('action_id', '=', actionId)
    .orderBy('position')
    .select(['given.kind', 'given.was', 'given.due_on as dueOn', 'given.reason', 'given.at', 'person.name as by'])
    .execute()
  const events = await db
    .selectFrom('assure_action_event as event')
    .leftJoin('directory_person as person', 'person.id', 'event.by_id')
    .where('action_id', '=', actionId)
    .orderBy('position')
    .select(['event.kind', 'event.text', 'event.evidence', 'event.detail', 'event.at', 'person.name as by'])
    .execute()
  const retests = await db
    .selectFrom('assure_action_retest as retest')
    .leftJoin('directory_person as person', 'person.id', 'retest.by_id')
    .where('action_id', '=', actionId)
    .orderBy('position', 'desc')
    .select([
      'retest.outcome',
      'retest.tested_on as testedOn',
      'retest.tester',
      'retest.method',
      'retest.observed_pence as observedPence',
      'retest.observed_clinic_days as observedClinicDays',
      'retest.at',
      'person.name as by',
    ])
    .execute()
  const next = await db.selectFrom('assure_action').where('reopened_from', '=', actionId).orderBy('made_at', 'desc').select('id').executeTakeFirst()
  return { dates, events, retests, followedBy: next?.id ?? null }
}

/** Where the money of an action may stand, as the policy has it. */
export function fundingStatuses(db: Asks): Promise<readonly FundingStatus[]> {
  return db.selectFrom('assure_funding_status').select(['code', 'label', 'says', 'money']).orderBy('position').execute()
}

/** Those who may own an action: who holds a role at the organisation. By name. */
export function colleaguesOf(db: Asks, organisationId: string): Promise<readonly { readonly id: string; readonly name: string }[]> {
  return db
    .selectFrom('directory_person as person')
    .where('person.left_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('directory_assignment as held')
          .whereRef('held.person_id', '=', 'person.id')
          .where('held.organisation_id', '=', organisationId)
          .where('held.until', 'is', null)
          .select('held.id'),
      ),
    )
    .orderBy('person.name')
    .orderBy('person.id')
    .select(['person.id', 'person.name'])
    .execute()
}

/** What of the plan counts for its record of delivery. */
export function datedActions(db: Asks, organisationId: string): Promise<readonly Dated[]> {
  return db
    .selectFrom('assure_action')
    .where('organisation_id', '=', organisationId)
    .select(({ selectFrom }) => [
      'state',
      'original_date as originalDate',
      'done_on as doneOn',
      selectFrom('assure_action_event as event')
        .whereRef('event.action_id', '=', 'assure_action.id')
        .where('event.kind', '=', 'cancelled')
        // What was opened again is judged by the action that follows it.
        .where(({ not, exists, selectFrom: from }) =>
          not(exists(from('assure_action as next').whereRef('next.reopened_from', '=', 'assure_action.id').select('next.id'))),
        )
        .select(sql<string | null>`(max(event.at) at time zone 'Europe/London')::date`.as('on'))
        .as('cancelledOn'),
    ])
    .execute()
}

export interface FundingTotal extends FundingStatus {
  readonly actions: number
  readonly capitalPence: number
  readonly yearlyPence: number
}

/** What is to be done, and its money, by where that money stands. What is done or cancelled asks for none. */
export async function fundingTotals(db: Asks, organisationId: string): Promise<readonly FundingTotal[]> {
  return db
    .selectFrom('assure_funding_status as funding')
    .leftJoin('assure_action as action', join =>
      join
        .onRef('action.funding', '=', 'funding.code')
        .on('action.organisation_id', '=', organisationId)
        .on('action.state', 'in', ['planned', 'in-progress']),
    )
    .groupBy(['funding.code', 'funding.label', 'funding.says', 'funding.money', 'funding.position'])
    .orderBy('funding.position')
    .select(({ fn }) => [
      'funding.code',
      'funding.label',
      'funding.says',
      'funding.money',
      fn.count<number>('action.id').as('actions'),
      sql<number>`coalesce(sum(action.capital_pence), 0)::bigint`.as('capitalPence'),
      sql<number>`coalesce(sum(action.yearly_pence), 0)::bigint`.as('yearlyPence'),
    ])
    .execute()
}

export interface StateCounts {
  readonly open: number
  readonly late: number
  readonly undated: number
  readonly done: number
  readonly accepted: number
  readonly cancelled: number
  /** Risks whose acceptance ends within a month. */
  readonly total: number
}

export async function stateCounts(db: Asks, organisationId: string, today: LocalDate): Promise<StateCounts> {
  const isOpen = sql`state in ('planned', 'in-progress')`
  return db
    .selectFrom('assure_action')
    .where('organisation_id', '=', organisationId)
    .select(({ fn }) => [
      fn.countAll<number>().as('total'),
      sql<number>`count(*) filter (where ${isOpen})`.as('open'),
      sql<number>`count(*) filter (where ${isOpen} and due_on < ${today}::date)`.as('late'),
      sql<number>`count(*) filter (where ${isOpen} and due_on is null)`.as('undated'),
      sql<number>`count(*) filter (where state in ('done', 're-tested'))`.as('done'),
      sql<number>`count(*) filter (where state = 'accepted-risk')`.as('accepted'),
      sql<number>`count(*) filter (where state = 'cancelled')`.as('cancelled'),
    ])
    .executeTakeFirstOrThrow()
}

/** What is to be done next, by date; what has no date comes last. */
export function nextActions(db: Asks, organisationId: string, limit: number): Promise<readonly Action[]> {
  return selectActions(db)
    .where('action.organisation_id', '=', organisationId)
    .where('action.state', 'in', ['planned', 'in-progress'])
    .orderBy('action.due_on', order => order.asc().nullsLast())
    .orderBy('action.id')
    .limit(limit)
    .execute()
}
