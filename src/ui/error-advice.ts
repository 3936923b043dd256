/** What `errors/error.njk` adds to the error's own words: what is safe, and what to do next. */
export interface ErrorAdvice {
  readonly safe: string
  readonly next: readonly string[]
  readonly action: { readonly label: string; readonly href: string } | null
}

const KEPT = 'Your browser keeps what you type in a form: it comes back when you open the form again.'
const UNCHANGED = 'Nothing was changed.'
const HOME = { label: 'Go to your home page', href: '/' }

const ADVICE: Readonly<Record<number, ErrorAdvice>> = {
  400: { safe: `${UNCHANGED} ${KEPT}`, next: ['Go back, put it right, and send it again.'], action: null },
  401: { safe: KEPT, next: ['Sign in. You come back to where you were.'], action: { label: 'Sign in', href: '/sign-in' } },
  403: {
    safe: `${UNCHANGED} ${KEPT}`,
    next: [
      'If you have another role, switch to it and try again.',
      'If you need this for your work, ask whoever manages people at your organisation.',
    ],
    action: HOME,
  },
  404: {
    safe: UNCHANGED,
    next: [
      'If you typed the address, check it.',
      'If you followed a link, search for the number or the name instead.',
      'If you act for several organisations, switch to the one it belongs to.',
    ],
    action: HOME,
  },
  409: {
    safe: `${UNCHANGED} ${KEPT}`,
    next: ['Go back and reload the page to see how things stand.', 'Then decide whether it still needs doing.'],
    action: null,
  },
  413: { safe: `${UNCHANGED} ${KEPT}`, next: ['Send a smaller file, or split it into parts.'], action: null },
  429: { safe: KEPT, next: ['Wait a minute, then try again.', 'If this is urgent, telephone.'], action: null },
  503: { safe: `What was saved before is safe. ${KEPT}`, next: ['Try again in a few minutes.', 'If this is urgent, telephone.'], action: null },
}

const OURS: ErrorAdvice = {
  safe: `What was saved before is safe. ${KEPT}`,
  next: ['Try again in a few minutes.', 'If it happens again, tell us the reference below.', 'If this is urgent, telephone.'],
  action: HOME,
}

/** The advice for an HTTP status; one that is not in the table is given that of its hundred. */
export function errorAdvice(status: number): ErrorAdvice {
  return ADVICE[status] ?? (status >= 400 && status < 500 ? ADVICE[400] : undefined) ?? OURS
}
