import { z } from 'zod'
import { actionsIn, type Lifecycle } from '../../../kernel/lifecycle.ts'

/** How many open organisations of one type run what a threat is about, and how many more may. */
export interface TypeReach {
  readonly type: string
  readonly runs: number
  readonly mayRun: number
}

export const THREAT_STATES = ['new', 'in-hand', 'dismissed', 'closed'] as const
export type ThreatState = (typeof THREAT_STATES)[number]

export const THREAT_ACTIONS = ['take-up', 'dismiss', 'close', 'reopen'] as const
export type ThreatAction = (typeof THREAT_ACTIONS)[number]

const permission = 'watch.threat.triage'
const takeUp = { next: 'in-hand', permission, label: 'Take up', banner: 'You have taken up this threat.', reason: 'none' } as const
const dismiss = {
  next: 'dismissed',
  permission,
  label: 'Dismiss',
  banner: 'The threat is dismissed. It can be opened again.',
  reason: 'required',
} as const
const close = { next: 'closed', permission, label: 'Close', banner: 'The threat is closed. It can be opened again.', reason: 'optional' } as const
const reopen = { next: 'new', permission, label: 'Open again', banner: 'The threat is in the queue again.', reason: 'optional' } as const

/** What may be done with a threat. Nothing is final: news about a dismissed threat may make it matter. */
export const THREAT_LIFECYCLE: Lifecycle<ThreatState, ThreatAction> = {
  new: { 'take-up': takeUp, dismiss },
  'in-hand': { 'take-up': { ...takeUp, label: 'Take over' }, close, dismiss },
  dismissed: { reopen },
  closed: { reopen },
}

export const STATE_WORDS: Readonly<Record<ThreatState, string>> = { new: 'New', 'in-hand': 'In hand', dismissed: 'Dismissed', closed: 'Closed' }

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
