import { z } from 'zod'

const email = z
  .string('Enter an e-mail address.')
  .trim()
  .toLowerCase()
  .pipe(z.email('Enter an e-mail address in the right form, like name@example.org.'))
  .refine(address => address.length <= 254, 'Enter a shorter e-mail address.')

/** What is wrong with a new password, as a sentence, or `null`. */
export type PasswordRule = (password: string) => string | null

/** A new password, and the code that proves the app. */
export function passwordSetUpForm(rule: PasswordRule) {
  const password = z.string('Enter a password.').superRefine((typed, context) => {
    const fault = rule(typed)
    if (fault !== null) context.addIssue({ code: 'custom', message: fault })
  })
  return z.object({ password, code: z.string('Enter the code that the app shows.').trim().min(1, 'Enter the code that the app shows.') })
}

export const firstAdministratorForm = z.object({
  name: z.string('Enter your name.').trim().min(2, 'Enter your name.').max(120, 'Enter a shorter name.'),
  email,
})

export const recoverForm = z.object({ email })

export const recoveryCodeForm = z.object({ code: z.string('Enter a code.').trim().min(1, 'Enter a code.').max(200, 'Enter a code.') })

export const passkeySetUpForm = z.object({ credential: z.string().min(1).max(20_000), name: z.string().trim().max(60).optional() })
