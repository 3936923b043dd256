import type { PublishedBulletin } from '../domains/broadcast/contract.ts'
import type { Instant } from '../kernel/instant.ts'

/** The newest change of a bulletin that matters to its readers: its end always does. */
export function lastMaterialChange({
  state,
  history,
  releasedAt,
  changedAt,
}: Pick<PublishedBulletin, 'state' | 'history' | 'releasedAt' | 'changedAt'>): Instant {
  return state === 'live' ? (history.findLast(({ isMaterial }) => isMaterial)?.at ?? releasedAt) : changedAt
}

/** Whether it goes into files and feeds that programs keep and pass on: RED is for named people, and an exercise is nobody's intelligence. */
export function isForFiles({ tlp, isExercise }: Pick<PublishedBulletin, 'tlp' | 'isExercise'>): boolean {
  return tlp !== 'RED' && !isExercise
}
