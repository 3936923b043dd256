import { z } from 'zod'
import { cleanText } from '../../../kernel/text.ts'
import { LONGEST_TEXT } from './model.ts'

const tooLong = `Use ${LONGEST_TEXT.toLocaleString('en-GB')} characters or fewer`

export const decideForm = z.object({
  status: z.string('Choose what you agree').min(1, 'Choose what you agree').max(60),
  text: z.string().max(LONGEST_TEXT, tooLong).transform(cleanText).default(''),
  why: z.string('Say why it is decided so').transform(cleanText).pipe(z.string().min(1, 'Say why it is decided so').max(LONGEST_TEXT, tooLong)),
  revision: z.coerce.number().int().min(0).max(2_147_483_647).catch(0),
})

export const signForm = z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/, 'Send the hash that you saw') })
