import type { Instant } from '../../../kernel/instant.ts'

const HOUR_MILLIS = 3_600_000

/** Of which severity silence is shown first on the centre's page, and from how many hours before the time to answer by. */
const SILENCE_SHOWN = { severity: 'high', hoursBefore: 12 } as const

/** Whether silence on a bulletin needs somebody: it is high, no exercise, and its time to answer is over or nearly so. */
export function needsChasing(
  bulletin: { readonly severity: string; readonly silent: number; readonly respondBy: Instant | null; readonly isExercise: boolean },
  now: Instant,
): boolean {
  return (
    bulletin.severity === SILENCE_SHOWN.severity &&
    !bulletin.isExercise &&
    bulletin.silent > 0 &&
    bulletin.respondBy !== null &&
    bulletin.respondBy.getTime() - now.getTime() <= SILENCE_SHOWN.hoursBefore * HOUR_MILLIS
  )
}

/** What a search is for, when it names one thing exactly. */
export type SearchTarget =
  | { readonly kind: 'bulletin'; readonly number: number }
  | { readonly kind: 'cve'; readonly cve: string }
  | { readonly kind: 'words'; readonly words: string }

const BULLETIN = /^CC[- ]?(\d{4,7})$/i
const CVE = /^CVE-\d{4}-\d{4,19}$/i

/** A CC number may be written `CC-5001`, `cc5001` or `CC 5001`. An organisation's code looks like a word: the directory decides. */
export function searchTarget(text: string): SearchTarget {
  const words = text.trim().replace(/\s+/g, ' ')
  const digits = BULLETIN.exec(words)?.[1]
  if (digits !== undefined) return { kind: 'bulletin', number: Number(digits) }
  return CVE.test(words) ? { kind: 'cve', cve: words.toUpperCase() } : { kind: 'words', words }
}
