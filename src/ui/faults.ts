/** The kinds of thing that go wrong, one for each error of `kernel/errors.ts`. */
export type FaultKind = 'not-found' | 'forbidden' | 'sign-in-needed' | 'invalid' | 'conflict' | 'too-many' | 'unavailable' | 'broken'

/** What `errors/error.njk` shows: what happened, what is safe, what to do next. */
export interface Fault {
  readonly title: string
  readonly happened: string
  /** The sentence of the error itself, where it may be shown. */
  readonly message: string | null
  readonly safe: string
  readonly next: readonly string[]
  readonly action: { readonly label: string; readonly href: string } | null
}

const KEPT = 'Nothing you typed is lost. If you were filling in a form, what you typed is kept in this browser and comes back when you open the form again.'
const UNCHANGED = 'Nothing was changed.'

const FAULTS: Readonly<Record<FaultKind, Omit<Fault, 'message'>>> = {
  'not-found': {
    title: 'Page not found',
    happened: 'There is nothing at this address, or it is not among what you may see.',
    safe: UNCHANGED,
    next: ['If you typed the address, check it.', 'If you followed a link, search for the number or the name instead.', 'If you act for several organisations, switch to the one it belongs to.'],
    action: { label: 'Go to your home page', href: '/' },
  },
  forbidden: {
    title: 'You may not do this',
    happened: 'You are signed in, but your role does not let you do this.',
    safe: UNCHANGED,
    next: ['If you have another role, switch to it and try again.', 'If you need this for your work, ask whoever manages people at your organisation.'],
    action: { label: 'Go to your home page', href: '/' },
  },
  'sign-in-needed': {
    title: 'Sign in to carry on',
    happened: 'You are not signed in, or your session has run out.',
    safe: KEPT,
    next: ['Sign in. You will come back to where you were.'],
    action: { label: 'Sign in', href: '/sign-in' },
  },
  invalid: {
    title: 'This could not be taken as it is',
    happened: 'Something in what was sent is missing or not as it should be.',
    safe: `${UNCHANGED} ${KEPT}`,
    next: ['Go back, put it right, and send it again.'],
    action: null,
  },
  conflict: {
    title: 'Things have moved on',
    happened: 'This no longer fits the state that it is in. Someone may have been here before you.',
    safe: `${UNCHANGED} ${KEPT}`,
    next: ['Go back and reload the page to see how things stand.', 'Then decide whether it still needs doing.'],
    action: null,
  },
  'too-many': {
    title: 'Too many tries',
    happened: 'There were too many tries in a short time, so this has been paused.',
    safe: KEPT,
    next: ['Wait a minute, then try again.', 'If this is urgent, telephone.'],
    action: null,
  },
  unavailable: {
    title: 'This cannot be reached just now',
    happened: 'Something that this page needs does not answer.',
    safe: KEPT,
    next: ['Try again in a few minutes.', 'If this is urgent, telephone.'],
    action: null,
  },
  broken: {
    title: 'Sorry, something is wrong at our end',
    happened: 'The fault is ours, and it has been recorded.',
    safe: `What was saved before is safe. ${KEPT}`,
    next: ['Try again in a few minutes.', 'If it happens again, tell us the reference below.', 'If this is urgent, telephone.'],
    action: { label: 'Go to your home page', href: '/' },
  },
}

/** The `fault` for `errors/error.njk`. A fault of ours never shows its message. `backTo` is where signing in leads back to. */
export function faultPage(kind: FaultKind, message: string | null, backTo?: string): Fault {
  const fault = FAULTS[kind]
  const action = kind === 'sign-in-needed' && backTo !== undefined ? { label: 'Sign in', href: `/sign-in?next=${encodeURIComponent(backTo)}` } : fault.action
  return { ...fault, action, message: kind === 'broken' ? null : message }
}
