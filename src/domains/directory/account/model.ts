import { z } from 'zod'

/** The secret of the authenticator app that somebody signed in is setting up. Kept under the id of their session. */
export const AUTHENTICATOR_CHANGE = { purpose: 'authenticator-change', minutes: 60, data: z.object({ secret: z.string() }) }

/** What each way of signing in is called. */
export const METHOD_LABELS: Readonly<Record<string, string>> = {
  passkey: 'a passkey',
  'password-and-code': 'a password and a code',
  'password-and-recovery-code': 'a password and a recovery code',
  outside: 'an outside account',
  link: 'a one-time link',
  sample: 'a link of the sample',
}
