import { createHash } from 'node:crypto'
import { addHours, type Instant } from '../../../kernel/instant.ts'

/** When the clock asks a source again. */
export interface Rhythm {
  readonly code: string
  readonly everyMinutes: number
}

/** The first wait after a failure; it doubles with each further one, up to the longest. */
const FIRST_RETRY_MINUTES = 5
const LONGEST_RETRY_MINUTES = 6 * 60
/** So much of the wait is spread, so that sources added together are not all asked at one moment, nor a busy host by every centre at once. */
const JITTER = 0.1

/** After a success: its own rhythm, spread. */
export function nextAfterSuccess({ code, everyMinutes }: Rhythm, now: Instant): Instant {
  return spread(code, everyMinutes, now)
}

/**
 * After so many failures in a row: soon, then more and more rarely, and never more often than its rhythm. A server that asks to be left
 * alone for a while is (`retryAfterSeconds`, RFC 9110 §10.2.3), for a day at most.
 */
export function nextAfterFailure({ code, everyMinutes }: Rhythm, failures: number, retryAfterSeconds: number | null, now: Instant): Instant {
  const backoff = Math.min(FIRST_RETRY_MINUTES * 2 ** Math.min(Math.max(failures - 1, 0), 20), LONGEST_RETRY_MINUTES)
  const asked = Math.min((retryAfterSeconds ?? 0) / 60, 24 * 60)
  return spread(code, Math.max(Math.min(backoff, Math.max(everyMinutes, FIRST_RETRY_MINUTES)), asked), now)
}

/** The same source waits for the same time at the same moment: nothing is left to chance, and a test can say when. */
function spread(code: string, minutes: number, now: Instant): Instant {
  const dice = createHash('sha256').update(`${code} ${now.toISOString()}`).digest().readUInt32BE(0) / 2 ** 32
  return addHours(now, (minutes * (1 + JITTER * dice)) / 60)
}
