import { addDays, londonDate, parseLocalDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'

/**
 * The answers that an organisation may give to a bulletin. Every one is a full answer, choosing not to act among them: acting is
 * a local choice. It may change its mind from any to any; every change is kept.
 *
 * `isDecided`: it has said what it will do, the question that the 48-hour duty asks (domain facts §1.4). `isDone`: it has done it.
 */
export const RESPONSE_STATES = {
  acknowledged: { label: 'Acknowledged', says: 'We have seen it', needs: 'nothing', isDecided: false, isDone: false },
  assessing: { label: 'Assessing', says: 'We are finding out whether it concerns us', needs: 'nothing', isDecided: false, isDone: false },
  'not-applicable': { label: 'Not applicable', says: 'It does not concern us', needs: 'nothing', isDecided: true, isDone: false },
  'in-progress': { label: 'In progress', says: 'We are acting', needs: 'date', isDecided: true, isDone: false },
  done: { label: 'Done', says: 'We have done what was needed', needs: 'nothing', isDecided: true, isDone: true },
  'not-acting': { label: 'We choose not to act', says: 'We choose not to act, because …', needs: 'reason', isDecided: true, isDone: false },
} as const satisfies Readonly<
  Record<string, { label: string; says: string; needs: 'nothing' | 'date' | 'reason'; isDecided: boolean; isDone: boolean }>
>

export type ResponseState = keyof typeof RESPONSE_STATES

/** In the order in which they are offered. */
export const RESPONSE_CHOICES = Object.keys(RESPONSE_STATES) as readonly ResponseState[]

export function isResponseState(text: string): text is ResponseState {
  return Object.hasOwn(RESPONSE_STATES, text)
}

export const LONGEST_NOTE = 2_000

/** The furthest that a next date may lie ahead: further is a plan without an end. */
const FURTHEST_DAYS = 366

/** An answer, checked. */
export interface Answer {
  readonly state: ResponseState
  readonly note: string | null
  readonly reason: string | null
  readonly nextDate: LocalDate | null
}

/** An answer as it came from a form or a command, unchecked. The date in one piece, or as its three parts. */
export type TypedAnswer = Readonly<Record<string, unknown>>

/** Reads an answer. The problems point at the fields `state`, `note`, `reason` and `nextDate`; what was typed stays with the caller. */
export function readAnswer(
  typed: TypedAnswer,
  now: Instant,
): { readonly ok: true; readonly answer: Answer } | { readonly ok: false; readonly problems: readonly Problem[] } {
  const state = textOf(typed, 'state')
  if (!isResponseState(state)) return { ok: false, problems: [problem('state', 'Choose an answer')] }
  const { needs } = RESPONSE_STATES[state]
  const note = textOf(typed, 'note')
  const reason = needs === 'reason' ? textOf(typed, 'reason') : ''
  const date = needs === 'date' ? readNextDate(typed, now) : null
  const problems = [
    ...(note.length > LONGEST_NOTE ? [problem('note', `Use ${LONGEST_NOTE} characters or fewer for the note`)] : []),
    ...(needs === 'reason' && reason === '' ? [problem('reason', 'Say why you choose not to act. One sentence is enough')] : []),
    ...(reason.length > LONGEST_NOTE ? [problem('reason', `Use ${LONGEST_NOTE} characters or fewer for the reason`)] : []),
    ...(typeof date === 'object' && date !== null ? [date] : []),
  ]
  if (problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    answer: { state, note: note === '' ? null : note, reason: reason === '' ? null : reason, nextDate: typeof date === 'string' ? date : null },
  }
}

/** Days ahead that are offered as one tap for the next date. The first is what the sector's own service sets by itself (domain facts §1.4). */
const NEXT_DATE_CHOICES = [3, 7, 14, 28] as const

export function nextDateChoices(now: Instant): readonly LocalDate[] {
  return NEXT_DATE_CHOICES.map(days => londonDate(addDays(now, days)))
}

function readNextDate(typed: TypedAnswer, now: Instant): LocalDate | Problem {
  const [day, month, year] = [textOf(typed, 'nextDate-day'), textOf(typed, 'nextDate-month'), textOf(typed, 'nextDate-year')]
  const parts = `${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const whole = textOf(typed, 'nextDate')
  if (whole === '' && day === '' && month === '' && year === '') return problem('nextDate', 'Give the date by which you will say more')
  const date = parseLocalDate(whole === '' ? parts : whole)
  if (date === undefined) return problem('nextDate', 'Enter a date that exists, such as 27 3 2027')
  if (date < londonDate(now)) return problem('nextDate', 'Enter a date that is today or later')
  if (date > londonDate(addDays(now, FURTHEST_DAYS))) return problem('nextDate', 'Enter a date within the next year')
  return date
}

function textOf(typed: TypedAnswer, name: string): string {
  const value = typed[name]
  return typeof value === 'string' ? cleanText(value).trim() : ''
}

function problem(pointer: string, message: string): Problem {
  return { rule: `broadcast.response.${pointer}`, pointer, severity: 'error', message }
}

/** How an answer came in. */
export type Via = 'link' | 'portal' | 'partner' | 'command' | 'sample'

const VIA_WORDS: Readonly<Record<Via, string>> = {
  link: 'from the link',
  portal: 'signed in',
  partner: 'as its partner',
  command: 'by command',
  sample: 'sample',
}

/** How an answer came in, in words. */
export function viaWords(via: string): string {
  return Object.hasOwn(VIA_WORDS, via) ? VIA_WORDS[via as Via] : via
}

/** A recipient's place in the funnel, from its columns: the last stage that it reached, or why it stands at none. */
export function standing(recipient: { readonly response: string | null; readonly isReachable: boolean }): ResponseState | 'silent' | 'unreachable' {
  if (recipient.response !== null && isResponseState(recipient.response)) return recipient.response
  return recipient.isReachable ? 'silent' : 'unreachable'
}
