import { z } from 'zod'

/** What is wrong with a new password, as a sentence, or `null`. */
export type PasswordRule = (password: string) => string | null

const LONGEST_TYPED = 200

/** Changing a password. The one before is asked for where there is one; a code where there is no app yet. */
export function passwordForm(rule: PasswordRule, asks: { currentPassword: boolean; code: boolean }) {
  const typed = (message: string) => z.string(message).trim().min(1, message).max(LONGEST_TYPED, message)
  return z.object({
    currentPassword: asks.currentPassword
      ? z
          .string('Enter your password as it is now.')
          .min(1, 'Enter your password as it is now.')
          .max(LONGEST_TYPED, 'Enter your password as it is now.')
      : z.string().optional(),
    newPassword: z.string('Enter a new password.').superRefine((password, context) => {
      const fault = rule(password)
      if (fault !== null) context.addIssue({ code: 'custom', message: fault })
    }),
    code: asks.code ? typed('Enter the code that the app shows.') : z.string().optional(),
  })
}

export const codeForm = z.object({
  code: z
    .string('Enter the code that the app shows.')
    .trim()
    .min(1, 'Enter the code that the app shows.')
    .max(LONGEST_TYPED, 'Enter the code that the app shows.'),
})

export const passkeyForm = z.object({
  credential: z.string().min(1).max(20_000),
  name: z.string().trim().max(60, 'Enter a shorter name.').optional(),
})

export const actAsForm = z.object({ assignment: z.string('Choose a role.').min(1, 'Choose a role.').max(60) })
