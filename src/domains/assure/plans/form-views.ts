import { textOf } from '../../../kernel/text.ts'
import type { Field } from '../../../ui/models.ts'
import { pounds } from '../money.ts'
import { OUTCOMES, type Typed } from './fields.ts'
import { ACTION_STATES, isOpen, LONGEST_ACCEPTANCE_DAYS, RETEST_OUTCOMES, type FundingStatus } from './model.ts'
import type { Action } from './queries.ts'

/** The plan's forms as they are shown: what was typed, or else what stands, with what is wrong beside it. */

export type ErrorOf = (name: string) => string | undefined

export interface Choices {
  readonly colleagues: readonly { readonly id: string; readonly name: string }[]
  readonly funding: readonly FundingStatus[]
}

/** What was typed, or else what stands. */
function given(typed: Typed, name: string, standing: string | number | null = ''): string | number | null {
  const value = typed[name]
  return typeof value === 'string' ? value : standing
}

function dateField(typed: Typed, errorOf: ErrorOf, name: string, label: string, hint?: string, standing: string | null = null): Field {
  const [day, month, year] = ['day', 'month', 'year'].map(part => textOf(typed, `${name}-${part}`))
  const isTyped = `${day}${month}${year}` !== ''
  return {
    name,
    kind: 'date',
    label,
    hint,
    error: errorOf(name),
    value: isTyped ? { day: day ?? '', month: month ?? '', year: year ?? '' } : standing,
  }
}

function area(typed: Typed, errorOf: ErrorOf, name: string, label: string, rest: Partial<Field> = {}, standing = ''): Field {
  return { name, kind: 'textarea', rows: 3, label, error: errorOf(name), value: given(typed, name, standing), ...rest }
}

function ownerField(typed: Typed, errorOf: ErrorOf, { colleagues }: Choices, action: Action | null): Field {
  const standing = action?.ownerId ?? null
  // Otherwise the form would take the action away from its owner without a word, and void what was signed.
  const gone =
    standing === null || colleagues.some(({ id }) => id === standing)
      ? []
      : [{ value: standing, text: action?.owner === null ? 'Somebody who has left' : `${action?.owner}, who has left` }]
  const options = [{ value: '', text: 'Nobody yet' }, ...gone, ...colleagues.map(({ id, name }) => ({ value: id, text: name }))]
  return {
    name: 'ownerId',
    kind: 'select',
    label: 'Who sees to it',
    options,
    error: errorOf('ownerId'),
    value: given(typed, 'ownerId', standing ?? ''),
  }
}

function whatFields(typed: Typed, errorOf: ErrorOf, choices: Choices, action: Action | null): readonly Field[] {
  const moneyField = (name: string, label: string, pence: number): Field => ({
    name,
    kind: 'text',
    width: 10,
    label,
    optional: true,
    error: errorOf(name),
    value: given(typed, name, pence === 0 ? '' : pounds(pence)),
  })
  return [
    { name: 'title', kind: 'text', label: 'What will be done', error: errorOf('title'), value: given(typed, 'title', action?.title) },
    area(typed, errorOf, 'text', 'More about it', { optional: true, rows: 5 }, action?.text),
    ownerField(typed, errorOf, choices, action),
    moneyField('capitalPence', 'Money once, in pounds', action?.capitalPence ?? 0),
    moneyField('yearlyPence', 'Money every year, in pounds', action?.yearlyPence ?? 0),
    {
      name: 'peopleDays',
      kind: 'text',
      width: 5,
      label: 'Days of your own people',
      optional: true,
      error: errorOf('peopleDays'),
      value: given(typed, 'peopleDays', action === null || action.peopleDays === 0 ? '' : action.peopleDays),
    },
  ]
}

function dueFields(typed: Typed, errorOf: ErrorOf): readonly Field[] {
  return [
    dateField(typed, errorOf, 'dueOn', 'By when', 'A day that you can keep: it never changes. A later one stands beside it, with its reason'),
    area(typed, errorOf, 'noDateReason', 'Or why there is no date yet', { optional: true, rows: 2 }),
  ]
}

export function addFields(typed: Typed, errorOf: ErrorOf, choices: Choices): readonly Field[] {
  const funding = fundingField(typed, errorOf, choices, 'not-asked')
  return [...whatFields(typed, errorOf, choices, null), funding, ...dueFields(typed, errorOf)]
}

export function changeFields(typed: Typed, errorOf: ErrorOf, choices: Choices, action: Action): readonly Field[] {
  return [
    ...whatFields(typed, errorOf, choices, action),
    { name: 'revision', kind: 'hidden', label: '', value: given(typed, 'revision', action.revision) },
  ]
}

export function takeFields(typed: Typed, errorOf: ErrorOf, choices: Choices): readonly Field[] {
  return [ownerField(typed, errorOf, choices, null), ...dueFields(typed, errorOf)]
}

function fundingField(typed: Typed, errorOf: ErrorOf, { funding }: Choices, standing: string): Field {
  return {
    name: 'funding',
    kind: 'radios',
    label: 'Where does the money stand?',
    options: funding.map(({ code, label, says }) => ({ value: code, text: label, hint: says })),
    error: errorOf('funding'),
    value: given(typed, 'funding', standing),
  }
}

export function fundingFields(typed: Typed, errorOf: ErrorOf, choices: Choices, action: Action): readonly Field[] {
  return [fundingField(typed, errorOf, choices, action.funding), area(typed, errorOf, 'note', 'Who decides, or decided', { optional: true, rows: 2 })]
}

export function dateFields(typed: Typed, errorOf: ErrorOf, _choices: Choices, action: Action): readonly Field[] {
  const isFirst = action.dueOn === null
  return [
    dateField(
      typed,
      errorOf,
      'dueOn',
      isFirst ? 'By when' : 'New date',
      isFirst ? 'It is the first one, and never changes' : 'Later than the one that it has',
    ),
    area(typed, errorOf, 'reason', isFirst ? 'What has changed' : 'Why it is later', {
      optional: isFirst,
      hint: 'Everybody who reads the plan reads it, as long as there is a plan',
    }),
  ]
}

export function progressFields(isDone: boolean) {
  return (typed: Typed, errorOf: ErrorOf): readonly Field[] => [
    area(typed, errorOf, 'note', isDone ? 'What was done' : 'How it goes', { hint: isDone ? 'This, or where the evidence is' : undefined }),
    {
      name: 'evidence',
      kind: 'text',
      label: 'Where the evidence is',
      hint: 'A link, or where you keep it',
      optional: true,
      error: errorOf('evidence'),
      value: given(typed, 'evidence'),
    },
  ]
}

export function acceptFields(typed: Typed, errorOf: ErrorOf): readonly Field[] {
  const hint = `At most ${LONGEST_ACCEPTANCE_DAYS} days ahead. After it the action comes back, with as long as it had`
  return [dateField(typed, errorOf, 'until', 'Accepted until', hint), area(typed, errorOf, 'reason', 'Why the risk is accepted')]
}

export function reopenFields(typed: Typed, errorOf: ErrorOf): readonly Field[] {
  return [area(typed, errorOf, 'reason', 'Why it is opened again'), ...dueFields(typed, errorOf)]
}

export function retestFields(typed: Typed, errorOf: ErrorOf, _choices: Choices, action: Action): readonly Field[] {
  const text = (name: string, label: string, rest: Partial<Field>): Field => ({
    name,
    kind: 'text',
    label,
    error: errorOf(name),
    value: given(typed, name),
    ...rest,
  })
  const predicted = action.predictedLikelyPence === null ? '' : 'What was predicted stands on the page of the action. '
  return [
    {
      name: 'outcome',
      kind: 'radios',
      label: 'Did it work?',
      options: OUTCOMES.map(value => ({ value, text: RETEST_OUTCOMES[value].label })),
      error: errorOf('outcome'),
      value: given(typed, 'outcome'),
    },
    dateField(typed, errorOf, 'testedOn', 'Day of the test'),
    text('tester', 'Who tested it', { hint: 'Better somebody who did not do the work' }),
    area(typed, errorOf, 'method', 'How it was tested'),
    text('observedPence', 'What it was seen to save, in pounds a year', {
      optional: true,
      width: 10,
      hint: `${predicted}Leave it empty if nobody can say: most years nothing happens, and that proves nothing`,
    }),
    text('observedClinicDays', 'Clinic days that it was seen to save, a year', { optional: true, width: 5 }),
  ]
}

/** How the states of a filter read. */
export const SHOWN_LABELS: Readonly<Record<string, string>> = { open: 'To be done', late: 'Late', undated: 'Without a date', all: 'All' }
export const STATE_CHOICES = ACTION_STATES.filter(state => !isOpen(state))
