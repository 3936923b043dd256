import type { Instant } from '../../../../kernel/instant.ts'
import { severityTag } from '../../../../ui/labels.ts'
import { sortColumn, type Query } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import { isResponseState, RESPONSE_STATES } from '../../responses/model.ts'
import { BULLETIN_STATES, bulletinNumber, SEVERITIES, severityLabel, stateLabel } from '../model.ts'
import { EXERCISE_OPTIONS, type ListedBulletin } from '../queries/list.ts'
import { addressOf, stateTag } from '../views.ts'

/** The list's table. For the centre with state, author and the funnel's figures; for others, and of one organisation (`ofOne`), with its answer. */
export function listTable(
  rows: readonly ListedBulletin[],
  query: Query,
  options: { readonly isCentre: boolean; readonly ofOne: boolean },
): TableModel {
  const isCentre = options.isCentre && !options.ofOne
  const number = sortColumn({ text: 'Number' }, 'number', '/bulletins', query)
  const updated = sortColumn({ text: isCentre ? 'Changed' : 'Released' }, 'updated', '/bulletins', query)
  const columns = isCentre
    ? [number, { text: 'Severity' }, { text: 'Title' }, { text: 'State' }, { text: 'Author' }, { text: 'Answers' }, { text: 'Answer by' }, updated]
    : [number, { text: 'Severity' }, { text: 'Title' }, { text: 'Answer' }, { text: 'Answer by' }, updated]
  return {
    caption: 'Bulletins',
    captionHidden: true,
    head: columns,
    rows: rows.map(row => (isCentre ? centreRow(row) : readerRow(row, options.ofOne))),
  }
}

function titleCell(row: ListedBulletin): Cell {
  return {
    text: row.title,
    href: addressOf(row),
    tlp: row.tlp === 'CLEAR' ? undefined : row.tlp,
    tags: row.isExercise ? [{ text: 'Exercise', colour: 'pink' }] : [],
  }
}

function centreRow(row: ListedBulletin): readonly Cell[] {
  return [
    { text: bulletinNumber(row.number), href: addressOf(row) },
    { tags: [severityTag(row.severity)] },
    titleCell(row),
    { tags: [stateTag(row.state)] },
    row.author,
    row.releasedAt === null ? null : figuresCell(row),
    at(row.respondBy),
    { at: row.updatedAt },
  ]
}

function figuresCell(row: ListedBulletin): Cell {
  const silent = row.organisations - row.answered - row.unreachable
  const label = `${row.answered.toLocaleString('en-GB')} answered, ${silent.toLocaleString('en-GB')} silent${row.unreachable > 0 ? `, ${row.unreachable.toLocaleString('en-GB')} unreachable` : ''}`
  return {
    text: label,
    bar: [
      { label: 'answered', count: row.answered, tone: 'seen' },
      { label: 'silent', count: silent, tone: 'silent' },
      { label: 'unreachable', count: row.unreachable, tone: 'unreachable' },
    ],
  }
}

function readerRow(row: ListedBulletin, ofOne: boolean): readonly Cell[] {
  const own = row.response !== null && isResponseState(row.response) ? RESPONSE_STATES[row.response].label : 'No answer yet'
  return [
    { text: bulletinNumber(row.number), href: addressOf(row) },
    { tags: [severityTag(row.severity)] },
    { ...(titleCell(row) as object), hint: row.state === 'withdrawn' ? 'Withdrawn' : undefined },
    row.organisations > 1 && !ofOne ? `${row.answered.toLocaleString('en-GB')} of ${row.organisations.toLocaleString('en-GB')} answered` : own,
    at(row.respondBy),
    at(row.releasedAt),
  ]
}

export function listFilters(
  query: {
    readonly q: string
    readonly state: string
    readonly severity: string
    readonly organisation: string
    readonly threat: string
    readonly exercise: string
    readonly releasedSince: string
    readonly withdrawnSince: string
    readonly sort: string
  },
  isCentre: boolean,
) {
  const { q: _q, state: _state, severity: _severity, exercise: _exercise, ...rest } = query
  const options = (all: string, values: readonly string[], words: (value: never) => string) => [
    { value: '', text: all },
    ...values.map(value => ({ value, text: words(value as never) })),
  ]
  return {
    action: '/bulletins',
    search: { label: 'Search by number, CVE or words', value: query.q },
    selects: [
      { name: 'severity', label: 'Severity', value: query.severity, options: options('Every severity', SEVERITIES, severityLabel) },
      {
        name: 'state',
        label: 'State',
        value: query.state,
        options: options('Every state', isCentre ? BULLETIN_STATES : ['released', 'withdrawn'], stateLabel),
      },
      {
        name: 'exercise',
        label: 'Exercises',
        value: query.exercise,
        options: EXERCISE_OPTIONS,
      },
    ],
    keep: rest,
    clearHref: Object.entries(query).some(([name, value]) => name !== 'sort' && value !== '') ? '/bulletins' : undefined,
  }
}

function at(time: Instant | null): Cell {
  return time === null ? null : { at: time }
}
