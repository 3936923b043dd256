import type { Instant } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import { asList } from '../../../../platform/forms/form.ts'
import { responseTag } from '../../../../ui/labels.ts'
import { sortColumn, withQuery } from '../../../../ui/links.ts'
import type { Column, Field } from '../../../../ui/models.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { LONGEST_NOTE, RESPONSE_CHOICES, RESPONSE_STATES } from '../model.ts'
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
            { value: 'open', text: 'Not decided yet' },
            { value: 'decided', text: 'Decided' },
            { value: 'all', text: 'All' },
          ],
        },
      ],
      keep: { bulletin, sort: kept.sort },
      clearHref: isFiltered ? '/answers' : undefined,
    },
    values: { q, bulletin, show, sort, cursor: query.cursor ?? '' },
    answerFields: answerFields(typed, problems),
    isAll: typed['all'] === 'yes',
    firstHref: query.cursor === null ? undefined : withQuery('/answers', kept),
    nextHref: found.next === null ? undefined : withQuery('/answers', { ...kept, cursor: found.next }),
  }
}

export const CSV_HEAD = ['bulletin', 'title', 'severity', 'tlp', 'answer by', 'code', 'organisation', 'answer', 'answered at', 'next date'] as const

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
  ]
}

function answerFields(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]): readonly Field[] {
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
  const reason: Field = { name: 'reason', label: 'Because …', kind: 'textarea', rows: 3, value: text('reason'), error: errorOf('reason') }
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
        ...(RESPONSE_STATES[state].needs === 'reason' ? { fields: [reason] } : {}),
      })),
    },
    { name: 'note', label: 'Note', kind: 'textarea', rows: 3, optional: true, maxlength: LONGEST_NOTE, value: text('note'), error: errorOf('note') },
  ]
}
