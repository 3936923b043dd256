import { NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { transition, type Lifecycle, type Transition } from '../../../kernel/lifecycle.ts'

/**
 * An organisation's review of itself against a framework, for a year and a subject.
 *
 * 1. There is one for a framework, a period and a subject; one that was withdrawn does not count.
 * 2. What the organisation answers (the self view) changes only while the review is open.
 * 3. An answer counts when it says yes or no, or not applicable with the reason, and was not merely carried over from last year.
 * 4. A contributor sees and answers only the outcomes given to them.
 */
export const ASSESSMENT_STATES = ['open', 'with-assessor', 'agreeing', 'agreed', 'closed', 'withdrawn'] as const
export type AssessmentState = (typeof ASSESSMENT_STATES)[number]

export type AssessmentAction = 'give-to-assessor' | 'take-back' | 'hand-over' | 'agree' | 'void' | 'close' | 'reopen' | 'withdraw'

const OPEN_BY = 'assure.assessment.open'
const TAKE_BACK: Transition<AssessmentState> = {
  next: 'open',
  permission: 'assure.engagement.ask',
  label: 'Take back from the assessor',
  banner: 'The review is open again. Your own answers can be changed.',
  reason: 'none',
}
const WITHDRAW: Transition<AssessmentState> = {
  next: 'withdrawn',
  permission: OPEN_BY,
  label: 'Withdraw the review',
  banner: 'The review is withdrawn. Its answers are kept, and count for nothing.',
  reason: 'required',
}

export const ASSESSMENT_LIFECYCLE: Lifecycle<AssessmentState, AssessmentAction> = {
  open: {
    'give-to-assessor': {
      next: 'with-assessor',
      permission: 'assure.engagement.ask',
      label: 'Give to the assessor',
      banner: 'The assessor can begin. Your own answers stay as they are until then.',
      reason: 'none',
      needs: 'an assessor is engaged and has declared independence',
    },
    close: {
      next: 'closed',
      permission: OPEN_BY,
      label: 'Close without an assessor',
      banner: 'The review is closed. Next year it can be carried forward.',
      reason: 'none',
    },
    withdraw: WITHDRAW,
  },
  'with-assessor': {
    'hand-over': {
      next: 'agreeing',
      permission: 'assure.review.assess',
      label: 'Hand over to the organisation',
      banner: 'The organisation can read your view.',
      reason: 'none',
      needs: 'a view of every outcome is recorded, and each difference explained',
    },
    'take-back': TAKE_BACK,
    withdraw: WITHDRAW,
  },
  agreeing: {
    agree: {
      next: 'agreed',
      permission: 'assure.agreement.sign',
      label: 'Agree',
      banner: 'Both have signed.',
      reason: 'none',
      needs: 'both sides signed the same content',
    },
    'take-back': TAKE_BACK,
    withdraw: WITHDRAW,
  },
  agreed: {
    void: {
      next: 'agreeing',
      permission: 'assure.agreement.sign',
      label: 'Change what was agreed',
      banner: 'The agreement is void until both sign again.',
      reason: 'required',
    },
    close: {
      next: 'closed',
      permission: OPEN_BY,
      label: 'Close',
      banner: 'The review is closed. Next year it can be carried forward.',
      reason: 'none',
    },
  },
  closed: {
    reopen: {
      next: 'open',
      permission: OPEN_BY,
      label: 'Open again',
      banner: 'The review is open again.',
      reason: 'required',
      needs: 'it was never agreed',
    },
  },
  withdrawn: {},
}

const STATE_LABELS: Readonly<Record<AssessmentState, string>> = {
  open: 'Open',
  'with-assessor': 'With the assessor',
  agreeing: 'Being agreed',
  agreed: 'Agreed',
  closed: 'Closed',
  withdrawn: 'Withdrawn',
}

export function stateLabel(state: AssessmentState): string {
  return STATE_LABELS[state]
}

export function isAssessmentState(text: string): text is AssessmentState {
  return ASSESSMENT_STATES.some(state => state === text)
}

/** The transition, or `Conflict` with a sentence that says what can be done instead. */
export function assessmentTransition(state: AssessmentState, action: AssessmentAction): Transition<AssessmentState> {
  return transition(ASSESSMENT_LIFECYCLE, 'review', state, action)
}

/** By whom something is said: the organisation, the assessor, a second assessor for moderation, or both sides together. */
export type View = 'self' | 'independent' | 'second' | 'agreed'
/** What became of an answer that came from last year's review. `new`: last year's framework did not ask it. */
export type Carried = 'unconfirmed' | 'confirmed' | 'changed' | 'new'

export type Answer = 'yes' | 'no' | 'not-applicable'

export interface Assessment {
  readonly id: Id<'assessment'>
  readonly organisationId: Id<'organisation'>
  readonly frameworkId: Id<'framework'>
  readonly frameworkCode: string
  readonly frameworkVersion: string
  readonly frameworkName: string
  readonly profileId: Id<'profile'> | null
  readonly profileName: string | null
  /** Such as `2026-27`. */
  readonly period: string
  readonly subject: string
  readonly state: AssessmentState
  readonly carriedFrom: Id<'assessment'> | null
  readonly openedAt: Instant
  readonly changedAt: Instant
  readonly closedAt: Instant | null
}

/** Reads `2026-27` or `2026`. Gives `undefined` for anything else, such as a year and one that does not follow it. */
export function parsePeriod(text: string): string | undefined {
  const [, year = '', next] = /^(20\d{2})(?:[-/](\d{2}))?$/.exec(text.trim()) ?? []
  if (year === '') return undefined
  if (next === undefined) return year
  return (Number(year) + 1) % 100 === Number(next) ? `${year}-${next}` : undefined
}

/** The year in which that day lies, from April to March, as `2026-27`. */
export function periodOf(day: string): string {
  const year = Number(day.slice(0, 4)) - (day.slice(5, 7) < '04' ? 1 : 0)
  return `${year}-${String((year + 1) % 100).padStart(2, '0')}`
}

/** The subject of a review of all that an organisation does. */
export const WHOLE_ORGANISATION = 'Whole organisation'

/** Whether somebody sees only the outcomes that were given to them. */
export function seesOnlyGiven({ role }: { readonly role: string | null }): boolean {
  return role === 'contributor'
}

/** What lies outside what the actor may see, and what does not exist, look the same. */
export function noSuchAssessment(): NotFound {
  return new NotFound('assure.assessment.unknown', 'There is no such review, or it is not yours. Look at your own reviews.')
}

export const ANSWERS = ['yes', 'no', 'not-applicable'] as const satisfies readonly Answer[]

export interface GivenAnswer {
  readonly answer: Answer | null
  readonly comment: string
  readonly alternative: string
}

/** Why an answer does not count yet; `null` when it does. */
export function whyNotCounted(given: GivenAnswer & { readonly carried: Carried | null }): 'unanswered' | 'unconfirmed' | 'no-reason' | null {
  if (given.answer === null) return 'unanswered'
  if (given.carried === 'unconfirmed') return 'unconfirmed'
  return given.answer === 'not-applicable' && given.comment.trim() === '' ? 'no-reason' : null
}

export interface AssessmentRow extends Assessment {
  readonly outcomes: number
  readonly complete: number
  /** When somebody last answered something. */
  readonly answeredAt: Instant | null
}

export interface AssessmentsFilter {
  readonly search: string
  readonly state: AssessmentState | '' | 'all'
}

export const ASSESSMENT_SORTS = ['-period', 'period', '-opened', 'opened'] as const
export type AssessmentSort = (typeof ASSESSMENT_SORTS)[number]

/** A framework that a review can be opened of. */
export interface FrameworkChoice {
  readonly id: Id<'framework'>
  readonly code: string
  readonly version: string
  readonly name: string
  readonly description: string
  readonly subject: 'organisation' | 'service'
  readonly indicators: number
}

export interface ProfileChoice {
  readonly id: Id<'profile'>
  readonly frameworkId: string
  readonly name: string
  readonly period: string | null
}

/** Kinds of organisation for which a short framework comes first. */
const SMALL_TYPES = new Set(['practice', 'pharmacy', 'care-home', 'dentist', 'optician'])

/** The choices in the order in which they are offered: to a small body its short framework first. */
export function inOfferedOrder(choices: readonly FrameworkChoice[], organisationType: string): readonly FrameworkChoice[] {
  const isShort = ({ code }: FrameworkChoice) => code === 'care-first-steps'
  if (!SMALL_TYPES.has(organisationType)) return [...choices.filter(one => !isShort(one)), ...choices.filter(isShort)]
  return [...choices.filter(isShort), ...choices.filter(one => !isShort(one))]
}
