import { z } from 'zod'
import { ALL_ROLES } from '../../../kernel/role.ts'
import { PEOPLE_SORTS } from './model.ts'

const role = z.enum(ALL_ROLES, 'Choose a role.')
const organisation = z
  .string('Enter an organisation’s code.')
  .trim()
  .toUpperCase()
  .min(1, 'Enter an organisation’s code.')
  .max(20, 'Enter an organisation’s code.')

export const personForm = z.object({
  name: z.string('Enter a name.').trim().min(2, 'Enter a name.').max(120, 'Enter a shorter name.'),
  email: z
    .string('Enter an e-mail address.')
    .trim()
    .toLowerCase()
    .max(254, 'Enter a shorter e-mail address.')
    .pipe(z.email('Enter an e-mail address in the right form, like name@example.org.')),
  phone: z
    .string()
    .trim()
    .max(40, 'Enter a shorter telephone number.')
    .regex(/^[\d\s()+-]*$/, 'Enter a telephone number in digits, like 020 7946 0000.')
    .nullish(),
  role,
  organisation,
})

export const roleForm = z.object({ role, organisation })

export const reasonForm = z.object({ reason: z.string().trim().max(500, 'Say why in 500 characters or fewer.').nullish() })

export const peopleQuery = z.object({
  q: z.string().max(200).catch('').default(''),
  role: z.string().max(40).catch('').default(''),
  organisation: z.string().max(20).catch('').default(''),
  status: z.enum(['here', 'left']).catch('here').default('here'),
  sort: z.enum(PEOPLE_SORTS).catch('name').default('name'),
  cursor: z.string().max(1_000).nullable().catch(null).default(null),
})
export type PeopleQuery = z.infer<typeof peopleQuery>
