import type { Instant } from '../../kernel/instant.ts'

export interface Rate {
  readonly isOver: boolean
  readonly left: number
  /** Until the count starts anew. */
  readonly resetSeconds: number
}

const MINUTE = 60_000

/** Counts by the minute, in this process: with several web processes each allows as much. */
export interface MinuteCounts {
  /** Counts one more under the key. Over, when there were `most` already in this minute. */
  take(key: string, most: number, now: Instant): Rate
}

export function createMinuteCounts(): MinuteCounts {
  let minute = 0
  // Only this minute's: what went before is forgotten at once, so a flood leaves nothing behind.
  let counts = new Map<string, number>()
  return {
    take(key, most, now) {
      const current = Math.floor(now.getTime() / MINUTE)
      if (current !== minute) {
        minute = current
        counts = new Map()
      }
      const count = (counts.get(key) ?? 0) + 1
      counts.set(key, count)
      return { isOver: count > most, left: Math.max(0, most - count), resetSeconds: Math.ceil(((current + 1) * MINUTE - now.getTime()) / 1000) }
    },
  }
}
