import type { Id } from '../../../kernel/id.ts'
import type { Instant, LocalDate } from '../../../kernel/instant.ts'
import type { Lifecycle } from '../../../kernel/lifecycle.ts'

/**
 * The plan of an organisation: what it said it would do, by when, and whether it helped. It is an agreement and no to-do list; and it follows DAO 02/20
 * (HM Treasury, 12 June 2020): a realistic date, and the moment that it slips, why and until when.
 *
 * Invariants. 1 to 4 are kept by the database itself (migration 0043), and a test tries to break each.
 * 1. The original date of an action never changes. An action without one says why, and may be given its first.
 * 2. A later date stands beside the original, with its reason, in a row that is only added. An action moves to no date of which there is no such row.
 * 3. What happened, each re-test and each signature is only added; of a signature only that it was voided is written, once.
 * 4. What an action came from never changes, and the same thing stands in a plan once while it is to be done.
 * 5. On time is true to the original date: an action that was done by a later date was late, and so was one that was cancelled after it. What was cancelled and is
 *    opened again keeps its original date.
 * 6. A risk is accepted until a day. After it the action is to be done again, with as long as it had; taken up before it has the date that it had.
 * 7. A signature is of the exact content. A change of that content voids it for good, also one at the same moment; progress, a slip and the money's state are no change of it.
 */
export const ACTION_STATES = ['planned', 'in-progress', 'done', 're-tested', 'accepted-risk', 'cancelled'] as const
export type ActionState = (typeof ACTION_STATES)[number]

export function isActionState(text: string): text is ActionState {
  return (ACTION_STATES as readonly string[]).includes(text)
}

const STATE_TAGS = {
  planned: { text: 'Planned', colour: 'grey' },
  'in-progress': { text: 'In progress', colour: 'yellow' },
  done: { text: 'Done, to be re-tested', colour: 'blue' },
  're-tested': { text: 'Re-tested', colour: 'green' },
  'accepted-risk': { text: 'Risk accepted', colour: 'purple' },
  cancelled: { text: 'Cancelled', colour: 'white' },
} as const satisfies Readonly<Record<ActionState, object>>

export function stateTag(state: string) {
  return isActionState(state) ? STATE_TAGS[state] : { text: state, colour: 'grey' as const }
}

export type ActionVerb = 'start' | 'finish' | 'retest' | 'accept' | 'resume' | 'cancel' | 'reopen'

const change = 'assure.plan.change'
const report = 'assure.plan.report'

const cancel = {
  next: 'cancelled',
  permission: change,
  label: 'Cancel it',
  banner: 'Cancelled. It stays in the plan, with its reason.',
  reason: 'required',
} as const
const accept = {
  next: 'accepted-risk',
  permission: change,
  label: 'Accept the risk for a time',
  banner: 'The risk is accepted until that day. The action comes back then.',
  reason: 'required',
  needs: 'a day on which the acceptance ends, at most a year ahead',
} as const
const finish = {
  next: 'done',
  permission: report,
  label: 'It is done',
  banner: 'Done. Re-test it, to know whether it worked.',
  reason: 'none',
  needs: 'evidence, or a note of what was done',
} as const
/** The old one stays as it is: what was closed is never opened, but followed by a new one that links to it. */
const reopen = { permission: change, label: 'Open it again', banner: 'A new action follows it, with a date of its own.', reason: 'required' } as const

/** What may be done with an action. */
export const ACTION_LIFECYCLE: Lifecycle<ActionState, ActionVerb> = {
  planned: {
    start: { next: 'in-progress', permission: report, label: 'Start it', banner: 'Started.', reason: 'none' },
    finish,
    accept,
    cancel,
  },
  'in-progress': { finish, accept, cancel },
  done: {
    retest: {
      next: 're-tested',
      permission: change,
      label: 'Re-test it',
      banner: 'The re-test is recorded.',
      reason: 'none',
      needs: 'whether it worked, who tested it, and how',
    },
    reopen: { ...reopen, next: 'done' },
  },
  're-tested': { reopen: { ...reopen, next: 're-tested' } },
  'accepted-risk': {
    resume: { next: 'planned', permission: change, label: 'Take it up again', banner: 'It is to be done again.', reason: 'none' },
    accept: { ...accept, label: 'Accept the risk for longer' },
    cancel,
  },
  cancelled: { reopen: { ...reopen, next: 'cancelled' } },
}

/** Still to be done: its date counts. */
const OPEN_STATES = ['planned', 'in-progress'] as const satisfies readonly ActionState[]

/** In these the same source stands in a plan once: as the index of migration 0043 has it. */
export const STANDING_STATES = [...OPEN_STATES, 'done', 'accepted-risk'] as const satisfies readonly ActionState[]

export function isOpen(state: string): boolean {
  return state === 'planned' || state === 'in-progress'
}

/** For at most how many days a risk is accepted at a time. */
export const LONGEST_ACCEPTANCE_DAYS = 366

export const SOURCES = {
  improvement: 'From an investment case',
  finding: 'From a finding of the assessor',
  bulletin: 'From a bulletin that waits for money',
  reopened: 'Opened again',
  hand: 'Entered by hand',
} as const

export type SourceKind = keyof typeof SOURCES

export const RETEST_OUTCOMES = {
  worked: { label: 'It worked', colour: 'green' },
  partly: { label: 'It worked in part', colour: 'yellow' },
  'did-not-work': { label: 'It did not work', colour: 'red' },
} as const

export type RetestOutcome = keyof typeof RETEST_OUTCOMES

/** What an action is expected to save, as the investment case has it. Never added up: each figure is true only beside the others of its case. */
export interface Predicted {
  /** Pence a year. */
  readonly savedPence: { readonly low: number; readonly likely: number; readonly high: number }
  readonly clinicDays: number | null
}

/** An action as it is added. Money in pence. */
export interface NewAction {
  readonly title: string
  readonly text: string
  readonly source: { readonly kind: SourceKind; readonly id: string | null; readonly label?: string; readonly caseId?: string | null }
  readonly ownerId: string | null
  /** The date that never changes; or `null`, and `noDateReason` says why. */
  readonly dueOn: LocalDate | null
  readonly noDateReason: string | null
  readonly funding: string
  readonly capitalPence: number
  readonly yearlyPence: number
  readonly peopleDays: number
  readonly predicted: Predicted | null
}

/** An action to add: what is left out is not known yet. Money in pence. */
export type ActionToAdd = Pick<NewAction, 'title' | 'source'> & Partial<Omit<NewAction, 'title' | 'source'>>

export interface AddedActions {
  readonly ids: readonly Id<'action'>[]
  /** So many stood in the plan before, from the same source, and are to be done: they were left as they are. */
  readonly already: number
}

/** Why the actions of an investment case come without a date. */
export const CHOSEN_UNDATED = 'Chosen in an investment case; its date is still to be set'

export interface FundingStatus {
  readonly code: string
  readonly label: string
  readonly says: string
  readonly money: 'missing' | 'granted' | 'none'
}

/** What the plan is signed as. */
export type Party = 'organisation' | 'board' | 'assessor'

export const PARTIES: Readonly<Record<Party, string>> = { organisation: 'The organisation', board: 'Its board', assessor: 'The assessor' }

export interface Signature {
  readonly id: string
  readonly party: Party
  readonly hash: string
  readonly words: string
  readonly at: Instant
  readonly signerId: string
  readonly signerName: string
  readonly voidedAt: Instant | null
}

/** Whether the plan is agreed: the organisation, and beside it its board or an assessor, have signed what it says at this moment. Two people, never one. */
export function isAgreed(signatures: readonly Signature[], hash: string): boolean {
  const standing = signatures.filter(signature => signature.voidedAt === null && signature.hash === hash)
  return standing.some(
    ours => ours.party === 'organisation' && standing.some(theirs => theirs.party !== 'organisation' && theirs.signerId !== ours.signerId),
  )
}
