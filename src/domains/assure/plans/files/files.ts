import { v5 as uuidv5 } from 'uuid'
import writeXlsxFile from 'write-excel-file/node'
import { writePlan, type PlanAction, type PlanProperty } from '../../../../codecs/oscal-poam/write.ts'
import { londonInstant, parseLocalDate, type Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { organisationById } from '../../../directory/contract.ts'
import type { Visible } from '../../tables.ts'
import { agreementOf } from '../agreement/queries.ts'
import { PLAN_HEAD, planLine } from '../list/views.ts'
import { planOf, selectActions, type Action } from '../queries.ts'

/** The whole plan as it leaves in a file. */
export interface WholePlan {
  readonly organisation: string
  readonly planId: string
  readonly actions: readonly Action[]
  readonly dates: readonly {
    readonly actionId: string
    readonly position: number
    readonly dueOn: string
    readonly reason: string
    readonly kind: string
  }[]
  readonly hash: string | null
  readonly isAgreed: boolean
}

/** More than any organisation plans. */
const MOST_ACTIONS = 5_000

export async function wholePlan(db: Reader<Visible>, organisationId: Parameters<typeof organisationById>[1]): Promise<WholePlan> {
  const plan = await planOf(db, organisationId)
  const agreement = plan === null ? null : await agreementOf(db, plan.id)
  const actions = await selectActions(db).where('action.organisation_id', '=', organisationId).orderBy('action.id').limit(MOST_ACTIONS).execute()
  const dates = await db
    .selectFrom('assure_action_date')
    .where('organisation_id', '=', organisationId)
    .orderBy('action_id')
    .orderBy('position')
    .select(['action_id as actionId', 'position', 'due_on as dueOn', 'reason', 'kind'])
    .execute()
  return {
    organisation: (await organisationById(db, organisationId))?.name ?? '',
    planId: plan?.id ?? organisationId,
    actions,
    dates,
    hash: agreement?.hash ?? null,
    isAgreed: agreement?.isAgreed ?? false,
  }
}

/** As a workbook: one sheet of actions, one of the dates that they were given. Texts are texts: nothing in them is a formula. */
export async function planWorkbook(plan: WholePlan): Promise<Buffer> {
  const sheet = (head: readonly string[], rows: readonly (readonly (string | number | null)[])[]) => [
    head.map(value => ({ value, type: String, fontWeight: 'bold' as const })),
    ...rows.map(row =>
      row.map(value => (value === null || value === '' ? null : typeof value === 'number' ? { value, type: Number } : { value, type: String })),
    ),
  ]
  const dates = plan.dates.map(({ actionId, kind, dueOn, reason }) => [actionId, kind, dueOn, reason])
  return writeXlsxFile([
    { data: sheet(PLAN_HEAD, plan.actions.map(planLine)), sheet: 'Plan', stickyRowsCount: 1 },
    { data: sheet(['action', 'kind', 'new date', 'reason'], dates), sheet: 'Dates', stickyRowsCount: 1 },
  ]).toBuffer()
}

const STATUS = {
  planned: 'open',
  'in-progress': 'remediating',
  done: 'closed',
  're-tested': 'closed',
  'accepted-risk': 'deviation-approved',
  cancelled: 'closed',
} as const satisfies Readonly<Record<string, PlanAction['status']>>

/** As an OSCAL plan of action and milestones. */
export function planOscal(plan: WholePlan, now: Instant) {
  const later = Map.groupBy(plan.dates, ({ actionId }) => actionId)
  return writePlan({
    // A name of the plan's own space, so that the same plan has the same identifiers each time.
    uuid: name => uuidv5(`${plan.planId} ${name}`, uuidv5.URL),
    title: `Plan of ${plan.organisation}`,
    lastModified: now.toISOString(),
    version: plan.isAgreed ? (plan.hash ?? 'unsigned') : 'unsigned',
    organisation: plan.organisation,
    props: [
      { name: 'agreed', value: plan.isAgreed ? 'yes' : 'no' },
      { name: 'content-sha256', value: plan.hash ?? '' },
    ],
    actions: plan.actions.map(action => ({
      id: action.id,
      title: action.title,
      text: action.text,
      status: Object.hasOwn(STATUS, action.state) ? STATUS[action.state as keyof typeof STATUS] : 'open',
      isCompleted: action.doneOn !== null,
      deadline: endOf(action.dueOn),
      milestones: [
        ...milestone('original', 'Original date', action.originalDate, ''),
        ...(later.get(action.id) ?? []).flatMap(({ position, dueOn, reason, kind }) =>
          kind === 'first' ? [] : milestone(String(position), 'New date', dueOn, reason),
        ),
        ...milestone('done', 'Done', action.doneOn, ''),
      ],
      props: propsOf(action),
    })),
  })
}

function propsOf(action: Action): readonly PlanProperty[] {
  return [
    { name: 'state', value: action.state },
    { name: 'original-date', value: action.originalDate ?? '' },
    { name: 'planned-date', value: action.dueOn ?? '' },
    { name: 'actual-date', value: action.doneOn ?? '' },
    { name: 'no-date-reason', value: action.noDateReason ?? '' },
    { name: 'slips', value: String(action.slips) },
    { name: 'owner', value: action.owner ?? '' },
    { name: 'funding', value: action.funding },
    { name: 'capital-pence', value: String(action.capitalPence) },
    { name: 'yearly-pence', value: String(action.yearlyPence) },
    { name: 'people-days', value: String(action.peopleDays) },
    { name: 'risk-accepted-until', value: action.acceptedUntil ?? '' },
  ]
}

function milestone(name: string, title: string, date: string | null, text: string): PlanAction['milestones'] {
  const at = endOf(date)
  return at === null ? [] : [{ name, title, at, text }]
}

/** The end of that day in London. */
function endOf(date: string | null): string | null {
  const day = parseLocalDate(date ?? '')
  return day === undefined ? null : londonInstant(day, 23, 59).toISOString()
}
