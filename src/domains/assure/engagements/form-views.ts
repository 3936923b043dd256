import { addDays, londonDate, type Instant } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { Field } from '../../../ui/models.ts'
import { ENGAGEMENT_KINDS, LONGEST_WORDS, type EngagementKind } from './model.ts'
import type { Candidate } from './queries.ts'

const KINDS = Object.keys(ENGAGEMENT_KINDS) as readonly EngagementKind[]

type Typed = Readonly<Record<string, unknown>>

const errorIn = (problems: readonly Problem[]) => (name: string) => problems.find(problem => problem.pointer === name)?.message
const textIn = (typed: Typed, name: string) => (typeof typed[name] === 'string' ? typed[name] : '')

export function askFields(assessors: readonly Candidate[], typed: Typed, problems: readonly Problem[]): readonly Field[] {
  const error = errorIn(problems)
  const options = [{ value: '', text: 'Choose one' }, ...assessors.map(({ id, name, body }) => ({ value: id, text: `${name}, ${body}` }))]
  const choose = (name: string): Field => ({ name, kind: 'select', label: 'Assessor', options, value: textIn(typed, name), error: error(name) })
  const inner: Readonly<Record<EngagementKind, readonly Field[]>> = {
    independent: [choose('assessor')],
    peer: [{ name: 'email', kind: 'email', label: 'Their e-mail address', value: textIn(typed, 'email'), error: error('email') }],
    second: [
      choose('second'),
      {
        name: 'sample',
        kind: 'number',
        label: 'How many outcomes',
        hint: 'Spread evenly over the framework. Ten are enough to see how far two assessors agree',
        width: 3,
        value: textIn(typed, 'sample') || '10',
        error: error('sample'),
      },
    ],
  }
  return [
    {
      name: 'kind',
      kind: 'radios',
      label: 'Who do you ask?',
      value: textIn(typed, 'kind'),
      error: error('kind'),
      options: KINDS.map(kind => ({
        value: kind,
        text: ENGAGEMENT_KINDS[kind].label,
        hint: `They ${ENGAGEMENT_KINDS[kind].does}`,
        fields: inner[kind],
      })),
    },
    {
      name: 'purpose',
      kind: 'textarea',
      label: 'What is it for?',
      hint: 'The assessor reads this before they accept. Leave out what they should judge for themselves',
      rows: 3,
      maxlength: LONGEST_WORDS,
      value: textIn(typed, 'purpose'),
      error: error('purpose'),
    },
    untilField(typed, error('until')),
  ]
}

export function untilField(typed: Typed, error: string | undefined): Field {
  const day = textIn(typed, 'until-day')
  return {
    name: 'until',
    kind: 'date',
    label: 'Until when may they read it?',
    hint: 'It ends by itself at the end of that day. You can end it earlier, or give more time',
    value:
      day === '' && textIn(typed, 'until-year') === ''
        ? textIn(typed, 'until') || null
        : { day, month: textIn(typed, 'until-month'), year: textIn(typed, 'until-year') },
    error,
  }
}

/** Three months from now, as a form begins. */
export function usualUntil(now: Instant): string {
  return londonDate(addDays(now, 92))
}
