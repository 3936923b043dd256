import type { Instant } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { asList } from '../../../../platform/forms/form.ts'
import { responseTag } from '../../../../ui/labels.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { Field } from '../../../../ui/models.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { LONGEST_NOTE, RESPONSE_CHOICES, RESPONSE_STATES } from '../model.ts'
import type { OpenAnswer } from '../queries.ts'

export interface AnswersQuery {
  readonly q: string
  readonly bulletin: string
  readonly show: 'open' | 'decided' | 'all'
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
  const kept = { q: query.q, bulletin: query.bulletin, show: query.show }
  return {
    total: found.total,
    isFiltered,
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
      search: { label: 'Organisation: name or code', value: query.q },
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
      keep: { bulletin: query.bulletin },
      clearHref: isFiltered ? '/answers' : undefined,
    },
    values: { q: query.q, bulletin: query.bulletin, show: query.show, cursor: query.cursor ?? '' },
    answerFields: answerFields(typed, problems),
    isAll: typed['all'] === 'yes',
    firstHref: query.cursor === null ? undefined : withQuery('/answers', kept),
    nextHref: found.next === null ? undefined : withQuery('/answers', { ...kept, cursor: found.next }),
  }
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
