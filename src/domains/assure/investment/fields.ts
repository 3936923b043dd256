import { z } from 'zod'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { SIZES } from '../catalogue/model.ts'
import { penceFrom } from '../money.ts'
import type { CaseSettings } from './model.ts'

const money = (missing: string) =>
  z.string(missing).transform((typed, context) => {
    const pence = typed.trim() === '' ? undefined : penceFrom(typed)
    if (typed.trim().startsWith('-')) context.addIssue({ code: 'custom', message: 'An amount cannot be below nothing' })
    else if (pence === undefined) context.addIssue({ code: 'custom', message: `${missing}, such as 12,500` })
    else if (pence > 1e13) context.addIssue({ code: 'custom', message: 'That is more money than there is' })
    return pence ?? z.NEVER
  })

/** A field that is ticked once, often or not at all. */
const codes = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform(ticked => [ticked ?? []].flat())
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

export function settingsFrom(form: z.infer<typeof settingsForm>): { readonly settings: CaseSettings; readonly inPlace: readonly string[] } {
  const { inPlace, seen: _, ...settings } = form
  return { settings, inPlace }
}

/** Pounds as somebody types them into a field. */

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
