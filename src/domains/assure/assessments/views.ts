import type { Page } from '../../../kernel/page.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Tag } from '../../../ui/labels.ts'
import { sortColumn, withQuery } from '../../../ui/links.ts'
import type { Cell, Field, TableModel } from '../../../ui/models.ts'
import type { Level } from '../frameworks/model.ts'
import { statusLabel } from '../frameworks/model.ts'
import { sectionsFor } from '../sections.ts'
import {
  ASSESSMENT_STATES,
  inOfferedOrder,
  periodOf,
  seesOnlyGiven,
  stateLabel,
  WHOLE_ORGANISATION,
  type Assessment,
  type AssessmentRow,
  type AssessmentsFilter,
  type AssessmentSort,
  type AssessmentState,
  type FrameworkChoice,
  type ProfileChoice,
} from './model.ts'
import type { Waiting } from './outcomes/queries.ts'

const PATH = '/assessments'

export function assessmentPath(id: string): string {
  return `${PATH}/${id}`
}

export function outcomePath(id: string, code: string): string {
  return `${PATH}/${id}/outcomes/${encodeURIComponent(code)}`
}

const STATE_COLOURS: Readonly<Record<AssessmentState, Tag['colour']>> = {
  open: 'blue',
  'with-assessor': 'purple',
  agreeing: 'yellow',
  agreed: 'green',
  closed: 'grey',
  withdrawn: 'white',
}

export function stateTag(state: AssessmentState): Tag {
  return { text: stateLabel(state), colour: STATE_COLOURS[state] }
}

const TONES: Readonly<Record<Level['tone'], Tag['colour']>> = { good: 'green', partial: 'yellow', bad: 'red' }

/** The tag of a status: a level in its tone, or one of the two that are none. */
export function statusTag(levels: readonly Level[], status: string): Tag {
  const level = levels.find(({ code }) => code === status)
  return { text: statusLabel(levels, status), colour: level === undefined ? 'grey' : TONES[level.tone] }
}

export function titleOf({ frameworkName, frameworkVersion, period }: Pick<Assessment, 'frameworkName' | 'frameworkVersion' | 'period'>): string {
  return `${frameworkName} ${frameworkVersion}, ${period}`
}

export interface ListParts {
  readonly found: Page<AssessmentRow>
  readonly filter: AssessmentsFilter
  readonly sort: AssessmentSort
  readonly cursor: string | null
  readonly waiting: { readonly rows: readonly Waiting[]; readonly total: number }
  readonly actor: Actor
}

export function listView({ found, filter, sort, cursor, waiting, actor }: ListParts) {
  const query = { q: filter.search, state: filter.state === '' ? null : filter.state, sort: sort === '-period' ? null : sort }
  return {
    sections: sectionsFor(actor),
    isContributor: seesOnlyGiven(actor),
    mayOpen: may(actor, 'assure.assessment.open'),
    total: found.total,
    isFiltered: filter.search !== '' || filter.state !== '',
    clearHref: PATH,
    waitingTotal: waiting.total,
    waiting: waitingTable(waiting.rows),
    filters: {
      action: PATH,
      search: { label: 'Search our reviews', value: filter.search, hint: 'A framework, a system or service, or a year' },
      selects: [
        {
          name: 'state',
          label: 'State',
          value: filter.state,
          options: [
            { value: '', text: 'All but withdrawn' },
            { value: 'all', text: 'All' },
            ...ASSESSMENT_STATES.map(state => ({ value: state, text: stateLabel(state) })),
          ],
        },
      ],
      keep: { sort: query.sort },
    },
    table: {
      caption: 'Our reviews',
      captionHidden: true,
      head: [
        { text: 'Review' },
        sortColumn({ text: 'Year' }, 'period', PATH, { ...query, sort }),
        { text: 'State' },
        { text: 'Outcomes answered' },
        sortColumn({ text: 'Opened' }, 'opened', PATH, { ...query, sort }),
      ],
      rows: found.rows.map((row): readonly Cell[] => [
        { text: `${row.frameworkName} ${row.frameworkVersion}`, href: assessmentPath(row.id), hint: row.subject },
        row.period,
        { text: '', tags: [stateTag(row.state)] },
        `${row.complete} of ${row.outcomes}`,
        { at: row.openedAt },
      ]),
    } satisfies TableModel,
    firstHref: cursor === null ? null : withQuery(PATH, query),
    nextHref: found.next === null ? null : withQuery(PATH, query, { cursor: found.next }),
    csvHref: withQuery(`${PATH}.csv`, query),
  }
}

function waitingTable(rows: readonly Waiting[]): TableModel {
  return {
    caption: 'Parts of the review given to you',
    captionSize: 'm',
    head: [{ text: 'Part' }, { text: 'Review' }, { text: 'You are' }],
    rows: rows.map(row => [
      { text: `${row.code} ${row.title}`, href: outcomePath(row.assessmentId, row.code) },
      { text: `${row.frameworkName}, ${row.period}`, hint: row.subject === WHOLE_ORGANISATION ? undefined : row.subject },
      row.part === 'owner' ? 'The owner' : 'Asked to answer',
    ]),
  }
}

export const LIST_HEAD = ['review', 'version', 'year', 'subject', 'profile', 'state', 'outcomes', 'complete', 'opened', 'id'] as const

export function listLine(row: AssessmentRow): readonly (string | number | null)[] {
  const { frameworkName, frameworkVersion, period, subject, profileName, state, outcomes, complete, openedAt, id } = row
  return [frameworkName, frameworkVersion, period, subject, profileName, state, outcomes, complete, openedAt.toISOString(), id]
}

export interface NewParts {
  readonly frameworks: readonly FrameworkChoice[]
  readonly profiles: readonly ProfileChoice[]
  readonly earlier: readonly Assessment[]
  readonly organisationType: string
  readonly today: string
  readonly typed: Readonly<Record<string, unknown>>
  readonly errors: Readonly<Record<string, string>>
}

/** The field under which the profile of a framework is chosen: each framework has its own. */
export function profileField(frameworkId: string): string {
  return `profile-${frameworkId}`
}

export function newView({ frameworks, profiles, earlier, organisationType, today, typed, errors }: NewParts): {
  fields: readonly Field[]
  none: boolean
} {
  const value = (name: string, fallback = '') => (typeof typed[name] === 'string' ? typed[name] : fallback)
  const ordered = inOfferedOrder(frameworks, organisationType)
  return {
    none: frameworks.length === 0,
    fields: [
      {
        name: 'framework',
        label: 'Which framework?',
        kind: 'radios',
        value: value('framework', ordered[0]?.id ?? ''),
        error: errors['framework'],
        options: ordered.map(one => ({
          value: one.id,
          text: `${one.name} ${one.version}`,
          hint: [one.description, `${one.indicators} statements to answer.`].filter(text => text !== '').join(' '),
          fields: profileFields(one, profiles, value),
        })),
      },
      {
        name: 'period',
        label: 'For which year?',
        kind: 'text',
        width: 10,
        hint: 'Such as 2026-27',
        value: value('period', periodOf(today)),
        error: errors['period'],
      },
      {
        name: 'subject',
        label: 'What is reviewed?',
        kind: 'text',
        optional: true,
        hint: 'Leave empty for the whole organisation, or name a system or service',
        value: value('subject'),
        error: errors['subject'],
      },
      ...carryFields(earlier, value('carryFrom'), errors['carryFrom']),
    ],
  }
}

function profileFields(framework: FrameworkChoice, profiles: readonly ProfileChoice[], value: (name: string) => string): readonly Field[] {
  const fitting = profiles.filter(({ frameworkId }) => frameworkId === framework.id)
  if (fitting.length === 0) return []
  const name = profileField(framework.id)
  const options = fitting.map(({ id, name: text, period }) => ({ value: id, text: period === null ? text : `${text} (${period})` }))
  return [
    {
      name,
      label: 'What is asked of you',
      kind: 'select',
      hint: 'A profile says which level each outcome should reach',
      value: value(name),
      options: [{ value: '', text: 'No profile' }, ...options],
    },
  ]
}

function carryFields(earlier: readonly Assessment[], value: string, error: string | undefined): readonly Field[] {
  if (earlier.length === 0) return []
  const options = earlier.map(one => ({ value: one.id, text: `${titleOf(one)}, ${one.subject}` }))
  const hint = 'Each answer waits until you say that it still holds'
  return [
    {
      name: 'carryFrom',
      label: 'Carry answers over from',
      kind: 'select',
      hint,
      value,
      error,
      options: [{ value: '', text: 'Start afresh' }, ...options],
    },
  ]
}
