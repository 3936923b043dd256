import { z } from 'zod'
import { cleanLine } from '../../../kernel/text.ts'

const line = z.string().max(2_000).transform(cleanLine)

/** The form of a new review. Which profile was chosen stands under a name of its own for each framework. */
export const newSchema = z.object({
  framework: z.string('Choose a framework').min(1, 'Choose a framework').max(40),
  period: z.string().max(40).transform(cleanLine).pipe(z.string().min(1, 'Say for which year')),
  subject: line.default(''),
  carryFrom: z
    .string()
    .max(40)
    .transform(text => (text === '' ? null : text))
    .nullable()
    .default(null),
})
