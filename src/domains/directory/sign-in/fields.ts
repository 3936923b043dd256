import { z } from 'zod'

/** Longer is no password of ours, and would only cost work. */
const LONGEST_TYPED = 200

export const signInForm = z.object({
  email: z.string('Enter your e-mail address.').trim().min(1, 'Enter your e-mail address.').max(LONGEST_TYPED, 'Enter your e-mail address.'),
  password: z.string('Enter your password.').min(1, 'Enter your password.').max(LONGEST_TYPED, 'Enter your password.'),
  to: z.string().optional(),
})

export const codeForm = z.object({
  code: z.string('Enter the code.').trim().min(1, 'Enter the code.').max(LONGEST_TYPED, 'Enter the code.'),
})

export const passkeyForm = z.object({
  credential: z.string().min(1).max(20_000),
  to: z.string().optional(),
})

export const signInQuery = z.object({ to: z.string().optional(), again: z.string().optional() })
