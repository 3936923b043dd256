import { z } from 'zod'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { asList } from '../../../platform/forms/form.ts'
import type { Field } from '../../../ui/models.ts'
import { SIZES, type SizeRule } from '../catalogue/model.ts'
import { penceFrom, pounds } from '../money.ts'
import type { CaseSettings, InvestmentCase } from './model.ts'
import type { ResolvedCase } from './resolve.ts'

const money = (missing: string) =>
  z.string(missing).transform((typed, context) => {
    const pence = typed.trim() === '' ? undefined : penceFrom(typed)
    if (typed.trim().startsWith('-')) context.addIssue({ code: 'custom', message: 'An amount cannot be below nothing' })
    else if (pence === undefined) context.addIssue({ code: 'custom', message: `${missing}, such as 12,500` })
    else if (pence > 1e13) context.addIssue({ code: 'custom', message: 'That is more money than there is' })
    return pence ?? z.NEVER
  })

const codes = z
  .unknown()
  .optional()
  .transform(asList)
  .pipe(z.array(z.string().regex(/^[a-z0-9-]{1,60}$/, 'Choose from the list')).max(200))

/** What there is to spend, what is in place and what is wished, as it is typed. */
export const settingsForm = z
  .object({
    capital: money('Enter the capital that you have'),
    revenue: money('Enter the money for running costs that you have a year'),
    peopleDays: z.string('Enter the days').transform((typed, context) => {
      const days = /^\d{1,6}(\.\d{1,2})?$/.test(typed.trim().replaceAll(',', '')) ? Number(typed.trim().replaceAll(',', '')) : undefined
      if (days === undefined) context.addIssue({ code: 'custom', message: 'Enter the days that your own people have, such as 120' })
      return days ?? z.NEVER
    }),
    dayRate: money('Enter what a day of your people costs'),
    size: z.enum(SIZES, 'Choose your size'),
    inPlace: codes,
    required: codes,
    excluded: codes,
    years: z.coerce.number().pipe(z.int().min(1).max(5)).default(3),
    seen: z.coerce.number().int().positive().nullable().catch(null),
  })
  .refine(({ required, excluded }) => !required.some(code => excluded.includes(code)), {
    path: ['excluded'],
    message: 'The same improvement stands under what you will have and what you will not have. Take one back',
  })

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

export function settingsFrom(form: z.infer<typeof settingsForm>): { readonly settings: CaseSettings; readonly inPlace: readonly string[] } {
  const { inPlace, seen: _, ...settings } = form
  return { settings, inPlace }
}

/** Pounds as somebody types them into a field. */
function plainPounds(pence: number): string {
  return pounds(pence).replace('£', '')
}

const shareLikely = z.string().transform((typed, context) => {
  const text = typed.trim().replace(/\s*%$/, '')
  const percent = text === '' ? 0 : /^\d{1,3}(\.\d{1,2})?$/.test(text) ? Number(text) : undefined
  if (percent === undefined) context.addIssue({ code: 'custom', message: 'Enter a share in per cent, such as 30' })
  else if (percent > 95) context.addIssue({ code: 'custom', message: 'Nothing stops or saves more than 95%' })
  return (percent ?? 0) / 100
})

const name = z.string('Give it a name').transform(cleanLine).pipe(z.string().min(1, 'Give it a name').max(120, 'Use 120 characters or fewer'))
const reason = z
  .string('Say where the figures are from')
  .transform(cleanText)
  .pipe(z.string().min(1, 'Say where the figures are from').max(2_000, 'Use 2,000 characters or fewer'))
const positive = (missing: string) =>
  z.string(missing).transform((typed, context) => {
    const value = /^\d{1,6}(\.\d{1,6})?$/.test(typed.trim()) ? Number(typed.trim()) : undefined
    if (value === undefined || value <= 0) context.addIssue({ code: 'custom', message: missing })
    return value ?? z.NEVER
  })

/** An improvement of one's own, on one page: likely figures, of which the range is half and half as much again. */
export const ownImprovementForm = z.object({
  name,
  capital: money('Enter what it costs once'),
  yearly: money('Enter what it costs each year'),
  days: positive('Enter the days of your own people, such as 10'),
  years: positive('Enter how many years it lasts, such as 4'),
  on: z.string().regex(/^[a-z0-9-]{1,60}$/, 'Choose what it helps against'),
  prevents: shareLikely,
  softens: shareLikely,
  reason,
})

export const ownScenarioForm = z.object({
  name,
  frequency: positive('Enter how often, such as 0.2 for once in five years'),
  loss: money('Enter what one costs'),
  clinicDays: z
    .string()
    .default('')
    .transform(typed => (/^\d{1,6}(\.\d{1,2})?$/.test(typed.trim()) ? Number(typed.trim()) : 0)),
  like: z
    .string()
    .regex(/^[a-z0-9-]{0,60}$/)
    .default(''),
  reason,
})
