import { z } from 'zod'
import type { LocalDate } from '../../../kernel/instant.ts'
import { actionsIn, type Lifecycle } from '../../../kernel/lifecycle.ts'

/** How many open organisations of one type run what a threat is about, and how many more may. */
export interface TypeReach {
  readonly type: string
  readonly runs: number
  readonly mayRun: number
}

export const THREAT_STATES = ['new', 'triaging', 'watching', 'drafting', 'dismissed', 'closed'] as const
export type ThreatState = (typeof THREAT_STATES)[number]

export const THREAT_ACTIONS = ['take-up', 'assign', 'watch', 'draft', 'dismiss', 'close', 'put-back', 'reopen'] as const
export type ThreatAction = (typeof THREAT_ACTIONS)[number]

const permission = 'watch.threat.triage'
const takeUp = { next: 'triaging', permission, label: 'Take up', banner: 'You have taken up this threat.', reason: 'none' } as const
const assign = {
  next: 'triaging',
  permission,
  label: 'Give to a colleague',
  banner: 'The threat has another holder.',
  reason: 'optional',
  needs: 'somebody who may triage threats',
} as const
const watch = {
  next: 'watching',
  permission,
  label: 'Watch until a day',
  banner: 'The threat is watched. It comes back to the top of the queue on that day, or when what to do changes.',
  reason: 'optional',
  needs: 'a day to look again, from tomorrow on',
} as const
const draft = {
  next: 'drafting',
  permission,
  label: 'Draft a bulletin',
  banner: 'A bulletin is being drafted.',
  reason: 'none',
  needs: 'a bulletin drafted from it',
} as const
const dismiss = {
  next: 'dismissed',
  permission,
  label: 'Dismiss',
  banner: 'The threat is dismissed. It can be opened again.',
  reason: 'required',
} as const
const close = { next: 'closed', permission, label: 'Close', banner: 'The threat is closed. It can be opened again.', reason: 'optional' } as const
const putBack = { next: 'new', permission, label: 'Put back', banner: 'Nobody has the threat. It is new in the queue.', reason: 'optional' } as const
const reopen = { next: 'new', permission, label: 'Open again', banner: 'The threat is in the queue again.', reason: 'optional' } as const

/** What may be done with a threat. Nothing is final: news about a dismissed threat may make it matter. */
export const THREAT_LIFECYCLE: Lifecycle<ThreatState, ThreatAction> = {
  new: { 'take-up': takeUp, assign, watch, draft, dismiss },
  triaging: { 'take-up': { ...takeUp, label: 'Take over' }, assign, watch, draft, dismiss, close, 'put-back': putBack },
  watching: {
    'take-up': { ...takeUp, label: 'Take up again' },
    assign: { ...assign, next: 'watching' },
    watch: { ...watch, label: 'Watch until another day' },
    draft,
    dismiss,
    close,
    'put-back': putBack,
  },
  drafting: {
    'take-up': { ...takeUp, next: 'drafting', label: 'Take over' },
    assign: { ...assign, next: 'drafting' },
    watch,
    dismiss,
    close,
    'put-back': putBack,
  },
  dismissed: { reopen },
  closed: { reopen },
}

export const STATE_WORDS: Readonly<Record<ThreatState, string>> = {
  new: 'New',
  triaging: 'Triaging',
  watching: 'Watching',
  drafting: 'Drafting',
  dismissed: 'Dismissed',
  closed: 'Closed',
}

/** After how many days a watched threat is looked at again, unless its watcher says otherwise. */
export const WATCH_DAYS = 7

/** Whether somebody has it and has decided nothing yet that puts it away. */
export function isHeld(state: ThreatState): boolean {
  return state === 'triaging' || state === 'watching' || state === 'drafting'
}

/** Whether the day has come on which a watched threat is looked at again. */
export function isDue(threat: { readonly state: ThreatState; readonly lookAgainOn: string | null }, today: LocalDate): boolean {
  return threat.state === 'watching' && threat.lookAgainOn !== null && threat.lookAgainOn <= today
}

export function isThreatState(text: string): text is ThreatState {
  return THREAT_STATES.some(state => state === text)
}

export function isThreatAction(text: string): text is ThreatAction {
  return THREAT_ACTIONS.some(action => action === text)
}

/** The actions offered in a state, each with what its button says and whether it asks why. */
export function offeredActions(state: ThreatState) {
  return actionsIn(THREAT_LIFECYCLE, state).flatMap(action => {
    const found = THREAT_LIFECYCLE[state][action]
    return found === undefined ? [] : [{ action, ...found }]
  })
}

/** Counts anew how many organisations run what each threat is about. */
export const recountAll = { name: 'watch.recount', payload: z.object({}), atMostOneWaiting: true }

/** Looks whether the matches are of the rules that stand. */
export const lookAtMatching = { name: 'watch.look-at-matching', payload: z.object({}), atMostOneWaiting: true }

/** Reads again what kept items say, part by part: `after` is the last item of the part before. */
export const readItemsAgain = { name: 'watch.read-items-again', payload: z.strictObject({ after: z.nullable(z.string()) }), atMostOneWaiting: true }
