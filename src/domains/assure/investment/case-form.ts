import { asList } from '../../../platform/forms/form.ts'
import type { Field } from '../../../ui/models.ts'
import type { SizeRule } from '../catalogue/model.ts'
import { pounds } from '../money.ts'
import type { InvestmentCase } from './model.ts'
import type { ResolvedCase } from './resolve.ts'

type Typed = Readonly<Record<string, unknown>>
type ErrorOf = (name: string) => string | undefined

const textOf = (typed: Typed | null, name: string) => (typeof typed?.[name] === 'string' ? typed[name] : undefined)

/** The fields of the case's form: with what was typed, or with what stands. */
export function settingsFields(
  found: Pick<InvestmentCase, 'settings'>,
  rule: SizeRule,
  typed: Typed | null,
  errorOf: ErrorOf,
): { readonly money: readonly Field[]; readonly more: readonly Field[] } {
  const { settings } = found
  const field = (name: string, stands: string) => ({ name, value: textOf(typed, name) ?? stands, error: errorOf(name) })
  return {
    money: [
      {
        ...field('capital', plainPounds(settings.capital)),
        kind: 'text',
        label: 'Capital, once',
        hint: 'In pounds: what you can buy this year',
        width: 10,
      },
      {
        ...field('revenue', plainPounds(settings.revenue)),
        kind: 'text',
        label: 'Running costs, each year',
        hint: 'In pounds: licences, services, salaries',
        width: 10,
      },
      {
        ...field('peopleDays', String(settings.peopleDays)),
        kind: 'text',
        label: 'Days of your own people',
        hint: 'This year, for all of it',
        width: 10,
      },
    ],
    more: [
      { ...field('dayRate', plainPounds(settings.dayRate)), kind: 'text', label: 'What a day of your people costs', hint: 'In pounds', width: 10 },
      {
        ...field('size', settings.size),
        kind: 'select',
        label: 'Your size',
        hint: 'The shared figures are made to your size',
        options: rule.sizes.map(({ code, label }) => ({ value: code, text: label })),
      },
      {
        ...field('years', String(settings.years)),
        kind: 'select',
        label: 'Plan over how many years?',
        options: ['1', '2', '3', '4', '5'].map(value => ({ value, text: value })),
      },
    ],
  }
}

export function wishFields(
  found: Pick<InvestmentCase, 'settings' | 'inPlace'>,
  case_: ResolvedCase,
  suggested: readonly string[],
  typed: Typed | null,
  errorOf: ErrorOf,
): { readonly inPlace: Field; readonly required: Field; readonly excluded: Field } {
  const options = (hint: (code: string) => string | undefined) =>
    case_.improvements.map(({ code, name }) => ({ value: code, text: name, hint: hint(code) }))
  const chosen = (name: string, stands: readonly string[]) => (typed === null ? stands : asList(typed[name]))
  return {
    inPlace: {
      name: 'inPlace',
      kind: 'checkboxes',
      label: 'What is in place already?',
      hint: 'It then counts in what you would lose today, and is not offered again',
      value: chosen('inPlace', found.inPlace),
      options: options(code => (suggested.includes(code) ? 'Your review says so: tick it if it is true' : undefined)),
      error: errorOf('inPlace'),
    },
    required: {
      name: 'required',
      kind: 'checkboxes',
      label: 'What will you have in any case?',
      value: chosen('required', found.settings.required),
      options: options(() => undefined),
      error: errorOf('required'),
    },
    excluded: {
      name: 'excluded',
      kind: 'checkboxes',
      label: 'What will you not have?',
      value: chosen('excluded', found.settings.excluded),
      options: options(() => undefined),
      error: errorOf('excluded'),
    },
  }
}

function plainPounds(pence: number): string {
  return pounds(pence).replace('£', '')
}
