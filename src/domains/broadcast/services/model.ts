import type { Instant } from '../../../kernel/instant.ts'
import { bulletinNumber } from '../bulletins/model.ts'

/**
 * What the centre says of a national service on a bad day. In May 2017 organisations cut themselves off from services that were
 * safe, because nobody said so: a statement per service, with its time and who said it, stands on one page that anyone may open.
 *
 * Invariants:
 * 1. Statements are only added. The newest that is no exercise stands; what was said before stays to be read.
 * 2. A service of which nothing was said is "not known", and comes before those that are safe.
 * 3. What is said within an exercise is seen on that exercise's bulletin, and nowhere else.
 */
export const SERVICE_STATES = {
  'do-not-use': { label: 'Do not use for now', does: 'Nobody should use it until the centre says so' },
  'take-care': { label: 'Use with care', does: 'It may be used in the way that the words say' },
  'not-known': { label: 'Not known yet', does: 'The centre is finding out' },
  'stay-connected': { label: 'Safe to use: do not disconnect', does: 'Cutting it off would do more harm than leaving it on' },
  safe: { label: 'Safe to use', does: 'Nothing is known that speaks against it' },
} as const satisfies Readonly<Record<string, { label: string; does: string }>>

export type ServiceState = keyof typeof SERVICE_STATES

/** In the order in which they are shown: what needs attention first. */
export const SERVICE_STATE_ORDER = Object.keys(SERVICE_STATES) as readonly ServiceState[]

export function isServiceState(text: string): text is ServiceState {
  return Object.hasOwn(SERVICE_STATES, text)
}

/** How long the words of a statement may be: two or three sentences that fit a telephone. */
export const LONGEST_WORDS = 600

/** By when the centre promises to say more. */
export const MORE_BY_HOURS = [1, 4, 12, 24] as const

/** Whether more was promised by a time that is over, and has not been said. */
function isOverdue(moreBy: Instant | null, now: Instant): boolean {
  return moreBy !== null && moreBy < now
}

/** The code of a service from its name: lower case, words joined by hyphens, as it stands in addresses. */
export function serviceCode(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '')
}

/** What was said of a service, by whom and when. */
export interface ServiceStatement {
  readonly code: string
  readonly name: string
  readonly state: ServiceState
  readonly words: string
  readonly moreBy: Instant | null
  readonly at: Instant
  /** A person's name for those who may know it; otherwise the role. */
  readonly by: string
  /** The bulletin that it belongs to, where the reader may see that. */
  readonly bulletin: number | null
}

/** Where everybody reads it. */
export const STANDING_PAGE = '/safe-to-use'

const COLOURS = {
  'do-not-use': 'red',
  'take-care': 'orange',
  'not-known': 'grey',
  'stay-connected': 'green',
  safe: 'green',
} as const satisfies Readonly<Record<ServiceState, string>>

/** Its word in a coloured box: the word carries the meaning. */
export function serviceTag(state: ServiceState) {
  return { text: SERVICE_STATES[state].label, colour: COLOURS[state] }
}

/** A statement as every page shows it. */
export function statementLine({ state, words, at, by, moreBy, bulletin, name, code }: ServiceStatement, now: Instant) {
  return {
    name,
    href: `${STANDING_PAGE}/${code}`,
    tag: serviceTag(state),
    words,
    at,
    by,
    moreBy,
    isOverdue: isOverdue(moreBy, now),
    bulletin: bulletin === null ? null : bulletinNumber(bulletin),
  }
}
