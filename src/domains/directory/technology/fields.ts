import { z } from 'zod'
import { parseLocalDate } from '../../../kernel/instant.ts'
import { cleanLine } from '../../../kernel/text.ts'

const common = {
  list: z.string({ error: 'Paste the list.' }).refine(text => text.trim() !== '', 'Paste the list.'),
  format: z.enum(['csv', 'cyclonedx'], { error: 'Say what kind of list it is.' }),
  source: z
    .string({ error: 'Give the list a name.' })
    .transform(cleanLine)
    .pipe(z.string().min(1, 'Give the list a name, such as "Asset register".').max(100, 'The name of the list must be 100 characters or fewer.')),
}

/** The form that takes in a list of what an organisation runs. The messages are for the person who filled it in. */
export const technologySchema = z
  .object({
    ...common,
    'asOf-day': z.string().default(''),
    'asOf-month': z.string().default(''),
    'asOf-year': z.string().default(''),
    shared: z
      .string()
      .optional()
      .transform(value => value === 'yes'),
  })
  .transform((form, context) => {
    const { 'asOf-day': day, 'asOf-month': month, 'asOf-year': year, ...rest } = form
    if (`${day}${month}${year}`.trim() === '') return { ...rest, asOf: null }
    const asOf = parseLocalDate(`${year.trim()}-${month.trim().padStart(2, '0')}-${day.trim().padStart(2, '0')}`)
    if (asOf === undefined)
      context.addIssue({ code: 'custom', path: ['asOf'], message: 'The day on which the list is true must be a real date, such as 31 1 2026.' })
    return { ...rest, asOf: asOf ?? null }
  })

/** The same as a machine sends it: the day in one piece, and whether the centre may see it as a truth value. */
export const technologyBody = z.object({
  ...common,
  asOf: z.iso
    .date('Give a day such as 2026-01-31.')
    .transform(text => parseLocalDate(text) ?? null)
    .nullable()
    .default(null),
  shared: z.boolean().default(false),
})
