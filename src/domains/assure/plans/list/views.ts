import type { LocalDate } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import { sortColumn, withQuery } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import { pounds } from '../../money.ts'
import { SHOWN_LABELS, STATE_CHOICES, type Choices } from '../form-views.ts'
import { SOURCES, stateTag } from '../model.ts'
import type { Action } from '../queries.ts'
import type { PlanSummary } from '../summary.ts'
import { dateCell, moneyWords, recordWords } from '../views.ts'
import type { ActionsFilter, ActionSort } from './queries.ts'

export const PLAN_PATH = '/plan'

export interface PlanPage {
  readonly found: Page<Action>
  readonly summary: PlanSummary | null
  readonly choices: Choices
  readonly proposals: number
  readonly isPooled: boolean
}

export function planModel(
  { found, summary, choices, proposals, isPooled }: PlanPage,
  filter: ActionsFilter,
  sort: ActionSort,
  cursor: string | null,
  today: LocalDate,
  mayChange: boolean,
) {
  const query = {
    q: filter.search,
    state: filter.shown === 'open' ? null : filter.shown,
    funding: filter.funding,
    owner: filter.owner,
    sort: sort === 'due' ? null : sort,
  }
  return {
    hasPlan: summary !== null && summary.counts.total > 0,
    figures: summary === null ? [] : figuresOf(summary),
    metWords: summary === null ? null : metWords(summary),
    recordWords: summary === null ? null : recordWords(summary.record),
    funding: summary === null ? null : fundingTable(summary),
    agreement: agreementWords(summary),
    agreementHref: `${PLAN_PATH}/agreement`,
    proposals,
    proposalsHref: `${PLAN_PATH}/proposals`,
    addHref: `${PLAN_PATH}/add`,
    mayChange,
    isPooled,
    total: found.total,
    isFiltered: filter.search !== '' || filter.shown !== 'open' || filter.funding !== null || filter.owner !== null,
    filters: {
      action: PLAN_PATH,
      search: { label: 'Search the plan', value: filter.search, hint: 'Words of what is done, or a bulletin such as CC-5001' },
      selects: [
        {
          name: 'state',
          label: 'Show',
          value: filter.shown,
          options: [
            ...Object.entries(SHOWN_LABELS).map(([value, text]) => ({ value, text })),
            ...STATE_CHOICES.map(value => ({ value, text: stateTag(value).text })),
          ],
        },
        {
          name: 'funding',
          label: 'Money',
          value: filter.funding ?? '',
          options: [{ value: '', text: 'Any' }, ...choices.funding.map(({ code, label }) => ({ value: code, text: label }))],
        },
        {
          name: 'owner',
          label: 'Who',
          value: filter.owner ?? '',
          options: [{ value: '', text: 'Anybody' }, ...choices.colleagues.map(({ id, name }) => ({ value: id, text: name }))],
        },
      ],
      keep: { sort: query.sort },
    },
    clearHref: PLAN_PATH,
    table: {
      caption: 'Actions',
      captionHidden: true,
      head: [
        sortColumn({ text: 'What' }, 'title', PLAN_PATH, { ...query, sort }),
        { text: 'Who' },
        { text: 'Money' },
        sortColumn({ text: 'By when' }, 'due', PLAN_PATH, { ...query, sort }),
        { text: 'State' },
      ],
      rows: found.rows.map(action => actionRow(action, today)),
    } satisfies TableModel,
    firstHref: cursor === null ? null : withQuery(PLAN_PATH, query),
    nextHref: found.next === null ? null : withQuery(PLAN_PATH, query, { cursor: found.next }),
    csvHref: withQuery(`${PLAN_PATH}.csv`, query),
    xlsxHref: `${PLAN_PATH}.xlsx`,
    oscalHref: `${PLAN_PATH}/oscal.json`,
  }
}

export function actionRow(action: Action, today: LocalDate, href: string | null = `${PLAN_PATH}/${action.id}`): readonly Cell[] {
  return [
    {
      text: action.title,
      href: href ?? undefined,
      hint: action.sourceKind === 'hand' ? undefined : [SOURCES[action.sourceKind], action.sourceLabel].filter(Boolean).join(': '),
    },
    action.owner,
    { text: action.fundingLabel, hint: moneyWords(action) },
    dateCell(action, today),
    { text: '', tags: [stateTag(action.state)] },
  ]
}

function figuresOf({ counts, onTime }: PlanSummary) {
  return [
    { number: counts.late, label: 'late', href: withQuery(PLAN_PATH, { state: 'late' }), tone: counts.late > 0 ? 'bad' : undefined },
    { number: onTime, label: 'to be done, not late', href: PLAN_PATH },
    { number: counts.undated, label: 'without a date', href: withQuery(PLAN_PATH, { state: 'undated' }) },
    { number: counts.done, label: 'done', href: withQuery(PLAN_PATH, { state: 'all' }) },
    { number: counts.accepted, label: 'risks accepted for a time', href: withQuery(PLAN_PATH, { state: 'accepted-risk' }) },
  ]
}

/** True to the original dates. */
export function metWords({ met }: Pick<PlanSummary, 'met'>): string {
  if (met.of === 0) return 'No original date has come yet.'
  return `${met.met} of ${met.of} were done by their original date. A later date makes nothing timely.`
}

function agreementWords(summary: PlanSummary | null) {
  if (summary === null) return null
  if (summary.isAgreed) return { text: 'Agreed: both have signed what it says.', isBad: false }
  if (summary.isVoided) return { text: 'No longer agreed: what was signed has changed since.', isBad: true }
  return { text: 'Not agreed yet: nobody beside you has signed what it says.', isBad: false }
}

function fundingTable({ funding }: Pick<PlanSummary, 'funding'>): TableModel {
  return {
    caption: 'Money for what is to be done',
    captionSize: 's',
    head: [
      { text: 'Where it stands' },
      { text: 'Actions', format: 'numeric' },
      { text: 'Once', format: 'numeric' },
      { text: 'Every year', format: 'numeric' },
    ],
    rows: funding.map(({ code, label, actions, capitalPence, yearlyPence }) => [
      label,
      { number: actions, href: actions === 0 ? undefined : withQuery(PLAN_PATH, { funding: code }) },
      pounds(capitalPence),
      pounds(yearlyPence),
    ]),
  }
}

export const PLAN_HEAD = [
  'id',
  'what',
  'state',
  'owner',
  'original date',
  'date',
  'no date because',
  'slips',
  'done on',
  'risk accepted until',
  'funding',
  'capital pounds',
  'yearly pounds',
  'people-days',
  'predicted pounds a year low',
  'predicted pounds a year likely',
  'predicted pounds a year high',
  'predicted clinic-days',
  'from',
  'source',
] as const

/** One action as a line of a sheet: money in pounds, dates as they are. */
export function planLine(action: Action): readonly (string | number | null)[] {
  const inPounds = (pence: number | null) => (pence === null ? null : pence / 100)
  return [
    action.id,
    action.title,
    action.state,
    action.owner,
    action.originalDate,
    action.dueOn,
    action.noDateReason,
    action.slips,
    action.doneOn,
    action.acceptedUntil,
    action.funding,
    inPounds(action.capitalPence),
    inPounds(action.yearlyPence),
    action.peopleDays,
    inPounds(action.predictedLowPence),
    inPounds(action.predictedLikelyPence),
    inPounds(action.predictedHighPence),
    action.predictedClinicDays,
    action.sourceKind,
    action.sourceLabel,
  ]
}
