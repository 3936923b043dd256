import { z } from 'zod'
import { londonInstant, parseLocalDate } from '../../../kernel/instant.ts'
import { cleanText } from '../../../kernel/text.ts'
import { isShareItem } from './model.ts'

/** The choice beside the usual receivers: the body of the code that is typed. */
export const OTHER = 'other'
const text = z.string().default('')

/** The form by which an organisation shares an item. `until` is the end of the day that is named, in London. */
export const shareForm = z
  .looseObject({
    item: z.string('Choose what you share').refine(isShareItem, 'Choose what you share'),
    objective: text,
    outcome: text,
    receiver: z.string('Choose with whom').min(1, 'Choose with whom'),
    code: text.transform(code => code.trim().toUpperCase()),
    purpose: z.string('Say what for').transform(cleanText).pipe(z.string().min(1, 'Say what for').max(500, 'Use 500 characters or fewer')),
    'until-day': text,
    'until-month': text,
    'until-year': text,
  })
  .transform((form, context) => {
    const { item } = form
    const day = parseLocalDate(
      `${form['until-year'].trim().padStart(4, '0')}-${form['until-month'].trim().padStart(2, '0')}-${form['until-day'].trim().padStart(2, '0')}`,
    )
    if (day === undefined)
      context.addIssue({ code: 'custom', path: ['until'], message: 'Enter the day until which they may read it, such as 31 3 2027' })
    if (form.receiver === OTHER && form.code === '') context.addIssue({ code: 'custom', path: ['code'], message: 'Enter the code of the body' })
    if (day === undefined) return z.NEVER
    const part = item === 'objective' ? form.objective : item === 'outcome' ? form.outcome : null
    return { item, part, receiverCode: form.receiver === OTHER ? form.code : form.receiver, purpose: form.purpose, until: londonInstant(day, 23, 59) }
  })
