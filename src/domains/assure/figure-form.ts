import { z } from 'zod'
import { cleanText } from '../../kernel/text.ts'
import type { Field } from '../../ui/models.ts'
import { GRADES, type Figure, type Grade } from './catalogue/model.ts'
import { sourceSchema } from './entry-content.ts'
import type { Unit } from './figures.ts'
import { penceFrom, pounds } from './money.ts'

/** A figure on a form: its three ends in the unit in which people think of it, where it is from, and why it is changed. */

interface UnitWords {
  readonly what: string
  /** From what is typed to what is stored; `undefined` for what cannot be read. */
  read(typed: string): number | undefined
  write(stored: number): string
  readonly most: number
}

const MOST_PENCE = 1e13
const plain = (typed: string) =>
  /^\d{1,7}(\.\d{1,6})?$/.test(typed.trim().replaceAll(',', '')) ? Number(typed.trim().replaceAll(',', '')) : undefined
const amount: UnitWords = { what: 'in pounds', read: penceFrom, write: stored => String(stored / 100), most: MOST_PENCE }
const number = (what: string): UnitWords => ({ what, read: plain, write: stored => String(stored), most: 1e6 })

const UNITS: Readonly<Record<Unit, UnitWords>> = {
  money: amount,
  'money-a-year': { ...amount, what: 'in pounds a year' },
  'money-an-event': { ...amount, what: 'in pounds each time' },
  days: number('in working days'),
  share: {
    what: 'in per cent',
    read: typed => {
      const percent = plain(typed.replace(/\s*%$/, ''))
      return percent === undefined ? undefined : percent / 100
    },
    write: stored => String(Math.round(stored * 10_000) / 100),
    most: 0.95,
  },
  'events-a-year': number('times a year; 0.1 is once in ten years'),
  'clinic-days': number('in clinic-days'),
}

export const reasonField = z
  .string('Say why, in a sentence')
  .transform(cleanText)
  .pipe(z.string().min(1, 'Say why, in a sentence').max(2_000, 'Say why in at most 2,000 characters'))

/** Reads a figure of that unit, with its source, as it is typed. */
export function figureForm(unit: Unit) {
  const { read, most } = UNITS[unit]
  const end = z.string('Enter a number').transform((typed, context) => {
    const value = read(typed)
    if (value === undefined)
      context.addIssue({ code: 'custom', message: unit.startsWith('money') ? 'Enter an amount such as 12,500' : 'Enter a number such as 12.5' })
    else if (value > most)
      context.addIssue({ code: 'custom', message: unit === 'share' ? 'Nothing stops or saves more than 95%' : 'That is too much' })
    return value ?? z.NEVER
  })
  return z
    .object({ low: end, likely: end, high: end, ...sourceSchema.shape })
    .refine(({ low, likely }) => low <= likely, { path: ['low'], message: 'The low end cannot be above the likely one' })
    .refine(({ likely, high }) => likely <= high, { path: ['high'], message: 'The high end cannot be below the likely one' })
    .transform(({ low, likely, high, ...source }): Figure => ({ low, likely, high, source }))
}

type Typed = Readonly<Record<string, unknown>>

/** The fields of such a form, filled with what was typed or with what stands. */
export function figureFields(unit: Unit, figure: Figure, typed: Typed | null, errorOf: (name: string) => string | undefined): readonly Field[] {
  const { what, write } = UNITS[unit]
  const stands: Typed = {
    low: write(figure.low),
    likely: write(figure.likely),
    high: write(figure.high),
    ...figure.source,
  }
  const shown = typed ?? stands
  const field = (name: string) => ({ name, value: typeof shown[name] === 'string' ? shown[name] : '', error: errorOf(name) })
  const isLoss = unit === 'money-an-event' || unit === 'clinic-days'
  return [
    {
      ...field('low'),
      kind: 'text',
      label: 'Low',
      hint: `${capital(what)}. ${isLoss ? '1 in 20 is less than this' : 'Less is hard to believe'}`,
      width: 10,
    },
    { ...field('likely'), kind: 'text', label: isLoss ? 'On average' : 'Likely', width: 10 },
    { ...field('high'), kind: 'text', label: 'High', hint: isLoss ? '1 in 20 is more than this' : 'More is hard to believe', width: 10 },
    { ...field('words'), kind: 'textarea', label: 'Where is it from?', rows: 3, maxlength: 2_000 },
    { ...field('saidBy'), kind: 'text', label: 'Who says so?' },
    { ...field('asOf'), kind: 'text', label: 'When was it said?', hint: 'Such as 2026-11-01', width: 10 },
    {
      ...field('grade'),
      kind: 'radios',
      label: 'How good is the evidence?',
      options: (Object.keys(GRADES) as readonly Grade[]).map(grade => ({ value: grade, text: GRADES[grade].label, hint: GRADE_HINTS[grade] })),
    },
  ]
}

const GRADE_HINTS: Readonly<Record<Grade, string>> = {
  judgement: 'Somebody who knows the field thinks so',
  published: 'It stands in a report that others can read',
  measured: 'It was measured here, or at a place like this',
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A figure in the words of its unit: "£20,000 to £80,000, likely £40,000". */
export function figureWords(
  { low, likely, high }: Pick<Figure, 'low' | 'likely' | 'high'>,
  unit: Unit,
): { readonly text: string; readonly hint: string } {
  return { text: amountWords(likely, unit), hint: `${amountWords(low, unit)} to ${amountWords(high, unit)}` }
}

function amountWords(value: number, unit: Unit): string {
  if (unit.startsWith('money')) return pounds(Math.round(value))
  if (unit === 'share') return `${UNITS.share.write(value)}%`
  const text = String(Number(value.toPrecision(3)))
  if (unit === 'days') return `${text} days`
  if (unit === 'clinic-days') return `${text} clinic-days`
  return `${text} a year`
}
