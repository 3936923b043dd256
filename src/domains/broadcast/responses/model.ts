import { addDays, londonDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'

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

/** A time at which something is taken out of use so that the work can be done, as the organisation proposes it. */
export interface MaintenanceWindow {
  readonly from: Instant
  readonly to: Instant
  readonly stops: string
  readonly agreedBy: string | null
}

/** An answer, checked. What is left out is not said. */
export interface Answer {
  readonly state: ResponseState
  readonly note: string | null
  /** The words beside the code of a decision not to act. */
  readonly reason: string | null
  readonly nextDate: LocalDate | null
  /** A code of the policy rows; words without one are "another reason". */
  readonly reasonCode?: string | null | undefined
  /** When a decision not to act is looked at again; without one, after as many days as the policy names. */
  readonly reviewOn?: LocalDate | null | undefined
  /** Whether the centre may read the detail; `null` as the organisation has chosen for all of its answers. */
  readonly isShared?: boolean | null | undefined
  readonly owner?: string | null | undefined
  readonly evidence?: string | null | undefined
  readonly evidenceSha256?: string | null | undefined
  readonly window?: MaintenanceWindow | null | undefined
}

/** One answer as it was given. */
export interface GivenAnswer {
  readonly state: ResponseState
  readonly at: Instant
  /** `null` when the reader may not know the name. */
  readonly by: string | null
  readonly via: string
  readonly note: string | null
  /** The words beside the reason's code. */
  readonly reason: string | null
  /** The name of the reason chosen. */
  readonly reasonLabel: string | null
  readonly reasonCode: string | null
  readonly nextDate: string | null
  readonly reviewOn: string | null
  /** Whether the centre may read more than the state, the dates and the reason chosen. */
  readonly isShared: boolean
  readonly owner: string | null
  readonly evidence: string | null
  readonly evidenceSha256: string | null
  readonly window: MaintenanceWindow | null
  readonly id: string
}

/** A reason for not acting, as the policy has it on a day. */
export interface Reason {
  readonly code: string
  readonly label: string
  readonly says: string
  readonly needsWords: boolean
  readonly reviewDays: number
}

/** The reason that stands for words without a code. */
export const OTHER_REASON = 'other'

/** Days ahead that are offered as one tap for the next date. The first is what the sector's own service sets by itself (domain facts §1.4). */
const NEXT_DATE_CHOICES = [3, 7, 14, 28] as const

export function nextDateChoices(now: Instant): readonly LocalDate[] {
  return NEXT_DATE_CHOICES.map(days => londonDate(addDays(now, days)))
}

/** The next date of an answer that names none, where nobody is there to be asked: a machine, or a row of a file. */
export function defaultNextDate(now: Instant): LocalDate {
  return londonDate(addDays(now, NEXT_DATE_CHOICES[0]))
}

/** How an answer came in. */
export type Via = 'link' | 'portal' | 'partner' | 'command' | 'sample' | 'file' | 'machine' | 'telephone'

const VIA_WORDS: Readonly<Record<Via, string>> = {
  link: 'from the link',
  portal: 'signed in',
  partner: 'as its partner',
  command: 'by command',
  sample: 'sample',
  file: 'from a file',
  machine: 'by machine',
  telephone: 'on the telephone',
}

/** How an answer came in, in words. */
export function viaWords(via: string): string {
  return Object.hasOwn(VIA_WORDS, via) ? VIA_WORDS[via as Via] : via
}

/** The hidden field of an answer's form that says how far whoever fills it in has seen (seen.ts). */
export function seenField({ responseAt }: { readonly responseAt: Instant | null }): { readonly seen: string } {
  return { seen: responseAt?.toISOString() ?? '' }
}

/** A recipient's place in the funnel, from its columns: the last stage that it reached, or why it stands at none. */
export function standing(recipient: { readonly response: string | null; readonly isReachable: boolean }): ResponseState | 'silent' | 'unreachable' {
  if (recipient.response !== null && isResponseState(recipient.response)) return recipient.response
  return recipient.isReachable ? 'silent' : 'unreachable'
}
