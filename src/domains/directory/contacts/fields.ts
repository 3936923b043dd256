import { z } from 'zod'
import { cleanLine } from '../../../kernel/text.ts'
import type { ContactDetails } from './model.ts'

const LONGEST = 200

function line(label: string) {
  return z
    .string({ error: `${label} is missing.` })
    .transform(cleanLine)
    .pipe(z.string().max(LONGEST, `${label} must be ${LONGEST} characters or fewer.`))
}

/** A telephone number as people write it: digits, blanks, brackets, a plus in front, an extension. */
const TELEPHONE = /^\+?[0-9][0-9 ().-]{3,28}[0-9](?: ?(?:x|ext\.?) ?[0-9]{1,6})?$/i

function telephone(label: string) {
  return line(label)
    .nullish()
    .transform(text => text ?? '')
    .refine(text => text === '' || TELEPHONE.test(text), `${label} must be a number such as 01632 960 001, or +44 1632 960001 ext 12.`)
    .transform(text => (text === '' ? null : text))
}

const email = line('The e-mail address')
  .nullish()
  .transform(text => text ?? '')
  .refine(text => text === '' || z.email().safeParse(text).success, 'The e-mail address must look like name@example.org.')
  .transform(text => (text === '' ? null : text))

/** A tick of a form, a word of a list, or a truth value of JSON. */
const yes = z
  .union([z.boolean(), z.string()])
  .optional()
  .transform(value => value === true || (typeof value === 'string' && /^(yes|y|true|1)$/i.test(value.trim())))

const fields = z.object({
  name: line('The name').refine(text => text !== '', 'Enter the name of the person or the desk.'),
  purpose: line('What they are for').refine(text => text !== '', 'Enter what to reach them for, such as "Cyber lead" or "On call".'),
  email,
  mobile: telephone('The mobile number'),
  phone: telephone('The telephone number'),
  outOfHours: yes,
  receivesBulletins: yes,
})

/** A contact as a form or a list gives it. The messages are for the person who filled it in. */
export const contactSchema = reachable(fields)

/** The same as a machine gives it. */
export const contactBody = reachable(fields.strict())

function reachable<C extends z.core.$ZodObjectConfig>(asked: z.ZodObject<typeof fields.shape, C>) {
  return asked
    .superRefine((contact, context) => {
      if (contact.email !== null || contact.mobile !== null || contact.phone !== null) return
      context.addIssue({
        code: 'custom',
        path: ['email'],
        message: 'Enter at least one way to reach them: an e-mail address, a mobile or a telephone number.',
      })
    })
    .superRefine((contact, context) => {
      if (!contact.receivesBulletins || contact.email !== null || (contact.mobile === null && contact.phone === null)) return
      context.addIssue({
        code: 'custom',
        path: ['email'],
        message: 'Bulletins go by e-mail. Enter an e-mail address, or untick "Gets bulletins by e-mail".',
      })
    })
    .transform(({ outOfHours, ...contact }): ContactDetails => ({ ...contact, isOutOfHours: outOfHours }))
}
