import { addHours, type Instant } from '../../../../kernel/instant.ts'

/**
 * The telephone list of a bulletin: whom to ring, one organisation at a time, the most at risk first.
 *
 * Invariants:
 * 1. Who has answered is not on it; what comes in while a caller dials takes the organisation off.
 * 2. One organisation is with one caller: the hold runs out by itself, so that nobody who went home keeps it.
 * 3. An answer given on the telephone is the organisation's own: it is recorded with who said it, and with who wrote it down.
 * 4. Nobody is rung for an exercise.
 */
export const CALL_OUTCOMES = {
  answered: { label: 'They gave their answer', callAgainHours: null, reached: true },
  'will-answer': { label: 'They will answer themselves', callAgainHours: 12, reached: true },
  'message-left': { label: 'A message was left', callAgainHours: 4, reached: false },
  'no-reply': { label: 'Nobody picked up', callAgainHours: 1, reached: false },
  'wrong-number': { label: 'The number is wrong', callAgainHours: 0, reached: false },
  declined: { label: 'They do not want to be rung about it', callAgainHours: null, reached: true },
} as const satisfies Readonly<Record<string, { label: string; callAgainHours: number | null; reached: boolean }>>

export type CallOutcome = keyof typeof CALL_OUTCOMES

export const CALL_OUTCOME_CHOICES = Object.keys(CALL_OUTCOMES) as readonly CallOutcome[]

export function isCallOutcome(text: string): text is CallOutcome {
  return Object.hasOwn(CALL_OUTCOMES, text)
}

/** When it is rung again after that outcome: in the hours of the table, or those that the caller chose. `null` for not again. */
export function callAgainAt(outcome: CallOutcome, chosenHours: number | null, now: Instant): Instant | null {
  const { callAgainHours } = CALL_OUTCOMES[outcome]
  return callAgainHours === null ? null : addHours(now, chosenHours ?? callAgainHours)
}

/** How long an organisation stays with a caller. */
export const HOLD_MINUTES = 20
