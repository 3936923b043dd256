import { addHours, ZONE, type Instant } from '../../../../kernel/instant.ts'
import type { Tlp } from '../../../../kernel/tlp.ts'
import { fiveLines, type BulletinContent } from '../../bulletins/model.ts'
import { carriesContent } from '../../clearance.ts'

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

const dayAndTime = new Intl.DateTimeFormat('en-GB', { weekday: 'long', hour: '2-digit', minute: '2-digit', timeZone: ZONE })

/** What to say, in four sentences. What a call may not carry is not said to whoever picks up (clearance.ts). */
export function callScript(
  told: { readonly content: BulletinContent; readonly tlp: Tlp; readonly respondBy: Instant | null },
  number: string,
  caller: string,
  organisation: string,
): readonly string[] {
  const { what, doThis } = fiveLines(told.content)
  const stop = (sentence: string) => (/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`)
  const by = told.respondBy === null ? '' : `, by ${dayAndTime.format(told.respondBy)} if you can`
  const isOpen = carriesContent('call', told.tlp)
  return [
    `This is ${caller} from the cyber centre, for whoever looks after cyber security at ${organisation}: it is about our bulletin ${number}.`,
    isOpen ? stop(what) : 'I may not say on the telephone what it is about: please sign in and read it.',
    isOpen ? stop(`We ask you this: ${doThis}`) : 'It needs somebody who may read it today.',
    `May I note where you stand${by}? Choosing not to act is a complete answer too.`,
  ]
}
