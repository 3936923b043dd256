import type { Instant } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import { asList } from '../../../../platform/forms/form.ts'
import { responseTag } from '../../../../ui/labels.ts'
import { sortColumn, withQuery } from '../../../../ui/links.ts'
import type { Column, Field } from '../../../../ui/models.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { LONGEST_NOTE, RESPONSE_CHOICES, RESPONSE_STATES, type Reason } from '../model.ts'
import type { AnswerSort, OpenAnswer } from './queries.ts'

export interface AnswersQuery {
  readonly q: string
  readonly bulletin: string
  readonly show: 'open' | 'decided' | 'all'
  readonly sort: AnswerSort
  readonly cursor: string | null
}

/** The page on which one answer is given for many: the list with a box to tick, and the answer below it. */
export function answersPage(
  found: Page<OpenAnswer>,
  query: AnswersQuery,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
  now: Instant,
  reasons: readonly Reason[],
) {
  const ticked = new Set(asList(typed['targets']))
  const isFiltered = query.q !== '' || query.bulletin !== '' || query.show !== 'open'
  const { q, bulletin, show, sort } = query
  const kept = { q, bulletin, show: show === 'open' ? null : show, sort: sort === 'due' ? null : sort }
  const sorted = (column: Column, name: string) => sortColumn(column, name, '/answers', { ...kept, sort })
  return {
    total: found.total,
    isFiltered,
    head: [
      sorted({ text: 'For' }, 'organisation'),
      sorted({ text: 'Bulletin' }, 'bulletin'),
      sorted({ text: 'Answer' }, 'answered'),
      sorted({ text: 'By when' }, 'due'),
    ],
    csvHref: withQuery('/answers.csv', kept),
    rows: found.rows.map(row => ({
      ...row,
      target: `${row.bulletinId}.${row.organisationId}`,
      isTicked: ticked.has(`${row.bulletinId}.${row.organisationId}`),
      number: bulletinNumber(row.number),
      tag: responseTag(row.standing),
      isOverdue: row.respondBy !== null && row.respondBy < now,
    })),
    filters: {
      action: '/answers',
      search: { label: 'Organisation or bulletin', value: query.q, hint: 'A name or code, a number such as CC-5001, or words of a title' },
      selects: [
        {
          name: 'show',
          label: 'Show',
          value: query.show,
          options: [
            { value: 'open', text: 'Wait for an answer' },
            { value: 'decided', text: 'Decided' },
            { value: 'all', text: 'All' },
          ],
        },
      ],
      keep: { bulletin, sort: kept.sort },
      clearHref: isFiltered ? '/answers' : undefined,
    },
    values: { q, bulletin, show, sort, cursor: query.cursor ?? '' },
    answerFields: answerFields(typed, problems, reasons),
    isAll: typed['all'] === 'yes',
    firstHref: query.cursor === null ? undefined : withQuery('/answers', kept),
    nextHref: found.next === null ? undefined : withQuery('/answers', { ...kept, cursor: found.next }),
  }
}

/** The last columns are to be filled in and sent back (`file/model.ts`). */
export const CSV_HEAD = [
  'bulletin',
  'title',
  'severity',
  'tlp',
  'answer by',
  'code',
  'organisation',
  'answer',
  'answered at',
  'next date',
  'new answer',
  'new date',
  'reason code',
  'reason',
  'note',
] as const

export function csvLine(row: OpenAnswer): CsvLine {
  return [
    bulletinNumber(row.number),
    row.title,
    row.severity,
    row.tlp,
    row.respondBy?.toISOString() ?? null,
    row.organisationCode,
    row.organisationName,
    row.standing,
    row.responseAt?.toISOString() ?? null,
    row.nextDate,
    null,
    null,
    null,
    null,
    null,
  ]
}

function answerFields(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[], reasons: readonly Reason[]): readonly Field[] {
  const text = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const errorOf = (name: string) => problems.find(({ pointer }) => pointer === name)?.message
  const date: Field = {
    name: 'nextDate',
    label: 'When will you say more?',
    kind: 'date',
    hint: 'For example, 27 3 2027',
    value: { day: text('nextDate-day'), month: text('nextDate-month'), year: text('nextDate-year') },
    error: errorOf('nextDate'),
  }
  const why: Field = {
    name: 'reasonCode',
    label: 'Because …',
    kind: 'select',
    value: text('reasonCode'),
    error: errorOf('reasonCode'),
    options: [{ value: '', text: 'Choose a reason' }, ...reasons.map(({ code, label }) => ({ value: code, text: label }))],
  }
  const reason: Field = {
    name: 'reason',
    label: 'In your own words',
    kind: 'textarea',
    rows: 3,
    optional: true,
    value: text('reason'),
    error: errorOf('reason'),
  }
  return [
    {
      name: 'state',
      label: 'The answer for all that are ticked',
      kind: 'radios',
      value: text('state'),
      error: errorOf('state'),
      options: RESPONSE_CHOICES.map(state => ({
        value: state,
        text: RESPONSE_STATES[state].label,
        hint: RESPONSE_STATES[state].says,
        ...(RESPONSE_STATES[state].needs === 'date' ? { fields: [date] } : {}),
        ...(RESPONSE_STATES[state].needs === 'reason' ? { fields: [why, reason] } : {}),
      })),
    },
    {
      name: 'exceptions',
      label: 'Save for these',
      kind: 'textarea',
      rows: 3,
      optional: true,
      hint: 'One organisation a line: its code, a comma and its answer, such as A0001, not-applicable. Or: A0002, leave out.',
      value: text('exceptions'),
      error: errorOf('exceptions'),
    },
    { name: 'note', label: 'Note', kind: 'textarea', rows: 3, optional: true, maxlength: LONGEST_NOTE, value: text('note'), error: errorOf('note') },
  ]
}
