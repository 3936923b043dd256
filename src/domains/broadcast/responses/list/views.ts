import type { Page } from '../../../../kernel/page.ts'
import { responseTag } from '../../../../ui/labels.ts'
import { sortColumn, withQuery } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { EXERCISE_OPTIONS } from '../../bulletins/queries/list.ts'
import { RESPONSE_CHOICES, RESPONSE_STATES, viaWords } from '../model.ts'
import type { AnswerRow, AnswersFilter, AnswerSort } from '../queries/list.ts'

const PATH = '/responses'

export function answersView(found: Page<AnswerRow>, filter: AnswersFilter, sort: AnswerSort, cursor: string | null) {
  const query = {
    q: filter.search,
    state: filter.state,
    since: filter.since?.toISOString(),
    exercise: filter.exercise === '' ? null : filter.exercise,
    sort: sort === '-at' ? null : sort,
  }
  return {
    total: found.total,
    since: filter.since,
    isFiltered: filter.search !== '' || filter.state !== null || filter.since !== null || filter.exercise !== '',
    filters: {
      action: PATH,
      search: { label: 'Search answers', value: filter.search, hint: 'An organisation by name or code, or a bulletin such as CC-5001' },
      selects: [
        {
          name: 'state',
          label: 'Answer',
          value: filter.state ?? '',
          options: [{ value: '', text: 'Any' }, ...RESPONSE_CHOICES.map(state => ({ value: state, text: RESPONSE_STATES[state].label }))],
        },
        { name: 'exercise', label: 'Exercises', value: filter.exercise, options: EXERCISE_OPTIONS },
      ],
      keep: { since: query.since, sort: query.sort },
    },
    clearHref: PATH,
    table: {
      caption: 'Answers',
      captionHidden: true,
      head: [
        { text: 'Organisation' },
        { text: 'Bulletin' },
        { text: 'Answer' },
        { text: 'By' },
        sortColumn({ text: 'When' }, 'at', PATH, { ...query, sort }),
      ],
      rows: found.rows.map((row): readonly Cell[] => [
        { text: row.organisationName, href: `/organisations/${encodeURIComponent(row.organisationCode)}`, hint: row.organisationCode },
        {
          text: bulletinNumber(row.number),
          href: `/bulletins/${bulletinNumber(row.number)}`,
          hint: row.title,
          tlp: row.tlp === 'CLEAR' ? undefined : row.tlp,
          tags: row.isExercise ? [{ text: 'Exercise', colour: 'pink' }] : undefined,
        },
        {
          text: '',
          tags: [responseTag(row.state)],
          hint: [row.reasonLabel, row.reason ?? row.note].filter(text => text !== null).join('. ') || undefined,
        },
        { text: row.by ?? 'Not known', hint: viaWords(row.via) },
        { at: row.at },
      ]),
    } satisfies TableModel,
    firstHref: cursor === null ? null : withQuery(PATH, query),
    nextHref: found.next === null ? null : withQuery(PATH, query, { cursor: found.next }),
    csvHref: withQuery(`${PATH}.csv`, query),
  }
}

export const ANSWERS_HEAD = ['at', 'organisation', 'name', 'bulletin', 'answer', 'by', 'via', 'reason', 'note', 'exercise', 'reason chosen'] as const

export function answerLine(row: AnswerRow): readonly (string | null)[] {
  const { at, organisationCode, organisationName, number, state, by, via, reason, note, isExercise, reasonLabel } = row
  return [
    at.toISOString(),
    organisationCode,
    organisationName,
    bulletinNumber(number),
    state,
    by,
    via,
    reason,
    note,
    isExercise ? 'yes' : 'no',
    reasonLabel,
  ]
}
