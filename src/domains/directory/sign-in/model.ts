import { z } from 'zod'

/** What a visitor's browser remembers for us between two requests, by a token each, in one cookie: `form.TOKEN~step.TOKEN`. */
export type CookieSlot =
  /** A form that was sent after the session ran out. */
  | 'form'
  /** A sign-in that has begun. */
  | 'step'

const SLOT = /^(form|step)\.([\w-]{43})$/

function slots(cookie: string | null): Map<string, string> {
  const found = (cookie ?? '').split('~').flatMap(part => {
    const [, name, token] = SLOT.exec(part) ?? []
    return name === undefined || token === undefined ? [] : [[name, token] as const]
  })
  return new Map(found)
}

/** The token in that slot of the cookie, or `null`. */
export function readSlot(cookie: string | null, slot: CookieSlot): string | null {
  return slots(cookie).get(slot) ?? null
}

/** The cookie's value with that slot set, or emptied by `null`. `null` when nothing is left in it. */
export function withSlot(cookie: string | null, slot: CookieSlot, token: string | null): string | null {
  const all = slots(cookie)
  if (token === null) all.delete(slot)
  else all.set(slot, token)
  return all.size === 0 ? null : [...all].map(([name, value]) => `${name}.${value}`).join('~')
}

const ELSEWHERE = 'http://local.invalid'

/**
 * Where to go after signing in: a path and query of this site. Anything that could lead elsewhere (`//host`, `/\host`,
 * `https:`, control characters) or back to signing in gives the start page.
 */
export function localAddress(asked: string | null | undefined): string {
  if (asked === null || asked === undefined || asked.length > 2_000 || !asked.startsWith('/') || /[\\\p{Cc}\s]/u.test(asked)) return '/'
  const url = URL.parse(asked, ELSEWHERE)
  if (url === null || url.origin !== ELSEWHERE || url.pathname.startsWith('//') || /^\/sign-(in|out)(\/|$)/.test(url.pathname)) return '/'
  return url.pathname + url.search + url.hash
}

/** The password was right; a code must follow. */
export const SECOND_FACTOR = { purpose: 'second-factor', minutes: 10, data: z.object({ to: z.string() }) }

/** A form that came after the session ran out: where it was sent, and its fields in order. */
const keptForm = z.object({ address: z.string(), fields: z.array(z.tuple([z.string(), z.string()])) })
export type KeptForm = z.infer<typeof keptForm>
export const INTERRUPTED_FORM = { purpose: 'interrupted-form', minutes: 60, data: keptForm }

/** Fields that are never kept: secrets, and the token of the session that is over. */
const NEVER_KEPT = /^(_csrf|code|credential|token|.*password)$/i

/** The fields of a form that may be kept while its sender signs in again. */
export function keepableFields(body: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(body)
    .filter(([name]) => !NEVER_KEPT.test(name))
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).flatMap((one): [string, string][] => (typeof one === 'string' ? [[name, one]] : [])),
    )
}

/** Tells the person by mail that the way they sign in was changed, so that they notice when it was not them (OWASP ASVS 5, 6.3.7). */
export const CHANGES = {
  password: 'Your password was changed.',
  authenticator: 'Your authenticator app was changed.',
  'passkey-added': 'A passkey was added to your account.',
  'passkey-removed': 'A passkey was removed from your account.',
  'recovery-codes': 'New recovery codes were made for your account. The ones before no longer work.',
  'recovery-code-used': 'Somebody signed in to your account with a recovery code.',
  'link-made': 'An administrator made a link with which your account can be set up anew.',
  'token-made': 'A token was made with which a program acts as you. If it was not you, revoke it under Your account, Tokens.',
  'set-up': 'Your account was set up anew from a one-time link.',
  guessing: 'Somebody entered your right password, and then wrong codes, several times. If it was not you, change your password.',
} as const

export type SignInChange = keyof typeof CHANGES

export const TELL_SIGN_IN_CHANGED = {
  name: 'directory.tell-sign-in-changed',
  payload: z.object({ personId: z.string(), change: z.enum(Object.keys(CHANGES) as [SignInChange, ...SignInChange[]]) }),
}

/** Clears away what no longer counts. It has no content of its own. */
export const TIDY_SIGN_IN = { name: 'directory.tidy-sign-in', payload: z.object({}) }

/** The purpose under which one-click links of the sample are signed. */
export const SAMPLE_PURPOSE = 'sample-sign-in'

/** An e-mail address as accounts are known by: compared without regard to case. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase()
}
