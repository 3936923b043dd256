/** What became of a bulletin, as everybody is told. */
export const PUBLIC_STATES = ['live', 'withdrawn', 'superseded'] as const
export type PublicState = (typeof PUBLIC_STATES)[number]

const WORDS: Readonly<Record<PublicState, string>> = { live: 'Live', withdrawn: 'Withdrawn', superseded: 'Replaced' }

export function publicStateLabel(state: PublicState): string {
  return WORDS[state]
}

/** Where the bulletins for everybody stand. */
export const PUBLIC_PATH = '/public'
